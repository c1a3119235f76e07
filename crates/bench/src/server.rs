//! A server under load: started as a child, or already there (a peer).

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::client::{Client, get};

/// How long a server may take to be ready.
const START: Duration = Duration::from_secs(60);
/// Between two questions whether it is ready: fine enough for a goal of 300 ms.
const PAUSE: Duration = Duration::from_millis(2);

/// `lifesign serve` on a free port of loopback with a data folder of its own; killed when dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to the first good answer of `/readyz`.
    pub ready_after: Duration,
    _data: tempfile::TempDir,
}

impl Server {
    /// Starts `binary` with `settings` (names of the environment and their values), and waits until it is ready.
    ///
    /// # Errors
    /// If it cannot be started, ends, or is not ready after a minute.
    pub fn start(binary: &Path, settings: &[(&str, String)]) -> Outcome<Self> {
        let data = tempfile::tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let since = Instant::now();
        let child = Command::new(binary)
            .args(["serve", "--listen", &address.to_string(), "--data"])
            .arg(data.path())
            .env("LIFESIGN_LOG_LEVEL", "error")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|e| format!("{} cannot be started: {e}", binary.display()))?;
        let mut server = Self {
            child,
            address,
            ready_after: Duration::ZERO,
            _data: data,
        };
        while since.elapsed() < START {
            if matches!(Client::new(address).ask(&get("/readyz")), Ok((200, _))) {
                server.ready_after = since.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended at its start: {status}").into());
            }
            std::thread::sleep(PAUSE);
        }
        Err("the server is not ready after a minute".into())
    }

    /// The most memory that the process has held so far, in megabytes.
    ///
    /// # Errors
    /// Where the kernel does not tell.
    pub fn peak_mb(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
            .ok_or("the kernel tells no peak of memory")?;
        Ok(peak.trim().parse::<f64>()? * 1024.0 / 1e6)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
