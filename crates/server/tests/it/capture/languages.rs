//! Every language says everything.

use std::collections::{BTreeMap, BTreeSet};

use lifesign_challenge::digits::Unheard;
use lifesign_challenge::{Guidance, SessionFailure, StepFailure, StepKind};
use serde_json::Value;

use crate::support::Client;

const LANGUAGES: [&str; 5] = ["de", "en", "es", "fr", "hi"];
/// What the WebSocket refuses with (docs/CAPTURE.md).
const REFUSALS: [&str; 10] = [
    "expired",
    "used",
    "cancelled",
    "busy",
    "not_found",
    "bad_message",
    "too_large",
    "unavailable",
    "consent_missing",
    "location_missing",
];
const MODULES: [&str; 9] = [
    "/capture.js",
    "/capture/flow.js",
    "/capture/light.js",
    "/capture/media.js",
    "/capture/screens.js",
    "/capture/session.js",
    "/capture/view.js",
    "/capture/words.js",
    "/capture/page.js",
];

/// The words of some variants on the wire. A variant that is not listed does not compile: the match has no other arm.
macro_rules! wire_words {
    ($kind:ident: $($variant:ident)*) => {{
        let _complete = |value: $kind| match value { $($kind::$variant { .. } => (),)* };
        [$(serde_json::to_value($kind::$variant).unwrap().as_str().unwrap().to_owned()),*]
    }};
}

fn guidance() -> impl IntoIterator<Item = String> {
    wire_words!(Guidance: FaceLost SeveralFaces TooFar TooClose TooDark TooBright FaceForward HoldStill Further
        LessFar WrongMovement KeepThere OnceMore ComeBack)
}

fn failures() -> Vec<String> {
    // `NotHeard` carries the reason, and the reason is what is told.
    let _complete = |failure: StepFailure| match failure {
        StepFailure::NotHeard(_)
        | StepFailure::ImpossibleReaction
        | StepFailure::NoReaction
        | StepFailure::TooLate
        | StepFailure::WrongMovement
        | StepFailure::Discontinuous
        | StepFailure::NotReturned
        | StepFailure::WrongDigits
        | StepFailure::LipsDoNotFollow
        | StepFailure::LightDoesNotMatch
        | StepFailure::LightTooWeak => (),
    };
    let steps = [
        StepFailure::ImpossibleReaction,
        StepFailure::NoReaction,
        StepFailure::TooLate,
        StepFailure::WrongMovement,
        StepFailure::Discontinuous,
        StepFailure::NotReturned,
        StepFailure::WrongDigits,
        StepFailure::LipsDoNotFollow,
        StepFailure::LightDoesNotMatch,
        StepFailure::LightTooWeak,
    ];
    let steps = steps.map(|step| {
        serde_json::to_value(step)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    });
    let sessions = wire_words!(SessionFailure: FaceLost SecondFace IdentityChanged StreamStopped NeverAtRest
        PromptNotShown SessionTooLong EventOutOfOrder ClockRanBackwards Aborted);
    let unheard = wire_words!(Unheard: NoMicrophone NoRecogniser Silence TooShort);
    [steps.to_vec(), sessions.to_vec(), unheard.to_vec()].concat()
}

fn kinds() -> impl Iterator<Item = &'static str> {
    let others = [StepKind::ReadDigits, StepKind::LightSequence];
    StepKind::MOVEMENTS
        .into_iter()
        .chain(others)
        .map(StepKind::as_str)
}

async fn words(client: &Client, language: &str) -> Value {
    let file = client.get(&format!("/capture/lang/{language}.json")).await;
    serde_json::from_slice(&file.body).unwrap()
}

/// Every text by its dotted key.
fn texts(words: &Value) -> BTreeMap<String, String> {
    fn walk(prefix: &str, value: &Value, into: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(map) => map
                .iter()
                .for_each(|(key, value)| walk(&format!("{prefix}{key}."), value, into)),
            Value::Array(list) => list
                .iter()
                .enumerate()
                .for_each(|(i, value)| walk(&format!("{prefix}{i}."), value, into)),
            text => {
                let key = prefix.trim_end_matches('.').to_owned();
                assert_eq!(
                    into.insert(key, text.as_str().unwrap().trim().to_owned()),
                    None
                );
            }
        }
    }
    let mut all = BTreeMap::new();
    walk("", words, &mut all);
    all
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect()
}

#[tokio::test]
async fn every_code_has_a_text_in_every_language() {
    let client = Client::real().await;
    for language in LANGUAGES {
        let words = words(&client, language).await;
        let has = |section: &str, code: &str| {
            assert!(
                !words[section][code].is_null(),
                "{language}: {section}.{code}"
            );
        };
        guidance()
            .into_iter()
            .for_each(|code| has("guidance", &code));
        failures().iter().for_each(|code| has("failure", code));
        kinds().for_each(|kind| has("action", kind));
        REFUSALS.iter().for_each(|code| has("problem", code));
    }
}

#[tokio::test]
async fn all_languages_say_the_same_things_with_the_same_places_to_fill() {
    let client = Client::real().await;
    let english = texts(&words(&client, "en").await);
    for language in LANGUAGES {
        let own = texts(&words(&client, language).await);
        // Some browsers need one instruction more in one language than in another.
        let keys = |texts: &BTreeMap<String, String>| -> BTreeSet<String> {
            texts.keys().cloned().collect()
        };
        assert_eq!(keys(&own), keys(&english), "{language}");
        for (key, text) in &own {
            assert!(!text.is_empty(), "{language}: {key}");
            assert_eq!(
                placeholders(text),
                placeholders(&english[key]),
                "{language}: {key}"
            );
        }
        let same = own
            .iter()
            .filter(|(key, text)| language != "en" && english[*key] == **text);
        let same: Vec<_> = same
            .map(|(key, _)| key.as_str())
            .filter(|key| *key != "dir")
            .collect();
        assert!(same.is_empty(), "{language} has English texts: {same:?}");
    }
}

#[tokio::test]
async fn every_text_that_the_component_asks_for_is_there() {
    let client = Client::real().await;
    let words = words(&client, "en").await;
    let mut found = 0;
    for module in MODULES {
        let script = client.get(module).await.text();
        for (call, section) in [
            ("t('", ""),
            ("has('", ""),
            ("Unavailable('", "problem"),
            ("Refused('", "problem"),
            ("#fail('", "problem"),
            (".problem('", "problem"),
        ] {
            for (at, _) in script.match_indices(call) {
                let (before, rest) = (&script[..at], &script[at + call.len()..]);
                // The end of a longer name, such as `createElement`.
                if call.starts_with(char::is_alphabetic) && before.ends_with(char::is_alphanumeric)
                {
                    continue;
                }
                let key = rest.split('\'').next().unwrap();
                let pointer = format!("/{section}/{}", key.replace('.', "/")).replace("//", "/");
                // `t(` is the end of many a name; keys are words with dots.
                if key
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c == '_' || c == '.')
                {
                    assert!(words.pointer(&pointer).is_some(), "{module} asks for {key}");
                    found += 1;
                }
            }
        }
    }
    assert!(found > 50, "only {found} texts were looked for");
}
