//! From a Decentro request, form or JSON, to a [`CheckRequest`].

use super::source::{
    CONSENT, CONSENT_PURPOSE, MAX_SIDE, MIN_SIDE, PURPOSE, REFERENCE_ID, SKIP_METADATA_VALIDATION,
    Source, consent, present, purpose, url,
};
use crate::fields::{Field, image_of_part, only};
use crate::{CheckRequest, Failure, ImageFormat, ImageRules, ImageSource, Incoming};

const IMAGE: Field = Field {
    name: "image",
    accepted: "it must be a JPG, JPEG or PNG file, in JSON as base64 text",
};
const IMAGE_URL: Field = Field {
    name: "image_url",
    accepted: "it must be a URL of at most 2048 characters, or left out",
};
const NAMES: &[&str] = &[
    REFERENCE_ID.name,
    CONSENT.name,
    PURPOSE.name,
    CONSENT_PURPOSE.name,
    IMAGE.name,
    IMAGE_URL.name,
    SKIP_METADATA_VALIDATION.name,
];

pub(super) fn check_request(incoming: &Incoming) -> Result<CheckRequest<'_>, Failure> {
    let source = Source::of(
        incoming,
        NAMES,
        "a JSON object with the fields `reference_id`, `consent`, `purpose` and `image`",
    )?;
    // Before anything else: without consent the rest is not looked at.
    consent(&source)?;
    let reference = REFERENCE_ID.required_label(source.text(&REFERENCE_ID)?)?;
    purpose(&source)?;
    let camera_data = !source.switch(&SKIP_METADATA_VALIDATION)?.unwrap_or(false);
    Ok(CheckRequest {
        image: image(&source)?,
        rules: ImageRules {
            formats: &[ImageFormat::Jpeg, ImageFormat::Png],
            min_side: Some(MIN_SIDE),
            max_side: Some(MAX_SIDE),
            camera_data,
        },
        reference: Some(reference),
        ..CheckRequest::default()
    })
}

fn image<'a>(source: &Source<'a>) -> Result<ImageSource<'a>, Failure> {
    match (file(source)?, url(source, &IMAGE_URL)?) {
        (Some(_), Some(_)) => Err(IMAGE.refused("is there beside `image_url`, one is judged")),
        (Some(image), None) => Ok(image),
        (None, Some(url)) => Ok(ImageSource::Url(url)),
        (None, None) => Err(IMAGE.refused("is missing or blank, and so is `image_url`")),
    }
}

/// The field `image`; a blank one counts as absent.
fn file<'a>(source: &Source<'a>) -> Result<Option<ImageSource<'a>>, Failure> {
    match source {
        Source::Json(_) => Ok(present(source.text(&IMAGE)?).map(ImageSource::Base64)),
        Source::Form(parts) => Ok(only(parts, &IMAGE)?.and_then(image_of_part)),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method, header};

    use super::super::FARSIGHT;
    use super::*;
    use crate::{Ask, Body, Contract, Decentro, Echo, FailureKind, Part};

    const FORENSICS: &str = "/v2/kyc/forensics/liveness/passive";

    fn incoming(path: &str, body: Body) -> Incoming {
        Incoming {
            method: Method::POST,
            path: path.to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body,
        }
    }

    fn json(text: &str) -> Incoming {
        incoming(FARSIGHT, Body::Bytes(Bytes::from(text.to_owned())))
    }

    fn text(name: &str, value: &str) -> Part {
        Part {
            name: name.to_owned(),
            file_name: None,
            content_type: None,
            data: Bytes::from(value.to_owned()),
        }
    }

    fn file(data: &'static [u8]) -> Part {
        Part {
            name: "image".to_owned(),
            file_name: Some("selfie.jpg".to_owned()),
            content_type: Some("image/jpeg".to_owned()),
            data: Bytes::from_static(data),
        }
    }

    /// The documented form without its image, and what is added to it.
    fn form(more: Vec<Part>) -> Incoming {
        let mut parts = vec![
            text("reference_id", "Case 1"),
            text("consent", "true"),
            text("purpose", "for a test"),
        ];
        parts.extend(more);
        incoming(FORENSICS, Body::Form(parts))
    }

    fn read(incoming: &Incoming) -> Result<CheckRequest<'_>, Failure> {
        Decentro
            .read(incoming, &mut Echo::new())
            .map(|ask| match ask {
                Ask::Check(request) => request,
                other => panic!("{other:?}"),
            })
    }

    #[test]
    fn the_documented_form_is_a_check_by_the_documented_rules() {
        let incoming = form(vec![file(b"\xFF\xD8")]);
        let request = read(&incoming).unwrap();
        assert_eq!(request.image, ImageSource::Bytes(b"\xFF\xD8"));
        assert_eq!(request.reference.as_deref(), Some("Case 1"));
        assert_eq!(request.idempotency_key, None, "a reference_id is a label");
        assert!(!request.charged);
        let rules = ImageRules {
            formats: &[ImageFormat::Jpeg, ImageFormat::Png],
            min_side: Some(800),
            max_side: Some(2000),
            camera_data: true,
        };
        assert_eq!(request.rules, rules);
    }

    #[test]
    fn the_documented_json_is_a_check_on_both_paths() {
        let body = r#"{"reference_id":"1","consent":true,"purpose":"p","image":"YQ=="}"#;
        for path in [FARSIGHT, FORENSICS] {
            let mut incoming = incoming(path, Body::Bytes(Bytes::from_static(body.as_bytes())));
            let json = HeaderValue::from_static("application/json");
            incoming.headers.insert(header::CONTENT_TYPE, json);
            let request = read(&incoming).unwrap();
            assert_eq!(request.image, ImageSource::Base64("YQ==".into()));
            assert_eq!(request.reference.as_deref(), Some("1"));
        }
    }

    #[test]
    fn a_form_is_not_taken_where_json_alone_is_documented() {
        let mut incoming = form(vec![file(b"\xFF")]);
        incoming.path = FARSIGHT.to_owned();
        let failure = read(&incoming).unwrap_err();
        assert_eq!(failure.kind, FailureKind::UnsupportedMediaType);
        assert!(failure.message.ends_with("accepted is application/json"));
    }

    #[test]
    fn consent_is_true_in_any_way_of_saying_it() {
        let kind = |consent: &str| {
            let text = format!(r#"{{"reference_id":"1",{consent}"purpose":"p","image":"YQ=="}}"#);
            read(&json(&text)).err().map(|failure| failure.kind)
        };
        for yes in ["true", r#""true""#, r#""True""#, r#"" TRUE ""#] {
            assert_eq!(kind(&format!(r#""consent":{yes},"#)), None, "{yes}");
        }
        for no in ["false", r#""false""#, r#""FALSE""#] {
            let refused = Some(FailureKind::ConsentRefused);
            assert_eq!(kind(&format!(r#""consent":{no},"#)), refused, "{no}");
        }
        let invalid = Some(FailureKind::InvalidRequest);
        assert_eq!(kind(""), invalid);
        for neither in ["null", "1", "0", r#""yes""#, r#""""#, "[]", "{}"] {
            assert_eq!(
                kind(&format!(r#""consent":{neither},"#)),
                invalid,
                "{neither}"
            );
        }
    }

    #[test]
    fn a_refused_consent_is_told_before_any_other_fault() {
        let failure = read(&json(r#"{"consent":false,"reference_id":5}"#)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::ConsentRefused);
        let parts = vec![text("consent", "false"), file(b"\xFF")];
        let failure = read(&incoming(FORENSICS, Body::Form(parts))).unwrap_err();
        assert_eq!(failure.kind, FailureKind::ConsentRefused);
    }

    #[test]
    fn either_name_of_the_purpose_will_do() {
        let with = |purpose: &str| {
            let text = format!(r#"{{"reference_id":"1","consent":true,{purpose}"image":"YQ=="}}"#);
            read(&json(&text))
                .map(|_| ())
                .map_err(|failure| failure.message)
        };
        assert_eq!(with(r#""consent_purpose":"p","#), Ok(()));
        assert_eq!(with(r#""purpose":"","consent_purpose":"p","#), Ok(()));
        assert!(with("").unwrap_err().contains("`purpose` is missing"));
        assert!(
            with(r#""purpose":" ","#)
                .unwrap_err()
                .contains("`purpose` is missing")
        );
        assert!(
            with(r#""consent_purpose":"","#)
                .unwrap_err()
                .contains("`purpose` is blank")
        );
        assert!(
            with(r#""purpose":7,"#)
                .unwrap_err()
                .contains("`purpose` is a number")
        );
    }

    #[test]
    fn one_image_comes_as_a_file_as_text_or_from_a_url() {
        let image = |more: Vec<Part>| {
            let incoming = form(more);
            match read(&incoming).map(|request| request.image) {
                Ok(ImageSource::Base64(text)) => format!("base64 {text}"),
                Ok(ImageSource::Bytes(bytes)) => format!("file of {} bytes", bytes.len()),
                Ok(ImageSource::Url(url)) => format!("url {url}"),
                Ok(other) => panic!("{other:?}"),
                Err(failure) => failure.message,
            }
        };
        let url = "https://example.com/a.jpg";
        assert_eq!(image(vec![file(b"\xFF")]), "file of 1 bytes");
        assert_eq!(image(vec![text("image", "YQ==")]), "base64 YQ==");
        assert_eq!(image(vec![text("image_url", url)]), format!("url {url}"));
        // An empty field is one that a client did not fill in.
        assert_eq!(
            image(vec![file(b"\xFF"), text("image_url", "")]),
            "file of 1 bytes"
        );
        assert_eq!(
            image(vec![file(b""), text("image_url", url)]),
            format!("url {url}")
        );
        let both = image(vec![file(b"\xFF"), text("image_url", url)]);
        assert!(
            both.contains("`image` is there beside `image_url`"),
            "{both}"
        );
        let none = image(vec![file(b""), text("image_url", " ")]);
        assert!(none.contains("`image` is missing or blank"), "{none}");
        let two = image(vec![file(b"\xFF"), file(b"\xFE")]);
        assert!(two.contains("`image` is given more than once"), "{two}");
        let long = image(vec![text("image_url", &"u".repeat(2049))]);
        assert!(long.contains("`image_url` has 2049 characters"), "{long}");
    }

    #[test]
    fn camera_data_is_wanted_unless_it_is_skipped() {
        let camera_data = |skip: &str| {
            let text = format!(
                r#"{{"reference_id":"1","consent":true,"purpose":"p","image":"YQ=="{skip}}}"#
            );
            read(&json(&text))
                .map(|request| request.rules.camera_data)
                .map_err(|failure| failure.message)
        };
        assert_eq!(camera_data(""), Ok(true));
        for (skip, wanted) in [
            ("true", false),
            (r#""true""#, false),
            (r#""True""#, false),
            ("false", true),
            (r#""false""#, true),
            (r#""""#, true),
            ("null", true),
        ] {
            let given = format!(r#","skip_metadata_validation":{skip}"#);
            assert_eq!(camera_data(&given), Ok(wanted), "{skip}");
        }
        for wrong in ["1", r#""maybe""#, "[true]"] {
            let given = format!(r#","skip_metadata_validation":{wrong}"#);
            assert!(camera_data(&given).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_reference_is_required_and_bounded() {
        let message = |reference: &str| {
            let text = format!(r#"{{"consent":true,"purpose":"p","image":"YQ=="{reference}}}"#);
            read(&json(&text)).unwrap_err().message
        };
        assert!(message("").contains("`reference_id` is missing"));
        assert!(message(r#","reference_id":" ""#).contains("`reference_id` is blank"));
        assert!(message(r#","reference_id":7"#).contains("`reference_id` is a number"));
        let long = format!(r#","reference_id":"{}""#, "r".repeat(201));
        assert!(message(&long).contains("`reference_id` has 201 characters"));
    }

    #[test]
    fn a_form_field_that_is_no_text_is_refused() {
        let mut parts = vec![text("consent", "true")];
        parts.push(Part {
            data: Bytes::from_static(b"\xFF"),
            ..text("reference_id", "")
        });
        let failure = read(&incoming(FORENSICS, Body::Form(parts))).unwrap_err();
        assert!(
            failure
                .message
                .contains("`reference_id` is not valid UTF-8")
        );
    }
}
