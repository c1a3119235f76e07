//! Credentials, what they used up, and the tokens that are got with them.

use sqlx::Row;

use super::rows::{self, credential_columns, tenant_columns, to_json, token_columns};
use super::{Result, SqlStore, Tx, findable, met, refused, storable};
use crate::{Act, Credential, CredentialKind, Millis, NewCredential, NewToken, Tenant, Token};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

impl SqlStore {
    pub(super) async fn create_credential(
        &self,
        credential: &NewCredential,
        act: &Act,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        insert_credential(&mut tx, credential, act.at).await?;
        let detail = serde_json::json!({
            "tenant": credential.tenant_id,
            "kind": credential.kind,
            "rules": credential.rules,
            "expires_at": credential.expires_at,
        });
        act.write(&mut tx, "credential.create", &credential.id, &detail)
            .await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn credential(
        &self,
        kind: CredentialKind,
        public_id: &str,
    ) -> Result<Option<(Credential, Tenant)>> {
        if !findable(public_id) {
            return Ok(None);
        }
        let row = sqlx::query(concat!(
            "SELECT ",
            credential_columns!(),
            ", ",
            tenant_columns!(),
            " FROM credentials c JOIN tenants t ON t.id = c.tenant_id \
              WHERE c.kind = $1 AND c.public_id = $2"
        ))
        .bind(kind.as_str())
        .bind(public_id)
        .fetch_optional(&self.read)
        .await?;
        match row {
            Some(row) => Ok(Some((rows::credential(&row)?, rows::tenant(&row)?))),
            None => Ok(None),
        }
    }

    pub(super) async fn credentials(&self, tenant_id: Option<&str>) -> Result<Vec<Credential>> {
        let statement = match tenant_id {
            Some(tenant_id) => sqlx::query(concat!(
                "SELECT ",
                credential_columns!(),
                " FROM credentials c WHERE c.tenant_id = $1 ORDER BY c.created_at DESC, c.id DESC"
            ))
            .bind(tenant_id),
            None => sqlx::query(concat!(
                "SELECT ",
                credential_columns!(),
                " FROM credentials c ORDER BY c.created_at DESC, c.id DESC"
            )),
        };
        statement
            .fetch_all(&self.read)
            .await?
            .iter()
            .map(rows::credential)
            .collect()
    }

    pub(super) async fn rotate_credential(
        &self,
        id: &str,
        fresh: &NewCredential,
        act: &Act,
    ) -> Result<()> {
        storable(&fresh.public_id, "a credential's public part")?;
        let mut tx = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE credentials SET public_id = $1, secret_hash = $2, second_hash = $3, \
             sealed_secret = $4 \
             WHERE id = $5 AND tenant_id = $6 AND kind = $7 AND revoked_at IS NULL",
        )
        .bind(&fresh.public_id)
        .bind(fresh.secret_hash.as_deref())
        .bind(fresh.second_hash.as_deref())
        .bind(fresh.sealed_secret.as_deref())
        .bind(id)
        .bind(&fresh.tenant_id)
        .bind(fresh.kind.as_str())
        .execute(&mut *tx)
        .await
        .map_err(|error| refused(error, "a credential of this public part", "the credential"))?;
        met(&changed, "a credential in force of this tenant and kind")?;
        revoke_tokens(&mut tx, id, act.at).await?;
        act.write(&mut tx, "credential.rotate", id, &serde_json::json!({}))
            .await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn revoke_credential(&self, id: &str, act: &Act) -> Result<()> {
        let mut tx = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE credentials SET revoked_at = COALESCE(revoked_at, $1) WHERE id = $2",
        )
        .bind(act.at)
        .bind(id)
        .execute(&mut *tx)
        .await?;
        met(&changed, "the credential")?;
        revoke_tokens(&mut tx, id, act.at).await?;
        act.write(&mut tx, "credential.revoke", id, &serde_json::json!({}))
            .await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn touch_credential(&self, id: &str, at: Millis) -> Result<()> {
        let minute = at - at.rem_euclid(MINUTE_MS);
        // Nearly every request ends here, without a write.
        let due = sqlx::query(
            "SELECT 1 FROM credentials \
             WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
        )
        .bind(id)
        .bind(minute)
        .fetch_optional(&self.read)
        .await?;
        if due.is_none() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        sqlx::query(
            "UPDATE credentials SET last_used_at = $2 \
             WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
        )
        .bind(id)
        .bind(minute)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn used_this_month(&self, credential_id: &str, at: Millis) -> Result<u32> {
        let row = sqlx::query("SELECT checks FROM usage WHERE credential_id = $1 AND month = $2")
            .bind(credential_id)
            .bind(month_of(at))
            .fetch_optional(&self.read)
            .await?;
        let Some(row) = row else { return Ok(0) };
        Ok(u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(u32::MAX))
    }

    pub(super) async fn create_token(&self, token: &NewToken) -> Result<()> {
        let mut tx = self.begin().await?;
        // Holds the credential's row, so that a rotation ends this token too if it comes later.
        let held = sqlx::query(
            "UPDATE credentials SET last_used_at = last_used_at \
             WHERE id = $1 AND tenant_id = $2 AND revoked_at IS NULL",
        )
        .bind(&token.credential_id)
        .bind(&token.tenant_id)
        .execute(&mut *tx)
        .await?;
        met(&held, "a credential in force of this tenant")?;
        sqlx::query(
            "INSERT INTO tokens (hash, tenant_id, credential_id, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&*token.hash)
        .bind(&token.tenant_id)
        .bind(&token.credential_id)
        .bind(token.created_at)
        .bind(token.expires_at)
        .execute(&mut *tx)
        .await
        .map_err(|error| refused(error, "the token", "the credential"))?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn token(&self, hash: &[u8]) -> Result<Option<(Token, Credential, Tenant)>> {
        let row = sqlx::query(concat!(
            "SELECT ",
            token_columns!(),
            ", ",
            credential_columns!(),
            ", ",
            tenant_columns!(),
            " FROM tokens k JOIN credentials c ON c.id = k.credential_id \
              JOIN tenants t ON t.id = k.tenant_id WHERE k.hash = $1"
        ))
        .bind(hash)
        .fetch_optional(&self.read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((
            rows::token(&row)?,
            rows::credential(&row)?,
            rows::tenant(&row)?,
        )))
    }

    pub(super) async fn revoke_token(&self, hash: &[u8], at: Millis) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE tokens SET revoked_at = COALESCE(revoked_at, $2) WHERE hash = $1")
            .bind(hash)
            .bind(at)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }
}

/// Adds a credential; the caller writes the audit log.
pub(super) async fn insert_credential(
    tx: &mut Tx,
    credential: &NewCredential,
    at: Millis,
) -> Result<()> {
    storable(&credential.public_id, "a credential's public part")?;
    storable(&credential.label, "a credential's label")?;
    sqlx::query(
        "INSERT INTO credentials (id, tenant_id, kind, public_id, label, secret_hash, \
         second_hash, sealed_secret, rules, expires_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&credential.id)
    .bind(&credential.tenant_id)
    .bind(credential.kind.as_str())
    .bind(&credential.public_id)
    .bind(&credential.label)
    .bind(credential.secret_hash.as_deref())
    .bind(credential.second_hash.as_deref())
    .bind(credential.sealed_secret.as_deref())
    .bind(to_json(&credential.rules, "the rules")?)
    .bind(credential.expires_at)
    .bind(at)
    .execute(&mut **tx)
    .await
    .map_err(|error| refused(error, "a credential of this public part", "the tenant"))?;
    Ok(())
}

async fn revoke_tokens(tx: &mut Tx, credential_id: &str, at: Millis) -> Result<()> {
    sqlx::query("UPDATE tokens SET revoked_at = COALESCE(revoked_at, $2) WHERE credential_id = $1")
        .bind(credential_id)
        .bind(at)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Counts an answered check against a credential of the tenant.
pub(super) async fn count_use(
    tx: &mut Tx,
    tenant_id: &str,
    credential_id: &str,
    at: Millis,
) -> Result<()> {
    let counted = sqlx::query(
        "INSERT INTO usage (credential_id, month, checks) \
         SELECT id, $1, 1 FROM credentials WHERE id = $2 AND tenant_id = $3 \
         ON CONFLICT (credential_id, month) DO UPDATE SET checks = usage.checks + 1",
    )
    .bind(month_of(at))
    .bind(credential_id)
    .bind(tenant_id)
    .execute(&mut **tx)
    .await?;
    met(&counted, "the credential")
}

/// The calendar month (UTC) of a moment, as year * 100 + month. After Howard Hinnant's
/// `civil_from_days`: the year begins in March, so that the leap day is its last.
fn month_of(at: Millis) -> i64 {
    let days = at.div_euclid(DAY_MS) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let (month, later) = match month_from_march {
        0..=9 => (month_from_march + 3, 0),
        _ => (month_from_march - 9, 1),
    };
    (era * 400 + year_of_era + later) * 100 + month
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_with_its_last_millisecond() {
        // From `date -u -d 2024-02-29 +%s` and the like.
        for (seconds, month) in [
            (0, 197_001),
            (1_709_164_800, 202_402),
            (1_709_251_200, 202_403),
            (1_735_689_600, 202_501),
            (4_107_542_400, 210_003),
        ] {
            assert_eq!(month_of(seconds * 1000), month, "{seconds}");
        }
        assert_eq!(month_of(-1), 196_912);
        assert_eq!(month_of(1_709_251_200_000 - 1), 202_402);
        assert_eq!(month_of(1_735_689_600_000 - 1), 202_412);
    }
}
