//! The files of the component and the headers of the page.

use axum::body::Body;
use axum::http::Request;

use crate::support::Client;

const PAGE: &str = "/verify-video/0123456789ABCDEF0123456789ABCDEF";

/// Everything that a module, a style sheet or the page names.
async fn named(client: &Client, file: &str) -> Vec<String> {
    let text = client.get(file).await.text();
    let folder = if file == "/capture.js" {
        "/"
    } else {
        "/capture/"
    };
    let texts = text.split(['\'', '"']);
    let files = texts.filter_map(|text| match text {
        text if text.starts_with("/capture/") || text.starts_with("/assets/") => {
            Some(text.to_owned())
        }
        text if text.ends_with(".js") || text.ends_with(".css") => {
            Some(match text.strip_prefix("../") {
                Some(above) => format!("/{above}"),
                None => format!("{folder}{}", text.trim_start_matches("./")),
            })
        }
        _ => None,
    });
    files.collect()
}

#[tokio::test]
async fn every_file_that_the_page_or_the_component_names_is_served() {
    let client = Client::real().await;
    let mut files = named(&client, PAGE).await;
    let mut next = 0;
    while let Some(file) = files.get(next).cloned() {
        next += 1;
        let answer = client.get(&file).await;
        assert_eq!(answer.status, 200, "{file}");
        if file.ends_with(".js") || file.ends_with(".css") {
            let more = named(&client, &file).await;
            files.extend(
                more.into_iter()
                    .filter(|more| !files.contains(more))
                    .collect::<Vec<_>>(),
            );
        }
    }
    for known in ["/capture.js", "/capture/recorder.js", "/assets/colours.css"] {
        assert!(files.iter().any(|file| file == known), "{known}: {files:?}");
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere_and_nothing_inline() {
    let client = Client::real().await;
    let html = client.get(PAGE).await.text();
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
}

#[tokio::test]
async fn the_page_may_use_camera_and_microphone_and_is_not_framed_or_kept() {
    let client = Client::real().await;
    let page = client.get(PAGE).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("etag"), "");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(policy.contains("connect-src 'self';"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    let permissions = page.header("permissions-policy");
    for device in ["camera=(self)", "microphone=(self)", "geolocation=(self)"] {
        assert!(permissions.contains(device), "{permissions}");
    }
    // The page itself belongs to its own origin; only the component is for all.
    assert_eq!(page.header("access-control-allow-origin"), "");
    let elsewhere = client.get("/").await;
    assert!(
        elsewhere
            .header("permissions-policy")
            .contains("microphone=()")
    );
}

#[tokio::test]
async fn other_origins_may_load_the_component_and_browsers_keep_it() {
    let client = Client::real().await;
    for file in [
        "/capture.js",
        "/capture/flow.js",
        "/capture/component.css",
        "/capture/lang/hi.json",
        "/assets/colours.css",
    ] {
        let first = client.get(file).await;
        assert_eq!(first.header("access-control-allow-origin"), "*", "{file}");
        assert_eq!(first.header("cache-control"), "no-cache");
        let request = Request::get(file).header("if-none-match", first.header("etag"));
        let again = client.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!(again.status, 304, "{file}");
        assert_eq!(again.header("access-control-allow-origin"), "*", "{file}");
    }
}
