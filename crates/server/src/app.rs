//! What every handler shares.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use lifesign_contracts::Contract;
use lifesign_net::Fetcher;
use lifesign_session::SessionJudge;
use tokio::sync::{Notify, Semaphore};
use tokio_rustls::TlsAcceptor;

use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::service::captures::Captures;
use crate::service::{Checker, ClipChecker, Galleries, Pool};
use crate::{EdgeLimits, ServeError, ServerConfig};

/// The server without its sockets.
pub struct App {
    pub(crate) config: ServerConfig,
    pub(crate) edge: EdgeLimits,
    pub(crate) contracts: Vec<&'static dyn Contract>,
    pub(crate) checker: Arc<dyn Checker>,
    pub(crate) pool: Pool,
    /// What judges clips; none where nothing decodes them.
    pub(crate) clips: Option<Arc<dyn ClipChecker>>,
    /// Clips have a queue of their own, so that they never starve images.
    pub(crate) clip_pool: Pool,
    /// What judges active sessions, once it is there.
    pub(crate) session_judge: OnceLock<SessionJudge>,
    pub(crate) captures: Captures,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) fetcher: Fetcher,
    pub(crate) memory: Memory,
    /// Faces that are searched.
    pub(crate) galleries: Galleries,
    /// Bytes of bodies that may still be held.
    pub(crate) bodies: Arc<Semaphore>,
    pub(crate) openapi: String,
    /// Where the server speaks TLS itself.
    pub(crate) tls: Option<TlsAcceptor>,
    /// Rings when a session has ended, so that its callback goes out at once.
    pub(crate) deliveries: Notify,
    /// What callers see, where the configuration does not say.
    own_url: OnceLock<String>,
    draining: AtomicBool,
}

impl App {
    /// Builds the server on what it remembers; nothing listens yet.
    ///
    /// # Errors
    /// If a setting is out of range, the default profile does not exist or a file for TLS cannot be used.
    pub fn new(
        config: ServerConfig,
        edge: EdgeLimits,
        checker: Arc<dyn Checker>,
        clips: Option<Arc<dyn ClipChecker>>,
        memory: Memory,
    ) -> Result<Arc<Self>, ServeError> {
        if config.workers == 0 {
            return Err(ServeError::Setting {
                key: "workers",
                value: config.workers.to_string(),
                accepted: "at least 1",
            });
        }
        let profiles = checker.profiles();
        if !profiles.contains(&config.profile) {
            return Err(ServeError::UnknownProfile {
                name: config.profile,
                known: profiles.join(", "),
            });
        }
        let contracts = lifesign_contracts::all();
        let metrics = Arc::new(Metrics::new()?);
        Ok(Arc::new(Self {
            clip_pool: Pool::new(
                config.workers.div_ceil(2),
                config.workers,
                Arc::clone(&metrics),
            ),
            clips,
            session_judge: OnceLock::new(),
            captures: Captures::new(config.captures, config.workers),
            pool: Pool::new(config.workers, config.queue, Arc::clone(&metrics)),
            bodies: Arc::new(Semaphore::new(edge.bodies_bytes)),
            galleries: Galleries::new(config.gallery_memory_bytes),
            openapi: crate::http::openapi::document(&contracts)?,
            tls: config.tls.as_ref().map(crate::tls::acceptor).transpose()?,
            deliveries: Notify::new(),
            own_url: OnceLock::new(),
            draining: AtomicBool::new(false),
            config,
            edge,
            contracts,
            checker,
            metrics,
            fetcher: Fetcher::default(),
            memory,
        }))
    }

    /// Where callers and persons reach this server, without a slash at the end.
    pub(crate) fn public_url(&self) -> &str {
        if self.config.public_url.is_empty() {
            self.own_url
                .get_or_init(|| self.config.own_url(self.config.listen))
        } else {
            self.config.public_url.trim_end_matches('/')
        }
    }

    /// Notes where the server listens, which may be a port that the system chose.
    pub(crate) fn listens_on(&self, address: SocketAddr) {
        let _ = self.own_url.set(self.config.own_url(address));
    }

    /// Lets active sessions be captured; without it every page is refused.
    pub fn capture_with(&self, judge: SessionJudge) {
        let _ = self.session_judge.set(judge);
    }

    /// Whether new work is welcome.
    pub(crate) fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed)
    }

    pub(crate) fn start_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}
