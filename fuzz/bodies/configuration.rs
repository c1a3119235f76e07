//! What the fuzz target of `lifesign.toml` does with its input. The target and the replay in
//! `crates/config/tests/replay_corpora.rs` share this file.

use lifesign_config::{Config, Overrides};

/// A configuration is refused with a message, or what it says is within its limits.
pub(crate) fn configuration(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // Files that a configuration names are read; a device would be read for ever.
    if text.contains("dev") || text.contains("proc") {
        return;
    }
    let path = std::env::temp_dir().join(format!("lifesign-fuzz-{}.toml", std::process::id()));
    std::fs::write(&path, data).expect("a temporary file can be written");
    let overrides = Overrides {
        file: Some(path.clone()),
        ..Overrides::default()
    };
    match Config::load(&overrides) {
        Ok(config) => {
            assert!(
                config
                    .calibration
                    .profiles
                    .contains_key(&config.settings.profile)
            );
            let limits = config.limits();
            assert!(limits.file_bytes >= 1 && limits.pixels >= 1 && limits.side >= 1);
            assert!(config.settings.request_timeout_s >= 1);
            for entry in &config.entries {
                assert!(!entry.source.is_empty() && !entry.meaning.is_empty());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    // Whatever is left behind is one small file a process.
    let _ = std::fs::remove_file(&path);
}
