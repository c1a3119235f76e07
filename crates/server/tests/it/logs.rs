//! One line an exchange, without anything of the image or of the caller's text.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Once;

use lifesign_server::Policy;
use serde_json::json;

use crate::support::ask::{
    africa, authkey, decentro, decentro_url, json_post, login, native_with, plain, syntizen,
};
use crate::support::pictures::picture;
use crate::support::site::Ground;
use crate::support::sockets::{Web, not_found};
use crate::support::{Client, Setup, base64, real_checker, sample};

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what a thread logs for that thread, which is one test.
struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Listens for the whole process, before anything can be logged: whether a line of the code is of interest to anybody
/// is asked when it is first passed, so who begins to listen while another test passes it may never hear of it.
pub(crate) fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let lines = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(|| Lines);
        tracing::subscriber::set_global_default(lines.finish()).unwrap();
    });
}

/// What this thread logged since it was last asked.
fn logged() -> String {
    String::from_utf8(LINES.take()).unwrap()
}

#[tokio::test]
async fn each_exchange_is_one_line_with_its_id_and_nothing_of_its_content() {
    let client = Client::real().await;
    logged();

    let image = sample("astronaut.jpg");
    let answer = client.post_image(&image).await.envelope();
    let line = logged();
    assert_eq!(line.lines().count(), 1, "{line}");
    let id = answer["request_id"].as_str().unwrap();
    let verdict = answer["result"]["verdict"].as_str().unwrap();
    for part in [
        &format!("request.id={id}"),
        &format!("check.verdict={verdict}"),
        &format!("answered {verdict} in "),
        "http.status=200",
        "latency.ms=",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    for secret in [&base64(&image)[..40], "landmark", "detection_score"] {
        assert!(!line.contains(secret), "{secret} is in {line}");
    }

    client.get("/secret-token?key=secret-key").await;
    let body = r#"{"image":"secret-text!"}"#.into();
    let uri = "/v1/liveness?profile=secret-profile";
    client.post(uri, "application/json", body).await;
    let refusals = logged();
    assert_eq!(refusals.lines().count(), 2, "{refusals}");
    assert!(!refusals.contains("secret"), "{refusals}");
}

#[tokio::test]
async fn no_secret_image_or_reference_is_ever_logged() {
    let mut setup = Setup::new();
    setup.config.fetch = Policy::for_loopback_tests();
    let ground = Ground::of(setup).await;
    let settings = lifesign_store::TenantSettings {
        keep_images_s: 3600,
        allow_http: true,
        ..lifesign_store::TenantSettings::default()
    };
    let bank = ground.tenant_with("bank", settings).await;
    let site = ground.open(real_checker()).await;
    let token = authkey(&site, &bank.syntizen).await;
    let (image, large) = (sample("astronaut.jpg"), picture("bare_image"));
    let web = Web::start(|_| not_found());
    let url = web.url("/secret-picture.jpg?secret-token=1");
    let key = &bank.api_key;
    let idempotent = [("idempotency-key", "secret-order")];
    let query = "?reference=secret-case";
    let mut wrong = bank.syntizen.username.clone();
    wrong.push('x');
    let nobody = json!({ "username": wrong, "password": bank.syntizen.password });
    let requests = [
        // Answered, repeated, refused, by each contract.
        native_with(key, query, &idempotent, &image),
        native_with(key, query, &idempotent, &image),
        native_with(key, query, &idempotent, b"secret-text"),
        native_with(&format!("{key}x"), query, &[], &image),
        syntizen("0", &token, "secret-case", &base64(&image)),
        syntizen(
            &bank.syntizen.apikey,
            &token,
            "secret-case",
            &base64(&image),
        ),
        syntizen("0", &format!("{token}x"), "secret-case", "secret-text!"),
        login(&bank.syntizen),
        json_post("/userauthentication", &[], &nobody),
        africa(&bank.verified_africa, &image, "secret-case"),
        africa(&bank.verified_africa, &image, "secret-case"),
        africa(&bank.verified_africa, b"secret-text", "secret-case"),
        decentro(&bank.decentro, &large, "secret-case"),
        decentro(&bank.decentro, b"secret-text", "secret-case"),
        decentro_url(&bank.decentro, &url),
        decentro_url(&bank.decentro, "https://10.0.0.1/secret-picture.jpg"),
        plain("GET", "/v1/checks?reference=secret-case", key),
        plain("GET", "/v1/checks/secret-case", key),
        plain("DELETE", "/v1/checks?reference=secret-case", key),
        plain("GET", "/secret-case", key),
    ];
    let expected = requests.len();
    let mut statuses = BTreeMap::<u16, usize>::new();
    for request in requests {
        let answer = site.call(request).await;
        *statuses.entry(answer.status.as_u16()).or_default() += 1;
    }
    assert!(statuses.len() > 4, "{statuses:?}");
    let logged = logged();
    // The login before, and all but the three that look at or erase what is kept.
    assert_eq!(logged.lines().count(), 1 + expected - 3, "{logged}");
    let secrets = [
        "secret",
        key,
        &bank.syntizen.password,
        &bank.syntizen.apikey_secret,
        &token,
        &bank.verified_africa.api_key,
        &bank.decentro.client_secret,
        &bank.decentro.module_secret,
        &base64(&image)[..40],
        "for a test",
        "10.0.0.1",
    ];
    for secret in secrets {
        assert!(!logged.contains(secret), "{secret} is in {logged}");
    }
}

#[tokio::test]
async fn no_text_of_a_caller_makes_a_line_of_its_own_or_moves_a_terminal() {
    let client = Client::real().await;
    logged();
    let forged = "%0d%0a2026-01-01T00:00:00Z%20INFO%20forged%1b%5b2J%e2%80%ae";
    let paths = [
        format!("/{forged}"),
        format!("/v1/liveness?profile={forged}"),
        format!("/v1/liveness?reference={forged}"),
        format!("/v1/checks/{forged}"),
    ];
    for path in &paths {
        let body = json!({ "image": "\r\n2026-01-01 INFO forged\u{1b}[2J\u{202e}" });
        client
            .post(path, "application/json", body.to_string().into_bytes())
            .await;
    }
    let logged = logged();
    assert_eq!(logged.lines().count(), paths.len(), "{logged}");
    for trace in ["forged", "\u{1b}", "\r", "\u{202e}"] {
        assert!(!logged.contains(trace), "{trace:?} is in {logged}");
    }
}
