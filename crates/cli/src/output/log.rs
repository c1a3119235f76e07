//! Log lines of the server, on standard error, and beside them the way of spans to a collector.

use std::io::IsTerminal;

use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use lifesign_config::{LogFormat, LogLevel, Settings};
use lifesign_traces::Traces;

/// Installs the log writer, and what takes spans, for the rest of the process.
pub(crate) fn start(settings: &Settings, traces: Option<&Traces>) {
    let level = match settings.log_level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    };
    // A line says by itself what it is about; spans are for the collector.
    let lines =
        filter_fn(move |of| of.is_event() && *of.level() <= level).with_max_level_hint(level);
    let writer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    let writer = match settings.log_format {
        LogFormat::Text => writer.boxed(),
        LogFormat::Json => writer.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(traces.map(Traces::layer))
        .with(writer.with_filter(lines))
        .init();
}
