//! The server is killed in the middle of a hundred checks, on both databases: nothing that was
//! answered is lost, and no unit of the wallet is lost or taken twice.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::site::{Site, own_database};

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
    let Some(database) = own_database("crash") else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
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

    let mut server = site.serve(&["queue=200"]);
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
    let (balance, debits) = wallet(&site);
    assert_eq!(balance, TOPPED_UP - PRICE * debits.len() as i64);
    assert!(debits.len() >= told.len());

    let server = site.serve(&["queue=200"]);
    for (number, answer) in &told {
        assert_eq!(answer["transactionStatus"], "SUCCESSFUL", "{answer}");
        let again = verify(server.address, &tenant, &body(*number)).unwrap();
        assert_eq!(**answer, again, "the first answer, to the letter");
    }
    assert_eq!(wallet(&site).0, balance, "a repeated answer costs nothing");

    // Whoever got no answer asks again; what had been kept all the same is not paid twice.
    for number in 0..CHECKS {
        let answer = verify(server.address, &tenant, &body(number)).unwrap();
        assert_eq!(answer["transactionReference"], format!("ref-{number}"));
    }
    let (balance, debits) = wallet(&site);
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

/// Balance and debits of the ledger.
fn wallet(site: &Site) -> (i64, Vec<Value>) {
    let lines = site.lifesign(&["tenants", "statement", "bank", "--limit", "10000"]);
    let lines = lines.as_array().unwrap().clone();
    let balance = lines[0]["balance"].as_i64().unwrap();
    let debits = lines.into_iter().filter(|line| line["kind"] == "debit");
    (balance, debits.collect())
}
