//! The times of the frames. Raw frames carry none, so a filter writes them beside the pipe:
//! ffmpeg's standard error gets two lines for each frame before the frame itself.
//!
//! ```text
//! frame:12   pts:400000  pts_time:0.4
//! seen=1
//! ```

use std::collections::VecDeque;

use crate::{ClipLimits, DurationBy, VideoError};

/// What is written for each frame that was decoded.
const SEEN: &str = "seen";
/// What is written for each frame that then comes through the pipe.
const KEPT: &str = "kept";

/// Clock of the times: a million ticks a second.
pub(crate) const TIME_BASE: &str = "1/1000000";
const TICKS_A_SECOND: f64 = 1e6;

/// The filters that write the marks, around the one that chooses frames (`between`, which ends
/// with a comma or is empty).
pub(crate) fn filters(between: &str) -> String {
    let mark = |key: &str| {
        format!(
            "metadata=mode=add:key={key}:value=1,\
             metadata=mode=print:key={key}:file='pipe\\:2':direct=1,"
        )
    };
    format!("settb={TIME_BASE},{}{between}{}", mark(SEEN), mark(KEPT))
}

/// Times gathered so far.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// The time of the line that came last.
    pending: Option<f64>,
    /// Times of all frames that were decoded, in seconds.
    pub(crate) seen: Vec<f64>,
    /// Times of frames on their way through the pipe.
    pub(crate) kept: VecDeque<f64>,
    earliest: Option<f64>,
    latest: Option<f64>,
}

impl Marks {
    /// Takes a line if it is one of these.
    pub(crate) fn line(&mut self, line: &[u8]) -> bool {
        let Ok(line) = std::str::from_utf8(line) else {
            return false;
        };
        if line.starts_with("frame:") {
            let ticks = line
                .split_ascii_whitespace()
                .find_map(|w| w.strip_prefix("pts:"));
            // A frame without a time is shown with the one before it.
            let ticks = ticks.and_then(|t| t.parse::<i64>().ok());
            let at_s = ticks.map(|t| t as f64 / TICKS_A_SECOND);
            self.pending = at_s.or(self.latest).or(Some(0.0));
            return true;
        }
        match (line.strip_suffix("=1"), self.pending) {
            (Some(SEEN), Some(at_s)) => {
                self.seen.push(at_s);
                self.earliest = Some(self.earliest.map_or(at_s, |e| e.min(at_s)));
                self.latest = Some(self.latest.map_or(at_s, |l| l.max(at_s)));
            }
            (Some(KEPT), Some(at_s)) => self.kept.push_back(at_s),
            _ => return false,
        }
        self.pending = None;
        true
    }

    /// Holds what was decoded so far against the limits.
    pub(crate) fn check(&self, limits: &ClipLimits) -> Result<(), VideoError> {
        limits.check_frames(self.seen.len())?;
        limits.check_duration(self.span_s(), DurationBy::Content)
    }

    fn span_s(&self) -> f64 {
        match (self.earliest, self.latest) {
            (Some(earliest), Some(latest)) => latest - earliest,
            _ => 0.0,
        }
    }

    /// Frames a second over the clip; `None` below two frames or where all share a moment.
    pub(crate) fn frame_rate(&self) -> Option<f64> {
        let intervals = self.seen.len().checked_sub(1)?;
        let rate = intervals as f64 / self.span_s();
        (intervals > 0 && rate.is_finite()).then_some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_times() {
        let mut marks = Marks::default();
        assert!(marks.line(b"frame:0    pts:-20000  pts_time:-0.02"));
        assert!(marks.line(b"seen=1"));
        assert!(marks.line(b"frame:0    pts:-20000  pts_time:-0.02"));
        assert!(marks.line(b"kept=1"));
        assert!(marks.line(b"frame:1    pts:NOPTS   pts_time:NOPTS"));
        assert!(marks.line(b"seen=1"));
        assert!(!marks.line(b"kept=1"));
        assert!(!marks.line(b"[h264 @ 0x5] error while decoding"));
        assert!(!marks.line(b"\xff"));
        assert_eq!(marks.seen, [-0.02, -0.02]);
        assert_eq!(marks.kept, [-0.02]);
        assert_eq!(marks.frame_rate(), None);
    }

    #[test]
    fn what_is_decoded_is_held_against_the_limits() {
        let limits = ClipLimits {
            frames: 3,
            ..ClipLimits::default()
        };
        let mut marks = Marks::default();
        for at in [0, 1, 2] {
            marks.line(format!("frame:0 pts:{at}000000 pts_time:{at}").as_bytes());
            marks.line(b"seen=1");
            assert_eq!(marks.check(&limits), Ok(()));
        }
        assert_eq!(marks.frame_rate(), Some(1.0));
        marks.line(b"frame:0 pts:3 pts_time:0");
        marks.line(b"seen=1");
        assert_eq!(
            marks.check(&limits),
            Err(VideoError::TooManyFrames { limit: 3 })
        );
        let mut long = Marks::default();
        for line in [
            "frame:0 pts:0 x",
            "seen=1",
            "frame:1 pts:11000000 x",
            "seen=1",
        ] {
            long.line(line.as_bytes());
        }
        assert!(matches!(
            long.check(&ClipLimits::default()),
            Err(VideoError::TooLong {
                by: DurationBy::Content,
                ..
            })
        ));
    }
}
