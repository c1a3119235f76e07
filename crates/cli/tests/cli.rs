//! The command as a user types it: exit status, output and error texts.

#[path = "cli/measure.rs"]
mod measure;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs `lifesign` in an empty folder, away from any configuration of the machine.
struct Run {
    folder: tempfile::TempDir,
    env: Vec<(&'static str, &'static str)>,
}

impl Run {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            env: vec![],
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifesign"));
        command.current_dir(self.folder.path()).args(args);
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("LIFESIGN_")) {
            command.env_remove(key);
        }
        command.envs(self.env.iter().copied());
        command
    }

    fn lifesign(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/samples/astronaut.jpg")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

fn exit_of(verdict: &Value) -> i32 {
    match verdict.as_str() {
        Some("LIVE") => 0,
        Some("SPOOF") => 1,
        Some("INCONCLUSIVE") => 2,
        other => panic!("no verdict: {other:?}"),
    }
}

#[test]
fn one_file_is_a_json_line_and_the_exit_status_tells_the_verdict() {
    let output = Run::new().lifesign(&["check", "--json", "--profile", "classic", text(&sample())]);
    let line = json(&output);
    assert_eq!(line["file"], text(&sample()));
    assert_eq!(line["face_detected"], true);
    assert_eq!(output.status.code(), Some(exit_of(&line["verdict"])));
    let sum: f64 = line["signals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["weight"].as_f64().unwrap() * s["score"].as_f64().unwrap())
        .sum();
    assert!((sum - line["confidence"].as_f64().unwrap()).abs() < 1e-6);
}

#[test]
fn output_that_is_not_a_terminal_is_json_unless_a_table_is_asked_for() {
    let run = Run::new();
    let piped = run.lifesign(&["check", text(&sample())]);
    let asked = run.lifesign(&["check", "--json", text(&sample())]);
    assert_eq!(piped.stdout, asked.stdout);
    let table = stdout(&run.lifesign(&["check", "--format", "table", text(&sample())]));
    assert!(
        table.contains("FINDING") && table.contains("confidence"),
        "{table}"
    );
    assert!(!table.contains('\u{1b}'), "colour codes in a pipe: {table}");
}

#[test]
fn standard_input_is_an_image() {
    let run = Run::new();
    let mut child = run
        .command(&["check", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let bytes = std::fs::read(sample()).unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let line = json(&child.wait_with_output().unwrap());
    assert_eq!(
        (&line["file"], &line["face_detected"]),
        (&"-".into(), &true.into())
    );
}

#[test]
fn bad_files_name_what_is_wrong_and_exit_with_3() {
    let run = Run::new();
    let text_file = run.file("notes.jpg", "not an image at all");
    let missing = run.folder.path().join("missing.png");
    for (path, code) in [(&text_file, "INVALID_REQUEST"), (&missing, "FILE_ERROR")] {
        let output = run.lifesign(&["check", "--json", text(path)]);
        let line = json(&output);
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(line["file"], text(path));
        assert_eq!(line["error"]["code"], code);
        assert!(!line["error"]["message"].as_str().unwrap().is_empty());
    }
}

#[test]
fn folders_are_searched_and_errors_among_many_files_exit_with_3() {
    let run = Run::new();
    let bytes = std::fs::read(sample()).unwrap();
    run.file("in/b/second.jpeg", &bytes);
    run.file("in/a/first.bin", &bytes);
    run.file("in/readme.txt", "words");
    let good = run.lifesign(&["check", "in"]);
    let names: Vec<Value> = stdout(&good)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["file"].clone())
        .collect();
    assert_eq!(names, ["in/a/first.bin", "in/b/second.jpeg"]);
    assert_eq!(good.status.code(), Some(0));
    assert!(stderr(&good).contains("1 files in folders are not images"));

    run.file("in/c/broken.jpg", &bytes[..bytes.len() / 3]);
    let mixed = run.lifesign(&["check", "--format", "table", "in"]);
    assert_eq!(mixed.status.code(), Some(3));
    assert!(stdout(&mixed).contains("3 images:"), "{}", stdout(&mixed));
    assert!(stdout(&mixed).contains("1 errors"));
}

#[test]
fn pipes_and_linked_folders_in_a_folder_neither_hang_nor_fail_a_run() {
    let run = Run::new();
    run.file("in/a.jpg", std::fs::read(sample()).unwrap());
    run.file("elsewhere/notes.txt", "words");
    let folder = run.folder.path().join("in");
    std::os::unix::fs::symlink("../elsewhere", folder.join("linked")).unwrap();
    let made = Command::new("mkfifo").arg(folder.join("pipe.jpg")).status();
    assert!(made.unwrap().success());
    let output = run.lifesign(&["check", "in"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output).lines().count(), 1);
}

#[test]
fn a_file_over_the_limit_is_refused_with_its_own_size() {
    let output = Run::new().lifesign(&[
        "check",
        "--json",
        "--set",
        "max_file_bytes=1000",
        text(&sample()),
    ]);
    let size = std::fs::metadata(sample()).unwrap().len();
    let message = json(&output)["error"]["message"].to_string();
    assert!(message.contains(&size.to_string()), "{message}");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn explanations_are_one_page_and_png_files() {
    let run = Run::new();
    let page = run.folder.path().join("why.html");
    let pictures = run.folder.path().join("pictures");
    run.lifesign(&[
        "check",
        "--explain",
        text(&page),
        "--pictures",
        text(&pictures),
        text(&sample()),
    ]);
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("data:image/png;base64,"));
    assert!(!html.contains("src=\"http"), "the page needs the network");
    let written = std::fs::read_dir(pictures).unwrap().count();
    assert!(written >= 4, "{written} pictures");
}

#[test]
fn wrong_usage_exits_with_64_and_help_with_0() {
    let run = Run::new();
    for args in [
        &["check"] as &[&str],
        &["chekc"],
        &["check", "x.jpg", "--profile", "none"],
        &["--set", "live_threshold", "config"],
        &["serve", "--listen", "nowhere"],
    ] {
        let output = run.lifesign(args);
        assert_eq!(
            output.status.code(),
            Some(64),
            "{args:?}: {}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty());
    }
    assert_eq!(run.lifesign(&["--help"]).status.code(), Some(0));
    assert_eq!(run.lifesign(&["--version"]).status.code(), Some(0));
}

#[test]
fn later_layers_win_and_config_tells_where_each_value_comes_from() {
    let mut run = Run::new();
    run.file(
        "lifesign.toml",
        "min_ear = 0.2\nmax_yaw_deg = 20\nlive_threshold = 0.5\n",
    );
    run.env = vec![
        ("LIFESIGN_MAX_YAW_DEG", "25"),
        ("LIFESIGN_LIVE_THRESHOLD", "0.6"),
    ];
    let output = run.lifesign(&["config", "--json", "--set", "live_threshold=0.7"]);
    let config = json(&output);
    let entry = |key: &str| {
        (
            config[key]["value"].clone(),
            config[key]["source"].to_string(),
        )
    };
    let (value, source) = entry("min_ear");
    assert_eq!(value, 0.2);
    assert!(source.contains("lifesign.toml"), "{source}");
    let (value, source) = entry("max_yaw_deg");
    assert_eq!(value, 25.0);
    assert!(
        source.contains("environment LIFESIGN_MAX_YAW_DEG"),
        "{source}"
    );
    let (value, source) = entry("live_threshold");
    assert_eq!(value, 0.7);
    assert!(source.contains("--set live_threshold"), "{source}");
    let (value, source) = entry("max_asymmetry");
    assert_eq!(value, 0.2);
    assert!(source.contains("calibration"), "{source}");
}

#[test]
fn overridden_numbers_decide_and_show_in_the_version_of_the_verdict() {
    let run = Run::new();
    let plain = json(&run.lifesign(&["check", "--json", text(&sample())]));
    let strict = json(&run.lifesign(&[
        "check",
        "--json",
        "--set",
        "live_threshold=0.99",
        text(&sample()),
    ]));
    assert_eq!(strict["threshold"], 0.99);
    assert_eq!(strict["verdict"], "SPOOF");
    let version = plain["calibration"].as_str().unwrap();
    let local = strict["calibration"].as_str().unwrap();
    assert!(local.starts_with(&format!("{version}+")), "{local}");
}

#[test]
fn mistakes_in_the_configuration_stop_the_start() {
    let cases: [(&[&str], &str, &str); 8] = [
        (
            &["--set", "live_treshold=0.5"],
            "",
            "did you mean `live_threshold`",
        ),
        (&["--set", "live_threshold=1.5"], "", "must be in [0, 1]"),
        (&["--set", "workers=many"], "", "workers"),
        (&["--set", "max_side=0"], "", "from 1 to"),
        (
            &["--set", "max_file_bytes=18446744073709551615"],
            "",
            "from 1 to",
        ),
        (&["--set", "min_blur_variance=inf"], "", "must be above 0"),
        (&["--config", "nowhere.toml"], "", "nowhere.toml"),
        (&[], "min_eer = 0.1\n", "did you mean `min_ear`"),
    ];
    for (args, file, expected) in cases {
        let run = Run::new();
        run.file("lifesign.toml", file);
        let output = run.lifesign(&[&["config"], args].concat());
        assert_eq!(output.status.code(), Some(64), "{args:?}");
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
    let mut run = Run::new();
    run.env = vec![("LIFESIGN_LIVE_TRESHOLD", "0.5")];
    let output = run.lifesign(&["check", text(&sample())]);
    assert_eq!(output.status.code(), Some(64));
    assert!(
        stderr(&output).contains("LIFESIGN_LIVE_TRESHOLD"),
        "{}",
        stderr(&output)
    );
}

/// A model of the repository that has nothing to do with liveness, in place of one that has.
const EXTERNAL_MODEL: &str = r#"
profile = "local"
calibration = "calibration.toml"

[[external_model]]
name = "stand_in"
label = "A stand-in"
file = "models/stand_in.onnx"
sha256 = "b4a674a714e26a6ac5c7b48490f447713f5afc49b741f47007b42013da08cabb"
crop_scale = 1.5
size = 64
colour_order = "rgb"
range = [0, 1]
activation = "softmax"
output_index = 0
weight = 0.25
profiles = ["local"]
"#;

/// A folder below the working one with that configuration, its calibration and its model.
fn with_external_model(changed: (&str, &str)) -> (Run, PathBuf) {
    let run = Run::new();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read(repository.join(path)).unwrap();
    let mut calibration = read("crates/engine/calibration/default.toml");
    calibration.extend(b"\n[profiles.local.weights]\nsharpness = 0.6\nhead_pose = 0.4\n");
    run.file("calibration.toml", calibration);
    run.file(
        "etc/models/stand_in.onnx",
        read("models/iris_landmark.onnx"),
    );
    assert!(EXTERNAL_MODEL.contains(changed.0));
    let config = run.file(
        "etc/lifesign.toml",
        EXTERNAL_MODEL.replace(changed.0, changed.1),
    );
    (run, config)
}

#[test]
fn an_external_model_is_a_signal_of_its_own() {
    let (run, config) = with_external_model(("", ""));
    let check = |args: &[&str]| {
        let args = [&["check", "--json", "--config", text(&config)], args].concat();
        json(&run.lifesign(&[&args[..], &[text(&sample())]].concat()))
    };
    let result = check(&[]);
    let signals = result["signals"].as_array().unwrap();
    let weights: Vec<(&str, f64)> = signals
        .iter()
        .map(|s| (s["name"].as_str().unwrap(), s["weight"].as_f64().unwrap()))
        .collect();
    let expected = [("sharpness", 0.45), ("head_pose", 0.3), ("stand_in", 0.25)];
    for ((name, weight), expected) in weights.iter().zip(expected) {
        assert_eq!(*name, expected.0);
        assert!((weight - expected.1).abs() < 1e-12, "{weights:?}");
    }
    assert_eq!(weights.len(), 3);
    assert_eq!(signals[2]["label"], "A stand-in");
    assert_eq!(signals[2]["assessed"], true);
    assert_eq!(
        signals[2]["score"],
        signals[2]["values"]["live_probability"]
    );

    let classic = check(&["--profile", "classic"]);
    assert_eq!(classic["signals"].as_array().unwrap().len(), 8);
    let (run, heavier) = with_external_model(("weight = 0.25", "weight = 0.3"));
    let other = run.lifesign(&["check", "--config", text(&heavier), text(&sample())]);
    let version = |result: &Value| result["calibration"].as_str().unwrap().to_owned();
    assert!(version(&result).contains('+'), "{}", version(&result));
    assert_ne!(version(&json(&other)), version(&result));
}

#[test]
fn config_prints_external_models_and_their_file() {
    let (run, config) = with_external_model(("", ""));
    let output = run.lifesign(&["config", "--json", "--config", text(&config)]);
    let entry = &json(&output)["external_model"];
    let model = &entry["value"][0];
    assert_eq!(model["name"], "stand_in");
    assert_eq!(model["std"], serde_json::json!([1.0, 1.0, 1.0]));
    let file = PathBuf::from(model["file"].as_str().unwrap());
    assert!(file.ends_with("etc/models/stand_in.onnx"), "{file:?}");
    assert!(entry["source"].to_string().contains("lifesign.toml"));
    let table = stdout(&run.lifesign(&["config", "--config", text(&config)]));
    assert!(table.contains("\"name\": \"stand_in\""), "{table}");
    assert_eq!(
        json(&Run::new().lifesign(&["config", "--json"]))["external_model"]["value"],
        serde_json::json!([])
    );
}

#[test]
fn mistakes_about_an_external_model_stop_the_start() {
    let at_once = [
        (
            ("[[external_model]]", "[[external_models]]"),
            "did you mean `external_model`",
        ),
        (
            ("weight = 0.25", "weight = 1.0"),
            "weight is 1, must be above 0 and below 1",
        ),
        (("weight = 0.25", "wait = 0.25"), "wait"),
        (("size = 64", ""), "missing field `size`"),
        (
            ("\"rgb\"", "\"hsv\""),
            "`rgb` or `bgr`` for key \"external_model.0.colour_order\"",
        ),
        (("range = [0, 1]", "range = [0]"), "range"),
        (
            ("name = \"stand_in\"", "name = \"sharpness\""),
            "taken by a built-in signal",
        ),
        (
            ("[\"local\"]", "[\"classic\"]"),
            "no model can join profile `classic`",
        ),
        (
            ("[\"local\"]", "[\"nowhere\"]"),
            "unknown profile `nowhere`",
        ),
    ];
    for (changed, expected) in at_once {
        let (run, config) = with_external_model(changed);
        let output = run.lifesign(&["config", "--config", text(&config)]);
        assert_eq!(output.status.code(), Some(64), "{changed:?}");
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
    let on_loading = [
        (
            ("stand_in.onnx", "missing.onnx"),
            "cannot read the model file",
        ),
        (("\"b4a674", "\"b4a675"), "have sha256 b4a674"),
        (("size = 64", "size = 80"), "the model takes [1, 3, 64, 64]"),
        (
            ("output_index = 0", "output_index = 213"),
            "must be below 213",
        ),
        (("\"softmax\"", "\"none\""), "which is no probability"),
    ];
    for (changed, expected) in on_loading {
        let (run, config) = with_external_model(changed);
        for command in [
            &["check", "x.jpg"][..],
            &["serve", "--listen", "127.0.0.1:0"],
        ] {
            let output = run.lifesign(&[&["--config", text(&config)], command].concat());
            assert_eq!(output.status.code(), Some(64), "{changed:?}");
            let text = stderr(&output);
            assert!(text.contains("external_model `stand_in`"), "{text}");
            assert!(text.contains(expected), "{text}");
        }
    }
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = Run::new().lifesign(&["completions", shell]);
        assert!(output.status.success());
        assert!(stdout(&output).contains("lifesign"), "{shell}");
    }
}

#[test]
fn callbacks_have_a_secret_and_a_list() {
    let run = Run::new();
    let tenant = json(&run.lifesign(&["tenants", "create", "bank", "--json"]));
    let secret = tenant["webhook_secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"), "{secret}");
    let fresh = run.lifesign(&["keys", "create", "bank", "--kind", "webhook", "--json"]);
    assert_ne!(json(&fresh)["webhook_secret"], secret);
    let listed = run.lifesign(&[
        "webhooks", "list", "--tenant", "bank", "--state", "waiting", "--json",
    ]);
    assert_eq!(json(&listed), Value::Array(Vec::new()));
    let unknown = run.lifesign(&["webhooks", "redeliver", "lv_0"]);
    assert_ne!(unknown.status.code(), Some(0));
    assert!(
        stderr(&unknown).contains("does not exist"),
        "{}",
        stderr(&unknown)
    );
}

#[test]
fn half_a_pair_for_tls_and_a_url_with_a_path_are_refused() {
    let run = Run::new();
    for (args, says) in [
        (
            &["serve", "--tls-cert", "chain.pem"][..],
            "tls_cert and tls_key belong together",
        ),
        (
            &["serve", "--public-url", "https://id.example/x"],
            "public_url is",
        ),
        (
            &["serve", "--public-url", "ftp://id.example"],
            "public_url is",
        ),
        (
            &[
                "serve",
                "--tls-cert",
                "chain.pem",
                "--tls-key",
                "key.pem",
                "--listen",
                "127.0.0.1:0",
            ],
            "cannot use chain.pem for TLS",
        ),
    ] {
        let refused = run.lifesign(args);
        assert_ne!(refused.status.code(), Some(0));
        assert!(stderr(&refused).contains(says), "{}", stderr(&refused));
    }
}
