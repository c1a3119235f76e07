//! From a verified.africa request to a [`CheckRequest`].

use super::{NOTE, REFERENCE, TYPE, VERIFICATION_TYPE};
use crate::fields::{Field, JsonObject, json_body};
use crate::{CheckRequest, Echo, Failure, ImageSource, Incoming};

const VERIFICATION: Field = Field {
    name: TYPE,
    accepted: "it must be PASSIVE-LIVELINESS-VERIFICATION",
};
const TRANSACTION: Field = Field {
    name: REFERENCE,
    accepted: "it must be a string of at most 200 characters, or left out",
};
const SELFIE: Field = Field {
    name: "selfie",
    accepted: "it must be a data: URL or base64 text of a JPEG, PNG, WebP or BMP file",
};
/// As the table of the document writes it; its sample has it in lower case.
const UPPER_SELFIE: Field = Field {
    name: "Selfie",
    ..SELFIE
};
/// Accepted so that no client breaks; nobody is called back.
const CALLBACKS: [&str; 2] = ["callbackUrl", "callbackEmail"];

const NAMES: &[&str] = &[
    VERIFICATION.name,
    TRANSACTION.name,
    SELFIE.name,
    UPPER_SELFIE.name,
    CALLBACKS[0],
    CALLBACKS[1],
];

pub(super) fn check_request<'a>(
    incoming: &'a Incoming,
    echo: &mut Echo,
) -> Result<CheckRequest<'a>, Failure> {
    let body = json_body(incoming)?;
    let wanted = "a JSON object with the fields `verificationType` and `selfie`";
    let object = JsonObject::read(body, NAMES, wanted)?;
    let reference = reference(&object)?;
    if let Some(reference) = &reference {
        echo.insert(REFERENCE, reference.clone());
    }
    let called = VERIFICATION.required(VERIFICATION.text(&object)?)?;
    if called != VERIFICATION_TYPE {
        return Err(VERIFICATION.refused("names a service that is not offered here"));
    }
    echo.insert(TYPE, VERIFICATION_TYPE.to_owned());
    if let Some(note) = note(&object) {
        echo.insert(NOTE, note);
    }
    let selfie = match (SELFIE.text(&object)?, UPPER_SELFIE.text(&object)?) {
        (Some(_), Some(_)) => return Err(SELFIE.refused("is there beside `Selfie`")),
        (lower, upper) => SELFIE.required(lower.or(upper))?,
    };
    Ok(CheckRequest {
        image: ImageSource::Base64(selfie),
        reference: reference.clone(),
        idempotency_key: reference,
        charged: true,
        ..CheckRequest::default()
    })
}

/// The caller's `transactionReference`; a blank one asks for a generated one.
fn reference(object: &JsonObject<'_>) -> Result<Option<String>, Failure> {
    match TRANSACTION.text(object)? {
        Some(text) if !text.trim().is_empty() => TRANSACTION.required_label(Some(text)).map(Some),
        _ => Ok(None),
    }
}

/// Tells which fields were ignored. They may hold anything.
fn note(object: &JsonObject<'_>) -> Option<String> {
    let given = CALLBACKS.into_iter().filter(|name| {
        let value = object.get(name);
        value.is_some_and(|value| value.get() != r#""""#)
    });
    let given = given.collect::<Vec<_>>().join(" and ");
    (!given.is_empty()).then(|| format!("{given} ignored: no callback is made"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method};

    use super::*;
    use crate::{Ask, Body, Contract, FailureKind, ImageRules, VerifiedAfrica};

    fn incoming(body: &str) -> Incoming {
        Incoming {
            method: Method::POST,
            path: "/sfx-verify/v3/id-service/".to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::Bytes(Bytes::from(body.to_owned())),
        }
    }

    fn with(more: &str) -> Incoming {
        incoming(&format!(
            r#"{{"verificationType" : "PASSIVE-LIVELINESS-VERIFICATION"{more}}}"#
        ))
    }

    fn read<'a>(incoming: &'a Incoming, echo: &mut Echo) -> CheckRequest<'a> {
        match VerifiedAfrica.read(incoming, echo) {
            Ok(Ask::Check(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_documented_request_is_a_charged_check_without_a_reference() {
        let incoming = with(r#", "selfie": "data:image/jpeg;base64,/9j/4AAQ""#);
        let mut echo = Echo::new();
        let request = read(&incoming, &mut echo);
        let image = ImageSource::Base64("data:image/jpeg;base64,/9j/4AAQ".into());
        assert_eq!(request.image, image);
        assert!(request.charged);
        assert_eq!(request.reference, None);
        assert_eq!(request.idempotency_key, None);
        assert_eq!(request.rules, ImageRules::default());
        assert_eq!(echo.len(), 1);
        assert_eq!(echo[TYPE], VERIFICATION_TYPE);
    }

    #[test]
    fn the_selfie_is_taken_in_either_case_but_once() {
        let upper = with(r#","Selfie":"YQ==""#);
        let image = read(&upper, &mut Echo::new()).image;
        assert_eq!(image, ImageSource::Base64("YQ==".into()));
        let null = with(r#","selfie":null,"Selfie":"YQ==""#);
        let image = read(&null, &mut Echo::new()).image;
        assert_eq!(image, ImageSource::Base64("YQ==".into()));
        let both = with(r#","selfie":"YQ==","Selfie":"Yg==""#);
        let failure = VerifiedAfrica.read(&both, &mut Echo::new()).unwrap_err();
        assert!(failure.message.contains("beside `Selfie`"));
    }

    #[test]
    fn a_reference_is_label_and_key_and_a_blank_one_is_none() {
        let incoming = with(r#","selfie":"YQ==","transactionReference":"T 1""#);
        let mut echo = Echo::new();
        let request = read(&incoming, &mut echo);
        assert_eq!(request.reference.as_deref(), Some("T 1"));
        assert_eq!(request.idempotency_key.as_deref(), Some("T 1"));
        assert_eq!(echo[REFERENCE], "T 1");
        for blank in [r#""""#, r#""  ""#, "null"] {
            let incoming = with(&format!(
                r#","selfie":"YQ==","transactionReference":{blank}"#
            ));
            assert_eq!(read(&incoming, &mut Echo::new()).idempotency_key, None);
        }
    }

    #[test]
    fn callbacks_are_ignored_with_a_note() {
        let note = |more: &str| {
            let incoming = with(&format!(r#","selfie":"YQ=="{more}"#));
            let mut echo = Echo::new();
            read(&incoming, &mut echo);
            echo.remove(NOTE)
        };
        assert_eq!(note(""), None);
        assert_eq!(note(r#","callbackUrl":"","callbackEmail":null"#), None);
        let url = note(r#","callbackUrl":"https://example.com""#).unwrap();
        assert_eq!(url, "callbackUrl ignored: no callback is made");
        let both = note(r#","callbackEmail":"a@example.com","callbackUrl":7"#).unwrap();
        assert_eq!(
            both,
            "callbackUrl and callbackEmail ignored: no callback is made"
        );
    }

    #[test]
    fn refusals_name_the_field_and_repeat_what_was_understood() {
        let long = format!(r#"{{"transactionReference":"{}"}}"#, "r".repeat(201));
        let reference = r#""transactionReference":"T1""#;
        for (body, says, kept) in [
            (String::new(), "the body is empty", 0),
            ("[]".to_owned(), "the body is an array", 0),
            ("{}".to_owned(), "`verificationType` is missing", 0),
            (
                format!(r#"{{{reference},"verificationType":1}}"#),
                "`verificationType` is a number",
                1,
            ),
            (
                format!(r#"{{{reference},"verificationType":"BVN-FULL-DETAILS"}}"#),
                "names a service that is not offered here; it must be PASSIVE-LIVELINESS-VERIFICATION",
                1,
            ),
            (
                format!(r#"{{{reference},"verificationType":"{VERIFICATION_TYPE}"}}"#),
                "`selfie` is missing",
                2,
            ),
            (
                format!(r#"{{{reference},"verificationType":"{VERIFICATION_TYPE}","Selfie":[]}}"#),
                "`Selfie` is an array",
                2,
            ),
            (
                r#"{"transactionReference":5}"#.to_owned(),
                "`transactionReference` is a number",
                0,
            ),
            (long, "`transactionReference` has 201 characters", 0),
        ] {
            let mut echo = Echo::new();
            let incoming = incoming(&body);
            let failure = VerifiedAfrica.read(&incoming, &mut echo).unwrap_err();
            assert_eq!(failure.kind, FailureKind::InvalidRequest);
            assert!(failure.message.contains(says), "{}", failure.message);
            assert_eq!(echo.len(), kept, "{body}");
        }
    }
}
