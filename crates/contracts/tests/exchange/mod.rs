//! Recorded exchanges: reads `src/<contract>/fixtures/<case>/`, fills in what a test provides and
//! holds answers against what is recorded. FIXTURES.md describes the format.
//!
//! The contracts' own test plays them without a server; the server's tests, which include this
//! file, play them through the real router.

#![allow(dead_code, reason = "each of the two uses a part")]

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use lifesign_domain::{
    AudioMatch, FaceMatch, ReasonCode, SessionResult, SessionState, SessionStep, Verdict,
};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

/// One case.
pub(crate) struct Exchange {
    pub(crate) contract: String,
    pub(crate) case: String,
    pub(crate) request: Request,
    pub(crate) response: Response,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    /// What the case shows.
    about: String,
    /// What the server must be brought to before; see FIXTURES.md.
    pub(crate) setup: Option<String>,
    /// A case of the same contract that is sent before.
    pub(crate) before: Option<String>,
    /// What comes of the request once it was read, for tests without a server. Absent where the
    /// contract itself refuses it.
    pub(crate) given: Option<Given>,
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: Body,
}

/// What comes of a request.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Given {
    Checked {
        verdict: Verdict,
        confidence: f64,
        faces: usize,
        #[serde(default)]
        reasons: Vec<ReasonCode>,
    },
    /// A judged clip.
    Clip {
        verdict: Verdict,
        confidence: f64,
        faces: usize,
    },
    Token {
        authkey: String,
        expires_in: u64,
    },
    /// An active session.
    Session {
        state: SessionState,
        /// Whether it was made by this request.
        #[serde(default)]
        made: bool,
        #[serde(default)]
        originals: Vec<String>,
        captured: Option<CapturedSession>,
        failure: Option<String>,
    },
    /// A page of so many sessions.
    Sessions(usize),
    Failure {
        kind: String,
        message: String,
        /// Whether the request was refused before its body was read.
        #[serde(default)]
        unread: bool,
    },
}

/// What a capture told.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CapturedSession {
    pub(crate) verdict: Verdict,
    /// Of every reference image.
    pub(crate) score: u8,
    pub(crate) covariance: f64,
    /// None: the digits were skipped.
    pub(crate) audio: Option<u8>,
    pub(crate) location: Option<(f64, f64)>,
}

impl CapturedSession {
    /// The result, with `references` face matches that share the first frame.
    pub(crate) fn result(&self, references: usize) -> SessionResult {
        let live = self.verdict == Verdict::Live;
        SessionResult {
            verdict: self.verdict,
            confidence: if live { 0.9 } else { 0.1 },
            threshold: 0.58,
            challenge_passed: true,
            failure: None,
            steps: vec![SessionStep {
                kind: "turn_left".to_owned(),
                result: "passed".to_owned(),
                reason: None,
                reaction_ms: Some(800),
            }],
            face_matches: vec![
                FaceMatch {
                    score: self.score,
                    covariance: self.covariance,
                    same_person: self.score >= 50,
                    best_frame: Some(0),
                };
                references
            ],
            audio: AudioMatch {
                score: self.audio,
                reason: self.audio.is_none().then(|| "skipped".to_owned()),
            },
            static_risk: false,
            prerecorded_risk: !live,
            signals: Vec::new(),
            reasons: Vec::new(),
            profile: "ensemble".to_owned(),
            calibration: "fake".to_owned(),
            duration_s: 20.5,
            frame_count: 200,
        }
    }
}

/// A body with placeholders.
#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Body {
    #[default]
    None,
    /// JSON, sent as it is written.
    Json(Box<RawValue>),
    /// Any text.
    Text(String),
    /// The name of an image, sent as it is.
    File(String),
    /// A form.
    Form(Vec<FormField>),
}

/// A field of a form: `value`, or `file` with the name of an image.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormField {
    pub(crate) name: String,
    pub(crate) value: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Headers that must be there with this value.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Box<RawValue>,
}

/// Every case, sorted.
pub(crate) fn all() -> Vec<Exchange> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/src");
    let mut exchanges = Vec::new();
    for contract in folders(&source) {
        let fixtures = source.join(&contract).join("fixtures");
        for case in folders(&fixtures) {
            exchanges.push(Exchange {
                request: read(&fixtures.join(&case).join("request.json")),
                response: read(&fixtures.join(&case).join("response.json")),
                contract: contract.clone(),
                case,
            });
        }
    }
    exchanges
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn folders(parent: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The path of an exchange as the contract writes it, with braces for what varies.
pub(crate) fn documented<'a>(path: &'a str, documented: impl Iterator<Item = &'a str>) -> &'a str {
    let path = path.split('?').next().unwrap_or(path);
    let fits = |pattern: &str| {
        let (parts, wanted) = (path.split('/'), pattern.split('/'));
        parts.clone().count() == wanted.clone().count()
            && parts
                .zip(wanted)
                .all(|(part, wanted)| part == wanted || wanted.starts_with('{'))
    };
    let mut fitting: Vec<&str> = documented.filter(|pattern| fits(pattern)).collect();
    // The one that names the path itself, if there is one.
    fitting.sort_by_key(|pattern| pattern.contains('{'));
    fitting.first().copied().unwrap_or(path)
}

/// Replaces each `{{word}}` by what `value` gives for it.
pub(crate) fn fill(text: &str, value: &dyn Fn(&str) -> String) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (word, tail) = after.split_once("}}").expect("a placeholder is closed");
        filled += before;
        filled += &value(word);
        rest = tail;
    }
    filled + rest
}

/// Holds the body of an answer against the recorded one: the same keys in the same order, the
/// same values, and what each placeholder demands.
///
/// # Errors
/// With the first difference.
pub(crate) fn compare(expected: &str, answer: &str) -> Result<(), String> {
    same(&Node::parse(expected)?, &Node::parse(answer)?, "$")
}

/// JSON that keeps the order of its keys and the way in which its numbers are written.
enum Node {
    Object(Vec<(String, Self)>),
    Array(Vec<Self>),
    String(String),
    /// A number, true, false or null as it is written.
    Plain(String),
}

impl Node {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let bad = |e: serde_json::Error| format!("{e} in {text}");
        match text.as_bytes().first() {
            Some(b'{') => {
                let Pairs(pairs) = serde_json::from_str(text).map_err(bad)?;
                let nodes = pairs
                    .into_iter()
                    .map(|(key, value)| Self::parse(value.get()).map(|node| (key, node)));
                nodes.collect::<Result<_, _>>().map(Self::Object)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).map_err(bad)?;
                let nodes = items.into_iter().map(|item| Self::parse(item.get()));
                nodes.collect::<Result<_, _>>().map(Self::Array)
            }
            Some(b'"') => serde_json::from_str(text).map(Self::String).map_err(bad),
            _ => {
                let plain: &RawValue = serde_json::from_str(text).map_err(bad)?;
                Ok(Self::Plain(plain.get().to_owned()))
            }
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(pairs) => {
                let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
                write!(f, "an object with {keys:?}")
            }
            Self::Array(items) => write!(f, "an array of {}", items.len()),
            Self::String(text) => write!(f, "{text:?}"),
            Self::Plain(text) => f.write_str(text),
        }
    }
}

#[derive(Debug)]
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn same(expected: &Node, answer: &Node, at: &str) -> Result<(), String> {
    let differ = || Err(format!("{at}: expected {expected}, got {answer}"));
    match (expected, answer) {
        (Node::Object(wanted), Node::Object(got)) => {
            let mut got = got.iter().peekable();
            for (key, value) in wanted {
                let (name, optional) = match key.strip_suffix('?') {
                    Some(name) => (name, true),
                    None => (key.as_str(), false),
                };
                match got.next_if(|(there, _)| there == name) {
                    Some((_, there)) => same(value, there, &format!("{at}.{name}"))?,
                    None if optional => {}
                    None => return differ(),
                }
            }
            if got.peek().is_some() {
                differ()
            } else {
                Ok(())
            }
        }
        (Node::Array(wanted), Node::Array(got)) if wanted.len() == got.len() => wanted
            .iter()
            .zip(got)
            .try_for_each(|(wanted, got)| same(wanted, got, &format!("{at}[]"))),
        (Node::String(wanted), _) if wanted.contains("{{") => {
            if demanded(wanted, answer) {
                Ok(())
            } else {
                differ()
            }
        }
        (Node::String(wanted), Node::String(got)) if wanted == got => Ok(()),
        (Node::Plain(wanted), Node::Plain(got)) if wanted == got => Ok(()),
        _ => differ(),
    }
}

/// Whether `answer` is what a string with one placeholder demands.
fn demanded(wanted: &str, answer: &Node) -> bool {
    let (before, rest) = wanted.split_once("{{").expect("the caller has seen it");
    let (word, after) = rest.split_once("}}").expect("a placeholder is closed");
    let (word, argument) = word.split_once(':').unwrap_or((word, ""));
    let text = match (word, answer) {
        ("object", answer) => return matches!(answer, Node::Object(_)),
        ("array", answer) => return matches!(answer, Node::Array(_)),
        ("null_or", Node::Plain(plain)) => return plain == "null",
        ("number" | "percent_3" | "seconds", Node::Plain(plain)) => plain,
        ("number" | "percent_3" | "seconds", _) => return false,
        (_, Node::String(text)) => text,
        _ => return false,
    };
    let inner = text
        .strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(after));
    inner.is_some_and(|inner| is(word, argument, inner))
}

fn is(word: &str, argument: &str, text: &str) -> bool {
    let all = |text: &str, good: fn(u8) -> bool| text.bytes().all(good);
    let percent = |decimals: usize| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = all(whole, |c| c.is_ascii_digit()) && all(fraction, |c| c.is_ascii_digit());
        let short = whole == "0" || !whole.starts_with('0');
        let number = text
            .parse::<f64>()
            .is_ok_and(|n| (0.0..=100.0).contains(&n));
        digits && short && number && fraction.len() == decimals
    };
    match word {
        "text" => !text.trim().is_empty() && text.contains(argument),
        "null_or" => text == argument,
        "number" => text.parse::<f64>().is_ok(),
        "percent_0" => percent(0) && !text.contains('.'),
        "percent_3" => percent(3),
        "percent_6" => percent(6),
        "seconds" => text.parse::<u64>().is_ok_and(|seconds| seconds > 0),
        "millis" => text.len() == 13 && all(text, |c| c.is_ascii_digit()),
        "reference" => text.split_once('-').is_some_and(|(millis, tail)| {
            millis.len() == 13
                && all(millis, |c| c.is_ascii_digit())
                && tail.len() == 8
                && all(tail, |c| c.is_ascii_digit() || c.is_ascii_uppercase())
        }),
        "txn" => text.len() == 32 && all(text, |c| matches!(c, b'0'..=b'9' | b'A'..=b'F')),
        "lv" => text.strip_prefix("lv_").is_some_and(|digits| {
            digits.len() == 16 && all(digits, |c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
        }),
        "time" => text.len() == 24 && text.ends_with('Z') && text.as_bytes()[10] == b'T',
        "token" => !text.is_empty() && all(text, |c| c.is_ascii_graphic()),
        _ => panic!("the placeholder {word} is none"),
    }
}
