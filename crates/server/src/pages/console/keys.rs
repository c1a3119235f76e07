//! The credentials of a tenant.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use lifesign_store::{Credential, CredentialKind, Millis, Rules, Tenant};
use serde_json::{Value, json};

use super::csrf::Posted;
use super::form::{Fields, Form};
use super::problem::Problem;
use super::session::Visitor;
use super::tenants::{self, existing};
use crate::service::Scope;
use crate::service::admin::{self, KeyWish, Secrets};
use crate::{App, clock};

/// The kinds as people know them.
fn kind_name(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Native => "Native API key",
        CredentialKind::VerifiedAfrica => "verified.africa",
        CredentialKind::Decentro => "Decentro",
        CredentialKind::SyntizenUser => "Syntizen user",
        CredentialKind::SyntizenSealing => "Syntizen sealing key",
        CredentialKind::Webhook => "Secret for callbacks",
    }
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let tenant = existing(&app, &id).await?;
    let form = Form::new(Fields::with([(
        "kind",
        CredentialKind::Native.as_str().to_owned(),
    )]));
    let revoked = Fields::of_query(query).get("done") == "revoked";
    let done = revoked.then_some("The key is revoked. It opens nothing any more.");
    let content = content(&app, &tenant, &form, done).await?;
    visitor.page("keys.html", content)
}

async fn content(
    app: &App,
    tenant: &Tenant,
    form: &Form,
    done: Option<&str>,
) -> Result<Value, Problem> {
    let keys = app.memory.store.credentials(Some(&tenant.id)).await?;
    let now = clock::now();
    let kinds = CredentialKind::ALL.map(|kind| (kind.as_str(), kind_name(kind)));
    let ticked = form.fields.all("scope").collect::<Vec<_>>();
    Ok(json!({
        "section": "tenants",
        "tenant": tenants::shown(tenant),
        "keys": keys.iter().map(|key| shown(key, now)).collect::<Vec<_>>(),
        "kinds": kinds,
        "scopes": Scope::ALL.map(Scope::as_str),
        "ticked": ticked,
        "form": form.view(),
        "default_rate": app.config.rate_per_minute,
        "done": done,
    }))
}

fn shown(key: &Credential, now: Millis) -> Value {
    let made = &key.made;
    let state = match (key.revoked_at, made.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(until)) if until <= now => "expired",
        _ => "open",
    };
    json!({
        "id": made.id,
        "kind": kind_name(made.kind),
        "public_id": made.public_id,
        "label": made.label,
        "scopes": made.rules.scopes,
        "allowed_ips": made.rules.allowed_ips,
        "rate": made.rules.rate_per_minute,
        "quota": made.rules.quota_per_month,
        "expires_at": made.expires_at,
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "state": state,
    })
}

/// What was typed as a new key.
struct Typed {
    kind: CredentialKind,
    label: String,
    rules: Rules,
    expires_at: Option<Millis>,
}

fn typed(form: &mut Form) -> Option<Typed> {
    const LONGEST_LABEL: usize = 100;
    let word = form.fields.get("kind");
    let kind = CredentialKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == word);
    if kind.is_none() {
        form.fail("kind", "Choose one of these.");
    }
    let label = form.fields.get("label").trim().to_owned();
    if label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control) {
        form.fail(
            "label",
            format!("At most {LONGEST_LABEL} characters and no line breaks."),
        );
    }
    let addresses = form.fields.get("allowed_ips").to_owned();
    let addresses = addresses.split([',', ' ', '\t', '\r', '\n']);
    let rules = Rules {
        scopes: form.fields.all("scope").map(str::to_owned).collect(),
        allowed_ips: addresses
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .collect(),
        rate_per_minute: form.maybe_number("rate_per_minute", 1..=1_000_000),
        quota_per_month: form.maybe_number("quota_per_month", 1..=u32::MAX),
    };
    if let Err(error) = admin::check_rules(&Rules {
        scopes: Vec::new(),
        ..rules.clone()
    }) {
        form.fail("allowed_ips", error.to_string());
    }
    if let Err(error) = admin::check_rules(&Rules {
        allowed_ips: Vec::new(),
        ..rules.clone()
    }) {
        form.fail("scope", error.to_string());
    }
    let expires_at = form.maybe_moment("expires");
    if expires_at.is_some_and(|until| until <= clock::now()) {
        form.fail("expires", "Must be in the future.");
    }
    let kind = kind?;
    form.is_good().then_some(Typed {
        kind,
        label,
        rules,
        expires_at,
    })
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    let tenant = existing(&app, &id).await?;
    let mut form = Form::new(posted.fields);
    let Some(typed) = typed(&mut form) else {
        let content = content(&app, &tenant, &form, None).await?;
        return posted.visitor.page_again("keys.html", content);
    };
    let (_, secrets) = admin::create_key(
        app.memory.store.as_ref(),
        &app.memory.vault,
        &id,
        &KeyWish {
            kind: typed.kind,
            label: &typed.label,
            rules: &typed.rules,
            expires_at: typed.expires_at,
        },
        &posted.visitor.act(),
    )
    .await?;
    let told = told(&tenant, typed.kind, &secrets);
    posted.visitor.page("secrets.html", told)
}

/// The secrets of one key, for the only page that ever shows them.
fn told(tenant: &Tenant, kind: CredentialKind, secrets: &Secrets) -> Value {
    json!({
        "section": "tenants",
        "tenant": tenants::shown(tenant),
        "title": format!("{} of {}", kind_name(kind), tenant.name),
        "back": format!("/console/tenants/{}/keys", tenant.id),
        "groups": [[kind_name(kind), secrets]],
    })
}

/// The key of a page's address, if it is the tenant's.
async fn key_of(app: &App, tenant: &str, key: &str) -> Result<Credential, Problem> {
    let keys = app.memory.store.credentials(Some(tenant)).await?;
    let found = keys.into_iter().find(|known| known.made.id == key);
    found.ok_or(Problem::NotFound("There is no such key."))
}

pub(super) async fn rotate(
    State(app): State<Arc<App>>,
    Path((id, key)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Problem> {
    let tenant = existing(&app, &id).await?;
    let kind = key_of(&app, &id, &key).await?.made.kind;
    let (store, vault) = (app.memory.store.as_ref(), &app.memory.vault);
    let secrets = admin::rotate_key(store, vault, &key, &posted.visitor.act()).await?;
    posted
        .visitor
        .page("secrets.html", told(&tenant, kind, &secrets))
}

pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Path((id, key)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Problem> {
    key_of(&app, &id, &key).await?;
    let act = posted.visitor.act();
    app.memory.store.revoke_credential(&key, &act).await?;
    Ok(Redirect::to(&format!("/console/tenants/{id}/keys?done=revoked")).into_response())
}
