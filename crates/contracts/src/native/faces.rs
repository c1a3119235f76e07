//! Faces against faces: what `/v1/faces/compare` and the routes of galleries take and answer.
//!
//! No image is judged here, so these routes are no [`Contract`](crate::Contract) of a check; the envelope, the
//! forms of a request and the table of errors are those of the native API.

use std::borrow::Cow;

use http::StatusCode;
use lifesign_domain::{FaceSummary, QualityComponent, Reason};
use serde::Serialize;

use super::answer::{self, Said};
use crate::fields::{Field, JsonObject, image_of_part, is_json, label, only};
use crate::{About, Body, Failure, FailureKind, ImageSource, Incoming, Part, Reply};

/// Most characters of a gallery's name.
const NAME_CHARS: usize = 64;
/// Most characters of a face's identifier.
const ID_CHARS: usize = 128;
/// Matches that a search answers unless it says otherwise, and the most that it may ask for.
const LIMIT: (u32, u32) = (10, 100);

const IMAGE: Field = Field {
    name: "image",
    accepted: "it must be base64 text or a data: URL of a JPEG, PNG, WebP or BMP file, or in a form the file itself",
};
const IMAGES: [Field; 2] = [
    Field {
        name: "image1",
        ..IMAGE
    },
    Field {
        name: "image2",
        ..IMAGE
    },
];
const FACE_ID: Field = Field {
    name: "face_id",
    accepted: "it must have 1 to 128 ASCII letters, digits and . _ - : @, the first one a letter or digit",
};
const LABEL: Field = Field {
    name: "label",
    accepted: "it must be text of at most 200 characters",
};
const REFERENCE: Field = Field {
    name: "reference",
    accepted: "it must be text of at most 200 characters",
};
const THRESHOLD: Field = Field {
    name: "threshold",
    accepted: "it must be a whole number from 0 to 100",
};
const MATCHES: Field = Field {
    name: "limit",
    accepted: "it must be a whole number from 1 to 100",
};

/// A face to be added to a gallery.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceRequest<'a> {
    /// The picture; one person alone must be in it.
    pub image: ImageSource<'a>,
    /// The caller's identifier; one is made if absent.
    pub face_id: Option<String>,
    /// A label, shown with matches.
    pub label: Option<String>,
    /// The caller's reference, by which everything of a person is erased.
    pub reference: Option<String>,
}

/// A face to be looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRequest<'a> {
    /// The picture; its largest face is looked for.
    pub image: ImageSource<'a>,
    /// Lowest score of a match; the server's own if absent.
    pub threshold: Option<u8>,
    /// Most matches.
    pub limit: u32,
}

/// The two pictures of a comparison.
///
/// # Errors
/// If the body is neither JSON nor a form, or one of them is missing.
pub fn compare_request(incoming: &Incoming) -> Result<[ImageSource<'_>; 2], Failure> {
    let body = Fields::read(incoming, &["image1", "image2"], "`image1` and `image2`")?;
    let [first, second] = IMAGES;
    Ok([body.image(&first)?, body.image(&second)?])
}

/// A face for a gallery.
///
/// # Errors
/// As [`compare_request`], and for an identifier, label or reference that is not kept.
pub fn face_request(incoming: &Incoming) -> Result<FaceRequest<'_>, Failure> {
    let names = &["image", "face_id", "label", "reference"];
    let body = Fields::read(incoming, names, "`image`")?;
    let face_id = body.text(&FACE_ID)?.map(|text| {
        if is_plain(&text, ID_CHARS) {
            Ok(text.into_owned())
        } else {
            Err(FACE_ID.refused("is not one"))
        }
    });
    Ok(FaceRequest {
        image: body.image(&IMAGE)?,
        face_id: face_id.transpose()?,
        label: body.label(&LABEL)?,
        reference: body.label(&REFERENCE)?,
    })
}

/// A search.
///
/// # Errors
/// As [`compare_request`], and for numbers out of range.
pub fn search_request(incoming: &Incoming) -> Result<SearchRequest<'_>, Failure> {
    let body = Fields::read(incoming, &["image", "threshold", "limit"], "`image`")?;
    let threshold = body.number(&THRESHOLD, 0, 100)?;
    Ok(SearchRequest {
        image: body.image(&IMAGE)?,
        threshold: threshold.and_then(|score| u8::try_from(score).ok()),
        limit: body.number(&MATCHES, 1, LIMIT.1)?.unwrap_or(LIMIT.0),
    })
}

/// The name of a gallery, as it stands in a path.
///
/// # Errors
/// If it is not one.
pub fn gallery_name(text: &str) -> Result<&str, Failure> {
    if is_plain(text, NAME_CHARS) {
        return Ok(text);
    }
    Err(Failure::invalid(format!(
        "the gallery's name is not one; it must have 1 to {NAME_CHARS} ASCII letters, digits and . _ - : @, the \
         first one a letter or digit"
    )))
}

/// Text that needs no escaping anywhere.
fn is_plain(text: &str, most: usize) -> bool {
    text.len() <= most
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-:@".contains(&b))
}

/// A body of named fields.
enum Fields<'a> {
    Json(JsonObject<'a>),
    Form(&'a [Part]),
}

impl<'a> Fields<'a> {
    fn read(
        incoming: &'a Incoming,
        names: &'static [&'static str],
        required: &str,
    ) -> Result<Self, Failure> {
        match &incoming.body {
            Body::Form(parts) => Ok(Self::Form(parts)),
            Body::Bytes(bytes) if is_json(incoming.media_type().as_deref()) => {
                let wanted = format!("a JSON object with {required}");
                JsonObject::read(bytes, names, &wanted).map(Self::Json)
            }
            Body::Bytes(_) => Err(Failure::new(
                FailureKind::UnsupportedMediaType,
                "the content type is not accepted; accepted are application/json and \
                 multipart/form-data",
            )),
        }
    }

    fn image(&self, field: &Field) -> Result<ImageSource<'a>, Failure> {
        match self {
            Self::Json(object) => field.required(field.text(object)?).map(ImageSource::Base64),
            Self::Form(parts) => {
                let part = only(parts, field)?.ok_or_else(|| field.refused("is missing"))?;
                image_of_part(part).ok_or_else(|| field.refused("is empty"))
            }
        }
    }

    /// Text; blank counts as absent.
    fn text(&self, field: &Field) -> Result<Option<Cow<'a, str>>, Failure> {
        let text = match self {
            Self::Json(object) => field.text(object)?,
            Self::Form(parts) => match only(parts, field)? {
                Some(part) => {
                    let text = std::str::from_utf8(&part.data);
                    Some(Cow::Borrowed(
                        text.map_err(|_| field.refused("is not valid UTF-8"))?,
                    ))
                }
                None => None,
            },
        };
        Ok(text.filter(|text| !text.trim().is_empty()))
    }

    fn label(&self, field: &Field) -> Result<Option<String>, Failure> {
        let place = format!("the field `{}`", field.name);
        let text = self.text(field)?;
        text.map(|text| label(&place, &text)).transpose()
    }

    fn number(&self, field: &Field, least: u32, most: u32) -> Result<Option<u32>, Failure> {
        let text: Option<Cow<'_, str>> = match self {
            Self::Json(object) => object.get(field.name).map(|value| value.get().into()),
            Self::Form(_) => self.text(field)?,
        };
        let Some(text) = text else {
            return Ok(None);
        };
        // `parse` would take a sign.
        let digits = text.trim();
        let number = digits.parse::<u32>().ok();
        let number = number.filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(field.refused("is not one")),
        }
    }
}

/// A face as it was seen in a picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeenFace {
    /// Field of the request that held the picture.
    pub image: &'static str,
    /// Where the face is and how it is placed.
    pub face: FaceSummary,
    /// Faces in the picture; the largest was taken.
    pub face_count: usize,
    /// What can be measured of the picture's quality.
    pub quality: Vec<QualityComponent>,
    /// What makes the comparison less sure.
    pub reasons: Vec<Reason>,
}

/// The answer to a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// Similarity from 0 to 100.
    pub score: u8,
    /// Whether the score reaches the threshold.
    pub same_person: bool,
    /// The score from which on two faces count as one person.
    pub threshold: u8,
    /// Both faces, in the order of the request.
    pub faces: [SeenFace; 2],
}

/// The answer to a face that was added.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Enrolled {
    /// Name of the gallery.
    pub gallery: String,
    /// Identifier of the face.
    pub face_id: String,
    /// Faces of the gallery now.
    pub faces: i64,
    /// The face that was added.
    pub face: SeenFace,
}

/// The answer to a search.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Searched {
    /// Name of the gallery.
    pub gallery: String,
    /// Faces that were compared.
    pub faces: i64,
    /// Lowest score of a match.
    pub threshold: u8,
    /// The best matches, the best first.
    pub matches: Vec<Match>,
    /// The face that was looked for.
    pub face: SeenFace,
}

/// A face of a gallery that is like the one that was looked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Match {
    /// Identifier of the face.
    pub face_id: String,
    /// Its label.
    pub label: Option<String>,
    /// Its reference.
    pub reference: Option<String>,
    /// Similarity from 0 to 100.
    pub score: u8,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq)]
pub enum FaceFailure {
    /// As any request may fail.
    Failed(Failure),
    /// The picture in this field shows no face.
    NoFace(&'static str),
    /// The picture in this field shows so many faces where one alone is taken.
    SeveralFaces(&'static str, usize),
    /// The gallery has a face of this identifier.
    FaceExists,
    /// The gallery has as many faces as this server searches.
    GalleryFull(i64),
}

impl From<Failure> for FaceFailure {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl FaceFailure {
    fn said(&self) -> (StatusCode, &'static str, Cow<'_, str>) {
        match self {
            Self::Failed(failure) => {
                let (status, code) = answer::status_and_code(failure.kind);
                (status, code, Cow::Borrowed(&failure.message))
            }
            Self::NoFace(field) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "NO_FACE_DETECTED",
                format!(
                    "no face was found in `{field}`; it may be too far away, covered, too dark or too small"
                )
                .into(),
            ),
            Self::SeveralFaces(field, count) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "SEVERAL_FACES",
                format!("{count} faces are in `{field}`; a gallery takes a picture of one person alone").into(),
            ),
            Self::FaceExists => (
                StatusCode::CONFLICT,
                "FACE_EXISTS",
                "the gallery has a face of this `face_id`; erase it first, or give another one".into(),
            ),
            Self::GalleryFull(most) => (
                StatusCode::CONFLICT,
                "GALLERY_FULL",
                format!("the gallery has {most} faces, which is as many as this server searches").into(),
            ),
        }
    }
}

/// Words what came of it in the native envelope.
pub fn reply<R: Serialize>(about: &About, outcome: Result<&R, &FaceFailure>) -> Reply {
    match outcome {
        Ok(result) => answer::worded(about, StatusCode::OK, Said::Result(result)),
        Err(failure) => {
            let (status, code, message) = failure.said();
            answer::worded::<R>(about, status, Said::Error(code, &message))
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method, header};

    use super::*;

    fn incoming(content_type: Option<&'static str>, body: Body) -> Incoming {
        let mut headers = HeaderMap::new();
        if let Some(value) = content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
        }
        Incoming {
            method: Method::POST,
            path: "/v1/faces/compare".to_owned(),
            query: Vec::new(),
            headers,
            body,
        }
    }

    fn json(body: &'static str) -> Incoming {
        incoming(None, Body::Bytes(Bytes::from_static(body.as_bytes())))
    }

    fn form(parts: &[(&str, Option<&str>, &'static [u8])]) -> Incoming {
        let part = |(name, file_name, data): &(&str, Option<&str>, &'static [u8])| Part {
            name: (*name).to_owned(),
            file_name: file_name.map(str::to_owned),
            content_type: None,
            data: Bytes::from_static(data),
        };
        incoming(None, Body::Form(parts.iter().map(part).collect()))
    }

    #[test]
    fn two_images_come_as_json_or_in_a_form() {
        let asked = json(r#"{"image1":"YQ==","image2":"Yg=="}"#);
        let [one, two] = compare_request(&asked).unwrap();
        assert_eq!(one, ImageSource::Base64("YQ==".into()));
        assert_eq!(two, ImageSource::Base64("Yg==".into()));
        let asked = form(&[
            ("image2", None, b"Yg=="),
            ("image1", Some("a.jpg"), b"\xFF\xD8"),
        ]);
        let [one, two] = compare_request(&asked).unwrap();
        assert_eq!(one, ImageSource::Bytes(b"\xFF\xD8"));
        assert_eq!(two, ImageSource::Base64("Yg==".into()));
    }

    #[test]
    fn a_refusal_names_the_image() {
        for (asked, says) in [
            (json(r#"{"image1":"YQ=="}"#), "`image2` is missing"),
            (json(r#"{"image2":"YQ=="}"#), "`image1` is missing"),
            (json(r#"{"image1":"a","image2":" "}"#), "`image2` is blank"),
            (json(r#"{"image1":"a","image2":5}"#), "`image2` is a number"),
            (json("[]"), "`image1` and `image2`"),
            (form(&[("image1", None, b"YQ==")]), "`image2` is missing"),
            (
                form(&[("image1", None, b"a"), ("image2", Some("b"), b"")]),
                "`image2` is empty",
            ),
            (
                form(&[("image1", None, b"a"), ("image1", None, b"a")]),
                "`image1` is given more than once",
            ),
        ] {
            let failure = compare_request(&asked).unwrap_err();
            assert_eq!(failure.kind, FailureKind::InvalidRequest);
            assert!(failure.message.contains(says), "{}", failure.message);
        }
        let picture = incoming(Some("image/jpeg"), Body::Bytes(Bytes::new()));
        let failure = compare_request(&picture).unwrap_err();
        assert_eq!(failure.kind, FailureKind::UnsupportedMediaType);
    }

    #[test]
    fn a_face_has_an_identifier_a_label_and_a_reference_or_none() {
        let bare = json(r#"{"image":"YQ==","face_id":"","label":null}"#);
        let request = face_request(&bare).unwrap();
        assert_eq!((request.face_id, request.label), (None, None));
        let full = form(&[
            ("image", None, b"YQ=="),
            ("face_id", None, b"E-17:2@x"),
            ("label", None, "Frau Müller".as_bytes()),
            ("reference", None, b"case 7"),
        ]);
        let request = face_request(&full).unwrap();
        assert_eq!(request.face_id.as_deref(), Some("E-17:2@x"));
        assert_eq!(request.label.as_deref(), Some("Frau Müller"));
        assert_eq!(request.reference.as_deref(), Some("case 7"));
        for (body, says) in [
            (
                r#"{"image":"YQ==","face_id":"a/b"}"#,
                "`face_id` is not one",
            ),
            (r#"{"image":"YQ==","face_id":".."}"#, "`face_id` is not one"),
            (r#"{"image":"YQ==","face_id":7}"#, "`face_id` is a number"),
            (
                r#"{"image":"YQ==","label":"a\u0000"}"#,
                "`label` has control",
            ),
            (r#"{"face_id":"a"}"#, "`image` is missing"),
        ] {
            let failure = face_request(&json(body)).unwrap_err();
            assert!(failure.message.contains(says), "{}", failure.message);
        }
    }

    #[test]
    fn a_search_is_bounded() {
        let plain = json(r#"{"image":"YQ=="}"#);
        let request = search_request(&plain).unwrap();
        assert_eq!((request.threshold, request.limit), (None, 10));
        let both = json(r#"{"image":"YQ==","threshold":100,"limit":100}"#);
        let request = search_request(&both).unwrap();
        assert_eq!((request.threshold, request.limit), (Some(100), 100));
        let asked = form(&[("image", None, b"YQ=="), ("limit", None, b" 3 ")]);
        assert_eq!(search_request(&asked).unwrap().limit, 3);
        for (body, says) in [
            (r#"{"image":"a","threshold":101}"#, "`threshold` is not one"),
            (r#"{"image":"a","threshold":-1}"#, "`threshold` is not one"),
            (r#"{"image":"a","threshold":0.5}"#, "`threshold` is not one"),
            (
                r#"{"image":"a","threshold":"50"}"#,
                "`threshold` is not one",
            ),
            (r#"{"image":"a","limit":0}"#, "`limit` is not one"),
            (r#"{"image":"a","limit":101}"#, "`limit` is not one"),
        ] {
            let failure = search_request(&json(body)).unwrap_err();
            assert!(failure.message.contains(says), "{}", failure.message);
        }
    }

    #[test]
    fn names_of_galleries_need_no_escaping() {
        for name in ["a", "staff-2026", "A.b_c:d@e", &"x".repeat(64)] {
            assert_eq!(gallery_name(name).unwrap(), name);
        }
        for name in [
            "",
            ".",
            "..",
            "-a",
            "a b",
            "a/b",
            "ä",
            "a\0",
            &"x".repeat(65),
        ] {
            assert!(gallery_name(name).is_err(), "{name}");
        }
    }
}
