//! One line an exchange, without anything of the image or of the caller's text.

use std::io::Write;
use std::sync::{Arc, Mutex};

use crate::support::{Client, base64, sample};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

#[tokio::test]
async fn each_exchange_is_one_line_with_its_id_and_nothing_of_its_content() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let client = Client::real().await;
    lines.take();

    let image = sample("astronaut.jpg");
    let answer = client.post_image(&image).await.envelope();
    let line = lines.take();
    assert_eq!(line.lines().count(), 1, "{line}");
    let id = answer["request_id"].as_str().unwrap();
    let verdict = answer["result"]["verdict"].as_str().unwrap();
    for part in [
        &format!("request.id={id}"),
        &format!("check.verdict={verdict}"),
        &format!("answered {verdict} in "),
        "http.status=200",
        "latency.ms=",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    for secret in [&base64(&image)[..40], "landmark", "detection_score"] {
        assert!(!line.contains(secret), "{secret} is in {line}");
    }

    client.get("/secret-token?key=secret-key").await;
    let body = r#"{"image":"secret-text!"}"#.into();
    let uri = "/v1/liveness?profile=secret-profile";
    client.post(uri, "application/json", body).await;
    let refusals = lines.take();
    assert_eq!(refusals.lines().count(), 2, "{refusals}");
    assert!(!refusals.contains("secret"), "{refusals}");
}
