//! The page at `/` and its files, all inside the binary. There is no build step: the browser
//! gets the files as they are. What operators see is in [`console`], what a session's link opens in [`capture`].

mod capture;
mod console;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use crate::App;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

struct File {
    path: &'static str,
    content_type: &'static str,
    body: &'static str,
}

macro_rules! file {
    ($path:literal, $content_type:expr, $file:literal) => {
        File {
            path: $path,
            content_type: $content_type,
            body: include_str!($file),
        }
    };
}
use file;

const FILES: &[File] = &[
    file!("/", HTML, "assets/index.html"),
    file!("/assets/page.css", CSS, "assets/page.css"),
    file!("/assets/page.js", SCRIPT, "assets/page.js"),
    file!("/assets/api.js", SCRIPT, "assets/api.js"),
    file!("/assets/camera.js", SCRIPT, "assets/camera.js"),
    file!("/assets/result.js", SCRIPT, "assets/result.js"),
    file!("/assets/icon.svg", "image/svg+xml", "assets/icon.svg"),
    file!("/assets/console.css", CSS, "assets/console.css"),
];

/// One route for each file, and one for what the page has to know of the server.
pub(crate) fn routes() -> Router<Arc<App>> {
    let router = Router::new()
        .route("/assets/settings.json", get(settings))
        .merge(capture::routes())
        .merge(console::routes());
    FILES.iter().fold(router, |router, file| {
        router.route(
            file.path,
            get(move |headers: HeaderMap| async move { answer(file, &headers) }),
        )
    })
}

async fn settings(State(app): State<Arc<App>>) -> Response {
    let settings = json!({
        "max_bytes": app.config.limits.file_bytes,
        "inconclusive_margin": app.checker.inconclusive_margin(),
    });
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (content_type, settings.to_string()).into_response()
}

/// The file, or 304 if the browser has it already. Browsers always ask, so that a new version
/// never runs with old files.
fn answer(file: &'static File, request: &HeaderMap) -> Response {
    let tag = tag(file.body);
    let headers = [
        (header::CONTENT_TYPE, file.content_type),
        (header::CACHE_CONTROL, "no-cache"),
        (header::ETAG, tag.as_str()),
    ];
    let known = request.get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, file.body).into_response()
}

fn tag(body: &str) -> String {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}
