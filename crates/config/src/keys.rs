//! Every configuration key: what it means and where its value goes.

/// Where the value of a key ends up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A number of the calibration, in this section of it.
    Calibration(&'static str),
    /// A field of [`super::Settings`].
    Settings,
    /// The tables of external models.
    ExternalModels,
}

/// One configuration key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) target: Target,
    pub(crate) meaning: &'static str,
}

const fn calibration(section: &'static str, name: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        target: Target::Calibration(section),
        meaning,
    }
}

const fn setting(name: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        target: Target::Settings,
        meaning,
    }
}

/// All keys, in the order in which `lifesign config` lists them.
pub(crate) const KEYS: &[Key] = &[
    calibration(
        "decision",
        "live_threshold",
        "confidence that separates LIVE from SPOOF",
    ),
    calibration(
        "detection",
        "min_face_confidence",
        "detector confidence under which there is no face",
    ),
    calibration(
        "signals",
        "min_blur_variance",
        "Laplacian variance under which an image is soft",
    ),
    calibration(
        "signals",
        "min_ear",
        "eye aspect ratio under which an eye is closed",
    ),
    calibration(
        "signals",
        "max_yaw_deg",
        "yaw beyond which the pose score decays",
    ),
    calibration(
        "signals",
        "max_pitch_deg",
        "pitch beyond which the pose score decays",
    ),
    calibration(
        "signals",
        "min_face_area_ratio",
        "share of the image under which a face is penalised",
    ),
    calibration(
        "signals",
        "max_asymmetry",
        "symmetry index at which the score is 0",
    ),
    calibration(
        "signals",
        "lbp_dominant_bin_spoof_threshold",
        "share of one pattern above which skin is too uniform",
    ),
    calibration("signals", "fft_kurtosis_max", "ring kurtosis ceiling"),
    calibration(
        "signals",
        "fft_hf_ratio_baseline",
        "high-frequency ratio of a natural selfie",
    ),
    calibration(
        "signals",
        "fft_az_variance_max",
        "azimuthal variance above which a spectrum is directional",
    ),
    calibration(
        "matching",
        "min_match_score",
        "score from 0 to 100 from which on two faces count as one person",
    ),
    setting("profile", "how the signals are weighed"),
    setting(
        "calibration",
        "calibration file, empty for the one in the binary",
    ),
    setting(
        "session_calibration",
        "calibration file of active sessions, empty for the one in the binary",
    ),
    setting("listen", "address and port of the server"),
    setting("data", "folder for everything that the server keeps"),
    setting(
        "clip_min_side",
        "shortest side in pixels of a clip, where a contract says none",
    ),
    setting(
        "database",
        "sqlite:PATH or postgres://…, empty for lifesign.db in `data`",
    ),
    setting(
        "data_key_file",
        "file with the key that seals what is kept (64 hex digits), empty for $LIFESIGN_DATA_KEY or data.key in `data`",
    ),
    setting(
        "public_url",
        "where callers and persons reach the server, https://HOST without a path; empty for what it listens on",
    ),
    setting(
        "tls_cert",
        "file with the certificate (PEM, its own first), empty to speak plain HTTP",
    ),
    setting("tls_key", "file with the certificate's private key (PEM)"),
    setting(
        "trusted_proxies",
        "addresses or networks, comma separated, of proxies whose x-forwarded-for is believed",
    ),
    setting(
        "rate_per_minute",
        "requests a minute of a key that has no rate of its own",
    ),
    setting(
        "gallery_memory_mb",
        "MiB of memory for the galleries that are searched, 1 for 2,000 faces; also the largest gallery",
    ),
    setting(
        "fetch_timeout_s",
        "seconds that fetching a caller's URL may take",
    ),
    setting(
        "allow_loopback_urls",
        "for tests alone: whether a caller's URL may lead to this machine",
    ),
    setting(
        "workers",
        "checks computed at the same time, 0 for one a core",
    ),
    setting(
        "queue",
        "checks that may wait, 0 for four times the workers; more are refused with 503",
    ),
    setting(
        "captures",
        "active sessions captured at the same time, 0 for what the workers can serve (docs/LIMITS.md)",
    ),
    setting("request_timeout_s", "seconds until a request is given up"),
    setting(
        "drain_delay_s",
        "seconds to go on accepting after the order to stop, while /readyz says no",
    ),
    setting(
        "drain_timeout_s",
        "seconds that running requests get after SIGTERM",
    ),
    setting("max_file_bytes", "largest accepted image file"),
    setting("max_pixels", "most pixels of an accepted image"),
    setting("max_side", "longest side of an accepted image, in pixels"),
    setting("log_format", "`text` or `json`"),
    setting("log_level", "`error`, `warn`, `info`, `debug` or `trace`"),
    setting(
        "traces_endpoint",
        "base address of an OpenTelemetry collector that takes OTLP over HTTP, for instance http://127.0.0.1:4318; empty for no traces",
    ),
    setting(
        "traces_headers_file",
        "file with headers for the collector, `name: value` a line, empty for none",
    ),
    setting("traces_service_name", "service.name of the traces"),
    setting(
        "traces_sample_ratio",
        "share of the requests that is traced, 0 to 1",
    ),
    Key {
        name: super::external_model::KEY,
        target: Target::ExternalModels,
        meaning: "ONNX models that judge as signals of their own (docs/SIGNALS.md)",
    },
];

/// The known key nearest to `name`, if one is near enough to be meant.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    const LIKELY_A_TYPO: f64 = 0.7;
    KEYS.iter()
        .map(|key| (strsim::jaro_winkler(name, key.name), key.name))
        .filter(|(likeness, _)| *likeness >= LIKELY_A_TYPO)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn typos_are_recognised() {
        assert_eq!(nearest("live_treshold"), Some("live_threshold"));
        assert_eq!(nearest("max_yaw"), Some("max_yaw_deg"));
        assert_eq!(nearest("zzz"), None);
    }
}
