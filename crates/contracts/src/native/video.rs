//! From the native video request to a [`ClipRequest`].

use std::borrow::Cow;

use super::read::{idempotency_key, reference};
use crate::fields::{Field, JsonObject, is_json, only};
use crate::{Body, ClipRequest, ClipRules, ClipSource, Failure, FailureKind, Incoming, Part};

const CLIP: Field = Field {
    name: "video",
    accepted: "it must be an .mp4 or .webm file",
};
const CLIP_URL: Field = Field {
    name: "video_url",
    accepted: "it must be a URL of at most 2048 characters",
};
/// Most characters of `video_url`.
const URL_CHARS: usize = 2048;

pub(super) fn clip_request(incoming: &Incoming) -> Result<ClipRequest<'_>, Failure> {
    let clip = match &incoming.body {
        Body::Form(parts) => clip_of_form(parts)?,
        Body::Bytes(bytes) => match incoming.media_type().as_deref() {
            Some("application/octet-stream" | "video/mp4" | "video/webm") if bytes.is_empty() => {
                return Err(Failure::invalid(
                    "the body is empty; it must be an .mp4 or .webm file",
                ));
            }
            Some("application/octet-stream" | "video/mp4" | "video/webm") => {
                ClipSource::Bytes(bytes)
            }
            media_type if is_json(media_type) => clip_of_json(bytes)?,
            _ => {
                return Err(Failure::new(
                    FailureKind::UnsupportedMediaType,
                    "the content type is not accepted; accepted are multipart/form-data, \
                     video/mp4, video/webm, application/octet-stream and application/json",
                ));
            }
        },
    };
    Ok(ClipRequest {
        clip,
        profile: incoming.query("profile").map(str::to_owned),
        rules: ClipRules {
            min_side: None,
            max_side: None,
            camera_data: false,
        },
        reference: reference(incoming)?,
        idempotency_key: idempotency_key(incoming)?,
    })
}

/// A clip does not come as base64: it would take a third more of what is a lot already.
fn clip_of_json(body: &[u8]) -> Result<ClipSource<'_>, Failure> {
    let wanted = "a JSON object with the field `video_url`";
    let object = JsonObject::read(body, &["video", "video_url"], wanted)?;
    if object.get(CLIP.name).is_some() {
        return Err(CLIP.refused("is not taken in JSON; send the file as the body or in a form"));
    }
    checked_url(CLIP_URL.required(CLIP_URL.text(&object)?)?)
}

fn clip_of_form(parts: &[Part]) -> Result<ClipSource<'_>, Failure> {
    let file = only(parts, &CLIP)?.filter(|part| !part.data.is_empty());
    let url = match only(parts, &CLIP_URL)? {
        Some(part) => Some(
            std::str::from_utf8(&part.data).map_err(|_| CLIP_URL.refused("is not valid UTF-8"))?,
        ),
        None => None,
    };
    match (file, url.filter(|url| !url.trim().is_empty())) {
        (Some(_), Some(_)) => Err(CLIP.refused("is there beside `video_url`, one is judged")),
        (Some(part), None) => Ok(ClipSource::Bytes(&part.data)),
        (None, Some(url)) => checked_url(Cow::Borrowed(url)),
        (None, None) => Err(CLIP.refused("is missing or empty, and so is `video_url`")),
    }
}

fn checked_url(url: Cow<'_, str>) -> Result<ClipSource<'_>, Failure> {
    match url.chars().count() {
        0..=URL_CHARS => Ok(ClipSource::Url(url)),
        count => Err(CLIP_URL.refused(&format!("has {count} characters"))),
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
            path: "/v1/liveness/video".to_owned(),
            query: vec![("reference".to_owned(), "case 7".to_owned())],
            headers,
            body,
        }
    }

    fn said(content_type: Option<&'static str>, body: &'static [u8]) -> String {
        let incoming = incoming(content_type, Body::Bytes(Bytes::from_static(body)));
        match clip_request(&incoming) {
            Ok(request) => {
                assert_eq!(request.reference.as_deref(), Some("case 7"));
                format!("{:?}", request.clip)
            }
            Err(failure) => failure.message,
        }
    }

    #[test]
    fn a_clip_is_the_body_or_behind_a_url() {
        for content_type in ["video/mp4", "VIDEO/WebM", "application/octet-stream"] {
            assert!(
                said(Some(content_type), b"clip").starts_with("Bytes"),
                "{content_type}"
            );
        }
        assert!(said(Some("video/mp4"), b"").contains("the body is empty"));
        assert!(said(None, br#"{"video_url":"https://a/b"}"#).contains("https://a/b"));
        assert!(said(None, br#"{"video":"YQ=="}"#).contains("`video` is not taken in JSON"));
        assert!(said(None, b"{}").contains("`video_url` is missing"));
        assert!(said(Some("image/png"), b"x").contains("content type is not accepted"));
    }

    #[test]
    fn a_form_has_one_clip() {
        let part = |name: &str, data: &'static [u8]| Part {
            name: name.to_owned(),
            file_name: None,
            content_type: None,
            data: Bytes::from_static(data),
        };
        let said = |parts: Vec<Part>| match clip_request(&incoming(None, Body::Form(parts))) {
            Ok(request) => format!("{:?}", request.clip),
            Err(failure) => failure.message,
        };
        assert!(said(vec![part("video", b"a"), part("video_url", b"")]).starts_with("Bytes"));
        assert!(said(vec![part("video", b""), part("video_url", b"https://a")]).starts_with("Url"));
        let both = vec![part("video", b"a"), part("video_url", b"https://a")];
        assert!(said(both).contains("beside `video_url`"));
        assert!(said(vec![part("video", b"a"), part("video", b"b")]).contains("more than once"));
        assert!(said(vec![part("image", b"a")]).contains("`video` is missing"));
        assert!(said(vec![part("video_url", b"\xFF")]).contains("not valid UTF-8"));
    }
}
