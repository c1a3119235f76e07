//! One movement from rest to what is asked, held there.

use serde::{Deserialize, Serialize};

use crate::limits::Limits;
use crate::motion::Reach;
use crate::output::Guidance;

/// What a frame makes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not there yet.
    Going(Option<Guidance>),
    /// Answered; the movement began at this time.
    Done(u64),
    /// Answered by a movement that began before it could.
    Impossible,
}

/// The movement so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// Must come to rest before anything counts: after a wrong movement, a jump or a hole in the frames.
    void: bool,
    /// When this movement left the rest.
    onset: Option<Onset>,
    hold_since: Option<u64>,
    hold_frames: u32,
    /// Whether any movement towards what is asked was seen.
    pub(crate) reacted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Onset {
    at: u64,
    early: bool,
}

impl Attempt {
    /// Nothing counts until the face has been at rest again.
    pub(crate) fn make_void(&mut self) {
        *self = Self {
            void: true,
            reacted: self.reacted,
            ..Self::default()
        };
    }

    /// Takes a frame. `earliest` is the first moment at which a human can have reacted, `None` while the
    /// prompt is not shown.
    pub(crate) fn observe(
        &mut self,
        at: u64,
        reach: &Reach,
        earliest: Option<u64>,
        limits: &Limits,
    ) -> Verdict {
        if reach.at_rest() {
            *self = Self {
                reacted: self.reacted,
                ..Self::default()
            };
            return Verdict::Going(None);
        }
        if self.void {
            return Verdict::Going(Some(Guidance::FaceForward));
        }
        self.reacted = true;
        let onset = *self.onset.get_or_insert_with(|| Onset {
            at,
            early: earliest.is_none_or(|earliest| at < earliest),
        });
        if !reach.reached() {
            self.hold_since = None;
            self.hold_frames = 0;
            let too_far = reach.too_far();
            return Verdict::Going(Some(if too_far {
                Guidance::LessFar
            } else {
                Guidance::Further
            }));
        }
        if onset.early {
            return Verdict::Impossible;
        }
        let since = *self.hold_since.get_or_insert(at);
        self.hold_frames += 1;
        let held = at - since >= limits.time.hold_ms && self.hold_frames >= limits.time.hold_frames;
        if held {
            return Verdict::Done(onset.at);
        }
        Verdict::Going(Some(Guidance::KeepThere))
    }
}
