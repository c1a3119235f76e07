//! What a tool said and how it ended, made into one answer.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::text::tool_line;
use crate::{ClipLimits, SlowBy, VideoError};

/// Standard error of a tool, of which only what decides is kept.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Bytes so far.
    pub(crate) bytes: u64,
    /// Lines that nobody took.
    pub(crate) complaints: u32,
    first: Option<String>,
    out_of_memory: bool,
    too_many_tracks: bool,
    foreign_codec: Option<String>,
    line: Vec<u8>,
}

/// Longest line that is looked at; the rest of a longer one is dropped.
const LINE_BYTES: usize = 512;

impl Log {
    /// Takes a piece and gives each whole line to `take`.
    pub(crate) fn take(&mut self, piece: &[u8], take: &mut dyn FnMut(&[u8]) -> bool) {
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        for &byte in piece {
            if byte != b'\n' {
                if self.line.len() < LINE_BYTES {
                    self.line.push(byte);
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            if !take(&line) && !line.is_empty() {
                self.note(&line);
            }
        }
    }

    fn note(&mut self, line: &[u8]) {
        self.complaints = self.complaints.saturating_add(1);
        let line = tool_line(line);
        self.out_of_memory |= [
            "annot allocate memory",
            "ailed to allocate",
            "failed to map segment",
        ]
        .iter()
        .any(|words| line.contains(words));
        self.too_many_tracks |= line.contains("max_streams");
        if line.contains("not on whitelist") {
            let name = line.split(['(', ')']).nth(1).unwrap_or("an unknown codec");
            self.foreign_codec.get_or_insert_with(|| name.to_owned());
        }
        self.first.get_or_insert(line);
    }
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) tool: &'static str,
    pub(crate) status: ExitStatus,
    pub(crate) memory_bytes: u64,
    pub(crate) cpu: Duration,
    pub(crate) complaints: u32,
    pub(crate) log: Log,
}

/// Exit codes of the programs in front: the tool could not be run, or is not there.
const NOT_RUN: [i32; 2] = [126, 127];

impl Ended {
    /// An error unless it ended well; complaints alone are none, save those that name a limit.
    pub(crate) fn into_result(self, limits: &ClipLimits) -> Result<(), VideoError> {
        if let Some(signal) = self.status.signal() {
            return Err(self.by_signal(signal));
        }
        if self.status.success() && !self.log.out_of_memory {
            return Ok(());
        }
        if self.log.out_of_memory {
            return Err(self.too_much_memory());
        }
        if self.log.too_many_tracks {
            return Err(VideoError::TooManyTracks {
                limit: limits.tracks,
            });
        }
        if let Some(codec) = self.log.foreign_codec {
            return Err(VideoError::CodecNotAccepted { codec });
        }
        let detail = self
            .log
            .first
            .unwrap_or_else(|| format!("{} gave up without a reason ({})", self.tool, self.status));
        if self
            .status
            .code()
            .is_some_and(|code| NOT_RUN.contains(&code))
        {
            return Err(VideoError::ToolUnusable {
                tool: self.tool.to_owned(),
                detail,
            });
        }
        Err(VideoError::Damaged { detail })
    }

    fn by_signal(&self, signal: i32) -> VideoError {
        match signal {
            libc::SIGXCPU => VideoError::TooSlow {
                tool: self.tool,
                by: SlowBy::Cpu,
                limit: self.cpu,
            },
            // A decoder that got no memory may end in any of these.
            _ if self.log.out_of_memory => self.too_much_memory(),
            libc::SIGSEGV
            | libc::SIGBUS
            | libc::SIGABRT
            | libc::SIGILL
            | libc::SIGFPE
            | libc::SIGTRAP
            | libc::SIGSYS
            | libc::SIGXFSZ => VideoError::DecoderCrashed { signal },
            _ => VideoError::Killed {
                tool: self.tool,
                signal,
            },
        }
    }

    fn too_much_memory(&self) -> VideoError {
        VideoError::TooMuchMemory {
            tool: self.tool,
            limit_bytes: self.memory_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(status: i32, log: &[u8]) -> VideoError {
        let mut ended = Ended {
            tool: "ffmpeg",
            status: ExitStatus::from_raw(status),
            memory_bytes: 1,
            cpu: Duration::from_secs(1),
            complaints: 0,
            log: Log::default(),
        };
        ended.log.take(log, &mut |_| false);
        ended.into_result(&ClipLimits::default()).unwrap_err()
    }

    #[test]
    fn each_end_has_its_error() {
        let line = b"[mov @ 0x5] moov atom\x1b not found\nsecond\n";
        assert_eq!(
            ended(1 << 8, line).to_string(),
            "the clip is damaged: [mov @ 0x5] moov atom  not found"
        );
        let codec = b"[x] Codec (mpeg4) not on whitelist 'h264'\n";
        assert_eq!(
            ended(1 << 8, codec),
            VideoError::CodecNotAccepted {
                codec: "mpeg4".to_owned()
            }
        );
        assert!(matches!(
            ended(127 << 8, b""),
            VideoError::ToolUnusable { .. }
        ));
        assert!(matches!(
            ended(9, b""),
            VideoError::Killed { signal: 9, .. }
        ));
        assert!(matches!(
            ended(11, b""),
            VideoError::DecoderCrashed { signal: 11 }
        ));
        assert!(matches!(
            ended(24, b""),
            VideoError::TooSlow {
                by: SlowBy::Cpu,
                ..
            }
        ));
        let memory = b"x: Cannot allocate memory\n[raw] Failed to allocate packet\n";
        assert!(matches!(ended(0, memory), VideoError::TooMuchMemory { .. }));
        assert!(matches!(ended(6, memory), VideoError::TooMuchMemory { .. }));
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let mut log = Log::default();
        let mut lines = Vec::new();
        log.take(&[b'x'; 100_000], &mut |_| true);
        log.take(b"\nshort\n", &mut |line| {
            lines.push(line.len());
            true
        });
        assert_eq!(lines, [LINE_BYTES, 5]);
        assert_eq!((log.bytes, log.complaints), (100_007, 0));
    }
}
