//! How much of a clip is accepted and what decoding it may cost.

use std::time::Duration;

use lifesign_confine::Bounds;

use crate::{DurationBy, VideoError};

/// The largest clip that is accepted, and what the tools may spend on one.
///
/// What describes the clip is compared with the header and the packets before anything is decoded,
/// and with the frames as they come, so that a header that lies changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipLimits {
    /// Largest file in bytes. Default: 20 MiB (20,971,520), the larger reading of the "20 MB" of
    /// the video contract.
    pub file_bytes: usize,
    /// Longest clip in seconds. Default: 10.
    pub duration_s: f64,
    /// Seconds beyond `duration_s` that are let pass, because recorders stop late. Default: 0.5.
    pub duration_tolerance_s: f64,
    /// Shortest side in pixels of the upright picture. Default: 800.
    pub side_min: u32,
    /// Longest side in pixels. Default: 2000.
    pub side_max: u32,
    /// Most frames a second, measured over the clip. Default: 120.
    pub frame_rate: f64,
    /// Most frames in all. Default: 1300, which is `duration_s` and its tolerance at 120 a second,
    /// and some.
    pub frames: u32,
    /// Most tracks of any kind. Default: 32; phones add a handful of timed metadata.
    pub tracks: u32,
    /// Longest time that one run of a tool may keep its caller waiting. Default: 20 s. The time
    /// that the caller's own code takes for a frame does not count.
    pub wall: Duration,
    /// Most processor time of one run of a tool, in whole seconds. Default: 20 s.
    pub cpu: Duration,
    /// Most private memory of the child in bytes (`RLIMIT_DATA`; shared libraries come on top,
    /// about 40 MB that all children have in common). Default: 128 MiB, so that this process and the
    /// child stay under 300 MB together: enough for 2000 x 2000 pixels with some eight reference
    /// frames, where encoders write three or four of the 16 that H.264 knows.
    pub memory_bytes: u64,
    /// Threads of the decoder. Default: 1, so that parallel checks share the machine fairly and a
    /// clip's memory does not depend on the number of cores.
    pub threads: u32,
}

impl Default for ClipLimits {
    fn default() -> Self {
        Self {
            file_bytes: 20 * 1024 * 1024,
            duration_s: 10.0,
            duration_tolerance_s: 0.5,
            side_min: 800,
            side_max: 2000,
            frame_rate: 120.0,
            frames: 1300,
            tracks: 32,
            wall: Duration::from_secs(20),
            cpu: Duration::from_secs(20),
            memory_bytes: 128 * 1024 * 1024,
            threads: 1,
        }
    }
}

/// A frame rate counted over few frames is not exact; this share above the limit passes.
const RATE_TOLERANCE: f64 = 1.02;

impl ClipLimits {
    pub(crate) fn check_file(&self, size_bytes: usize) -> Result<(), VideoError> {
        if size_bytes == 0 {
            return Err(VideoError::Empty);
        }
        if size_bytes > self.file_bytes {
            return Err(VideoError::FileTooLarge {
                size_bytes,
                limit_bytes: self.file_bytes,
            });
        }
        Ok(())
    }

    pub(crate) fn check_duration(&self, seconds: f64, by: DurationBy) -> Result<(), VideoError> {
        // What is not a number is no duration that could be accepted.
        if seconds <= self.longest_s() {
            return Ok(());
        }
        Err(VideoError::TooLong {
            seconds,
            by,
            limit_s: self.duration_s,
        })
    }

    pub(crate) fn check_resolution(&self, width: u32, height: u32) -> Result<(), VideoError> {
        let shorter = width.min(height);
        let longer = width.max(height);
        if shorter >= self.side_min.max(1) && longer <= self.side_max {
            return Ok(());
        }
        Err(VideoError::Resolution {
            width,
            height,
            side_min: self.side_min,
            side_max: self.side_max,
        })
    }

    pub(crate) fn check_frame_rate(&self, rate: f64) -> Result<(), VideoError> {
        if rate <= self.frame_rate * RATE_TOLERANCE {
            return Ok(());
        }
        Err(VideoError::FrameRate {
            rate,
            limit: self.frame_rate,
        })
    }

    pub(crate) fn check_frames(&self, frames: usize) -> Result<(), VideoError> {
        if frames <= self.frames as usize {
            return Ok(());
        }
        Err(VideoError::TooManyFrames { limit: self.frames })
    }

    pub(crate) fn check_tracks(&self, tracks: u32) -> Result<(), VideoError> {
        if tracks <= self.tracks {
            return Ok(());
        }
        Err(VideoError::TooManyTracks { limit: self.tracks })
    }

    /// What one run of a tool may cost that puts out so many bytes at most.
    pub(crate) fn bounds(&self, output_bytes: u64) -> Bounds {
        Bounds {
            wall: self.wall,
            cpu: self.cpu,
            memory_bytes: self.memory_bytes,
            output_bytes,
        }
    }

    /// Seconds that are let pass.
    pub(crate) fn longest_s(&self) -> f64 {
        self.duration_s + self.duration_tolerance_s
    }

    /// Most pixels of a stored picture, for the decoder itself: codecs round sides up to blocks
    /// of at most 128 pixels.
    pub(crate) fn coded_pixels(&self) -> u64 {
        let side = u64::from(self.side_max.next_multiple_of(128));
        side * side
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_of_each_limit() {
        let limits = ClipLimits::default();
        assert_eq!(limits.check_file(0), Err(VideoError::Empty));
        assert!(limits.check_file(20_971_520).is_ok());
        assert!(limits.check_file(20_971_521).is_err());
        assert!(limits.check_duration(10.5, DurationBy::Header).is_ok());
        assert!(limits.check_duration(10.51, DurationBy::Header).is_err());
        assert!(limits.check_duration(f64::NAN, DurationBy::Header).is_err());
        assert!(limits.check_resolution(800, 2000).is_ok());
        assert!(limits.check_resolution(799, 800).is_err());
        assert!(limits.check_resolution(800, 2001).is_err());
        assert!(limits.check_resolution(0, 0).is_err());
        assert!(limits.check_frame_rate(120.1).is_ok());
        assert!(limits.check_frame_rate(f64::INFINITY).is_err());
        assert!(limits.check_frames(1301).is_err());
        assert!(limits.check_tracks(33).is_err());
    }
}
