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

impl<'a> Site<'a> {
    /// With the file in the data folder.
    pub(crate) fn on_sqlite(data: &'a Path) -> Self {
        Self { data, database: "" }
    }

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
        self.serve_under(&[], &[], settings)
            .unwrap_or_else(|log| panic!("the server did not start: {log}"))
    }

    /// The same under another program that becomes it in the end (`unshare …`, `sh -c …`) and with more variables
    /// in its environment. What it logged where it did not start.
    pub(crate) fn serve_under(
        &self,
        wrapper: &[&str],
        variables: &[(&str, &Path)],
        settings: &[&str],
    ) -> Result<Server, String> {
        let own = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut command = match wrapper {
            [] => own,
            [program, arguments @ ..] => {
                let mut command = Command::new(program);
                command.args(arguments).arg(own.get_program());
                command.args(own.get_args());
                command.envs(
                    own.get_envs()
                        .filter_map(|(name, value)| Some((name, value?))),
                );
                command
            }
        };
        let settings = settings.iter().flat_map(|setting| ["--set", setting]);
        let mut process = command
            .args(settings)
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        // Killed whatever happens from here on.
        let mut server = Server {
            process,
            address: SocketAddr::from(([0; 4], 0)),
        };
        let mut said = String::new();
        loop {
            let start = said.len();
            if log.read_line(&mut said).unwrap() == 0 {
                let status = server.process.wait().unwrap();
                assert!(!status.success(), "it went without a word");
                return Err(said);
            }
            if let Some((_, rest)) = said[start..].split_once("listening on http://") {
                let end = rest.find('/').unwrap();
                server.address = rest[..end].parse().unwrap();
                break;
            }
        }
        // What nobody reads would fill the pipe and stop the server.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Ok(server)
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
