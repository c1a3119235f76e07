//! The numbers of the signals, one struct each, read from the calibration.

use serde::{Deserialize, Serialize};

use crate::calibration::{at_least_zero, positive, unit_interval};
use crate::{CalibrationError, Curve};

/// The numbers of every signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalParams {
    /// Of `blink`.
    pub blink: BlinkParams,
    /// Of `micro_motion`.
    pub micro_motion: MotionParams,
    /// Of `non_rigidity`.
    pub non_rigidity: NonRigidityParams,
    /// Of `flicker`.
    pub flicker: FlickerParams,
    /// Of `static_risk`.
    pub static_risk: StaticParams,
    /// Of `injection_risk`.
    pub injection_risk: InjectionParams,
    /// Of `pulse`.
    pub pulse: PulseParams,
}

/// Of `blink`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlinkParams {
    /// Seconds with measurable eyes under which nothing is said.
    pub min_seconds: f64,
    /// Seconds without a blink under which their absence says nothing.
    pub min_seconds_without: f64,
    /// Measurements a second under which a blink may fall between two of them.
    pub min_fps: f64,
    /// Yaw or pitch over which eyes are not measured.
    pub max_turn_deg: f64,
    /// Share of the open eye's aspect ratio under which an eye counts as closed.
    pub closed_share: f64,
    /// Share of it over which an eye counts as open again.
    pub open_share: f64,
    /// How many standard deviations of jitter a dip must have.
    pub min_deviations: f64,
    /// Shortest blink in seconds.
    pub min_blink_s: f64,
    /// Longest blink in seconds; longer is a person with closed eyes.
    pub max_blink_s: f64,
    /// Blinks a second of living people before a camera.
    pub rate_per_s: f64,
    /// Blinks a second over which they are no sign of life any more.
    pub max_rate_per_s: f64,
    /// Share of attacks that show blinks as living people do (video replays).
    pub attacks_that_blink: f64,
}

/// Of `micro_motion`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionParams {
    /// Seconds with a face under which nothing is said.
    pub min_seconds: f64,
    /// Meshes a second under which nothing is said.
    pub min_fps: f64,
    /// Turn away from the reference over which a frame is left out.
    pub max_turn_deg: f64,
    /// Turn by parallax in degrees under which a head has not shown its depth.
    pub min_turn_deg: f64,
    /// Over the standard deviation of the stretch of the face.
    pub stretch: Curve,
    /// Over the degrees by which the background turns about itself in half a second.
    pub background_bend_deg: Curve,
    /// Motion of the background behind the face, in distances between the eyes in half a second,
    /// under which the camera or the plane stands still.
    pub min_background_motion: f64,
    /// Over the motion of the face against such a background, same unit.
    pub own_motion: Curve,
    /// Most motion of one layer of the background, as a share of that of the other, that is a standstill.
    pub max_still_share: f64,
    /// Over the motion of what is all around the face while the rest of the background stands still.
    pub held: Curve,
    /// Over the turn by parallax in degrees.
    pub parallax: Curve,
}

/// Of `non_rigidity`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonRigidityParams {
    /// Seconds with a face under which nothing is said.
    pub min_seconds: f64,
    /// Meshes a second under which nothing is said.
    pub min_fps: f64,
    /// Turn away from the reference over which a frame is left out.
    pub max_turn_deg: f64,
    /// Over the smooth deformation of lips, brows and lids, in distances between the eyes.
    pub score: Curve,
}

/// Of `flicker`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlickerParams {
    /// Seconds under which nothing is said.
    pub min_seconds: f64,
    /// Frames a second under which nothing is said.
    pub min_fps: f64,
    /// Lowest frequency at which the brightness of the whole face is looked at, above those of
    /// the pulse and of a nod.
    pub min_face_hz: f64,
    /// Lowest frequency at which bands are looked at.
    pub min_band_hz: f64,
    /// Chance of a false alarm under which a line is one.
    pub false_alarm: f64,
    /// Share of the brightness under which a line is of no account.
    pub min_depth: f64,
    /// How much deeper the face must flicker than the background to do so alone.
    pub alone_ratio: f64,
    /// Score without a line.
    pub none: f64,
    /// Score where everything flickers: lamps do that too.
    pub everywhere: f64,
    /// Over the depth of a flicker that the face has alone.
    pub alone: Curve,
}

/// Of `static_risk`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaticParams {
    /// Seconds under which nothing is said.
    pub min_seconds: f64,
    /// Score of a clip that neither freezes nor repeats itself.
    pub none: f64,
    /// Root mean square difference of thumbnails in grey levels under which two show one picture: what
    /// encoders and a sensor's noise leave of it.
    pub still_luma: f64,
    /// The same for two meshes, in distances between the eyes.
    pub still_mesh: f64,
    /// Over the longest stretch of seconds in which the picture stands still.
    pub frozen: Curve,
    /// Shortest period of a loop in seconds.
    pub min_period_s: f64,
    /// How much of the clip must repeat, in seconds.
    pub min_repeat_s: f64,
    /// Smooth motion in distances between the eyes under which repetition cannot be told from
    /// standing still.
    pub min_motion: f64,
    /// Over the distance between the repetitions as a share of the distance between any moments.
    pub repeated: Curve,
    /// Usual difference of thumbnails in grey levels under which repetition cannot be told either.
    pub min_change: f64,
    /// The same as `repeated` for thumbnails instead of meshes.
    pub repeated_picture: Curve,
}

/// Of `injection_risk`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InjectionParams {
    /// Score without any mark.
    pub none: f64,
    /// Words that virtual cameras and face swappers leave.
    pub virtual_camera: Mark,
    /// Words that editors leave.
    pub editor: Mark,
    /// Words that general encoders leave, which servers use as well.
    pub encoder: Mark,
    /// Weight of times that lie on an even beat to the clock's own step.
    pub even_timing: f64,
    /// Frames under which even times say nothing.
    pub min_frames: usize,
    /// Weight of frames that are repeated in a fixed rhythm.
    pub repeated_frames: f64,
    /// Weight of times that no camera writes: before the start, backwards, twice.
    pub impossible_times: f64,
    /// Weight of a duration or rate that the frames contradict.
    pub contradicted_header: f64,
    /// How far the header may be off, as a share.
    pub header_tolerance: f64,
    /// Weight of a container that names no device.
    pub no_device: f64,
}

/// Words and what finding one weighs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Share in [0, 1] that is taken from the score.
    pub weight: f64,
    /// Lower-case words; one of up to four letters counts only as a whole word.
    pub keywords: Vec<String>,
}

/// Of `pulse`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PulseParams {
    /// Seconds without a gap under which nothing is said.
    pub min_seconds: f64,
    /// Colours a second under which nothing is said.
    pub min_fps: f64,
    /// Longest gap in seconds that is bridged.
    pub max_gap_s: f64,
    /// Window of the projection in seconds (1.6 in the paper).
    pub window_s: f64,
    /// Lowest pulse in hertz.
    pub min_hz: f64,
    /// Highest pulse in hertz.
    pub max_hz: f64,
    /// Half width in hertz of what counts as signal around the pulse and its first harmonic.
    pub half_width_hz: f64,
    /// Over the signal-to-noise ratio in decibels.
    pub score: Curve,
    /// Share of the full say over seconds.
    pub say_by_seconds: Curve,
    /// Share of the full say over the head's speed, in distances between the eyes a second.
    pub say_by_speed: Curve,
    /// Share of the full say over the agreement of the regions, 0 to 1.
    pub say_by_agreement: Curve,
}

impl SignalParams {
    pub(crate) fn validate(&self) -> Result<(), CalibrationError> {
        self.blink.validate()?;
        self.micro_motion.validate()?;
        self.non_rigidity.validate()?;
        self.flicker.validate()?;
        self.static_risk.validate()?;
        self.injection_risk.validate()?;
        self.pulse.validate()
    }
}

/// Checks fields by name, so that a message names the key of the file.
macro_rules! check {
    ($self:ident, $section:literal: $($rule:ident($($field:ident),+ $(,)?)),+ $(,)?) => {
        $($($rule(concat!("signals.", $section, ".", stringify!($field)), $self.$field)?;)+)+
    };
}

impl BlinkParams {
    fn validate(&self) -> Result<(), CalibrationError> {
        check!(self, "blink":
            positive(min_seconds, min_seconds_without, min_fps, max_turn_deg, min_deviations,
                min_blink_s, max_blink_s, rate_per_s, max_rate_per_s),
            unit_interval(closed_share, open_share, attacks_that_blink),
        );
        Ok(())
    }
}

impl MotionParams {
    fn validate(&self) -> Result<(), CalibrationError> {
        check!(self, "micro_motion":
            positive(min_seconds, min_fps, max_turn_deg, min_turn_deg, min_background_motion),
            unit_interval(max_still_share),
        );
        self.held.validate("signals.micro_motion.held")?;
        self.stretch.validate("signals.micro_motion.stretch")?;
        self.background_bend_deg
            .validate("signals.micro_motion.background_bend_deg")?;
        self.own_motion
            .validate("signals.micro_motion.own_motion")?;
        self.parallax.validate("signals.micro_motion.parallax")
    }
}

impl NonRigidityParams {
    fn validate(&self) -> Result<(), CalibrationError> {
        check!(self, "non_rigidity": positive(min_seconds, min_fps, max_turn_deg));
        self.score.validate("signals.non_rigidity.score")
    }
}

impl FlickerParams {
    fn validate(&self) -> Result<(), CalibrationError> {
        check!(self, "flicker":
            positive(min_seconds, min_fps, min_face_hz, min_band_hz, alone_ratio),
            unit_interval(false_alarm, min_depth, none, everywhere),
        );
        self.alone.validate("signals.flicker.alone")
    }
}

impl StaticParams {
    fn validate(&self) -> Result<(), CalibrationError> {
        check!(self, "static_risk":
            positive(min_seconds, min_period_s, min_repeat_s, min_motion, still_luma, still_mesh,
                min_change),
            unit_interval(none),
        );
        self.repeated_picture
            .validate("signals.static_risk.repeated_picture")?;
        self.frozen.validate("signals.static_risk.frozen")?;
        self.repeated.validate("signals.static_risk.repeated")
    }
}

impl InjectionParams {
    fn validate(&self) -> Result<(), CalibrationError> {
        check!(self, "injection_risk":
            unit_interval(none, even_timing, repeated_frames, impossible_times,
                contradicted_header, no_device),
            at_least_zero(header_tolerance),
        );
        for (key, mark) in [
            ("virtual_camera", &self.virtual_camera),
            ("editor", &self.editor),
            ("encoder", &self.encoder),
        ] {
            unit_interval(&format!("signals.injection_risk.{key}.weight"), mark.weight)?;
            // An empty word would be found in every file.
            if let Some(at) = mark.keywords.iter().position(|k| k.trim().is_empty()) {
                return Err(CalibrationError::OutOfRange {
                    key: format!("signals.injection_risk.{key}.keywords[{at}]"),
                    value: f64::NAN,
                    accepted: "a word",
                });
            }
        }
        Ok(())
    }
}

impl PulseParams {
    fn validate(&self) -> Result<(), CalibrationError> {
        check!(self, "pulse":
            positive(min_seconds, min_fps, max_gap_s, window_s, min_hz, max_hz, half_width_hz),
        );
        self.score.validate("signals.pulse.score")?;
        self.say_by_seconds
            .validate("signals.pulse.say_by_seconds")?;
        self.say_by_speed.validate("signals.pulse.say_by_speed")?;
        self.say_by_agreement
            .validate("signals.pulse.say_by_agreement")
    }
}
