//! Closed and open load: who asks when, and what came of it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lifesign_bench::Outcome;
use lifesign_bench::client::Client;
use lifesign_bench::timing::Samples;

/// What one stretch of load gave.
#[derive(Debug, Default)]
pub(crate) struct Stretch {
    /// From sending (closed) or from the due time (open) to the last byte of an answer with a verdict.
    pub(crate) answered: Samples,
    /// The same of refusals (429 and 503).
    pub(crate) refused: Samples,
    /// Answers of any other status, and connections that broke.
    pub(crate) failed: usize,
    pub(crate) took: Duration,
}

impl Stretch {
    pub(crate) fn per_second(&self) -> f64 {
        self.answered.len() as f64 / self.took.as_secs_f64()
    }

    fn note(&mut self, answer: Outcome<(u16, Vec<u8>)>, took: Duration) {
        match answer.map(|(status, _)| status) {
            Ok(200) => self.answered.add(took),
            Ok(429 | 503) => self.refused.add(took),
            _ => self.failed += 1,
        }
    }

    fn join(&mut self, other: Self) {
        self.answered.join(other.answered);
        self.refused.join(other.refused);
        self.failed += other.failed;
    }
}

/// `connections` clients, each of which asks again as soon as it is answered; one that is refused waits first for as
/// long as the answer asks, else the clients' own flood would take the cores that they share with the server.
pub(crate) fn closed(
    address: SocketAddr,
    request: &[u8],
    connections: usize,
    length: Duration,
) -> Outcome<Stretch> {
    run(connections, |since| {
        let mut client = Client::new(address);
        let mut stretch = Stretch::default();
        while since.elapsed() < length {
            let sent = Instant::now();
            let answer = client.ask(request);
            stretch.note(answer, sent.elapsed());
            std::thread::sleep(
                client
                    .retry_after()
                    .min(length.saturating_sub(since.elapsed())),
            );
        }
        stretch
    })
}

/// `rate` requests a second, due at even times whatever the server does, over at most `connections` at once. Time
/// counts from when a request was due, so that a server that stalls cannot hide it.
pub(crate) fn open(
    address: SocketAddr,
    request: &[u8],
    connections: usize,
    rate: f64,
    length: Duration,
) -> Outcome<Stretch> {
    let next = AtomicU64::new(0);
    run(connections, |since| {
        let mut client = Client::new(address);
        let mut stretch = Stretch::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let due = Duration::from_secs_f64(number as f64 / rate);
            if due >= length {
                return stretch;
            }
            std::thread::sleep(due.saturating_sub(since.elapsed()));
            let answer = client.ask(request);
            stretch.note(answer, since.elapsed().saturating_sub(due));
        }
    })
}

fn run(connections: usize, work: impl Fn(Instant) -> Stretch + Sync) -> Outcome<Stretch> {
    let since = Instant::now();
    let mut all = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| work(since)))
            .collect();
        let mut all = Stretch::default();
        for client in clients {
            all.join(client.join().map_err(|_| "a client panicked")?);
        }
        Ok::<_, &str>(all)
    })?;
    all.took = since.elapsed();
    Ok(all)
}
