//! What each fuzz target of the contracts does with its input. The targets in `fuzz_targets` and the replay in
//! `crates/contracts/tests/replay_corpora.rs` share this file.
//!
//! The first byte names the route, the second how the body is sent: JSON, a form, or bytes of an unnamed kind. A form
//! is fields divided by the byte 0x1e, each a name and a content divided by 0x1f.
#![allow(dead_code)] // each target uses one function of these

use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use lifesign_contracts::{
    About, Body, Contract, Decentro, Echo, Failure, FailureKind, Incoming, Native, Part, Syntizen,
    VerifiedAfrica,
};

pub(crate) fn native(data: &[u8]) {
    read(&Native, data);
}

pub(crate) fn syntizen(data: &[u8]) {
    read(&Syntizen, data);
}

pub(crate) fn verified_africa(data: &[u8]) {
    read(&VerifiedAfrica, data);
}

pub(crate) fn decentro(data: &[u8]) {
    read(&Decentro, data);
}

/// Reads the request and words a refusal of it: with the failure of the reading, or with one of the server.
fn read(contract: &dyn Contract, data: &[u8]) {
    let [route, form, content @ ..] = data else {
        return;
    };
    let routes = contract.routes();
    let route = &routes[usize::from(*route) % routes.len()];
    let (content_type, body) = match form % 3 {
        0 => ("application/json", plain(content)),
        1 => ("multipart/form-data; boundary=x", parts(content)),
        _ => ("application/octet-stream", plain(content)),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    let incoming = Incoming {
        method: route.method.clone(),
        path: route.path.to_owned(),
        query: Vec::new(),
        headers,
        body,
    };
    let mut echo = Echo::new();
    let outcome = contract.read(&incoming, &mut echo);
    let failure = match outcome {
        Ok(_) => Failure::new(FailureKind::Overloaded, "busy"),
        Err(failure) => failure,
    };
    let about = About {
        request_id: contract.request_id([7; 16], SystemTime::UNIX_EPOCH),
        at: SystemTime::UNIX_EPOCH,
        echo,
    };
    let reply = contract.answer(&about, Err(&failure));
    let answer: Result<serde_json::Value, _> = serde_json::from_slice(reply.body());
    assert!(answer.is_ok_and(|answer| answer.is_object()));
    // What a refusal repeats of the request is bounded by what came.
    assert!(reply.body().len() < 4096 + 8 * data.len());
}

fn plain(content: &[u8]) -> Body {
    Body::Bytes(Bytes::copy_from_slice(content))
}

fn parts(content: &[u8]) -> Body {
    let part = |field: &[u8]| {
        let (name, data) = match field.iter().position(|byte| *byte == 0x1f) {
            Some(at) => (&field[..at], &field[at + 1..]),
            None => (field, &[][..]),
        };
        Part {
            name: String::from_utf8_lossy(name).into_owned(),
            file_name: None,
            content_type: None,
            data: Bytes::copy_from_slice(data),
        }
    };
    Body::Form(content.split(|byte| *byte == 0x1e).map(part).collect())
}
