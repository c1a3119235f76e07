//! From everything that was captured to the result.

use lifesign_challenge::digits::Measured;
use lifesign_challenge::{
    Failure, Outcome, SessionFailure, StepFailure, StepKind, StepReport, StepResult,
};
use lifesign_domain::{AudioMatch, ReasonCode, SessionResult, SessionStep, SignalReport, Verdict};
use lifesign_engine::{Descriptor, Engine, EngineError, Subject};
use lifesign_temporal::ClipFacts;
use lifesign_watch::{JudgedFrame, judge_frame, over_time};

use crate::capture::read;
use crate::scene::{self, Scene};
use crate::timing::{self, Timing};
use crate::{Capture, CaptureError, RiskParams, SoundParams, matching};

/// Signals over time that tell footage which was not taken during the session.
const PRERECORDED: [&str; 3] = ["micro_motion", "flicker", "injection_risk"];
/// The signal over time that tells footage which stands still or repeats itself.
const STATIC: &str = "static_risk";

/// A finished session.
#[derive(Clone, Debug)]
pub struct Captured {
    /// The answer.
    pub result: SessionResult,
    /// The frames that were judged in full, in order of time.
    pub frames: Vec<KeptFrame>,
    /// Whether a fresh try is fair: the answer was wrong or late, or too little could be judged, and nothing
    /// speaks of an attack.
    pub may_retry: bool,
}

/// A frame that was kept.
#[derive(Clone)]
pub struct KeptFrame {
    /// When it arrived.
    pub at_ms: u64,
    /// The file as the page sent it.
    pub jpeg: Vec<u8>,
}

impl std::fmt::Debug for KeptFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeptFrame({} ms, {} bytes)", self.at_ms, self.jpeg.len())
    }
}

pub(crate) fn judge(capture: Capture, outcome: &Outcome) -> Result<Captured, CaptureError> {
    let Capture {
        shared,
        profile,
        references,
        camera,
        first_frame_at,
        watcher,
        selection,
        identity,
        arrivals,
        has_jumped,
        ..
    } = capture;
    let engine = &shared.engine;
    let first_at = first_frame_at.unwrap_or(0);
    let (mut frames, mut judged) = (Vec::new(), Vec::new());
    for candidate in selection.into_kept() {
        let frame = read(&candidate.kept, shared.calibration.look.smallest_side)?;
        judged.push(judge_frame(engine, candidate.at_s, frame, &profile)?);
        frames.push(KeptFrame {
            at_ms: first_at + (candidate.at_s * 1_000.0).round() as u64,
            jpeg: candidate.kept,
        });
    }
    let times = watcher.moments().iter().map(|moment| moment.at_s);
    let facts = ClipFacts {
        // A browser recorded it, which names no maker.
        make: Some("browser".to_owned()),
        model: camera,
        frame_times_s: rising(times),
        time_step_s: Some(0.001),
        ..ClipFacts::default()
    };
    let track = watcher.into_track(facts);
    let jumps = usize::from(has_jumped);
    let stills = Vec::from_iter(judged.iter().filter_map(JudgedFrame::still));
    let over_time = over_time(engine, &shared.temporal, &track, &stills, jumps);

    let timing = arrivals.timing(&shared.calibration.risk);
    let scene = scene::scene(&track, &shared.calibration.risk);
    let risks = Risks::of(
        &over_time.signals,
        timing.as_ref(),
        scene.as_ref(),
        &shared.calibration.risk,
    );
    let mut codes: Vec<ReasonCode> = over_time.reasons.iter().map(|r| r.code).collect();
    codes.extend(failure_reason(outcome));
    codes.extend(risks.reasons());
    let held = identity.comparisons > 0 && !identity.is_doubted();
    if !held {
        let is_stranger = identity.is_doubted();
        codes.push(if is_stranger {
            ReasonCode::FaceChanged
        } else {
            ReasonCode::NotEnoughSignals
        });
    }
    codes.sort_unstable();
    codes.dedup();
    let may_be_live = outcome.passed && held && !risks.is_static && !risks.is_prerecorded;
    let verdict = match over_time.verdict {
        Verdict::Live if !may_be_live => Verdict::Inconclusive,
        verdict => verdict,
    };
    let mut signals = over_time.signals;
    signals.push(timing::report(timing.as_ref()));
    signals.push(scene::report(scene.as_ref()));
    let descriptors = descriptors(engine, &judged, !references.is_empty())?;
    let versions = [
        &engine.calibration().version,
        &over_time.calibration,
        &shared.calibration.version,
    ];
    Ok(Captured {
        result: SessionResult {
            verdict,
            confidence: over_time.confidence,
            threshold: over_time.threshold,
            challenge_passed: outcome.passed,
            failure: outcome.failure.map(|failure| failure.as_str().to_owned()),
            steps: outcome.steps.iter().map(step).collect(),
            face_matches: matching::matches(&references, &descriptors, |score| {
                engine.is_same_person(score)
            }),
            audio: audio(outcome, &shared.calibration.sound),
            static_risk: risks.is_static,
            prerecorded_risk: risks.is_prerecorded,
            signals,
            reasons: codes.into_iter().map(Into::into).collect(),
            profile,
            calibration: versions.map(String::as_str).join(" "),
            duration_s: over_time.duration_s,
            frame_count: over_time.moments,
        },
        frames,
        may_retry: verdict == Verdict::Inconclusive
            && held
            && !risks.is_static
            && !risks.is_prerecorded
            && outcome.failure.is_none_or(is_honest),
    })
}

/// Whether people fail like this who mean well.
fn is_honest(failure: Failure) -> bool {
    match failure {
        Failure::Session(why) => !matches!(
            why,
            SessionFailure::IdentityChanged
                | SessionFailure::EventOutOfOrder
                | SessionFailure::ClockRanBackwards
        ),
        Failure::Step(why) => !matches!(
            why,
            StepFailure::ImpossibleReaction
                | StepFailure::Discontinuous
                | StepFailure::LipsDoNotFollow
                | StepFailure::LightDoesNotMatch
        ),
    }
}

/// Times that rise; two frames may have arrived in the same millisecond.
fn rising(times: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut rising: Vec<f64> = Vec::new();
    for time in times {
        if rising.last().is_none_or(|last| time > *last) {
            rising.push(time);
        }
    }
    rising
}

/// What speaks for footage that was not taken during the session.
struct Risks {
    is_static: bool,
    is_prerecorded: bool,
    /// By its timing, or the light of its scene.
    is_injected: bool,
}

impl Risks {
    fn of(
        signals: &[SignalReport],
        timing: Option<&Timing>,
        scene: Option<&Scene>,
        params: &RiskParams,
    ) -> Self {
        let is_low = |name: &str| {
            let mut found = signals.iter().filter(|s| s.name == name && s.assessed);
            found.any(|signal| signal.score <= params.score)
        };
        let is_injected =
            timing.is_some_and(|timing| timing.is_risk) || scene.is_some_and(|s| s.is_risk);
        let is_static = is_low(STATIC);
        // What repeats itself was there before.
        let repeats = is_static
            && signals
                .iter()
                .filter(|signal| signal.name == STATIC)
                .filter_map(|signal| signal.values.get("repeat_distance"))
                .any(|distance| *distance < REPEATS);
        Self {
            is_static,
            is_prerecorded: repeats || is_injected || PRERECORDED.into_iter().any(is_low),
            is_injected,
        }
    }

    /// What the signals themselves do not say.
    fn reasons(&self) -> Option<ReasonCode> {
        self.is_injected.then_some(ReasonCode::InjectedClip)
    }
}

/// Distance of a part from its repetition under which it is one.
const REPEATS: f64 = 0.15;

fn failure_reason(outcome: &Outcome) -> Option<ReasonCode> {
    let code = match outcome.failure? {
        Failure::Session(SessionFailure::IdentityChanged) => ReasonCode::FaceChanged,
        Failure::Session(SessionFailure::SecondFace) => ReasonCode::SeveralFaces,
        Failure::Session(SessionFailure::FaceLost) => ReasonCode::FaceLost,
        Failure::Session(_) | Failure::Step(_) => ReasonCode::ChallengeFailed,
    };
    Some(code)
}

fn step(report: &StepReport) -> SessionStep {
    let (result, reason) = match report.result {
        StepResult::Passed => ("passed", None),
        StepResult::Skipped => {
            let unheard = match report.alignment {
                Some(Measured::Unavailable(why)) => Some(why.as_str()),
                _ => None,
            };
            ("skipped", unheard)
        }
        StepResult::NotAssessed(why) => ("not_assessed", Some(why.as_str())),
        StepResult::Failed(why) => ("failed", Some(why.as_str())),
    };
    SessionStep {
        kind: report.kind.as_str().to_owned(),
        result: result.to_owned(),
        reason: reason.map(str::to_owned),
        reaction_ms: report.reaction_ms,
    }
}

/// The score of words and lips together; of the words alone where the lips could not be compared.
fn audio(outcome: &Outcome, params: &SoundParams) -> AudioMatch {
    let missing = |why: &str| AudioMatch {
        score: None,
        reason: Some(why.to_owned()),
    };
    let asked = outcome
        .steps
        .iter()
        .find(|s| s.kind == StepKind::ReadDigits);
    let Some(report) = asked else {
        return missing("not_asked");
    };
    let words = match report.alignment {
        Some(Measured::Score(words)) => f64::from(words),
        Some(Measured::Unavailable(why)) => return missing(why.as_str()),
        None if report.result == StepResult::Skipped => return missing("skipped"),
        None => return missing("not_heard"),
    };
    let lips = report.lips.and_then(Measured::score).map(f64::from);
    let share = params.words_share;
    let score = lips.map_or(words, |lips| share * words + (1.0 - share) * lips);
    AudioMatch {
        score: Some(score.round().clamp(0.0, 100.0) as u8),
        reason: None,
    }
}

/// A descriptor of each judged frame that has a face; none where nothing is to be compared.
fn descriptors(
    engine: &Engine,
    judged: &[JudgedFrame],
    are_wanted: bool,
) -> Result<Vec<Option<Descriptor>>, EngineError> {
    let described = judged.iter().map(|frame| match &frame.check.subject {
        Subject::Face(evidence) if are_wanted => {
            let descriptor = engine.embed(&evidence.photo.frame, &evidence.landmarks);
            descriptor.map(Some)
        }
        _ => Ok(None),
    });
    described.collect()
}
