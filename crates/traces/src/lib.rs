//! Spans to an OpenTelemetry collector, by OTLP over HTTP.
//!
//! The rest of the program opens spans by `tracing` and does not know where they go. This crate decides which are
//! kept, waits with them in a queue that has a bound, and sends them from a thread of its own: a collector that is
//! slow or away costs spans, which are counted, and never a request its time.

mod error;
mod export;
mod parent;
mod queue;
mod sample;
mod settings;

use std::sync::LazyLock;
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::{IntCounterVec, Opts};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

pub use error::TracesError;
pub use parent::{continue_caller, traceparent};
pub use settings::Settings;

/// How long the last spans may take when the program ends.
const FLUSH: Duration = Duration::from_secs(2);

/// Spans by what became of them: `sent`, `dropped` because the queue was full, `failed` because the collector did not
/// take them. One for the process, as the spans are.
pub static SPANS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let opts = Opts::new(
        "trace_spans_total",
        "Spans of traces, by what became of them: sent, dropped (queue full), failed (not taken).",
    );
    let spans = IntCounterVec::new(opts, &["outcome"]).expect("the name and the label are fixed");
    for outcome in [SENT, DROPPED, FAILED] {
        spans.with_label_values(&[outcome]);
    }
    spans
});

const SENT: &str = "sent";
const DROPPED: &str = "dropped";
const FAILED: &str = "failed";

fn count(outcome: &str, spans: usize) {
    SPANS.with_label_values(&[outcome]).inc_by(spans as u64);
}

/// The way of spans out of the process.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Nothing is asked of the collector yet: it may come later, and go.
    ///
    /// # Errors
    /// If a setting cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, TracesError> {
        let service = Resource::builder().with_service_name(settings.service_name.clone());
        let provider = SdkTracerProvider::builder()
            .with_resource(service.build())
            .with_sampler(sample::Share::new(settings.sample_ratio)?)
            .with_span_processor(queue::Bounded::before(export::Collector::new(settings)?))
            .build();
        Ok(Self { provider })
    }

    /// What takes the spans of this program, and of no library, from `tracing`. Events are left to the log.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let ours = filter_fn(|of| of.is_span() && of.target().starts_with("lifesign"));
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("lifesign"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_filter(ours)
    }

    /// Sends what waits, as far as there is time for it.
    pub fn finish(self) {
        // What is not sent now never is; there is nobody left to tell.
        let _ = self.provider.shutdown_with_timeout(FLUSH);
    }
}
