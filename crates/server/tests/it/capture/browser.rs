//! The way through the page in a real browser.

use std::time::Duration;

use serde_json::{Value, json};

use super::played::{Played, ROOT, inside, words};
use crate::browser::{overflows, set_scheme};
use crate::webdriver::{ENTER, TAB};

const SIZES: [(u32, u32); 3] = [(360, 640), (768, 1024), (1440, 900)];

fn turn_left() -> Value {
    json!({ "kind": "turn_left", "degrees": 28 })
}

fn digits() -> Value {
    json!({ "kind": "read_digits", "digits": [4, 7, 1, 9] })
}

#[test]
fn from_consent_through_the_steps_to_the_redirect() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    let browser = &page.browser;
    page.consent(json!({}));
    assert_eq!(page.text("#purpose"), "Opening an account at Example Bank");
    assert_eq!(page.event("ready")["state"], "created");
    assert_eq!(
        browser.eval("fake.asked ?? null"),
        Value::Null,
        "asked before consent"
    );
    page.agree();
    assert_eq!(
        browser.eval("fake.texts[0]"),
        json!({
            "type": "start", "consent": true, "microphone": true, "geolocation": null, "language": "en",
            "camera": browser.eval("fake.tracks[0].label"),
        })
    );
    let stream = page
        .site
        .url("/verify-video/0123456789ABCDEF0123456789ABCDEF/stream");
    assert_eq!(
        browser.eval("fake.sockets"),
        json!([stream.replace("http", "ws")])
    );
    assert_eq!(
        page.of("video", "getComputedStyle(it).transform"),
        "matrix(-1, 0, 0, 1, 0, 0)"
    );
    assert_eq!(
        browser.eval("fake.binaries.length"),
        0,
        "frames before the server is ready"
    );

    page.tell(json!({ "type": "ready", "total": 5 }));
    page.state(Value::Null, json!("too_dark"), 0);
    assert_eq!(page.text("#guidance"), "Turn to the light");
    assert_eq!(page.of(".capture", "it.dataset.tone"), "unsure");
    page.ask(0, turn_left(), false);
    assert_eq!(page.text("h1"), "Turn your head far to your left");
    assert_eq!(page.text("#count"), "Step 1 of 5");
    assert_eq!(page.of(".icon", "it.querySelectorAll('.arrow').length"), 3);
    assert!(page.text(".time-text").ends_with(" s left"));
    assert_eq!(page.event("step")["action"], turn_left());
    page.state(Value::Null, json!("come_back"), 0);
    assert_eq!(page.text("h1"), "Look straight ahead");
    assert_eq!(page.of(".capture", "it.dataset.tone"), "good");
    page.state(Value::Null, Value::Null, 1);
    assert_eq!(page.text("#guidance"), "Good!");
    page.ask(1, digits(), false);
    assert_eq!(
        page.text(".digits").split_whitespace().collect::<Vec<_>>(),
        ["4", "four", "7", "seven", "1", "one", "9", "nine"]
    );

    page.tell(json!({ "type": "processing" }));
    page.screen("processing");
    assert!(page.is_off(), "the camera is on though nothing is captured");
    let back = page
        .site
        .url("/readyz?transaction_id=BC5CD047DB924564AD2B378F5B876963");
    // Before the redirect, whose target has complaints of its own.
    assert_eq!(page.complaints(), Vec::<String>::new());
    page.finish("succeeded", Value::Null, false, json!(back));
    browser.until("location.search === '?transaction_id=BC5CD047DB924564AD2B378F5B876963'");
    assert_eq!(
        browser.eval("JSON.parse(sessionStorage.getItem('end'))"),
        json!({
            "detail": { "state": "succeeded", "reason": null, "may_retry": false, "redirect_url": back },
            "screen": "result", "title": "All done",
        })
    );
}

#[test]
fn frames_and_sound_arrive_as_the_protocol_says() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    let browser = &page.browser;
    page.open(json!({}), json!({ "size": [1280, 960] }));
    page.screen("consent");
    page.agree();
    page.tell(json!({ "type": "ready", "total": 5 }));
    let of = |kind: u8| format!("fake.binaries.filter(data => data[0] === {kind})");
    let since = std::time::Instant::now();
    while since.elapsed() < Duration::from_secs(2) {
        page.state(Value::Null, Value::Null, 0);
        std::thread::sleep(Duration::from_millis(100));
    }
    let frames = browser.eval(&format!("{}.length", of(1))).as_u64().unwrap();
    // A machine that is busy with other tests may manage fewer.
    let most = since.elapsed().as_secs_f64() * 10.0 + 2.0;
    assert!(
        frames >= 6 && (frames as f64) < most,
        "{frames} frames, at most {most}"
    );
    let sequence = format!(
        "{}.map(data => new DataView(data.buffer).getUint32(1, true))",
        of(1)
    );
    let expected: Vec<u64> = (1..=frames).collect();
    let seen = browser.eval(&sequence);
    assert_eq!(
        seen.as_array().unwrap()[..expected.len()],
        json!(expected).as_array().unwrap()[..]
    );

    // The red edge is on the left of what the camera sees, and of the frame; on the screen it is on the right.
    let look = format!(
        "createImageBitmap(new Blob([{}[0].slice(5)], {{ type: 'image/jpeg' }})).then(picture => {{\
           const canvas = new OffscreenCanvas(picture.width, picture.height);\
           const paint = canvas.getContext('2d');\
           paint.drawImage(picture, 0, 0);\
           const at = x => paint.getImageData(x, 100, 1, 1).data;\
           return [picture.width, picture.height, at(10)[0] - at(10)[2], at(picture.width - 10)[0] - at(picture.width - 10)[2]];\
         }})",
        of(1)
    );
    let seen = browser.eval(&look);
    assert_eq!(seen[0], 640);
    assert_eq!(seen[1], 480);
    assert!(seen[2].as_i64() > Some(80), "{seen}");
    assert!(seen[3].as_i64() < Some(20), "{seen}");

    // 440 Hz cross zero 88 times in a tenth of a second.
    let crossings = format!(
        "{}.slice(2, 8).map(data => {{\
           const samples = new Int16Array(data.slice(5).buffer);\
           return [samples.length, samples.slice(1).filter((value, i) => (value < 0) !== (samples[i] < 0)).length];\
         }})",
        of(2)
    );
    let chunks = browser.eval(&crossings);
    assert_eq!(chunks.as_array().unwrap().len(), 6);
    for chunk in chunks.as_array().unwrap() {
        assert_eq!(chunk[0], 1600);
        assert!((86..=90).contains(&chunk[1].as_u64().unwrap()), "{chunks}");
    }
}

#[test]
fn a_server_that_cannot_keep_up_gets_fewer_frames() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    page.capture(json!({ "digits": "off" }));
    page.tell(json!({ "type": "ready", "total": 5 }));
    // Nothing is ever received.
    std::thread::sleep(Duration::from_secs(4));
    let frames = page.browser.eval("fake.binaries.length").as_u64().unwrap();
    assert!((6..=16).contains(&frames), "{frames} frames");
}

#[test]
fn the_language_is_the_sessions_then_the_browsers_and_can_be_switched() {
    let Some(page) = Played::start(&["--accept-lang=fr-CA,de"]) else {
        return;
    };
    let browser = &page.browser;
    let lang = || {
        (
            browser.eval("document.documentElement.lang"),
            page.of(".stage", "it.lang"),
        )
    };
    let both = |code: &str| (Value::from(code), Value::from(code));
    let languages = browser.eval("navigator.languages[0]");
    if languages == "fr-CA" {
        page.consent(json!({}));
        assert_eq!(lang(), both("fr"));
    }
    page.consent(json!({ "language": "hi" }));
    assert_eq!(lang(), both("hi"));
    assert_eq!(browser.eval("document.title"), words("hi")["title"]);
    page.consent(json!({ "language": "xx", }));
    for (code, _) in [("de", 0), ("en", 0), ("es", 0), ("fr", 0), ("hi", 0)] {
        page.of(
            "#language",
            &format!("(it.value = '{code}', it.dispatchEvent(new Event('change')))"),
        );
        browser.until(&format!("document.documentElement.lang === '{code}'"));
        assert_eq!(lang(), both(code));
        assert_eq!(page.of(".stage", "it.dir"), "ltr");
        assert_eq!(
            page.text("#agree"),
            words(code)["button"]["agree"].as_str().unwrap()
        );
        assert_eq!(
            browser.eval(&format!("{ROOT}.activeElement.id")),
            "language"
        );
    }
    // In the middle of a capture too, and the server is told the language of the start.
    page.agree();
    page.tell(json!({ "type": "ready", "total": 5 }));
    page.ask(0, turn_left(), false);
    assert_eq!(
        page.text("h1"),
        words("hi")["action"]["turn_left"][2].as_str().unwrap()
    );
    page.of(
        "#language",
        "(it.value = 'es', it.dispatchEvent(new Event('change')))",
    );
    browser.until("document.documentElement.lang === 'es'");
    assert_eq!(
        page.text("h1"),
        words("es")["action"]["turn_left"][2].as_str().unwrap()
    );
    browser.until(&format!("{ROOT}.querySelector('video').paused === false"));
}

#[test]
fn the_digits_can_be_skipped_and_the_voice_left_out() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    page.capture(json!({}));
    page.tell(json!({ "type": "ready", "total": 5 }));
    page.ask(0, turn_left(), false);
    assert_eq!(page.of("#skip", "it.hidden"), true);
    page.ask(1, digits(), true);
    page.click("skip");
    page.until_sent(json!({ "type": "skip", "step": 1 }));

    page.consent(json!({}));
    page.click("no-voice");
    page.agree();
    assert_eq!(
        page.browser.eval("fake.asked"),
        json!({ "video": true, "audio": false })
    );
    assert_eq!(page.browser.eval("fake.texts[0].microphone"), false);

    page.consent(json!({ "digits": "required" }));
    assert_eq!(
        page.of("#no-voice", "it"),
        Value::Null,
        "required digits cannot be left out"
    );
}

#[test]
fn another_attempt_needs_no_second_consent() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    page.capture(json!({}));
    page.finish("failed", json!("wrong_digits"), true, Value::Null);
    page.screen("result");
    assert!(
        page.text("main")
            .contains(words("en")["failure"]["wrong_digits"].as_str().unwrap())
    );
    assert_eq!(page.event("failed")["reason"], "wrong_digits");
    page.click("retry");
    page.browser.until("fake.sockets.length === 2");
    page.screen("capture");
    page.browser
        .until("fake.texts.filter(text => text.type === 'start').length === 2");

    // What is no reason of the challenge is told in general; the last failure leads back.
    let back = page.site.url("/readyz?transaction_id=1");
    page.finish("failed", Value::Null, false, json!(back));
    page.screen("result");
    assert!(
        page.text("main")
            .contains(words("en")["failure"]["not_live"].as_str().unwrap())
    );
    assert_eq!(page.of("#retry", "it"), Value::Null);
    page.click("continue");
    page.browser
        .until("location.search === '?transaction_id=1'");
}

#[test]
fn only_web_addresses_are_followed() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    page.capture(json!({}));
    page.finish(
        "succeeded",
        Value::Null,
        false,
        json!("javascript:document.title='run'"),
    );
    page.screen("result");
    assert_eq!(page.of("#continue", "it"), Value::Null);
    assert_eq!(page.of("#seconds", "it"), Value::Null);
}

#[test]
fn the_keyboard_alone_is_enough() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    let browser = &page.browser;
    let focus = || {
        browser.eval(&format!(
            "{ROOT}.activeElement?.id || {ROOT}.activeElement?.localName"
        ))
    };
    let tab_to = |id: &str| {
        let mut visited = Vec::new();
        for _ in 0..8 {
            browser.press(&[TAB]);
            visited.push(focus());
            if visited.last() == Some(&Value::from(id)) {
                return;
            }
        }
        panic!("{id} is not reached: {visited:?}");
    };
    page.consent(json!({}));
    assert_eq!(focus(), "h1", "the heading is read out first");
    tab_to("no-voice");
    tab_to("agree");
    assert_eq!(
        page.of("#agree", "getComputedStyle(it).outlineStyle"),
        "solid"
    );
    browser.press(&[ENTER]);
    page.screen("capture");
    browser.until("fake.texts.length > 0");
    assert_eq!(focus(), "h1");
    page.tell(json!({ "type": "ready", "total": 5 }));
    page.ask(0, digits(), true);
    tab_to("skip");
    browser.press(&[ENTER]);
    page.until_sent(json!({ "type": "skip", "step": 0 }));
    tab_to("stop");
    browser.press(&[ENTER]);
    page.until_sent(json!({ "type": "abort" }));
    // The server does not answer; the page ends by itself.
    page.screen("problem");
    assert_eq!(page.event("error"), json!({ "code": "stopped" }));
    assert!(page.is_off());
    assert_eq!(focus(), "h1");
}

#[test]
fn a_screen_reader_hears_the_prompts_and_is_not_flooded() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    let browser = &page.browser;
    page.capture(json!({}));
    page.tell(json!({ "type": "ready", "total": 5 }));
    assert_eq!(browser.role(&inside("[data-live=polite]")), "status");
    assert_eq!(browser.role(&inside("[data-live=assertive]")), "alert");
    browser.eval(&format!(
        "(() => {{ fake.heard = []; const live = {ROOT}.querySelector('[data-live=polite]');\
         new MutationObserver(() => live.textContent && fake.heard.push([performance.now(), live.textContent]))\
         .observe(live, {{ childList: true, characterData: true, subtree: true }}); }})()"
    ));
    let codes = ["too_far", "too_dark", "hold_still", "face_forward"];
    for round in 0..40 {
        page.state(Value::Null, json!(codes[round % codes.len()]), 0);
        std::thread::sleep(Duration::from_millis(75));
    }
    let heard = browser.eval("fake.heard");
    let heard = heard.as_array().unwrap();
    assert!(heard.len() >= 2, "{heard:?}");
    for pair in heard.windows(2) {
        let gap = pair[1][0].as_f64().unwrap() - pair[0][0].as_f64().unwrap();
        assert!(gap >= 990.0, "{heard:?}");
    }
    page.ask(0, digits(), true);
    let said = format!("{ROOT}.querySelector('[data-live=assertive]').textContent");
    browser.until(&format!("{said}.includes('four, seven, one, nine')"));
    assert_eq!(
        browser.label(&inside("video")),
        "What the camera sees, mirrored"
    );
}

#[test]
fn every_screen_fits_every_window_in_every_language() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    let browser = &page.browser;
    let small = format!(
        "[...{ROOT}.querySelectorAll('button, a, select, label')].filter(e => e.checkVisibility())\
         .filter(e => e.getBoundingClientRect().height < 44).map(e => e.textContent)"
    );
    let inner = "it.scrollWidth > it.clientWidth";
    let looked_at = |name: &str, (width, height): (u32, u32), language: &str| {
        assert!(!overflows(browser), "{name} at {width} px in {language}");
        assert_eq!(
            page.of(".stage", inner),
            false,
            "{name} at {width} px in {language}"
        );
        assert_eq!(
            browser.eval(&small),
            json!([]),
            "{name} at {width} px in {language}"
        );
        let primary = page.of(
            ".button.primary",
            "it ? it.getBoundingClientRect().bottom : 0",
        );
        assert!(
            primary.as_f64().unwrap() <= f64::from(height),
            "{name}: its button is out of sight"
        );
        for scheme in ["light", "dark"] {
            set_scheme(browser, scheme);
            browser.screenshot(&format!("capture-{name}-{width}-{scheme}-{language}.png"));
        }
    };
    for size in SIZES {
        browser.resize(size.0, size.1);
        let all = ["en", "de", "es", "fr", "hi"];
        // The narrowest is the hardest; there every language is looked at.
        for language in if size.0 == 360 { &all[..] } else { &all[..1] } {
            let look = |name: &str| looked_at(name, size, language);
            let still = |name: &str| {
                // What is asked never scrolls.
                assert_eq!(
                    page.of(".stage", "it.scrollHeight > it.clientHeight + 1"),
                    false,
                    "{name}: {size:?} {language}"
                );
                look(name);
            };
            page.consent(
                json!({ "language": language, "light": "measured", "geolocation": "optional" }),
            );
            look("consent");
            page.agree();
            page.tell(json!({ "type": "ready", "total": 5 }));
            page.state(Value::Null, json!("too_far"), 0);
            still("rest");
            page.ask(0, turn_left(), false);
            page.state(
                json!({ "step": 0, "action": turn_left(), "window_ms": 7000, "may_skip": false }),
                json!("wrong_movement"),
                0,
            );
            still("turn");
            page.ask(1, json!({ "kind": "blink_twice" }), false);
            still("blink");
            page.ask(2, digits(), true);
            still("digits");
            page.tell(json!({ "type": "processing" }));
            page.screen("processing");
            look("processing");
            page.finish("succeeded", Value::Null, false, Value::Null);
            page.screen("result");
            look("succeeded");
            page.capture(json!({ "language": language }));
            page.finish("failed", json!("wrong_digits"), true, Value::Null);
            page.screen("result");
            look("failed");
            page.open(
                json!({ "language": language }),
                json!({ "media": { "video": "NotAllowedError", "audio": "NotAllowedError" } }),
            );
            page.screen("consent");
            page.click("agree");
            page.screen("problem");
            look("refused");
        }
    }
}
