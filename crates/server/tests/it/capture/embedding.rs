//! The component on a page of another origin: the example of docs/examples, and nothing but a link to the module.

use serde_json::json;

use super::played::Played;
use crate::support::sockets::{Web, not_found};

const EXAMPLE: &str = include_str!("../../../../../docs/examples/capture.html");
/// The least that docs/CAPTURE.md asks of the host's policy.
const POLICY: &str =
    "default-src 'none'; script-src SERVER 'sha256-HASH'; connect-src SERVER WEBSOCKET";

#[test]
fn the_example_page_embeds_the_component_from_another_origin() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    let server = page.site.url("");
    let html = EXAMPLE.replace("https://lifesign.example", &server);
    assert_ne!(html, EXAMPLE, "the example names the server");
    let policy = POLICY
        .replace("SERVER", &server)
        .replace("WEBSOCKET", &server.replace("http", "ws"))
        .replace("'sha256-HASH'", &format!("'sha256-{}'", script_hash(&html)));
    let web = Web::start(move |path| {
        if path != "/" {
            return not_found();
        }
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Security-Policy: {policy}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            html.len()
        );
        [head.as_bytes(), html.as_bytes()].concat()
    });
    // The fake answers for the session; module, styles, words and worklet come across the origins for real.
    page.browser.open(&web.url("/"));
    page.screen("consent");
    page.agree();
    page.tell(json!({ "type": "ready", "total": 5 }));
    page.browser
        .until("fake.binaries.some(data => data[0] === 2)");
    page.browser
        .until("fake.binaries.some(data => data[0] === 1)");
    page.ask(0, json!({ "kind": "smile" }), false);
    let back = "https://elsewhere.example/?transaction_id=1";
    page.finish("succeeded", json!(null), false, json!(back));
    page.screen("result");
    // The component goes nowhere by itself: the host has the address in the event.
    assert_eq!(page.of("#continue", "it"), json!(null));
    page.browser
        .until("document.body.textContent.includes('finished')");
    assert!(
        page.browser
            .eval("document.body.textContent")
            .as_str()
            .unwrap()
            .contains(back)
    );
    assert_eq!(page.complaints(), Vec::<String>::new());
}

/// The digest by which a policy allows the page's one inline script.
fn script_hash(html: &str) -> String {
    let script = html.split("<script type=\"module\">").nth(1).unwrap();
    let script = script.split("</script>").next().unwrap();
    use sha2::Digest as _;
    crate::support::base64(&sha2::Sha256::digest(script.as_bytes()))
}
