//! Clicks through the page in a real headless Chromium, against the real engine.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::{Setup, real_checker, sample_path};
use crate::webdriver::{Browser, ENTER, ESCAPE, TAB};

/// A server on a thread of its own, stopped when dropped.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Site {
    pub(crate) fn start() -> Self {
        Self::serving(Setup::new())
    }

    /// Serves what was set up.
    pub(crate) fn serving(mut setup: Setup) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            setup.config.drain_timeout = Duration::from_secs(1);
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                let app = setup.app(real_checker()).await;
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                lifesign_server::serve_on(listener, app, async {
                    let _ = stopped.await;
                })
                .await;
            });
        });
        Self {
            address: address.recv().unwrap(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

const READY: &str = "document.querySelector('#accepted').textContent.includes('10 MB')";
const DONE: &str = "document.querySelector('#app').dataset.state === 'done'";
const VERDICT: &str = "document.querySelector('#verdict').textContent";

fn open(arguments: &[&str]) -> Option<(Site, Browser)> {
    let browser = Browser::start(arguments)?;
    let site = Site::start();
    browser.open(&site.url("/"));
    browser.until(READY);
    Some((site, browser))
}

fn is_verdict(text: &Value) -> bool {
    ["Live", "Spoof", "Inconclusive"]
        .map(Value::from)
        .contains(text)
}

/// Whether anything is wider than the window.
pub(crate) fn overflows(browser: &Browser) -> bool {
    browser.eval("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        == true
}

pub(crate) fn set_scheme(browser: &Browser, scheme: &str) {
    let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
    browser.devtools(
        "Emulation.setEmulatedMedia",
        json!({ "features": features }),
    );
}

#[test]
fn a_chosen_picture_is_judged_and_explained() {
    let Some((_site, browser)) = open(&[]) else {
        return;
    };
    browser.screenshot("desktop-light-start.png");
    browser.choose_file("#file", &sample_path("astronaut.jpg"));
    browser.until(DONE);
    assert!(is_verdict(&browser.eval(VERDICT)));
    assert_eq!(
        browser.eval("document.querySelectorAll('.signal').length"),
        12
    );
    assert!(browser.text(".gauge-value").starts_with("Confidence 0."));
    assert_eq!(
        browser.eval("document.querySelectorAll('#marks rect').length"),
        1
    );
    let details =
        "[...document.querySelectorAll('.signal p')].every(p => /\\d/.test(p.textContent))";
    assert_eq!(browser.eval(details), true, "each detail names a figure");
    assert!(
        browser
            .eval("document.querySelectorAll('tbody tr').length")
            .as_u64()
            > Some(3)
    );

    // What a screen reader gets: the verdict has the focus, and the status line tells it.
    assert_eq!(browser.eval("document.activeElement.id"), "verdict");
    assert_eq!(browser.role("#status"), "status");
    let said = browser.eval("document.querySelector('#status').textContent");
    assert!(said.as_str().unwrap().contains("Confidence 0."), "{said}");
    assert!(browser.label(".gauge").contains("of 1"));

    assert_eq!(
        browser.eval("document.querySelector('#pictures').open"),
        false
    );
    browser.click("#pictures summary");
    browser.until("[...document.querySelectorAll('.picture img')].every(i => i.naturalWidth > 0)");
    assert!(
        browser
            .eval("document.querySelectorAll('.picture').length")
            .as_u64()
            > Some(1)
    );
    browser.click("figure .picture");
    browser.until("document.querySelector('#viewer').open");
    assert!(!browser.text("#viewer-caption").is_empty());
    browser.screenshot("desktop-light-viewer.png");
    browser.press(&[ESCAPE]);
    browser.until("!document.querySelector('#viewer').open");

    for scheme in ["light", "dark"] {
        set_scheme(&browser, scheme);
        browser.screenshot(&format!("desktop-{scheme}-result.png"));
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_picture_without_a_face_says_so_and_what_to_do() {
    let Some((_site, browser)) = open(&[]) else {
        return;
    };
    browser.choose_file("#file", &sample_path("coffee.jpg"));
    browser.until(DONE);
    assert_eq!(browser.eval(VERDICT), "Inconclusive");
    assert!(browser.text(".reasons").contains("No face was found."));
    assert_eq!(
        browser.eval("document.querySelectorAll('.signal').length"),
        0
    );
    browser.screenshot("desktop-light-no-face.png");
}

#[test]
fn files_that_cannot_be_checked_are_refused_in_words() {
    let Some((_site, browser)) = open(&[]) else {
        return;
    };
    let folder = tempfile::TempDir::new().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::File::create(&path)
            .unwrap()
            .write_all(bytes)
            .unwrap();
        path
    };
    let shown = "!document.querySelector('#problem').hidden";
    for (path, says) in [
        (file("a.txt", b"a text"), "not an image"),
        (file("b.jpg", b"a text"), "cannot be checked"),
        (file("c.jpg", b""), "empty"),
        (file("d.jpg", &vec![0; 10 * 1024 * 1024 + 1]), "too large"),
    ] {
        browser.choose_file("#file", &path);
        browser.until(&format!(
            "{shown} && document.querySelector('#problem').textContent.includes('{says}')"
        ));
        assert_eq!(browser.role("#problem"), "alert");
    }
    browser.screenshot("desktop-light-problem.png");
    // The next good picture clears it.
    browser.choose_file("#file", &sample_path("astronaut.jpg"));
    browser.until(DONE);
    assert_eq!(
        browser.eval("document.querySelector('#problem').hidden"),
        true
    );
}

#[test]
fn a_dropped_and_a_pasted_picture_are_judged() {
    let Some((_site, browser)) = open(&[]) else {
        return;
    };
    let picture = crate::support::base64(&crate::support::sample("astronaut.jpg"));
    for (event, carrier) in [
        ("DragEvent", "dataTransfer"),
        ("ClipboardEvent", "clipboardData"),
    ] {
        let kind = if event == "DragEvent" {
            "drop"
        } else {
            "paste"
        };
        browser.eval(&format!(
            "(() => {{ const bytes = Uint8Array.from(atob('{picture}'), c => c.charCodeAt(0));\
             const data = new DataTransfer();\
             data.items.add(new File([bytes], 'me.jpg', {{ type: 'image/jpeg' }}));\
             document.querySelector('#app').dataset.state = 'idle';\
             document.body.dispatchEvent(new {event}('{kind}', \
             {{ bubbles: true, cancelable: true, {carrier}: data }})); }})()"
        ));
        browser.until(DONE);
        assert!(is_verdict(&browser.eval(VERDICT)), "{kind}");
    }
}

#[test]
fn the_camera_gives_a_picture() {
    let camera = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    ];
    let Some((_site, browser)) = open(&camera) else {
        return;
    };
    browser.click("#camera");
    browser.until("document.querySelector('#video').videoWidth > 0");
    assert_eq!(browser.eval("document.activeElement.id"), "capture");
    let mirrored = "getComputedStyle(document.querySelector('#video')).transform";
    assert_eq!(browser.eval(mirrored), "matrix(-1, 0, 0, 1, 0, 0)");
    browser.screenshot("desktop-light-camera.png");

    browser.press(&[ESCAPE]);
    browser.until("document.querySelector('#video').srcObject === null");
    assert_eq!(browser.eval("document.activeElement.id"), "camera");

    browser.click("#camera");
    browser.until("document.querySelector('#video').videoWidth > 0");
    browser.click("#capture");
    browser.until(DONE);
    // The fake camera shows a moving dial, no face.
    assert_eq!(browser.eval(VERDICT), "Inconclusive");
    assert_eq!(
        browser.eval("document.querySelector('#video').srcObject"),
        Value::Null
    );
}

#[test]
fn a_refused_camera_is_told() {
    // Without a device there is nothing to allow.
    let Some((_site, browser)) = open(&["--deny-permission-prompts"]) else {
        return;
    };
    browser.click("#camera");
    browser.until("!document.querySelector('#problem').hidden");
    let told = browser.text("#problem");
    assert!(told.to_lowercase().contains("camera"), "{told}");
    assert_eq!(
        browser.eval("document.querySelector('#app').dataset.state"),
        "idle"
    );
}

#[test]
fn the_page_fits_a_phone() {
    let Some((_site, browser)) = open(&[]) else {
        return;
    };
    for width in [360, 390] {
        browser.resize(width, 800);
        browser.open(browser.eval("location.href").as_str().unwrap());
        browser.until(READY);
        assert!(!overflows(&browser), "the start page at {width} px");
        browser.screenshot(&format!("phone-{width}-light-start.png"));
        browser.choose_file("#file", &sample_path("astronaut.jpg"));
        browser.until(DONE);
        browser.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
        assert!(!overflows(&browser), "the result at {width} px");
        let small = "[...document.querySelectorAll('button, label.button, summary')]\
             .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 24)\
             .map(e => e.textContent)";
        assert_eq!(browser.eval(small), json!([]), "too small to touch");
        for scheme in ["light", "dark"] {
            set_scheme(&browser, scheme);
            browser.screenshot(&format!("phone-{width}-{scheme}-result.png"));
        }
    }
}

#[test]
fn the_keyboard_alone_is_enough() {
    let camera = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    ];
    let Some((_site, browser)) = open(&camera) else {
        return;
    };
    let focus = |browser: &Browser| {
        browser.eval("document.activeElement.id || document.activeElement.textContent")
    };
    let mut visited = Vec::new();
    for _ in 0..8 {
        browser.press(&[TAB]);
        visited.push(focus(&browser));
        if visited.last() == Some(&Value::from("camera")) {
            break;
        }
    }
    assert!(visited.contains(&Value::from("file")), "{visited:?}");
    assert_eq!(visited.last(), Some(&Value::from("camera")), "{visited:?}");
    let outline = browser.eval("getComputedStyle(document.activeElement).outlineStyle");
    assert_eq!(outline, "solid", "the focus can be seen");

    browser.press(&[ENTER]);
    browser.until("document.querySelector('#video').videoWidth > 0");
    browser.press(&[ENTER]);
    browser.until(DONE);
    assert_eq!(focus(&browser), "verdict");

    // On to the pictures, which open and close by the keyboard too.
    for _ in 0..6 {
        browser.press(&[TAB]);
        if browser.eval("document.activeElement.matches('#pictures summary')") == true {
            break;
        }
    }
    browser.press(&[ENTER]);
    browser.until("document.querySelector('#pictures').open");
    browser.press(&[TAB, ENTER]);
    browser.until("document.querySelector('#viewer').open");
    browser.press(&[ESCAPE]);
    browser.until("!document.querySelector('#viewer').open");
    assert_eq!(browser.eval("document.activeElement.className"), "picture");
}

#[test]
fn the_api_reference_shows_its_operations() {
    let Some((site, browser)) = open(&[]) else {
        return;
    };
    browser.open(&site.url("/docs/"));
    browser.until("document.querySelectorAll('.opblock').length >= 5");
    browser.screenshot("docs.png");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
