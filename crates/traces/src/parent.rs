//! The trace that a request belongs to, by W3C's Trace Context (<https://www.w3.org/TR/trace-context/>): `traceparent`
//! alone. `tracestate` and baggage are a caller's text and are neither read nor sent on.

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";

/// Lets `span`, which nobody has entered yet, go on with the trace that the request names; without a valid
/// `traceparent`, or with several, it begins one.
pub fn continue_caller(span: &Span, headers: &HeaderMap) {
    let mut named = headers.get_all(TRACEPARENT).iter();
    let (Some(first), None) = (named.next(), named.next()) else {
        return;
    };
    if let Some(caller) = first.to_str().ok().and_then(parsed) {
        // An error says that nobody takes spans.
        let _ = span.set_parent(Context::new().with_remote_span_context(caller));
    }
}

/// What tells a receiver that it is asked on behalf of `span`; `None` where nobody takes spans.
pub fn traceparent(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let own = span.span_context();
    own.is_valid().then(|| {
        let (trace, span) = (own.trace_id(), own.span_id());
        format!("00-{trace}-{span}-{:02x}", own.trace_flags().to_u8())
    })
}

/// Version 00 by its letters; of a later version its first four fields, as the standard asks.
fn parsed(value: &str) -> Option<SpanContext> {
    let mut fields = value.split('-');
    let [version, trace, span, flags] = std::array::from_fn(|_| fields.next().unwrap_or_default());
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    if !(is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2))
        || version == "ff"
        || (version == "00" && fields.next().is_some())
    {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        flags,
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_standard_calls_valid_is_a_parent() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let span = "00f067aa0ba902b7";
        let good = parsed(&format!("00-{trace}-{span}-01")).unwrap();
        assert_eq!(good.trace_id().to_string(), trace);
        assert_eq!(good.span_id().to_string(), span);
        assert!(good.is_remote() && good.is_sampled());
        assert!(
            !parsed(&format!("00-{trace}-{span}-00"))
                .unwrap()
                .is_sampled()
        );
        assert!(parsed(&format!("cc-{trace}-{span}-01-what-comes")).is_some());
        for bad in [
            String::new(),
            format!("00-{trace}-{span}"),
            format!("00-{trace}-{span}-01-"),
            format!("ff-{trace}-{span}-01"),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{trace}-{span}-1"),
            format!("00-{trace}x-{span}-01"),
        ] {
            assert!(parsed(&bad).is_none(), "{bad}");
        }
    }
}
