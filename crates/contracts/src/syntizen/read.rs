//! From a Syntizen request to an [`Ask`](crate::Ask).

use crate::fields::{Field, JsonObject, header, json_body};
use crate::{CheckRequest, Echo, Failure, ImageFormat, ImageRules, ImageSource, Incoming};
use crate::{TokenRequest, syntizen};

const REFERENCE: Field = Field {
    name: syntizen::RRN,
    accepted: "it must be a string of 1 to 200 characters that names the transaction",
};
const LIVE_IMAGE: Field = Field {
    name: "liveimage",
    accepted: "it must be base64 text of a JPG or PNG file",
};
const USERNAME: Field = Field {
    name: "username",
    accepted: "it must be a string of 1 to 200 characters",
};
const PASSWORD: Field = Field {
    name: "password",
    accepted: "it must be a string of 1 to 1024 bytes",
};

/// Most bytes of a password: hashing it must stay cheap to ask for.
const PASSWORD_BYTES: usize = 1024;

/// The `apikey` of an image that is not sealed.
const PLAIN: &str = "0";

pub(super) fn check_request<'a>(
    incoming: &'a Incoming,
    echo: &mut Echo,
) -> Result<CheckRequest<'a>, Failure> {
    let body = json_body(incoming)?;
    let object = JsonObject::read(
        body,
        &[REFERENCE.name, LIVE_IMAGE.name],
        "a JSON object with the fields `rrn` and `liveimage`",
    )?;
    let rrn = REFERENCE.required_label(REFERENCE.text(&object)?)?;
    echo.insert(syntizen::RRN, rrn.clone());
    let apikey = header(&incoming.headers, "apikey").ok_or_else(|| {
        Failure::invalid(
            "the header `apikey` is missing or blank; send 0 for a plain image, or the key that \
             the image is sealed under",
        )
    })?;
    let text = LIVE_IMAGE.required(LIVE_IMAGE.text(&object)?)?;
    Ok(CheckRequest {
        image: if apikey == PLAIN {
            ImageSource::Base64(text)
        } else {
            ImageSource::Sealed {
                key: apikey.into(),
                text,
            }
        },
        rules: ImageRules {
            formats: &[ImageFormat::Jpeg, ImageFormat::Png],
            ..ImageRules::default()
        },
        reference: Some(rrn),
        ..CheckRequest::default()
    })
}

pub(super) fn token_request(incoming: &Incoming) -> Result<TokenRequest, Failure> {
    let body = json_body(incoming)?;
    let object = JsonObject::read(
        body,
        &[USERNAME.name, PASSWORD.name],
        "a JSON object with the fields `username` and `password`",
    )?;
    let username = USERNAME.required_label(USERNAME.text(&object)?)?;
    let password = PASSWORD.required(PASSWORD.text(&object)?)?;
    if password.len() > PASSWORD_BYTES {
        return Err(PASSWORD.refused(&format!("has {} bytes", password.len())));
    }
    Ok(TokenRequest {
        username,
        password: password.into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method, header};

    use super::*;
    use crate::{Ask, Body, Contract, FailureKind, Part, Syntizen};

    fn incoming(path: &str, apikey: Option<&str>, body: &str) -> Incoming {
        let mut headers = HeaderMap::new();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(apikey) = apikey {
            headers.insert("apikey", HeaderValue::from_str(apikey).unwrap());
        }
        Incoming {
            method: Method::POST,
            path: path.to_owned(),
            query: Vec::new(),
            headers,
            body: Body::Bytes(Bytes::from(body.to_owned())),
        }
    }

    fn refusal(incoming: &Incoming) -> (Failure, Echo) {
        let mut echo = Echo::new();
        let failure = Syntizen.read(incoming, &mut echo).unwrap_err();
        (failure, echo)
    }

    #[test]
    fn the_documented_request_is_a_plain_image_with_a_label() {
        let body = r#"{ "liveimage": "/9j/4AAQ", "rrn": "1" }"#;
        let incoming = incoming("/FaceLivenessV2", Some("0"), body);
        let mut echo = Echo::new();
        let Ok(Ask::Check(request)) = Syntizen.read(&incoming, &mut echo) else {
            panic!("no check");
        };
        assert_eq!(request.image, ImageSource::Base64("/9j/4AAQ".into()));
        assert_eq!(request.reference.as_deref(), Some("1"));
        assert_eq!(request.idempotency_key, None, "an rrn is a label");
        assert!(!request.charged);
        let rules = ImageRules {
            formats: &[ImageFormat::Jpeg, ImageFormat::Png],
            ..ImageRules::default()
        };
        assert_eq!(request.rules, rules);
        assert_eq!(echo["rrn"], "1");
    }

    #[test]
    fn another_apikey_names_the_key_of_a_sealed_image() {
        let incoming = incoming(
            "/FaceLivenessV2",
            Some(" ls_key_1"),
            r#"{"rrn":"1","liveimage":"c2VhbGVk"}"#,
        );
        let Ok(Ask::Check(request)) = Syntizen.read(&incoming, &mut Echo::new()) else {
            panic!("no check");
        };
        let sealed = ImageSource::Sealed {
            key: "ls_key_1".into(),
            text: "c2VhbGVk".into(),
        };
        assert_eq!(request.image, sealed);
    }

    #[test]
    fn refusals_name_the_field_and_repeat_what_was_understood() {
        let both = r#"{"rrn":"7","liveimage":"YQ=="}"#;
        for (apikey, body, says, rrn) in [
            (None, both, "the header `apikey` is missing", Some("7")),
            (Some(" "), both, "the header `apikey` is missing", Some("7")),
            (Some("0"), "", "the body is empty", None),
            (Some("0"), "[]", "the body is an array", None),
            (Some("0"), "{}", "`rrn` is missing", None),
            (Some("0"), r#"{"rrn":7}"#, "`rrn` is a number", None),
            (Some("0"), r#"{"rrn":" "}"#, "`rrn` is blank", None),
            (
                Some("0"),
                r#"{"rrn":"a\u0000"}"#,
                "control characters",
                None,
            ),
            (
                Some("0"),
                r#"{"rrn":"7"}"#,
                "`liveimage` is missing",
                Some("7"),
            ),
            (
                Some("0"),
                r#"{"rrn":"7","liveimage":""}"#,
                "`liveimage` is blank",
                Some("7"),
            ),
            (
                Some("0"),
                r#"{"rrn":"7","liveimage":5}"#,
                "`liveimage` is a number",
                Some("7"),
            ),
            (
                Some("0"),
                r#"{"rrn":"7","rrn":"8"}"#,
                "more than once",
                None,
            ),
        ] {
            let (failure, echo) = refusal(&incoming("/FaceLivenessV2", apikey, body));
            assert_eq!(failure.kind, FailureKind::InvalidRequest);
            assert!(
                failure.message.contains(says),
                "{} for {body}",
                failure.message
            );
            assert_eq!(echo.get("rrn").map(String::as_str), rrn, "{body}");
        }
    }

    #[test]
    fn a_form_is_not_taken() {
        let mut incoming = incoming("/FaceLivenessV2", Some("0"), "");
        incoming.body = Body::Form(vec![Part {
            name: "rrn".to_owned(),
            file_name: None,
            content_type: None,
            data: Bytes::from_static(b"1"),
        }]);
        let (failure, _) = refusal(&incoming);
        assert_eq!(failure.kind, FailureKind::UnsupportedMediaType);
    }

    #[test]
    fn a_login_is_a_user_name_and_a_password() {
        let body = r#"{"username":"alice","password":" s3cret "}"#;
        let login = incoming("/userauthentication", None, body);
        let Ok(Ask::Token(request)) = Syntizen.read(&login, &mut Echo::new()) else {
            panic!("no token request");
        };
        assert_eq!(request.username, "alice");
        assert_eq!(request.password, " s3cret ");
        let long = format!(r#"{{"username":"a","password":"{}"}}"#, "p".repeat(1025));
        for (body, says) in [
            (r#"{"password":"p"}"#, "`username` is missing"),
            (r#"{"username":"a"}"#, "`password` is missing"),
            (r#"{"username":"a","password":""}"#, "`password` is blank"),
            (r#"{"username":"a","password":1}"#, "`password` is a number"),
            (&long, "`password` has 1025 bytes"),
        ] {
            let (failure, _) = refusal(&incoming("/userauthentication", None, body));
            assert!(failure.message.contains(says), "{}", failure.message);
        }
    }
}
