//! Every development image decodes. They lie beside the repository and are not part of it.

use std::path::{Path, PathBuf};

use lifesign_media::{Limits, decode};

#[test]
fn every_development_image_decodes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/pad");
    let Ok(manifest) = std::fs::read_to_string(root.join("manifest.csv")) else {
        eprintln!("skipped: no development images beside the repository");
        return;
    };
    let paths: Vec<PathBuf> = manifest
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .map(|path| root.join(path))
        .collect();
    let mut refused = Vec::new();
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        if let Err(error) = decode(&bytes, &Limits::default()) {
            refused.push(format!("{}: {error}", path.display()));
        }
    }
    eprintln!(
        "{} of {} images decoded",
        paths.len() - refused.len(),
        paths.len()
    );
    assert!(paths.len() > 4000, "{} images in the manifest", paths.len());
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
