//! The page's files and the headers of every answer.

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;

use crate::support::{Client, real_checker};

#[tokio::test]
async fn every_file_that_the_page_names_is_served() {
    let client = Client::real().await;
    let page = client.get("/").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let html = page.text();
    let mut files: Vec<String> = html
        .split('"')
        .filter(|text| text.starts_with("/assets/"))
        .map(str::to_owned)
        .collect();
    assert!(files.len() >= 3, "{files:?}");
    let script = client.get("/assets/page.js").await.text();
    files.extend(
        script
            .split('\'')
            .filter_map(|text| text.strip_prefix("./"))
            .map(|file| format!("/assets/{file}")),
    );
    for file in files {
        let answer = client.get(&file).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(!answer.body.is_empty());
        assert!(
            !answer
                .header("content-type")
                .starts_with("application/json"),
            "{file}"
        );
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere_and_nothing_inline() {
    let client = Client::real().await;
    let html = client.get("/").await.text();
    for foreign in [
        "http://",
        "https://",
        "<style",
        "style=",
        "onclick",
        "javascript:",
    ] {
        assert!(!html.contains(foreign), "the page has {foreign}");
    }
    assert_eq!(html.matches("<script").count(), 1);
    assert!(html.contains(r#"<script type="module" src="/assets/page.js">"#));
}

#[tokio::test]
async fn a_file_that_the_browser_has_is_not_sent_again() {
    let client = Client::real().await;
    let first = client.get("/assets/page.css").await;
    let request = Request::get("/assets/page.css").header("if-none-match", first.header("etag"));
    let again = client.call(request.body(Body::empty()).unwrap()).await;
    assert_eq!(again.status, 304);
    assert!(again.body.is_empty());
}

#[tokio::test]
async fn the_page_learns_the_limits_in_force() {
    let settings = Client::real().await.get("/assets/settings.json").await;
    let settings: Value = serde_json::from_slice(&settings.body).unwrap();
    assert_eq!(settings["max_bytes"], 10 * 1024 * 1024);
    assert_eq!(
        settings["inconclusive_margin"],
        real_checker().inconclusive_margin()
    );
}

#[tokio::test]
async fn every_answer_has_the_security_headers_and_none_opens_it_to_other_origins() {
    let client = Client::real().await;
    for uri in [
        "/",
        "/docs/",
        "/metrics",
        "/nowhere",
        "/v1/liveness",
        "/assets/page.js",
    ] {
        let request = Request::get(uri).header("origin", "https://elsewhere.example");
        let answer = client.call(request.body(Body::empty()).unwrap()).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{uri}: {policy}");
        assert!(!policy.contains("unsafe"), "{uri}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
}
