//! `lifesign serve`.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lifesign_server::{IpNet, ServerConfig, Setting, TlsFiles};

use crate::error::CliError;
use lifesign_config::{Config, Entry, Settings};
use lifesign_traces::Traces;

/// Serves until SIGTERM or SIGINT, then drains.
pub(crate) fn run(config: &Config) -> Result<(), CliError> {
    let engine = Arc::new(crate::judge::engine(config)?);
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

/// Where spans go, if the configuration names a collector.
pub(crate) fn traces(settings: &Settings) -> Result<Option<Traces>, CliError> {
    if settings.traces_endpoint.is_empty() {
        return Ok(None);
    }
    let traces = Traces::new(&lifesign_traces::Settings {
        endpoint: settings.traces_endpoint.clone(),
        headers: lifesign_traces::Settings::headers_in(&settings.traces_headers_file)?,
        service_name: settings.traces_service_name.clone(),
        sample_ratio: settings.traces_sample_ratio,
    })?;
    Ok(Some(traces))
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
        captures: settings.captures,
        session_calibration: config.session_calibration.clone(),
        request_timeout: Duration::from_secs(settings.request_timeout_s),
        drain_delay: Duration::from_secs(settings.drain_delay_s),
        drain_timeout: Duration::from_secs(settings.drain_timeout_s),
        limits: config.limits(),
        clip_min_side: settings.clip_min_side,
        database: settings.database.clone(),
        data_key_file: settings.data_key_file.clone(),
        public_url: public_url(&settings.public_url)?,
        tls: tls_files(&settings.tls_cert, &settings.tls_key)?,
        trusted_proxies: networks(&settings.trusted_proxies)?,
        rate_per_minute: settings.rate_per_minute,
        gallery_memory_bytes: settings.gallery_memory_mb * 1024 * 1024,
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

/// An origin: links are made of it, and they must lead here.
fn public_url(text: &str) -> Result<String, CliError> {
    let origin = text.trim_end_matches('/');
    let host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    let is_host = |host: &str| {
        !host.is_empty()
            && !host.contains(|c: char| "/?#@\\".contains(c) || c.is_whitespace() || c.is_control())
    };
    match host {
        _ if text.is_empty() => Ok(String::new()),
        Some(host) if is_host(host) => Ok(origin.to_owned()),
        _ => Err(CliError::Usage(format!(
            "public_url is `{text}`, must be https://HOST or https://HOST:PORT, without a path"
        ))),
    }
}

/// Both or none.
fn tls_files(cert: &Path, key: &Path) -> Result<Option<TlsFiles>, CliError> {
    match (cert.as_os_str().is_empty(), key.as_os_str().is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some(TlsFiles {
            cert: cert.to_owned(),
            key: key.to_owned(),
        })),
        _ => Err(CliError::Usage(
            "tls_cert and tls_key belong together; one of them is missing".to_owned(),
        )),
    }
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
