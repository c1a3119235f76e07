//! What must not take longer.

use super::{Answer, Machine, Phase};
use crate::output::{Failure, SessionFailure, StepFailure};

impl Machine {
    /// Fails what has taken too long, before the event itself is looked at.
    pub(super) fn keep_time(&mut self, at: u64) -> Result<(), Failure> {
        let time = &self.limits.time;
        let passed = |since: u64, limit: u64| at.saturating_sub(since) > limit;
        if passed(*self.started_at.get_or_insert(at), time.session_ms) {
            return Err(Failure::Session(SessionFailure::SessionTooLong));
        }
        let silent_ms = self.limits.continuity.silent_stream_ms;
        if self
            .continuity
            .frame_at()
            .is_some_and(|last| passed(last, silent_ms))
        {
            return Err(Failure::Session(SessionFailure::StreamStopped));
        }
        match &mut self.phase {
            Phase::Resting { since, .. } | Phase::Pausing { since, .. } => {
                if passed(*since.get_or_insert(at), time.settle_ms) {
                    return Err(Failure::Session(SessionFailure::NeverAtRest));
                }
            }
            Phase::Asking(asking) => {
                let Some(shown_at) = asking.shown_at else {
                    if passed(asking.revealed_at, time.show_within_ms) {
                        return Err(Failure::Session(SessionFailure::PromptNotShown));
                    }
                    return Ok(());
                };
                let window_ms = self.plan.steps().get(self.step).map_or(0, |s| s.window_ms);
                let after_ms = match asking.answer {
                    Answer::Digits => time.recogniser_ms,
                    // Judged by the first frame after the window.
                    Answer::Light(_) => silent_ms,
                    Answer::Movement(_) | Answer::Blinks(_) => 0,
                };
                if passed(shown_at, window_ms.saturating_add(after_ms)) {
                    return Err(Failure::Step(asking.lateness()));
                }
            }
            Phase::Returning { since, .. } => {
                if passed(*since, time.return_ms) {
                    return Err(Failure::Step(StepFailure::NotReturned));
                }
            }
        }
        Ok(())
    }
}
