//! The server is killed in the middle of a hundred checks, on both databases: nothing that was
//! answered is lost, and no unit of the wallet is lost or taken twice.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

const CHECKS: usize = 100;
/// Answers after which the server is killed.
const BEFORE_KILL: usize = 25;
const PRICE: i64 = 3;
const TOPPED_UP: i64 = 1000;

#[test]
fn kill_9_loses_no_answer_and_no_unit_on_sqlite() {
    let data = tempfile::tempdir().unwrap();
    killed_in_the_middle(data.path(), "");
}

#[test]
fn kill_9_loses_no_answer_and_no_unit_on_postgres() {
    let Ok(address) = std::env::var("LIFESIGN_TEST_POSTGRES") else {
        assert!(
            std::env::var_os("LIFESIGN_TEST_REQUIRE_POSTGRES").is_none(),
            "LIFESIGN_TEST_POSTGRES is not set"
        );
        eprintln!("skipped: LIFESIGN_TEST_POSTGRES names no server");
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let database = own_database(&address);
    killed_in_the_middle(data.path(), &database);
}

fn killed_in_the_middle(data: &Path, database: &str) {
    let site = Site { data, database };
    let tenant = site.lifesign(&["tenants", "create", "bank", "--price", &PRICE.to_string()]);
    site.lifesign(&["tenants", "topup", "bank", &TOPPED_UP.to_string()]);
    let body = |number: usize| {
        let image = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../assets/samples/astronaut.jpg"
        );
        let image = BASE64_STANDARD.encode(std::fs::read(image).unwrap());
        json!({
            "verificationType": "PASSIVE-LIVELINESS-VERIFICATION",
            "selfie": format!("data:image/jpeg;base64,{image}"),
            "transactionReference": format!("ref-{number}"),
        })
        .to_string()
    };

    let mut server = site.serve();
    let answered = AtomicUsize::new(0);
    let first: Vec<Option<Value>> = std::thread::scope(|scope| {
        let ask = |number: usize| {
            let (address, answered, tenant) = (server.address, &answered, &tenant);
            scope.spawn(move || {
                let answer = verify(address, tenant, &body(number));
                answered.fetch_add(usize::from(answer.is_some()), Ordering::SeqCst);
                answer
            })
        };
        let asking: Vec<_> = (0..CHECKS).map(ask).collect();
        let patience = Instant::now();
        while answered.load(Ordering::SeqCst) < BEFORE_KILL {
            assert!(
                patience.elapsed() < Duration::from_secs(300),
                "the server does not answer"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        // SIGKILL.
        server.process.kill().unwrap();
        server.process.wait().unwrap();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let told: Vec<(usize, &Value)> = first
        .iter()
        .enumerate()
        .filter_map(|(number, answer)| Some((number, answer.as_ref()?)))
        .collect();
    assert!(told.len() >= BEFORE_KILL);
    assert!(
        told.len() < CHECKS,
        "the kill came too late to show anything"
    );

    // Every answer that was given is kept and paid; nothing is paid without a check.
    let (balance, debits) = site.wallet();
    assert_eq!(balance, TOPPED_UP - PRICE * debits.len() as i64);
    assert!(debits.len() >= told.len());

    let server = site.serve();
    for (number, answer) in &told {
        assert_eq!(answer["transactionStatus"], "SUCCESSFUL", "{answer}");
        let again = verify(server.address, &tenant, &body(*number)).unwrap();
        assert_eq!(**answer, again, "the first answer, to the letter");
    }
    assert_eq!(site.wallet().0, balance, "a repeated answer costs nothing");

    // Whoever got no answer asks again; what had been kept all the same is not paid twice.
    for number in 0..CHECKS {
        let answer = verify(server.address, &tenant, &body(number)).unwrap();
        assert_eq!(answer["transactionReference"], format!("ref-{number}"));
    }
    let (balance, debits) = site.wallet();
    assert_eq!(debits.len(), CHECKS);
    assert_eq!(balance, TOPPED_UP - PRICE * CHECKS as i64);
    let mut paid: Vec<&str> = debits
        .iter()
        .map(|line| line["check_id"].as_str().unwrap())
        .collect();
    paid.sort_unstable();
    paid.dedup();
    assert_eq!(
        paid.len(),
        CHECKS,
        "each debit belongs to a check of its own"
    );
}

/// A data folder and a database.
struct Site<'a> {
    data: &'a Path,
    /// Empty for the file in the data folder.
    database: &'a str,
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
    fn lifesign(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).arg("--json").output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Balance and debits of the ledger.
    fn wallet(&self) -> (i64, Vec<Value>) {
        let lines = self.lifesign(&["tenants", "statement", "bank", "--limit", "10000"]);
        let lines = lines.as_array().unwrap().clone();
        let balance = lines[0]["balance"].as_i64().unwrap();
        let debits = lines.into_iter().filter(|line| line["kind"] == "debit");
        (balance, debits.collect())
    }

    fn serve(&self) -> Server {
        let mut process = self
            .command(&["serve", "--listen", "127.0.0.1:0", "--set", "queue=200"])
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

struct Server {
    process: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One check by contract 001; none where no whole answer came.
fn verify(address: SocketAddr, tenant: &Value, body: &str) -> Option<Value> {
    let credentials = &tenant["verified_africa"];
    let head = format!(
        "POST /sfx-verify/v3/id-service/ HTTP/1.1\r\nhost: x\r\nuserid: {}\r\napikey: {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        credentials["userid"].as_str().unwrap(),
        credentials["api_key"].as_str().unwrap(),
        body.len()
    );
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(body).ok()
}

/// A database of its own on the server of the tests.
fn own_database(address: &str) -> String {
    let name = format!("crash_{}", std::process::id());
    let (server, _) = address.rsplit_once('/').unwrap();
    let made = Command::new("psql")
        .args([address, "-q", "-c", &format!("CREATE DATABASE {name}")])
        .status()
        .unwrap();
    assert!(made.success(), "psql cannot make a database");
    format!("{server}/{name}")
}
