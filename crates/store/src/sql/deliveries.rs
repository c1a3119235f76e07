//! The queue of callbacks: taken with a lease, so that each is sent by one process at a time and by another one
//! if that dies.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::rows::{self, active_columns, delivery_columns, get};
use super::{Result, SqlStore, Tx, findable, page_size};
use crate::{Act, Delivery, DeliveryAttempt, DeliveryState, Millis, StoreError, TakenDelivery};

/// How long a callback is tried.
const GIVE_UP_AFTER_MS: Millis = 86_400_000;

/// Adds the callback of a session that has ended.
pub(super) async fn insert(tx: &mut Tx, session_no: i64, at: Millis) -> Result<()> {
    sqlx::query(
        "INSERT INTO deliveries (session_no, state, created_at, next_at, give_up_at, attempts) \
         VALUES ($1, 'waiting', $2, $2, $3, 0) ON CONFLICT DO NOTHING",
    )
    .bind(session_no)
    .bind(at)
    .bind(at.saturating_add(GIVE_UP_AFTER_MS))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl SqlStore {
    pub(super) async fn take_delivery(
        &self,
        owner: &str,
        now: Millis,
        lease_until: Millis,
    ) -> Result<Option<TakenDelivery>> {
        let mut tx = self.begin().await?;
        // Said twice: in Postgres the inner choice may be stale once the row's lock is had.
        let taken = sqlx::query(
            "UPDATE deliveries SET owner = $1, lease_until = $2 WHERE session_no = \
             (SELECT session_no FROM deliveries WHERE state = 'waiting' AND next_at <= $3 \
             AND (lease_until IS NULL OR lease_until <= $3) ORDER BY next_at LIMIT 1) \
             AND state = 'waiting' AND next_at <= $3 \
             AND (lease_until IS NULL OR lease_until <= $3) RETURNING session_no",
        )
        .bind(owner)
        .bind(lease_until)
        .bind(now)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(taken) = taken else { return Ok(None) };
        let row = sqlx::query(concat!(
            "SELECT ",
            active_columns!(),
            ", ",
            delivery_columns!(),
            " FROM deliveries d JOIN active_sessions s ON s.no = d.session_no \
              JOIN tenants t ON t.no = s.tenant_no WHERE d.session_no = $1"
        ))
        .bind(get::<i64>(&taken, "session_no")?)
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Some(TakenDelivery {
            delivery: rows::delivery(&row)?,
            session: rows::active(&row)?,
        }))
    }

    pub(super) async fn note_delivery(
        &self,
        session_id: &str,
        owner: &str,
        attempt: &DeliveryAttempt,
        then: DeliveryState,
        next_at: Millis,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE deliveries SET state = $3, next_at = $4, attempts = attempts + 1, \
             owner = NULL, lease_until = NULL \
             WHERE session_no = (SELECT no FROM active_sessions WHERE id = $1) AND owner = $2 \
             RETURNING session_no",
        )
        .bind(session_id)
        .bind(owner)
        .bind(then.as_str())
        .bind(next_at)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = changed else { return Ok(false) };
        sqlx::query(
            "INSERT INTO delivery_attempts (session_no, at, took_ms, status, error) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(get::<i64>(&row, "session_no")?)
        .bind(attempt.at)
        .bind(attempt.took_ms)
        .bind(attempt.status.map(i64::from))
        .bind(attempt.error.as_deref())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    pub(super) async fn redeliver(&self, session_id: &str, act: &Act) -> Result<()> {
        let missing = || StoreError::not_found("a callback of this session");
        if !findable(session_id) {
            return Err(missing());
        }
        let mut tx = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE deliveries SET state = 'waiting', next_at = $2, give_up_at = $3, \
             owner = NULL, lease_until = NULL \
             WHERE session_no = (SELECT no FROM active_sessions WHERE id = $1)",
        )
        .bind(session_id)
        .bind(act.at)
        .bind(act.at.saturating_add(GIVE_UP_AFTER_MS))
        .execute(&mut *tx)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(missing());
        }
        act.write(
            &mut tx,
            "webhook.redeliver",
            session_id,
            &serde_json::json!({}),
        )
        .await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn deliveries(
        &self,
        tenant_id: Option<&str>,
        state: Option<DeliveryState>,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        let mut conditions = vec!["1 = 1".to_owned()];
        let values: Vec<String> = [
            ("t.id", tenant_id.map(str::to_owned)),
            ("d.state", state.map(|state| state.as_str().to_owned())),
        ]
        .into_iter()
        .filter_map(|(column, value)| {
            let value = value?;
            conditions.push(format!("{column} = ${}", conditions.len()));
            Some(value)
        })
        .collect();
        let statement = format!(
            "SELECT {} FROM deliveries d JOIN active_sessions s ON s.no = d.session_no \
             JOIN tenants t ON t.no = s.tenant_no WHERE {} \
             ORDER BY d.created_at DESC, d.session_no DESC LIMIT {}",
            delivery_columns!(),
            conditions.join(" AND "),
            page_size(limit)
        );
        let mut statement = sqlx::query(AssertSqlSafe(statement));
        for value in values {
            statement = statement.bind(value);
        }
        let rows = statement.fetch_all(&self.read).await?;
        rows.iter().map(rows::delivery).collect()
    }

    pub(super) async fn delivery_attempts(&self, session_id: &str) -> Result<Vec<DeliveryAttempt>> {
        if !findable(session_id) {
            return Ok(Vec::new());
        }
        sqlx::query(
            "SELECT a.at, a.took_ms, a.status, a.error FROM delivery_attempts a \
             JOIN active_sessions s ON s.no = a.session_no WHERE s.id = $1 ORDER BY a.no",
        )
        .bind(session_id)
        .fetch_all(&self.read)
        .await?
        .iter()
        .map(attempt)
        .collect()
    }
}

fn attempt(row: &AnyRow) -> Result<DeliveryAttempt> {
    let status: Option<i64> = row.try_get("status")?;
    let status = status.map(u16::try_from).transpose();
    Ok(DeliveryAttempt {
        at: get(row, "at")?,
        took_ms: get(row, "took_ms")?,
        status: status.map_err(|_| rows::corrupt("status"))?,
        error: get(row, "error")?,
    })
}
