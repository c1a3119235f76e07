//! From the native request to a [`CheckRequest`].

use std::borrow::Cow;

use crate::fields::{Field, JsonObject, image_of_part, is_json, label};
use crate::{Body, CheckOptions, CheckRequest, Failure, FailureKind, ImageSource, Incoming, Part};

const IMAGE: Field = Field {
    name: "image",
    accepted: "it must be base64 text or a data: URL of a JPEG, PNG, WebP or BMP file",
};

/// A request to judge an image.
pub(super) fn check_request(incoming: &Incoming) -> Result<CheckRequest<'_>, Failure> {
    let options = CheckOptions {
        profile: incoming.query("profile").map(str::to_owned),
        pictures: flag(incoming, "explain")?,
    };
    let image = match &incoming.body {
        Body::Form(parts) => image_of_form(parts)?,
        Body::Bytes(bytes) => match Kind::of(incoming)? {
            Kind::Json => ImageSource::Base64(image_of_json(bytes)?),
            Kind::Image if bytes.is_empty() => {
                return Err(Failure::invalid(
                    "the body is empty; it must be a JPEG, PNG, WebP or BMP file",
                ));
            }
            Kind::Image => ImageSource::Bytes(bytes),
        },
    };
    let idempotency_key = idempotency_key(incoming)?;
    if options.pictures && idempotency_key.is_some() {
        return Err(Failure::invalid(
            "`explain` and the header `Idempotency-Key` exclude each other: an answer under a key \
             is kept to be repeated, and pictures of a face are not",
        ));
    }
    Ok(CheckRequest {
        image,
        options,
        reference: reference(incoming)?,
        idempotency_key,
        ..CheckRequest::default()
    })
}

/// The caller's reference, a label to find the check by.
pub(super) fn reference(incoming: &Incoming) -> Result<Option<String>, Failure> {
    let text = incoming.query("reference").filter(|text| !text.is_empty());
    text.map(|text| label("the query parameter `reference`", text))
        .transpose()
}

/// The header `Idempotency-Key`.
pub(super) fn idempotency_key(incoming: &Incoming) -> Result<Option<String>, Failure> {
    const LONGEST: usize = 255;
    let Some(value) = incoming.headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if (1..=LONGEST).contains(&key.trim().len()) => Ok(Some(key.trim().to_owned())),
        _ => Err(Failure::invalid(format!(
            "the header `Idempotency-Key` must have 1 to {LONGEST} ASCII characters"
        ))),
    }
}

/// A query parameter that is on or off; present without a value is on.
fn flag(incoming: &Incoming, name: &str) -> Result<bool, Failure> {
    match incoming.query(name) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1" | "") => Ok(true),
        Some(_) => Err(Failure::invalid(format!(
            "the query parameter `{name}` must be true or false"
        ))),
    }
}

/// How a body that is no form is to be read.
enum Kind {
    Json,
    Image,
}

impl Kind {
    fn of(incoming: &Incoming) -> Result<Self, Failure> {
        match incoming.media_type().as_deref() {
            media_type if is_json(media_type) => Ok(Self::Json),
            Some("application/octet-stream") => Ok(Self::Image),
            Some(other) if other.starts_with("image/") => Ok(Self::Image),
            _ => Err(Failure::new(
                FailureKind::UnsupportedMediaType,
                "the content type is not accepted; accepted are application/json, \
                 multipart/form-data, image/* and application/octet-stream",
            )),
        }
    }
}

/// The `image` of a JSON body, still encoded. Borrows from `body` unless the text has escapes.
///
/// # Errors
/// If the body is not JSON, not an object, or if `image` is missing, blank or not a string.
pub fn image_of_json(body: &[u8]) -> Result<Cow<'_, str>, Failure> {
    let object = JsonObject::read(body, &["image"], "a JSON object with the field `image`")?;
    IMAGE.required(IMAGE.text(&object)?)
}

fn image_of_form(parts: &[Part]) -> Result<ImageSource<'_>, Failure> {
    let mut images = parts.iter().filter(|part| part.name == "image");
    let Some(part) = images.next() else {
        return Err(Failure::invalid(
            "the form has no field `image`; it must hold a JPEG, PNG, WebP or BMP file",
        ));
    };
    if images.next().is_some() {
        return Err(Failure::invalid(
            "the form has more than one field `image`; one image is judged a request",
        ));
    }
    image_of_part(part).ok_or_else(|| {
        Failure::invalid("the field `image` is empty; it must hold a JPEG, PNG, WebP or BMP file")
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method, header};

    use super::*;

    fn incoming(content_type: Option<&'static str>, body: &'static [u8]) -> Incoming {
        let mut headers = HeaderMap::new();
        if let Some(value) = content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
        }
        Incoming {
            method: Method::POST,
            path: "/v1/liveness".to_owned(),
            query: Vec::new(),
            headers,
            body: Body::Bytes(Bytes::from_static(body)),
        }
    }

    fn part(file_name: Option<&str>, data: &'static [u8]) -> Part {
        Part {
            name: "image".to_owned(),
            file_name: file_name.map(str::to_owned),
            content_type: None,
            data: Bytes::from_static(data),
        }
    }

    fn message(body: &[u8]) -> String {
        let failure = image_of_json(body).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidRequest);
        failure.message
    }

    #[test]
    fn json_refusals_say_what_is_wrong() {
        for (body, says) in [
            (&b""[..], "the body is empty"),
            (b"  \n", "the body is empty"),
            (b"{", "not valid JSON (line 1, column 1)"),
            (b"hello", "not valid JSON"),
            (b"{\"image\":\"a\"} x", "not valid JSON"),
            (b"[\"YQ==\"]", "the body is an array"),
            (b"\"YQ==\"", "the body is a string"),
            (b"17", "the body is a number"),
            (b"null", "the body is null"),
            (b"{}", "`image` is missing"),
            (b"{\"Image\":\"YQ==\"}", "`image` is missing"),
            (b"{\"image\":null}", "`image` is missing"),
            (b"{\"image\":\"\"}", "`image` is blank"),
            (b"{\"image\":\" \\n\\t\"}", "`image` is blank"),
            (b"{\"image\":5}", "`image` is a number"),
            (b"{\"image\":-5}", "`image` is a number"),
            (b"{\"image\":true}", "`image` is a boolean"),
            (b"{\"image\":[\"YQ==\"]}", "`image` is an array"),
            (b"{\"image\":{\"a\":1}}", "`image` is an object"),
            (
                b"{\"image\":\"a\",\"image\":\"b\"}",
                "`image` is given more than once",
            ),
            (b"{\"image\":\"\\ud800\"}", "`image` is not valid Unicode"),
            (b"{\"image\":\"\xFF\"}", "not valid JSON"),
        ] {
            let message = message(body);
            assert!(message.contains(says), "{message} for {body:?}");
        }
    }

    #[test]
    fn a_plain_json_text_is_borrowed_and_an_escaped_one_is_read() {
        let plain = image_of_json(b"\xEF\xBB\xBF {\"x\": [1], \"image\": \"a/b=\"}").unwrap();
        assert!(matches!(plain, Cow::Borrowed("a/b=")));
        let escaped = image_of_json(br#"{"image":"a\/b="}"#).unwrap();
        assert_eq!(escaped, "a/b=");
    }

    #[test]
    fn the_content_type_decides_how_a_body_is_read() {
        let json = br#"{"image":"YQ=="}"#;
        for content_type in [
            None,
            Some("application/json"),
            Some("Application/JSON; charset=utf-8"),
            Some("application/problem+json"),
            Some("application/x-www-form-urlencoded"),
            Some("text/plain;charset=UTF-8"),
        ] {
            let incoming = incoming(content_type, json);
            let request = check_request(&incoming).unwrap();
            assert_eq!(request.image, ImageSource::Base64("YQ==".into()));
        }
        for content_type in ["image/jpeg", "IMAGE/png", "application/octet-stream"] {
            let incoming = incoming(Some(content_type), b"file");
            let request = check_request(&incoming).unwrap();
            assert_eq!(request.image, ImageSource::Bytes(b"file"));
        }
        for content_type in ["text/html", "video/mp4", "application/xml"] {
            let failure = check_request(&incoming(Some(content_type), json)).unwrap_err();
            assert_eq!(failure.kind, FailureKind::UnsupportedMediaType);
        }
        let empty = check_request(&incoming(Some("image/png"), b"")).unwrap_err();
        assert_eq!(empty.kind, FailureKind::InvalidRequest);
    }

    #[test]
    fn the_query_gives_the_options() {
        let mut incoming = incoming(None, br#"{"image":"YQ=="}"#);
        let mut options = |query: &[(&str, &str)]| {
            incoming.query = query
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect();
            check_request(&incoming).map(|request| request.options)
        };
        assert_eq!(options(&[]).unwrap(), CheckOptions::default());
        assert!(options(&[("explain", "true")]).unwrap().pictures);
        assert!(options(&[("explain", "")]).unwrap().pictures);
        assert!(
            !options(&[("explain", "true"), ("explain", "0")])
                .unwrap()
                .pictures
        );
        assert!(options(&[("explain", "maybe")]).is_err());
        let profile = options(&[("profile", "classic")]).unwrap().profile;
        assert_eq!(profile.as_deref(), Some("classic"));
    }

    #[test]
    fn a_reference_and_an_idempotency_key_are_bounded() {
        let mut incoming = incoming(None, br#"{"image":"YQ=="}"#);
        assert_eq!(check_request(&incoming).unwrap().reference, None);
        incoming.query = vec![("reference".to_owned(), "case 7".to_owned())];
        let key = HeaderValue::from_static(" k-1 ");
        incoming.headers.insert("idempotency-key", key);
        let request = check_request(&incoming).unwrap();
        assert_eq!(request.reference.as_deref(), Some("case 7"));
        assert_eq!(request.idempotency_key.as_deref(), Some("k-1"));
        let key = HeaderValue::from_str(&"k".repeat(256)).unwrap();
        incoming.headers.insert("idempotency-key", key);
        assert!(check_request(&incoming).is_err());
        incoming.headers.remove("idempotency-key");
        for wrong in ["r".repeat(201), "\0".to_owned()] {
            incoming.query = vec![("reference".to_owned(), wrong)];
            assert!(check_request(&incoming).is_err());
        }
    }

    #[test]
    fn a_form_holds_a_file_or_base64_text() {
        let image = |parts: &[Part]| match image_of_form(parts) {
            Ok(ImageSource::Base64(text)) => format!("base64 {text}"),
            Ok(ImageSource::Bytes(bytes)) => format!("file of {} bytes", bytes.len()),
            Ok(other) => panic!("{other:?}"),
            Err(failure) => failure.message,
        };
        assert_eq!(image(&[part(None, b"YQ==")]), "base64 YQ==");
        assert_eq!(image(&[part(Some("a.txt"), b"YQ==")]), "file of 4 bytes");
        assert_eq!(image(&[part(None, b"\xFF\xD8")]), "file of 2 bytes");
        assert!(image(&[part(None, b" ")]).contains("is empty"));
        assert!(image(&[part(Some("a.jpg"), b"")]).contains("is empty"));
        assert!(image(&[]).contains("has no field `image`"));
        let two = [part(None, b"a"), part(None, b"b")];
        assert!(image(&two).contains("more than one"));
    }
}
