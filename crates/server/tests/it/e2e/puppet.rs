//! What the puppet of puppet.js is made of: pictures of a head at every place that it can be in, and ten spoken digits.

use std::process::Command;
use std::sync::LazyLock;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use lifesign_media::{Frame, Limits, decode};
use lifesign_testkit::{Page, Puppet};
use serde_json::{Value, json};

use crate::support::{base64, engine, sample};
use crate::webdriver::Browser;

const SIZE: [u32; 2] = [640, 480];
const DIGITS: [&str; 10] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
];

/// Axis, place on it and JPEG file in base64.
type Picture = (&'static str, f64, String);

static ASTRONAUT: LazyLock<Vec<Picture>> = LazyLock::new(|| pictures("astronaut.jpg"));
static HOPPER: LazyLock<Vec<Picture>> = LazyLock::new(|| pictures("grace_hopper.jpg"));
static VOICE: LazyLock<Vec<String>> = LazyLock::new(|| DIGITS.iter().map(|d| spoken(d)).collect());

/// Draws and speaks everything, which takes a while: better before a browser waits for it.
pub(super) fn rehearse() {
    let _ = (ASTRONAUT.len(), HOPPER.len(), VOICE.len());
}

/// Gives the puppet in the page its pictures and its voice; `stranger` those of a second person too.
pub(super) fn dress(browser: &Browser, stranger: bool) {
    let faces = [(0, &*ASTRONAUT), (1, &*HOPPER)];
    for (face, pictures) in faces.into_iter().take(1 + usize::from(stranger)) {
        // Not all at once: a command of many megabytes is slow to be read.
        for some in pictures.chunks(12) {
            let calls = some.iter().map(|(axis, place, jpeg)| {
                let arguments = json!([face, axis, place, jpeg]);
                format!("puppet.add(...{arguments})")
            });
            let calls = Vec::from_iter(calls).join(",");
            browser.eval(&format!("Promise.all([{calls}]).then(() => true)"));
        }
    }
    for (digit, wav) in VOICE.iter().enumerate() {
        let wav = Value::from(wav.as_str());
        browser.eval(&format!("puppet.speak({digit}, {wav}).then(() => true)"));
    }
}

fn pictures(name: &str) -> Vec<Picture> {
    let portrait = decode(&sample(name), &Limits::default()).unwrap().frame;
    let puppet = Puppet::of(&engine(), portrait);
    let drawn = Page::all().into_iter().map(|page| {
        let frame = puppet.render(&page.state(), SIZE);
        (page.axis.as_str(), page.place, jpeg(&frame))
    });
    drawn.collect()
}

fn jpeg(frame: &Frame) -> String {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .write_image(
            frame.rgb(),
            frame.width(),
            frame.height(),
            ExtendedColorType::Rgb8,
        )
        .unwrap();
    base64(&bytes)
}

/// A WAV file of one word.
fn spoken(word: &str) -> String {
    let wav = Command::new("espeak-ng")
        .args(["-v", "en-us", "-s", "140", "--stdout", word])
        .output();
    base64(
        &wav.expect("espeak-ng speaks (`make e2e` installs it)")
            .stdout,
    )
}
