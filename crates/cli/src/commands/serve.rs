//! `lifesign serve`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use lifesign_server::{IpNet, ServerConfig, Setting};

use crate::config::{Config, Entry};
use crate::error::CliError;

/// Serves until SIGTERM or SIGINT, then drains.
pub(crate) fn run(config: &Config) -> Result<(), CliError> {
    let engine = Arc::new(config.engine()?);
    let server_config = server_config(config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    runtime.block_on(async {
        let (drain, at_once) = stop_signals()?;
        tokio::select! {
            served = lifesign_server::serve(server_config, engine, drain) => {
                served.map_err(CliError::from)
            }
            () = at_once => Ok(()),
        }
    })
}

pub(super) fn server_config(config: &Config) -> Result<ServerConfig, CliError> {
    let settings = &config.settings;
    let listen: SocketAddr = settings.listen.parse().map_err(|_| {
        CliError::Usage(format!(
            "listen is `{}`, must be ADDRESS:PORT, for instance 127.0.0.1:8080 or [::1]:8080",
            settings.listen
        ))
    })?;
    let workers = match settings.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    let queue = match settings.queue {
        0 => 4 * workers,
        n => n,
    };
    Ok(ServerConfig {
        listen,
        data: settings.data.clone(),
        profile: settings.profile.clone(),
        workers,
        queue,
        request_timeout: Duration::from_secs(settings.request_timeout_s),
        drain_timeout: Duration::from_secs(settings.drain_timeout_s),
        limits: config.limits(),
        clip_min_side: settings.clip_min_side,
        database: settings.database.clone(),
        data_key_file: settings.data_key_file.clone(),
        trusted_proxies: networks(&settings.trusted_proxies)?,
        rate_per_minute: settings.rate_per_minute,
        fetch: lifesign_server::Policy {
            timeout: Duration::from_secs(settings.fetch_timeout_s),
            ..if settings.allow_loopback_urls {
                lifesign_server::Policy {
                    allow_http: false,
                    ..lifesign_server::Policy::for_loopback_tests()
                }
            } else {
                lifesign_server::Policy::default()
            }
        },
        settings: config.entries.iter().map(setting).collect(),
    })
}

/// A line of `lifesign config` as the console shows it.
fn setting(entry: &Entry) -> Setting {
    Setting {
        key: entry.key.to_owned(),
        value: entry
            .value
            .as_str()
            .map_or_else(|| entry.value.to_string(), str::to_owned),
        source: entry.source.clone(),
        meaning: entry.meaning.to_owned(),
    }
}

fn networks(listed: &str) -> Result<Vec<IpNet>, CliError> {
    let listed = listed
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty());
    listed
        .map(|text| {
            lifesign_server::network(text).ok_or_else(|| {
                CliError::Usage(format!(
                    "trusted_proxies has `{text}`, must be addresses or networks, for instance \
                     127.0.0.1, 10.0.0.0/8"
                ))
            })
        })
        .collect()
}

/// Two futures: the first signal (SIGTERM or SIGINT) starts the drain, a second one ends it.
fn stop_signals() -> Result<
    (
        impl Future<Output = ()> + Send + 'static,
        impl Future<Output = ()>,
    ),
    CliError,
> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(CliError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::Runtime)?;
    let (first, drain) = tokio::sync::oneshot::channel::<()>();
    let at_once = async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        next().await;
        // The server is gone only if it has failed; its own error is then the answer.
        let _ = first.send(());
        next().await;
    };
    let drain = async move {
        let _ = drain.await;
    };
    Ok((drain, at_once))
}
