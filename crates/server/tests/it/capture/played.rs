//! A capture page whose server, camera and microphone are played by the test (fake.js).

use serde_json::{Value, json};

use crate::browser::Site;
use crate::webdriver::Browser;

const FAKE: &str = include_str!("fake.js");
const PATH: &str = "/verify-video/0123456789ABCDEF0123456789ABCDEF";
/// Without this a click by script would not count as one, and sound would never start.
const ARGUMENTS: [&str; 3] = [
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--lang=en-US",
];
pub(super) const ROOT: &str = "document.querySelector('lifesign-capture').shadowRoot";

pub(super) struct Played {
    pub(super) browser: Browser,
    pub(super) site: Site,
}

impl Played {
    /// `None` where there is no browser and none is asked for.
    pub(super) fn start(arguments: &[&str]) -> Option<Self> {
        let browser = Browser::start(&[&ARGUMENTS[..], arguments].concat())?;
        let site = Site::start();
        browser.prepare(FAKE);
        Some(Self { browser, site })
    }

    /// Opens the page; `session` changes what the server tells of it, `world` the rest of fake.js.
    pub(super) fn open(&self, session: Value, world: Value) {
        let mut world = world;
        world["change"] = session;
        // The storage belongs to the origin, so a page of it must be open.
        self.browser.open(&self.site.url("/assets/icon.svg"));
        let text = Value::from(world.to_string());
        self.browser
            .eval(&format!("sessionStorage.setItem('fake', {text})"));
        self.browser.open(&self.site.url(PATH));
    }

    /// What the console complained about, less the icon that the browser looks for beside pages that are none of ours.
    pub(super) fn complaints(&self) -> Vec<String> {
        let mut complaints = self.browser.complaints();
        complaints.retain(|text| !text.contains("/favicon.ico"));
        complaints
    }

    /// Opens the page and gets to the consent text.
    pub(super) fn consent(&self, session: Value) {
        self.open(session, json!({}));
        self.screen("consent");
    }

    /// Opens the page, agrees, and waits for the connection.
    pub(super) fn capture(&self, session: Value) {
        self.consent(session);
        self.agree();
    }

    pub(super) fn agree(&self) {
        self.click("agree");
        self.screen("capture");
        self.browser
            .until("fake.texts.some(text => text.type === 'start')");
        self.browser
            .until(&format!("{ROOT}.querySelector('video').videoWidth > 0"));
    }

    pub(super) fn screen(&self, name: &str) {
        self.browser.until(&format!(
            "{ROOT}?.querySelector('.stage')?.dataset.screen === '{name}'"
        ));
    }

    pub(super) fn click(&self, id: &str) {
        self.browser.click(&inside(&format!("#{id}")));
    }

    /// Visible text of a part of the component.
    pub(super) fn text(&self, selector: &str) -> String {
        self.browser.text(&inside(selector))
    }

    /// A JavaScript expression about the part of the component with a selector, as `it`.
    pub(super) fn of(&self, selector: &str, expression: &str) -> Value {
        self.browser.eval(&format!(
            "(it => {expression})({ROOT}.querySelector('{selector}'))"
        ))
    }

    /// The server speaks.
    pub(super) fn tell(&self, message: Value) {
        self.browser.eval(&format!("fake.tell({message})"));
    }

    pub(super) fn state(&self, prompt: Value, guidance: Value, done: usize) {
        self.tell(json!({
            "type": "state", "prompt": prompt, "guidance": guidance,
            "progress": { "done": done, "total": 5 }, "received": 1_000_000,
        }));
    }

    /// Asks for a step and waits until the page says that it is shown.
    pub(super) fn ask(&self, step: usize, action: Value, may_skip: bool) {
        let prompt =
            json!({ "step": step, "action": action, "window_ms": 7000, "may_skip": may_skip });
        self.state(prompt, Value::Null, step);
        self.until_sent(json!({ "type": "shown", "step": step }));
    }

    pub(super) fn finish(&self, state: &str, reason: Value, may_retry: bool, redirect: Value) {
        self.tell(json!({
            "type": "finished", "state": state, "reason": reason, "may_retry": may_retry, "redirect_url": redirect,
        }));
    }

    /// Waits until the page has sent a text with these fields.
    pub(super) fn until_sent(&self, message: Value) {
        self.browser.until(&format!(
            "fake.texts.some(text => Object.entries({message}).every(([key, value]) => text[key] === value))"
        ));
    }

    /// Waits for an event of the component and answers its detail.
    pub(super) fn event(&self, name: &str) -> Value {
        self.browser
            .until(&format!("fake.events.some(([name]) => name === '{name}')"));
        self.browser.eval(&format!(
            "fake.events.findLast(([name]) => name === '{name}')[1]"
        ))
    }

    /// The devices are off.
    pub(super) fn is_off(&self) -> bool {
        self.browser
            .eval("fake.tracks.every(track => track.readyState === 'ended')")
            == true
    }
}

/// The selector of a part of the component.
pub(super) fn inside(selector: &str) -> String {
    format!("lifesign-capture >>> {selector}")
}

/// The texts of a language, as the page has them.
pub(super) fn words(language: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/pages/capture/lang/");
    let text = std::fs::read(format!("{folder}{language}.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}
