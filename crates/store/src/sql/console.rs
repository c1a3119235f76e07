//! Who works at the console.

use sqlx::Row;

use super::rows::{self, operator_columns};
use super::{Result, SqlStore, Tx, findable, met, refused, storable};
use crate::{Act, Millis, NewOperator, Operator, Session, StoreError};

impl SqlStore {
    pub(super) async fn create_operator(&self, operator: &NewOperator, act: &Act) -> Result<()> {
        storable(&operator.name, "a name")?;
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO operators (id, name, password_hash, created_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(&operator.id)
        .bind(&operator.name)
        .bind(&operator.password_hash)
        .bind(act.at)
        .execute(&mut *tx)
        .await
        .map_err(|error| refused(error, "an operator of this name", "the operator"))?;
        write_act(act, &mut tx, "operator.create", &operator.id).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn operators(&self) -> Result<Vec<Operator>> {
        sqlx::query(concat!(
            "SELECT ",
            operator_columns!(),
            " FROM operators o ORDER BY o.name"
        ))
        .fetch_all(&self.read)
        .await?
        .iter()
        .map(rows::operator)
        .collect()
    }

    pub(super) async fn operator(&self, name: &str) -> Result<Option<Operator>> {
        if !findable(name) {
            return Ok(None);
        }
        sqlx::query(concat!(
            "SELECT ",
            operator_columns!(),
            " FROM operators o WHERE o.name = $1"
        ))
        .bind(name)
        .fetch_optional(&self.read)
        .await?
        .as_ref()
        .map(rows::operator)
        .transpose()
    }

    pub(super) async fn set_operator_password(
        &self,
        name: &str,
        password_hash: &str,
        act: &Act,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let changed =
            sqlx::query("UPDATE operators SET password_hash = $2 WHERE name = $1 RETURNING id")
                .bind(name)
                .bind(password_hash)
                .fetch_optional(&mut *tx)
                .await?
                .ok_or_else(|| StoreError::not_found("the operator"))?;
        let id: String = changed.try_get(0)?;
        end_sessions(&mut tx, &id).await?;
        write_act(act, &mut tx, "operator.password", &id).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn set_operator_enabled(
        &self,
        name: &str,
        enabled: bool,
        act: &Act,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let statement = if enabled {
            sqlx::query("UPDATE operators SET disabled_at = NULL WHERE name = $1 RETURNING id")
                .bind(name)
        } else {
            sqlx::query(
                "UPDATE operators SET disabled_at = COALESCE(disabled_at, $2) WHERE name = $1 \
                 RETURNING id",
            )
            .bind(name)
            .bind(act.at)
        };
        let changed = statement
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| StoreError::not_found("the operator"))?;
        let id: String = changed.try_get(0)?;
        if enabled {
            write_act(act, &mut tx, "operator.enable", &id).await?;
        } else {
            end_sessions(&mut tx, &id).await?;
            write_act(act, &mut tx, "operator.disable", &id).await?;
        }
        Ok(tx.commit().await?)
    }

    pub(super) async fn create_session(&self, session: &Session, act: &Act) -> Result<()> {
        let mut tx = self.begin().await?;
        // Holds the operator's row, so that who is shut out meanwhile has no session afterwards.
        let held =
            sqlx::query("UPDATE operators SET name = name WHERE id = $1 AND disabled_at IS NULL")
                .bind(&session.operator_id)
                .execute(&mut *tx)
                .await?;
        met(&held, "an operator who may log in")?;
        sqlx::query(
            "INSERT INTO sessions (hash, operator_id, created_at, expires_at) \
             VALUES ($1, $2, $3, $4)",
        )
        .bind(&*session.hash)
        .bind(&session.operator_id)
        .bind(session.created_at)
        .bind(session.expires_at)
        .execute(&mut *tx)
        .await
        .map_err(|error| refused(error, "the session", "the operator"))?;
        write_act(act, &mut tx, "session.create", &session.operator_id).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn session(
        &self,
        hash: &[u8],
        now: Millis,
    ) -> Result<Option<(Session, Operator)>> {
        let row = sqlx::query(concat!(
            "SELECT s.hash, s.operator_id, s.created_at, s.expires_at, ",
            operator_columns!(),
            " FROM sessions s JOIN operators o ON o.id = s.operator_id \
              WHERE s.hash = $1 AND s.expires_at > $2 AND o.disabled_at IS NULL"
        ))
        .bind(hash)
        .bind(now)
        .fetch_optional(&self.read)
        .await?;
        match row {
            Some(row) => Ok(Some((rows::session(&row)?, rows::operator(&row)?))),
            None => Ok(None),
        }
    }

    pub(super) async fn end_session(&self, hash: &[u8], act: &Act) -> Result<()> {
        let mut tx = self.begin().await?;
        let ended = sqlx::query("DELETE FROM sessions WHERE hash = $1 RETURNING operator_id")
            .bind(hash)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(ended) = ended else { return Ok(()) };
        let operator_id: String = ended.try_get(0)?;
        write_act(act, &mut tx, "session.end", &operator_id).await?;
        Ok(tx.commit().await?)
    }
}

async fn write_act(act: &Act, tx: &mut Tx, action: &str, operator_id: &str) -> Result<()> {
    act.write(tx, action, operator_id, &serde_json::json!({}))
        .await
}

async fn end_sessions(tx: &mut Tx, operator_id: &str) -> Result<()> {
    sqlx::query("DELETE FROM sessions WHERE operator_id = $1")
        .bind(operator_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
