//! Measuring, calibrating and cutting crops, on made folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::UNIX_EPOCH;

use serde_json::{Value, json};

use super::{Run, stderr, stdout, text};

fn sample_bytes(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/samples");
    std::fs::read(folder.join(name)).unwrap()
}

/// Two live pictures, one that is called an attack although it is none, one without a face and
/// one that is cut off.
fn labelled(run: &Run) {
    run.file("set/live/ann/a.jpg", sample_bytes("astronaut.jpg"));
    run.file("set/live/grace/b.jpg", sample_bytes("grace_hopper.jpg"));
    run.file("set/attack/print/c.jpg", sample_bytes("astronaut.jpg"));
    run.file("set/attack/print/coffee.jpg", sample_bytes("coffee.jpg"));
    let whole = sample_bytes("astronaut.jpg");
    run.file("set/attack/screen/cut.jpg", &whole[..whole.len() / 3]);
}

fn read(run: &Run, name: &str) -> String {
    std::fs::read_to_string(run.folder.path().join(name)).unwrap()
}

/// Rows of a CSV file without quoted commas, by their first column.
fn rows(csv: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut lines = csv.lines().map(|line| line.split(',').map(str::to_owned));
    let header: Vec<String> = lines.next().unwrap().collect();
    lines
        .map(|row| {
            let row: BTreeMap<String, String> = header.iter().cloned().zip(row).collect();
            (row["path"].clone(), row)
        })
        .collect()
}

fn evaluate(run: &Run, further: &[&str]) -> Output {
    let outputs = ["--json", "r.json", "--html", "r.html", "--scores", "r.csv"];
    let args = [&["eval", "set"], &outputs[..], further].concat();
    run.lifesign(&args)
}

#[test]
fn a_labelled_folder_is_measured_and_reported_in_every_form() {
    let run = Run::new();
    labelled(&run);
    let output = evaluate(&run, &[]);
    // One file could not be decoded.
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let summary = stdout(&output);
    assert!(
        summary.contains("2 bona fide presentations and 3 attacks"),
        "{summary}"
    );
    assert!(summary.contains("APCER, worst"), "{summary}");

    let report: Value = serde_json::from_str(&read(&run, "r.json")).unwrap();
    assert_eq!(report["settings"]["profile"], "ensemble");
    let reasons: Vec<&str> = report["non_responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons.len(), 2);
    assert_eq!(reasons[0], "No face was found.");
    assert_eq!(report["worst"][0]["path"], "attack/print/c.jpg");

    let page = read(&run, "r.html");
    assert!(
        page.contains("jpeg;base64,"),
        "no picture of the worst error"
    );
    assert!(!read(&run, "r.json").contains("data:image"));
    assert!(!read(&run, "r.journal").contains("data:image"));

    let scores = rows(&read(&run, "r.csv"));
    assert_eq!(scores.len(), 5);
    let live = &scores["live/ann/a.jpg"];
    assert_eq!(
        (live["label"].as_str(), live["outcome"].as_str()),
        ("live", "score")
    );
    assert!(live["lbp_texture"].parse::<f64>().unwrap() > 0.0);
    let coffee = &scores["attack/print/coffee.jpg"];
    assert_eq!(
        (coffee["species"].as_str(), coffee["outcome"].as_str()),
        ("print", "non_response")
    );
    assert_eq!(coffee["confidence"], "");
}

#[test]
fn a_run_goes_on_from_its_journal_unless_something_else_judged() {
    let run = Run::new();
    labelled(&run);
    evaluate(&run, &[]);
    let before = read(&run, "r.csv");
    // An answer that no judgement gives shows where the second run has it from.
    let journal = read(&run, "r.journal");
    let marked: String = journal
        .lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            if line["path"] == "live/ann/a.jpg" {
                line["outcome"]["score"]["confidence"] = json!(0.125);
            }
            line.to_string() + "\n"
        })
        .collect();
    // The last line is lost, as after a power cut.
    let cut = marked.trim_end().rfind('\n').unwrap() + 9;
    run.file("r.journal", &marked[..cut]);

    let output = evaluate(&run, &[]);
    assert!(
        stderr(&output).contains("4 answers are known"),
        "{}",
        stderr(&output)
    );
    let after = rows(&read(&run, "r.csv"));
    assert_eq!(after["live/ann/a.jpg"]["confidence"], "0.125");
    assert_eq!(after.len(), 5);
    for (path, row) in rows(&before) {
        assert!(path == "live/ann/a.jpg" || after[&path] == row, "{path}");
    }

    let output = evaluate(&run, &["--set", "live_threshold=0.6"]);
    assert!(
        stderr(&output).contains("were dropped"),
        "{}",
        stderr(&output)
    );
    assert_ne!(
        rows(&read(&run, "r.csv"))["live/ann/a.jpg"]["confidence"],
        "0.125"
    );
}

#[test]
fn two_reports_are_compared_without_judging() {
    let run = Run::new();
    labelled(&run);
    evaluate(&run, &[]);
    let output = run.lifesign(&["eval", "--compare", "r.json", "r.json"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        stdout(&output).contains("APCER worst"),
        "{}",
        stdout(&output)
    );
    run.file("other.json", "{}");
    let output = run.lifesign(&["eval", "--compare", "r.json", "other.json"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("other.json"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn sets_that_cannot_be_measured_say_why() {
    let run = Run::new();
    run.file("half/live/a.jpg", sample_bytes("astronaut.jpg"));
    run.file("list.csv", "file,label\na.jpg,live\n");
    for (set, words) in [
        ("half", "live/ and attack/"),
        ("list.csv", "no column `path`"),
        ("gone.csv", "cannot read"),
    ] {
        let output = run.lifesign(&["eval", set]);
        assert_eq!(output.status.code(), Some(3), "{set}");
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    assert_eq!(run.lifesign(&["eval"]).status.code(), Some(64));
    run.file("notes.txt", "dear diary\n");
    run.file("half/attack/b.jpg", sample_bytes("coffee.jpg"));
    let output = run.lifesign(&["eval", "half", "--resume", "notes.txt"]);
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(read(&run, "notes.txt"), "dear diary\n");
}

#[test]
fn a_small_sample_is_not_calibrated_to() {
    let run = Run::new();
    labelled(&run);
    let output = run.lifesign(&["calibrate", "set", "--out", "c.toml"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("58 more bona fide presentations (2 found, 60 needed)"),
        "{}",
        stderr(&output)
    );
    assert!(!run.folder.path().join("c.toml").exists());
    for target in ["bpcer=0.9", "apcer=0.1", "bpcer=x"] {
        let output = run.lifesign(&["calibrate", "set", "--out", "c.toml", "--target", target]);
        assert_eq!(output.status.code(), Some(64), "{target}");
    }
}

/// A folder of presentations whose answers are already in the journal `known`: `sharpness` and
/// `lbp_texture` separate, the other signals are noise.
fn answered(run: &Run) {
    labelled(run);
    evaluate(run, &["--resume", "known", "--profile", "classic"]);
    let known = read(run, "known");
    let mut lines = vec![known.lines().next().unwrap().to_owned()];
    let names = [
        "eye_aspect_ratio",
        "head_pose",
        "face_area_ratio",
        "facial_symmetry",
        "exif_metadata",
        "fft_deepfake",
    ];
    for i in 0..160 {
        let live = i % 2 == 0;
        let person = i / 2 % 16;
        let folder = if live { "live" } else { "attack/print" };
        let path = format!("{folder}/p{person}/{i}.jpg");
        let file = run.file(&format!("many/{path}"), "never read");
        // Overlapping, so that the operating score lies inside.
        let wave = f64::from(i * 37 % 100) / 100.0;
        let level = if live { 0.45 } else { 0.25 } + 0.3 * wave;
        let noise = |seed: i32| f64::from(i * i * (7 + seed) % 101) / 100.0;
        let mut signals: BTreeMap<&str, f64> = names.into_iter().zip((0..).map(noise)).collect();
        signals.insert("sharpness", level);
        signals.insert("lbp_texture", level * 0.9);
        lines.push(journal_line(&path, &file, &signals));
    }
    run.file("known", lines.join("\n") + "\n");
}

fn journal_line(path: &str, file: &PathBuf, signals: &BTreeMap<&str, f64>) -> String {
    let metadata = std::fs::metadata(file).unwrap();
    let modified = metadata.modified().unwrap().duration_since(UNIX_EPOCH);
    json!({
        "path": path,
        "size_bytes": metadata.len(),
        "modified_ns": u64::try_from(modified.unwrap().as_nanos()).unwrap(),
        "outcome": {"score": {"confidence": 0.5, "verdict": "INCONCLUSIVE", "signals": signals}},
    })
    .to_string()
}

#[test]
fn a_calibration_is_written_that_judges() {
    let run = Run::new();
    answered(&run);
    let calibrate = |target: &str, out: &str| {
        let output = run.lifesign(&[
            "calibrate",
            "many",
            "--profile",
            "classic",
            "--resume",
            "known",
            "--target",
            target,
            "--out",
            out,
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        (stdout(&output), read(&run, out))
    };
    let (summary, five) = calibrate("bpcer=0.05", "five.toml");
    assert!(
        summary.contains("80 bona fide presentations and 80 attacks"),
        "{summary}"
    );
    assert!(summary.contains("person left out"), "{summary}");
    let (_, again) = calibrate("bpcer=0.05", "again.toml");
    assert_eq!(five, again);
    let (_, ten) = calibrate("bpcer=0.1", "ten.toml");

    let judged = |file: &str| -> Value {
        let setting = format!("calibration={file}");
        let picture = super::sample();
        let output = run.lifesign(&[
            "check",
            "--json",
            "--profile",
            "classic",
            "--set",
            &setting,
            text(&picture),
        ]);
        super::json(&output)
    };
    let (five_judged, ten_judged) = (judged("five.toml"), judged("ten.toml"));
    let version = five_judged["calibration"].as_str().unwrap();
    assert!(version.starts_with("calibrated-"), "{version}");
    assert!(five.contains(version) && !ten.contains(version));
    assert_ne!(five_judged["confidence"], ten_judged["confidence"]);
    let weight = |name: &str| -> f64 {
        let signals = five_judged["signals"].as_array().unwrap();
        let signal = signals.iter().find(|s| s["name"] == name).unwrap();
        signal["weight"].as_f64().unwrap()
    };
    assert!(
        weight("sharpness") > 2.0 * weight("head_pose"),
        "{five_judged}"
    );
}

#[test]
fn the_largest_face_is_cut_and_indexed() {
    let run = Run::new();
    run.file("in/one/a.jpg", sample_bytes("astronaut.jpg"));
    run.file("in/two.jpg", sample_bytes("two_faces.jpg"));
    run.file("in/coffee.jpg", sample_bytes("coffee.jpg"));
    let output = run.lifesign(&["crops", "in", "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("3 images: 2 with a face, 1 without"));
    let index = rows(&read(&run, "out/crops.csv"));
    assert_eq!(
        index.keys().collect::<Vec<_>>(),
        ["coffee.jpg", "one/a.jpg", "two.jpg"]
    );
    assert_eq!(
        (
            index["coffee.jpg"]["faces"].as_str(),
            index["coffee.jpg"]["x0"].as_str()
        ),
        ("0", "")
    );
    assert_eq!(index["two.jpg"]["faces"], "2");

    let face = &index["one/a.jpg"];
    let number = |column: &str| face[column].parse::<f64>().unwrap();
    let width = number("x1") - number("x0");
    // The eyes are about 0.4 to 0.6 of the mesh's width apart.
    assert!(
        (0.3..0.7).contains(&(number("inter_eye_px") / width)),
        "{face:?}"
    );
    assert!(
        number("yaw").abs() < 30.0 && number("roll").abs() < 30.0,
        "{face:?}"
    );
    let png = std::fs::read(run.folder.path().join("out").join(&face["crop"])).unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!(&png[16..24], [0, 0, 0, 80, 0, 0, 0, 80]);

    // A cut file has a row that says so; nothing but the index is written where that is enough.
    let whole = sample_bytes("astronaut.jpg");
    run.file("in/cut.jpg", &whole[..whole.len() / 3]);
    let output = run.lifesign(&["crops", "in", "--out", "bare", "--index-only"]);
    assert_eq!(output.status.code(), Some(3));
    let bare = rows(&read(&run, "bare/crops.csv"));
    assert!(!bare["cut.jpg"]["error"].is_empty());
    assert_eq!(bare["one/a.jpg"]["x0"], face["x0"]);
    assert_eq!(
        std::fs::read_dir(run.folder.path().join("bare"))
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn crops_of_two_folders_with_the_same_names_are_refused() {
    let run = Run::new();
    run.file("a/x.jpg", "1");
    run.file("b/x.jpg", "2");
    let output = run.lifesign(&["crops", "a", "b", "--out", "out"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("`x.jpg`"), "{}", stderr(&output));
    let output = run.lifesign(&["crops", "a", "--out", "out", "--scale", "0"]);
    assert_eq!(output.status.code(), Some(64));
}
