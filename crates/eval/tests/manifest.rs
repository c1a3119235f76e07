//! Manifests and folders as people have them.

use std::fs;
use std::path::Path;

use lifesign_eval::{Label, Manifest, ManifestError, Sample};

fn touch(root: &Path, files: &[&str]) {
    for file in files {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
}

fn manifest(text: &[u8], files: &[&str]) -> Result<Manifest, ManifestError> {
    let folder = tempfile::tempdir().unwrap();
    touch(folder.path(), files);
    let path = folder.path().join("MANIFEST.csv");
    fs::write(&path, text).unwrap();
    Manifest::read(&path)
}

fn paths(manifest: &Manifest) -> Vec<&str> {
    manifest.samples.iter().map(|s| s.path.as_str()).collect()
}

#[test]
fn columns_become_label_species_person_source_and_groups() {
    let text = "path,set,label,species,person,skin tone\n\
                a.jpg,lab,live,none,p1,III\n\
                \"b, c.jpg\",lab,ATTACK,Print,,\n";
    let read = manifest(text.as_bytes(), &["a.jpg", "b, c.jpg"]).unwrap();
    assert!(read.issues.is_empty(), "{:?}", read.issues);
    assert_eq!(read.columns, ["set", "person", "skin tone"]);
    let [a, b]: [Sample; 2] = read.samples.try_into().unwrap();
    assert_eq!((a.label, a.species.as_str()), (Label::Live, ""));
    assert_eq!(
        (a.person.as_deref(), a.source.as_deref()),
        (Some("p1"), Some("lab"))
    );
    assert_eq!(a.groups["skin tone"], "III");
    assert_eq!(
        (b.path.as_str(), b.label, b.species.as_str()),
        ("b, c.jpg", Label::Attack, "print")
    );
    assert_eq!((b.person, b.groups.len()), (None, 1));
}

#[test]
fn every_unusable_row_is_listed_with_its_line_and_reason() {
    let text = b"path,label,species\n\
        ok.jpg,live,\n\
        real.jpg,real,\n\
        gone.jpg,live,\n\
        short.jpg,live\n\
        ok.jpg,attack,print\n\
        ,live,\n\
        bad\xff.jpg,live,\n\
        ok2.jpg,attack,\n";
    let read = manifest(text, &["ok.jpg", "real.jpg", "short.jpg", "ok2.jpg"]).unwrap();
    assert_eq!(paths(&read), ["ok.jpg", "ok2.jpg"]);
    assert_eq!(read.samples[1].species, "unspecified");
    let found: Vec<(u64, &str)> = read
        .issues
        .iter()
        .map(|i| (i.line.unwrap(), i.reason.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (3, "label is `real`, must be live or attack"),
            (4, "file does not exist"),
            (5, "row has 2 fields, the header has 3"),
            (6, "path is listed a second time"),
            (7, "path is empty"),
            (8, "row is not UTF-8"),
        ]
    );
}

#[test]
fn spreadsheets_of_other_countries_are_read() {
    for text in [
        "\u{feff}path;label\na.jpg;live\n",
        "Path\tLabel\r\na.jpg\tlive\r\n",
    ] {
        let read = manifest(text.as_bytes(), &["a.jpg"]).unwrap();
        assert_eq!(
            (paths(&read), read.issues.len()),
            (vec!["a.jpg"], 0),
            "{text:?}"
        );
    }
}

#[test]
fn a_header_that_cannot_be_used_is_an_error() {
    let error = manifest(b"file,label\na,live\n", &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "manifest has no column `path`; it has: file, label"
    );
    let error = manifest(b"path,label,path\n", &[]).unwrap_err();
    assert_eq!(error.to_string(), "manifest names column `path` twice");
    assert!(matches!(
        manifest(b"", &[]),
        Err(ManifestError::MissingColumn { .. })
    ));
    let gone = Manifest::read(Path::new("no/such/manifest.csv")).unwrap_err();
    assert!(matches!(gone, ManifestError::Read { .. }));
}

#[test]
fn a_folder_with_live_and_attack_needs_no_manifest() {
    let folder = tempfile::tempdir().unwrap();
    touch(
        folder.path(),
        &[
            "Live/a.JPG",
            "Live/anna/b.png",
            "attack/c.webp",
            "attack/screen/d.jpeg",
            "attack/screen/anna/e.jpg",
            "attack/notes.txt",
            "attack/.DS_Store",
            "other/f.jpg",
        ],
    );
    let read = Manifest::read(folder.path()).unwrap();
    let found: Vec<_> = read
        .samples
        .iter()
        .map(|s| {
            (
                s.path.as_str(),
                s.label,
                s.species.as_str(),
                s.person.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("Live/a.JPG", Label::Live, "", None),
            ("Live/anna/b.png", Label::Live, "", Some("anna")),
            ("attack/c.webp", Label::Attack, "unspecified", None),
            (
                "attack/screen/anna/e.jpg",
                Label::Attack,
                "screen",
                Some("anna")
            ),
            ("attack/screen/d.jpeg", Label::Attack, "screen", None),
        ]
    );
    assert_eq!(read.issues.len(), 1);
    assert_eq!(read.issues[0].path, "attack/notes.txt");
}

#[test]
fn a_folder_with_a_manifest_is_read_by_it() {
    let folder = tempfile::tempdir().unwrap();
    touch(folder.path(), &["live/a.jpg", "attack/b.jpg"]);
    fs::write(
        folder.path().join("manifest.csv"),
        "path,label\nlive/a.jpg,live\n",
    )
    .unwrap();
    assert_eq!(Manifest::read(folder.path()).unwrap().samples.len(), 1);
}

#[test]
fn a_folder_without_both_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    touch(folder.path(), &["live/a.jpg"]);
    assert!(matches!(
        Manifest::read(folder.path()),
        Err(ManifestError::NoLayout(_))
    ));
}
