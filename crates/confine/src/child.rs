//! Runs one tool over one input: started confined, read with a clock beside it, always reaped.

use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ChildStderr, ChildStdout, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use crate::ended::{Ended, Log};
use crate::find::Tool;
use crate::layers::{Active, Launcher};
use crate::start::{failed_start, spawn};
use crate::{ChildError, SlowBy};

/// What one run may cost.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Time that is spent waiting for it in all.
    pub wall: Duration,
    /// Time on a processor.
    pub cpu: Duration,
    /// Private memory.
    pub memory_bytes: u64,
    /// Standard output.
    pub output_bytes: u64,
}

/// What a wait brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many bytes of output.
    Output(usize),
    /// Lines, or nothing yet.
    Nothing,
    /// Nothing more will come.
    End,
}

/// Most text on standard error: the times of 1300 frames that ffmpeg tells take 0.2 MiB.
const LOG_BYTES: u64 = 8 * 1024 * 1024;

/// Room in the pipe for about one frame of video, so that both sides work at the same time.
const PIPE_BYTES: usize = 1024 * 1024;

/// A tool at work. Dropping it kills and reaps it.
#[derive(Debug)]
pub struct Running {
    tool: &'static str,
    child: Child,
    group: Option<Pid>,
    reaped: bool,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    log: Log,
    bounds: Bounds,
    waited: Duration,
    output_bytes: u64,
    active: Active,
    /// The thread that started the child ends with this: the child is told to die with it.
    _starter: mpsc::Sender<()>,
}

impl Running {
    /// Starts `tool` with `input` as its standard input.
    ///
    /// # Errors
    /// [`ChildError::Missing`], [`ChildError::Unusable`], [`ChildError::Internal`].
    pub fn start(
        launcher: &Launcher,
        tool: &Tool,
        args: &[String],
        input: BorrowedFd<'_>,
        bounds: Bounds,
    ) -> Result<Self, ChildError> {
        let failed = |error: &std::io::Error| failed_start(tool, error);
        let input = input.try_clone_to_owned().map_err(|e| failed(&e))?;
        let mut command = launcher.command(&tool.path, args, &bounds);
        command
            .stdin(Stdio::from(input))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let (mut child, active, starter) =
            spawn(launcher.clone(), command).map_err(|e| failed(&e))?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        if let Some(stdout) = &stdout {
            // A smaller pipe works too, only slower.
            let _ = rustix::pipe::fcntl_setpipe_size(stdout, PIPE_BYTES);
        }
        let running = Self {
            tool: tool.name,
            child,
            group,
            reaped: false,
            stdout,
            stderr,
            log: Log::default(),
            bounds,
            waited: Duration::ZERO,
            output_bytes: 0,
            active,
            _starter: starter,
        };
        launcher
            .limit_late(group, &running.bounds)
            .map_err(|e| failed(&e))?;
        Ok(running)
    }

    /// Waits until something comes. Output goes to the beginning of `room`; without room only
    /// lines are read. `take` gets each line and tells whether it was its own; what is left is the
    /// tool's complaints.
    ///
    /// # Errors
    /// [`ChildError::TooSlow`], [`ChildError::TooMuchOutput`], [`ChildError::Internal`].
    pub fn step(
        &mut self,
        room: &mut [u8],
        take: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Step, ChildError> {
        let started = Instant::now();
        let step = self.wait_and_read(room, take);
        self.waited += started.elapsed();
        step
    }

    fn wait_and_read(
        &mut self,
        room: &mut [u8],
        take: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Step, ChildError> {
        let (output, lines) = self.poll(!room.is_empty())?;
        // Lines first: the time of a frame is there before the frame.
        if lines {
            return self.read_lines(take);
        }
        if output {
            return self.read_output(room);
        }
        let more_comes = self.stderr.is_some() || (self.stdout.is_some() && !room.is_empty());
        Ok(if more_comes { Step::Nothing } else { Step::End })
    }

    /// Is there something to read, (output, lines)? Waits as long as the clock allows.
    fn poll(&self, with_output: bool) -> Result<(bool, bool), ChildError> {
        let left = self.time_left()?;
        let lines = self.stderr.as_ref().map(AsFd::as_fd);
        let output = self
            .stdout
            .as_ref()
            .map(AsFd::as_fd)
            .filter(|_| with_output);
        let watched = lines.iter().chain(&output);
        let mut fds: Vec<_> = watched.map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        if fds.is_empty() {
            return Ok((false, false));
        }
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        match rustix::event::poll(&mut fds, Some(&timeout)) {
            Ok(0) => return Err(self.too_slow()),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(self.internal(&error.into())),
        }
        let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
        let lines = lines.is_some() && ready.next() == Some(true);
        let output = output.is_some() && ready.next() == Some(true);
        Ok((output, lines))
    }

    fn read_lines(&mut self, take: &mut dyn FnMut(&[u8]) -> bool) -> Result<Step, ChildError> {
        let mut piece = [0; 8192];
        let count = match &mut self.stderr {
            Some(stderr) => stderr.read(&mut piece),
            None => Ok(0),
        };
        match count {
            Ok(0) => self.stderr = None,
            Ok(count) => self.log.take(piece.get(..count).unwrap_or_default(), take),
            Err(error) => return Err(self.internal(&error)),
        }
        if self.log.bytes > LOG_BYTES {
            return Err(self.too_much_output(LOG_BYTES));
        }
        Ok(Step::Nothing)
    }

    fn read_output(&mut self, room: &mut [u8]) -> Result<Step, ChildError> {
        let count = match &mut self.stdout {
            Some(stdout) => stdout.read(room),
            None => Ok(0),
        };
        let count = count.map_err(|error| self.internal(&error))?;
        if count == 0 {
            self.stdout = None;
            return Ok(Step::Nothing);
        }
        self.output_bytes = self.output_bytes.saturating_add(count as u64);
        if self.output_bytes > self.bounds.output_bytes {
            return Err(self.too_much_output(self.bounds.output_bytes));
        }
        Ok(Step::Output(count))
    }

    /// Lines of the tool that nobody took.
    pub fn complaints(&self) -> u32 {
        self.log.complaints
    }

    /// What holds the child.
    pub fn active(&self) -> &Active {
        &self.active
    }

    /// Keeps the first complaint that holds each of these words, for [`Ended::said`].
    pub fn listening_for(mut self, words: &'static [&'static str]) -> Self {
        self.log.listen_for(words);
        self
    }

    /// All of its output, and how it ended.
    ///
    /// # Errors
    /// As [`Running::step`].
    pub fn read_all(mut self) -> Result<(Vec<u8>, Ended), ChildError> {
        let mut output = Vec::new();
        let mut piece = vec![0; 64 * 1024];
        loop {
            match self.step(&mut piece, &mut |_| false)? {
                Step::Output(count) => {
                    output.extend_from_slice(piece.get(..count).unwrap_or_default());
                }
                Step::Nothing => {}
                Step::End => break,
            }
        }
        Ok((output, self.finish()?))
    }

    /// Waits for its end, after [`Step::End`].
    ///
    /// # Errors
    /// [`ChildError::TooSlow`], [`ChildError::Internal`].
    pub fn finish(mut self) -> Result<Ended, ChildError> {
        let started = Instant::now();
        let already = self.waited;
        let mut pause = Duration::from_micros(200);
        while !self.has_ended() {
            self.waited = already + started.elapsed();
            self.time_left()?;
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(10));
        }
        let status = self.reap().map_err(|error| self.internal(&error))?;
        Ok(Ended {
            tool: self.tool,
            status,
            memory_bytes: self.bounds.memory_bytes,
            cpu: self.bounds.cpu,
            log: std::mem::take(&mut self.log),
        })
    }

    /// Looks without reaping, so that the id of the process group stays ours until it was killed.
    fn has_ended(&self) -> bool {
        let Some(pid) = self.group else { return true };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        !matches!(rustix::process::waitid(WaitId::Pid(pid), options), Ok(None))
    }

    /// Kills whatever is left of the group, then takes the status of its first process.
    fn reap(&mut self) -> std::io::Result<ExitStatus> {
        if !self.reaped {
            if let Some(group) = self.group {
                let _ = rustix::process::kill_process_group(group, Signal::KILL);
            }
            let _ = self.child.kill();
        }
        self.reaped = true;
        self.child.wait()
    }

    fn time_left(&self) -> Result<Duration, ChildError> {
        self.bounds
            .wall
            .checked_sub(self.waited)
            .filter(|left| !left.is_zero())
            .ok_or_else(|| self.too_slow())
    }

    fn too_slow(&self) -> ChildError {
        ChildError::TooSlow {
            tool: self.tool,
            by: SlowBy::Wall,
            limit: self.bounds.wall,
        }
    }

    fn too_much_output(&self, limit_bytes: u64) -> ChildError {
        ChildError::TooMuchOutput {
            tool: self.tool,
            limit_bytes,
        }
    }

    fn internal(&self, error: &std::io::Error) -> ChildError {
        ChildError::Internal {
            tool: self.tool,
            detail: error.to_string(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = self.reap();
        }
    }
}
