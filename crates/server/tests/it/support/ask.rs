//! Requests of each contract, and a form as browsers send it.

use axum::body::Body;
use axum::http::Request;
use lifesign_server::service::admin::{
    DecentroCredentials, SyntizenCredentials, VerifiedAfricaCredentials,
};
use serde_json::{Value, json};

use super::site::Site;
use super::{Answer, base64};

pub(crate) const BOUNDARY: &str = "frontier";

/// A field of a form.
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) file_name: Option<&'a str>,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) data: Vec<u8>,
}

/// A body of `multipart/form-data` with the boundary [`BOUNDARY`].
pub(crate) fn form(fields: &[Field<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for field in fields {
        let mut head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"",
            field.name
        );
        if let Some(name) = field.file_name {
            head += &format!("; filename=\"{name}\"");
        }
        if let Some(content_type) = field.content_type {
            head += &format!("\r\nContent-Type: {content_type}");
        }
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(&field.data);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// A POST of JSON.
pub(crate) fn json_post(path: &str, headers: &[(&str, &str)], body: &Value) -> Request<Body> {
    let mut request = Request::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_string())).unwrap()
}

/// A request without a body under a native key.
pub(crate) fn plain(method: &str, path: &str, key: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    request
        .header("x-api-key", key)
        .body(Body::empty())
        .unwrap()
}

/// A picture for the native API, as it is.
pub(crate) fn native(key: &str, image: &[u8]) -> Request<Body> {
    native_with(key, "", &[], image)
}

/// The same with a query and headers.
pub(crate) fn native_with(
    key: &str,
    query: &str,
    headers: &[(&str, &str)],
    image: &[u8],
) -> Request<Body> {
    let mut request = Request::post(format!("/v1/liveness{query}"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "image/jpeg");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(image.to_vec())).unwrap()
}

/// verified.africa, with a reference that is not blank.
pub(crate) fn africa(
    credentials: &VerifiedAfricaCredentials,
    image: &[u8],
    reference: &str,
) -> Request<Body> {
    let headers = [
        ("userid", credentials.userid.as_str()),
        ("apiKey", &credentials.api_key),
    ];
    let body = json!({
        "verificationType": "PASSIVE-LIVELINESS-VERIFICATION",
        "selfie": format!("data:image/jpeg;base64,{}", base64(image)),
        "transactionReference": reference,
    });
    json_post("/sfx-verify/v3/id-service/", &headers, &body)
}

fn decentro_post(credentials: &DecentroCredentials, body: &Value) -> Request<Body> {
    let headers = [
        ("client_id", credentials.client_id.as_str()),
        ("client_secret", &credentials.client_secret),
        ("module_secret", &credentials.module_secret),
    ];
    json_post("/v3/kyc/farsight/liveness/passive", &headers, body)
}

/// Decentro, whose picture needs the right size but no EXIF.
pub(crate) fn decentro(
    credentials: &DecentroCredentials,
    image: &[u8],
    reference: &str,
) -> Request<Body> {
    let body = json!({
        "reference_id": reference,
        "consent": true,
        "purpose": "for a test",
        "image": base64(image),
        "skip_metadata_validation": true,
    });
    decentro_post(credentials, &body)
}

/// Decentro with a picture that is somewhere else.
pub(crate) fn decentro_url(credentials: &DecentroCredentials, url: &str) -> Request<Body> {
    let body = json!({
        "reference_id": "Case 1",
        "consent": true,
        "purpose": "for a test",
        "image_url": url,
    });
    decentro_post(credentials, &body)
}

/// Syntizen; `liveimage` is the base64 of the picture, or of the sealed one.
pub(crate) fn syntizen(apikey: &str, authkey: &str, rrn: &str, liveimage: &str) -> Request<Body> {
    let body = json!({ "liveimage": liveimage, "rrn": rrn });
    json_post(
        "/FaceLivenessV2",
        &[("apikey", apikey), ("authkey", authkey)],
        &body,
    )
}

pub(crate) fn login(credentials: &SyntizenCredentials) -> Request<Body> {
    let SyntizenCredentials {
        username, password, ..
    } = credentials;
    let body = json!({ "username": username, "password": password });
    json_post("/userauthentication", &[], &body)
}

/// A token for the credentials.
pub(crate) async fn authkey(site: &Site, credentials: &SyntizenCredentials) -> String {
    let answer = site.call(login(credentials)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    text_of(&answer, "authkey")
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
}

/// A field of an answer that is a text.
pub(crate) fn text_of(answer: &Answer, field: &str) -> String {
    let body = answer.json();
    let text = body[field].as_str();
    text.unwrap_or_else(|| panic!("no {field} in {body}"))
        .to_owned()
}
