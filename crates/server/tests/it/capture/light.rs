//! The flashing colours: never faster than is safe, never without a way out.

use serde_json::{Value, json};

use super::played::{Played, ROOT, words};
use crate::webdriver::ESCAPE;

fn colours(flash_ms: u64) -> Value {
    json!({ "kind": "light_sequence", "colours": ["red", "cyan", "yellow", "white"], "flash_ms": flash_ms })
}

impl Played {
    /// Asks for the colours and notes when which was shown.
    fn flash(&self, flash_ms: u64) {
        self.tell(json!({ "type": "ready", "total": 5 }));
        self.browser.eval(&format!(
            "(() => {{ fake.colours = []; new MutationObserver(changes => changes.forEach(({{ target }}) => \
             target.dataset.colour && fake.colours.push([target.dataset.colour, performance.now(), \
             getComputedStyle(target).backgroundColor, fake.texts.some(text => text.type === 'shown')])))\
             .observe({ROOT}, {{ subtree: true, attributeFilter: ['data-colour'] }}); }})()"
        ));
        let action = colours(flash_ms);
        self.state(
            json!({ "step": 0, "action": action, "window_ms": 4600, "may_skip": false }),
            Value::Null,
            0,
        );
    }
}

#[test]
fn colours_fill_the_screen_after_a_warning_at_their_rate() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    page.consent(json!({ "light": "required" }));
    let english = words("en");
    assert_eq!(
        page.text("#light-warning"),
        english["consent"]["light_required"].as_str().unwrap()
    );
    assert_eq!(page.of("#no-light", "it"), Value::Null);
    page.agree();
    page.flash(500);
    page.browser
        .until(&format!("{ROOT}.querySelector('dialog')?.open"));
    assert!(
        page.text("#light")
            .contains(english["light"]["warning"].as_str().unwrap())
    );
    page.until_sent(json!({ "type": "shown", "step": 0 }));
    let covers =
        "(box => box.width >= innerWidth && box.height >= innerHeight)(it.getBoundingClientRect())";
    assert_eq!(page.of("dialog", covers), true);
    page.browser
        .until(&format!("!{ROOT}.querySelector('dialog')"));
    let shown = page.browser.eval("fake.colours");
    let shown = shown.as_array().unwrap();
    let names: Vec<&Value> = shown.iter().map(|colour| &colour[0]).collect();
    assert_eq!(names, ["red", "cyan", "yellow", "white"]);
    assert_eq!(shown[0][2], "rgb(255, 0, 0)");
    assert_eq!(shown[0][3], false, "said to be shown before it was");
    assert_eq!(shown[1][3], true);
    let at = |i: usize| shown[i][1].as_f64().unwrap() - shown[0][1].as_f64().unwrap();
    for i in 1..4 {
        let late = at(i) - 500.0 * i as f64;
        assert!((-10.0..200.0).contains(&late), "{shown:?}");
    }
}

#[test]
fn no_server_can_make_it_flash_faster_than_three_times_a_second() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    page.capture(json!({ "light": "required" }));
    page.flash(50);
    page.browser.until("fake.colours.length === 4");
    let times = page.browser.eval("fake.colours.map(colour => colour[1])");
    let (first, last) = (times[0].as_f64().unwrap(), times[3].as_f64().unwrap());
    assert!(last - first >= 3.0 * 333.0, "{times}");
}

#[test]
fn escape_and_the_button_end_the_colours_at_once() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    for by_key in [true, false] {
        page.capture(json!({ "light": "required" }));
        page.flash(500);
        page.browser.until("fake.colours?.length > 0");
        if by_key {
            page.browser.press(&[ESCAPE]);
        } else {
            page.click("light-stop");
        }
        page.until_sent(json!({ "type": "abort" }));
        assert_eq!(page.of("dialog", "it"), Value::Null);
    }
}

#[test]
fn colours_that_only_count_if_seen_can_be_left_out() {
    let Some(page) = Played::start(&[]) else {
        return;
    };
    page.consent(json!({ "light": "measured" }));
    assert_eq!(page.of("#no-light", "it.checked"), false);
    page.click("no-light");
    page.agree();
    page.flash(500);
    page.until_sent(json!({ "type": "shown", "step": 0 }));
    assert_eq!(page.of("dialog", "it"), Value::Null);

    // Who asks the system for less motion has them left out already.
    let features = json!([{ "name": "prefers-reduced-motion", "value": "reduce" }]);
    page.browser.devtools(
        "Emulation.setEmulatedMedia",
        json!({ "features": features }),
    );
    page.consent(json!({ "light": "measured" }));
    assert_eq!(page.of("#no-light", "it.checked"), true);
    page.browser
        .devtools("Emulation.setEmulatedMedia", json!({ "features": [] }));
}
