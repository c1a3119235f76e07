//! Whatever goes wrong has words of its own.

use serde_json::{Value, json};

use super::played::{Played, ROOT, words};

fn title(code: &str) -> String {
    words("en")["problem"][code]["title"]
        .as_str()
        .unwrap()
        .to_owned()
}

impl Played {
    fn expect(&self, code: &str) {
        self.screen("problem");
        assert_eq!(self.text("h1"), title(code));
        assert_eq!(self.of("main", "it.dataset.code"), code);
        assert_eq!(self.event("error"), json!({ "code": code }));
        assert_eq!(
            self.browser
                .eval(&format!("{ROOT}.activeElement.localName")),
            "h1"
        );
        assert!(self.is_off(), "{code}: the camera is on");
    }
}

#[test]
fn a_session_that_is_not_open_says_why() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    for (state, code) in [
        ("expired", "expired"),
        ("cancelled", "cancelled"),
        ("succeeded", "used"),
        ("failed", "used"),
        ("in_progress", "in_use"),
    ] {
        page.open(json!({ "state": state }), json!({}));
        page.expect(code);
    }
    for (status, code) in [
        (404, "not_found"),
        (503, "busy"),
        (429, "busy"),
        (500, "unknown"),
        (0, "network_lost"),
    ] {
        page.open(json!({}), json!({ "status": status }));
        page.expect(code);
    }
}

#[test]
fn the_servers_refusals_have_words() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    for code in [
        "expired",
        "used",
        "cancelled",
        "busy",
        "not_found",
        "bad_message",
        "too_large",
    ] {
        page.capture(json!({}));
        page.tell(json!({ "type": "refused", "code": code, "message": "for developers" }));
        page.expect(code);
        let again = page.of("#reload", "Boolean(it)");
        assert_eq!(
            again,
            matches!(code, "busy" | "bad_message" | "too_large"),
            "{code}"
        );
    }
    for (code, same) in [
        ("lost", "in_use"),
        ("too_late", "expired"),
        ("microphone_missing", "microphone_refused"),
        ("never_heard_of", "unknown"),
    ] {
        page.capture(json!({}));
        page.tell(json!({ "type": "refused", "code": code, "message": "" }));
        page.screen("problem");
        assert_eq!(page.text("h1"), title(same));
        assert_eq!(page.event("error"), json!({ "code": code }));
    }
}

#[test]
fn a_lost_connection_asks_the_session_what_became_of_it() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    let browser = &page.browser;
    page.capture(json!({}));
    browser.eval("fake.drop()");
    page.expect("network_lost");
    // Loading again leads back to the consent.
    page.click("reload");
    page.screen("consent");

    page.capture(json!({}));
    browser.eval("fake.session.state = 'processing'");
    browser.eval("fake.drop()");
    page.screen("processing");
    browser.eval("fake.session.state = 'succeeded'");
    page.screen("result");
    assert_eq!(page.event("finished")["state"], "succeeded");

    page.open(json!({}), json!({ "refuses": true }));
    page.screen("consent");
    page.click("agree");
    page.expect("no_stream");
}

#[test]
fn devices_that_are_refused_or_missing_get_help() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    let refused = |session: Value, media: Value, code: &str| {
        page.open(session, json!({ "media": media }));
        page.screen("consent");
        page.click("agree");
        page.expect(code);
        assert_eq!(
            page.of("#again", "Boolean(it)"),
            true,
            "{code}: nothing to try again"
        );
    };
    let both = |error: &str| json!({ "video": error, "audio": error });
    refused(json!({}), both("NotAllowedError"), "camera_refused");
    assert_eq!(page.of("#allow", "it.dataset.family"), "chrome");
    assert!(
        page.text("#allow")
            .contains(words("en")["allow"]["chrome"][0].as_str().unwrap())
    );
    refused(json!({}), both("NotFoundError"), "no_camera");
    refused(json!({}), both("NotReadableError"), "camera_in_use");
    refused(json!({}), both("TypeError"), "camera_failed");
    let required = || json!({ "digits": "required" });
    refused(required(), both("NotAllowedError"), "camera_refused");
    refused(
        required(),
        json!({ "audio": "NotFoundError" }),
        "no_microphone",
    );

    // Where the digits may be skipped, a microphone that is refused is no obstacle.
    page.open(
        json!({}),
        json!({ "media": { "audio": "NotAllowedError" } }),
    );
    page.screen("consent");
    page.agree();
    assert_eq!(page.browser.eval("fake.texts[0].microphone"), false);

    // Trying again asks again.
    page.open(json!({}), json!({ "media": both("NotAllowedError") }));
    page.screen("consent");
    page.click("agree");
    page.screen("problem");
    page.browser.eval("(fake.media = {}, 0)");
    page.click("again");
    page.screen("capture");

    // A camera that goes away in the middle.
    page.browser
        .eval("fake.tracks.at(-2).dispatchEvent(new Event('ended'))");
    page.screen("problem");
    assert_eq!(page.text("h1"), title("camera_lost"));
}

#[test]
fn a_position_that_is_needed_and_refused_gets_help() {
    let Some(page) = Played::start(&["--deny-permission-prompts"]) else {
        return;
    };
    page.consent(json!({ "geolocation": "required" }));
    page.click("agree");
    page.expect("location_refused");
    page.capture(json!({ "geolocation": "optional" }));
    assert_eq!(page.browser.eval("fake.texts[0].geolocation"), Value::Null);
}

#[test]
fn browsers_and_addresses_that_cannot_do_it_are_told() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    page.open(json!({}), json!({ "missing": ["secure"] }));
    page.expect("insecure");
    page.open(json!({}), json!({ "missing": ["HTMLDialogElement"] }));
    page.expect("unsupported");
    assert_eq!(
        page.of(".buttons", "it"),
        Value::Null,
        "nothing can be done here"
    );
}

#[test]
fn the_help_knows_where_each_browser_hides_the_permission() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    page.consent(json!({}));
    let families = [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1",
            false,
            "ios_safari",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 CriOS/130 Mobile Safari/604.1",
            false,
            "ios_other",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18.0 Safari/605",
            true,
            "ios_safari",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18.0 Safari/605",
            false,
            "safari",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537 Chrome/130 Mobile Safari/537",
            true,
            "android_chrome",
        ),
        (
            "Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0",
            true,
            "android_firefox",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
            false,
            "firefox",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/130 Safari/537 Edg/130",
            false,
            "chrome",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel; wv) AppleWebKit/537 Version/4.0 Chrome/130 Mobile Safari/537",
            true,
            "inside_app",
        ),
        ("Lynx/2.9", false, "other"),
    ];
    let english = words("en");
    for (agent, touch, family) in families {
        let asked =
            format!("import('/capture/media.js').then(m => m.browserFamily('{agent}', {touch}))");
        assert_eq!(page.browser.eval(&asked), family, "{agent}");
        assert!(!english["allow"][family].is_null(), "{family}");
    }
}
