//! `lifesign tenants`.

use std::time::Duration;

use lifesign_server::service::admin::{self, TenantCredentials};
use lifesign_store::{LedgerEntry, LedgerKind, ReplayPolicy, Tenant, TenantSettings};
use serde_json::json;

use super::desk::{self, Desk, shown};
use crate::args::{ReplayArg, TenantSettingsArgs, TenantsArgs, TenantsVerb};
use crate::error::CliError;
use crate::output::{print_json, print_line, print_rows};
use lifesign_config::Config;

pub(crate) fn run(args: &TenantsArgs, config: &Config) -> Result<(), CliError> {
    if let TenantsVerb::Create { settings, .. } | TenantsVerb::Set { settings, .. } = &args.verb {
        check_profile(settings.profile.as_deref(), config)?;
    }
    desk::at(config, async |desk| act(args, desk).await)
}

fn check_profile(profile: Option<&str>, config: &Config) -> Result<(), CliError> {
    let known = &config.calibration.profiles;
    match profile {
        Some(name) if !known.contains_key(name) => Err(CliError::Usage(format!(
            "profile `{name}` does not exist; known: {}",
            Vec::from_iter(known.keys().cloned()).join(", ")
        ))),
        _ => Ok(()),
    }
}

async fn act(args: &TenantsArgs, desk: &Desk) -> Result<(), CliError> {
    let (store, json) = (desk.store.as_ref(), args.at.json);
    match &args.verb {
        TenantsVerb::Create { name, settings } => {
            let settings = changed(TenantSettings::default(), settings)?;
            let (tenant, credentials) =
                admin::create_tenant(store, &desk.vault, name, &settings, &desk.act).await?;
            tell_new(&tenant, &credentials, json)
        }
        TenantsVerb::List => tell(&store.tenants().await?, json),
        TenantsVerb::Set { name, settings } => {
            let tenant = admin::existing_tenant(store, name).await?;
            let settings = changed(tenant.settings, settings)?;
            store
                .set_tenant_settings(&tenant.id, &settings, &desk.act)
                .await?;
            let tenant = admin::existing_tenant(store, &tenant.id).await?;
            tell(&[tenant], json)
        }
        TenantsVerb::Disable { name } => enable(desk, name, false, json).await,
        TenantsVerb::Enable { name } => enable(desk, name, true, json).await,
        TenantsVerb::Topup { name, amount } => {
            let tenant = admin::existing_tenant(store, name).await?;
            let balance = store.top_up(&tenant.id, *amount, &desk.act).await?;
            if json {
                return print_json(&json!({"tenant_id": tenant.id, "balance": balance}));
            }
            print_line(&format!("{}: {balance} units in the wallet", tenant.name))
        }
        TenantsVerb::Statement { name, limit } => {
            let tenant = admin::existing_tenant(store, name).await?;
            let lines = store.statement(&tenant.id, None, *limit).await?;
            if json {
                return print_json(&lines);
            }
            let rows = lines.iter().map(row_of_ledger).collect();
            print_rows(&["when", "what", "units", "balance", "check"], rows)
        }
    }
}

async fn enable(desk: &Desk, name: &str, enabled: bool, json: bool) -> Result<(), CliError> {
    let tenant = admin::existing_tenant(desk.store.as_ref(), name).await?;
    desk.store
        .set_tenant_enabled(&tenant.id, enabled, &desk.act)
        .await?;
    let tenant = admin::existing_tenant(desk.store.as_ref(), &tenant.id).await?;
    tell(&[tenant], json)
}

/// `settings` with what was given changed.
fn changed(
    mut settings: TenantSettings,
    given: &TenantSettingsArgs,
) -> Result<TenantSettings, CliError> {
    let set = |to: &mut i64, given: Option<Duration>| match given.map(seconds).transpose() {
        Ok(value) => {
            *to = value.unwrap_or(*to);
            Ok(())
        }
        Err(error) => Err(error),
    };
    settings.profile = given.profile.clone().or(settings.profile);
    settings.price = given.price.unwrap_or(settings.price);
    set(&mut settings.keep_checks_s, given.keep_checks)?;
    set(&mut settings.keep_images_s, given.keep_images)?;
    set(&mut settings.keep_session_media_s, given.keep_session_media)?;
    set(&mut settings.replay_window_s, given.replay_window)?;
    settings.allow_http = given.allow_http.unwrap_or(settings.allow_http);
    settings.replay_policy = match given.replay {
        None => settings.replay_policy,
        Some(ReplayArg::Report) => ReplayPolicy::Report,
        Some(ReplayArg::Inconclusive) => ReplayPolicy::Inconclusive,
        Some(ReplayArg::Spoof) => ReplayPolicy::Spoof,
    };
    Ok(settings)
}

fn seconds(length: Duration) -> Result<i64, CliError> {
    const MOST: u64 = 100 * 366 * 86_400;
    let seconds = length.as_secs();
    i64::try_from(seconds)
        .ok()
        .filter(|_| seconds <= MOST)
        .ok_or_else(|| CliError::Usage("nothing is kept for more than a hundred years".to_owned()))
}

fn tell_new(tenant: &Tenant, credentials: &TenantCredentials, json: bool) -> Result<(), CliError> {
    if json {
        return print_json(credentials);
    }
    let TenantCredentials {
        tenant_id,
        api_key,
        syntizen,
        verified_africa,
        decentro,
        webhook_secret,
    } = credentials;
    let row = |contract: &str, name: &str, value: &str| {
        vec![contract.to_owned(), name.to_owned(), value.to_owned()]
    };
    let rows = vec![
        row("native", "api_key", api_key),
        row("syntizen", "username", &syntizen.username),
        row("", "password", &syntizen.password),
        row("", "apikey", &syntizen.apikey),
        row("", "apikey_secret", &syntizen.apikey_secret),
        row("verified.africa", "userid", &verified_africa.userid),
        row("", "apiKey", &verified_africa.api_key),
        row("decentro", "client_id", &decentro.client_id),
        row("", "client_secret", &decentro.client_secret),
        row("", "module_secret", &decentro.module_secret),
        row("callbacks", "webhook_secret", webhook_secret),
    ];
    print_line(&format!(
        "Tenant {} ({tenant_id}) is made. Note the secrets: they are not shown again.",
        tenant.name
    ))?;
    print_rows(&["contract", "name", "value"], rows)
}

fn tell(tenants: &[Tenant], json: bool) -> Result<(), CliError> {
    if json {
        return print_json(&tenants);
    }
    let rows = tenants.iter().map(row_of_tenant).collect();
    let head = [
        "name",
        "id",
        "since",
        "units",
        "price",
        "keeps checks",
        "keeps images",
        "state",
    ];
    print_rows(&head, rows)
}

fn row_of_tenant(tenant: &Tenant) -> Vec<String> {
    vec![
        tenant.name.clone(),
        tenant.id.clone(),
        shown(Some(tenant.created_at)),
        tenant.balance.to_string(),
        tenant.settings.price.to_string(),
        length(tenant.settings.keep_checks_s),
        length(tenant.settings.keep_images_s),
        if tenant.disabled_at.is_some() {
            "disabled"
        } else {
            "open"
        }
        .to_owned(),
    ]
}

/// A length of time as the options take it; humantime would make months of days.
fn length(seconds: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let whole = UNITS
        .iter()
        .find(|(unit, _)| seconds % unit == 0 && seconds != 0);
    whole.map_or_else(
        || "0s".to_owned(),
        |(unit, name)| format!("{}{name}", seconds / unit),
    )
}

fn row_of_ledger(line: &LedgerEntry) -> Vec<String> {
    let what = match line.kind {
        LedgerKind::TopUp => "top-up",
        LedgerKind::Debit => "check",
    };
    vec![
        shown(Some(line.at)),
        what.to_owned(),
        format!("{:+}", line.amount),
        line.balance.to_string(),
        line.check_id.clone().unwrap_or_default(),
    ]
}
