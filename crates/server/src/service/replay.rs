//! A picture that comes again.

use lifesign_domain::{CheckResult, ClipResult, ReasonCode, Verdict};
use lifesign_store::ReplayPolicy;

/// Adds the reason, and lowers verdict and confidence as the tenant's policy says. The
/// confidence goes down with the verdict, because contracts answer one or the other.
pub(super) fn apply(result: &mut CheckResult, policy: ReplayPolicy, margin: f64) {
    let threshold = result.threshold;
    lower(
        &mut result.verdict,
        &mut result.confidence,
        policy,
        threshold,
        margin,
    );
    result.reasons.push(ReasonCode::ReplayedImage.into());
}

/// The same for a clip.
pub(super) fn apply_to_clip(result: &mut ClipResult, policy: ReplayPolicy, margin: f64) {
    let threshold = result.threshold;
    lower(
        &mut result.verdict,
        &mut result.confidence,
        policy,
        threshold,
        margin,
    );
    result.reasons.push(ReasonCode::ReplayedImage.into());
}

fn lower(
    verdict: &mut Verdict,
    confidence: &mut f64,
    policy: ReplayPolicy,
    threshold: f64,
    margin: f64,
) {
    let lowered = match policy {
        ReplayPolicy::Report => *verdict,
        ReplayPolicy::Inconclusive => at_most(*verdict, Verdict::Inconclusive),
        ReplayPolicy::Spoof => Verdict::Spoof,
    };
    if lowered == *verdict {
        return;
    }
    *verdict = lowered;
    let most = match lowered {
        Verdict::Live => 1.0,
        Verdict::Inconclusive => threshold,
        Verdict::Spoof => (threshold - 2.0 * margin).max(0.0),
    };
    *confidence = confidence.min(most);
}

fn at_most(verdict: Verdict, most: Verdict) -> Verdict {
    match verdict {
        Verdict::Live => most,
        lower => lower,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(verdict: Verdict, policy: ReplayPolicy) -> (Verdict, f64) {
        let mut result = CheckResult {
            verdict,
            confidence: if verdict == Verdict::Live { 0.9 } else { 0.1 },
            threshold: 0.58,
            face_detected: true,
            signals: Vec::new(),
            profile: "classic".to_owned(),
            calibration: "1".to_owned(),
            face_count: 1,
            face: None,
            quality: Vec::new(),
            reasons: Vec::new(),
        };
        apply(&mut result, policy, 0.04);
        assert_eq!(result.reasons, [ReasonCode::ReplayedImage.into()]);
        (result.verdict, result.confidence)
    }

    #[test]
    fn a_policy_lowers_the_verdict_and_never_lifts_it() {
        use ReplayPolicy::{Inconclusive, Report, Spoof};
        assert_eq!(applied(Verdict::Live, Report), (Verdict::Live, 0.9));
        let lowered = applied(Verdict::Live, Inconclusive);
        assert_eq!(lowered, (Verdict::Inconclusive, 0.58));
        let (verdict, confidence) = applied(Verdict::Live, Spoof);
        assert_eq!(verdict, Verdict::Spoof);
        assert!(confidence < 0.58 - 0.04, "{confidence}");
        for policy in [Report, Inconclusive, Spoof] {
            assert_eq!(applied(Verdict::Spoof, policy), (Verdict::Spoof, 0.1));
        }
    }
}
