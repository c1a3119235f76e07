//! Counters for Prometheus. Labels take values of small fixed sets only, never request data.

use std::sync::Arc;
use std::time::Duration;

use lifesign_contracts::FailureKind;
use lifesign_domain::Verdict;
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    Registry, TextEncoder,
};

/// From a refused request (under 5 ms) to a large photo on a busy machine.
const SECONDS: &[f64] = &[
    0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Every metric of the server.
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    verdicts: IntCounterVec,
    failures: IntCounterVec,
    check_seconds: Histogram,
    /// Checks that wait for a worker.
    pub(crate) queue_depth: IntGauge,
    /// Checks that run.
    pub(crate) in_flight: IntGauge,
    capture_ends: IntCounterVec,
    captures_open: IntGauge,
    guidance_seconds: Histogram,
    /// Frames of active sessions that a newer one replaced before they were looked at.
    pub(crate) capture_frames_dropped: IntCounter,
    /// Checks that were dropped because the caller left or ran out of time in the queue.
    pub(crate) abandoned: IntCounter,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new_custom(Some("lifesign".to_owned()), None)?;
        let counters = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let seconds =
            |name: &str, help: &str| HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
        let requests = counters(
            "requests_total",
            "Requests answered, by contract and HTTP status.",
            &["contract", "status"],
        )?;
        let verdicts = counters(
            "verdicts_total",
            "Verdicts given, by contract, profile and verdict.",
            &["contract", "profile", "verdict"],
        )?;
        let failures = counters(
            "failures_total",
            "Requests without a verdict, by contract and what went wrong.",
            &["contract", "kind"],
        )?;
        let request_seconds = HistogramVec::new(
            seconds(
                "request_seconds",
                "Time from the head of a request to its answer, by contract.",
            ),
            &["contract"],
        )?;
        registry.register(Box::new(request_seconds.clone()))?;
        let check_seconds = Histogram::with_opts(seconds(
            "check_seconds",
            "Time of a worker for one check, decoding and pictures included.",
        ))?;
        registry.register(Box::new(check_seconds.clone()))?;
        let abandoned = IntCounter::new(
            "abandoned_total",
            "Checks dropped from the queue because nobody waited any more.",
        )?;
        registry.register(Box::new(abandoned.clone()))?;
        let capture_ends = counters(
            "captures_total",
            "Captures of active sessions that have ended, by how.",
            &["end"],
        )?;
        let guidance_seconds = Histogram::with_opts(seconds(
            "guidance_seconds",
            "Time from the arrival of a frame of an active session to the guidance on it.",
        ))?;
        registry.register(Box::new(guidance_seconds.clone()))?;
        let capture_frames_dropped = IntCounter::new(
            "capture_frames_dropped_total",
            "Frames of active sessions that a newer one replaced.",
        )?;
        registry.register(Box::new(capture_frames_dropped.clone()))?;
        // Named by the crate that counts: spans are the process's, not one application's.
        registry.register(Box::new(lifesign_traces::SPANS.clone()))?;
        Ok(Self {
            queue_depth: gauge("queue_depth", "Checks that wait for a worker.")?,
            in_flight: gauge("checks_in_flight", "Checks that run.")?,
            requests,
            request_seconds,
            verdicts,
            failures,
            check_seconds,
            captures_open: gauge("captures_open", "Active sessions that are being captured.")?,
            capture_ends,
            guidance_seconds,
            capture_frames_dropped,
            abandoned,
            registry,
        })
    }

    pub(crate) fn answered(&self, contract: &str, status: u16, took: Duration) {
        self.requests
            .with_label_values(&[contract, &status.to_string()])
            .inc();
        self.request_seconds
            .with_label_values(&[contract])
            .observe(took.as_secs_f64());
    }

    pub(crate) fn decided(&self, contract: &str, profile: &str, verdict: Verdict) {
        self.verdicts
            .with_label_values(&[contract, profile, verdict.as_str()])
            .inc();
    }

    pub(crate) fn failed(&self, contract: &str, kind: FailureKind) {
        self.failures
            .with_label_values(&[contract, kind.as_str()])
            .inc();
    }

    pub(crate) fn worked(&self, took: Duration) {
        self.check_seconds.observe(took.as_secs_f64());
    }

    /// Counts a capture as open until the answer is dropped.
    pub(crate) fn capture_opened(self: &Arc<Self>) -> OpenCapture {
        self.captures_open.inc();
        OpenCapture(Arc::clone(self))
    }

    pub(crate) fn capture_ended(&self, end: &'static str) {
        self.capture_ends.with_label_values(&[end]).inc();
    }

    pub(crate) fn guided(&self, took: Duration) {
        self.guidance_seconds.observe(took.as_secs_f64());
    }

    /// The exposition format, version 0.0.4.
    pub(crate) fn render(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// An active session that is being captured.
pub(crate) struct OpenCapture(Arc<Metrics>);

impl Drop for OpenCapture {
    fn drop(&mut self) {
        self.0.captures_open.dec();
    }
}
