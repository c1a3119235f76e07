//! What the contracts with active sessions have in common: what can be asked for, and what is told.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use lifesign_challenge::{DigitsPolicy, LightPolicy, MAX_MOVEMENTS, MIN_MOVEMENTS, Options};
use lifesign_domain::{SessionResult, SessionState};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::fields::{Field, JsonObject, json_type, label};
use crate::{Failure, FailureKind, ImageSource};

/// Most reference images of a session.
pub const REFERENCES: usize = 4;
/// Largest body in bytes of a request for a session: reference images come as base64.
pub const SESSION_BYTES: usize = 24 * 1024 * 1024;

/// A session to make.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionRequest<'a> {
    /// What it is for.
    pub purpose: String,
    /// The caller's reference.
    pub reference: Option<String>,
    /// Where the person goes afterwards.
    pub redirect_url: Option<String>,
    /// Where the result is sent.
    pub callback_url: Option<String>,
    /// Images of the person who is expected.
    pub references: Vec<Reference<'a>>,
    /// Whether the page asks where the person is.
    pub geolocation: Geolocation,
    /// Language of the page; the browser's if absent.
    pub language: Option<Language>,
    /// How long the link may be opened.
    pub ttl: Duration,
    /// How often the person may try.
    pub attempts: u32,
    /// What the person is asked for.
    pub challenge: Options,
    /// Profile by which frames are judged; the tenant's or the server's default if absent.
    pub profile: Option<String>,
}

/// A reference image.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference<'a> {
    /// Where it stands in the request, for instance `face_image_base64s[1]`.
    pub place: String,
    /// Where the image is.
    pub image: ImageSource<'a>,
}

impl Reference<'_> {
    /// What names the image in results: its URL, or its place where it was sent in the body.
    pub fn name(&self) -> &str {
        match &self.image {
            ImageSource::Url(url) => url,
            _ => &self.place,
        }
    }
}

/// Whether the page asks where the person is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Geolocation {
    /// It does not ask.
    #[default]
    None,
    /// It asks; the person may decline.
    Optional,
    /// It asks, and nothing begins without.
    Required,
}

/// A language of the capture page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// German.
    De,
    /// English.
    En,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// Hindi.
    Hi,
}

/// A look at a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLook {
    /// Its identifier, as the path has it.
    pub id: String,
    /// The reference that it must have, where the contract asks for it.
    pub reference: Option<String>,
    /// What is to happen to it.
    pub deed: SessionDeed,
}

/// What a look at a session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionDeed {
    /// Tells where it stands.
    Tell,
    /// Cancels it, unless it has ended.
    Cancel,
}

/// A session as its caller sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionView {
    /// Its identifier: that of the request that made it.
    pub id: String,
    /// The link to the capture page; told once.
    pub url: Option<String>,
    /// Where it stands.
    pub state: SessionState,
    /// What it is for.
    pub purpose: String,
    /// The caller's reference.
    pub reference: Option<String>,
    /// When it was made.
    pub created_at: SystemTime,
    /// Until when the link may be opened.
    pub expires_at: SystemTime,
    /// When it ended.
    pub ended_at: Option<SystemTime>,
    /// How often the person may still try.
    pub attempts_left: u32,
    /// Names of the reference images, in order.
    pub originals: Vec<String>,
    /// Where the best matching frame of each reference image is, as long as it is kept.
    pub match_urls: Vec<Option<String>>,
    /// Where the person was.
    pub location: Option<Location>,
    /// What came of it, where it was captured.
    pub result: Option<SessionResult>,
    /// Why it failed without a result.
    pub failure: Option<String>,
}

/// Where a person was, in degrees.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, Deserialize)]
pub struct Location {
    /// -90 to 90.
    pub latitude: f64,
    /// -180 to 180.
    pub longitude: f64,
}

/// A page of sessions, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionPage {
    /// The sessions.
    pub sessions: Vec<SessionView>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

const CONSENT: Field = Field {
    name: "consent",
    accepted: "it must be true",
};
pub(crate) const PURPOSE: Field = Field {
    name: "purpose",
    accepted: "it must be a string of 1 to 200 characters that says what the check is for",
};
pub(crate) const REFERENCE_ID: Field = Field {
    name: "reference_id",
    accepted: "it must be a string of 1 to 200 characters that names the session",
};
const REDIRECT_URL: Field = Field {
    name: "redirect_url",
    accepted: "it must be an https URL of at most 2048 characters, or left out",
};
const CALLBACK_URL: Field = Field {
    name: "callback_url",
    ..REDIRECT_URL
};
const FACE_IMAGE_URLS: Field = Field {
    name: "face_image_urls",
    accepted: "it must be an array of URLs; at most 4 images are taken, URLs and base64 together",
};
const FACE_IMAGE_BASE64S: Field = Field {
    name: "face_image_base64s",
    accepted: "it must be an array of base64 texts; at most 4 images are taken, URLs and base64 \
               together",
};
const GEOLOCATION: Field = Field {
    name: "geolocation",
    accepted: "it must be \"none\", \"optional\" or \"required\", or left out",
};
const LANGUAGE: Field = Field {
    name: "language",
    accepted: "it must be \"de\", \"en\", \"es\", \"fr\" or \"hi\", or left out",
};
const TTL: Field = Field {
    name: "ttl",
    accepted: "it must be a whole number of seconds from 60 to 86400, or left out for 600",
};
const ATTEMPTS: Field = Field {
    name: "attempts",
    accepted: "it must be a whole number from 1 to 5, or left out for 3",
};
const MOVEMENTS: Field = Field {
    name: "movements",
    accepted: "it must be a whole number from 3 to 8, or left out for 4",
};
const DIGITS: Field = Field {
    name: "digits",
    accepted: "it must be \"off\", \"skippable\" or \"required\", or left out for \"skippable\"",
};
const LIGHT: Field = Field {
    name: "light",
    accepted: "it must be \"off\", \"measured\" or \"required\", or left out for \"off\"",
};
const PROFILE: Field = Field {
    name: "profile",
    accepted: "it must be the name of a profile, or left out",
};

const NAMES: &[&str] = &[
    CONSENT.name,
    PURPOSE.name,
    REFERENCE_ID.name,
    REDIRECT_URL.name,
    CALLBACK_URL.name,
    FACE_IMAGE_URLS.name,
    FACE_IMAGE_BASE64S.name,
    GEOLOCATION.name,
    LANGUAGE.name,
    TTL.name,
    ATTEMPTS.name,
    MOVEMENTS.name,
    DIGITS.name,
    LIGHT.name,
    PROFILE.name,
];

const TTL_S: std::ops::RangeInclusive<u64> = 60..=86_400;
const DEFAULT_TTL_S: u64 = 600;
const MOST_ATTEMPTS: u64 = 5;
const DEFAULT_ATTEMPTS: u64 = 3;
const URL_CHARS: usize = 2048;

/// Reads a request for a session. Whether it must have a reference is the contract's to say.
pub(crate) fn request(body: &[u8], needs_reference: bool) -> Result<SessionRequest<'_>, Failure> {
    let wanted = "a JSON object with the fields `consent`, `purpose` and `reference_id`";
    let object = JsonObject::read(body, NAMES, wanted)?;
    consent(&object)?;
    let purpose = PURPOSE.required_label(PURPOSE.text(&object)?)?;
    let reference = match REFERENCE_ID.text(&object)? {
        None if !needs_reference => None,
        text => Some(REFERENCE_ID.required_label(text)?),
    };
    let number = |field: &Field, default, range| number(&object, field, default, range);
    let movements = number(&MOVEMENTS, 4, MIN_MOVEMENTS as u64..=MAX_MOVEMENTS as u64)?;
    let attempts = number(&ATTEMPTS, DEFAULT_ATTEMPTS, 1..=MOST_ATTEMPTS)?;
    Ok(SessionRequest {
        purpose,
        reference,
        redirect_url: url(&object, &REDIRECT_URL)?,
        callback_url: url(&object, &CALLBACK_URL)?,
        references: references(&object)?,
        geolocation: word(&object, &GEOLOCATION)?.unwrap_or_default(),
        language: word(&object, &LANGUAGE)?,
        ttl: Duration::from_secs(number(&TTL, DEFAULT_TTL_S, TTL_S)?),
        attempts: u32::try_from(attempts).unwrap_or(1),
        challenge: Options {
            movements: usize::try_from(movements).unwrap_or(MAX_MOVEMENTS),
            digits: word::<DigitsPolicy>(&object, &DIGITS)?.unwrap_or_default(),
            light: word::<LightPolicy>(&object, &LIGHT)?.unwrap_or_default(),
        },
        profile: PROFILE.text(&object)?.map(Cow::into_owned),
    })
}

/// Reads `consent`, `purpose` and `reference_id` of a request for the result.
pub(crate) fn result_request(body: &[u8]) -> Result<String, Failure> {
    let names: &[&str] = &[CONSENT.name, PURPOSE.name, REFERENCE_ID.name];
    let wanted = "a JSON object with the fields `consent`, `purpose` and `reference_id`";
    let object = JsonObject::read(body, names, wanted)?;
    consent(&object)?;
    PURPOSE.required_label(PURPOSE.text(&object)?)?;
    REFERENCE_ID.required_label(REFERENCE_ID.text(&object)?)
}

/// A boolean, or one as a string as Decentro's other routes take it.
fn consent(object: &JsonObject<'_>) -> Result<(), Failure> {
    let Some(value) = object.get(CONSENT.name) else {
        return Err(CONSENT.refused("is missing"));
    };
    match value.get().trim_matches('"') {
        yes if yes.eq_ignore_ascii_case("true") => Ok(()),
        no if no.eq_ignore_ascii_case("false") => Err(Failure::new(
            FailureKind::ConsentRefused,
            "the person has not consented (`consent` is false); nothing was made or told",
        )),
        _ => Err(CONSENT.refused(&format!("is {}", json_type(value)))),
    }
}

fn url(object: &JsonObject<'_>, field: &Field) -> Result<Option<String>, Failure> {
    let text = field.text(object)?.filter(|text| !text.trim().is_empty());
    match text.as_ref().map(|text| text.chars().count()) {
        Some(count) if count > URL_CHARS => Err(field.refused(&format!("has {count} characters"))),
        _ => Ok(text.map(Cow::into_owned)),
    }
}

fn references<'a>(object: &JsonObject<'a>) -> Result<Vec<Reference<'a>>, Failure> {
    let urls = texts(object, &FACE_IMAGE_URLS)?;
    let base64s = texts(object, &FACE_IMAGE_BASE64S)?;
    let count = urls.len() + base64s.len();
    if count > REFERENCES {
        return Err(Failure::invalid(format!(
            "`face_image_urls` and `face_image_base64s` hold {count} images together; at most \
             {REFERENCES} are taken"
        )));
    }
    if let Some(url) = urls.iter().find(|url| url.chars().count() > URL_CHARS) {
        let count = url.chars().count();
        return Err(FACE_IMAGE_URLS.refused(&format!("has a URL of {count} characters")));
    }
    let placed = |field: &'static str, sources: Vec<ImageSource<'a>>| {
        let places = sources.into_iter().enumerate();
        places.map(move |(at, image)| Reference {
            place: format!("{field}[{at}]"),
            image,
        })
    };
    let urls = urls.into_iter().map(ImageSource::Url).collect();
    let base64s = base64s.into_iter().map(ImageSource::Base64).collect();
    Ok(placed(FACE_IMAGE_URLS.name, urls)
        .chain(placed(FACE_IMAGE_BASE64S.name, base64s))
        .collect())
}

/// An array of texts that are not blank.
fn texts<'a>(object: &JsonObject<'a>, field: &Field) -> Result<Vec<Cow<'a, str>>, Failure> {
    let Some(value) = object.get(field.name) else {
        return Ok(Vec::new());
    };
    let mut input = serde_json::Deserializer::from_str(value.get());
    let items = serde::Deserializer::deserialize_seq(&mut input, Entries);
    let items = items.map_err(|_| field.refused(&format!("is {}", json_type(value))))?;
    if items.len() > REFERENCES {
        return Err(field.refused("has more than 4 entries"));
    }
    let texts = items.into_iter().enumerate().map(|(at, item)| {
        let text = crate::fields::str_of(item)
            .map_err(|found| field.refused(&format!("has {found} at {at}")))?;
        match text.trim().is_empty() {
            true => Err(field.refused(&format!("has a blank text at {at}"))),
            false => Ok(text),
        }
    });
    texts.collect()
}

/// Collects one entry more than is taken: an array of a million must not fill the memory.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::with_capacity(REFERENCES + 1);
        while entries.len() <= REFERENCES {
            match list.next_element()? {
                Some(entry) => entries.push(entry),
                None => return Ok(entries),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(entries)
    }
}

/// One word of a list.
fn word<T: DeserializeOwned>(object: &JsonObject<'_>, field: &Field) -> Result<Option<T>, Failure> {
    let Some(value) = object.get(field.name) else {
        return Ok(None);
    };
    let known = serde_json::from_str(value.get());
    known.map(Some).map_err(|_| match json_type(value) {
        "a string" => field.refused("is another word"),
        other => field.refused(&format!("is {other}")),
    })
}

fn number(
    object: &JsonObject<'_>,
    field: &Field,
    default: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<u64, Failure> {
    let Some(value) = object.get(field.name) else {
        return Ok(default);
    };
    match serde_json::from_str::<u64>(value.get()) {
        Ok(number) if range.contains(&number) => Ok(number),
        Ok(number) => Err(field.refused(&format!("is {number}"))),
        Err(_) => Err(field.refused(&format!("is {}", json_type(value)))),
    }
}

/// The identifier in a path after `before`, as it is written there.
pub(crate) fn id_of(path: &str, before: &str) -> Result<String, Failure> {
    let id = path.strip_prefix(before).unwrap_or_default();
    label("the identifier in the path", id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Result<SessionRequest<'_>, String> {
        let body = format!(r#"{{"consent":true,"purpose":"p"{more}}}"#);
        request(Box::leak(body.into_boxed_str()).as_bytes(), false)
            .map_err(|failure| failure.message)
    }

    #[test]
    fn what_is_left_out_has_its_documented_value() {
        let asked = read("").unwrap();
        assert_eq!((asked.ttl.as_secs(), asked.attempts), (600, 3));
        assert_eq!(asked.challenge, Options::default());
        assert_eq!(
            (asked.geolocation, asked.language),
            (Geolocation::None, None)
        );
        assert!(asked.references.is_empty());
        assert_eq!(
            read(r#","redirect_url":" ","callback_url":null"#)
                .unwrap()
                .redirect_url,
            None
        );
        let reference = read(r#","reference_id":"r""#).unwrap().reference;
        assert_eq!(reference.as_deref(), Some("r"));
    }

    #[test]
    fn urls_come_first_and_images_know_their_places() {
        let asked = read(
            r#","face_image_base64s":["YQ==","Yg=="],"face_image_urls":["https://a.example/"]"#,
        );
        let references = asked.unwrap().references;
        let places = Vec::from_iter(references.iter().map(|reference| reference.place.as_str()));
        assert_eq!(
            places,
            [
                "face_image_urls[0]",
                "face_image_base64s[0]",
                "face_image_base64s[1]"
            ]
        );
        let names = Vec::from_iter(references.iter().map(Reference::name));
        assert_eq!(
            names,
            [
                "https://a.example/",
                "face_image_base64s[0]",
                "face_image_base64s[1]"
            ]
        );
    }

    #[test]
    fn refusals_name_the_field_and_what_is_accepted() {
        let long = format!(
            r#","callback_url":"https://a.example/{}""#,
            "x".repeat(2048)
        );
        let many = format!(r#","face_image_urls":[{}"a"]"#, "1,".repeat(100_000));
        for (more, says) in [
            (r#","reference_id":"""#, "`reference_id` is blank"),
            (r#","face_image_urls":"a""#, "`face_image_urls` is a string"),
            (r#","face_image_urls":["a",7]"#, "has a number at 1"),
            (r#","face_image_base64s":[" "]"#, "has a blank text at 0"),
            (many.as_str(), "`face_image_urls` has more than 4 entries"),
            (
                r#","face_image_urls":["a","b","c"],"face_image_base64s":["d","e"]"#,
                "hold 5 images together",
            ),
            (long.as_str(), "`callback_url` has 2066 characters"),
            (r#","geolocation":true"#, "`geolocation` is a boolean"),
            (r#","geolocation":"maybe""#, "`geolocation` is another word"),
            (r#","ttl":86401"#, "`ttl` is 86401"),
            (r#","ttl":60.5"#, "`ttl` is a number"),
            (r#","ttl":"600""#, "`ttl` is a string"),
            (r#","attempts":0"#, "`attempts` is 0"),
            (r#","movements":2"#, "`movements` is 2"),
            (r#","movements":9"#, "`movements` is 9"),
            (r#","digits":"on""#, "`digits` is another word"),
        ] {
            let message = read(more).err().unwrap_or_default();
            assert!(message.contains(says), "{message} for {more:.60}");
        }
        let unsure = request(br#"{"consent":"perhaps","purpose":"p"}"#, false).unwrap_err();
        assert!(
            unsure.message.contains("`consent` is a string"),
            "{}",
            unsure.message
        );
        let nameless = request(br#"{"consent":true,"purpose":"p"}"#, true).unwrap_err();
        assert!(nameless.message.contains("`reference_id` is missing"));
    }
}
