//! `make bench-load`: the server under closed and open load on loopback, beside peers.
//!
//! Starts `lifesign serve` as a child and drives it with one JPEG as the JSON of the native contract, which peers speak
//! too. Peers run already and are named; they get the same requests in turn with the server, stretch by stretch, so
//! that a noisy moment hits all alike. The table goes to the terminal and into docs/PERFORMANCE.md.

#![allow(clippy::print_stdout, reason = "a report for people")]

mod drive;
mod report;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lifesign_bench::client::post;
use lifesign_bench::photo::{self, Coding};
use lifesign_bench::server::Server;
use lifesign_bench::{Outcome, document, pixels, size_name};

use crate::drive::{closed, open};
use crate::report::{Row, table};

const USAGE: &str = "usage: lifesign-load BINARY SAMPLE [--seconds N] [--size WIDTHxHEIGHT] \
                     [--peer NAME=ADDRESS:PORT]... [--write docs/PERFORMANCE.md]";

const CONNECTIONS: [usize; 4] = [1, 2, 8, 64];
/// Shares of the closed throughput that the open load asks for: calm, busy, more than there is.
const RATES: [f64; 3] = [0.5, 0.8, 1.5];
/// Connections that open load may use at once.
const OPEN_CONNECTIONS: usize = 64;
/// Before anything is counted: caches fill, threads start.
const WARM_UP: Duration = Duration::from_secs(2);
const PATH: &str = "/v1/liveness";

struct Options {
    binary: PathBuf,
    sample: PathBuf,
    seconds: f64,
    size: (u32, u32),
    peers: Vec<(String, SocketAddr)>,
    write: Option<PathBuf>,
}

fn main() -> Outcome<()> {
    let options = options(std::env::args().skip(1))?;
    let request = request(&options.sample, options.size)?;
    let length = Duration::from_secs_f64(options.seconds);
    let server = Server::start(&options.binary, &[])?;
    let mut targets = vec![("lifesign".to_owned(), server.address)];
    targets.extend(options.peers.iter().cloned());
    for (_, address) in &targets {
        closed(*address, &request, 2, WARM_UP)?;
    }

    let mut rows = Vec::new();
    for connections in CONNECTIONS {
        for (name, address) in &targets {
            let stretch = closed(*address, &request, connections, length)?;
            println!(
                "{name}, {connections} connections: {:.1} a second",
                stretch.per_second()
            );
            rows.push(Row::new(
                name,
                format!("closed, {connections}"),
                connections,
                stretch,
            ));
        }
    }
    for (name, address) in &targets {
        let most = best(&rows, name);
        for share in RATES {
            let rate = share * most;
            let stretch = open(*address, &request, OPEN_CONNECTIONS, rate, length)?;
            rows.push(Row::new(
                name,
                format!("open, {rate:.0} a second"),
                OPEN_CONNECTIONS,
                stretch,
            ));
        }
    }

    let text = table(
        &format!(
            "{} JPEG ({} kB as JSON), {:.0} s a row, {} cores",
            size_name(options.size),
            request.len() / 1000,
            options.seconds,
            std::thread::available_parallelism()?
        ),
        &rows,
        server.ready_after,
        server.peak_mb()?,
    );
    println!("\n{text}");
    if let Some(path) = &options.write {
        document::replace(path, "load", &text)?;
    }
    Ok(())
}

/// Most answers a second of a target among the closed rows.
fn best(rows: &[Row], name: &str) -> f64 {
    let own = rows.iter().filter(|row| row.target == name);
    own.map(|row| row.stretch.per_second()).fold(1.0, f64::max)
}

/// The photograph as the native contract takes it.
fn request(sample: &Path, size: (u32, u32)) -> Outcome<Vec<u8>> {
    let jpeg = photo::jpeg(&pixels(sample)?, size, Coding::Baseline)?;
    let body = format!("{{\"image\":\"{}\"}}", base64(&jpeg));
    Ok(post(PATH, "application/json", body.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn options(mut args: impl Iterator<Item = String>) -> Outcome<Options> {
    let mut options = Options {
        binary: args.next().ok_or(USAGE)?.into(),
        sample: args.next().ok_or(USAGE)?.into(),
        seconds: 60.0,
        size: (1280, 960),
        peers: Vec::new(),
        write: None,
    };
    while let Some(flag) = args.next() {
        let value = args.next().ok_or(USAGE)?;
        match flag.as_str() {
            "--seconds" => options.seconds = value.parse()?,
            "--size" => {
                let (width, height) = value.split_once('x').ok_or(USAGE)?;
                options.size = (width.parse()?, height.parse()?);
            }
            "--peer" => {
                let (name, address) = value.split_once('=').ok_or(USAGE)?;
                let address: SocketAddr = address.parse()?;
                if !address.ip().is_loopback() {
                    return Err("a peer must be on loopback: load goes nowhere else".into());
                }
                options.peers.push((name.to_owned(), address));
            }
            "--write" => options.write = Some(value.into()),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}
