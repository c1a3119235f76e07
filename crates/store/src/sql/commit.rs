//! An answered check becomes true with all its consequences, or not at all.

use lifesign_domain::{Reason, SignalReport};
use sqlx::Row;

use super::access::count_use;
use super::replay::bands;
use super::rows::{self, to_json};
use super::wallet::{Debit, debit};
use super::{Result, SqlStore, Tx, findable, refused, storable};
use crate::{CheckRecord, Commit, Committed, Millis, SealedImage, StoreError, StoredAnswer};

/// How often an answer that stood in the way may be erased before it could be read.
const ATTEMPTS: usize = 3;

impl SqlStore {
    pub(super) async fn commit(&self, commit: &Commit) -> Result<Committed> {
        valid(commit)?;
        for _ in 0..ATTEMPTS {
            if let Some(committed) = self.try_commit(commit).await? {
                return Ok(committed);
            }
        }
        Err(StoreError::Busy)
    }

    /// None if an answer stood in the way and was gone when it was to be read.
    async fn try_commit(&self, commit: &Commit) -> Result<Option<Committed>> {
        let check = &commit.check;
        let mut tx = self.begin().await?;
        // First of all: who comes second under the same key waits here until the first is done.
        if let Some(answer) = &commit.answer
            && !keep_answer(&mut tx, check, answer).await?
        {
            let (scope, key) = (&answer.scope, &answer.key);
            let before = find_answer(&mut *tx, &check.tenant_id, scope, key, check.at).await?;
            tx.rollback().await?;
            return Ok(before.map(Committed::AnsweredBefore));
        }
        let balance =
            match debit(&mut tx, &check.tenant_id, commit.price, &check.id, check.at).await? {
                Debit::Taken { balance } => balance,
                Debit::TooLow { balance } => {
                    tx.rollback().await?;
                    return Ok(Some(Committed::BalanceTooLow { balance }));
                }
            };
        if let Some(credential_id) = &check.credential_id {
            count_use(&mut tx, &check.tenant_id, credential_id, check.at).await?;
        }
        let (check_no, tenant_no) = keep_check(&mut tx, check).await?;
        keep_reasons(&mut tx, check, check_no, tenant_no).await?;
        if let Some(image) = &commit.image {
            keep_image(&mut tx, check_no, image).await?;
        }
        tx.commit().await?;
        Ok(Some(Committed::Done { balance }))
    }

    pub(super) async fn answer(
        &self,
        tenant_id: &str,
        scope: &str,
        key: &str,
        now: Millis,
    ) -> Result<Option<StoredAnswer>> {
        if !findable(key) {
            return Ok(None);
        }
        find_answer(&self.read, tenant_id, scope, key, now).await
    }
}

/// Keeps the answer under its key; false if one is there that is not expired.
async fn keep_answer(tx: &mut Tx, check: &CheckRecord, answer: &StoredAnswer) -> Result<bool> {
    sqlx::query(
        "DELETE FROM answers \
         WHERE tenant_id = $1 AND scope = $2 AND key = $3 AND expires_at <= $4",
    )
    .bind(&check.tenant_id)
    .bind(&answer.scope)
    .bind(&answer.key)
    .bind(check.at)
    .execute(&mut **tx)
    .await?;
    let kept = sqlx::query(
        "INSERT INTO answers (tenant_id, scope, key, check_id, request_hash, status, \
         content_type, body, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT DO NOTHING",
    )
    .bind(&check.tenant_id)
    .bind(&answer.scope)
    .bind(&answer.key)
    .bind(&check.id)
    .bind(answer.request_hash.as_slice())
    .bind(i64::from(answer.status))
    .bind(&answer.content_type)
    .bind(answer.body.as_slice())
    .bind(answer.expires_at)
    .execute(&mut **tx)
    .await
    .map_err(|error| refused(error, "the answer", "the tenant"))?;
    Ok(kept.rows_affected() == 1)
}

async fn find_answer(
    executor: impl sqlx::Executor<'_, Database = sqlx::Any>,
    tenant_id: &str,
    scope: &str,
    key: &str,
    now: Millis,
) -> Result<Option<StoredAnswer>> {
    sqlx::query(
        "SELECT scope, key, request_hash, status, content_type, body, expires_at FROM answers \
         WHERE tenant_id = $1 AND scope = $2 AND key = $3 AND expires_at > $4",
    )
    .bind(tenant_id)
    .bind(scope)
    .bind(key)
    .bind(now)
    .fetch_optional(executor)
    .await?
    .as_ref()
    .map(rows::answer)
    .transpose()
}

/// Keeps the record and answers its number and its tenant's.
async fn keep_check(tx: &mut Tx, check: &CheckRecord) -> Result<(i64, i64)> {
    let [band0, band1, band2, band3] = bands(check.fingerprint.phash);
    let kept = sqlx::query(
        "INSERT INTO checks (id, tenant_no, credential_id, contract, reference, at, verdict, \
         confidence, profile, calibration, signals, reasons, sha256, phash, band0, band1, band2, \
         band3, latency_ms, expires_at) \
         SELECT $1, no, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
         $19, $20 FROM tenants WHERE id = $2 RETURNING no, tenant_no",
    )
    .bind(&check.id)
    .bind(&check.tenant_id)
    .bind(check.credential_id.as_deref())
    .bind(&check.contract)
    .bind(check.reference.as_deref())
    .bind(check.at)
    .bind(check.verdict.as_str())
    .bind(check.confidence)
    .bind(&check.profile)
    .bind(&check.calibration)
    .bind(to_json(&check.signals, "the signals")?)
    .bind(to_json(&check.reasons, "the reasons")?)
    .bind(check.fingerprint.sha256.as_slice())
    .bind(check.fingerprint.phash.cast_signed())
    .bind(band0)
    .bind(band1)
    .bind(band2)
    .bind(band3)
    .bind(check.latency_ms)
    .bind(check.expires_at)
    .fetch_optional(&mut **tx)
    .await
    .map_err(|error| refused(error, "a check of this identifier", "the tenant"))?
    .ok_or_else(|| StoreError::not_found("the tenant"))?;
    Ok((kept.try_get("no")?, kept.try_get("tenant_no")?))
}

async fn keep_reasons(
    tx: &mut Tx,
    check: &CheckRecord,
    check_no: i64,
    tenant_no: i64,
) -> Result<()> {
    for Reason { code, .. } in &check.reasons {
        sqlx::query(
            "INSERT INTO check_reasons (check_no, code, check_id, tenant_no, at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(check_no)
        .bind(code.as_str())
        .bind(&check.id)
        .bind(tenant_no)
        .bind(check.at)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

async fn keep_image(tx: &mut Tx, check_no: i64, image: &SealedImage) -> Result<()> {
    sqlx::query("INSERT INTO images (check_no, sealed, expires_at) VALUES ($1, $2, $3)")
        .bind(check_no)
        .bind(image.sealed.as_slice())
        .bind(image.expires_at)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn valid(commit: &Commit) -> Result<()> {
    let check = &commit.check;
    if commit.price < 0 {
        return Err(StoreError::Invalid(
            "a price must not be negative".to_owned(),
        ));
    }
    // JSON and SQLite have no such numbers.
    let mut figures = vec![check.confidence, check.latency_ms];
    for SignalReport {
        score,
        weight,
        values,
        ..
    } in &check.signals
    {
        figures.extend([*score, *weight]);
        figures.extend(values.values());
    }
    if figures.iter().any(|figure| !figure.is_finite()) {
        return Err(StoreError::Invalid(
            "a figure of a check is not a number".to_owned(),
        ));
    }
    storable(&check.id, "a check's identifier")?;
    storable(
        check.reference.as_deref().unwrap_or_default(),
        "a reference",
    )?;
    if let Some(answer) = &commit.answer {
        storable(&answer.key, "a key")?;
    }
    Ok(())
}
