//! Who works at the console, and the figures of its charts.

use sqlx::Row;

use super::rows::{self, get, operator_columns};
use super::{Result, SqlStore, Tx, findable, met, refused, storable};
use crate::{Act, Bucket, Millis, NewOperator, Operator, Session, StoreError};

/// More stretches than a chart has pixels help nobody.
const MOST_BUCKETS: u32 = 10_000;

impl SqlStore {
    pub(super) async fn buckets(
        &self,
        tenant_id: Option<&str>,
        from: Millis,
        width_ms: i64,
        count: u32,
    ) -> Result<Vec<Bucket>> {
        let until = i64::from(count)
            .checked_mul(width_ms)
            .and_then(|all| from.checked_add(all))
            .filter(|until| *until > from && count <= MOST_BUCKETS)
            .ok_or_else(|| {
                StoreError::Invalid(format!(
                    "a chart has 1 to {MOST_BUCKETS} stretches of at least a millisecond"
                ))
            })?;
        let mut buckets: Vec<Bucket> = (0..i64::from(count))
            .map(|nth| Bucket {
                from: from + nth * width_ms,
                ..Bucket::default()
            })
            .collect();
        let verdicts = sqlx::query(
            "SELECT CAST((at - $1) / $2 AS BIGINT) AS nth, verdict AS word, COUNT(*) AS number, \
             SUM(latency_ms) AS total, MAX(latency_ms) AS longest FROM checks \
             WHERE at >= $1 AND at < $3 \
             AND ($4 IS NULL OR tenant_no = (SELECT no FROM tenants WHERE id = $4)) \
             GROUP BY 1, 2",
        )
        .bind(from)
        .bind(width_ms)
        .bind(until)
        .bind(tenant_id)
        .fetch_all(&self.read)
        .await?;
        for row in &verdicts {
            let Some(bucket) = bucket_of(&mut buckets, get(row, "nth")?) else {
                continue;
            };
            let number = counted(get(row, "number")?);
            bucket.verdicts.insert(get(row, "word")?, number);
            // The sum for now.
            bucket.mean_latency_ms += get::<f64>(row, "total")?;
            bucket.max_latency_ms = bucket.max_latency_ms.max(get(row, "longest")?);
        }
        for bucket in &mut buckets {
            let checks: u64 = bucket.verdicts.values().sum();
            if checks > 0 {
                bucket.mean_latency_ms /= checks as f64;
            }
        }
        let reasons = sqlx::query(
            "SELECT CAST((at - $1) / $2 AS BIGINT) AS nth, code AS word, COUNT(*) AS number \
             FROM check_reasons WHERE at >= $1 AND at < $3 \
             AND ($4 IS NULL OR tenant_no = (SELECT no FROM tenants WHERE id = $4)) \
             GROUP BY 1, 2",
        )
        .bind(from)
        .bind(width_ms)
        .bind(until)
        .bind(tenant_id)
        .fetch_all(&self.read)
        .await?;
        for row in &reasons {
            if let Some(bucket) = bucket_of(&mut buckets, get(row, "nth")?) {
                let number = counted(get(row, "number")?);
                bucket.reasons.insert(get(row, "word")?, number);
            }
        }
        Ok(buckets)
    }

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

fn bucket_of(buckets: &mut [Bucket], nth: i64) -> Option<&mut Bucket> {
    buckets.get_mut(usize::try_from(nth).ok()?)
}

fn counted(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
