//! What the operator decides, and the limits of the edge.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use lifesign_contracts::Contract;

use serde::Serialize;

/// Settings of the server.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Folder for what the server keeps; made at start if it is missing.
    pub data: PathBuf,
    /// Profile of requests that name none.
    pub profile: String,
    /// Checks that run at the same time, at least 1; one a core is right.
    pub workers: usize,
    /// Checks that may wait for a worker; one more is answered 503 at once.
    pub queue: usize,
    /// Active sessions that are captured at the same time, 0 for what the workers can serve; one more is
    /// told that the server is busy.
    pub captures: usize,
    /// Numbers that decide about active sessions.
    pub session_calibration: lifesign_session::Calibration,
    /// Longest time from a complete body to the answer.
    pub request_timeout: Duration,
    /// How long to go on accepting after the order to stop, already answering `/readyz` with 503 and closing each
    /// connection behind its answer, so that whoever sends requests here turns elsewhere in time.
    pub drain_delay: Duration,
    /// Longest time to finish what is in flight after the order to stop.
    pub drain_timeout: Duration,
    /// Limits of images.
    pub limits: lifesign_media::Limits,
    /// Shortest side in pixels of a clip where a contract says none.
    pub clip_min_side: u32,
    /// Address of the database, `sqlite:PATH` or `postgres://…`; empty for a file in `data`.
    pub database: String,
    /// File with the data key; empty for the environment's or one made in `data`.
    pub data_key_file: PathBuf,
    /// Where callers and persons reach this server, for instance `https://id.example.com`; empty for what it
    /// listens on.
    pub public_url: String,
    /// Certificate and key, where the server speaks TLS itself.
    pub tls: Option<TlsFiles>,
    /// Proxies whose word on where a request comes from (`x-forwarded-for`) is taken.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Requests a minute of a credential that has no rate of its own.
    pub rate_per_minute: u32,
    /// Bytes that open galleries take in memory, about; also the largest gallery.
    pub gallery_memory_bytes: usize,
    /// How URLs that callers give are fetched; the size limit is that of images.
    pub fetch: lifesign_net::Policy,
    /// What the console shows as settings in force; a secret has no place here.
    pub settings: Vec<Setting>,
}

/// Files in PEM form.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// Certificate, then those of its issuers.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// One line of the settings in force, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its key.
    pub key: String,
    /// Its value, without passwords.
    pub value: String,
    /// Where the value comes from.
    pub source: String,
    /// What it does.
    pub meaning: String,
}

impl ServerConfig {
    /// Where the store is.
    pub fn database(&self) -> String {
        if self.database.is_empty() {
            format!("sqlite:{}", self.data.join("lifesign.db").display())
        } else {
            self.database.clone()
        }
    }

    /// Where a server that listens on `address` is reached from its own machine or network.
    pub(crate) fn own_url(&self, address: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        match address.ip().is_unspecified() {
            true => format!("{scheme}://localhost:{}", address.port()),
            false => format!("{scheme}://{address}"),
        }
    }

    /// Largest body in bytes of a path of a contract.
    pub(crate) fn body_limit(&self, contract: &dyn Contract, path: &str) -> usize {
        contract
            .body_bytes(path)
            .unwrap_or_else(|| self.image_body_limit())
    }

    /// Largest body in bytes: an image of the largest size as base64 (4/3) with line breaks and
    /// JSON escapes, or in a form.
    pub(crate) fn image_body_limit(&self) -> usize {
        const FORM_OVERHEAD: usize = 64 * 1024;
        self.limits.file_bytes / 2 * 3 + FORM_OVERHEAD
    }
}

/// Limits against slow, many or greedy clients. The defaults suit the open internet.
#[derive(Clone, Debug)]
pub struct EdgeLimits {
    /// Longest wait for the head of a request, also between two requests of a connection.
    pub head_timeout: Duration,
    /// Longest pause while a body arrives.
    pub body_pause: Duration,
    /// Longest time for a whole body.
    pub body_timeout: Duration,
    /// Bytes of all bodies held at the same time.
    pub bodies_bytes: usize,
    /// Connections at the same time; more wait in the kernel's backlog.
    pub connections: usize,
    /// Longest head of a request in bytes.
    pub head_bytes: usize,
    /// Most headers of a request.
    pub headers: usize,
}

impl Default for EdgeLimits {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(30),
            body_pause: Duration::from_secs(15),
            body_timeout: Duration::from_secs(120),
            bodies_bytes: 512 * 1024 * 1024,
            connections: 1024,
            head_bytes: 32 * 1024,
            headers: 64,
        }
    }
}
