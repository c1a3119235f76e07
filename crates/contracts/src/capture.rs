//! The messages of the stream between a capture page and the server, as docs/CAPTURE.md lists them.

use bytes::Bytes;
use lifesign_challenge::{Guidance, Output, Progress, Prompt};
use serde::{Deserialize, Serialize};

/// Largest text message in bytes.
const MAX_TEXT_BYTES: usize = 4 * 1024;
/// Largest piece of sound in bytes: two seconds.
const MAX_SOUND_BYTES: usize = 64 * 1024;
/// Kind and sequence number before the content of a binary message.
pub const HEAD_BYTES: usize = 5;

/// What the page says in text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromPage {
    /// The person has agreed and the camera runs.
    Start(Start),
    /// A prompt is on the screen.
    Shown {
        /// Counted from 0.
        step: usize,
    },
    /// The person leaves a step out.
    Skip {
        /// Counted from 0.
        step: usize,
    },
    /// The person has had enough.
    Abort,
}

/// How a session begins.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Start {
    /// Whether the person has agreed.
    #[serde(default)]
    pub consent: bool,
    /// Whether there will be sound.
    #[serde(default)]
    pub microphone: bool,
    /// Where the device is, if the person allowed it.
    #[serde(default)]
    pub geolocation: Option<Position>,
    /// Name of the camera, where the browser gives it.
    #[serde(default)]
    pub camera: Option<String>,
}

/// Where the device says that it is, in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Position {
    /// North is positive.
    pub latitude: f64,
    /// East is positive.
    pub longitude: f64,
}

/// What the page sends in binary.
#[derive(Clone, Debug, PartialEq)]
pub enum Media {
    /// A JPEG file with its sequence number.
    Frame {
        /// The page's own count.
        sequence: u32,
        /// The file, not looked at yet.
        jpeg: Bytes,
    },
    /// 16 kHz mono.
    Sound(Vec<i16>),
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToPage<'a> {
    /// The session is open: frames may come.
    Ready {
        /// Steps of the session.
        total: usize,
    },
    /// What is asked, what the person should do about the picture, and how far the session is.
    State {
        /// What is asked, once the face is at rest.
        prompt: Option<&'a Prompt>,
        /// What is wrong with the picture.
        guidance: Option<Guidance>,
        /// Steps done and in all.
        progress: Progress,
        /// Sequence number of the newest frame that was looked at.
        received: Option<u32>,
    },
    /// Everything was captured.
    Processing,
    /// The end.
    Finished {
        /// The session's state.
        state: &'a str,
        /// Why it failed.
        reason: Option<&'a str>,
        /// Whether an attempt is left.
        may_retry: bool,
        /// Where the page goes.
        redirect_url: Option<&'a str>,
    },
    /// There is no session, or not any more.
    Refused {
        /// A word for programs.
        code: &'a str,
        /// A sentence for people.
        message: &'a str,
    },
}

impl<'a> ToPage<'a> {
    /// The state after `output`; `received` is the newest frame that was looked at.
    pub fn state(output: &'a Output, received: Option<u32>) -> Self {
        Self::State {
            prompt: output.prompt.as_ref(),
            guidance: output.guidance,
            progress: output.progress,
            received,
        }
    }
}

/// Why the page is sent away, in a word for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The word.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// A message that the page must not send.
    pub fn bad_message(message: impl Into<String>) -> Self {
        Self::new("bad_message", message)
    }
}

/// Reads what the page says in text.
///
/// # Errors
/// `too_large`, or `bad_message` for what is no message of the page.
pub fn read_text(text: &str) -> Result<FromPage, Refusal> {
    if text.len() > MAX_TEXT_BYTES {
        let message = format!(
            "a text message has {} bytes, at most {MAX_TEXT_BYTES} are accepted",
            text.len()
        );
        return Err(Refusal::new("too_large", message));
    }
    serde_json::from_str(text)
        .map_err(|error| Refusal::bad_message(format!("a text message is not understood: {error}")))
}

/// Reads a binary message: its kind, its sequence number, its content.
///
/// # Errors
/// `too_large`, or `bad_message` for another kind, half a head or half a sample.
pub fn read_binary(bytes: &Bytes) -> Result<Media, Refusal> {
    let Some((&[kind, a, b, c, d], content)) = bytes.split_first_chunk::<HEAD_BYTES>() else {
        return Err(Refusal::bad_message(format!(
            "a binary message has {} bytes, its head alone has {HEAD_BYTES}",
            bytes.len()
        )));
    };
    match kind {
        1 => Ok(Media::Frame {
            sequence: u32::from_le_bytes([a, b, c, d]),
            jpeg: bytes.slice(HEAD_BYTES..),
        }),
        2 => sound(content).map(Media::Sound),
        kind => Err(Refusal::bad_message(format!(
            "a binary message is of kind {kind}; 1 (frame) and 2 (sound) are known"
        ))),
    }
}

fn sound(content: &[u8]) -> Result<Vec<i16>, Refusal> {
    if content.len() > MAX_SOUND_BYTES {
        let message = format!(
            "sound has {} bytes, at most {MAX_SOUND_BYTES} are accepted in one message",
            content.len()
        );
        return Err(Refusal::new("too_large", message));
    }
    let samples = content.chunks_exact(2);
    if !samples.remainder().is_empty() {
        return Err(Refusal::bad_message(
            "sound has half a sample; it is 16-bit, 16 kHz, mono",
        ));
    }
    Ok(samples
        .filter_map(|pair| Some(i16::from_le_bytes(pair.try_into().ok()?)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_messages_are_read_and_others_named() {
        let start = r#"{"type":"start","consent":true,"microphone":true,"geolocation":{"latitude":1.5,"longitude":-2},"language":"de"}"#;
        let Ok(FromPage::Start(start)) = read_text(start) else {
            panic!("a start")
        };
        assert!(start.consent && start.microphone && start.camera.is_none());
        assert_eq!(start.geolocation.unwrap().longitude, -2.0);
        let no_position = read_text(r#"{"type":"start","geolocation":null}"#).unwrap();
        let FromPage::Start(start) = no_position else {
            panic!("a start")
        };
        assert!(!start.consent && start.geolocation.is_none());
        assert_eq!(
            read_text(r#"{"type":"shown","step":3}"#),
            Ok(FromPage::Shown { step: 3 })
        );
        assert_eq!(
            read_text(r#"{"type":"skip","step":0}"#),
            Ok(FromPage::Skip { step: 0 })
        );
        assert_eq!(read_text(r#"{"type":"abort"}"#), Ok(FromPage::Abort));
        for bad in [
            "",
            "{}",
            r#"{"type":"dance"}"#,
            r#"{"type":"shown","step":-1}"#,
        ] {
            assert_eq!(read_text(bad).unwrap_err().code, "bad_message", "{bad}");
        }
        let long = format!(r#"{{"type":"abort","x":"{}"}}"#, "x".repeat(MAX_TEXT_BYTES));
        assert_eq!(read_text(&long).unwrap_err().code, "too_large");
    }

    #[test]
    fn binary_messages_are_read_and_others_named() {
        let frame = Bytes::from_static(&[1, 2, 1, 0, 0, 0xff, 0xd8]);
        assert_eq!(
            read_binary(&frame),
            Ok(Media::Frame {
                sequence: 258,
                jpeg: Bytes::from_static(&[0xff, 0xd8]),
            })
        );
        let sound = Bytes::from_static(&[2, 0, 0, 0, 0, 1, 0, 0xff, 0xff]);
        assert_eq!(read_binary(&sound), Ok(Media::Sound(vec![1, -1])));
        for (bad, code) in [
            (Bytes::from_static(&[1, 0, 0]), "bad_message"),
            (Bytes::from_static(&[7, 0, 0, 0, 0]), "bad_message"),
            (Bytes::from_static(&[2, 0, 0, 0, 0, 1]), "bad_message"),
            (
                Bytes::from([vec![2; 5], vec![0; MAX_SOUND_BYTES + 2]].concat()),
                "too_large",
            ),
        ] {
            assert_eq!(read_binary(&bad).unwrap_err().code, code);
        }
    }

    #[test]
    fn the_server_speaks_as_documented() {
        let word = |message: &ToPage| serde_json::to_value(message).unwrap();
        assert_eq!(
            word(&ToPage::Ready { total: 5 }),
            serde_json::json!({"type": "ready", "total": 5})
        );
        let output = Output {
            prompt: Some(Prompt {
                step: 0,
                action: lifesign_challenge::Action::TurnLeft { degrees: 20 },
                window_ms: 7_000,
                may_skip: false,
            }),
            guidance: Some(Guidance::TooFar),
            progress: Progress { done: 0, total: 5 },
            outcome: None,
        };
        assert_eq!(
            word(&ToPage::state(&output, Some(7))),
            serde_json::json!({
                "type": "state",
                "prompt": {"step": 0, "action": {"kind": "turn_left", "degrees": 20},
                           "window_ms": 7000, "may_skip": false},
                "guidance": "too_far",
                "progress": {"done": 0, "total": 5},
                "received": 7,
            })
        );
        let finished = ToPage::Finished {
            state: "failed",
            reason: Some("wrong_digits"),
            may_retry: true,
            redirect_url: None,
        };
        assert_eq!(
            word(&finished),
            serde_json::json!({"type": "finished", "state": "failed", "reason": "wrong_digits",
                               "may_retry": true, "redirect_url": null})
        );
    }
}
