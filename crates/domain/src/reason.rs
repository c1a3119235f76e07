//! Reasons behind a verdict and what the person can do about them.

use serde::{Deserialize, Serialize};

macro_rules! reason_codes {
    ($($(#[$doc:meta])* $variant:ident, $code:literal, $message:literal, $guidance:literal;)*) => {
        /// Why a verdict is not better than it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum ReasonCode { $($(#[$doc])* $variant,)* }

        impl ReasonCode {
            /// Every code, in the order in which reasons are reported.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word used on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// One sentence that says what was found.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }

            /// One sentence that tells the person how to do better.
            pub const fn guidance(self) -> &'static str {
                match self { $(Self::$variant => $guidance,)* }
            }
        }
    };
}

reason_codes! {
    /// No face was found.
    NoFace, "no_face", "No face was found.",
        "Hold the camera at arm's length, face it and make sure that the whole face is visible.";
    /// More than one face was found.
    SeveralFaces, "several_faces", "More than one face is in the picture.",
        "Take the picture alone, with nobody behind you.";
    /// The face has too few pixels.
    FaceTooSmall, "face_too_small", "The face is too small.",
        "Move closer to the camera.";
    /// The face fills the frame.
    FaceTooLarge, "face_too_large", "The face fills the whole picture.",
        "Move a little away from the camera.";
    /// A part of the face lies outside the image.
    FaceCropped, "face_cropped", "The face is cut off by the edge of the picture.",
        "Move so that the whole face is inside the picture.";
    /// Yaw, pitch or roll is over its limit.
    TurnedAway, "turned_away", "The head is turned too far.",
        "Look straight into the camera and hold your head upright.";
    /// The face is under-exposed.
    TooDark, "too_dark", "The face is too dark.",
        "Turn towards a light.";
    /// The face is over-exposed.
    TooBright, "too_bright", "The face is too bright.",
        "Move out of the direct light.";
    /// One side of the face is much brighter than the other.
    UnevenLight, "uneven_light", "The light on the face is uneven.",
        "Let the light come from the front, not from one side.";
    /// The face is out of focus or smeared by motion.
    Blurred, "blurred", "The face is blurred.",
        "Hold still, wipe the lens and let the camera focus.";
    /// The eyes are closed.
    EyesClosed, "eyes_closed", "The eyes are closed.",
        "Keep your eyes open.";
    /// The eyes look past the camera.
    LookingAway, "looking_away", "The eyes do not look into the camera.",
        "Look straight into the camera.";
    /// The mouth is open.
    MouthOpen, "mouth_open", "The mouth is open.",
        "Close your mouth and keep a neutral expression.";
    /// Dark glasses hide the eyes.
    Sunglasses, "sunglasses", "Dark glasses cover the eyes.",
        "Take off your sunglasses.";
    /// A mask covers the mouth.
    FaceMask, "face_mask", "A mask covers the mouth.",
        "Take off the mask.";
    /// A hat, hood or scarf covers the head.
    HeadCovering, "head_covering", "The head is covered.",
        "Take off what covers your head or forehead.";
    /// A hand or a thing covers a part of the face.
    FaceOccluded, "face_occluded", "A hand or a thing covers a part of the face.",
        "Take your hand and everything else away from your face.";
    /// The picture has the marks of a screenshot or of an editor.
    Screenshot, "screenshot", "The picture looks like a screenshot or an edited file.",
        "Take a new picture with the camera.";
    /// The tenant had this picture, or a near copy of it, before.
    ReplayedImage, "replayed_image", "This picture, or a near copy of it, was sent before.",
        "Take a new picture with the camera.";
    /// Too few signals could be computed.
    NotEnoughSignals, "not_enough_signals", "Too few signals could be measured to decide.",
        "Take a new picture in better light.";
    /// The clip has too few seconds or frames with a face.
    ClipTooShort, "clip_too_short", "The video shows the face for too short a time.",
        "Record a few seconds with your face in the picture.";
    /// The face left the picture for a part of the clip.
    FaceLost, "face_lost", "The face was not in the picture all the time.",
        "Keep your whole face in the picture until the recording ends.";
    /// Another face took the place of the first one, or the clip was cut.
    FaceChanged, "face_changed", "The face changed during the video.",
        "Record without a cut, alone in the picture.";
    /// The picture stands still.
    FrozenClip, "frozen_clip", "The video stands still for a while.",
        "Record a new video with the camera and close other programs that use it.";
    /// The clip repeats itself.
    LoopedClip, "looped_clip", "The video repeats itself.",
        "Record a new video with the camera.";
    /// The file has marks of a virtual camera, an editor or generated frames.
    InjectedClip, "injected_clip", "The video does not look like the recording of a camera.",
        "Record a new video with the camera of your device, without filters or virtual cameras.";
    /// Face and surroundings move like one flat picture.
    PlanarMotion, "planar_motion", "The face moves like a flat picture.",
        "Show your own face, and turn your head a little while you record.";
    /// The face flickers like a screen.
    ScreenFlicker, "screen_flicker", "The face flickers like a screen.",
        "Show your own face in steady light.";
    /// The prompts of an active session were not answered.
    ChallengeFailed, "challenge_failed", "The prompts of the session were not answered as asked.",
        "Start again, alone and in good light, and do what is asked as soon as it is shown.";
}

/// A reason as it is reported: the code with its texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Machine-readable code.
    pub code: ReasonCode,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub guidance: String,
}

impl From<ReasonCode> for Reason {
    fn from(code: ReasonCode) -> Self {
        Self {
            code,
            message: code.message().to_owned(),
            guidance: code.guidance().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_word_is_the_serde_word() {
        for code in ReasonCode::ALL {
            let word = serde_json::to_value(code).unwrap();
            assert_eq!(word, code.as_str());
        }
    }
}
