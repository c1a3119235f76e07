//! Where the tools and the programs in front of them are.

use std::path::{Path, PathBuf};

use crate::VideoError;
use crate::confine::Launcher;
use crate::tools::Tool;

/// A tool at a path, or in `PATH`.
pub(crate) fn locate(name: &'static str, path: Option<&Path>) -> Result<Tool, VideoError> {
    let found = match path {
        Some(path) => path.canonicalize().ok(),
        None => in_path(name),
    };
    match found {
        Some(path) => Ok(Tool { name, path }),
        None => Err(VideoError::ToolMissing {
            tool: path.map_or_else(|| name.to_owned(), |path| path.display().to_string()),
        }),
    }
}

/// The real path of a program in `PATH`, or in the places where Debian has it.
fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/bin", "/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .and_then(|file| file.canonicalize().ok())
}

/// From all layers to none.
pub(crate) fn launchers(ffmpeg: &Tool, ffprobe: &Tool, confine: bool) -> Vec<Launcher> {
    let prlimit = in_path("prlimit");
    let setpriv = in_path("setpriv");
    let programs = [
        Some(&ffmpeg.path),
        Some(&ffprobe.path),
        prlimit.as_ref(),
        setpriv.as_ref(),
    ];
    let programs = programs.into_iter().flatten().cloned().collect();
    let mut launcher = Launcher {
        landlock: confine,
        seccomp: confine,
        drop_capabilities: setpriv.is_some() && rustix::process::geteuid().is_root(),
        prlimit,
        setpriv,
        programs,
    };
    let mut all = vec![launcher.clone()];
    let steps: [fn(&mut Launcher); 5] = [
        |l| l.drop_capabilities = false,
        |l| l.setpriv = None,
        |l| l.seccomp = false,
        |l| l.landlock = false,
        |l| l.prlimit = None,
    ];
    for without in steps {
        without(&mut launcher);
        all.push(launcher.clone());
    }
    all
}
