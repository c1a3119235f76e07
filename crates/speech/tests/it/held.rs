//! How the child is held, and what happens where the tools are missing or broken.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lifesign_domain::ErrorKind;
use lifesign_speech::{Recogniser, RecogniserOptions, SpeechError};

use crate::recogniser;

#[test]
fn nothing_is_left_out_that_the_machine_has() {
    let Some(recogniser) = recogniser() else {
        return;
    };
    let held = recogniser.confinement();
    eprintln!("pocketsphinx: {held}");
    let kernel = std::fs::read_to_string("/sys/kernel/security/lsm").unwrap_or_default();
    assert!(held.landlock > 0 || !kernel.contains("landlock"), "{held}");
    let has_seccomp = Path::new("/proc/sys/kernel/seccomp/actions_avail").exists();
    assert!(held.seccomp || !has_seccomp, "{held}");
    let has = |program: &str| Path::new("/usr/bin").join(program).exists();
    assert!(held.limits_before_start || !has("prlimit"), "{held}");
    assert!(held.dies_with_us || !has("setpriv"), "{held}");
}

#[test]
fn what_is_missing_is_named() {
    let options = RecogniserOptions {
        program: Some(PathBuf::from("/nowhere/pocketsphinx_batch")),
        ..RecogniserOptions::default()
    };
    let error = Recogniser::open(&options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        error
            .to_string()
            .starts_with("/nowhere/pocketsphinx_batch is not installed")
    );
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), "exit 0");
    let options = RecogniserOptions {
        program: Some(program),
        model: Some(folder.path().to_owned()),
        ..RecogniserOptions::default()
    };
    let error = Recogniser::open(&options).unwrap_err();
    assert!(matches!(error, SpeechError::ModelMissing { .. }), "{error}");
    std::fs::create_dir(folder.path().join("en-us")).unwrap();
    std::fs::write(folder.path().join("en-us/mdef"), "").unwrap();
    std::fs::write(folder.path().join("cmudict-en-us.dict"), "one W AH N\n").unwrap();
    let error = Recogniser::open(&options).unwrap_err();
    assert!(
        error.to_string().contains("its dictionary lacks `zero`"),
        "{error}"
    );
}

fn script(folder: &Path, body: &str) -> PathBuf {
    let path = folder.join("pocketsphinx_batch");
    std::fs::write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Scripts in place of the recogniser. They need a shell, so confinement is off.
fn outcome(body: &str) -> Result<Recogniser, SpeechError> {
    let folder = tempfile::tempdir().unwrap();
    let dictionary: String = [
        "zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ]
    .map(|word| format!("{word} X\n"))
    .concat();
    std::fs::create_dir(folder.path().join("en-us")).unwrap();
    std::fs::write(folder.path().join("en-us/mdef"), "").unwrap();
    std::fs::write(folder.path().join("cmudict-en-us.dict"), dictionary).unwrap();
    let options = RecogniserOptions {
        program: Some(script(folder.path(), body)),
        model: Some(folder.path().to_owned()),
        confine: false,
    };
    Recogniser::open(&options)
}

#[test]
fn a_version_without_the_option_about_silence_is_asked_without_it() {
    let newer = "case \"$*\" in *remove_silence*) echo \"ERROR: x: Unknown argument name '-remove_silence'\" >&2; exit 1; esac\n\
        echo '1 S 0 T 0 A 0 L 0 0 0 0 one 9'";
    assert!(outcome(newer).is_ok());
}

#[test]
fn a_broken_recogniser_is_an_error_in_time() {
    let started = Instant::now();
    let error = outcome("echo 'ERROR: no model' >&2; exit 1").unwrap_err();
    assert!(error.to_string().ends_with("ERROR: no model"), "{error}");
    assert_eq!(outcome("echo four").unwrap_err(), SpeechError::Unreadable);
    assert_eq!(
        outcome("printf '\\377'").unwrap_err(),
        SpeechError::Unreadable
    );
    let floods = outcome("exec cat /dev/zero").unwrap_err();
    assert!(matches!(floods, SpeechError::Run(_)), "{floods}");
    let killed = outcome("kill -9 $$").unwrap_err();
    assert_eq!(killed.kind(), ErrorKind::Internal);
    assert!(
        outcome("exec 2>&-; sleep 100")
            .unwrap_err()
            .to_string()
            .contains("took more than 15 s")
    );
    assert!(started.elapsed() < Duration::from_secs(60));
}
