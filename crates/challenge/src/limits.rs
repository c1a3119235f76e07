//! Every number that decides about an answer, with its reason. None was fitted to recordings of persons: they
//! come from published physiology, from what the face mesh measures and from simulated sessions.

use serde::{Deserialize, Serialize};

/// No time is longer: sums of times must not overflow, and every session must end.
const LONGEST_MS: u64 = 86_400_000;
/// WCAG 2.2, criterion 2.3.1: at most three flashes a second, or screens may harm people.
const SHORTEST_FLASH_MS: u64 = 334;

macro_rules! limits {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty = $default:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[$field_doc])* pub $field: $kind,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

limits! {
    /// All limits of a session.
    Limits {
        /// When things must happen.
        time: TimeLimits = TimeLimits::default(),
        /// What counts as a face at rest.
        neutral: NeutralLimits = NeutralLimits::default(),
        /// Turning and nodding.
        head: HeadLimits = HeadLimits::default(),
        /// Mouth, smile and distance.
        expression: ExpressionLimits = ExpressionLimits::default(),
        /// Closing the eyes.
        eyes: EyeLimits = EyeLimits::default(),
        /// One face, seen all the time, that moves as heads do.
        continuity: ContinuityLimits = ContinuityLimits::default(),
        /// Spoken digits.
        audio: AudioLimits = AudioLimits::default(),
        /// The light sequence.
        light: LightLimits = LightLimits::default(),
    }
}

limits! {
    /// When things must happen, in milliseconds.
    TimeLimits {
        /// Nobody reacts sooner to something seen. Woods et al. (2015, doi:10.3389/fnhum.2015.00131) found
        /// 131 ms to detect a stimulus alone and 213 ms for a finger to answer, over 1,469 adults; a choice
        /// between movements takes longer still.
        least_reaction_ms: u64 = 150,
        /// A page that has not shown the prompt by then has lost its connection, or waits for an answer to be made.
        show_within_ms: u64 = 3_000,
        /// Window of a movement: the choice (up to 1 s), the movement and one correction after guidance,
        /// about 4 s together, and room for people who are slow.
        movement_ms: u64 = 7_000,
        /// Window of moving closer: an arm moves slower than a neck.
        approach_ms: u64 = 9_000,
        /// Window of reading the digits: four digits take 2 to 4 s, a voice that is heard first some more.
        digits_ms: u64 = 12_000,
        /// How long the recogniser may take after the window.
        recogniser_ms: u64 = 8_000,
        /// How long the pose must be held, so that a head that swings through does not count.
        hold_ms: u64 = 300,
        /// Frames that the hold must show; two could be one frame sent twice.
        hold_frames: u32 = 3,
        /// How long the face may take to come back to rest.
        return_ms: u64 = 6_000,
        /// How long the face may take to come to rest before a prompt, light and distance being found.
        settle_ms: u64 = 30_000,
        /// Shortest and longest of the drawn pauses before a prompt.
        pause_least_ms: u64 = 300,
        /// See `pause_least_ms`; longer would feel broken.
        pause_most_ms: u64 = 1_300,
        /// Whole session from the first event: seven steps with all they may take need less.
        session_ms: u64 = 240_000,
    }
}

limits! {
    /// What counts as a face at rest: the baseline against which movements are measured.
    NeutralLimits {
        /// How long the face must rest before a baseline is believed.
        rest_ms: u64 = 450,
        /// Frames that the baseline needs: the median of four forgets one bad frame.
        rest_frames: u32 = 4,
        /// Largest yaw at rest; a hand-held phone is seldom further off, and a smaller turn than is ever
        /// asked must not be possible from beyond it.
        yaw_deg: f64 = 12.0,
        /// Largest pitch at rest; phones are held low, and the mesh has a bias of some degrees.
        pitch_deg: f64 = 20.0,
        /// Largest roll at rest.
        roll_deg: f64 = 25.0,
        /// Spread of yaw and of pitch while resting: six times the mesh's noise of about one degree.
        spread_deg: f64 = 6.0,
        /// Largest opening of the mouth at rest (over the height of the face, `mouth_opening` of the engine).
        mouth: f64 = 0.10,
        /// Smallest distance of the eyes over the frame's width; below, eyes are too small to be measured
        /// at 640 pixels.
        eye_distance_least: f64 = 0.08,
        /// Largest distance of the eyes at rest; above, there is no room to come closer.
        eye_distance_most: f64 = 0.26,
        /// Mean of the skin's colour (0 to 255) below which the guidance asks for light.
        dark: f64 = 40.0,
        /// Mean of the skin's colour above which the guidance asks for less light.
        bright: f64 = 240.0,
    }
}

limits! {
    /// Turning and nodding, in degrees from the baseline.
    HeadLimits {
        /// Angles of yaw that are drawn. The zones of neighbours touch and do not overlap. Beyond 32
        /// degrees the mesh is off by more than 6 (docs/LIMITS.md).
        yaw_deg: Vec<u8> = vec![12, 20, 28],
        /// Half the width of a yaw zone: several times the noise, half the distance of two angles.
        yaw_tolerance_deg: f64 = 4.0,
        /// Angles of pitch that are drawn; necks and the mesh reach less far than in yaw.
        pitch_deg: Vec<u8> = vec![11, 19],
        /// Half the width of a pitch zone.
        pitch_tolerance_deg: f64 = 4.0,
        /// A movement begins here: five times the noise, below every zone.
        onset_deg: f64 = 5.0,
        /// Going the opposite way this far is a wrong answer.
        opposite_deg: f64 = 10.0,
        /// Going this far along the other axis is a wrong answer; more than the opposite way, because the
        /// mesh lets yaw leak into pitch by up to 6.5 degrees.
        across_deg: f64 = 15.0,
    }
}

limits! {
    /// Mouth, smile and distance.
    ExpressionLimits {
        /// Rise of the mouth's opening at which the movement begins.
        mouth_onset: f64 = 0.05,
        /// Rise that is an open mouth: the lips stand apart by an eighth of the face's height; speech stays
        /// below most of the time.
        mouth: f64 = 0.12,
        /// Rise that is a wrong answer to a step that does not ask for it; a smile that shows teeth stays below.
        mouth_wrong: f64 = 0.18,
        /// Relative rise of the smile measure at which the movement begins: three times its noise.
        smile_onset: f64 = 0.05,
        /// Relative rise that is a smile.
        smile: f64 = 0.10,
        /// Relative rise of the distance of the eyes at which an approach begins.
        closer_onset: f64 = 0.10,
        /// Relative rise that is closer: from 40 to 32 cm, for instance.
        closer: f64 = 0.25,
        /// Frames in a row of another movement before it is a wrong answer; one may be a bad measurement.
        wrong_frames: u32 = 2,
        /// Wrong answers that a session forgives: left and right are taken for each other by honest people,
        /// twice is guessing.
        wrong_answers: u32 = 1,
    }
}

limits! {
    /// Closing the eyes. The measure is the eye aspect ratio over that of the baseline.
    EyeLimits {
        /// Closed below: Soukupova and Cech (2016) put the border at 0.2 where open eyes have about 0.3.
        closed: f64 = 0.6,
        /// Open again above; apart from `closed`, so that noise does not count twice.
        open: f64 = 0.8,
        /// From the first to the last frame that shows the eyes closed. Eyes that blink by themselves are
        /// this far closed for less, and do so every four seconds, so they must not count.
        closure_least_ms: u64 = 100,
        /// Frames that show the eyes closed.
        closure_frames: u32 = 2,
        /// Longer is not a blink.
        closure_most_ms: u64 = 2_000,
        /// The second closure must begin this soon after the first ended.
        pair_ms: u64 = 2_500,
    }
}

limits! {
    /// One face, seen all the time, that moves as heads do.
    ContinuityLimits {
        /// Fastest believable change of yaw or pitch. Asked for a movement, heads stay below 200 degrees a
        /// second; 780 was reached when heads were shaken on purpose (Grossman et al. 1988, PMID 3384048).
        degrees_per_s: f64 = 250.0,
        /// Fastest believable relative change of the distance of the eyes a second.
        closer_per_s: f64 = 2.6,
        /// Frames that arrive closer together are taken for this far apart: networks deliver in bunches.
        least_interval_ms: u64 = 100,
        /// Jumps that a session forgives, each voiding the movement that it is in: a bad measurement, a stutter.
        jumps: u32 = 2,
        /// A movement with a longer hole between frames has not been seen and must be done again.
        gap_ms: u64 = 700,
        /// No frame at all for this long: the camera or the connection has stopped.
        silent_stream_ms: u64 = 4_000,
        /// Frames without a face for this long: somebody has left.
        face_lost_ms: u64 = 1_500,
        /// Frames in a row with a second face; fewer may be a poster or a mistake of the detector.
        second_face_frames: u32 = 3,
        /// Frames in a row that were compared and show somebody else; a turned face may be misjudged once.
        stranger_frames: u32 = 2,
    }
}

limits! {
    /// Spoken digits.
    AudioLimits {
        /// Least alignment score. 70 forgives one digit of four that the recogniser took for another: at most
        /// 43 of the 10,000 answers then pass a given prompt (`digits` tests count them).
        alignment: u8 = 70,
        /// Least score of lips against sound, where it could be measured. Low on purpose: of unrelated signals of
        /// three seconds half score 27 or more, so only lips that stand still or go against the sound fail.
        lips: u8 = 10,
    }
}

limits! {
    /// The light sequence.
    LightLimits {
        /// How many colours are shown.
        flashes: u8 = 8,
        /// How long each is shown. Two flashes a second stay below the three that WCAG 2.2, criterion
        /// 2.3.1, allows.
        flash_ms: u64 = 500,
        /// Part of the other sequences that may fit as well as the one shown.
        false_alarm: f64 = 0.01,
        /// Longest delay from the screen through the camera to the server.
        lag_ms: u64 = 600,
        /// Response of the skin (change of the log colour against grey) below which nothing can be said: half a
        /// level of 128, which the mean over a face's pixels resolves.
        response: f64 = 0.004,
    }
}

/// A limit with which no session could be held.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key} is {value}, must be {accepted}")]
pub struct LimitsError {
    /// Dotted key.
    pub key: &'static str,
    /// What was given.
    pub value: f64,
    /// What would be accepted.
    pub accepted: &'static str,
}

impl Limits {
    /// Refuses limits with which nothing could be asked, a session would not end or a screen might harm.
    ///
    /// # Errors
    /// The first number that is out of range.
    pub fn validate(&self) -> Result<(), LimitsError> {
        self.times()?;
        self.angles()?;
        self.measures()?;
        let light = &self.light;
        let flashes = f64::from(light.flashes);
        accept("light.flashes", flashes, light.flashes > 0, "1 or more")?;
        let shown = light.flash_ms;
        let is_safe = (SHORTEST_FLASH_MS..=LONGEST_MS).contains(&shown);
        accept(
            "light.flash_ms",
            shown as f64,
            is_safe,
            "from 334 to 86400000",
        )
    }

    fn times(&self) -> Result<(), LimitsError> {
        let (time, eyes, continuity) = (&self.time, &self.eyes, &self.continuity);
        for (key, value) in [
            ("time.least_reaction_ms", time.least_reaction_ms),
            ("time.show_within_ms", time.show_within_ms),
            ("time.movement_ms", time.movement_ms),
            ("time.approach_ms", time.approach_ms),
            ("time.digits_ms", time.digits_ms),
            ("time.recogniser_ms", time.recogniser_ms),
            ("time.hold_ms", time.hold_ms),
            ("time.return_ms", time.return_ms),
            ("time.settle_ms", time.settle_ms),
            ("time.pause_least_ms", time.pause_least_ms),
            ("time.pause_most_ms", time.pause_most_ms),
            ("time.session_ms", time.session_ms),
            ("neutral.rest_ms", self.neutral.rest_ms),
            ("eyes.closure_least_ms", eyes.closure_least_ms),
            ("eyes.closure_most_ms", eyes.closure_most_ms),
            ("eyes.pair_ms", eyes.pair_ms),
            ("continuity.least_interval_ms", continuity.least_interval_ms),
            ("continuity.gap_ms", continuity.gap_ms),
            ("continuity.silent_stream_ms", continuity.silent_stream_ms),
            ("continuity.face_lost_ms", continuity.face_lost_ms),
            ("light.lag_ms", self.light.lag_ms),
        ] {
            accept(key, value as f64, value <= LONGEST_MS, "at most 86400000")?;
        }
        let most = time.pause_most_ms;
        let is_range = time.pause_least_ms <= most;
        accept(
            "time.pause_most_ms",
            most as f64,
            is_range,
            "pause_least_ms or more",
        )
    }

    fn angles(&self) -> Result<(), LimitsError> {
        for (key, degrees) in [
            ("head.yaw_deg", &self.head.yaw_deg),
            ("head.pitch_deg", &self.head.pitch_deg),
        ] {
            let count = degrees.len() as f64;
            accept(key, count, !degrees.is_empty(), "one angle or more")?;
            for angle in degrees {
                let is_angle = (1..=90).contains(angle);
                accept(key, f64::from(*angle), is_angle, "from 1 to 90")?;
            }
        }
        Ok(())
    }

    fn measures(&self) -> Result<(), LimitsError> {
        let (neutral, head, expression) = (&self.neutral, &self.head, &self.expression);
        for (key, value) in [
            ("neutral.yaw_deg", neutral.yaw_deg),
            ("neutral.pitch_deg", neutral.pitch_deg),
            ("neutral.roll_deg", neutral.roll_deg),
            ("neutral.spread_deg", neutral.spread_deg),
            ("neutral.mouth", neutral.mouth),
            ("neutral.eye_distance_least", neutral.eye_distance_least),
            ("neutral.eye_distance_most", neutral.eye_distance_most),
            ("neutral.dark", neutral.dark),
            ("neutral.bright", neutral.bright),
            ("head.yaw_tolerance_deg", head.yaw_tolerance_deg),
            ("head.pitch_tolerance_deg", head.pitch_tolerance_deg),
            ("head.onset_deg", head.onset_deg),
            ("head.opposite_deg", head.opposite_deg),
            ("head.across_deg", head.across_deg),
            ("expression.mouth_onset", expression.mouth_onset),
            ("expression.mouth", expression.mouth),
            ("expression.mouth_wrong", expression.mouth_wrong),
            ("expression.smile_onset", expression.smile_onset),
            ("expression.smile", expression.smile),
            ("expression.closer_onset", expression.closer_onset),
            ("expression.closer", expression.closer),
            ("eyes.closed", self.eyes.closed),
            ("eyes.open", self.eyes.open),
            ("continuity.degrees_per_s", self.continuity.degrees_per_s),
            ("continuity.closer_per_s", self.continuity.closer_per_s),
            ("light.false_alarm", self.light.false_alarm),
            ("light.response", self.light.response),
        ] {
            let is_measure = value.is_finite() && value >= 0.0;
            accept(key, value, is_measure, "a number from 0 on")?;
        }
        Ok(())
    }
}

fn accept(
    key: &'static str,
    value: f64,
    is_accepted: bool,
    accepted: &'static str,
) -> Result<(), LimitsError> {
    if is_accepted {
        return Ok(());
    }
    Err(LimitsError {
        key,
        value,
        accepted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_looked_at() {
        assert_eq!(Limits::default().validate(), Ok(()));
        let mut changes = 0;
        let whole = toml::Table::try_from(Limits::default()).unwrap();
        for (section, numbers) in &whole {
            for (name, number) in numbers.as_table().unwrap() {
                // A count may be anything; what is counted is what the name says.
                let bad: toml::Value = match number {
                    toml::Value::Float(_) => f64::NAN.into(),
                    toml::Value::Integer(_) if name.ends_with("_ms") => i64::MAX.into(),
                    toml::Value::Array(_) => toml::Value::Array(Vec::new()),
                    _ => continue,
                };
                let mut changed = whole.clone();
                changed[section].as_table_mut().unwrap()[name] = bad;
                let limits: Limits = changed.try_into().unwrap();
                let refused = limits.validate().unwrap_err();
                assert_eq!(refused.key, format!("{section}.{name}"));
                changes += 1;
            }
        }
        assert!(changes > 40, "{changes}");
    }

    #[test]
    fn flashes_that_may_harm_are_refused() {
        let mut limits = Limits::default();
        limits.light.flash_ms = 333;
        assert_eq!(limits.validate().unwrap_err().key, "light.flash_ms");
        limits.light.flash_ms = 500;
        limits.light.flashes = 0;
        assert_eq!(limits.validate().unwrap_err().key, "light.flashes");
    }
}
