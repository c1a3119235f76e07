//! Two deliberate closures of the eyes, one soon after the other.

use serde::{Deserialize, Serialize};

use crate::attempt::Verdict;
use crate::limits::EyeLimits;
use crate::output::Guidance;

/// The closures so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Blinks {
    current: Option<Closure>,
    first: Option<Closure>,
    /// Whether open eyes were seen, from which a closure can begin.
    opened: bool,
    /// Whether any deliberate closure was seen.
    pub(crate) reacted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Closure {
    from: u64,
    to: u64,
    frames: u32,
    early: bool,
}

impl Closure {
    fn is_deliberate(&self, limits: &EyeLimits) -> bool {
        let lasted = self.to - self.from;
        self.frames >= limits.closure_frames
            && (limits.closure_least_ms..=limits.closure_most_ms).contains(&lasted)
    }
}

impl Blinks {
    /// Forgets a closure whose frames were not all seen.
    pub(crate) fn make_void(&mut self) {
        *self = Self {
            reacted: self.reacted,
            ..Self::default()
        };
    }

    /// Takes a frame: `openness` is the eye aspect ratio over that of the baseline.
    pub(crate) fn observe(
        &mut self,
        at: u64,
        openness: f64,
        earliest: Option<u64>,
        limits: &EyeLimits,
    ) -> Verdict {
        if openness <= limits.closed {
            self.close(at, earliest);
            return Verdict::Going(self.guidance());
        }
        if openness < limits.open {
            return Verdict::Going(self.guidance());
        }
        self.opened = true;
        let Some(closure) = self.current.take() else {
            return Verdict::Going(self.guidance());
        };
        if !closure.is_deliberate(limits) {
            return Verdict::Going(self.guidance());
        }
        if closure.early {
            return Verdict::Impossible;
        }
        self.reacted = true;
        match self.first {
            Some(first) if closure.from - first.to <= limits.pair_ms => Verdict::Done(first.from),
            _ => {
                self.first = Some(closure);
                Verdict::Going(self.guidance())
            }
        }
    }

    fn close(&mut self, at: u64, earliest: Option<u64>) {
        if let Some(closure) = &mut self.current {
            closure.to = at;
            closure.frames += 1;
        } else if self.opened {
            self.current = Some(Closure {
                from: at,
                to: at,
                frames: 1,
                early: earliest.is_none_or(|earliest| at < earliest),
            });
        }
    }

    fn guidance(&self) -> Option<Guidance> {
        self.first.map(|_| Guidance::OnceMore)
    }
}
