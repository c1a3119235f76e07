//! Erases checks and active sessions with everything that tells of them.
//!
//! The ledger keeps its amounts and forgets which check they were for. Reasons go with their
//! check by the schema's cascade.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::galleries::erase_faces_of;
use super::{Backend, Result, SqlStore, Tx, findable};
use crate::{Act, Erased, Millis};

/// Expired checks that one transaction erases, so that nobody waits long for its end.
const BATCH: i64 = 200;

impl SqlStore {
    pub(super) async fn erase_check(&self, tenant_id: &str, id: &str, act: &Act) -> Result<Erased> {
        if !findable(id) {
            return Ok(Erased::default());
        }
        let mut tx = self.begin().await?;
        let found = sqlx::query(
            "SELECT c.no, c.id FROM checks c JOIN tenants t ON t.no = c.tenant_no \
             WHERE t.id = $1 AND c.id = $2",
        )
        .bind(tenant_id)
        .bind(id)
        .fetch_all(&mut *tx)
        .await?;
        let erased = erase(&mut tx, &found).await?;
        if erased.checks == 0 {
            return Ok(erased);
        }
        act.write(&mut tx, "check.erase", id, &erased).await?;
        tx.commit().await?;
        self.forget_journal().await;
        Ok(erased)
    }

    pub(super) async fn erase_reference(
        &self,
        tenant_id: &str,
        reference: &str,
        act: &Act,
    ) -> Result<Erased> {
        if !findable(reference) {
            return Ok(Erased::default());
        }
        let mut tx = self.begin().await?;
        let faces = erase_faces_of(&mut tx, tenant_id, reference).await?;
        let found = sqlx::query(
            "SELECT c.no, c.id FROM checks c JOIN tenants t ON t.no = c.tenant_no \
             WHERE t.id = $1 AND c.reference = $2 ORDER BY c.no",
        )
        .bind(tenant_id)
        .bind(reference)
        .fetch_all(&mut *tx)
        .await?;
        let mut erased = erase(&mut tx, &found).await?;
        erased.media += count(
            sqlx::query(
                "DELETE FROM session_media WHERE session_no IN (SELECT s.no FROM active_sessions s \
                 JOIN tenants t ON t.no = s.tenant_no WHERE t.id = $1 AND s.reference = $2)",
            )
            .bind(tenant_id)
            .bind(reference)
            .execute(&mut *tx)
            .await?,
        );
        // Media, callbacks and attempts go with their session by the schema's cascade.
        erased.sessions += count(
            sqlx::query(
                "DELETE FROM active_sessions WHERE reference = $2 \
                 AND tenant_no = (SELECT no FROM tenants WHERE id = $1)",
            )
            .bind(tenant_id)
            .bind(reference)
            .execute(&mut *tx)
            .await?,
        );
        erased.faces = faces;
        if erased == Erased::default() {
            return Ok(erased);
        }
        // The reference itself is what was to be forgotten: it is not written down here.
        act.write(&mut tx, "reference.erase", tenant_id, &erased)
            .await?;
        tx.commit().await?;
        self.forget_journal().await;
        Ok(erased)
    }

    pub(super) async fn erase_expired(&self, now: Millis) -> Result<Erased> {
        let mut erased = Erased::default();
        loop {
            let mut tx = self.begin().await?;
            // In the order of their numbers, as by reference: two that erase the same do not wait
            // for each other.
            let found = sqlx::query(
                "SELECT no, id FROM checks WHERE no IN \
                 (SELECT no FROM checks WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2) \
                 ORDER BY no",
            )
            .bind(now)
            .bind(BATCH)
            .fetch_all(&mut *tx)
            .await?;
            if found.is_empty() {
                break;
            }
            add(&mut erased, erase(&mut tx, &found).await?);
            tx.commit().await?;
        }
        let mut tx = self.begin().await?;
        erased.images += delete(&mut tx, "DELETE FROM images WHERE expires_at <= $1", now).await?;
        erased.answers +=
            delete(&mut tx, "DELETE FROM answers WHERE expires_at <= $1", now).await?;
        erased.tokens += delete(&mut tx, "DELETE FROM tokens WHERE expires_at <= $1", now).await?;
        erased.tokens +=
            delete(&mut tx, "DELETE FROM sessions WHERE expires_at <= $1", now).await?;
        let media = "DELETE FROM session_media WHERE expires_at <= $1";
        erased.media += delete(&mut tx, media, now).await?;
        let sessions = "DELETE FROM active_sessions WHERE erase_at <= $1";
        erased.sessions += delete(&mut tx, sessions, now).await?;
        tx.commit().await?;
        if erased != Erased::default() {
            self.forget_journal().await;
        }
        Ok(erased)
    }

    /// What was erased is overwritten in SQLite's file, but its journal still holds the pages as
    /// they were; so it is emptied. If a reader holds it, the next erasure does it.
    pub(super) async fn forget_journal(&self) {
        if self.backend == Backend::Sqlite {
            let emptied = "PRAGMA busy_timeout = 200; PRAGMA wal_checkpoint(TRUNCATE); \
                PRAGMA busy_timeout = 10000;";
            let _ = sqlx::raw_sql(emptied).execute(&self.write).await;
        }
    }
}

/// Erases checks, given by number and identifier.
async fn erase(tx: &mut Tx, found: &[AnyRow]) -> Result<Erased> {
    let mut erased = Erased::default();
    for row in found {
        let no: i64 = row.try_get(0)?;
        let id: &str = row.try_get(1)?;
        for (count, statement) in [
            (&mut erased.images, "DELETE FROM images WHERE check_no = $1"),
            (&mut erased.checks, "DELETE FROM checks WHERE no = $1"),
        ] {
            let done = sqlx::query(statement).bind(no).execute(&mut **tx).await?;
            *count += done.rows_affected();
        }
        let answers = sqlx::query("DELETE FROM answers WHERE check_id = $1")
            .bind(id)
            .execute(&mut **tx)
            .await?;
        erased.answers += answers.rows_affected();
        sqlx::query("UPDATE ledger SET check_id = NULL WHERE check_id = $1")
            .bind(id)
            .execute(&mut **tx)
            .await?;
    }
    Ok(erased)
}

async fn delete(tx: &mut Tx, statement: &'static str, now: Millis) -> Result<u64> {
    Ok(count(
        sqlx::query(statement).bind(now).execute(&mut **tx).await?,
    ))
}

fn count(done: sqlx::any::AnyQueryResult) -> u64 {
    done.rows_affected()
}

fn add(sum: &mut Erased, part: Erased) {
    sum.checks += part.checks;
    sum.images += part.images;
    sum.answers += part.answers;
    sum.tokens += part.tokens;
    sum.sessions += part.sessions;
    sum.media += part.media;
    sum.faces += part.faces;
}
