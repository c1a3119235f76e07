//! Starts a child that is confined from its first instruction.

use std::process::{Child, Command};
use std::sync::mpsc;

use crate::ChildError;
use crate::find::Tool;
use crate::layers::{Active, Launcher};

/// Starts the child from a thread that is confined first, because a thread's confinement is
/// inherited and this process must stay free. The thread then waits for the child's end.
pub(crate) fn spawn(
    launcher: Launcher,
    mut command: Command,
) -> std::io::Result<(Child, Active, mpsc::Sender<()>)> {
    let (starter, until) = mpsc::channel();
    let (answer, started) = mpsc::channel();
    std::thread::Builder::new()
        .name("confined-child".to_owned())
        .stack_size(256 * 1024)
        .spawn(move || {
            let result = launcher
                .confine_this_thread()
                .and_then(|active| Ok((command.spawn()?, active)));
            let _ = answer.send(result);
            let _: Result<(), _> = until.recv();
        })?;
    let (child, active) = started
        .recv()
        .map_err(|_| std::io::Error::other("the starting thread is gone"))??;
    Ok((child, active, starter))
}

/// Why a tool could not be started.
pub(crate) fn failed_start(tool: &Tool, error: &std::io::Error) -> ChildError {
    match error.kind() {
        std::io::ErrorKind::NotFound => ChildError::Missing {
            tool: tool.name.to_owned(),
        },
        std::io::ErrorKind::PermissionDenied => tool.unusable(error.to_string()),
        // No thread, process or descriptor was free: another moment may do.
        _ => ChildError::Internal {
            tool: tool.name,
            detail: error.to_string(),
        },
    }
}
