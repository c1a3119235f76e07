//! Streams the frames of a clip.

use std::ops::ControlFlow;
use std::os::fd::AsFd;

use lifesign_confine::Step;
use lifesign_media::Frame;

use crate::ended::checked;
use crate::marks::{self, Marks};
use crate::{Clip, ClipFacts, VideoError};

/// Which frames, and how large.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Longer side of the frames in pixels; larger pictures are scaled down once, smaller ones
    /// stay, and 0 keeps all as they are. Default: 640.
    pub longer_side: u32,
    /// Most frames a second that are delivered: the first of each interval, with its own time.
    /// `None` delivers all. Default: `None`.
    pub frames_per_second: Option<f64>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            longer_side: 640,
            frames_per_second: None,
        }
    }
}

/// One frame.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipFrame {
    /// Counts the frames that are delivered, from 0.
    pub index: u32,
    /// When it is shown, in seconds of the clip's own clock, as its container says.
    pub at_s: f64,
    /// Upright RGB pixels.
    pub frame: Frame,
}

/// What was learnt by decoding.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// Frames that were delivered.
    pub frames: u32,
    /// When each decoded frame is shown, delivered or not, in the order of decoding's output.
    /// Up to here only, where the receiver stopped.
    pub frame_times_s: Vec<f64>,
    /// Frames a second by these times.
    pub measured_frame_rate: Option<f64>,
    /// Complaints of the decoder; sound clips have none.
    pub complaints: u32,
    /// Did the receiver ask to stop?
    pub stopped: bool,
}

/// Share of the packets that must have become pictures: encoders of VP8 hide some of theirs, and
/// an edit list cuts the ends off, but half a clip is not evidence.
const SHARE_DECODED: f64 = 0.5;

impl Clip<'_> {
    /// Decodes the clip and hands frame after frame to `sink`, which may stop it. Blocks; while
    /// `sink` works, the decoder waits as soon as the pipe is full, so that memory stays bounded.
    ///
    /// # Errors
    /// What only decoding tells: damage, or more of anything than the limits allow whatever the
    /// header claims. Frames may have been delivered before.
    pub fn decode(
        &self,
        wanted: &Wanted,
        sink: &mut dyn FnMut(ClipFrame) -> ControlFlow<()>,
    ) -> Result<Decoded, VideoError> {
        let (width, height) = self.facts.scaled(wanted.longer_side);
        let frame_bytes = width as usize * height as usize * 3;
        let all_bytes = (frame_bytes as u64).saturating_mul(u64::from(self.limits.frames) + 1);
        let bounds = self.limits.bounds(all_bytes);
        let tools = self.tools;
        let args = self.frame_args(wanted, width, height);
        let mut running = tools.run(tools.ffmpeg(), &args, self.file.as_fd(), bounds)?;
        let mut marks = Marks::default();
        let mut pixels = vec![0; frame_bytes];
        let mut filled = 0;
        let mut delivered = 0;
        loop {
            if filled == frame_bytes
                && let Some(at_s) = marks.kept.pop_front()
            {
                let full = std::mem::replace(&mut pixels, vec![0; frame_bytes]);
                filled = 0;
                let frame = clip_frame(delivered, at_s, width, height, full)?;
                delivered += 1;
                if sink(frame).is_break() {
                    return Ok(decoded(marks, delivered, running.complaints(), true));
                }
                continue;
            }
            // A whole frame whose mark is still on its way leaves no room: only marks are read.
            let room = pixels.get_mut(filled..).unwrap_or_default();
            match running.step(room, &mut |line| marks.line(line))? {
                Step::Output(bytes) => filled += bytes,
                Step::Nothing => marks.check(&self.limits)?,
                Step::End => break,
            }
        }
        let ended = running.finish()?;
        checked(&ended, &self.limits)?;
        self.check_enough(&marks, delivered)?;
        Ok(decoded(marks, delivered, ended.complaints(), false))
    }

    fn frame_args(&self, wanted: &Wanted, width: u32, height: u32) -> Vec<String> {
        let limits = &self.limits;
        let mut args = self.tools.decode_args(self.facts.container, limits);
        args.extend(["-map".to_owned(), format!("0:{}", self.selected.video)]);
        args.extend(["-an", "-sn", "-dn"].map(str::to_owned));
        args.extend(self.tools.keep_times().map(str::to_owned));
        args.extend([
            "-enc_time_base".to_owned(),
            marks::TIME_BASE.replace('/', ":"),
        ]);
        let filters = filters(&self.facts, wanted, width, height);
        // Only a belt: what passes these bounds is refused when it arrives.
        let frames = limits.frames.saturating_add(1).to_string();
        let seconds = format!("{:.3}", limits.longest_s() + 1.0);
        args.extend(["-vf", &filters, "-frames:v", &frames, "-t", &seconds].map(str::to_owned));
        args.extend(
            [
                "-threads", "1", "-c:v", "rawvideo", "-f", "rawvideo", "pipe:1",
            ]
            .map(str::to_owned),
        );
        args
    }

    fn check_enough(&self, marks: &Marks, delivered: u32) -> Result<(), VideoError> {
        let seen = marks.seen.len() as f64;
        if delivered == 0 || seen < f64::from(self.facts.packets) * SHARE_DECODED {
            return Err(VideoError::damaged(format!(
                "{seen} of its {} frames could be decoded",
                self.facts.packets
            )));
        }
        marks
            .frame_rate()
            .map_or(Ok(()), |rate| self.limits.check_frame_rate(rate))
    }
}

/// From what the decoder puts out to upright RGB of exactly `width` x `height`, whatever the
/// stream turns into on its way.
fn filters(facts: &ClipFacts, wanted: &Wanted, width: u32, height: u32) -> String {
    let choose = match wanted.frames_per_second {
        // The first frame of each interval, so that the rate does not drift. A thousandth more, as
        // 0.2 s times 10 is a little less than 2 there.
        Some(rate) if rate > 0.0 => {
            let interval = |time: &str| format!("floor({time}*{rate:.3}+0.001)");
            format!(
                "select='isnan(prev_selected_t)+gt({}\\,{})',",
                interval("t"),
                interval("prev_selected_t")
            )
        }
        _ => String::new(),
    };
    // Turned by us, not by ffmpeg, whose versions differ in what they follow; and turned last,
    // because there is less to turn.
    let (stored, turn) = match facts.rotation_deg {
        90 => ((height, width), ",transpose=clock"),
        180 => ((width, height), ",hflip,vflip"),
        270 => ((height, width), ",transpose=cclock"),
        _ => ((width, height), ""),
    };
    format!(
        "{}scale={}:{}:flags=bicubic,setsar=1,format=rgb24{turn}",
        marks::filters(&choose),
        stored.0,
        stored.1,
    )
}

fn clip_frame(
    index: u32,
    at_s: f64,
    width: u32,
    height: u32,
    rgb: Vec<u8>,
) -> Result<ClipFrame, VideoError> {
    let frame = Frame::new(width, height, rgb)
        .ok_or_else(|| VideoError::damaged("its pictures have no pixels"))?;
    Ok(ClipFrame { index, at_s, frame })
}

fn decoded(marks: Marks, frames: u32, complaints: u32, stopped: bool) -> Decoded {
    Decoded {
        frames,
        measured_frame_rate: marks.frame_rate(),
        frame_times_s: marks.seen,
        complaints,
        stopped,
    }
}
