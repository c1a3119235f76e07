//! Plays the recorded exchanges without a server: what came of a request is given. Each answer
//! must be the recorded one, key by key in order, and conform to the contract's OpenAPI part.

mod exchange;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use exchange::{Body, Exchange, Given, compare, documented, fill};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lifesign_contracts::{
    self as contracts, About, Answer, Checked, Contract, Echo, Failure, FailureKind, Incoming,
    IssuedToken, Location, Part, Reply, SessionPage, SessionView,
};
use lifesign_domain::{CheckResult, ClipResult, SessionState};
use serde_json::{Value, json};

#[test]
fn every_recorded_exchange_is_answered_as_recorded() {
    let exchanges = exchange::all();
    assert!(exchanges.len() > 100, "only {} were found", exchanges.len());
    let mut wrong = Vec::new();
    for exchange in &exchanges {
        if let Err(difference) = play(exchange) {
            wrong.push(format!(
                "{}/{}: {difference}",
                exchange.contract, exchange.case
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_contract_records_every_failure_that_it_can_meet() {
    // What no request to the contract's own routes can meet.
    let elsewhere = |contract: &str, kind| match kind {
        FailureKind::NotFound => !["decentro", "native"].contains(&contract),
        FailureKind::SealBroken => contract != "syntizen",
        FailureKind::BalanceTooLow => contract != "verified_africa",
        FailureKind::KeyReused => !["verified_africa", "native"].contains(&contract),
        FailureKind::UnsupportedFormat => !["syntizen", "decentro"].contains(&contract),
        FailureKind::WrongResolution | FailureKind::NoCameraData => contract != "decentro",
        FailureKind::ConsentRefused
        | FailureKind::UrlRefused
        | FailureKind::UrlFailed
        | FailureKind::TooLong
        | FailureKind::NoDecoder => !["decentro", "native"].contains(&contract),
        _ => false,
    };
    let exchanges = exchange::all();
    for contract in contracts::all() {
        for kind in FailureKind::ALL {
            let recorded = exchanges.iter().any(|exchange| {
                exchange.contract == contract.name() && outcome(exchange).1.err() == Some(kind)
            });
            let name = contract.name();
            assert_eq!(!recorded, elsewhere(name, kind), "{name}: {kind:?}");
        }
    }
}

#[test]
fn broken_bodies_are_refused_or_read_and_never_repeated() {
    for exchange in &exchange::all() {
        let contract = contract(&exchange.contract);
        let whole = incoming(exchange);
        let contracts::Body::Bytes(body) = &whole.body else {
            continue;
        };
        let step = 1 + body.len() / 100;
        for at in (0..body.len()).step_by(step) {
            let mut changed = body.to_vec();
            changed[at] = changed[at].wrapping_add(1);
            for broken in [body.slice(..at), Bytes::from(changed)] {
                let incoming = Incoming {
                    body: contracts::Body::Bytes(broken),
                    ..whole.clone()
                };
                if let Err(failure) = contract.read(&incoming, &mut Echo::new()) {
                    assert!(!failure.message.contains(MARK), "{}", failure.message);
                }
            }
        }
    }
}

/// Plays one exchange.
fn play(exchange: &Exchange) -> Result<(), String> {
    let (reply, _) = outcome(exchange);
    let expected = &exchange.response;
    if reply.status() != expected.status {
        return Err(format!("{} {}", reply.status(), text(&reply)));
    }
    for (name, value) in &expected.headers {
        let header = reply.headers().get(name);
        if header.and_then(|header| header.to_str().ok()) != Some(value) {
            return Err(format!("header {name} is {header:?}"));
        }
    }
    if text(&reply).contains(MARK) {
        return Err(format!("repeats an image or a secret: {}", text(&reply)));
    }
    compare(expected.body.get(), text(&reply))?;
    conforms(exchange, &reply)
}

/// The reply, and the kind of failure if it tells one.
fn outcome(exchange: &Exchange) -> (Reply, Result<(), FailureKind>) {
    let contract = contract(&exchange.contract);
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_683_200_825_928);
    let mut about = About {
        request_id: contract.request_id([0x3E; 16], at),
        at,
        echo: Echo::new(),
    };
    let outcome = converse(exchange, contract, &mut about.echo);
    let kind = outcome.as_ref().map(|_| ()).map_err(|failure| failure.kind);
    let outcome = outcome.map(|answer| match answer {
        // A session has the identifier of the request that made it, in the contract's form.
        Answer::Session(mut view) => {
            view.id.clone_from(&about.request_id);
            Answer::Session(view)
        }
        answer => answer,
    });
    (contract.answer(&about, outcome.as_ref()), kind)
}

/// What comes of a request in a server that is as the fixture says.
fn converse(
    exchange: &Exchange,
    contract: &dyn Contract,
    echo: &mut Echo,
) -> Result<Answer, Failure> {
    let given = exchange.request.given.clone().map(given);
    if let Some((Err(failure), true)) = given {
        return Err(failure);
    }
    let incoming = incoming(exchange);
    contract.credentials(&incoming.path, &incoming.headers)?;
    contract.read(&incoming, echo)?;
    given
        .expect("a request that is understood says what comes of it")
        .0
}

fn contract(name: &str) -> &'static dyn Contract {
    let mut all = contracts::all().into_iter();
    all.find(|contract| contract.name() == name)
        .unwrap_or_else(|| panic!("there is no contract {name}"))
}

/// The identifier of every session here.
const SESSION: &str = "00112233445566778899AABBCCDDEEFF";

/// Marks what must not come back.
const MARK: &str = "never-repeated-";

/// Any text will do for an image or a secret: nothing is decoded or verified here.
fn placeholder(word: &str) -> String {
    format!("{MARK}{word}")
}

fn incoming(exchange: &Exchange) -> Incoming {
    let request = &exchange.request;
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let value = HeaderValue::from_str(&fill(value, &placeholder)).unwrap();
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value);
    }
    let bytes = |text: &str| contracts::Body::Bytes(Bytes::from(fill(text, &placeholder)));
    let whole = fill(&request.path, &|_| SESSION.to_owned());
    let (path, query) = match whole.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (whole.as_str(), None),
    };
    Incoming {
        method: request.method.parse::<Method>().unwrap(),
        path: path.to_owned(),
        query: query
            .into_iter()
            .flat_map(|query| query.split('&'))
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        headers,
        body: match &request.body {
            Body::None => bytes(""),
            Body::Json(json) => bytes(json.get()),
            Body::Text(text) => bytes(text),
            Body::File(name) => bytes(&format!("{{{{{name}}}}}")),
            Body::Form(fields) => contracts::Body::Form(fields.iter().map(part).collect()),
        },
    }
}

fn part(field: &exchange::FormField) -> Part {
    let content = match (&field.value, &field.file) {
        (Some(value), None) => fill(value, &placeholder),
        (None, Some(file)) => placeholder(file),
        _ => panic!("a field of a form has a value or a file"),
    };
    Part {
        name: field.name.clone(),
        file_name: field.file_name.clone(),
        content_type: field.content_type.clone(),
        data: Bytes::from(content),
    }
}

/// The outcome, and whether it comes before the request is read.
fn given(given: Given) -> (Result<Answer, Failure>, bool) {
    match given {
        Given::Checked {
            verdict,
            confidence,
            faces,
            reasons,
        } => {
            let result = CheckResult {
                verdict,
                confidence,
                threshold: 0.58,
                face_detected: faces > 0,
                signals: Vec::new(),
                profile: "ensemble".to_owned(),
                calibration: "1".to_owned(),
                face_count: faces,
                face: None,
                quality: Vec::new(),
                reasons: reasons.into_iter().map(Into::into).collect(),
            };
            let checked = Checked {
                result,
                pictures: None,
            };
            (Ok(Answer::Checked(checked)), false)
        }
        Given::Clip {
            verdict,
            confidence,
            faces,
        } => {
            let clip = ClipResult {
                verdict,
                confidence,
                threshold: 0.58,
                face_detected: faces > 0,
                profile: "ensemble".to_owned(),
                calibration: "1".to_owned(),
                duration_s: 3.0,
                frame_count: 36,
                frames: Vec::new(),
                signals: Vec::new(),
                reasons: Vec::new(),
                timeline: Vec::new(),
            };
            (Ok(Answer::Clip(Box::new(clip))), false)
        }
        Given::Token {
            authkey,
            expires_in,
        } => {
            let issued = IssuedToken {
                token: authkey,
                expires_in: Duration::from_secs(expires_in),
            };
            (Ok(Answer::Token(issued)), false)
        }
        Given::Session {
            state,
            made,
            originals,
            captured,
            failure,
        } => {
            let view = SessionView {
                url: made.then(|| format!("https://id.example/verify-video/{SESSION}")),
                result: captured
                    .as_ref()
                    .map(|captured| captured.result(originals.len())),
                location: captured.and_then(|captured| captured.location).map(
                    |(latitude, longitude)| Location {
                        latitude,
                        longitude,
                    },
                ),
                match_urls: vec![Some("https://id.example/v1/media/x/0".to_owned())],
                originals,
                failure,
                ..session(state)
            };
            (Ok(Answer::Session(Box::new(view))), false)
        }
        Given::Sessions(count) => {
            let page = SessionPage {
                sessions: vec![session(SessionState::Created); count],
                next: None,
            };
            (Ok(Answer::Sessions(page)), false)
        }
        Given::Failure {
            kind,
            message,
            unread,
        } => {
            let mut kinds = FailureKind::ALL.into_iter();
            let kind = kinds.find(|known| known.as_str() == kind);
            let kind = kind.expect("the kind of failure exists");
            (Err(Failure::new(kind, message)), unread)
        }
    }
}

/// A session of the fixtures; one that was captured has used an attempt.
fn session(state: SessionState) -> SessionView {
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_683_200_825_928);
    let captured = matches!(state, SessionState::Succeeded | SessionState::Failed);
    SessionView {
        id: "lv_0123456789abcdef".to_owned(),
        url: None,
        state,
        purpose: "Identity Verification".to_owned(),
        reference: Some("Case 1".to_owned()),
        created_at: at,
        expires_at: at + Duration::from_secs(600),
        ended_at: state.is_end().then_some(at),
        attempts_left: if captured { 2 } else { 3 },
        originals: Vec::new(),
        match_urls: Vec::new(),
        location: None,
        result: None,
        failure: None,
    }
}

/// Holds an answer against the schema of its status.
fn conforms(exchange: &Exchange, reply: &Reply) -> Result<(), String> {
    let document: Value = serde_json::from_str(contract(&exchange.contract).openapi()).unwrap();
    let (method, status) = (exchange.request.method.to_lowercase(), reply.status());
    let paths = document["paths"].as_object().unwrap().keys();
    let path = documented(&exchange.request.path, paths.map(String::as_str));
    let operations = &document["paths"][path];
    // The refusal of a method that the path does not take is listed where it takes one.
    let operation = operations.get(&method).unwrap_or(&operations["post"]);
    let mut response = &operation["responses"][status.as_str()];
    if let Some(target) = response["$ref"].as_str() {
        response = document.pointer(&target[1..]).ok_or(target)?;
    }
    let schema = &response["content"]["application/json"]["schema"];
    if !schema.is_object() {
        return Err(format!("no schema for status {status}"));
    }
    let whole = json!({ "allOf": [schema], "components": document["components"] });
    let validator = jsonschema::validator_for(&whole).unwrap();
    let body: Value = serde_json::from_slice(reply.body()).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&body)
        .map(|e| format!("{} at {}", e, e.instance_path()))
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(format!("against the schema: {errors:?} in {body}"))
    }
}

fn text(reply: &Reply) -> &str {
    std::str::from_utf8(reply.body()).unwrap()
}

#[test]
fn comparing_finds_what_differs() {
    let same = |expected: &str, answer: &str| compare(expected, answer).is_ok();
    assert!(same(
        r#"{"a":1,"b":[null,"x"]}"#,
        r#"{ "a": 1, "b": [null, "x"] }"#
    ));
    for (expected, answer) in [
        (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#),
        (r#"{"a":1}"#, r#"{"a":1,"b":2}"#),
        (r#"{"a":1,"b":2}"#, r#"{"a":1}"#),
        (r#"{"a":1}"#, r#"{"a":"1"}"#),
        (r#"{"a":0.0}"#, r#"{"a":0}"#),
        (r#"{"a":null}"#, r#"{"a":"null"}"#),
        ("[1]", "[1,2]"),
        (r#""{{percent_6}}""#, r#""98.9393""#),
        (r#""{{percent_6}}""#, "98.939384"),
        (r#""{{percent_6}}""#, r#""101.000000""#),
        (r#""{{percent_0}}""#, r#""085""#),
        (r#""{{percent_3}}""#, r#""1.175""#),
        (r#""{{percent_3}}""#, "1.17"),
        (r#""{{txn}}""#, r#""be""#),
        (r#""{{reference}}""#, r#""1628016393774-lh92b5ct""#),
        (r#""Bad Request - {{text}}""#, r#""Bad Request - ""#),
        (
            r#""Bad Request - {{text:face}}""#,
            r#""Bad Request - a mask""#,
        ),
        (r#""{{null_or:X}}""#, r#""Y""#),
    ] {
        assert!(!same(expected, answer), "{expected} {answer}");
    }
    for (expected, answer) in [
        (r#"{"a?":1,"b":2}"#, r#"{"b":2}"#),
        (r#"{"a?":1,"b":2}"#, r#"{"a":1,"b":2}"#),
        (r#""{{percent_6}}""#, r#""98.939384""#),
        (r#""{{percent_0}}""#, r#""0""#),
        (r#""{{percent_3}}""#, "100.000"),
        (r#""{{seconds}}""#, "3600"),
        (r#""{{reference}}""#, r#""1628016393774-LH92B5CT""#),
        (
            r#""Bad Request - {{text:face}}""#,
            r#""Bad Request - No face was found.""#,
        ),
        (r#""{{null_or:X}}""#, "null"),
        (r#""{{null_or:X}}""#, r#""X""#),
    ] {
        assert!(same(expected, answer), "{expected} {answer}");
    }
}
