//! What a session's link opens: the page at `/verify-video/{token}`, which only holds `<lifesign-capture>`, and the
//! files of that component, which pages of other origins may load too (docs/CAPTURE.md).

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{CSS, File, HTML, SCRIPT, answer, file};
use crate::App;

const JSON: &str = "application/json";

/// The component. Everything in it is public.
const COMPONENT: &[File] = &[
    file!("/capture.js", SCRIPT, "capture/capture.js"),
    file!("/capture/dom.js", SCRIPT, "capture/dom.js"),
    file!("/capture/flow.js", SCRIPT, "capture/flow.js"),
    file!("/capture/frames.js", SCRIPT, "capture/frames.js"),
    file!("/capture/guide.js", SCRIPT, "capture/guide.js"),
    file!("/capture/icons.js", SCRIPT, "capture/icons.js"),
    file!("/capture/light.js", SCRIPT, "capture/light.js"),
    file!("/capture/link.js", SCRIPT, "capture/link.js"),
    file!("/capture/live.js", SCRIPT, "capture/live.js"),
    file!("/capture/media.js", SCRIPT, "capture/media.js"),
    file!("/capture/recorder.js", SCRIPT, "capture/recorder.js"),
    file!("/capture/screens.js", SCRIPT, "capture/screens.js"),
    file!("/capture/session.js", SCRIPT, "capture/session.js"),
    file!("/capture/sound.js", SCRIPT, "capture/sound.js"),
    file!("/capture/style.js", SCRIPT, "capture/style.js"),
    file!("/capture/view.js", SCRIPT, "capture/view.js"),
    file!("/capture/words.js", SCRIPT, "capture/words.js"),
    file!("/capture/component.css", CSS, "capture/component.css"),
    file!("/assets/colours.css", CSS, "assets/colours.css"),
    file!("/capture/lang/de.json", JSON, "capture/lang/de.json"),
    file!("/capture/lang/en.json", JSON, "capture/lang/en.json"),
    file!("/capture/lang/es.json", JSON, "capture/lang/es.json"),
    file!("/capture/lang/fr.json", JSON, "capture/lang/fr.json"),
    file!("/capture/lang/hi.json", JSON, "capture/lang/hi.json"),
];

/// What only the page needs.
const PAGE: &[File] = &[
    file!("/capture/page.css", CSS, "capture/page.css"),
    file!("/capture/page.js", SCRIPT, "capture/page.js"),
];

/// The page's address is a credential, so its answer is neither kept nor tagged.
const PAGE_HTML: &str = include_str!("capture/page.html");

/// Other origins may read what carries this. There are no cookies; who has a session's token may use it anywhere.
const SHARED: (HeaderName, HeaderValue) = (
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    HeaderValue::from_static("*"),
);

pub(super) fn routes() -> Router<Arc<App>> {
    let router = Router::new().route("/verify-video/{token}", get(page));
    let router = COMPONENT.iter().fold(router, |router, file| {
        router.route(
            file.path,
            get(move |headers: HeaderMap| async move { ([SHARED], answer(file, &headers)) }),
        )
    });
    PAGE.iter().fold(router, |router, file| {
        router.route(
            file.path,
            get(move |headers: HeaderMap| async move { answer(file, &headers) }),
        )
    })
}

/// The same for every token: what there is to say of one, the component asks.
async fn page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HTML),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(self), microphone=(self), geolocation=(self), screen-wake-lock=(self)",
        ),
    ];
    (headers, PAGE_HTML).into_response()
}
