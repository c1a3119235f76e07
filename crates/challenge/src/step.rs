//! What a person can be asked to do.

use serde::{Deserialize, Serialize};

use crate::light::Colour;

/// The kind of a step, for reports and statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Turn the head to the person's own left.
    TurnLeft,
    /// Turn the head to the person's own right.
    TurnRight,
    /// Raise the head.
    LookUp,
    /// Lower the head.
    LookDown,
    /// Close both eyes twice.
    BlinkTwice,
    /// Smile.
    Smile,
    /// Open the mouth.
    OpenMouth,
    /// Come closer to the camera and go back.
    MoveCloser,
    /// Read digits aloud.
    ReadDigits,
    /// Keep still while the screen shows colours.
    LightSequence,
}

impl StepKind {
    /// The movements, from which a plan draws.
    pub const MOVEMENTS: [Self; 8] = [
        Self::TurnLeft,
        Self::TurnRight,
        Self::LookUp,
        Self::LookDown,
        Self::BlinkTwice,
        Self::Smile,
        Self::OpenMouth,
        Self::MoveCloser,
    ];

    /// The word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TurnLeft => "turn_left",
            Self::TurnRight => "turn_right",
            Self::LookUp => "look_up",
            Self::LookDown => "look_down",
            Self::BlinkTwice => "blink_twice",
            Self::Smile => "smile",
            Self::OpenMouth => "open_mouth",
            Self::MoveCloser => "move_closer",
            Self::ReadDigits => "read_digits",
            Self::LightSequence => "light_sequence",
        }
    }

    /// Whether the step moves the head to an angle.
    pub const fn is_head(self) -> bool {
        matches!(
            self,
            Self::TurnLeft | Self::TurnRight | Self::LookUp | Self::LookDown
        )
    }
}

/// A step with its parameters; this is what the page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Turn the head to the person's own left.
    TurnLeft {
        /// Angle from where the head was.
        degrees: u8,
    },
    /// Turn the head to the person's own right.
    TurnRight {
        /// Angle from where the head was.
        degrees: u8,
    },
    /// Raise the head.
    LookUp {
        /// Angle from where the head was.
        degrees: u8,
    },
    /// Lower the head.
    LookDown {
        /// Angle from where the head was.
        degrees: u8,
    },
    /// Close both eyes twice, longer than eyes do by themselves.
    BlinkTwice,
    /// Smile.
    Smile,
    /// Open the mouth.
    OpenMouth,
    /// Come closer to the camera and go back.
    MoveCloser,
    /// Read the digits aloud in this order.
    ReadDigits {
        /// The digits, 0 to 9.
        digits: [u8; 4],
    },
    /// Keep still while the screen shows the colours one after the other.
    LightSequence {
        /// The colours in their order.
        colours: Vec<Colour>,
        /// How long each is shown.
        flash_ms: u64,
    },
}

impl Action {
    /// The kind of this step.
    pub const fn kind(&self) -> StepKind {
        match self {
            Self::TurnLeft { .. } => StepKind::TurnLeft,
            Self::TurnRight { .. } => StepKind::TurnRight,
            Self::LookUp { .. } => StepKind::LookUp,
            Self::LookDown { .. } => StepKind::LookDown,
            Self::BlinkTwice => StepKind::BlinkTwice,
            Self::Smile => StepKind::Smile,
            Self::OpenMouth => StepKind::OpenMouth,
            Self::MoveCloser => StepKind::MoveCloser,
            Self::ReadDigits { .. } => StepKind::ReadDigits,
            Self::LightSequence { .. } => StepKind::LightSequence,
        }
    }

    /// Where the head is asked to go and how far, for the steps that move it to an angle.
    pub fn head(&self) -> Option<(Direction, f64)> {
        match self {
            Self::TurnLeft { degrees } => Some((Direction::Left, f64::from(*degrees))),
            Self::TurnRight { degrees } => Some((Direction::Right, f64::from(*degrees))),
            Self::LookUp { degrees } => Some((Direction::Up, f64::from(*degrees))),
            Self::LookDown { degrees } => Some((Direction::Down, f64::from(*degrees))),
            _ => None,
        }
    }
}

/// Where a head can go, from the person's own view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The person's own left, which is the right edge of an image that is not mirrored.
    Left,
    /// The person's own right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
}

impl Direction {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Up, Self::Down];

    /// How far a change of yaw and pitch (degrees, signs as in `PoseDegrees`) goes this way.
    pub fn along(self, yaw: f64, pitch: f64) -> f64 {
        match self {
            Self::Left => yaw,
            Self::Right => -yaw,
            Self::Up => pitch,
            Self::Down => -pitch,
        }
    }

    /// The other end of the same axis.
    pub const fn opposite(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is asked.
    pub action: Action,
    /// How long the face must rest before the prompt comes; drawn, so that the moment of the prompt is not
    /// known either.
    pub pause_ms: u64,
    /// How long after the prompt was shown the answer may be complete.
    pub window_ms: u64,
}
