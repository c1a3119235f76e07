//! The answers to a prompt.

use super::{
    Answer, Asking, Baseline, FaceMeasures, Follows, Limits, Machine, Phase, out_of_order,
};
use crate::attempt::{Attempt, Verdict};
use crate::blinks::Blinks;
use crate::digits::Measured;
use crate::event::Speech;
use crate::light::{self, LightVerdict};
use crate::motion;
use crate::output::{Failure, Guidance, StepFailure, StepReport, StepResult};
use crate::{Action, DigitsPolicy, LightPolicy, Step};

/// Most samples of the light that are kept; 30 frames a second for over 16 seconds.
const MAX_LIGHT_SAMPLES: usize = 512;

impl Asking {
    pub(super) fn new(action: &Action, baseline: Baseline, revealed_at: u64) -> Self {
        let answer = match action {
            Action::BlinkTwice => Answer::Blinks(Blinks::default()),
            Action::ReadDigits { .. } => Answer::Digits,
            Action::LightSequence { .. } => Answer::Light(Vec::new()),
            _ => {
                // Nothing counts before a frame has shown the face at rest after the reveal.
                let mut attempt = Attempt::default();
                attempt.make_void();
                Answer::Movement(attempt)
            }
        };
        Self {
            baseline,
            revealed_at,
            shown_at: None,
            answer,
            wrong_frames: 0,
            went_wrong: false,
        }
    }

    /// Why an answer is missing when its time is over.
    pub(super) fn lateness(&self) -> StepFailure {
        let reacted = match &self.answer {
            Answer::Movement(attempt) => attempt.reacted,
            Answer::Blinks(blinks) => blinks.reacted,
            Answer::Digits | Answer::Light(_) => false,
        };
        if reacted {
            StepFailure::TooLate
        } else {
            StepFailure::NoReaction
        }
    }

    fn make_void(&mut self) {
        match &mut self.answer {
            Answer::Movement(attempt) => attempt.make_void(),
            Answer::Blinks(blinks) => blinks.make_void(),
            Answer::Digits | Answer::Light(_) => {}
        }
    }

    /// Whether this frame makes one more wrong answer. A movement before a human can have read the prompt is
    /// none, but it makes void what it interrupts.
    fn goes_wrong(
        &mut self,
        is_wrong: bool,
        is_home: bool,
        has_read: bool,
        limits: &Limits,
    ) -> bool {
        if is_home {
            self.went_wrong = false;
        }
        self.wrong_frames = if is_wrong { self.wrong_frames + 1 } else { 0 };
        let is_new = !self.went_wrong && self.wrong_frames >= limits.expression.wrong_frames;
        if is_new {
            self.went_wrong = true;
        }
        if self.went_wrong {
            self.make_void();
        }
        is_new && has_read
    }
}

impl Machine {
    /// Judges a frame while a prompt is out.
    pub(super) fn answer(
        &mut self,
        at: u64,
        step: &Step,
        face: &FaceMeasures,
        follows: Follows,
    ) -> Result<(), Failure> {
        let Phase::Asking(asking) = &mut self.phase else {
            return Ok(());
        };
        let limits = &self.limits;
        let least_ms = limits.time.least_reaction_ms;
        let earliest = asking.shown_at.map(|shown| shown.saturating_add(least_ms));
        match &asking.answer {
            Answer::Digits => return Ok(()),
            Answer::Light(_) => return self.light(at, step, face),
            Answer::Movement(_) | Answer::Blinks(_) => {}
        }
        if follows != Follows::Smoothly {
            asking.make_void();
        }
        let is_wrong = motion::is_wrong(&step.action, face, &asking.baseline, limits);
        let is_home = motion::is_home(face, &asking.baseline, limits);
        let has_read = earliest.is_some_and(|earliest| at >= earliest);
        if asking.goes_wrong(is_wrong, is_home, has_read, limits) {
            self.wrong_answers += 1;
            if self.wrong_answers > limits.expression.wrong_answers {
                return Err(Failure::Step(StepFailure::WrongMovement));
            }
        }
        if asking.went_wrong {
            self.guidance = Some(Guidance::WrongMovement);
            return Ok(());
        }
        let verdict = match &mut asking.answer {
            Answer::Movement(attempt) => {
                let Some(reach) = motion::reach(&step.action, face, &asking.baseline, limits)
                else {
                    return Ok(());
                };
                attempt.observe(at, &reach, earliest, limits)
            }
            Answer::Blinks(blinks) => {
                let openness = face.eyes() / asking.baseline.eyes;
                blinks.observe(at, openness, earliest, &limits.eyes)
            }
            Answer::Digits | Answer::Light(_) => return Ok(()),
        };
        match verdict {
            Verdict::Going(guidance) => self.guidance = guidance,
            Verdict::Impossible => return Err(Failure::Step(StepFailure::ImpossibleReaction)),
            Verdict::Done(onset_at) => {
                let mut report = StepReport::new(self.step, step.action.kind(), StepResult::Passed);
                report.reaction_ms = asking.shown_at.map(|shown| onset_at.saturating_sub(shown));
                let baseline = asking.baseline;
                self.guidance = Some(Guidance::ComeBack);
                self.come_back(at, baseline, report);
            }
        }
        Ok(())
    }

    /// Gathers the colours of the skin, and judges them once all were shown.
    fn light(&mut self, at: u64, step: &Step, face: &FaceMeasures) -> Result<(), Failure> {
        let Phase::Asking(asking) = &mut self.phase else {
            return Ok(());
        };
        let (Some(shown_at), Answer::Light(samples)) = (asking.shown_at, &mut asking.answer) else {
            return Ok(());
        };
        let since_ms = at.saturating_sub(shown_at);
        if let Some(colour) = face.colour()
            && samples.len() < MAX_LIGHT_SAMPLES
        {
            samples.push(light::Sample {
                at: since_ms,
                colour,
            });
        }
        self.guidance = Some(Guidance::HoldStill);
        if since_ms < step.window_ms {
            return Ok(());
        }
        let Action::LightSequence { colours, flash_ms } = &step.action else {
            return Ok(());
        };
        let found = light::compare(colours, *flash_ms, samples, &self.limits.light);
        let why = match found.verdict {
            LightVerdict::Matches => None,
            LightVerdict::Differs => Some(StepFailure::LightDoesNotMatch),
            LightVerdict::TooWeak => Some(StepFailure::LightTooWeak),
        };
        let result = match (why, self.plan.light()) {
            (None, _) => StepResult::Passed,
            (Some(why), LightPolicy::Required) => failed(why),
            (Some(why), _) => StepResult::NotAssessed(why),
        };
        let mut report = StepReport::new(self.step, step.action.kind(), result);
        report.light = Some(found);
        self.conclude(at, report)
    }

    pub(super) fn heard(&mut self, step: usize, at: u64, speech: &Speech) -> Result<(), Failure> {
        // The recogniser may still have worked while the person left the step out.
        if self.is_past(step)? {
            return Ok(());
        }
        let (shown_at, window_ms, kind) = self.digits_asked()?;
        let shown_at = shown_at.ok_or(out_of_order())?;
        let earliest = shown_at.saturating_add(self.limits.time.least_reaction_ms);
        let latest = shown_at.saturating_add(window_ms);
        let result = match (speech.alignment, speech.started_at) {
            (Measured::Unavailable(why), _) => {
                let may_miss = self.plan.digits() == DigitsPolicy::Skippable && why.is_equipment();
                if may_miss {
                    StepResult::Skipped
                } else {
                    failed(StepFailure::NotHeard(why))
                }
            }
            (Measured::Score(_), None) => failed(StepFailure::NoReaction),
            (Measured::Score(_), Some(from)) if from > at => return Err(out_of_order()),
            (Measured::Score(_), Some(from)) if from < earliest => {
                failed(StepFailure::ImpossibleReaction)
            }
            (Measured::Score(_), Some(from)) if from > latest => failed(StepFailure::TooLate),
            (Measured::Score(score), _) if score < self.limits.audio.alignment => {
                failed(StepFailure::WrongDigits)
            }
            _ => match speech.lips {
                Measured::Score(score) if score < self.limits.audio.lips => {
                    failed(StepFailure::LipsDoNotFollow)
                }
                _ => StepResult::Passed,
            },
        };
        let mut report = StepReport::new(self.step, kind, result);
        report.reaction_ms = speech.started_at.map(|from| from.saturating_sub(shown_at));
        report.alignment = Some(speech.alignment);
        report.lips = Some(speech.lips);
        self.conclude(at, report)
    }

    pub(super) fn skipped(&mut self, step: usize) -> Result<(), Failure> {
        if self.is_past(step)? {
            return Ok(());
        }
        let (_, _, kind) = self.digits_asked()?;
        if self.plan.digits() != DigitsPolicy::Skippable {
            return Err(out_of_order());
        }
        let report = StepReport::new(self.step, kind, StepResult::Skipped);
        self.conclude(self.now, report)
    }

    /// When the digits were shown and for how long, if they are what is asked now.
    fn digits_asked(&self) -> Result<(Option<u64>, u64, crate::StepKind), Failure> {
        match (&self.phase, self.plan.steps().get(self.step)) {
            (Phase::Asking(asking), Some(step)) if asking.answer == Answer::Digits => {
                Ok((asking.shown_at, step.window_ms, step.action.kind()))
            }
            _ => Err(out_of_order()),
        }
    }

    /// Ends a step that was answered by something else than a movement: it, too, is only over with a frame that shows
    /// the face at rest and as the same. A failed one ends the session.
    fn conclude(&mut self, at: u64, report: StepReport) -> Result<(), Failure> {
        if let StepResult::Failed(why) = report.result {
            self.reports.push(report);
            return Err(Failure::Step(why));
        }
        if let Phase::Asking(Asking { baseline, .. }) = self.phase {
            self.come_back(at, baseline, report);
        }
        Ok(())
    }

    /// Waits for the frame that ends the step: at rest, and with a face that was compared since the answer.
    fn come_back(&mut self, at: u64, baseline: Baseline, report: StepReport) {
        self.continuity.ask_again();
        self.phase = Phase::Returning {
            since: at,
            baseline,
            report,
        };
    }
}

const fn failed(why: StepFailure) -> StepResult {
    StepResult::Failed(why)
}
