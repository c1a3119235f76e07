//! Shells in the place of a tool try what a captured decoder would try. They are bash, because its
//! built-in words need no other program.

use std::os::fd::AsFd;
use std::time::Duration;

use crate::child::{Bounds, Running};
use crate::find::Tool;
use crate::layers::Launcher;

fn bash() -> Tool {
    Tool::locate("bash", None).unwrap()
}

fn launcher() -> Launcher {
    Launcher::all_layers(&[&bash()], true)
}

/// What the script prints, and the layers: (Landlock, seccomp).
fn run(script: &str) -> (String, u32, bool) {
    run_by(&launcher(), script)
}

fn run_by(launcher: &Launcher, script: &str) -> (String, u32, bool) {
    let bounds = Bounds {
        wall: Duration::from_secs(20),
        cpu: Duration::from_secs(5),
        memory_bytes: 64 * 1024 * 1024,
        output_bytes: 1024 * 1024,
    };
    let args = ["-c".to_owned(), script.to_owned()];
    let input = std::fs::File::open("/dev/null").unwrap();
    let running = Running::start(launcher, &bash(), &args, input.as_fd(), bounds).unwrap();
    let active = *running.active();
    let (text, _) = running.read_all().unwrap();
    let text = String::from_utf8(text).unwrap();
    (text, active.landlock, active.seccomp)
}

/// Runs the command and expects "no"; `layer` tells whether the machine can refuse it.
fn refused(command: &str, layer: impl Fn(u32, bool) -> bool) {
    let (answer, landlock, seccomp) = run(&format!(
        "{{ {command}; }} 2>/dev/null && echo yes || echo no"
    ));
    if layer(landlock, seccomp) {
        assert_eq!(answer.trim(), "no", "{command}");
    } else {
        eprintln!("skipped: this kernel does not refuse {command}");
    }
}

#[test]
fn files_are_out_of_reach() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "secret\n").unwrap();
    let (secret, new) = (secret.display().to_string(), folder.path().join("new"));
    let by_landlock = |landlock, _| landlock >= 1;
    refused(&format!("read line < {secret}"), by_landlock);
    refused("read line < /etc/passwd", by_landlock);
    refused("read line < /proc/self/environ", by_landlock);
    refused(&format!("echo x > {}", new.display()), by_landlock);
    refused(&format!("echo x >> {secret}"), by_landlock);
    refused("exec /bin/ls", by_landlock);
    assert!(!new.exists());
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "secret\n");
}

#[test]
fn a_named_folder_can_be_read_and_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    std::fs::write(&model, "words\n").unwrap();
    let launcher = launcher().and_readable(folder.path());
    let script = format!(
        "read line < {0}; echo $line; echo x 2>/dev/null >> {0} || echo no",
        model.display()
    );
    let (answer, landlock, _) = run_by(&launcher, &script);
    // The limit on file sizes refuses the rest where Landlock does not.
    assert!(landlock == 0 || answer == "words\nno\n", "{answer}");
    assert_eq!(std::fs::read_to_string(&model).unwrap(), "words\n");
}

#[test]
fn the_network_is_out_of_reach() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let by_either = |landlock, seccomp| landlock >= 4 || seccomp;
    refused(&format!("exec 3<>/dev/tcp/127.0.0.1/{port}"), by_either);
    refused("exec 3<>/dev/udp/127.0.0.1/53", |_, seccomp| seccomp);
}

#[test]
fn other_processes_are_out_of_reach() {
    let me = std::process::id();
    // Signal 0 only asks whether the process may be reached.
    refused(&format!("kill -0 {me}"), |landlock, seccomp| {
        landlock >= 6 || seccomp
    });
    refused("echo $(echo x) | grep -q x", |_, seccomp| seccomp);
    let (answer, _, seccomp) = run("(echo forked) || echo no");
    if seccomp {
        assert_eq!(answer, "");
    }
}

#[test]
fn limits_environment_and_group_are_set() {
    let (answer, ..) = run("ulimit -f; ulimit -c; ulimit -n; ulimit -t; ulimit -d; export -p");
    let lines: Vec<&str> = answer.lines().collect();
    assert_eq!(&lines[..5], ["0", "0", "32", "5", "65536"]);
    let names: Vec<&str> = lines[5..]
        .iter()
        .filter_map(|l| l.strip_prefix("declare -x ")?.split('=').next())
        .filter(|name| !["OLDPWD", "PWD", "SHLVL", "_"].contains(name))
        .collect();
    assert_eq!(names, ["LC_ALL", "MALLOC_ARENA_MAX"]);
}

#[test]
fn without_prlimit_the_limits_come_a_moment_later() {
    let launcher = Launcher {
        prlimit: None,
        setpriv: None,
        drop_capabilities: false,
        ..launcher()
    };
    let bounds = Bounds {
        wall: Duration::from_secs(20),
        cpu: Duration::from_secs(7),
        memory_bytes: 64 * 1024 * 1024,
        output_bytes: 1024,
    };
    let script = "while [ $(( n += 1 )) -lt 100000 ]; do :; done; ulimit -t".to_owned();
    let args = ["-c".to_owned(), script];
    let input = std::fs::File::open("/dev/null").unwrap();
    let running = Running::start(&launcher, &bash(), &args, input.as_fd(), bounds).unwrap();
    let (answer, _) = running.read_all().unwrap();
    assert_eq!(answer, b"7\n");
}
