//! The arrows between the crates: nothing points back, and `domain` depends on nobody.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// Each crate and the project's crates that it may use. Development dependencies are free.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("media", &["domain"]),
    ("confine", &[]),
    ("video", &["confine", "domain", "media"]),
    ("speech", &["confine", "domain"]),
    ("infer", &["domain"]),
    ("challenge", &["domain"]),
    (
        "clip",
        &["domain", "engine", "media", "temporal", "video", "watch"],
    ),
    ("watch", &["domain", "engine", "media", "temporal"]),
    (
        "session",
        &[
            "challenge",
            "domain",
            "engine",
            "media",
            "speech",
            "temporal",
            "watch",
        ],
    ),
    ("contracts", &["challenge", "domain"]),
    ("config", &["engine", "infer", "media", "session"]),
    ("eval", &["domain"]),
    ("net", &["domain"]),
    ("numeric", &[]),
    ("traces", &[]),
    ("store", &["domain"]),
    ("engine", &["domain", "infer", "media", "numeric"]),
    ("temporal", &["domain"]),
    (
        "server",
        &[
            "challenge",
            "clip",
            "contracts",
            "domain",
            "engine",
            "media",
            "net",
            "session",
            "speech",
            "store",
            "traces",
            "video",
        ],
    ),
    (
        "bench",
        &["challenge", "clip", "engine", "media", "testkit", "video"],
    ),
    (
        "cli",
        &[
            "clip", "config", "domain", "engine", "eval", "media", "server", "session", "store",
            "traces", "video",
        ],
    ),
    (
        "testkit",
        &["challenge", "domain", "engine", "infer", "media", "server"],
    ),
];

#[test]
fn no_crate_uses_another_against_the_arrows() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut seen = Vec::new();
    for package in packages() {
        let Some(name) = own(&package["name"]) else {
            continue;
        };
        let may_use = allowed
            .get(name.as_str())
            .unwrap_or_else(|| panic!("crate `{name}` is new: say here what it may use"));
        for dependency in package["dependencies"].as_array().unwrap() {
            // `kind` is null for normal dependencies.
            if !dependency["kind"].is_null() {
                continue;
            }
            if let Some(used) = own(&dependency["name"]) {
                assert!(
                    may_use.contains(&used.as_str()),
                    "`{name}` must not use `{used}`"
                );
            }
        }
        seen.push(name);
    }
    for (name, _) in ALLOWED {
        assert!(
            seen.iter().any(|s| s == name),
            "crate `{name}` is gone: remove it here"
        );
    }
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn own(name: &Value) -> Option<String> {
    Some(name.as_str()?.strip_prefix("lifesign-")?.to_owned())
}
