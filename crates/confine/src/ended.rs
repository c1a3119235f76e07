//! What a tool said and how it ended, made into one answer.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::text::tool_line;
use crate::{ChildError, SlowBy};

/// Standard error of a tool, of which only what decides is kept.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Bytes so far.
    pub(crate) bytes: u64,
    /// Lines that nobody took.
    pub(crate) complaints: u32,
    first: Option<String>,
    out_of_memory: bool,
    words: &'static [&'static str],
    said: BTreeMap<&'static str, String>,
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

    pub(crate) fn listen_for(&mut self, words: &'static [&'static str]) {
        self.words = words;
    }

    fn note(&mut self, line: &[u8]) {
        self.complaints = self.complaints.saturating_add(1);
        let line = tool_line(line);
        self.out_of_memory |= [
            "annot allocate memory",
            "ailed to allocate",
            "failed to map segment",
            // What libavcodec says where there was no memory for a picture.
            "get_buffer() failed",
        ]
        .iter()
        .any(|words| line.contains(words));
        for word in self.words {
            if line.contains(word) {
                self.said.entry(word).or_insert_with(|| line.clone());
            }
        }
        self.first.get_or_insert(line);
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub(crate) tool: &'static str,
    pub(crate) status: ExitStatus,
    pub(crate) memory_bytes: u64,
    pub(crate) cpu: Duration,
    pub(crate) log: Log,
}

/// Exit codes of the programs in front: the tool could not be run, or is not there.
const NOT_RUN: [i32; 2] = [126, 127];

impl Ended {
    /// Lines of the tool that nobody took.
    pub fn complaints(&self) -> u32 {
        self.log.complaints
    }

    /// The first complaint with this word, one of those that were
    /// [listened for](crate::Running::listening_for).
    pub fn said(&self, word: &str) -> Option<&str> {
        self.log.said.get(word).map(String::as_str)
    }

    /// An error unless it ended well; complaints alone are none, save that memory ran out.
    ///
    /// # Errors
    /// [`ChildError::Failed`] where the tool says that it failed; what its signal tells otherwise.
    pub fn result(&self) -> Result<(), ChildError> {
        if let Some(signal) = self.status.signal() {
            return Err(self.by_signal(signal));
        }
        if self.log.out_of_memory {
            return Err(self.too_much_memory());
        }
        if self.status.success() {
            return Ok(());
        }
        let detail = self.log.first.clone();
        let detail = detail
            .unwrap_or_else(|| format!("{} gave up without a reason ({})", self.tool, self.status));
        let code = self.status.code();
        Err(match code.is_some_and(|code| NOT_RUN.contains(&code)) {
            true => ChildError::Unusable {
                tool: self.tool.to_owned(),
                detail,
            },
            false => ChildError::Failed {
                tool: self.tool,
                detail,
            },
        })
    }

    fn by_signal(&self, signal: i32) -> ChildError {
        match signal {
            libc::SIGXCPU => ChildError::TooSlow {
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
            | libc::SIGXFSZ => ChildError::Crashed {
                tool: self.tool,
                signal,
            },
            _ => ChildError::Killed {
                tool: self.tool,
                signal,
            },
        }
    }

    fn too_much_memory(&self) -> ChildError {
        ChildError::TooMuchMemory {
            tool: self.tool,
            limit_bytes: self.memory_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(status: i32, log: &[u8]) -> Ended {
        let mut ended = Ended {
            tool: "tool",
            status: ExitStatus::from_raw(status),
            memory_bytes: 1,
            cpu: Duration::from_secs(1),
            log: Log::default(),
        };
        ended.log.listen_for(&["moov", "never"]);
        ended.log.take(log, &mut |_| false);
        ended
    }

    fn error(status: i32, log: &[u8]) -> ChildError {
        ended(status, log).result().unwrap_err()
    }

    #[test]
    fn each_end_has_its_error() {
        let lines = b"[mov @ 0x5] moov atom\x1b not found\nsecond moov\n";
        assert_eq!(
            error(1 << 8, lines).to_string(),
            "tool gave up: [mov @ 0x5] moov atom  not found"
        );
        assert!(matches!(error(127 << 8, b""), ChildError::Unusable { .. }));
        assert!(matches!(
            error(9, b""),
            ChildError::Killed { signal: 9, .. }
        ));
        assert!(matches!(
            error(11, b""),
            ChildError::Crashed { signal: 11, .. }
        ));
        assert!(matches!(
            error(24, b""),
            ChildError::TooSlow {
                by: SlowBy::Cpu,
                ..
            }
        ));
        let memory = b"x: Cannot allocate memory\n[raw] Failed to allocate packet\n";
        assert!(matches!(error(0, memory), ChildError::TooMuchMemory { .. }));
        assert!(matches!(error(6, memory), ChildError::TooMuchMemory { .. }));
        assert_eq!(ended(0, lines).result(), Ok(()));
    }

    #[test]
    fn words_that_were_listened_for_are_kept_with_their_first_line() {
        let ended = ended(0, b"other\na moov\nanother moov\n");
        assert_eq!(ended.said("moov"), Some("a moov"));
        assert_eq!(ended.said("never"), None);
        assert_eq!(ended.complaints(), 3);
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
