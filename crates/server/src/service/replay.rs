//! A picture that comes again.

use lifesign_domain::{CheckResult, ReasonCode, Verdict};
use lifesign_store::ReplayPolicy;

/// Adds the reason, and lowers verdict and confidence as the tenant's policy says. The
/// confidence goes down with the verdict, because contracts answer one or the other.
pub(super) fn apply(result: &mut CheckResult, policy: ReplayPolicy, margin: f64) {
    let lowered = match policy {
        ReplayPolicy::Report => result.verdict,
        ReplayPolicy::Inconclusive => at_most(result.verdict, Verdict::Inconclusive),
        ReplayPolicy::Spoof => Verdict::Spoof,
    };
    if lowered != result.verdict {
        result.verdict = lowered;
        let most = match lowered {
            Verdict::Live => 1.0,
            Verdict::Inconclusive => result.threshold,
            Verdict::Spoof => (result.threshold - 2.0 * margin).max(0.0),
        };
        result.confidence = result.confidence.min(most);
    }
    result.reasons.push(ReasonCode::ReplayedImage.into());
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
