//! Tenants and their settings.

use super::rows::{self, tenant_columns, to_json};
use super::{Result, SqlStore, access, findable, met, refused, storable};
use crate::{Act, NewCredential, StoreError, Tenant, TenantSettings};

/// A hundred years: milliseconds of it can be added to any time without a thought.
const MOST_SECONDS: i64 = 100 * 366 * 86_400;

impl SqlStore {
    pub(super) async fn create_tenant(
        &self,
        id: &str,
        name: &str,
        settings: &TenantSettings,
        credentials: &[NewCredential],
        act: &Act,
    ) -> Result<Tenant> {
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            return Err(StoreError::Invalid(
                "a tenant's name must hold a letter and no control character".to_owned(),
            ));
        }
        storable(id, "a tenant's identifier")?;
        let settings_json = settings_json(settings)?;
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO tenants (id, name, created_at, balance, settings) \
             VALUES ($1, $2, $3, 0, $4)",
        )
        .bind(id)
        .bind(name)
        .bind(act.at)
        .bind(settings_json)
        .execute(&mut *tx)
        .await
        .map_err(|error| refused(error, "a tenant of this name", "tenant"))?;
        for credential in credentials {
            if credential.tenant_id != id {
                return Err(StoreError::Invalid(
                    "a first credential is of another tenant".to_owned(),
                ));
            }
            access::insert_credential(&mut tx, credential, act.at).await?;
        }
        let detail = serde_json::json!({ "credentials": credentials.len() });
        act.write(&mut tx, "tenant.create", id, &detail).await?;
        tx.commit().await?;
        Ok(Tenant {
            id: id.to_owned(),
            name: name.to_owned(),
            created_at: act.at,
            disabled_at: None,
            balance: 0,
            settings: settings.clone(),
        })
    }

    pub(super) async fn tenants(&self) -> Result<Vec<Tenant>> {
        sqlx::query(concat!(
            "SELECT ",
            tenant_columns!(),
            " FROM tenants t ORDER BY t.name"
        ))
        .fetch_all(&self.read)
        .await?
        .iter()
        .map(rows::tenant)
        .collect()
    }

    pub(super) async fn tenant(&self, id_or_name: &str) -> Result<Option<Tenant>> {
        if !findable(id_or_name) {
            return Ok(None);
        }
        // Nobody gets hold of another by taking its identifier as a name.
        sqlx::query(concat!(
            "SELECT ",
            tenant_columns!(),
            " FROM tenants t WHERE t.id = $1 OR t.name = $1 \
              ORDER BY CASE WHEN t.id = $1 THEN 0 ELSE 1 END LIMIT 1"
        ))
        .bind(id_or_name)
        .fetch_optional(&self.read)
        .await?
        .as_ref()
        .map(rows::tenant)
        .transpose()
    }

    pub(super) async fn set_tenant_enabled(
        &self,
        id: &str,
        enabled: bool,
        act: &Act,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let statement = if enabled {
            sqlx::query("UPDATE tenants SET disabled_at = NULL WHERE id = $1").bind(id)
        } else {
            sqlx::query("UPDATE tenants SET disabled_at = COALESCE(disabled_at, $2) WHERE id = $1")
                .bind(id)
                .bind(act.at)
        };
        met(&statement.execute(&mut *tx).await?, "the tenant")?;
        let action = if enabled {
            "tenant.enable"
        } else {
            "tenant.disable"
        };
        act.write(&mut tx, action, id, &serde_json::json!({}))
            .await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn set_tenant_settings(
        &self,
        id: &str,
        settings: &TenantSettings,
        act: &Act,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let changed = sqlx::query("UPDATE tenants SET settings = $2 WHERE id = $1")
            .bind(id)
            .bind(settings_json(settings)?)
            .execute(&mut *tx)
            .await?;
        met(&changed, "the tenant")?;
        act.write(&mut tx, "tenant.settings", id, settings).await?;
        Ok(tx.commit().await?)
    }
}

fn settings_json(settings: &TenantSettings) -> Result<String> {
    let TenantSettings {
        price,
        keep_checks_s,
        keep_images_s,
        keep_session_media_s,
        replay_window_s,
        ..
    } = *settings;
    for (name, value, most) in [
        ("price", price, i64::MAX),
        ("keep_checks_s", keep_checks_s, MOST_SECONDS),
        ("keep_images_s", keep_images_s, MOST_SECONDS),
        ("keep_session_media_s", keep_session_media_s, MOST_SECONDS),
        ("replay_window_s", replay_window_s, MOST_SECONDS),
    ] {
        if value < 0 {
            return Err(StoreError::Invalid(format!("{name} must not be negative")));
        }
        if value > most {
            return Err(StoreError::Invalid(format!(
                "{name} must be at most {most}"
            )));
        }
    }
    to_json(settings, "the settings")
}
