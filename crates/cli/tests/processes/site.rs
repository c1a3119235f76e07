//! A server as a process of its own, and the commands beside it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A data folder and a database.
pub(crate) struct Site<'a> {
    pub(crate) data: &'a Path,
    /// Empty for the file in the data folder.
    pub(crate) database: &'a str,
}

impl Site<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifesign"));
        command.args(arguments).arg("--data").arg(self.data);
        if !self.database.is_empty() {
            command.env("LIFESIGN_DATABASE", self.database);
        }
        command
    }

    /// What an administrative command says.
    pub(crate) fn lifesign(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).arg("--json").output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// A server with these settings (`key=value`), ready.
    pub(crate) fn serve(&self, settings: &[&str]) -> Server {
        let settings = settings.iter().flat_map(|setting| ["--set", setting]);
        let mut process = self
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .args(settings)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(
                log.read_line(&mut line).unwrap(),
                0,
                "the server did not start"
            );
            if let Some((_, rest)) = line.split_once("listening on http://") {
                let end = rest.find('/').unwrap();
                break rest[..end].parse().unwrap();
            }
        };
        // What nobody reads would fill the pipe and stop the server.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Server { process, address }
    }
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    pub(crate) process: Child,
    pub(crate) address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The address of an own database on the Postgres of the tests; `None` with a printed reason where there is none and
/// `LIFESIGN_TEST_REQUIRE_POSTGRES` does not ask for one.
pub(crate) fn own_database(name: &str) -> Option<String> {
    let Ok(address) = std::env::var("LIFESIGN_TEST_POSTGRES") else {
        assert!(
            std::env::var_os("LIFESIGN_TEST_REQUIRE_POSTGRES").is_none(),
            "LIFESIGN_TEST_POSTGRES is not set"
        );
        eprintln!("skipped: LIFESIGN_TEST_POSTGRES names no server");
        return None;
    };
    let name = format!("{name}_{}", std::process::id());
    let (server, _) = address.rsplit_once('/').unwrap();
    let made = Command::new("psql")
        .args([&address, "-q", "-c", &format!("CREATE DATABASE {name}")])
        .status()
        .unwrap();
    assert!(made.success(), "psql cannot make a database");
    Some(format!("{server}/{name}"))
}
