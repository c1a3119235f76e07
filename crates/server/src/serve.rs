//! Accepts connections, and drains them when told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use lifesign_engine::Engine;
use lifesign_session::{Calibration as SessionCalibration, SessionJudge};
use lifesign_speech::Recogniser;
use listenfd::ListenFd;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::service::{ClipChecker, EngineChecker, EngineClipChecker};
use crate::{App, EdgeLimits, Memory, Mode, Peer, ServeError, ServerConfig, jobs, router};

/// How long to wait after the system refused a connection (too many open files, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `engine` until `shutdown` resolves, then finishes what is in flight.
///
/// # Errors
/// If a setting is wrong or the address cannot be listened on.
pub async fn serve(
    config: ServerConfig,
    engine: Arc<Engine>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let listener = listen(config.listen).await?;
    let (clips, sessions) = tried_out(&engine, &config).await?;
    let checker = Arc::new(EngineChecker::new(engine, config.limits.clone()));
    let memory = Memory::open(&config).await?;
    if let (Mode::Development, Ok(address)) = (memory.mode(), listener.local_addr())
        && !address.ip().is_loopback()
    {
        return Err(ServeError::Open {
            address,
            data: config.data,
        });
    }
    let app = App::new(config, EdgeLimits::default(), checker, clips, memory)?;
    app.capture_with(sessions);
    serve_on(listener, app, shutdown).await;
    Ok(())
}

/// The socket that a supervisor has opened and handed over (systemd's protocol: `LISTEN_FDS`, `LISTEN_PID`), or else one
/// of our own. A socket that is handed over outlives the process: the next one goes on with it, and no
/// connection is refused between the two.
async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let listen = |source| ServeError::Listen { address, source };
    match ListenFd::from_env().take_tcp_listener(0).map_err(listen)? {
        None => TcpListener::bind(address).await.map_err(listen),
        Some(listener) => {
            listener.set_nonblocking(true).map_err(listen)?;
            TcpListener::from_std(listener).map_err(listen)
        }
    }
}

/// What judges clips and what judges sessions. Both try their tools out, side by side and off the threads that serve.
async fn tried_out(
    engine: &Arc<Engine>,
    config: &ServerConfig,
) -> Result<(Option<Arc<dyn ClipChecker>>, SessionJudge), ServeError> {
    let (of_clips, min_side) = (Arc::clone(engine), config.clip_min_side);
    let (of_sessions, calibration) = (Arc::clone(engine), config.session_calibration.clone());
    let clips = tokio::task::spawn_blocking(move || clip_checker(of_clips, min_side));
    let sessions = tokio::task::spawn_blocking(move || session_judge(of_sessions, calibration));
    tokio::try_join!(clips, sessions).map_err(|error| ServeError::TryOut(error.to_string()))
}

/// What judges clips, or none and a line in the log: everything else works without.
fn clip_checker(engine: Arc<Engine>, min_side: u32) -> Option<Arc<dyn ClipChecker>> {
    match EngineClipChecker::new(engine, min_side) {
        Ok(clips) => Some(Arc::new(clips)),
        Err(error) => {
            tracing::warn!(error = %error, "clips are not judged: {error}");
            None
        }
    }
}

/// What judges active sessions. Without a recogniser, digits are not heard and the log says so.
fn session_judge(engine: Arc<Engine>, calibration: SessionCalibration) -> SessionJudge {
    let recogniser = match Recogniser::find() {
        Ok(recogniser) => Some(recogniser),
        Err(error) => {
            tracing::warn!(error = %error, "spoken digits are not heard: {error}");
            None
        }
    };
    SessionJudge::with_calibration(engine, recogniser, calibration)
}

/// Serves `app` on a socket that listens already until `shutdown` resolves and the drain delay is over. Then the
/// socket is closed, requests in flight are finished, and what is left after the drain timeout is cut off.
pub async fn serve_on(listener: TcpListener, app: Arc<App>, shutdown: impl Future<Output = ()>) {
    if let Ok(address) = listener.local_addr() {
        app.listens_on(address);
        tracing::info!(
            server.address = %address, server.workers = app.config.workers,
            server.queue = app.config.queue, check.profile = %app.config.profile,
            "listening on {}/", app.config.own_url(address)
        );
    }
    if app.memory.mode == Mode::Guarded && app.config.public_url.is_empty() {
        tracing::warn!(
            "public_url is not set: the links of active sessions lead to {}/",
            app.public_url()
        );
    }
    if app.memory.mode == Mode::Development {
        tracing::warn!(
            "DEVELOPMENT MODE: no tenant is configured, so everybody on this machine may ask and \
             credentials are not looked at; `lifesign tenants create NAME` ends it at the next start"
        );
    }
    let mut jobs = JoinSet::new();
    jobs.spawn(jobs::eraser::run(Arc::clone(&app)));
    jobs.spawn(jobs::sessions::run(Arc::clone(&app)));
    jobs.spawn(jobs::callbacks::run(Arc::clone(&app)));
    // Told when to finish; who listens is a connection that is open.
    let (drain, draining) = watch::channel(());
    tokio::select! {
        () = accept(&listener, &app, draining) => {}
        () = leave(&app, shutdown) => {}
    }
    jobs.abort_all();
    drop(listener);
    let open = drain.receiver_count();
    drain.send_replace(());
    tracing::info!(
        server.connections = open,
        "stopping: {open} connections left to finish"
    );
    let finished = async {
        drain.closed().await;
        // A WebSocket is no connection of HTTP any more.
        app.captures.all_gone().await;
    };
    match tokio::time::timeout(app.config.drain_timeout, finished).await {
        Ok(()) => tracing::info!("stopped: everything in flight was answered"),
        Err(_) => tracing::warn!(
            drain.timeout_s = app.config.drain_timeout.as_secs_f64(),
            "stopped: some requests were still in flight when the drain timeout ran out"
        ),
    }
}

/// Waits for the order to stop, and then for the drain delay.
async fn leave(app: &App, shutdown: impl Future<Output = ()>) {
    shutdown.await;
    app.start_draining();
    tokio::time::sleep(app.config.drain_delay).await;
}

async fn accept(listener: &TcpListener, app: &Arc<App>, draining: watch::Receiver<()>) {
    let router = router(Arc::clone(app));
    let places = Arc::new(Semaphore::new(app.edge.connections));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(error = %error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let router = router.clone().layer(Extension(Peer(peer.ip())));
        connect(stream, app, router, draining.clone(), place);
    }
}

/// Serves one connection on a task of its own.
fn connect(
    stream: TcpStream,
    app: &App,
    router: axum::Router,
    draining: watch::Receiver<()>,
    place: OwnedSemaphorePermit,
) {
    // Answers are written in one piece; waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(app.edge.head_timeout)
        .max_headers(app.edge.headers)
        .max_buf_size(app.edge.head_bytes);
    let tls = app.tls.clone();
    let handshake_timeout = app.edge.head_timeout;
    tokio::spawn(async move {
        let _place = place;
        // A client that goes away or speaks no HTTP or TLS is no event of ours.
        match tls {
            None => converse(stream, &http, router, draining).await,
            Some(tls) => {
                let shaken = tokio::time::timeout(handshake_timeout, tls.accept(stream)).await;
                if let Ok(Ok(stream)) = shaken {
                    converse(stream, &http, router, draining).await;
                }
            }
        }
    });
}

/// Serves what comes over a connection. Told to drain, it answers what is in flight and closes; a connection
/// that became a WebSocket is no longer its business.
async fn converse<S>(
    stream: S,
    http: &http1::Builder,
    router: axum::Router,
    mut draining: watch::Receiver<()>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = draining.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
