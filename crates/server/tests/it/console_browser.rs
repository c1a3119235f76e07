//! An operator's day at the console, in a real headless Chromium, against the real engine.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use lifesign_domain::Verdict;
use lifesign_server::service::admin;
use lifesign_server::vault::Vault;
use lifesign_server::{ServerConfig, Setting};
use lifesign_store::{Commit, SqlStore, Store, TenantSettings};
use serde_json::{Value, json};

use crate::browser::{Site, overflows, set_scheme};
use crate::console::{act, record};
use crate::support::{Setup, base64, sample};
use crate::webdriver::Browser;

/// Makes the operator and a tenant with checks of the last day; answers the password.
async fn furnish(config: &ServerConfig) -> String {
    std::fs::create_dir_all(&config.data).unwrap();
    let store = SqlStore::open(&config.database()).await.unwrap();
    let vault = Vault::find(&config.data, Path::new("")).unwrap();
    let settings = TenantSettings::default();
    let by = act("cli");
    let made = admin::create_tenant(&store, &vault, "shop", &settings, &by).await;
    let (tenant, _) = made.unwrap();
    let mut dice = 7_u64;
    for nth in 0..160_i64 {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(nth.unsigned_abs());
        let throw = dice >> 33;
        let verdict = match throw % 10 {
            0..7 => Verdict::Live,
            7 => Verdict::Inconclusive,
            _ => Verdict::Spoof,
        };
        let at = by.at - i64::try_from(throw % 82_000_000).unwrap();
        let mut check = record(
            &tenant.id,
            &format!("lv_{nth:016x}"),
            at,
            verdict,
            "order 7",
        );
        check.latency_ms = 40.0 + (throw % 97) as f64;
        let commit = Commit {
            check,
            image: None,
            price: 0,
            answer: None,
        };
        store.commit(&commit).await.unwrap();
    }
    let password = admin::create_operator(&store, "ada", &by).await;
    password.unwrap()
}

/// A guarded site, and the operator's password.
fn site() -> (Site, String) {
    let mut setup = Setup::new();
    setup.config.settings = vec![Setting {
        key: "database".to_owned(),
        value: "postgres://lifesign:***@db/lifesign".to_owned(),
        source: "file /etc/lifesign.toml".to_owned(),
        meaning: "address of the database".to_owned(),
    }];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let password = runtime.block_on(furnish(&setup.config));
    (Site::serving(setup), password)
}

/// Asks the native API as a client of a tenant does.
fn check(site: &Site, api_key: &str, picture: &str, reference: &str) -> Value {
    let body = json!({ "image": base64(&sample(picture)) }).to_string();
    let mut stream = TcpStream::connect(site.address).unwrap();
    write!(
        stream,
        "POST /v1/liveness?reference={reference} HTTP/1.1\r\nhost: localhost\r\n\
         connection: close\r\nx-api-key: {api_key}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

/// Looks at the page as it is on a desk and on a phone, in both schemes.
fn look(browser: &Browser, name: &str) {
    for (device, width, height) in [("phone", 360, 780), ("desktop", 1280, 900)] {
        browser.resize(width, height);
        for scheme in ["dark", "light"] {
            set_scheme(browser, scheme);
            browser.screenshot(&format!("console-{name}-{device}-{scheme}.png"));
        }
        assert!(!overflows(browser), "{name} at {width} px");
        let small = "[...document.querySelectorAll('button, summary, select, input:not([type=hidden])')]\
             .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 20)\
             .map(e => e.outerHTML)";
        assert_eq!(browser.eval(small), json!([]), "{name}: too small to touch");
        let nameless = "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]\
             .filter(e => !e.labels.length).map(e => e.outerHTML)";
        assert_eq!(browser.eval(nameless), json!([]), "{name}: without a label");
    }
}

fn arrived(browser: &Browser, title: &str) {
    browser.until(&format!("document.title.startsWith('{title}')"));
}

fn log_in(browser: &Browser, password: &str) {
    browser.fill("#name", "ada");
    browser.fill("#password", password);
    browser.click("main .button");
}

#[test]
fn an_operators_day() {
    let Some(browser) = Browser::start(&[]) else {
        return;
    };
    let (site, password) = site();
    browser.open(&site.url("/console/tenants"));
    arrived(&browser, "Log in");
    look(&browser, "login");
    log_in(&browser, "wrong");
    browser.until("document.querySelector('[role=alert]')");
    log_in(&browser, &password);
    arrived(&browser, "Tenants");

    // A slip first: what was typed stays, and the message stands beside it.
    browser.fill("#name", "Bank of <b>Elsewhere</b>");
    browser.fill("#keep_images", "a while");
    browser.click("main form .primary");
    browser.until("document.querySelector('#keep_images-error')");
    let shown = browser.eval("document.querySelector('#name').value");
    assert_eq!(shown, "Bank of <b>Elsewhere</b>");
    look(&browser, "tenants");
    browser.fill("#keep_images", "1h");
    browser.click("main form .primary");
    arrived(&browser, "Tenant Bank");
    look(&browser, "secrets");
    let api_key = browser.text("dd code");
    browser.click("main a.primary");
    arrived(&browser, "Bank");
    look(&browser, "tenant");

    browser.click(".tabs a:nth-of-type(3)");
    arrived(&browser, "Wallet");
    browser.fill("#amount", "500");
    browser.click("main form .primary");
    browser.until("document.querySelector('[role=status]')");
    assert_eq!(browser.text("tbody tr td:nth-of-type(2)"), "+500");
    look(&browser, "wallet");
    browser.click(".tabs a:nth-of-type(2)");
    arrived(&browser, "Keys");
    browser.eval("document.querySelector('.confirm').open = true");
    look(&browser, "keys");

    check(&site, &api_key, "astronaut.jpg", "visit-1");
    check(&site, &api_key, "coffee.jpg", "visit-2");
    browser.click(".nav a:nth-of-type(1)");
    arrived(&browser, "Checks");
    look(&browser, "checks");
    browser.click("main summary");
    browser.fill("#reference", "visit-1");
    browser.click("main form .primary");
    browser.until("location.search.includes('visit-1')");
    let rows = "document.querySelectorAll('tbody tr').length";
    assert_eq!(browser.eval(rows), 1);
    look(&browser, "filtered");
    browser.click("tbody a");
    arrived(&browser, "Check lv_");
    assert_eq!(browser.eval(rows), 12, "one row for each signal");
    look(&browser, "check");
    browser.click("main form .button");
    arrived(&browser, "Picture");
    browser.until("[...document.images].every(image => image.naturalWidth > 0)");
    assert!(browser.eval("document.images.length").as_u64() > Some(3));
    look(&browser, "pictures");

    browser.click(".nav a:nth-of-type(2)");
    arrived(&browser, "Rates");
    assert!(
        browser
            .eval("document.querySelectorAll('.plot g').length")
            .as_u64()
            > Some(10)
    );
    look(&browser, "rates");
    browser.click("label[for=over-week]");
    browser.click("main form .primary");
    browser.until("location.search.includes('week')");
    look(&browser, "rates-week");
    browser.click(".nav a:nth-of-type(5)");
    arrived(&browser, "Audit");
    browser.click("main form .button");
    browser.until("document.querySelector('[role=status]')");
    assert!(browser.text("tbody").contains("image.read"));
    look(&browser, "audit");
    browser.click(".nav a:nth-of-type(6)");
    arrived(&browser, "Operators");
    look(&browser, "operators");
    browser.click(".nav a:nth-of-type(7)");
    arrived(&browser, "Settings");
    look(&browser, "settings");

    browser.click(".out .button");
    arrived(&browser, "Log in");
    browser.open(&site.url("/console/settings"));
    arrived(&browser, "Log in");
    let complaints = browser.complaints();
    let expected = |line: &&String| !line.contains("422");
    assert_eq!(
        complaints.iter().filter(expected).count(),
        0,
        "{complaints:?}"
    );
}

#[test]
fn development_mode_is_announced() {
    let Some(browser) = Browser::start(&[]) else {
        return;
    };
    let site = Site::serving(Setup::new());
    browser.open(&site.url("/console"));
    arrived(&browser, "Checks");
    assert!(browser.text(".banner").contains("Development mode"));
    look(&browser, "development");
    // A form works without a session: its token is bound to a cookie of its own.
    browser.click(".nav a:nth-of-type(5)");
    arrived(&browser, "Audit");
    browser.click("main form .button");
    browser.until("document.querySelector('[role=status]')");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
