//! One configuration from four layers: built in, file, environment, flag; later layers win.
//!
//! An unknown key and a value of the wrong type or out of range stop the start; each error names its source.

pub mod digest;
mod error;
mod external_model;
mod keys;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use lifesign_engine::{Calibration, Signal};
use serde::{Deserialize, Serialize};

pub use error::ConfigError;
use external_model::ExternalModel;
pub use external_model::ExternalModelError;
use keys::{KEYS, Target};

/// Read from the working directory if no other file is named.
const DEFAULT_FILE: &str = "lifesign.toml";

/// Environment variables under this prefix are keys in capitals, for instance
/// `LIFESIGN_LIVE_THRESHOLD`.
const ENV_PREFIX: &str = "LIFESIGN_";

/// Variables under the prefix that are no keys: the file's own name, and switches of the tests.
const ENV_CONFIG_FILE: &str = "config";
/// The data key, which is a secret and therefore no key of the configuration.
const ENV_DATA_KEY: &str = "data_key";
const ENV_TEST_PREFIX: &str = "test_";

/// Settings that are not numbers of the calibration. `lifesign config` says what each means.
#[allow(missing_docs)] // each meaning stands beside the name of the key, in `keys`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub profile: String,
    pub calibration: PathBuf,
    pub session_calibration: PathBuf,
    pub listen: String,
    pub data: PathBuf,
    pub clip_min_side: u32,
    pub database: String,
    pub data_key_file: PathBuf,
    pub public_url: String,
    pub tls_cert: PathBuf,
    pub tls_key: PathBuf,
    pub trusted_proxies: String,
    pub rate_per_minute: u32,
    pub gallery_memory_mb: usize,
    pub fetch_timeout_s: u64,
    pub allow_loopback_urls: bool,
    pub workers: usize,
    pub queue: usize,
    pub captures: usize,
    pub request_timeout_s: u64,
    pub drain_delay_s: u64,
    pub drain_timeout_s: u64,
    pub max_file_bytes: usize,
    pub max_pixels: u64,
    pub max_side: u32,
    pub log_format: LogFormat,
    pub log_level: LogLevel,
    pub traces_endpoint: String,
    pub traces_headers_file: PathBuf,
    pub traces_service_name: String,
    pub traces_sample_ratio: f64,
}

impl Default for Settings {
    fn default() -> Self {
        let limits = lifesign_media::Limits::default();
        Self {
            profile: "ensemble".to_owned(),
            calibration: PathBuf::new(),
            session_calibration: PathBuf::new(),
            listen: "127.0.0.1:8080".to_owned(),
            data: PathBuf::from("data"),
            clip_min_side: 480,
            database: String::new(),
            data_key_file: PathBuf::new(),
            public_url: String::new(),
            tls_cert: PathBuf::new(),
            tls_key: PathBuf::new(),
            trusted_proxies: String::new(),
            rate_per_minute: 600,
            gallery_memory_mb: 256,
            fetch_timeout_s: 10,
            allow_loopback_urls: false,
            workers: 0,
            queue: 0,
            captures: 0,
            request_timeout_s: 30,
            drain_delay_s: 0,
            drain_timeout_s: 20,
            max_file_bytes: limits.file_bytes,
            max_pixels: limits.pixels,
            max_side: limits.side,
            log_format: LogFormat::Text,
            log_level: LogLevel::Info,
            traces_endpoint: String::new(),
            traces_headers_file: PathBuf::new(),
            traces_service_name: "lifesign".to_owned(),
            traces_sample_ratio: 1.0,
        }
    }
}

impl Settings {
    /// Refuses numbers with which nothing could be answered, or sums of sizes would overflow.
    fn validate(&self) -> Result<(), ConfigError> {
        const MOST_BYTES: u64 = 1 << 30;
        const MOST_PIXELS: u64 = 1 << 30;
        const LONGEST_SIDE: u64 = 65_535;
        const DAY_S: u64 = 86_400;
        const MOST_THREADS: u64 = 1024;
        for (key, value, least, most) in [
            ("max_file_bytes", self.max_file_bytes as u64, 1, MOST_BYTES),
            ("max_pixels", self.max_pixels, 1, MOST_PIXELS),
            ("max_side", u64::from(self.max_side), 1, LONGEST_SIDE),
            ("request_timeout_s", self.request_timeout_s, 1, DAY_S),
            ("clip_min_side", u64::from(self.clip_min_side), 64, 2000),
            ("fetch_timeout_s", self.fetch_timeout_s, 1, DAY_S),
            (
                "rate_per_minute",
                u64::from(self.rate_per_minute),
                1,
                1_000_000,
            ),
            ("drain_delay_s", self.drain_delay_s, 0, DAY_S),
            (
                "gallery_memory_mb",
                self.gallery_memory_mb as u64,
                1,
                65_536,
            ),
            ("drain_timeout_s", self.drain_timeout_s, 0, DAY_S),
            ("workers", self.workers as u64, 0, MOST_THREADS),
            ("queue", self.queue as u64, 0, MOST_THREADS * 64),
            ("captures", self.captures as u64, 0, MOST_THREADS * 64),
        ] {
            if !(least..=most).contains(&value) {
                return Err(ConfigError::Value(format!(
                    "{key} is {value}, must be from {least} to {most}"
                )));
            }
        }
        Ok(())
    }
}

/// Form of the log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// Least severe line that is logged.
#[allow(missing_docs)] // the names say it
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The layers that a command line adds.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--set KEY=VALUE`, as typed.
    pub set: Vec<String>,
    /// Flags of their own, for instance `--listen`: key and value.
    pub flags: Vec<(&'static str, String)>,
}

/// The effective configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// All but the numbers of the calibrations.
    pub settings: Settings,
    /// The calibration with the numbers that a layer overrides and the external models in it.
    pub calibration: Calibration,
    /// The calibration of active sessions.
    pub session_calibration: lifesign_session::Calibration,
    external_models: Vec<ExternalModel>,
    /// Each key with its value and where it comes from, in the order of `lifesign config`.
    pub entries: Vec<Entry>,
}

/// One line of `lifesign config`.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its name.
    pub key: &'static str,
    /// The effective value; a password is left out.
    pub value: serde_json::Value,
    /// Which layer it is from.
    pub source: String,
    /// What it means.
    pub meaning: &'static str,
}

impl Config {
    /// Reads all layers.
    ///
    /// # Errors
    /// Unknown keys (with the nearest known one), unreadable files, values of the wrong type or
    /// out of range; each error names the source.
    pub fn load(overrides: &Overrides) -> Result<Self, ConfigError> {
        let outer = outer_layers(overrides)?;
        refuse_unknown_keys(&outer)?;
        let settings: Settings =
            Figment::from(named("built in", Serialized::defaults(Settings::default())))
                .merge(&outer)
                .extract()
                .map_err(ConfigError::from_figment)?;
        settings.validate()?;
        let base = base_calibration(&settings.calibration)?;
        let external_models = external_models(&outer)?;
        let calibration = localised(base, &external_models, &outer)?;
        let session_calibration = session_calibration(&settings.session_calibration)?;
        let entries = entries(&settings, &calibration, &external_models, &outer)?;
        if !calibration.profiles.contains_key(&settings.profile) {
            return Err(ConfigError::UnknownProfile {
                profile: settings.profile,
                known: Vec::from_iter(calibration.profiles.keys().cloned()).join(", "),
            });
        }
        Ok(Self {
            settings,
            calibration,
            session_calibration,
            external_models,
            entries,
        })
    }

    /// The external models as signals, all of them loaded and tried.
    ///
    /// # Errors
    /// External weights that cannot be read, have another checksum or do not fit what the
    /// configuration says about them.
    pub fn external_signals(&self) -> Result<Vec<Box<dyn Signal>>, ConfigError> {
        let signal = |model: &ExternalModel| {
            model.signal().map_err(|source| ConfigError::ExternalModel {
                name: model.name().to_owned(),
                source: Box::new(source),
            })
        };
        self.external_models.iter().map(signal).collect()
    }

    /// Limits for untrusted images.
    pub fn limits(&self) -> lifesign_media::Limits {
        lifesign_media::Limits {
            file_bytes: self.settings.max_file_bytes,
            pixels: self.settings.max_pixels,
            side: self.settings.max_side,
        }
    }
}

/// File, environment and flags, without the built-in values.
fn outer_layers(overrides: &Overrides) -> Result<Figment, ConfigError> {
    let mut figment = Figment::new();
    if let Some(path) = config_file(overrides)? {
        figment = figment.merge(Toml::file(path));
    }
    let is_key = |name: &figment::value::UncasedStr| {
        let name = name.as_str().to_ascii_lowercase();
        name != ENV_CONFIG_FILE && name != ENV_DATA_KEY && !name.starts_with(ENV_TEST_PREFIX)
    };
    figment = figment.merge(Env::prefixed(ENV_PREFIX).filter(is_key));
    for typed in &overrides.set {
        let (key, value) = typed
            .split_once('=')
            .ok_or_else(|| ConfigError::SetSyntax(typed.clone()))?;
        figment = figment.merge(Flag::new(format!("--set {key}"), key.trim(), value.trim()));
    }
    for (key, value) in &overrides.flags {
        figment = figment.merge(Flag::new(format!("--{key}"), key, value));
    }
    Ok(figment)
}

/// The named file, which must exist, or the default one if it does.
fn config_file(overrides: &Overrides) -> Result<Option<PathBuf>, ConfigError> {
    let Some(path) = &overrides.file else {
        let default = Path::new(DEFAULT_FILE);
        return Ok(default.is_file().then(|| default.to_owned()));
    };
    // figment takes a missing file for an empty one; a named file that is missing is a mistake.
    std::fs::metadata(path).map_err(|source| ConfigError::File {
        path: path.clone(),
        source,
    })?;
    Ok(Some(path.clone()))
}

fn refuse_unknown_keys(outer: &Figment) -> Result<(), ConfigError> {
    let merged: Dict = outer.extract().map_err(ConfigError::from_figment)?;
    for name in merged.keys() {
        if !KEYS.iter().any(|key| key.name == name) {
            return Err(ConfigError::UnknownKey {
                key: name.clone(),
                origin: origin(outer, name),
                nearest: keys::nearest(name),
            });
        }
    }
    Ok(())
}

fn base_calibration(path: &Path) -> Result<Calibration, ConfigError> {
    if path.as_os_str().is_empty() {
        return Ok(Calibration::embedded());
    }
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File {
        path: path.to_owned(),
        source,
    })?;
    Calibration::from_toml(&text).map_err(|source| ConfigError::Calibration {
        origin: path.display().to_string(),
        source,
    })
}

fn session_calibration(path: &Path) -> Result<lifesign_session::Calibration, ConfigError> {
    if path.as_os_str().is_empty() {
        return Ok(lifesign_session::Calibration::embedded());
    }
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File {
        path: path.to_owned(),
        source,
    })?;
    lifesign_session::Calibration::from_toml(&text).map_err(|source| {
        ConfigError::SessionCalibration {
            origin: path.display().to_string(),
            source,
        }
    })
}

/// The tables of external models, as they stand in the file.
fn external_models(outer: &Figment) -> Result<Vec<ExternalModel>, ConfigError> {
    #[derive(Deserialize)]
    struct Tables {
        #[serde(default)]
        external_model: Vec<ExternalModel>,
    }
    let tables: Tables = outer.extract().map_err(ConfigError::from_figment)?;
    Ok(tables.external_model)
}

/// The calibration with the overridden numbers and the external models. Its version is marked
/// with their digest, so that a verdict tells that and which local numbers and models decided.
fn localised(
    base: Calibration,
    models: &[ExternalModel],
    outer: &Figment,
) -> Result<Calibration, ConfigError> {
    let version = base.version.clone();
    let (mut calibration, mut changes) = overridden(base, outer)?;
    external_model::join(models, &mut calibration).map_err(|(name, source)| {
        ConfigError::ExternalModel {
            name,
            source: Box::new(source),
        }
    })?;
    for model in models {
        let key = format!("{}.{}", external_model::KEY, model.name());
        changes.insert(key, model.fingerprint());
    }
    if !changes.is_empty() {
        calibration.version = format!("{version}+{}", digest_of(&changes));
    }
    Ok(calibration)
}

/// Puts the overridden numbers into the calibration; answers also which they are.
fn overridden(
    base: Calibration,
    outer: &Figment,
) -> Result<(Calibration, BTreeMap<String, String>), ConfigError> {
    let mut table = toml::Table::try_from(&base).map_err(ConfigError::Encode)?;
    let mut changes = BTreeMap::new();
    for key in KEYS {
        let Target::Calibration(section) = key.target else {
            continue;
        };
        let Some(value) = number(outer, key.name)? else {
            continue;
        };
        let slot = table
            .get_mut(section)
            .and_then(toml::Value::as_table_mut)
            .and_then(|section| section.get_mut(key.name));
        if let Some(slot) = slot
            && slot.as_float() != Some(value)
        {
            *slot = toml::Value::Float(value);
            changes.insert(key.name.to_owned(), value.to_string());
        }
    }
    if changes.is_empty() {
        return Ok((base, changes));
    }
    let text = toml::to_string(&table).map_err(ConfigError::Encode)?;
    let calibration = Calibration::from_toml(&text).map_err(|source| ConfigError::Calibration {
        origin: Vec::from_iter(changes.keys().map(|key| origin(outer, key))).join(", "),
        source,
    })?;
    Ok((calibration, changes))
}

/// Digest of the `key=value` lines.
fn digest_of(changes: &BTreeMap<String, String>) -> String {
    let lines: String = changes
        .iter()
        .map(|(key, value)| format!("{key}={value}\n"))
        .collect();
    digest::short(&lines)
}

fn number(outer: &Figment, key: &str) -> Result<Option<f64>, ConfigError> {
    if !outer.contains(key) {
        return Ok(None);
    }
    outer
        .extract_inner(key)
        .map(Some)
        .map_err(ConfigError::from_figment)
}

fn entries(
    settings: &Settings,
    calibration: &Calibration,
    external_models: &[ExternalModel],
    outer: &Figment,
) -> Result<Vec<Entry>, ConfigError> {
    let mut settings_values = serde_json::to_value(settings).map_err(ConfigError::Json)?;
    settings_values["database"] = without_password(&settings.database).into();
    let calibration_values = serde_json::to_value(calibration).map_err(ConfigError::Json)?;
    let models = serde_json::to_value(external_models).map_err(ConfigError::Json)?;
    Ok(KEYS
        .iter()
        .map(|key| {
            let (value, built_in) = match key.target {
                Target::Settings => (&settings_values[key.name], "built in".to_owned()),
                Target::ExternalModels => (&models, "built in".to_owned()),
                Target::Calibration(section) => (
                    &calibration_values[section][key.name],
                    format!("calibration {}", base_version(&calibration.version)),
                ),
            };
            Entry {
                key: key.name,
                value: value.clone(),
                source: if outer.contains(key.name) {
                    origin(outer, key.name)
                } else {
                    built_in
                },
                meaning: key.meaning,
            }
        })
        .collect())
}

/// The address of a database as it may be shown. A password stands before the host or among the
/// parameters.
fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let shown = match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***@{host}")
        }
        None => address.to_owned(),
    };
    let Some((before, parameters)) = shown.split_once('?') else {
        return shown;
    };
    let parameters = parameters
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if name.eq_ignore_ascii_case("password") => format!("{name}=***"),
            _ => pair.to_owned(),
        });
    format!("{before}?{}", Vec::from_iter(parameters).join("&"))
}

fn base_version(version: &str) -> &str {
    version.split('+').next().unwrap_or(version)
}

/// Where the value of `key` comes from, for people.
fn origin(figment: &Figment, key: &str) -> String {
    let Some(metadata) = figment.find_metadata(key) else {
        return "unknown source".to_owned();
    };
    match metadata
        .source
        .as_ref()
        .and_then(figment::Source::file_path)
    {
        Some(path) => format!("file {}", path.display()),
        None if metadata.name.contains("environment") => {
            format!("environment {ENV_PREFIX}{}", key.to_ascii_uppercase())
        }
        None => metadata.name.to_string(),
    }
}

/// Gives a provider a name that `origin` can show.
fn named(name: &'static str, provider: impl Provider) -> impl Provider {
    struct Named<P>(&'static str, P);
    impl<P: Provider> Provider for Named<P> {
        fn metadata(&self) -> Metadata {
            Metadata::named(self.0)
        }
        fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
            self.1.data()
        }
    }
    Named(name, provider)
}

/// One key given on the command line.
struct Flag {
    shown_as: String,
    key: String,
    value: Value,
}

impl Flag {
    /// Reads the value as an environment variable would be read: numbers and booleans by their
    /// looks, all else as text.
    fn new(shown_as: String, key: &str, typed: &str) -> Self {
        let is_number = KEYS
            .iter()
            .any(|known| known.name == key && matches!(known.target, Target::Calibration(_)));
        // figment takes `1e-3` for text; every number of the calibration is a float.
        let value = match typed.parse::<f64>() {
            Ok(number) if is_number => Value::from(number),
            _ => match typed.parse::<Value>() {
                Ok(value) => value,
                Err(infallible) => match infallible {},
            },
        };
        Self {
            shown_as,
            key: key.to_owned(),
            value,
        }
    }
}

impl Provider for Flag {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("flag {}", self.shown_as))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let dict = Dict::from([(self.key.clone(), self.value.clone())]);
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_databases_password_is_never_shown() {
        for (address, shown) in [
            ("", ""),
            ("sqlite:data/lifesign.db", "sqlite:data/lifesign.db"),
            ("postgres://db/x", "postgres://db/x"),
            ("postgres://me:pa:s@word@db/x", "postgres://me:***@db/x"),
            (
                "postgres://db/x?user=me&password=secret&sslmode=require",
                "postgres://db/x?user=me&password=***&sslmode=require",
            ),
        ] {
            assert_eq!(without_password(address), shown);
        }
    }
}
