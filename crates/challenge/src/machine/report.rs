//! What the page may know, and how steps and sessions end.

use super::{Machine, Phase, Rest};
use crate::output::{Failure, Outcome, Output, Progress, Prompt, StepReport, StepResult};
use crate::{Action, DigitsPolicy, Step};

impl Machine {
    /// The state as the page may know it.
    pub fn output(&self) -> Output {
        Output {
            prompt: self.prompt(),
            guidance: self.guidance,
            progress: Progress {
                done: self.reports.iter().filter(|r| !is_failed(r)).count(),
                total: self.plan.steps().len(),
            },
            outcome: self.outcome.clone(),
        }
    }

    fn prompt(&self) -> Option<Prompt> {
        if self.outcome.is_some() || !matches!(self.phase, Phase::Asking(_)) {
            return None;
        }
        let step = self.plan.steps().get(self.step)?;
        Some(Prompt {
            step: self.step,
            action: step.action.clone(),
            window_ms: step.window_ms,
            may_skip: self.may_skip(step),
        })
    }

    fn may_skip(&self, step: &Step) -> bool {
        matches!(step.action, Action::ReadDigits { .. })
            && self.plan.digits() == DigitsPolicy::Skippable
    }

    /// Ends the current step and goes on to the next, or passes the session.
    pub(super) fn complete(&mut self, at: u64, report: StepReport) {
        self.reports.push(report);
        self.step += 1;
        self.phase = Phase::Resting {
            since: Some(at),
            rest: Rest::default(),
        };
        let all_done = self.reports.len() == self.plan.steps().len();
        if all_done && !self.reports.iter().any(is_failed) {
            self.end(None);
        }
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        if let Failure::Step(why) = failure
            && let Some(step) = self.plan.steps().get(self.step)
            && !self.reports.iter().any(is_failed)
        {
            let result = StepResult::Failed(why);
            self.reports
                .push(StepReport::new(self.step, step.action.kind(), result));
        }
        self.end(Some(failure));
    }

    fn end(&mut self, failure: Option<Failure>) {
        self.guidance = None;
        self.outcome = Some(Outcome {
            passed: failure.is_none(),
            failure,
            steps: self.reports.clone(),
        });
    }
}

fn is_failed(report: &StepReport) -> bool {
    matches!(report.result, StepResult::Failed(_))
}
