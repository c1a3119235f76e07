//! Which traces are kept.

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

use crate::TracesError;

/// A share of the traces, chosen by their identifier, so that services with the same share choose the same. A caller
/// who says that its trace is not kept is followed; that it is kept is not enough, or a caller could fill the
/// collector. Inside this process a span is kept if its parent is; alone, only what comes in or goes out begins a trace.
#[derive(Clone, Debug)]
pub(crate) struct Share(Sampler);

impl Share {
    pub(crate) fn new(ratio: f64) -> Result<Self, TracesError> {
        if !(0.0..=1.0).contains(&ratio) {
            return Err(TracesError::Ratio(ratio));
        }
        Ok(Self(Sampler::TraceIdRatioBased(ratio)))
    }
}

impl ShouldSample for Share {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let decided = |decision| SamplingResult {
            decision,
            attributes: Vec::new(),
            trace_state: TraceState::default(),
        };
        let parent = parent.filter(|context| context.has_active_span());
        let parent = parent.map(|context| context.span().span_context().clone());
        match parent {
            Some(caller) if !caller.is_sampled() => decided(SamplingDecision::Drop),
            Some(own) if !own.is_remote() => decided(SamplingDecision::RecordAndSample),
            None if *kind == SpanKind::Internal => decided(SamplingDecision::Drop),
            _ => self
                .0
                .should_sample(None, trace_id, name, kind, attributes, links),
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags};

    use super::*;

    fn keeps(ratio: f64, parent: Option<(bool, bool)>, kind: SpanKind) -> bool {
        let trace = TraceId::from(1 << 120);
        let context = parent.map(|(sampled, remote)| {
            let flags = TraceFlags::default().with_sampled(sampled);
            let span = SpanId::from(7);
            let context = SpanContext::new(trace, span, flags, remote, TraceState::default());
            Context::new().with_remote_span_context(context)
        });
        let share = Share::new(ratio).unwrap();
        let result = share.should_sample(context.as_ref(), trace, "x", &kind, &[], &[]);
        result.decision == SamplingDecision::RecordAndSample
    }

    #[test]
    fn the_share_holds_at_the_door_and_the_parent_inside() {
        use SpanKind::{Internal, Server};
        let (kept_here, dropped_here) = (Some((true, false)), Some((false, false)));
        let (kept_there, dropped_there) = (Some((true, true)), Some((false, true)));
        assert!(keeps(1.0, None, Server) && !keeps(0.0, None, Server));
        assert!(keeps(1.0, kept_there, Server) && !keeps(0.0, kept_there, Server));
        assert!(!keeps(1.0, dropped_there, Server));
        assert!(keeps(0.0, kept_here, Internal) && !keeps(1.0, dropped_here, Internal));
        assert!(!keeps(1.0, None, Internal));
        for ratio in [-0.1, 1.1, f64::NAN] {
            assert!(Share::new(ratio).is_err());
        }
    }
}
