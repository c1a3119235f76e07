//! Decentro's `image_url`, end to end against a server of the test's own on loopback.

use std::time::Duration;

use lifesign_domain::Verdict;
use lifesign_net::Ports;
use lifesign_server::service::admin::DecentroCredentials;
use lifesign_server::{Policy, secrets};
use lifesign_store::TenantSettings;

use crate::support::ask::decentro_url;
use crate::support::pictures::picture;
use crate::support::site::{Ground, Site};
use crate::support::sockets::{Web, found, not_found, redirect};
use crate::support::{Setup, real_checker};

/// A server that fetches by `policy`, and a tenant that may or may not use `http:`.
async fn fetching(policy: Policy, allow_http: bool) -> (Site, DecentroCredentials) {
    let mut setup = Setup::new();
    setup.config.fetch = policy;
    let ground = Ground::of(setup).await;
    let settings = TenantSettings {
        allow_http,
        replay_window_s: 0,
        ..TenantSettings::default()
    };
    let bank = ground.tenant_with("bank", settings).await;
    (ground.open(real_checker()).await, bank.decentro)
}

/// Status and code of the answer, which never repeats the URL.
async fn told(site: &Site, bank: &DecentroCredentials, url: &str) -> (u16, String) {
    let answer = site.call(decentro_url(bank, url)).await;
    let body = answer.json();
    for part in [url, "127.0.0.1", "10.0.0.1", "169.254"] {
        assert!(!answer.text().contains(part), "{body}");
    }
    let code = body["responseCode"].as_str().unwrap().to_owned();
    (answer.status.as_u16(), code)
}

fn failed(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

async fn kept(site: &Site) -> usize {
    let bank = site.ground.store.tenant("bank").await.unwrap().unwrap();
    site.ground.checks(&bank.id).await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_test_setting_nothing_inner_is_reached() {
    let web = Web::start(|_| found(&picture("camera_image")));
    let refused = failed(400, "E00003");
    // Even where http and any port are allowed, the address is not.
    let any_port = Policy {
        ports: Ports::Any,
        ..Policy::default()
    };
    for (policy, allow_http) in [(Policy::default(), false), (any_port, true)] {
        let (site, bank) = fetching(policy, allow_http).await;
        for url in [
            web.url("/camera.jpg"),
            web.url("/camera.jpg").replace("127.0.0.1", "localhost"),
            web.url("/camera.jpg").replace("127.0.0.1", "2130706433"),
            web.url("/camera.jpg")
                .replace("127.0.0.1", "[::ffff:127.0.0.1]"),
            web.url("/camera.jpg").replace("http:", "https:"),
        ] {
            assert_eq!(told(&site, &bank, &url).await, refused, "{url}");
        }
        for url in [
            "https://127.0.0.1/a.jpg",
            "https://10.0.0.1/a.jpg",
            "https://192.168.1.1/a.jpg",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/a.jpg",
            "https://[fd00::1]/a.jpg",
            "https://[fe80::1]/a.jpg",
            "https://224.0.0.1/a.jpg",
            "https://0.0.0.0/a.jpg",
            "https://user:secret@example.com/a.jpg",
            "ftp://example.com/a.jpg",
            "file:///etc/passwd",
            "/etc/passwd",
        ] {
            assert_eq!(told(&site, &bank, url).await, refused, "{url}");
        }
        assert_eq!(kept(&site).await, 0);
    }
    assert_eq!(web.asked(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_it_the_picture_is_fetched_judged_and_kept() {
    let web = Web::start(|path| match path {
        "/camera.jpg?who=me" => found(&picture("camera_image")),
        "/moved" => redirect("/moved-on"),
        "/moved-on" => redirect("camera.jpg?who=me"),
        "/spoof.jpg" => found(&picture("camera_spoof_image")),
        _ => not_found(),
    });
    let (site, bank) = fetching(Policy::for_loopback_tests(), true).await;
    for (path, live) in [
        ("/camera.jpg?who=me", "yes"),
        ("/camera.jpg?who=me#part", "yes"),
        ("/moved", "yes"),
        ("/spoof.jpg", "no"),
    ] {
        let body = site.call(decentro_url(&bank, &web.url(path))).await.json();
        assert_eq!(body["data"]["live"], live, "{path}: {body}");
    }
    let tenant = site.ground.store.tenant("bank").await.unwrap().unwrap();
    let checks = site.ground.checks(&tenant.id).await;
    assert_eq!(checks.len(), 4);
    let spoof = checks
        .iter()
        .find(|check| check.verdict == Verdict::Spoof)
        .unwrap();
    let hash = secrets::sha256(&picture("camera_spoof_image"));
    assert_eq!(spoof.fingerprint.sha256, hash);
    assert_eq!(web.asked().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn http_is_for_tenants_that_allow_it() {
    let web = Web::start(|_| found(&picture("camera_image")));
    let (site, bank) = fetching(Policy::for_loopback_tests(), false).await;
    let refused = failed(400, "E00003");
    assert_eq!(told(&site, &bank, &web.url("/camera.jpg")).await, refused);
    assert_eq!(web.asked(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_leads_nowhere_that_a_url_may_not() {
    let web = Web::start(|path| match path {
        "/private" => redirect("http://10.0.0.1/a.jpg"),
        "/metadata" => redirect("http://169.254.169.254/latest/meta-data/"),
        "/mapped" => redirect("http://[::ffff:192.168.0.1]/a.jpg"),
        "/file" => redirect("file:///etc/passwd"),
        "/twice" => redirect("/private"),
        "/nowhere" => b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        _ => redirect("/round-and-round"),
    });
    let (site, bank) = fetching(Policy::for_loopback_tests(), true).await;
    for (path, expected) in [
        ("/private", failed(400, "E00003")),
        ("/metadata", failed(400, "E00003")),
        ("/mapped", failed(400, "E00003")),
        ("/file", failed(400, "E00003")),
        ("/twice", failed(400, "E00003")),
        ("/nowhere", failed(400, "E00003")),
        ("/round-and-round", failed(422, "E00016")),
    ] {
        assert_eq!(told(&site, &bank, &web.url(path)).await, expected, "{path}");
    }
    assert_eq!(kept(&site).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_of_the_right_kind_is_refused() {
    let web = Web::start(|path| match path {
        "/announced" => b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".to_vec(),
        "/endless" => {
            let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
            [&head[..], &picture("huge_image")].concat()
        }
        "/page.html" => found(b"<!doctype html><title>no picture</title>"),
        "/empty" => found(b""),
        "/a.webp" => found(&picture("webp_image")),
        "/small.jpg" => found(&picture("small_camera_image")),
        "/wide.jpg" => found(&picture("wide_camera_image")),
        "/bare.jpg" => found(&picture("bare_image")),
        "/nobody.jpg" => found(&picture("camera_no_face_image")),
        "/packed" => {
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n".to_vec()
        }
        "/error" => b"HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n".to_vec(),
        "/nonsense" => b"this is no HTTP\r\n\r\n".to_vec(),
        "/nothing" => Vec::new(),
        _ => not_found(),
    });
    let (site, bank) = fetching(Policy::for_loopback_tests(), true).await;
    for (path, expected) in [
        ("/announced", failed(413, "E00009")),
        ("/endless", failed(413, "E00009")),
        ("/page.html", failed(422, "E00012")),
        ("/empty", failed(422, "E00012")),
        ("/a.webp", failed(422, "E00013")),
        ("/small.jpg", failed(422, "E00014")),
        ("/wide.jpg", failed(422, "E00014")),
        ("/bare.jpg", failed(422, "E00015")),
        ("/nobody.jpg", failed(422, "E00011")),
        ("/packed", failed(422, "E00016")),
        ("/error", failed(422, "E00016")),
        ("/nonsense", failed(422, "E00016")),
        ("/nothing", failed(422, "E00016")),
        ("/missing.jpg", failed(422, "E00016")),
    ] {
        assert_eq!(told(&site, &bank, &web.url(path)).await, expected, "{path}");
    }
    // Somebody without a face was judged, the others were not.
    assert_eq!(kept(&site).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_given_up() {
    // It takes connections, in the kernel's queue, and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let policy = Policy {
        timeout: Duration::from_millis(300),
        ..Policy::for_loopback_tests()
    };
    let (site, bank) = fetching(policy, true).await;
    let url = format!("http://{}/a.jpg", silent.local_addr().unwrap());
    assert_eq!(told(&site, &bank, &url).await, failed(422, "E00016"));
    let closed = silent.local_addr().unwrap();
    drop(silent);
    let url = format!("http://{closed}/a.jpg");
    assert_eq!(told(&site, &bank, &url).await, failed(422, "E00016"));
}
