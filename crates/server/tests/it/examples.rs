//! The clients in `docs/examples`, as they are, against a server that listens.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;

use lifesign_server::service::admin::TenantCredentials;
use lifesign_store::TenantSettings;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::support::pictures::picture;
use crate::support::real_checker;
use crate::support::site::{Ground, Site, UNITS};
use crate::support::sockets::Listening;

/// Debian's own, for which `make tools` installs the library; another one first in PATH may lack it.
const PYTHON: &str = "/usr/bin/python3";

/// The scripts that the tests here run.
const RUN: [&str; 7] = [
    "decentro-video.sh",
    "decentro.sh",
    "native-video.sh",
    "native.sh",
    "syntizen.sh",
    "syntizen_sealed.py",
    "verified-africa.sh",
];

fn examples() -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples");
    PathBuf::from(folder).canonicalize().unwrap()
}

/// Whether a tool is there; if not, says so, or fails where the tools are asked for.
async fn has(tool: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(tool);
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if command.status().await.is_ok_and(|status| status.success()) {
        return true;
    }
    let wanted = std::env::var_os("LIFESIGN_TEST_REQUIRE_TOOLS").is_some();
    assert!(!wanted, "{tool} {arguments:?} does not run");
    eprintln!("skipped: {tool} {arguments:?} does not run");
    false
}

/// A server that listens, a fresh tenant and a folder with pictures.
struct Stage {
    site: Site,
    server: Listening,
    bank: TenantCredentials,
    files: TempDir,
}

impl Stage {
    async fn new() -> Self {
        let ground = Ground::new().await;
        let bank = ground.tenant_with("bank", TenantSettings::default()).await;
        let site = ground.open(real_checker()).await;
        let server = Listening::start(&site).await;
        let files = TempDir::new().unwrap();
        for name in [
            "live_image",
            "camera_image",
            "bare_image",
            "no_face_image",
            "live_clip",
        ] {
            std::fs::write(files.path().join(name), &**picture(name)).unwrap();
        }
        Self {
            site,
            server,
            bank,
            files,
        }
    }

    /// Runs a script; every line that it prints is an answer.
    async fn run(&self, script: &str, image: &str, variables: &[(&str, &str)]) -> Vec<Value> {
        assert!(RUN.contains(&script));
        let path = examples().join(script);
        let image = self.files.path().join(image);
        let video = image.clone();
        let mut command = if script.ends_with(".py") {
            let mut command = Command::new(PYTHON);
            command.arg(path).arg(&image);
            command
        } else {
            let mut command = Command::new("sh");
            command.arg(path);
            command
        };
        let output = command
            .env("BASE", format!("http://{}", self.server.address))
            .env("IMAGE", image)
            .env("VIDEO", video)
            // What this machine has configured is none of the test's business.
            .env("no_proxy", "127.0.0.1")
            .envs(variables.iter().copied())
            .kill_on_drop(true)
            .output();
        let output = output.await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {said}");
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().filter(|line| !line.is_empty());
        let parsed = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        lines.map(parsed).collect()
    }

    /// Contracts and references of what was kept, oldest first.
    async fn kept(&self) -> Value {
        let checks = self.site.ground.checks(&self.bank.tenant_id).await;
        checks
            .iter()
            .rev()
            .map(|c| json!([c.contract, c.reference]))
            .collect()
    }
}

#[test]
fn every_example_is_run() {
    let files = std::fs::read_dir(examples()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    // The page with the component is opened in a browser, by `capture::embedding`.
    let scripts = names.filter(|name| !name.ends_with(".html"));
    assert_eq!(BTreeSet::from_iter(scripts), RUN.map(str::to_owned).into());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_native_example() {
    if !has("curl", &["--version"]).await {
        return;
    }
    let stage = Stage::new().await;
    let key = [("API_KEY", stage.bank.api_key.as_str())];
    let answers = stage.run("native.sh", "live_image", &key).await;
    assert_eq!(answers.len(), 3, "JSON, form, file");
    for answer in &answers {
        assert_eq!(answer["status"], "success", "{answer}");
        assert_eq!(answer["result"]["verdict"], "LIVE");
    }
    let kept = stage.kept().await;
    assert_eq!(
        kept,
        json!([["native", "example"], ["native", null], ["native", null]])
    );
    let wrong = stage.run("native.sh", "live_image", &[]).await;
    assert!(
        wrong
            .iter()
            .all(|answer| answer["error"]["code"] == "UNAUTHORIZED")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_syntizen_example() {
    if !has("curl", &["--version"]).await {
        return;
    }
    let stage = Stage::new().await;
    let user = [
        ("SYNTIZEN_USERNAME", stage.bank.syntizen.username.as_str()),
        ("SYNTIZEN_PASSWORD", &stage.bank.syntizen.password),
    ];
    let answers = stage.run("syntizen.sh", "live_image", &user).await;
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0]["respcode"], "200", "{}", answers[0]);
    assert_eq!(answers[0]["data"]["liveness_status"], "Success");
    assert_eq!(answers[0]["rrn"], "1");
    let refused = stage.run("syntizen.sh", "no_face_image", &user).await;
    assert_eq!(refused[0]["respcode"], "400", "{}", refused[0]);
    let wrong = stage
        .run("syntizen.sh", "live_image", &[("AUTHKEY", "wrong")])
        .await;
    assert_eq!(wrong[0]["respcode"], "401", "{}", wrong[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_video_examples() {
    if !has("curl", &["--version"]).await {
        return;
    }
    let stage = Stage::new().await;
    let key = [("API_KEY", stage.bank.api_key.as_str())];
    let answers = stage.run("native-video.sh", "live_clip", &key).await;
    assert_eq!(answers[0]["result"]["verdict"], "LIVE", "{answers:?}");
    let decentro = &stage.bank.decentro;
    let variables = [
        ("DECENTRO_CLIENT_ID", decentro.client_id.as_str()),
        ("DECENTRO_CLIENT_SECRET", &decentro.client_secret),
        ("DECENTRO_MODULE_SECRET", &decentro.module_secret),
    ];
    let answers = stage
        .run("decentro-video.sh", "live_clip", &variables)
        .await;
    let data = json!({ "status": "SUCCESS", "confidence": "0.9" });
    assert_eq!(answers[0]["data"], data, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sealed_syntizen_example() {
    if !has(PYTHON, &["-c", "import cryptography"]).await {
        return;
    }
    let stage = Stage::new().await;
    let syntizen = &stage.bank.syntizen;
    let variables = [
        ("SYNTIZEN_USERNAME", syntizen.username.as_str()),
        ("SYNTIZEN_PASSWORD", &syntizen.password),
        ("SYNTIZEN_APIKEY", &syntizen.apikey),
        ("SYNTIZEN_SEALING_KEY", &syntizen.apikey_secret),
    ];
    let answers = stage
        .run("syntizen_sealed.py", "live_image", &variables)
        .await;
    assert_eq!(answers[0]["respcode"], "200", "{}", answers[0]);
    assert_eq!(answers[0]["data"]["liveness_status"], "Success");
    let kept = stage.site.ground.checks(&stage.bank.tenant_id).await;
    let hash = lifesign_server::secrets::sha256(&picture("live_image"));
    assert_eq!(
        kept[0].fingerprint.sha256, hash,
        "of the picture, not of what travelled"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verified_africa_example() {
    if !has("curl", &["--version"]).await {
        return;
    }
    let stage = Stage::new().await;
    let credentials = &stage.bank.verified_africa;
    let variables = [
        ("VERIFIED_AFRICA_USERID", credentials.userid.as_str()),
        ("VERIFIED_AFRICA_API_KEY", &credentials.api_key),
        ("TRANSACTION_REFERENCE", "ORDER-1"),
    ];
    let first = stage
        .run("verified-africa.sh", "live_image", &variables)
        .await;
    assert_eq!(first[0]["verificationStatus"], "VERIFIED", "{}", first[0]);
    assert_eq!(first[0]["transactionStatus"], "SUCCESSFUL");
    let again = stage
        .run("verified-africa.sh", "live_image", &variables)
        .await;
    assert_eq!(again, first, "a repetition is free");
    let balance = stage.site.ground.balance(&stage.bank.tenant_id).await;
    assert_eq!(balance, UNITS - 1);
    let nameless = stage
        .run("verified-africa.sh", "live_image", &variables[..2])
        .await;
    assert_ne!(nameless[0]["transactionReference"], "ORDER-1");
    assert_eq!(nameless[0]["transactionStatus"], "SUCCESSFUL");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decentro_example() {
    if !has("curl", &["--version"]).await {
        return;
    }
    let stage = Stage::new().await;
    let decentro = &stage.bank.decentro;
    let variables = [
        ("DECENTRO_CLIENT_ID", decentro.client_id.as_str()),
        ("DECENTRO_CLIENT_SECRET", &decentro.client_secret),
        ("DECENTRO_MODULE_SECRET", &decentro.module_secret),
        ("SKIP_METADATA", "true"),
    ];
    // The documented commands, with a picture as from a camera.
    let answers = stage
        .run("decentro.sh", "camera_image", &variables[..3])
        .await;
    assert_eq!(answers.len(), 2, "v2 and v3");
    let bare = stage.run("decentro.sh", "bare_image", &variables).await;
    for answer in answers.iter().chain(&bare) {
        assert_eq!(answer["status"], "SUCCESS", "{answer}");
        assert_eq!(answer["data"]["live"], "yes");
    }
    let refused = stage
        .run("decentro.sh", "bare_image", &variables[..3])
        .await;
    for answer in &refused {
        assert_eq!(answer["responseKey"], "error_metadata_missing", "{answer}");
    }
    let kept = stage.kept().await;
    assert_eq!(kept, json!(vec![["decentro", "ManishGupta"]; 4]));
}
