//! The operator's console: who gets in, what a form may do, and what its pages show.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use lifesign_domain::{ReasonCode, SignalReport, Verdict};
use lifesign_server::service::admin;
use lifesign_server::vault::Vault;
use lifesign_store::{
    Act, CheckRecord, Commit, DeliveryAttempt, DeliveryState, Fingerprint, NewActiveSession,
    SqlStore, Store, TenantSettings,
};
use serde_json::json;

use crate::support::{Answer, Client, Fake, Setup, base64, live, sample};

const HOSTILE: &str = "<script>alert('x')</script>\"&";

pub(crate) fn act(actor: &str) -> Act {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    Act {
        actor: actor.to_owned(),
        at: i64::try_from(since.as_millis()).unwrap(),
    }
}

/// A guarded server with the tenant `shop` and the operator `ada`, and its store beside it.
struct Desk {
    client: Client,
    store: SqlStore,
    tenant: String,
    api_key: String,
    password: String,
}

impl Desk {
    async fn new() -> Self {
        Self::with(TenantSettings::default()).await
    }

    async fn with(settings: TenantSettings) -> Self {
        let setup = Setup::new();
        std::fs::create_dir_all(&setup.config.data).unwrap();
        let store = SqlStore::open(&setup.config.database()).await.unwrap();
        let vault = Vault::find(&setup.config.data, Path::new("")).unwrap();
        let made = admin::create_tenant(&store, &vault, "shop", &settings, &act("cli")).await;
        let (tenant, credentials) = made.unwrap();
        let password = admin::create_operator(&store, "ada", &act("cli")).await;
        Self {
            client: setup.client(Arc::new(Fake(|_: &[u8]| Ok(live())))).await,
            store,
            tenant: tenant.id,
            api_key: credentials.api_key,
            password: password.unwrap(),
        }
    }

    fn page(&self, of_tenant: &str) -> String {
        format!("/console/tenants/{}{of_tenant}", self.tenant)
    }

    /// What the log-in page answers to a name and a password.
    async fn log_in(&self, name: &str, password: &str, next: &str, proto: &str) -> Answer {
        let form = self.client.get("/console/login").await;
        assert_eq!(form.status, 200, "{}", form.text());
        let body = form_body(&[
            ("token", &token(&form)),
            ("name", name),
            ("password", password),
            ("next", next),
        ]);
        let request = Request::post("/console/login")
            .header("cookie", cookie(&form))
            .header("x-forwarded-proto", proto)
            .header("origin", "http://desk.example")
            .header("host", "desk.example");
        self.client
            .call(request.body(Body::from(body)).unwrap())
            .await
    }

    async fn window(&self) -> Window<'_> {
        let answer = self.log_in("ada", &self.password, "", "http").await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        Window {
            desk: self,
            cookie: cookie(&answer),
        }
    }

    async fn actions(&self) -> Vec<String> {
        let lines = self.store.audit(None, 100).await.unwrap();
        let by_ada = lines
            .into_iter()
            .filter(|line| line.actor == "operator:ada");
        let mut actions = Vec::from_iter(by_ada.map(|line| line.action));
        actions.reverse();
        actions
    }

    /// Keeps a check as if the API had answered it.
    async fn keep(&self, id: &str, at: i64, verdict: Verdict, reference: &str) {
        let check = record(&self.tenant, id, at, verdict, reference);
        let commit = Commit {
            check,
            image: None,
            price: 0,
            answer: None,
        };
        self.store.commit(&commit).await.unwrap();
    }
}

/// A check as the API would have kept it.
pub(crate) fn record(
    tenant: &str,
    id: &str,
    at: i64,
    verdict: Verdict,
    reference: &str,
) -> CheckRecord {
    let now = act("").at;
    CheckRecord {
        id: id.to_owned(),
        tenant_id: tenant.to_owned(),
        credential_id: None,
        contract: "native".to_owned(),
        reference: Some(reference.to_owned()),
        at,
        verdict,
        confidence: 0.25,
        profile: "classic".to_owned(),
        calibration: "test-1".to_owned(),
        signals: vec![SignalReport {
            name: "lbp_texture".to_owned(),
            label: "Skin texture".to_owned(),
            score: 0.25,
            weight: 1.0,
            passed: false,
            detail: format!("found {reference}"),
            assessed: true,
            values: [("entropy".to_owned(), 1.5)].into(),
        }],
        reasons: match verdict {
            Verdict::Live => Vec::new(),
            _ => vec![ReasonCode::Screenshot.into()],
        },
        fingerprint: Fingerprint {
            sha256: [7; 32],
            phash: 0x1234,
        },
        latency_ms: 80.0,
        expires_at: now + 3_600_000,
    }
}

/// A browser that is logged in.
struct Window<'a> {
    desk: &'a Desk,
    cookie: String,
}

impl Window<'_> {
    async fn get(&self, uri: &str) -> Answer {
        let request = Request::get(uri).header("cookie", &self.cookie);
        let request = request.body(Body::empty()).unwrap();
        self.desk.client.call(request).await
    }

    async fn see(&self, uri: &str) -> String {
        let answer = self.get(uri).await;
        assert_eq!(answer.status, 200, "{uri}: {}", answer.text());
        answer.text()
    }

    /// Sends a form with the token of a page of ours.
    async fn post(&self, uri: &str, fields: &[(&str, &str)]) -> Answer {
        let token = token(&self.get("/console/audit").await);
        let fields = [&[("token", token.as_str())], fields].concat();
        self.post_bare(uri, form_body(&fields), &[]).await
    }

    async fn post_bare(&self, uri: &str, body: String, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::post(uri).header("cookie", &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        self.desk.client.call(request).await
    }
}

fn form_body(fields: &[(&str, &str)]) -> String {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields).finish()
}

/// What the first form of a page carries.
fn token(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once(r#"name="token" value=""#).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The cookie that an answer sets, as a browser sends it back.
fn cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    cookie.split(';').next().unwrap().to_owned()
}

/// Text as it stands in a page.
fn escaped(text: &str) -> String {
    let pairs = [
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\"", "&quot;"),
    ];
    let text = pairs
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace('\'', "&#x27;").replace('/', "&#x2f;")
}

fn settings_form<'a>(price: &'a str, keep_images: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("price", price),
        ("keep_checks", "30d"),
        ("keep_images", keep_images),
        ("keep_session_media", "1d"),
        ("replay_window", "0s"),
        ("replay_policy", "spoof"),
    ]
}

const PAGES: [&str; 8] = [
    "/console",
    "/console/checks?verdict=LIVE",
    "/console/tenants",
    "/console/rates",
    "/console/sessions",
    "/console/audit",
    "/console/operators",
    "/console/settings",
];

/// Every route that changes something.
fn acts(tenant: &str) -> Vec<String> {
    let tenant = format!("/console/tenants/{tenant}");
    vec![
        "/console/logout".to_owned(),
        "/console/checks/lv_1/pictures".to_owned(),
        "/console/checks/lv_1/erase".to_owned(),
        "/console/tenants".to_owned(),
        format!("{tenant}/settings"),
        format!("{tenant}/disable"),
        format!("{tenant}/enable"),
        format!("{tenant}/keys"),
        format!("{tenant}/keys/k_1/rotate"),
        format!("{tenant}/keys/k_1/revoke"),
        format!("{tenant}/wallet"),
        "/console/sessions/lv_1/redeliver".to_owned(),
        "/console/audit/verify".to_owned(),
    ]
}

#[tokio::test]
async fn who_is_not_logged_in_is_led_to_the_log_in_page() {
    let desk = Desk::new().await;
    for page in PAGES {
        let answer = desk.client.get(page).await;
        assert_eq!(answer.status, 303, "{page}");
        let location = answer.header("location");
        assert!(location.starts_with("/console/login"), "{page}: {location}");
    }
    let asked = desk.client.get("/console/checks?verdict=LIVE").await;
    let next = "/console/login?next=%2Fconsole%2Fchecks%3Fverdict%3DLIVE";
    assert_eq!(asked.header("location"), next);
    for uri in acts(&desk.tenant) {
        let answer = desk.client.post(&uri, "text/plain", Vec::new()).await;
        assert_eq!(answer.status, 303, "{uri}");
        assert_eq!(answer.header("location"), "/console/login", "{uri}");
    }
    let invented = Window {
        desk: &desk,
        cookie: format!("lifesign_console={}", "x".repeat(43)),
    };
    assert_eq!(invented.get("/console/audit").await.status, 303);
}

#[tokio::test]
async fn name_and_password_begin_a_session_and_the_log_out_ends_it() {
    let desk = Desk::new().await;
    for (name, password) in [("ada", "wrong"), ("eve", &*desk.password), ("", "")] {
        let answer = desk.log_in(name, password, "", "http").await;
        assert_eq!(answer.status, 422, "{name}");
        assert!(answer.text().contains("do not fit together"));
        assert!(!answer.header("set-cookie").contains("lifesign_console="));
    }
    let next = "/console/checks?verdict=LIVE";
    let answer = desk.log_in("ada", &desk.password, next, "http").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, next)
    );
    let set = answer.header("set-cookie");
    for flag in [
        "HttpOnly",
        "SameSite=Strict",
        "Path=/console",
        "Max-Age=28800",
    ] {
        assert!(set.contains(&format!("; {flag}")), "{set}");
    }
    assert!(!set.contains("Secure"), "{set}");
    for away in ["https://evil.example", "//evil.example", "/v1/liveness"] {
        let answer = desk.log_in("ada", &desk.password, away, "https").await;
        assert_eq!(answer.header("location"), "/console", "{away}");
        assert!(answer.header("set-cookie").ends_with("; Secure"));
    }

    let window = desk.window().await;
    window.see("/console/audit").await;
    assert_eq!(window.get("/console/login").await.status, 303);
    let out = window.post("/console/logout", &[]).await;
    assert_eq!(out.header("location"), "/console/login");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(window.get("/console/audit").await.status, 303);
    let actions = desk.actions().await;
    assert_eq!(actions.last().map(String::as_str), Some("session.end"));
}

#[tokio::test]
async fn a_log_in_form_of_another_site_or_of_another_browser_is_refused() {
    let desk = Desk::new().await;
    let form = desk.client.get("/console/login").await;
    let fields = [("name", "ada"), ("password", &*desk.password)];
    for (cookie, token) in [
        (String::new(), token(&form)),
        (cookie(&form), String::new()),
        (cookie(&form), "0".repeat(64)),
    ] {
        let body = form_body(&[&[("token", &*token)], &fields[..]].concat());
        let request = Request::post("/console/login").header("cookie", cookie);
        let answer = desk.client.call(request.body(Body::from(body)).unwrap());
        assert_eq!(answer.await.status, 403);
    }
}

#[tokio::test]
async fn a_form_without_its_token_or_from_another_site_does_nothing() {
    let desk = Desk::new().await;
    let window = desk.window().await;
    let token = token(&window.get("/console/audit").await);
    let before = desk.actions().await;
    let fields = [
        ("name", "new"),
        ("kind", "native"),
        ("amount", "5"),
        ("token", &*token),
    ];
    let whole = form_body(&fields);
    let wrong = whole.replace(&token, &"0".repeat(64));
    let host = ("host", "desk.example");
    for uri in acts(&desk.tenant) {
        for (body, headers) in [
            (form_body(&fields[..3]), &[][..]),
            (wrong.clone(), &[]),
            (String::new(), &[]),
            (whole.clone(), &[host, ("origin", "https://evil.example")]),
            (whole.clone(), &[host, ("origin", "null")]),
            (whole.clone(), &[("sec-fetch-site", "cross-site")]),
            (whole.clone(), &[("sec-fetch-site", "same-site")]),
        ] {
            let answer = window.post_bare(&uri, body, headers).await;
            assert_eq!(answer.status, 403, "{uri} {headers:?}");
        }
    }
    assert_eq!(desk.actions().await, before);
    assert_eq!(desk.store.tenants().await.unwrap().len(), 1);
    window.see("/console/audit").await;
}

#[tokio::test]
async fn a_disabled_operator_is_out_at_once() {
    let desk = Desk::new().await;
    let window = desk.window().await;
    window.see("/console/audit").await;
    let by = act("cli");
    let disabled = desk.store.set_operator_enabled("ada", false, &by);
    disabled.await.unwrap();
    assert_eq!(window.get("/console/audit").await.status, 303);
    let answer = desk.log_in("ada", &desk.password, "", "http").await;
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn every_page_is_shown_safely() {
    let desk = Desk::new().await;
    desk.keep("lv_1", act("").at - 5000, Verdict::Spoof, HOSTILE)
        .await;
    let window = desk.window().await;
    let mut pages = Vec::from_iter(PAGES.iter().skip(1).map(|page| (*page).to_owned()));
    pages.extend([desk.page(""), desk.page("/keys"), desk.page("/wallet")]);
    pages.extend(["/console/checks", "/console/checks/lv_1"].map(str::to_owned));
    pages
        .extend(["hour", "day", "week", "month"].map(|over| format!("/console/rates?over={over}")));
    pages.push(format!("/console/rates?tenant={}", desk.tenant));
    for uri in &pages {
        let answer = window.get(uri).await;
        let page = answer.text();
        assert_eq!(answer.status, 200, "{uri}: {page}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(policy.contains("form-action 'self'"), "{policy}");
        assert!(!policy.contains("script-src") && !policy.contains("unsafe"));
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        for bad in [
            "<script",
            "<style",
            "style=",
            " onclick",
            "javascript:",
            "http://",
        ] {
            assert!(!page.contains(bad), "{uri} has {bad}");
        }
        let forms = page.matches(r#"method="post""#).count();
        assert_eq!(page.matches(r#"name="token""#).count(), forms, "{uri}");
        assert!(page.contains("ada"), "{uri}");
    }
    // The exception to `form-action 'none'` is the console's alone.
    let start = desk.client.get("/").await;
    let policy = start.header("content-security-policy");
    assert!(policy.contains("form-action 'none'"), "{policy}");
    assert_eq!(window.get("/console/nowhere").await.status, 404);
    assert_eq!(window.get("/console/checks/lv_2").await.status, 404);
    assert_eq!(window.get("/console/tenants/shop").await.status, 404);
    assert_eq!(window.get("/console/checks?after=zz").await.status, 400);
}

#[tokio::test]
async fn hostile_names_and_references_stay_text() {
    let desk = Desk::new().await;
    desk.keep("lv_1", act("").at, Verdict::Spoof, HOSTILE).await;
    let window = desk.window().await;
    let fields = [&[("name", HOSTILE)], &settings_form("1", "0s")[..]].concat();
    let made = window.post("/console/tenants", &fields).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let key = [("kind", "native"), ("label", HOSTILE)];
    assert_eq!(window.post(&desk.page("/keys"), &key).await.status, 200);
    for uri in [
        "/console/tenants".to_owned(),
        "/console/checks".to_owned(),
        "/console/checks/lv_1".to_owned(),
        "/console/rates".to_owned(),
        desk.page("/keys"),
    ] {
        let page = window.see(&uri).await;
        assert!(page.contains(&escaped(HOSTILE)), "{uri}: {page}");
        assert!(!page.contains("<script"), "{uri}");
    }
    let query = form_body(&[("reference", HOSTILE), ("from", "\"><b>")]);
    let answer = window.get(&format!("/console/checks?{query}")).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.text().contains(&escaped("\"><b>")),
        "typed text stays"
    );
    assert!(!answer.text().contains("<b>"));
}

#[tokio::test]
async fn a_new_tenants_secrets_are_shown_once_and_open_the_api() {
    let desk = Desk::new().await;
    let window = desk.window().await;
    let fields = [&[("name", "bank")], &settings_form("3", "0s")[..]].concat();
    let made = window.post("/console/tenants", &fields).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let page = made.text();
    let secrets = secrets_of(&page);
    assert_eq!(secrets.len(), 11, "{secrets:?}");
    let api_key = secrets
        .iter()
        .find(|secret| secret.starts_with("lsk_"))
        .unwrap();
    assert_eq!(checked(&desk, api_key).await.status, 200);

    let tenant = desk.store.tenant("bank").await.unwrap().unwrap();
    assert_eq!(tenant.settings.price, 3);
    assert_eq!(tenant.settings.keep_checks_s, 30 * 86_400);
    let pages = [
        "/console/tenants".to_owned(),
        format!("/console/tenants/{}", tenant.id),
        format!("/console/tenants/{}/keys", tenant.id),
        "/console/audit".to_owned(),
        "/console/settings".to_owned(),
    ];
    // Their public parts may be shown again: names and prefixes.
    let is_secret = |text: &&String| {
        !["lsu_", "lsn_", "lsc_", "lsa_"]
            .iter()
            .any(|p| text.starts_with(p))
    };
    for uri in &pages {
        let page = window.see(uri).await;
        for secret in secrets.iter().filter(is_secret) {
            assert!(!page.contains(secret.as_str()), "{uri} shows {secret}");
        }
    }
    // The name is taken now; what was typed is not lost.
    let again = window.post("/console/tenants", &fields).await;
    assert_eq!(again.status, 422);
    assert!(again.text().contains("exists already"), "{}", again.text());
    assert!(again.text().contains(r#"value="bank""#));
}

/// The secrets of a page that shows some.
fn secrets_of(page: &str) -> Vec<String> {
    let parts = page.split("<dd><code>").skip(1);
    parts
        .map(|part| part.split('<').next().unwrap().to_owned())
        .collect()
}

async fn checked(desk: &Desk, api_key: &str) -> Answer {
    let body = json!({ "image": base64(&sample("astronaut.jpg")) }).to_string();
    let request = Request::post("/v1/liveness")
        .header("content-type", "application/json")
        .header("x-api-key", api_key);
    let request = request.body(Body::from(body)).unwrap();
    desk.client.call(request).await
}

#[tokio::test]
async fn keys_are_made_with_rules_rotated_and_revoked() {
    let desk = Desk::new().await;
    let window = desk.window().await;
    let keys = desk.page("/keys");
    for (name, value, says) in [
        ("allowed_ips", "192.0.2.0/24, nonsense", "nonsense"),
        ("rate_per_minute", "0", "whole number from 1"),
        ("quota_per_month", "many", "whole number from 1"),
        ("expires", "2020-01-01T00:00", "in the future"),
        ("expires", "soon", "a date and a time in UTC"),
        ("scope", "everything", "there is no scope"),
        ("kind", "golden", "Choose one of these"),
    ] {
        let fields = [("kind", "native"), ("label", "till 7"), (name, value)];
        let fields = match name {
            "kind" => &fields[1..],
            _ => &fields[..],
        };
        let answer = window.post(&keys, fields).await;
        assert_eq!(answer.status, 422, "{name}={value}");
        assert!(
            answer.text().contains(says),
            "{name}={value}: {}",
            answer.text()
        );
        assert!(answer.text().contains(r#"value="till 7""#));
    }
    let fields = [
        ("kind", "native"),
        ("label", "till 7"),
        ("scope", "read"),
        ("allowed_ips", "192.0.2.0/24\r\n198.51.100.7"),
        ("rate_per_minute", "30"),
        ("quota_per_month", "1000"),
        ("expires", "2099-01-01T00:00"),
    ];
    let made = window.post(&keys, &fields).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let first = secrets_of(&made.text()).remove(0);
    let all = desk.store.credentials(Some(&desk.tenant)).await.unwrap();
    let key = all.iter().find(|key| key.made.label == "till 7").unwrap();
    assert_eq!(key.made.rules.scopes, ["read"]);
    assert_eq!(key.made.rules.allowed_ips, ["192.0.2.0/24", "198.51.100.7"]);
    assert_eq!(key.made.rules.rate_per_minute, Some(30));
    assert_eq!(key.made.expires_at, Some(4_070_908_800_000));
    let page = window.see(&keys).await;
    assert!(page.contains("30 a minute") && page.contains("2099-01-01 00:00:00"));

    let own = all
        .iter()
        .find(|key| desk.api_key.starts_with(&key.made.public_id));
    let own = &own.unwrap().made.id;
    let rotated = window.post(&format!("{keys}/{own}/rotate"), &[]).await;
    assert_eq!(rotated.status, 200);
    let fresh = secrets_of(&rotated.text()).remove(0);
    assert_ne!(fresh, first);
    assert_eq!(checked(&desk, &desk.api_key).await.status, 401);
    assert_eq!(checked(&desk, &fresh).await.status, 200);
    let revoked = window.post(&format!("{keys}/{own}/revoke"), &[]).await;
    assert_eq!(revoked.status, 303);
    assert_eq!(checked(&desk, &fresh).await.status, 401);
    let again = window.post(&format!("{keys}/{own}/rotate"), &[]).await;
    assert_eq!(again.status, 400);
    let strange = window.post(&format!("{keys}/k_0/revoke"), &[]).await;
    assert_eq!(strange.status, 404);
}

#[tokio::test]
async fn a_wallet_is_topped_up_by_whole_units() {
    let desk = Desk::new().await;
    let window = desk.window().await;
    let wallet = desk.page("/wallet");
    for bad in ["", "0", "-5", "1.5", "1000000001", "lots"] {
        let answer = window.post(&wallet, &[("amount", bad)]).await;
        assert_eq!(answer.status, 422, "{bad}");
        let page = answer.text();
        assert!(page.contains("Must be a whole number from 1 to 1000000000."));
        assert!(page.contains(&format!(r#"value="{bad}""#)), "{page}");
    }
    let form = window.see(&wallet).await;
    let (_, once) = form.split_once(r#"name="once" value=""#).unwrap();
    let once = once.split('"').next().unwrap();
    let fields = [("amount", " 250 "), ("once", once)];
    let answer = window.post(&wallet, &fields).await;
    assert_eq!(answer.status, 303);
    let page = window.see(answer.header("location")).await;
    assert!(page.contains("+250"), "{page}");
    // The button was pressed twice.
    let again = window.post(&wallet, &fields).await;
    assert!(again.header("location").ends_with("?done=before"));
    let bare = window.post(&wallet, &fields[..1]).await;
    assert_eq!(bare.status, 422);
    let tenant = desk.store.tenant(&desk.tenant).await.unwrap().unwrap();
    assert_eq!(tenant.balance, 250);
}

#[tokio::test]
async fn settings_are_checked_and_a_tenant_is_shut_out_and_let_in() {
    let desk = Desk::new().await;
    let window = desk.window().await;
    let page = desk.page("/settings");
    let answer = window
        .post(&page, &settings_form("-1", "5 fortnights"))
        .await;
    assert_eq!(answer.status, 422);
    let text = answer.text();
    assert!(text.contains("2 entries need"), "{text}");
    assert!(text.contains(r#"value="5 fortnights""#), "{text}");
    let strange = [&[("profile", "golden")], &settings_form("2", "7d")[..]].concat();
    let answer = window.post(&page, &strange).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("There is no such profile"));
    let chosen = [&[("profile", "classic")], &settings_form("2", "7d")[..]].concat();
    let saved = window.post(&page, &chosen).await;
    assert_eq!(saved.status, 303);
    let text = window.see(saved.header("location")).await;
    assert!(text.contains("The settings are saved") && text.contains(r#"value="7d""#));
    let tenant = desk.store.tenant(&desk.tenant).await.unwrap().unwrap();
    assert_eq!(tenant.settings.profile.as_deref(), Some("classic"));

    assert_eq!(window.post(&desk.page("/disable"), &[]).await.status, 303);
    assert_eq!(checked(&desk, &desk.api_key).await.status, 401);
    assert!(window.see(&desk.page("")).await.contains("shut out"));
    assert_eq!(window.post(&desk.page("/enable"), &[]).await.status, 303);
    assert_eq!(checked(&desk, &desk.api_key).await.status, 200);
}

#[tokio::test]
async fn checks_are_filtered_and_paged() {
    let desk = Desk::new().await;
    let now = act("").at;
    for nth in 0..60 {
        let verdict = if nth % 6 == 0 {
            Verdict::Spoof
        } else {
            Verdict::Live
        };
        let reference = format!("order-{nth}");
        desk.keep(
            &format!("lv_{nth:02}"),
            now - nth * 1000,
            verdict,
            &reference,
        )
        .await;
    }
    let window = desk.window().await;
    let rows = |page: &str| page.matches(r#"<a href="/console/checks/lv_"#).count();
    let first = window.see("/console/checks").await;
    assert_eq!(rows(&first), 50);
    let (_, link) = first
        .split_once(r#"href="&#x2f;console&#x2f;checks?after="#)
        .unwrap();
    let cursor = link.split('"').next().unwrap();
    let second = window.see(&format!("/console/checks?after={cursor}")).await;
    assert_eq!(rows(&second), 10);
    assert!(second.contains("Newest checks") && !second.contains("Older checks"));

    let of_tenant = format!("tenant={}", desk.tenant);
    for (query, expected) in [
        ("verdict=SPOOF", 10),
        ("reason=screenshot", 10),
        ("reason=no_face", 0),
        ("contract=native&verdict=LIVE", 50),
        ("contract=decentro", 0),
        ("reference=order-7", 1),
        (&of_tenant, 50),
        ("tenant=t_other", 0),
        ("from=2099-01-01T00:00", 0),
        ("until=2020-01-01T00:00", 0),
    ] {
        let page = window.see(&format!("/console/checks?{query}")).await;
        assert_eq!(rows(&page), expected, "{query}");
    }
    for bad in [
        "verdict=MAYBE",
        "from=x",
        "from=2026-02-01&until=2026-01-01",
    ] {
        let answer = window.get(&format!("/console/checks?{bad}")).await;
        assert_eq!(answer.status, 422, "{bad}");
        assert!(answer.text().contains(r#"class="error""#), "{bad}");
    }
}

#[tokio::test]
async fn rates_are_drawn_on_the_server() {
    let desk = Desk::new().await;
    let window = desk.window().await;
    let empty = window.see("/console/rates").await;
    assert!(empty.contains("There was no check in this time"));
    let now = act("").at;
    for (nth, verdict) in [Verdict::Live, Verdict::Spoof, Verdict::Inconclusive]
        .iter()
        .enumerate()
    {
        desk.keep(&format!("lv_{nth}"), now - 1000, *verdict, "r")
            .await;
    }
    for over in ["hour", "day", "week", "month"] {
        let page = window.see(&format!("/console/rates?over={over}")).await;
        for class in ["live", "inconclusive", "spoof"] {
            assert!(
                page.contains(&format!(r#"<rect class="{class}""#)),
                "{over}: {class}"
            );
        }
        assert!(page.contains("1 LIVE, 1 INCONCLUSIVE, 1 SPOOF"), "{page}");
        assert!(
            page.contains("screenshot 2"),
            "{over}: the table has the reasons"
        );
    }
}

#[tokio::test]
async fn a_kept_picture_is_opened_under_the_eyes_of_the_log() {
    let desk = Desk::with(TenantSettings {
        keep_images_s: 3600,
        ..TenantSettings::default()
    })
    .await;
    let answer = checked(&desk, &desk.api_key).await.envelope();
    let id = answer["request_id"].as_str().unwrap();
    let window = desk.window().await;
    let check = format!("/console/checks/{id}");
    assert!(window.see(&check).await.contains("Open the picture"));
    assert!(!desk.actions().await.contains(&"image.read".to_owned()));

    let opened = window.post(&format!("{check}/pictures"), &[]).await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    let page = opened.text();
    assert!(page.contains(&base64(&sample("astronaut.jpg"))));
    assert!(page.contains("data:image"));
    assert_eq!(opened.header("cache-control"), "no-store");
    let policy = opened.header("content-security-policy");
    assert!(policy.contains("img-src 'self' data:"), "{policy}");
    let actions = desk.actions().await;
    assert_eq!(actions.last().map(String::as_str), Some("image.read"));

    let erased = window.post(&format!("{check}/erase"), &[]).await;
    assert_eq!(erased.header("location"), "/console/checks?done=erased");
    assert_eq!(window.get(&check).await.status, 404);
    let again = window.post(&format!("{check}/pictures"), &[]).await;
    assert_eq!(again.status, 404);
    desk.keep("lv_bare", act("").at, Verdict::Live, "r").await;
    let bare = window.post("/console/checks/lv_bare/pictures", &[]).await;
    assert_eq!(bare.status, 404);
}

#[tokio::test]
async fn every_act_is_in_the_log_under_the_operators_name() {
    let desk = Desk::new().await;
    desk.keep("lv_1", act("").at, Verdict::Live, "r").await;
    let window = desk.window().await;
    let fields = [&[("name", "bank")], &settings_form("3", "0s")[..]].concat();
    window.post("/console/tenants", &fields).await;
    window
        .post(&desk.page("/settings"), &settings_form("3", "0s"))
        .await;
    window
        .post(
            &desk.page("/wallet"),
            &[("amount", "5"), ("once", &"5".repeat(43))],
        )
        .await;
    window
        .post(&desk.page("/keys"), &[("kind", "decentro")])
        .await;
    let keys = desk.store.credentials(Some(&desk.tenant)).await.unwrap();
    let key = &keys.first().unwrap().made.id;
    window
        .post(&desk.page(&format!("/keys/{key}/rotate")), &[])
        .await;
    window
        .post(&desk.page(&format!("/keys/{key}/revoke")), &[])
        .await;
    window.post(&desk.page("/disable"), &[]).await;
    window.post(&desk.page("/enable"), &[]).await;
    window.post("/console/checks/lv_1/erase", &[]).await;
    let actions = desk.actions().await;
    assert_eq!(
        actions,
        [
            "session.create",
            "tenant.create",
            "tenant.settings",
            "wallet.top_up",
            "credential.create",
            "credential.rotate",
            "credential.revoke",
            "tenant.disable",
            "tenant.enable",
            "check.erase",
        ]
    );
    let page = window.see("/console/audit").await;
    for action in &actions {
        assert!(page.contains(&format!("<code>{action}</code>")), "{action}");
    }
    let verified = window.post("/console/audit/verify", &[]).await.text();
    assert!(
        verified.contains("lines are as they were written"),
        "{verified}"
    );
}

#[tokio::test]
async fn development_mode_needs_no_log_in_and_says_so() {
    let client = Setup::new()
        .client(Arc::new(Fake(|_: &[u8]| Ok(live()))))
        .await;
    let answer = client.get("/console/tenants").await;
    assert_eq!(answer.status, 200);
    let page = answer.text();
    assert!(page.contains("Development mode"), "{page}");
    let set = answer.header("set-cookie");
    assert!(
        set.contains("; SameSite=Strict") && set.contains("; HttpOnly"),
        "{set}"
    );
    assert_eq!(client.get("/console/login").await.status, 303);

    let fields = [&[("name", "bank")], &settings_form("3", "0s")[..]].concat();
    let bare = form_body(&fields);
    let whole = form_body(&[&[("token", &*token(&answer))], &fields[..]].concat());
    for (body, host, status) in [
        (&bare, "localhost:8080", 403),
        (&whole, "evil.example", 403),
        (&whole, "localhost:8080", 200),
    ] {
        let request = Request::post("/console/tenants")
            .header("cookie", cookie(&answer))
            .header("host", host);
        let request = request.body(Body::from(body.clone())).unwrap();
        assert_eq!(client.call(request).await.status, status, "{host}");
    }
    let log = client.get("/console/audit").await.text();
    assert!(
        log.contains("development") && log.contains("tenant.create"),
        "{log}"
    );
    let rebound = Request::get("/console/audit").header("host", "evil.example");
    let rebound = client.call(rebound.body(Body::empty()).unwrap()).await;
    assert_eq!(rebound.status, 403);
}

#[tokio::test]
async fn without_an_operator_the_log_in_page_tells_how_to_make_one() {
    let setup = Setup::new();
    std::fs::create_dir_all(&setup.config.data).unwrap();
    let store = SqlStore::open(&setup.config.database()).await.unwrap();
    let vault = Vault::find(&setup.config.data, Path::new("")).unwrap();
    let settings = TenantSettings::default();
    let made = admin::create_tenant(&store, &vault, "shop", &settings, &act("cli")).await;
    made.unwrap();
    let client = setup.client(Arc::new(Fake(|_: &[u8]| Ok(live())))).await;
    let page = client.get("/console/login").await.text();
    assert!(page.contains("lifesign operators create NAME"), "{page}");
}

#[tokio::test]
async fn sessions_and_each_attempt_of_a_callback_are_shown_and_sent_again() {
    let desk = Desk::new().await;
    let window = desk.window().await;
    assert!(
        window
            .see("/console/sessions")
            .await
            .contains("There is no session yet")
    );
    let store = &desk.store;
    let at = crate::support::site::now();
    let session = NewActiveSession {
        id: "lv_session".to_owned(),
        tenant_id: desk.tenant.clone(),
        credential_id: None,
        contract: "native".to_owned(),
        reference: Some("<case & 7>".to_owned()),
        token_hash: b"hash".to_vec(),
        created_at: at,
        expires_at: at + 60_000,
        attempts: 2,
        callback: true,
        asked: Vec::new(),
        erase_at: at + 90_000,
    };
    store.create_active(&session).await.unwrap();
    assert_eq!(store.end_overdue(at + 60_000).await.unwrap(), 1);
    store
        .take_delivery("w", at + 60_000, at + 61_000)
        .await
        .unwrap()
        .unwrap();
    let attempt = DeliveryAttempt {
        at: at + 60_000,
        took_ms: 17,
        status: Some(503),
        error: None,
    };
    let given_up = DeliveryState::GivenUp;
    assert!(
        store
            .note_delivery("lv_session", "w", &attempt, given_up, at)
            .await
            .unwrap()
    );
    let page = window.see("/console/sessions").await;
    for shown in [
        "lv_session",
        "&lt;case &amp; 7&gt;",
        "expired",
        "given up",
        "HTTP 503, 17 ms",
    ] {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }
    let again = window
        .post("/console/sessions/lv_session/redeliver", &[])
        .await;
    assert_eq!(again.status, 303, "{}", again.text());
    let waiting = store
        .deliveries(None, Some(DeliveryState::Waiting), 9)
        .await
        .unwrap();
    assert_eq!(waiting.len(), 1);
    let unknown = window
        .post("/console/sessions/lv_none/redeliver", &[])
        .await;
    assert_eq!(unknown.status, 404);
}
