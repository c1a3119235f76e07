//! `make bench-sessions`: active sessions at the same time on one server, with somebody who answers before each camera.
//!
//! Starts `lifesign serve` as a child and opens so many captures over WebSockets as are asked for. Each streams ten
//! frames a second of a puppet that does what it is told, with the back-pressure of the capture page; whoever is done
//! begins anew. What is measured is the age of guidance: from when a frame was sent to when the state that it led to
//! arrives. The driver runs on the same cores.

#![allow(clippy::print_stdout, reason = "a report for people")]

mod page;
mod tally;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use lifesign_bench::server::Server;
use lifesign_bench::{Outcome, document};
use lifesign_engine::{Calibration, Engine};
use lifesign_media::{Limits, decode};
use lifesign_testkit::{Page as Picture, Puppet, with_noise};
use tokio::task::LocalSet;

use crate::page::{Stop, play};
use crate::tally::Tally;

const USAGE: &str = "usage: lifesign-sessions BINARY SAMPLE [--seconds N] [--sessions N[,N]...] [--write docs/PERFORMANCE.md]";
/// What a phone held upright sends after the page has scaled it: 640 wide would be 480 high held the other way.
const SIZE: [u32; 2] = [640, 480];
/// Quality at which the page encodes.
const QUALITY: u8 = 85;
/// People do not arrive at the same instant.
const ARRIVAL: Duration = Duration::from_millis(150);

struct Options {
    binary: PathBuf,
    sample: PathBuf,
    seconds: f64,
    sessions: Vec<usize>,
    write: Option<PathBuf>,
}

fn main() -> Outcome<()> {
    let options = options(std::env::args().skip(1))?;
    let book: Rc<[Vec<u8>]> = book(&options.sample)?.into();
    let mut text = format!(
        "{}x{} JPEG, ten frames a second for each session, {:.0} s a row, {} cores.\n\n\
         | sessions | frames judged/s | a session | guidance p50 ms | p95 ms | p99 ms | ended | answered all | refused | broken | peak MB |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
        SIZE[0],
        SIZE[1],
        options.seconds,
        std::thread::available_parallelism()?,
    );
    for sessions in &options.sessions {
        let (tally, peak_mb) = row(&options, &book, *sessions)?;
        let line = format!(
            "| {sessions} | {:.0} | {:.1} | {:.0} | {:.0} | {:.0} | {} | {} | {} | {} | {peak_mb:.0} |",
            tally.judged_per_second(),
            tally.judged_per_second() / *sessions as f64,
            tally.guidance.quantile_ms(0.5),
            tally.guidance.quantile_ms(0.95),
            tally.guidance.quantile_ms(0.99),
            tally.ended,
            tally.answered_all,
            tally.refused,
            tally.broken,
        );
        println!("{line}{}", tally.reasons());
        writeln!(text, "{line}")?;
    }
    println!("\n{text}");
    if let Some(path) = &options.write {
        document::replace(path, "sessions", &text)?;
    }
    Ok(())
}

/// So many sessions at once for the asked time, on a server of their own.
fn row(options: &Options, book: &Rc<[Vec<u8>]>, sessions: usize) -> Outcome<(Tally, f64)> {
    let places = ("LIFESIGN_CAPTURES", sessions.to_string());
    let rate = ("LIFESIGN_RATE_PER_MINUTE", "100000".to_owned());
    let server = Server::start(&options.binary, &[places, rate])?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let length = Duration::from_secs_f64(options.seconds);
    let tally = LocalSet::new().block_on(&runtime, async {
        let began = Instant::now();
        let stop = Stop {
            counts_from: began + ARRIVAL * u32::try_from(sessions).unwrap_or(u32::MAX),
            length,
        };
        let playing: Vec<_> = (0..sessions)
            .map(|seat| {
                let (address, book) = (server.address, Rc::clone(book));
                tokio::task::spawn_local(async move {
                    tokio::time::sleep(ARRIVAL * u32::try_from(seat).unwrap_or(u32::MAX)).await;
                    play(address, &book, seat as u64, stop).await
                })
            })
            .collect();
        let mut all = Tally::default();
        for seat in playing {
            all.join(seat.await?);
        }
        all.took = length;
        Ok::<_, tokio::task::JoinError>(all)
    })?;
    Ok((tally, server.peak_mb()?))
}

/// Every picture of the puppet as the page would send it, drawn before anything is timed.
fn book(sample: &Path) -> Outcome<Vec<Vec<u8>>> {
    let portrait = decode(&std::fs::read(sample)?, &Limits::default())?.frame;
    let engine = Engine::embedded(Calibration::embedded())?;
    let puppet = Puppet::of(&engine, portrait);
    let drawn = Picture::all().into_iter().zip(0..).map(|(picture, seed)| {
        let frame = with_noise(&puppet.render(&picture.state(), SIZE), 2.0, seed);
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY).write_image(
            frame.rgb(),
            SIZE[0],
            SIZE[1],
            ExtendedColorType::Rgb8,
        )?;
        Ok(jpeg)
    });
    drawn.collect()
}

fn options(mut args: impl Iterator<Item = String>) -> Outcome<Options> {
    let mut options = Options {
        binary: args.next().ok_or(USAGE)?.into(),
        sample: args.next().ok_or(USAGE)?.into(),
        seconds: 60.0,
        sessions: vec![1, 8, 16, 24, 50],
        write: None,
    };
    while let Some(flag) = args.next() {
        let value = args.next().ok_or(USAGE)?;
        match flag.as_str() {
            "--seconds" => options.seconds = value.parse()?,
            "--sessions" => {
                options.sessions = value.split(',').map(str::parse).collect::<Result<_, _>>()?;
            }
            "--write" => options.write = Some(value.into()),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}
