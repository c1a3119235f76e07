//! Health, metrics and the OpenAPI document.

use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

use lifesign_contracts::{Failure, FailureKind};
use lifesign_server::{App, Memory, ServeError};

use crate::support::ask::{plain, text_of};
use crate::support::document::{self, document};
use crate::support::{Answer, Client, Fake, Setup, real_checker, sample};

#[tokio::test]
async fn health_and_readiness() {
    let client = Client::real().await;
    assert_eq!(client.get("/healthz").await.text(), "ok\n");
    let ready = client.get("/readyz").await;
    assert_eq!(
        (ready.status.as_u16(), ready.text().as_str()),
        (200, "ready\n")
    );
}

#[tokio::test]
async fn metrics_count_verdicts_failures_and_time() {
    let client = Client::real().await;
    let result = client.post_image(&sample("astronaut.jpg")).await.envelope();
    let verdict = result["result"]["verdict"].as_str().unwrap();
    client.post_image(b"no image").await;
    let answer = client.get("/metrics").await;
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    for (line, value) in [
        (
            format!(
                r#"lifesign_verdicts_total{{contract="native",profile="ensemble",verdict="{verdict}"}}"#
            ),
            1.0,
        ),
        (
            r#"lifesign_requests_total{contract="native",status="200"}"#.to_owned(),
            1.0,
        ),
        (
            r#"lifesign_requests_total{contract="native",status="422"}"#.to_owned(),
            1.0,
        ),
        (
            r#"lifesign_failures_total{contract="native",kind="invalid_image"}"#.to_owned(),
            1.0,
        ),
        (
            r#"lifesign_request_seconds_count{contract="native"}"#.to_owned(),
            2.0,
        ),
        ("lifesign_check_seconds_count".to_owned(), 2.0),
        ("lifesign_queue_depth".to_owned(), 0.0),
    ] {
        assert!(answer.text().contains(&line), "{line} is missing");
        assert_eq!(client.metric(&line).await, value, "{line}");
    }
}

#[tokio::test]
async fn a_start_with_wrong_settings_is_refused() {
    let mut setup = Setup::new();
    setup.config.profile = "ensembel".to_owned();
    let start = async |setup: &Setup| {
        let memory = Memory::open(&setup.config).await?;
        App::new(
            setup.config.clone(),
            setup.edge.clone(),
            real_checker(),
            None,
            memory,
        )
    };
    let error = start(&setup).await.err().unwrap();
    assert!(
        matches!(error, ServeError::UnknownProfile { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("classic"));
    let mut setup = Setup::new();
    setup.config.workers = 0;
    assert!(matches!(
        start(&setup).await,
        Err(ServeError::Setting { .. })
    ));
    let mut setup = Setup::new();
    setup.config.data = "/proc/nowhere".into();
    assert!(matches!(start(&setup).await, Err(ServeError::Data { .. })));
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(target)) = object.get("$ref") {
                found.insert(target.clone());
            }
            object.values().for_each(|v| references(v, found));
        }
        Value::Array(array) => array.iter().for_each(|v| references(v, found)),
        _ => {}
    }
}

/// A path with something in each of its places.
fn filled(path: &str) -> String {
    let parts = path.split('/');
    let parts = parts.map(|part| if part.starts_with('{') { "x" } else { part });
    Vec::from_iter(parts).join("/")
}

#[tokio::test]
async fn the_document_is_sound_and_covers_what_is_routed() {
    let client = Client::real().await;
    let document = document(&client).await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));

    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for target in &found {
        assert!(
            document.pointer(&target[1..]).is_some(),
            "{target} is nowhere"
        );
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(
            jsonschema::meta::is_valid(schema),
            "{name} is no JSON Schema"
        );
        let target = format!("#/components/schemas/{name}");
        assert!(found.contains(&target), "{name} is never used");
    }

    let mut operation_ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().iter();
        for (method, operation) in methods.filter(|(name, _)| *name != "parameters") {
            assert!(operation_ids.insert(operation["operationId"].to_string()));
            let mut path = path.clone();
            if path.starts_with("/v1/sessions/") || path.contains("{token}") {
                let wish = br#"{"consent":true,"purpose":"a test"}"#.to_vec();
                let made = client.post("/v1/sessions", "application/json", wish).await;
                let made = &made.envelope()["result"];
                let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap();
                path = path.replace("{id}", made["id"].as_str().unwrap());
                path = path.replace("{token}", token);
            } else if path.contains("{id}") {
                let kept = client.post_image(&sample("coffee.jpg")).await;
                path = path.replace("{id}", &text_of(&kept, "request_id"));
            }
            let path = filled(&path);
            let answer = match method.as_str() {
                "get" => client.get(&path).await,
                "delete" => client.call(plain("DELETE", &path, "")).await,
                "post" => client.post(&path, "application/json", Vec::new()).await,
                other => panic!("{other} {path} is not tried by this test"),
            };
            let status = answer.status.as_str();
            // What is not there is a documented answer; a path that is not routed says something else.
            let unrouted = answer.text().contains("there is nothing at this path");
            assert!(status != "405" && !unrouted, "{method} {path}: {status}");
            assert!(
                !operation["responses"][status].is_null(),
                "{path}: {status}"
            );
        }
    }
    for contract in lifesign_contracts::all() {
        for route in contract.routes() {
            let method = route.method.as_str().to_lowercase();
            let operation = &document["paths"][route.path][&method];
            assert!(
                operation.is_object(),
                "{method} {} is not documented",
                route.path
            );
        }
    }
}

/// Checks an answer of `POST /v1/liveness`.
fn conforms(document: &Value, answer: &Answer) {
    answer.envelope();
    document::conforms(document, "post", "/v1/liveness", answer).unwrap();
}

#[tokio::test]
async fn every_kind_of_answer_conforms_to_the_document() {
    let client = Client::real().await;
    let document = document(&client).await;
    for name in [
        "astronaut.jpg",
        "two_faces.jpg",
        "coffee.jpg",
        "grace_hopper.jpg",
    ] {
        for uri in ["/v1/liveness", "/v1/liveness?explain=1"] {
            conforms(
                &document,
                &client.post(uri, "image/jpeg", sample(name)).await,
            );
        }
    }
    conforms(&document, &client.get("/v1/liveness").await);
    for kind in FailureKind::ALL {
        let failing = Fake(move |_: &[u8]| Err(Failure::new(kind, "what and how much")));
        let answer = Setup::new()
            .client(Arc::new(failing))
            .await
            .post_image(b"x")
            .await;
        // A path that does not exist has no entry of its own.
        if answer.status != 404 {
            conforms(&document, &answer);
        }
    }
}

#[tokio::test]
async fn the_reference_is_served_from_the_binary() {
    let client = Client::real().await;
    let moved = client.get("/docs").await;
    assert_eq!(
        (moved.status.as_u16(), moved.header("location")),
        (303, "/docs/")
    );
    let page = client.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("swagger-ui"));
    assert!(!page.text().contains("http://") && !page.text().contains("https://"));
    let settings = client.get("/docs/swagger-initializer.js").await;
    assert!(settings.text().contains("/openapi.json"));
    assert_eq!(client.get("/docs/swagger-ui-bundle.js").await.status, 200);
}
