//! Writes a report over made-up scores, to look at the page without any data set:
//! `cargo run -p lifesign-eval --example synthetic_report -- FOLDER`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lifesign_domain::Verdict;
use lifesign_eval::{Label, Outcome, Report, RowIssue, Sample, Scored, Settings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("."), PathBuf::from);
    write(&folder)
}

fn write(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings {
        title: "Synthetic scores".into(),
        created: "2026-01-01".into(),
        binary: "lifesign 0.1.0".into(),
        calibration: "example".into(),
        profile: "ensemble".into(),
        threshold: 0.58,
        inconclusive_margin: 0.04,
        draws: 1000,
        seed: 1,
    };
    let unreadable = [
        RowIssue {
            line: Some(17),
            path: "lab/<odd> & \"quoted\".jpg".into(),
            reason: "label is `real`, must be live or attack".into(),
        },
        RowIssue {
            line: Some(40),
            path: "lab/gone.jpg".into(),
            reason: "file does not exist".into(),
        },
    ];
    let report = Report::new(&scored(), &unreadable, settings)?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("report.json"), report.to_json()?)?;
    std::fs::write(folder.join("report.txt"), report.to_text())?;
    let picture = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
    let pictures: BTreeMap<String, String> = report
        .worst
        .iter()
        .skip(1)
        .map(|w| (w.path.clone(), picture.to_owned()))
        .collect();
    std::fs::write(folder.join("report.html"), report.to_html(&pictures)?)?;
    Ok(())
}

fn scored() -> Vec<Scored> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut all = Vec::new();
    for (label, species, mean, n) in [
        (Label::Live, "", 0.80, 1700),
        (Label::Attack, "print", 0.28, 800),
        (Label::Attack, "screen", 0.38, 1200),
        (Label::Attack, "gan", 0.45, 360),
        (Label::Attack, "diffusion", 0.50, 60),
    ] {
        for i in 0..n {
            let source = ["lab", "phones", "webcam_one_person", "street"][i % 4];
            let person = if source == "webcam_one_person" {
                0
            } else {
                i / 4 % 25
            };
            let mut normal = || (0..6).map(|_| random.f64()).sum::<f64>() / 3.0 - 1.0;
            let shift = if person % 7 == 3 { -0.12 } else { 0.0 };
            let confidence = (mean + shift + 0.45 * normal()).clamp(0.0, 1.0);
            let signals = [
                ("pad_context", confidence + 0.1 * normal()),
                (
                    "lbp_texture",
                    0.5 + 0.3 * (confidence - 0.5) + 0.4 * normal(),
                ),
                ("sharpness", 0.6 + 0.3 * normal()),
                (
                    "facial_symmetry",
                    0.6 - 0.2 * (confidence - 0.5) + 0.3 * normal(),
                ),
            ];
            let outcome = if i % 90 == 5 {
                Outcome::NonResponse("no face was found".into())
            } else {
                Outcome::Score {
                    confidence,
                    verdict: match confidence {
                        c if c > 0.62 => Verdict::Live,
                        c if c < 0.54 => Verdict::Spoof,
                        _ => Verdict::Inconclusive,
                    },
                    signals: signals.map(|(n, s)| (n.into(), s.clamp(0.0, 1.0))).into(),
                }
            };
            let path = format!("{source}/{label}_{species}/{i}.jpg");
            let person = format!("{source}_{person}");
            let device = ["old webcam", "phone", "laptop"][i % 3];
            all.push(Scored {
                sample: Sample {
                    file: PathBuf::from(&path),
                    path,
                    label,
                    species: species.into(),
                    groups: BTreeMap::from([
                        ("source".into(), source.into()),
                        ("person".into(), person.clone()),
                        ("device".into(), device.into()),
                        ("width".into(), (400 + i).to_string()),
                    ]),
                    person: Some(person),
                    source: Some(source.into()),
                },
                outcome,
            });
        }
    }
    all
}
