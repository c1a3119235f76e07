//! Finds ffmpeg and ffprobe, and tries once how tightly they can be held here.

use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::time::Duration;

use lifesign_confine::{Bounds, Confinement, Launcher, Running, Tool, tool_line};

use crate::codec::DECODERS;
use crate::ended::{TELLING, checked};
use crate::{Clip, ClipLimits, Container, VideoError, Wanted};

/// Where the tools are, and how they are to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolOptions {
    /// Path of ffmpeg; `None` looks in `PATH`.
    pub ffmpeg: Option<PathBuf>,
    /// Path of ffprobe; `None` looks in `PATH`.
    pub ffprobe: Option<PathBuf>,
    /// Use Landlock and seccomp where the kernel has them. Without, a tool may be a script.
    /// Default: `true`.
    pub confine: bool,
    /// Decode a small clip to see that everything works. Default: `true`.
    pub try_out: bool,
}

impl Default for ToolOptions {
    fn default() -> Self {
        Self {
            ffmpeg: None,
            ffprobe: None,
            confine: true,
            try_out: true,
        }
    }
}

/// The two programs, found and tried.
#[derive(Clone, Debug)]
pub struct Tools {
    ffmpeg: Tool,
    ffprobe: Tool,
    launcher: Launcher,
    version: String,
    confinement: Confinement,
}

/// Three frames of 64 x 64 pixels and a tone; made by tests/make_try_out.sh.
const TRY_OUT: &[u8] = include_bytes!("try_out.webm");

impl Tools {
    /// Finds both tools in `PATH`. Takes about half a second, so do it once.
    ///
    /// # Errors
    /// [`VideoError::ToolMissing`] and [`VideoError::ToolUnusable`].
    pub fn find() -> Result<Self, VideoError> {
        Self::open(&ToolOptions::default())
    }

    /// Finds both tools, and holds them by every layer that they work under: where one fails, they
    /// are tried without it, so that an odd machine loses a layer and not the service.
    /// [`confinement`](Self::confinement) tells which are left.
    ///
    /// # Errors
    /// [`VideoError::ToolMissing`] and [`VideoError::ToolUnusable`].
    pub fn open(options: &ToolOptions) -> Result<Self, VideoError> {
        let ffmpeg = Tool::locate("ffmpeg", options.ffmpeg.as_deref())?;
        let ffprobe = Tool::locate("ffprobe", options.ffprobe.as_deref())?;
        Launcher::all_layers(&[&ffmpeg, &ffprobe], options.confine).loosen_until(
            |launcher| Self::with(&ffmpeg, &ffprobe, launcher, options.try_out),
            is_passing,
        )
    }

    /// What `ffmpeg -version` says, such as `5.1.9-0+deb12u1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The layers that hold the tools.
    pub fn confinement(&self) -> &Confinement {
        &self.confinement
    }

    fn with(
        ffmpeg: &Tool,
        ffprobe: &Tool,
        launcher: &Launcher,
        try_out: bool,
    ) -> Result<Self, VideoError> {
        let (version, confinement) = version(ffmpeg, launcher)?;
        let tools = Self {
            ffmpeg: ffmpeg.clone(),
            ffprobe: ffprobe.clone(),
            launcher: launcher.clone(),
            version,
            confinement,
        };
        if try_out {
            tools.try_out()?;
        }
        Ok(tools)
    }

    /// Everything once, on a clip that is known.
    fn try_out(&self) -> Result<(), VideoError> {
        let failed = |what: &str, error: VideoError| match is_passing(&error) {
            true => error,
            false => self
                .ffmpeg
                .unusable(format!("a known clip {what}: {error}"))
                .into(),
        };
        let limits = ClipLimits {
            side_min: 1,
            wall: Duration::from_secs(60),
            ..ClipLimits::default()
        };
        let clip = Clip::open(self, TRY_OUT, &limits).map_err(|e| failed("is refused", e))?;
        // Side by side: a server waits for this before it is ready.
        let (decoded, sound) = std::thread::scope(|scope| {
            let sound = scope.spawn(|| clip.sound());
            let decoded = clip.decode(&Wanted::default(), &mut |_| ControlFlow::Continue(()));
            (decoded, sound.join())
        });
        let decoded = decoded.map_err(|e| failed("is not decoded", e))?;
        let sound = sound
            .map_err(|_| self.ffmpeg.unusable("trying it out panicked"))?
            .map_err(|e| failed("has no sound", e))?;
        if decoded.frames == 3 && sound.is_some_and(|sound| !sound.samples.is_empty()) {
            return Ok(());
        }
        let detail = "a known clip comes out incomplete";
        Err(self.ffmpeg.unusable(detail).into())
    }

    pub(crate) fn ffmpeg(&self) -> &Tool {
        &self.ffmpeg
    }

    pub(crate) fn ffprobe(&self) -> &Tool {
        &self.ffprobe
    }

    /// Starts one of them over the clip.
    pub(crate) fn run(
        &self,
        tool: &Tool,
        args: &[String],
        clip: BorrowedFd<'_>,
        bounds: Bounds,
    ) -> Result<Running, VideoError> {
        let running = Running::start(&self.launcher, tool, args, clip, bounds)?;
        Ok(running.listening_for(TELLING))
    }

    /// What both tools are told about the clip: where it is, the one demuxer, the decoders, and
    /// how much of it to look at.
    pub(crate) fn input_args(&self, container: Container, limits: &ClipLimits) -> Vec<String> {
        let mut args = vec![
            "-hide_banner".to_owned(),
            "-v".to_owned(),
            "error".to_owned(),
        ];
        let mut set = |name: &str, value: &str| args.extend([format!("-{name}"), value.to_owned()]);
        set("protocol_whitelist", "file");
        set("codec_whitelist", DECODERS);
        set("max_streams", &limits.tracks.to_string());
        set("max_pixels", &limits.coded_pixels().to_string());
        set("threads", &limits.threads.max(1).to_string());
        if container.demuxer() == "mov" {
            // No part of the clip may lie in another file.
            set("enable_drefs", "0");
            set("use_absolute_path", "0");
        }
        set("f", container.demuxer());
        set("i", "file:/proc/self/fd/0");
        args
    }

    /// The same for ffmpeg.
    pub(crate) fn decode_args(&self, container: Container, limits: &ClipLimits) -> Vec<String> {
        let mut args = ["-nostdin", "-filter_threads", "1", "-noautorotate"]
            .map(str::to_owned)
            .to_vec();
        args.extend(self.input_args(container, limits));
        args
    }

    /// Every frame as it comes, neither dropped nor doubled. The option was renamed in 5.1.
    pub(crate) fn keep_times(&self) -> [&'static str; 2] {
        match release(&self.version) {
            Some(release) if release < (5, 1) => ["-vsync", "passthrough"],
            _ => ["-fps_mode", "passthrough"],
        }
    }
}

/// Runs `ffmpeg -version`; tells also what held it.
fn version(ffmpeg: &Tool, launcher: &Launcher) -> Result<(String, Confinement), VideoError> {
    let nothing = std::fs::File::open("/dev/null")
        .map_err(|error| ffmpeg.unusable(format!("/dev/null: {error}")))?;
    let limits = ClipLimits {
        wall: Duration::from_secs(60),
        ..ClipLimits::default()
    };
    let bounds = limits.bounds(1024 * 1024);
    let args = ["-version".to_owned()];
    let running = Running::start(launcher, ffmpeg, &args, nothing.as_fd(), bounds)?;
    let confinement = launcher.confinement(running.active());
    let (text, ended) = running.read_all()?;
    checked(&ended, &limits).map_err(|error| match is_passing(&error) {
        true => error,
        false => ffmpeg.unusable(format!("-version fails: {error}")).into(),
    })?;
    let line = tool_line(text.split(|b| *b == b'\n').next().unwrap_or_default());
    let version = line
        .strip_prefix("ffmpeg version ")
        .and_then(|rest| rest.split(' ').next())
        .ok_or_else(|| ffmpeg.unusable("it does not say its version"))?;
    Ok((version.to_owned(), confinement))
}

/// Does it say more about this moment than about the tool?
fn is_passing(error: &VideoError) -> bool {
    matches!(
        error,
        VideoError::TooSlow { .. } | VideoError::Killed { .. } | VideoError::Internal { .. }
    )
}

/// Major and minor number; builds from the development tree have none.
fn release(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version
        .strip_prefix('n')
        .unwrap_or(version)
        .split(['.', '-', '+']);
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next().and_then(|n| n.parse().ok()).unwrap_or(0);
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read() {
        assert_eq!(release("5.1.9-0+deb12u1"), Some((5, 1)));
        assert_eq!(release("n7.1"), Some((7, 1)));
        assert_eq!(release("6-x"), Some((6, 0)));
        assert_eq!(release("N-109542-g0c1a"), None);
    }

    #[test]
    fn a_tool_that_is_not_there_is_named() {
        let options = ToolOptions {
            ffmpeg: Some(PathBuf::from("/nowhere/ffmpeg")),
            ..ToolOptions::default()
        };
        let error = Tools::open(&options).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("/nowhere/ffmpeg is not installed")
        );
    }
}
