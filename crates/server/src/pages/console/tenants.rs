//! Tenants: the list, a new one, and what holds for one.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use lifesign_store::{ReplayPolicy, Tenant, TenantSettings};
use serde_json::{Value, json};

use super::csrf::Posted;
use super::form::{Fields, Form, length};
use super::problem::Problem;
use super::session::Visitor;
use crate::App;
use crate::service::admin::{self, TenantCredentials};

/// More than any price makes sense for.
const HIGHEST_PRICE: i64 = 1_000_000_000;

/// Words of the form, and what they mean.
const POLICIES: [(&str, &str, ReplayPolicy); 3] = [
    (
        "report",
        "Report it beside the verdict",
        ReplayPolicy::Report,
    ),
    (
        "inconclusive",
        "LIVE becomes INCONCLUSIVE",
        ReplayPolicy::Inconclusive,
    ),
    ("spoof", "The verdict becomes SPOOF", ReplayPolicy::Spoof),
];

pub(super) async fn list(
    State(app): State<Arc<App>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let form = Form::new(settings_fields(&TenantSettings::default()));
    visitor.page("tenants.html", listed(&app, &form).await?)
}

async fn listed(app: &App, form: &Form) -> Result<Value, Problem> {
    let tenants = app.memory.store.tenants().await?;
    Ok(json!({
        "section": "tenants",
        "tenants": tenants.iter().map(shown).collect::<Vec<_>>(),
        "form": form.view(),
        "choices": choices(app),
    }))
}

/// A tenant for a template.
pub(super) fn shown(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id,
        "name": tenant.name,
        "created_at": tenant.created_at,
        "disabled_at": tenant.disabled_at,
        "balance": tenant.balance,
        "price": tenant.settings.price,
    })
}

/// What may be chosen in the form of the settings.
fn choices(app: &App) -> Value {
    let profiles = app.checker.profiles();
    json!({
        "policies": POLICIES.map(|(word, meaning, _)| (word, meaning)),
        "profiles": profiles.iter().map(|name| (name, name)).collect::<Vec<_>>(),
        "default_profile": app.config.profile,
    })
}

fn settings_fields(settings: &TenantSettings) -> Fields {
    let policy = POLICIES
        .iter()
        .find(|(.., policy)| *policy == settings.replay_policy);
    Fields::with([
        ("profile", settings.profile.clone().unwrap_or_default()),
        ("price", settings.price.to_string()),
        ("keep_checks", length(settings.keep_checks_s)),
        ("keep_images", length(settings.keep_images_s)),
        ("keep_session_media", length(settings.keep_session_media_s)),
        ("replay_window", length(settings.replay_window_s)),
        (
            "replay_policy",
            policy.map_or("", |(word, ..)| word).to_owned(),
        ),
        (
            "allow_http",
            if settings.allow_http { "yes" } else { "" }.to_owned(),
        ),
    ])
}

/// What was typed as settings, if all of it makes sense.
fn settings_typed(app: &App, form: &mut Form) -> Option<TenantSettings> {
    let profile = form.fields.some("profile").map(str::to_owned);
    let profiles = app.checker.profiles();
    if profile
        .as_ref()
        .is_some_and(|name| !profiles.contains(name))
    {
        form.fail("profile", "There is no such profile any more.");
    }
    let price = form.number("price", 0..=HIGHEST_PRICE);
    let keep_checks_s = form.seconds("keep_checks", 1);
    let keep_images_s = form.seconds("keep_images", 0);
    let keep_session_media_s = form.seconds("keep_session_media", 0);
    let replay_window_s = form.seconds("replay_window", 0);
    let word = form.fields.get("replay_policy");
    let policy = POLICIES.iter().find(|(known, ..)| *known == word);
    let policy = policy.map(|(.., policy)| *policy);
    if policy.is_none() {
        form.fail("replay_policy", "Choose one of these.");
    }
    let settings = TenantSettings {
        profile,
        price: price?,
        keep_checks_s: keep_checks_s?,
        keep_images_s: keep_images_s?,
        keep_session_media_s: keep_session_media_s?,
        replay_window_s: replay_window_s?,
        replay_policy: policy?,
        allow_http: form.fields.get("allow_http") == "yes",
    };
    form.is_good().then_some(settings)
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    posted: Posted,
) -> Result<Response, Problem> {
    let mut form = Form::new(posted.fields);
    let settings = settings_typed(&app, &mut form);
    if form.fields.some("name").is_none() {
        form.fail("name", "A tenant needs a name.");
    }
    if let (Some(settings), true) = (settings, form.is_good()) {
        let (store, vault) = (app.memory.store.as_ref(), &app.memory.vault);
        let act = posted.visitor.act();
        let name = form.fields.get("name");
        let made = admin::create_tenant(store, vault, name, &settings, &act).await;
        match made.map_err(|error| Problem::from(error).for_form()) {
            Ok((tenant, credentials)) => {
                return posted
                    .visitor
                    .page("secrets.html", told(&tenant, &credentials));
            }
            Err(message) => form.fail("name", message?),
        }
    }
    let content = listed(&app, &form).await?;
    posted.visitor.page_again("tenants.html", content)
}

/// Every credential of a new tenant, for the only page that ever shows them.
fn told(tenant: &Tenant, credentials: &TenantCredentials) -> Value {
    let TenantCredentials {
        api_key,
        syntizen,
        verified_africa,
        decentro,
        webhook_secret,
        ..
    } = credentials;
    json!({
        "section": "tenants",
        "tenant": shown(tenant),
        "title": format!("Tenant {}", tenant.name),
        "back": format!("/console/tenants/{}", tenant.id),
        "groups": [
            ["Native API", [["api_key", api_key]]],
            ["Syntizen", [
                ["apikey", syntizen.apikey],
                ["apikey_secret", syntizen.apikey_secret],
                ["username", syntizen.username],
                ["password", syntizen.password],
            ]],
            ["verified.africa", [
                ["userid", verified_africa.userid],
                ["api_key", verified_africa.api_key],
            ]],
            ["Decentro", [
                ["client_id", decentro.client_id],
                ["client_secret", decentro.client_secret],
                ["module_secret", decentro.module_secret],
            ]],
            ["Callbacks", [["webhook_secret", webhook_secret]]],
        ],
    })
}

/// The tenant of a page's address.
pub(super) async fn existing(app: &App, id: &str) -> Result<Tenant, Problem> {
    let tenant = app.memory.store.tenant(id).await?;
    // By identifier alone, so that a page has one address.
    let tenant = tenant.filter(|tenant| tenant.id == id);
    tenant.ok_or(Problem::NotFound("There is no such tenant."))
}

pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let tenant = existing(&app, &id).await?;
    let done = match Fields::of_query(query).get("done") {
        "settings" => Some("The settings are saved. They hold for the next check."),
        "disabled" => Some("The tenant is disabled. Its credentials open nothing any more."),
        "enabled" => Some("The tenant is enabled again."),
        _ => None,
    };
    let form = Form::new(settings_fields(&tenant.settings));
    visitor.page("tenant.html", content(&app, &tenant, &form, done))
}

fn content(app: &App, tenant: &Tenant, form: &Form, done: Option<&str>) -> Value {
    json!({
        "section": "tenants",
        "tenant": shown(tenant),
        "form": form.view(),
        "choices": choices(app),
        "done": done,
    })
}

pub(super) async fn settings(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    let tenant = existing(&app, &id).await?;
    let mut form = Form::new(posted.fields);
    let Some(settings) = settings_typed(&app, &mut form) else {
        let content = content(&app, &tenant, &form, None);
        return posted.visitor.page_again("tenant.html", content);
    };
    let store = &app.memory.store;
    let act = posted.visitor.act();
    store.set_tenant_settings(&id, &settings, &act).await?;
    Ok(Redirect::to(&format!("/console/tenants/{id}?done=settings")).into_response())
}

pub(super) async fn disable(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, Problem> {
    set_enabled(&app, &id, &posted, false).await
}

pub(super) async fn enable(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, Problem> {
    set_enabled(&app, &id, &posted, true).await
}

async fn set_enabled(
    app: &App,
    id: &str,
    posted: &Posted,
    enabled: bool,
) -> Result<Redirect, Problem> {
    existing(app, id).await?;
    let act = posted.visitor.act();
    app.memory
        .store
        .set_tenant_enabled(id, enabled, &act)
        .await?;
    let done = if enabled { "enabled" } else { "disabled" };
    Ok(Redirect::to(&format!("/console/tenants/{id}?done={done}")))
}
