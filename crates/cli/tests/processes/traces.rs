//! Spans to a collector: what they tell, what they must not, and that a collector that is slow or away costs no check.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::json;

use crate::ask::{assert_kept, check, check_with, get, sample};
use crate::rolling::terminate;
use crate::sessions::{Page, Receiver, make};
use crate::site::{Server, Site};

const PATIENCE: Duration = Duration::from_secs(120);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Every attribute that a span may have.
const ATTRIBUTES: [&str; 10] = [
    "callback.attempt",
    "capture.end",
    "check.verdict",
    "failure.kind",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "range",
    "request.id",
    "session.id",
];

#[test]
fn a_check_is_one_trace_of_its_stages_that_goes_on_from_the_callers_and_holds_no_secret() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    let tenant = site.lifesign(&["tenants", "create", "secret-bank"]);
    let key = tenant["api_key"].as_str().unwrap();
    let headers = data.path().join("headers");
    std::fs::write(&headers, "authorization: Bearer for-the-collector\n").unwrap();
    let collector = Collector::start(Manner::Takes);
    let server = site.serve(&[
        &collector.setting(),
        &format!("traces_headers_file={}", headers.display()),
        "traces_service_name=door",
    ]);
    let image = sample();
    let more = format!(
        "traceparent: 00-{TRACE}-{CALLER}-01\r\ntracestate: vendor=secret-state\r\n\
         baggage: who=secret-baggage\r\nidempotency-key: secret-order\r\n"
    );
    assert_eq!(get(&server, "/healthz", key).unwrap().0, 200);
    let (status, body) = check_with(&server, key, &more, &image).unwrap();
    assert_eq!(status, 200, "{body}");
    let told: serde_json::Value = serde_json::from_str(&body).unwrap();
    let unasked = more
        .replace("-01\r\n", "-00\r\n")
        .replace("secret-order", "secret-2");
    let unasked = check_with(&server, key, &unasked, b"secret-text").unwrap();
    assert_eq!(unasked.0, 422, "{}", unasked.1);
    let wrong = "secret-wrong-key";
    assert_eq!(get(&server, "/v1/checks/secret-id", wrong).unwrap().0, 401);
    assert_eq!(
        get(&server, "/secret-path?secret-query", key).unwrap().0,
        404
    );

    let spans = collector.until(|spans| spans.iter().any(|span| span.name == "GET"));
    let ours = Vec::from_iter(spans.iter().filter(|span| hex(&span.trace_id) == TRACE));
    let named = |name: &str| {
        let mut found = ours.iter().filter(|span| span.name == name);
        let span = found.next().unwrap_or_else(|| panic!("no span {name}"));
        assert!(found.next().is_none(), "{name} twice");
        *span
    };
    let request = named("POST /v1/liveness");
    assert_eq!(hex(&request.parent_span_id), CALLER);
    let facts = attributes(request);
    assert_eq!(facts["request.id"], told["request_id"].as_str().unwrap());
    assert_eq!(
        facts["check.verdict"],
        told["result"]["verdict"].as_str().unwrap()
    );
    assert_eq!(facts["http.response.status_code"], "200");
    let inside = |inner: &str, outer: &str| {
        let (inner, outer) = (named(inner), named(outer));
        assert_eq!(inner.parent_span_id, outer.span_id, "{}", inner.name);
        assert!(inner.start_time_unix_nano >= outer.start_time_unix_nano);
        assert!(inner.end_time_unix_nano >= inner.start_time_unix_nano);
    };
    for stage in [
        "receive",
        "store credential",
        "parse",
        "queue",
        "work",
        "store replay_of",
        "store commit",
    ] {
        inside(stage, "POST /v1/liveness");
    }
    for stage in [
        "decode",
        "detect",
        "mesh",
        "cover",
        "irises",
        "luma",
        "signals",
        "quality",
        "fingerprint",
    ] {
        inside(stage, "work");
    }
    inside("networks", "signals");

    let names = BTreeSet::from_iter(spans.iter().map(|span| span.name.as_str()));
    assert!(names.contains("GET /v1/checks/{id}"), "{names:?}");
    assert!(
        !names.iter().any(|name| name.contains("healthz")),
        "{names:?}"
    );
    for span in &spans {
        for name in attributes(span).keys() {
            assert!(
                ATTRIBUTES.contains(&name.as_str()),
                "{name} of {}",
                span.name
            );
        }
        assert!(span.events.is_empty() && span.links.is_empty() && span.trace_state.is_empty());
    }
    let (requests, bytes) = collector.stop();
    assert!(requests.contains("authorization: Bearer for-the-collector"));
    assert!(requests.starts_with("POST /v1/traces "), "{requests}");
    assert!(contains(&bytes, b"door"));
    for secret in ["secret", key, "Bearer", "landmark"] {
        assert!(!contains(&bytes, secret.as_bytes()), "{secret}");
    }
    assert!(
        !image
            .chunks(24)
            .step_by(101)
            .any(|part| contains(&bytes, part))
    );
}

#[test]
fn a_callback_is_a_trace_that_its_receiver_can_go_on_with() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    let tenant = site.lifesign(&["tenants", "create", "bank", "--allow-http", "true"]);
    let key = tenant["api_key"].as_str().unwrap();
    let collector = Collector::start(Manner::Takes);
    let server = site.serve(&["allow_loopback_urls=true", &collector.setting()]);
    let receiver = Receiver::start();
    let url = format!("http://{}/hook", receiver.address);
    let wish = json!({ "attempts": 1, "digits": "off", "callback_url": url });
    let session = make(&server, key, &wish);
    let mut page = Page::begin(&server, &session);
    assert_eq!(page.hear()["type"], "ready");
    assert_eq!(page.give_up_after_a_prompt(), "failed");
    let told = receiver
        .next("204 No Content")
        .traceparent
        .expect("a trace");

    let spans = collector.until(|spans| spans.iter().any(|span| span.name == "callback"));
    let callback = spans.iter().find(|span| span.name == "callback").unwrap();
    let (trace, span) = (hex(&callback.trace_id), hex(&callback.span_id));
    assert_eq!(told, format!("00-{trace}-{span}-01"));
    let facts = attributes(callback);
    assert_eq!(facts["session.id"], session.id);
    assert_eq!(facts["http.response.status_code"], "204");
    let capture = spans.iter().find(|span| span.name == "capture").unwrap();
    let facts = attributes(capture);
    assert_eq!(
        (facts["session.id"].as_str(), facts["capture.end"].as_str()),
        (session.id.as_str(), "failed")
    );
    // What looks for work every second begins no trace.
    let is_alone = |span: &&Span| span.parent_span_id.is_empty();
    let begun = BTreeSet::from_iter(spans.iter().filter(is_alone).map(|span| span.name.as_str()));
    assert!(
        !begun.iter().any(|name| name.starts_with("store")),
        "{begun:?}"
    );
}

#[test]
fn a_collector_that_hangs_costs_spans_and_no_check() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    let tenant = site.lifesign(&["tenants", "create", "bank"]);
    let key = tenant["api_key"].as_str().unwrap();
    let collector = Collector::start(Manner::Hangs);
    let server = site.serve(&[&collector.setting(), "rate_per_minute=1000000"]);
    let since = Instant::now();
    while spans_counted(&server, "dropped") == 0 {
        assert!(since.elapsed() < PATIENCE, "nothing was dropped");
        look_often(&server, key);
    }
    assert_kept(&server, key, &check(&server, key));
    stop(server);
}

#[test]
fn without_its_collector_a_server_starts_and_judges() {
    let data = tempfile::tempdir().unwrap();
    let site = Site::on_sqlite(data.path());
    let tenant = site.lifesign(&["tenants", "create", "bank"]);
    let key = tenant["api_key"].as_str().unwrap();
    let collector = Collector::start(Manner::Takes);
    let setting = collector.setting();
    collector.stop();
    let server = site.serve(&[&setting]);
    let since = Instant::now();
    while spans_counted(&server, "failed") == 0 {
        assert!(since.elapsed() < PATIENCE, "nothing failed");
        assert_kept(&server, key, &check(&server, key));
    }
    stop(server);

    let refused = site.serve_under(&[], &[], &["traces_endpoint=https://me:pass@otlp.example"]);
    assert!(refused.err().unwrap().contains("traces_endpoint"));
}

/// What a collector does with a request.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Takes,
    /// Accepts and never answers.
    Hangs,
}

/// Heads, bodies and spans of the requests so far.
#[derive(Default)]
struct Received {
    heads: String,
    bytes: Vec<u8>,
    spans: Vec<Span>,
}

struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
    is_stopped: Arc<Mutex<bool>>,
}

impl Collector {
    fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let collector = Self {
            address: listener.local_addr().unwrap(),
            received: Arc::default(),
            is_stopped: Arc::default(),
        };
        let (received, is_stopped) = (
            Arc::clone(&collector.received),
            Arc::clone(&collector.is_stopped),
        );
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                if *is_stopped.lock().unwrap() {
                    return;
                }
                let stream = stream.unwrap();
                if manner == Manner::Hangs {
                    held.push(stream);
                    continue;
                }
                let received = Arc::clone(&received);
                std::thread::spawn(move || take_all(stream, &received));
            }
        });
        collector
    }

    fn setting(&self) -> String {
        format!("traces_endpoint=http://{}", self.address)
    }

    /// The spans, once they are as `wanted`.
    fn until(&self, wanted: impl Fn(&[Span]) -> bool) -> Vec<Span> {
        let since = Instant::now();
        loop {
            let spans = self.received.lock().unwrap().spans.clone();
            if wanted(&spans) {
                return spans;
            }
            let names = Vec::from_iter(spans.iter().map(|span| &span.name));
            assert!(since.elapsed() < PATIENCE, "{names:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Closes its door; the heads and bodies of what came.
    fn stop(self) -> (String, Vec<u8>) {
        *self.is_stopped.lock().unwrap() = true;
        // The listener goes with the thread that this wakes.
        drop(TcpStream::connect(self.address));
        let since = Instant::now();
        while TcpStream::connect(self.address).is_ok() {
            assert!(since.elapsed() < PATIENCE);
        }
        let received = std::mem::take(&mut *self.received.lock().unwrap());
        (received.heads, received.bytes)
    }
}

fn take_all(stream: TcpStream, received: &Mutex<Received>) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let start = head.len();
            if !matches!(stream.read_line(&mut head), Ok(1..)) {
                return;
            }
            let line = head[start..].trim_end().to_ascii_lowercase();
            match line.strip_prefix("content-length: ") {
                Some(value) => length = value.parse().unwrap(),
                None if line.is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        let request = ExportTraceServiceRequest::decode(body.as_slice()).expect("OTLP");
        let scopes = request
            .resource_spans
            .into_iter()
            .flat_map(|r| r.scope_spans);
        let mut all = received.lock().unwrap();
        all.heads.push_str(&head);
        all.bytes.extend(body);
        all.spans.extend(scopes.flat_map(|scope| scope.spans));
        drop(all);
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        let _ = stream.get_mut().write_all(answer.as_bytes());
    }
}

/// Asks for a check that is not there, so often that nobody could keep the spans.
fn look_often(server: &Server, key: &str) {
    const TIMES: usize = 200;
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let one = |end: &str| {
        format!("GET /v1/checks/none HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n{end}\r\n")
    };
    let all = one("").repeat(TIMES - 1) + &one("connection: close\r\n");
    stream.write_all(all.as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 404").count(), TIMES);
}

fn spans_counted(server: &Server, outcome: &str) -> u64 {
    let (_, metrics) = get(server, "/metrics", "").unwrap();
    let start = format!("lifesign_trace_spans_total{{outcome=\"{outcome}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&start));
    line.expect("the metric").parse().unwrap()
}

/// It ends by itself on SIGTERM, whatever the collector does.
fn stop(mut server: Server) {
    terminate(&server.process);
    assert!(server.process.wait().unwrap().success());
}

fn attributes(span: &Span) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let pairs = span.attributes.iter().map(|pair| {
        let value = pair.value.as_ref().and_then(|value| value.value.as_ref());
        (pair.key.clone(), text(value.expect("a value")))
    });
    pairs.collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
