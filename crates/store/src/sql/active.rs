//! Active sessions: every change of state is one conditional update, so that of two processes one wins.

use lifesign_domain::SessionState;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::checks::Place;
use super::rows::{self, active_columns, get};
use super::{
    Result, SqlStore, Tx, access, deliveries, findable, met, page_size, refused, storable,
};
use crate::{
    ActivePage, ActiveSession, Claim, Millis, NewActiveSession, SealedImage, SessionEnd, StoreError,
};

/// Sessions that one transaction ends, so that nobody waits long for its end.
const BATCH: i64 = 200;

impl SqlStore {
    pub(super) async fn create_active(&self, session: &NewActiveSession) -> Result<()> {
        storable(&session.id, "a session's identifier")?;
        storable(
            session.reference.as_deref().unwrap_or_default(),
            "a reference",
        )?;
        let mut tx = self.begin().await?;
        if let Some(credential_id) = &session.credential_id {
            let (tenant_id, at) = (&session.tenant_id, session.created_at);
            access::count_use(&mut tx, tenant_id, credential_id, at).await?;
        }
        let made = sqlx::query(
            "INSERT INTO active_sessions (id, tenant_no, credential_id, contract, reference, \
             token_hash, state, created_at, expires_at, attempts_left, callback, asked, erase_at, \
             revealed) SELECT $1, no, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0 \
             FROM tenants WHERE id = $2",
        )
        .bind(&session.id)
        .bind(&session.tenant_id)
        .bind(session.credential_id.as_deref())
        .bind(&session.contract)
        .bind(session.reference.as_deref())
        .bind(session.token_hash.as_slice())
        .bind(SessionState::Created.as_str())
        .bind(session.created_at)
        .bind(session.expires_at)
        .bind(i64::from(session.attempts))
        .bind(i64::from(session.callback))
        .bind(session.asked.as_slice())
        .bind(session.erase_at)
        .execute(&mut *tx)
        .await
        .map_err(|error| refused(error, "a session of this identifier", "the tenant"))?;
        met(&made, "the tenant")?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn active(&self, tenant_id: &str, id: &str) -> Result<Option<ActiveSession>> {
        if !findable(id) {
            return Ok(None);
        }
        sqlx::query(concat!(
            "SELECT ",
            active_columns!(),
            " FROM active_sessions s JOIN tenants t ON t.no = s.tenant_no \
              WHERE s.id = $1 AND t.id = $2"
        ))
        .bind(id)
        .bind(tenant_id)
        .fetch_optional(&self.read)
        .await?
        .as_ref()
        .map(rows::active)
        .transpose()
    }

    pub(super) async fn active_by_token(&self, token_hash: &[u8]) -> Result<Option<ActiveSession>> {
        let found = sqlx::query(concat!(
            "SELECT ",
            active_columns!(),
            " FROM active_sessions s JOIN tenants t ON t.no = s.tenant_no WHERE s.token_hash = $1"
        ));
        let found = found.bind(token_hash).fetch_optional(&self.read).await?;
        found.as_ref().map(rows::active).transpose()
    }

    pub(super) async fn actives(
        &self,
        tenant_id: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<ActivePage> {
        let after = after.map(Place::parsed).transpose()?;
        let size = page_size(limit);
        // A session is never newer than this.
        let (at, id) = after.map_or((Millis::MAX, String::new()), |place| (place.at, place.id));
        let statement = format!(
            "SELECT {} FROM active_sessions s JOIN tenants t ON t.no = s.tenant_no \
             WHERE (s.created_at, s.id) < ($1, $2) AND {} \
             ORDER BY s.created_at DESC, s.id DESC LIMIT {}",
            active_columns!(),
            tenant_id.map_or("1 = 1", |_| "t.id = $3"),
            size + 1,
        );
        let mut statement = sqlx::query(AssertSqlSafe(statement)).bind(at).bind(id);
        if let Some(tenant_id) = tenant_id {
            statement = statement.bind(tenant_id.to_owned());
        }
        let rows = statement.fetch_all(&self.read).await?;
        let page = usize::try_from(size).unwrap_or(usize::MAX);
        let sessions: Vec<ActiveSession> = rows
            .iter()
            .take(page)
            .map(rows::active)
            .collect::<Result<_>>()?;
        let last = sessions.last().filter(|_| rows.len() > page);
        let next = last.map(|session| Place::of(session.made.created_at, &session.made.id));
        Ok(ActivePage { sessions, next })
    }

    pub(super) async fn claim_active(&self, claim: &Claim<'_>) -> Result<bool> {
        let mut tx = self.begin().await?;
        let claimed = sqlx::query(
            "UPDATE active_sessions SET state = $1, owner = $2, lease_until = $3, deadline = $4, \
             revealed = 0, attempts_left = attempts_left - 1 \
             WHERE token_hash = $5 AND state = $6 AND expires_at > $7 AND attempts_left > 0",
        )
        .bind(SessionState::InProgress.as_str())
        .bind(claim.owner)
        .bind(claim.lease_until)
        .bind(claim.deadline)
        .bind(claim.token_hash)
        .bind(SessionState::Created.as_str())
        .bind(claim.at)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(claimed.rows_affected() == 1)
    }

    pub(super) async fn hold_active(
        &self,
        id: &str,
        owner: &str,
        lease_until: Millis,
        revealed: bool,
        processing: bool,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let held = sqlx::query(
            "UPDATE active_sessions SET lease_until = $3, \
             revealed = CASE WHEN $4 = 1 THEN 1 ELSE revealed END, \
             state = CASE WHEN $5 = 1 THEN 'processing' ELSE state END \
             WHERE id = $1 AND owner = $2 AND state IN ('in_progress', 'processing')",
        )
        .bind(id)
        .bind(owner)
        .bind(lease_until)
        .bind(i64::from(revealed))
        .bind(i64::from(processing))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(held.rows_affected() == 1)
    }

    pub(super) async fn reopen_active(&self, id: &str, owner: &str, at: Millis) -> Result<bool> {
        let mut tx = self.begin().await?;
        let reopened = sqlx::query(
            "UPDATE active_sessions SET state = 'created', owner = NULL, lease_until = NULL, \
             deadline = NULL, revealed = 0, \
             attempts_left = attempts_left + CASE WHEN revealed = 0 THEN 1 ELSE 0 END \
             WHERE id = $1 AND owner = $2 AND state IN ('in_progress', 'processing') \
             AND expires_at > $3 AND (attempts_left > 0 OR revealed = 0)",
        )
        .bind(id)
        .bind(owner)
        .bind(at)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(reopened.rows_affected() == 1)
    }

    pub(super) async fn finish_active(
        &self,
        id: &str,
        owner: &str,
        end: &SessionEnd,
    ) -> Result<bool> {
        if !end.state.is_end() {
            return Err(StoreError::Invalid(format!(
                "`{}` is no end",
                end.state.as_str()
            )));
        }
        let mut tx = self.begin().await?;
        let ended = sqlx::query(
            "UPDATE active_sessions SET state = $3, result = $4, failure = $5, ended_at = $6, \
             erase_at = $6 + (erase_at - expires_at), owner = NULL, lease_until = NULL \
             WHERE id = $1 AND owner = $2 AND state IN ('in_progress', 'processing') \
             RETURNING no, callback",
        )
        .bind(id)
        .bind(owner)
        .bind(end.state.as_str())
        .bind(end.result.as_deref())
        .bind(end.failure.as_deref())
        .bind(end.at)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = ended else {
            return Ok(false);
        };
        let session_no: i64 = get(&row, "no")?;
        for (ordinal, image) in (0_i64..).zip(&end.media) {
            sqlx::query(
                "INSERT INTO session_media (session_no, ordinal, sealed, expires_at) \
                 VALUES ($1, $2, $3, $4)",
            )
            .bind(session_no)
            .bind(ordinal)
            .bind(image.sealed.as_slice())
            .bind(image.expires_at)
            .execute(&mut *tx)
            .await?;
        }
        enqueue(&mut tx, &[row], end.at).await?;
        tx.commit().await?;
        Ok(true)
    }

    pub(super) async fn cancel_active(
        &self,
        tenant_id: &str,
        id: &str,
        at: Millis,
    ) -> Result<Option<ActiveSession>> {
        if !findable(id) {
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        sqlx::query(
            "UPDATE active_sessions SET state = 'cancelled', ended_at = $3, owner = NULL, \
             lease_until = NULL, erase_at = $3 + (erase_at - expires_at) \
             WHERE id = $1 AND tenant_no = (SELECT no FROM tenants WHERE id = $2) \
             AND (state IN ('in_progress', 'processing') OR (state = 'created' AND expires_at > $3))",
        )
        .bind(id)
        .bind(tenant_id)
        .bind(at)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        self.active(tenant_id, id).await
    }

    pub(super) async fn end_overdue(&self, now: Millis) -> Result<u64> {
        let mut ended = 0;
        loop {
            let mut tx = self.begin().await?;
            // Whose link was not opened in time, and whose capture was lost before it had shown anything and
            // after the link's time.
            let expired = sqlx::query(
                "UPDATE active_sessions SET state = 'expired', ended_at = $1, owner = NULL, \
                 lease_until = NULL, erase_at = $1 + (erase_at - expires_at) WHERE no IN \
                 (SELECT no FROM active_sessions WHERE expires_at <= $1 AND (state = 'created' OR \
                 (state IN ('in_progress', 'processing') AND lease_until <= $1 AND revealed = 0)) \
                 ORDER BY no LIMIT $2) AND state IN ('created', 'in_progress', 'processing') \
                 RETURNING no, callback",
            )
            .bind(now)
            .bind(BATCH)
            .fetch_all(&mut *tx)
            .await?;
            // Whose capture was lost and can begin again: an attempt that showed nothing is given back.
            let again = sqlx::query(
                "UPDATE active_sessions SET state = 'created', owner = NULL, lease_until = NULL, \
                 deadline = NULL, \
                 attempts_left = attempts_left + CASE WHEN revealed = 0 THEN 1 ELSE 0 END, \
                 revealed = 0 WHERE state IN ('in_progress', 'processing') AND lease_until <= $1 \
                 AND expires_at > $1 AND (revealed = 0 OR attempts_left > 0)",
            )
            .bind(now)
            .execute(&mut *tx)
            .await?;
            let failed = sqlx::query(
                "UPDATE active_sessions SET state = 'failed', failure = 'interrupted', \
                 ended_at = $1, owner = NULL, lease_until = NULL, \
                 erase_at = $1 + (erase_at - expires_at) \
                 WHERE state IN ('in_progress', 'processing') AND lease_until <= $1 \
                 AND revealed = 1 RETURNING no, callback",
            )
            .bind(now)
            .fetch_all(&mut *tx)
            .await?;
            enqueue(&mut tx, &expired, now).await?;
            enqueue(&mut tx, &failed, now).await?;
            tx.commit().await?;
            ended += (expired.len() + failed.len()) as u64 + again.rows_affected();
            if (expired.len() as i64) < BATCH {
                return Ok(ended);
            }
        }
    }

    pub(super) async fn session_media(
        &self,
        id: &str,
        ordinal: u32,
        now: Millis,
    ) -> Result<Option<SealedImage>> {
        if !findable(id) {
            return Ok(None);
        }
        let row = sqlx::query(
            "SELECT m.sealed, m.expires_at FROM session_media m \
             JOIN active_sessions s ON s.no = m.session_no \
             WHERE s.id = $1 AND m.ordinal = $2 AND m.expires_at > $3",
        )
        .bind(id)
        .bind(i64::from(ordinal))
        .bind(now)
        .fetch_optional(&self.read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(SealedImage {
            sealed: row.try_get(0)?,
            expires_at: row.try_get(1)?,
        }))
    }
}

/// Puts the callbacks of ended sessions into the queue.
async fn enqueue(tx: &mut Tx, ended: &[AnyRow], at: Millis) -> Result<()> {
    for row in ended {
        if get::<i64>(row, "callback")? == 1 {
            deliveries::insert(tx, get(row, "no")?, at).await?;
        }
    }
    Ok(())
}
