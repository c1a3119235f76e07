//! Where the fields of Decentro's requests come from, and those that all of them have.

use std::borrow::Cow;

use super::FARSIGHT;
use crate::fields::{Field, JsonObject, is_json, json_type, only, str_of};
use crate::{Body, Failure, FailureKind, Incoming, Part};

pub(super) const REFERENCE_ID: Field = Field {
    name: "reference_id",
    accepted: "it must be a string of 1 to 200 characters that names the transaction",
};
pub(super) const CONSENT: Field = Field {
    name: "consent",
    accepted: "it must be true or \"true\"",
};
pub(super) const PURPOSE: Field = Field {
    name: "purpose",
    accepted: "it must be a string that says what the check is for",
};
/// The name that the same vendor's video route has for it.
pub(super) const CONSENT_PURPOSE: Field = Field {
    name: "consent_purpose",
    ..PURPOSE
};
pub(super) const SKIP_METADATA_VALIDATION: Field = Field {
    name: "skip_metadata_validation",
    accepted: "it must be true, false, \"true\" or \"false\", or left out",
};

/// Most characters of `image_url`.
pub(super) const URL_CHARS: usize = 2048;

/// Documented limits of width and height.
pub(super) const MIN_SIDE: u32 = 800;
pub(super) const MAX_SIDE: u32 = 2000;

pub(super) fn consent(source: &Source<'_>) -> Result<(), Failure> {
    match source.switch(&CONSENT)? {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::new(
            FailureKind::ConsentRefused,
            "the person has not consented (`consent` is false); nothing was judged or kept",
        )),
        None => Err(CONSENT.refused("is missing")),
    }
}

/// Either name will do. It is demanded, not kept.
pub(super) fn purpose(source: &Source<'_>) -> Result<(), Failure> {
    let (purpose, other) = (source.text(&PURPOSE)?, source.text(&CONSENT_PURPOSE)?);
    PURPOSE.required(present(purpose).or(other)).map(|_| ())
}

/// A URL of `field`, unless it is blank.
pub(super) fn url<'a>(source: &Source<'a>, field: &Field) -> Result<Option<Cow<'a, str>>, Failure> {
    let Some(url) = present(source.text(field)?) else {
        return Ok(None);
    };
    match url.chars().count() {
        0..=URL_CHARS => Ok(Some(url)),
        count => Err(field.refused(&format!("has {count} characters"))),
    }
}

/// A blank text counts as absent: form clients send every field that they know.
pub(super) fn present(text: Option<Cow<'_, str>>) -> Option<Cow<'_, str>> {
    text.filter(|text| !text.trim().is_empty())
}

/// Where the fields come from.
pub(super) enum Source<'a> {
    Json(JsonObject<'a>),
    Form(&'a [Part]),
}

impl<'a> Source<'a> {
    /// The JSON object of a body with the fields `names`, `wanted` in words, or the form.
    pub(super) fn of(
        incoming: &'a Incoming,
        names: &'static [&'static str],
        wanted: &str,
    ) -> Result<Self, Failure> {
        let json_only = incoming.path == FARSIGHT;
        match &incoming.body {
            Body::Form(parts) if !json_only => Ok(Self::Form(parts)),
            Body::Bytes(bytes) if is_json(incoming.media_type().as_deref()) => {
                JsonObject::read(bytes, names, wanted).map(Self::Json)
            }
            _ => Err(Failure::new(
                FailureKind::UnsupportedMediaType,
                if json_only {
                    "the content type is not accepted; accepted is application/json"
                } else {
                    "the content type is not accepted; accepted are multipart/form-data and \
                     application/json"
                },
            )),
        }
    }

    pub(super) fn text(&self, field: &Field) -> Result<Option<Cow<'a, str>>, Failure> {
        match self {
            Self::Json(object) => field.text(object),
            Self::Form(parts) => only(parts, field)?
                .map(|part| std::str::from_utf8(&part.data).map(Cow::Borrowed))
                .transpose()
                .map_err(|_| field.refused("is not valid UTF-8")),
        }
    }

    /// True or false, as such or as a string; a blank string counts as absent.
    pub(super) fn switch(&self, field: &Field) -> Result<Option<bool>, Failure> {
        let text = match self {
            Self::Json(object) => match object.get(field.name) {
                Some(value) if matches!(value.get(), "true" | "false") => {
                    Some(Cow::Borrowed(value.get()))
                }
                Some(value) => Some(
                    str_of(value)
                        .map_err(|_| field.refused(&format!("is {}", json_type(value))))?,
                ),
                None => None,
            },
            Self::Form(_) => self.text(field)?,
        };
        let Some(text) = present(text) else {
            return Ok(None);
        };
        match text.trim() {
            yes if yes.eq_ignore_ascii_case("true") => Ok(Some(true)),
            no if no.eq_ignore_ascii_case("false") => Ok(Some(false)),
            _ => Err(field.refused("is neither true nor false")),
        }
    }
}
