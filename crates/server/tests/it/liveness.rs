//! `POST /v1/liveness` with the real engine: every input form and every row of the error table.

use axum::body::Body;
use axum::http::Request;
use lifesign_contracts::{Failure, FailureKind};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::support::{Answer, Client, Fake, Setup, base64, sample};

const BOUNDARY: &str = "frontier";

fn form(fields: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file_name, data) in fields {
        let file_name = file_name.map_or(String::new(), |f| format!("; filename=\"{f}\""));
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(data);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

async fn post_form(client: &Client, fields: &[(&str, Option<&str>, &[u8])]) -> Answer {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    client
        .post("/v1/liveness", &content_type, form(fields))
        .await
}

async fn post_json(client: &Client, body: impl Into<Vec<u8>>) -> Answer {
    client
        .post("/v1/liveness", "application/json", body.into())
        .await
}

#[tokio::test]
async fn every_input_form_gives_the_same_result() {
    let client = Client::real().await;
    let image = sample("astronaut.jpg");
    let text = base64(&image);
    let with_breaks: String = text
        .as_bytes()
        .chunks(76)
        .map(|line| format!("{}\r\n", std::str::from_utf8(line).unwrap()))
        .collect();
    let answers = [
        post_json(&client, json!({ "image": text }).to_string()).await,
        post_json(
            &client,
            json!({ "image": format!("data:image/jpeg;base64,{text}") }).to_string(),
        )
        .await,
        post_json(&client, json!({ "image": with_breaks }).to_string()).await,
        post_json(
            &client,
            format!(r#"{{"image":"{}"}}"#, text.replace('/', "\\/")),
        )
        .await,
        post_form(&client, &[("image", Some("me.jpg"), &image)]).await,
        post_form(
            &client,
            &[("other", None, b"x"), ("image", None, text.as_bytes())],
        )
        .await,
        client
            .post("/v1/liveness", "image/jpeg", image.clone())
            .await,
        // By content, never by what the sender claims.
        client
            .post("/v1/liveness", "image/png", image.clone())
            .await,
        client
            .post(
                "/v1/liveness?explain=false&profile=ensemble",
                "application/octet-stream",
                image,
            )
            .await,
    ];
    let first = answers[0].envelope();
    assert_eq!(first["status"], "success", "{first}");
    assert_eq!(first["result"]["face_detected"], true);
    assert_eq!(first["result"]["signals"].as_array().unwrap().len(), 12);
    for answer in &answers {
        assert_eq!(answer.status, 200);
        let mut envelope = answer.envelope();
        assert_eq!(envelope.get("pictures"), None);
        // The size of a file with line breaks is that of its bytes: nothing differs.
        assert_eq!(envelope["result"].take(), first["result"]);
    }
}

#[tokio::test]
async fn a_request_may_ask_for_the_eight_signals_of_the_document() {
    let client = Client::real().await;
    let url = "/v1/liveness?profile=classic";
    let answer = client
        .post(url, "image/jpeg", sample("astronaut.jpg"))
        .await;
    let result = &answer.envelope()["result"];
    assert_eq!(result["profile"], "classic");
    let signals = result["signals"].as_array().unwrap();
    assert_eq!(signals.len(), 8);
    let sum: f64 = signals
        .iter()
        .map(|s| s["weight"].as_f64().unwrap() * s["score"].as_f64().unwrap())
        .sum();
    assert!((sum - result["confidence"].as_f64().unwrap()).abs() < 1e-6);
}

#[tokio::test]
async fn request_ids_differ() {
    let client = Client::real().await;
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..100 {
        let envelope = post_json(&client, "{}").await.envelope();
        ids.insert(envelope["request_id"].to_string());
    }
    assert_eq!(ids.len(), 100);
}

#[tokio::test]
async fn no_face_is_an_error_with_an_inconclusive_result() {
    let client = Client::real().await;
    let answer = client.post_image(&sample("coffee.jpg")).await;
    assert_eq!(answer.status, 200);
    let body = answer.envelope();
    assert_eq!(body["status"], "error");
    assert_eq!(body["error"]["code"], "NO_FACE_DETECTED");
    assert_eq!(body["result"]["verdict"], "INCONCLUSIVE");
    assert_eq!(body["result"]["face_detected"], false);
    assert_eq!(body["result"]["signals"], json!([]));
}

#[tokio::test]
async fn explain_adds_pictures() {
    let client = Client::real().await;
    for (name, least) in [("astronaut.jpg", 2), ("coffee.jpg", 1)] {
        let answer = client
            .post("/v1/liveness?explain=true", "image/jpeg", sample(name))
            .await;
        let body = answer.envelope();
        let pictures = body["pictures"].as_array().unwrap();
        assert!(pictures.len() >= least, "{name}: {}", pictures.len());
        for picture in pictures {
            let image = picture["image"].as_str().unwrap();
            // The first bytes of every PNG file.
            assert!(image.starts_with("data:image/png;base64,iVBORw0KGgo"));
            for text in ["name", "title", "caption"] {
                assert!(!picture[text].as_str().unwrap().is_empty());
            }
        }
    }
}

#[tokio::test]
async fn an_image_that_is_missing_blank_or_no_image_is_422() {
    let client = Client::real().await;
    let png_head = base64(b"\x89PNG\r\n\x1a\n");
    let cut_off = base64(&sample("astronaut.jpg")[..4000]);
    let pdf = base64(b"%PDF-1.7 something else altogether");
    for (body, says) in [
        (String::new(), "body is empty"),
        ("no json".to_owned(), "not valid JSON"),
        ("[]".to_owned(), "an array"),
        ("{}".to_owned(), "`image` is missing"),
        (json!({ "image": null }).to_string(), "`image` is missing"),
        (json!({ "image": "" }).to_string(), "blank"),
        (json!({ "image": " \n" }).to_string(), "blank"),
        (json!({ "image": 7 }).to_string(), "a number"),
        (json!({ "image": ["YQ=="] }).to_string(), "an array"),
        (
            json!({ "image": "data:image/jpeg;base64," }).to_string(),
            "empty",
        ),
        (
            json!({ "image": "data:image/jpeg,abc" }).to_string(),
            "base64",
        ),
        (json!({ "image": "not base64!" }).to_string(), "not base64"),
        (
            json!({ "image": pdf }).to_string(),
            "accepted are JPEG, PNG, WebP and BMP",
        ),
        (json!({ "image": png_head }).to_string(), "PNG"),
        (json!({ "image": cut_off }).to_string(), "JPEG"),
    ] {
        let message = post_json(&client, body)
            .await
            .refusal(422, "INVALID_REQUEST");
        assert!(message.contains(says), "{message}");
    }
    post_form(&client, &[("photo", Some("me.jpg"), b"x")])
        .await
        .refusal(422, "INVALID_REQUEST");
    client
        .post(
            "/v1/liveness",
            "multipart/form-data; boundary=x",
            b"--y".to_vec(),
        )
        .await
        .refusal(422, "INVALID_REQUEST");
    client
        .post("/v1/liveness", "multipart/form-data", Vec::new())
        .await
        .refusal(422, "INVALID_REQUEST");
    client
        .post("/v1/liveness", "image/jpeg", Vec::new())
        .await
        .refusal(422, "INVALID_REQUEST");
}

#[tokio::test]
async fn an_image_over_ten_megabytes_is_422_in_every_form() {
    let client = Client::real().await;
    let mut image = sample("astronaut.jpg");
    image.resize(10 * 1024 * 1024 + 1, 0);
    let answers = [
        client.post_image(&image).await,
        post_form(&client, &[("image", Some("me.jpg"), &image)]).await,
        client
            .post("/v1/liveness", "image/jpeg", image.clone())
            .await,
        client.post_image(&image.repeat(3)).await,
        client
            .post("/v1/liveness", "image/jpeg", image.repeat(3))
            .await,
    ];
    for answer in answers {
        let message = answer.refusal(422, "INVALID_REQUEST");
        assert!(message.contains("10485760 bytes"), "{message}");
    }
    // At the limit itself, bytes behind the end of a JPEG are no reason to refuse it.
    image.truncate(10 * 1024 * 1024);
    assert_eq!(
        client.post_image(&image).await.envelope()["status"],
        "success"
    );
}

#[tokio::test]
async fn wrong_parameters_are_422() {
    let client = Client::real().await;
    for query in ["profile=nonsense", "profile=", "explain=maybe"] {
        let uri = format!("/v1/liveness?{query}");
        let image = sample("astronaut.jpg");
        let answer = client.post(&uri, "image/jpeg", image).await;
        let message = answer.refusal(422, "INVALID_REQUEST");
        assert!(message.contains("classic") || message.contains("explain"));
        assert!(!message.contains("nonsense"), "a refusal repeats no input");
    }
}

#[tokio::test]
async fn other_types_methods_and_paths_have_their_own_codes() {
    let client = Client::real().await;
    client
        .post("/v1/liveness", "video/mp4", b"x".to_vec())
        .await
        .refusal(415, "UNSUPPORTED_MEDIA_TYPE");
    for uri in ["/v2/liveness", "/v1/liveness/", "/favicon.ico"] {
        client.get(uri).await.refusal(404, "NOT_FOUND");
    }
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let request = Request::builder().method(method).uri("/v1/liveness");
        let answer = client.call(request.body(Body::empty()).unwrap()).await;
        answer.refusal(405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), "POST");
    }
    let answer = client.post("/healthz", "text/plain", Vec::new()).await;
    answer.refusal(405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn a_failed_analysis_is_200_inference_error() {
    let failing = Fake(|_: &[u8]| {
        Err(Failure::new(FailureKind::Inference, "the analysis failed").because("a detail"))
    });
    let client = Setup::new().client(Arc::new(failing)).await;
    let message = client
        .post_image(b"x")
        .await
        .refusal(200, "INFERENCE_ERROR");
    assert_eq!(
        message, "the analysis failed",
        "the cause is for the log alone"
    );
}

#[tokio::test]
async fn a_panic_is_500_and_the_server_lives_on() {
    let panicking = Fake(|image: &[u8]| {
        assert_ne!(image, b"boom", "this panic is meant to be");
        Ok(crate::support::live())
    });
    let client = Setup::new().client(Arc::new(panicking)).await;
    for _ in 0..20 {
        client
            .post_image(b"boom")
            .await
            .refusal(500, "SERVER_ERROR");
    }
    let body: Value = client.post_image(b"fine").await.envelope();
    assert_eq!(body["result"]["verdict"], "LIVE");
    assert_eq!(client.metric("lifesign_checks_in_flight").await, 0.0);
}
