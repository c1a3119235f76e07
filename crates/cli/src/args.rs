//! The command line, as clap reads it.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Tells a living face before the camera from a print, a screen, a mask or a made-up face.
#[derive(Debug, Parser)]
#[command(name = "lifesign", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    /// Configuration file [default: $LIFESIGN_CONFIG, else ./lifesign.toml if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Set one configuration key, over file and environment; may be repeated
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge face images
    Check(CheckArgs),
    /// Judge video clips of a face
    Video(VideoArgs),
    /// Measure the error rates on a labelled set, in the terms of ISO/IEC 30107-3
    Eval(EvalArgs),
    /// Fit a profile to a labelled set and write a calibration
    Calibrate(CalibrateArgs),
    /// Cut the largest face of each image as the learned models see it
    Crops(CropsArgs),
    /// Answer over HTTP
    Serve(ServeArgs),
    /// Make, list and shut out those who may use the server, and fill their wallets
    Tenants(TenantsArgs),
    /// Make, list, rotate and revoke the credentials of tenants
    Keys(KeysArgs),
    /// Look at the callbacks of active sessions, and have them sent again
    Webhooks(WebhooksArgs),
    /// Say who works at the console
    Operators(OperatorsArgs),
    /// Look at the log of administrative acts
    Audit(AuditArgs),
    /// Print the effective configuration and where each value comes from
    Config(ConfigArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit status for one file: 0 LIVE, 1 SPOOF, 2 INCONCLUSIVE, 3 bad input. \
                        For several: 0 if every file could be judged, 3 if not. 64 is a usage error."
)]
pub(crate) struct CheckArgs {
    /// Image files, folders (searched recursively), or - for one image on standard input
    #[arg(required = true, value_name = "FILE|DIR|-")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Print one JSON object a line: the result with `file`, or `file` and `error`
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    pub(crate) format: Format,

    /// Write one self-contained HTML page that explains every verdict
    #[arg(long, value_name = "OUT.html")]
    pub(crate) explain: Option<PathBuf>,

    /// Write the explanation pictures as PNG files into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) pictures: Option<PathBuf>,

    /// How the signals are weighed
    #[arg(long)]
    pub(crate) profile: Option<String>,

    /// Images judged at the same time [default: one for each core]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit status for one clip: 0 LIVE, 1 SPOOF, 2 INCONCLUSIVE, 3 bad input. \
                        For several: 0 if every clip could be judged, 3 if not. 64 is a usage error."
)]
pub(crate) struct VideoArgs {
    /// Clips, .mp4 or .webm
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Print one JSON object a line: the result with `file`, or `file` and `error`
    #[arg(long)]
    pub(crate) json: bool,

    /// Write one self-contained HTML page with a filmstrip and curves of every clip
    #[arg(long, value_name = "OUT.html")]
    pub(crate) explain: Option<PathBuf>,

    /// How the signals of a frame are weighed
    #[arg(long)]
    pub(crate) profile: Option<String>,

    /// Longest clip in seconds
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=120))]
    pub(crate) max_seconds: u32,

    /// Shortest side in pixels
    #[arg(long, value_name = "PX", default_value_t = 480, value_parser = clap::value_parser!(u32).range(64..=2000))]
    pub(crate) min_pixels: u32,
}

/// How a labelled set is judged.
#[derive(Debug, Args)]
pub(crate) struct JudgingArgs {
    /// How the signals are weighed
    #[arg(long)]
    pub(crate) profile: Option<String>,

    /// Images judged at the same time [default: one for each core]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Journal of the answers, so that a run goes on where it stopped and later ones judge only
    /// what changed; another build, calibration or profile starts it anew [default: beside the
    /// first output file, as OUT.journal; none without an output]
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Option<PathBuf>,
}

const SET_HELP: &str = "\
A manifest is CSV with the columns path (relative to it), label (live or attack), species (of an \
attack) and any others to group by; source, set or dataset names the collection, person or subject \
who is shown. A folder holds a manifest.csv, or live/[PERSON/] and attack/[SPECIES/[PERSON/]].

Exit status: 0 if every row could be used and every file judged, else 3. No face is a judgement: a \
non-response, like a file that cannot be decoded. 64 is a usage error.";

#[derive(Debug, Args)]
#[command(after_help = SET_HELP)]
pub(crate) struct EvalArgs {
    /// Manifest in CSV, or a folder
    #[arg(value_name = "MANIFEST|FOLDER", required_unless_present = "compare")]
    pub(crate) labelled: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) judging: JudgingArgs,

    /// Write all figures as JSON, without pictures
    #[arg(long, value_name = "OUT.json")]
    pub(crate) json: Option<PathBuf>,

    /// Write one self-contained HTML page with curves and, embedded, the faces of the worst errors
    #[arg(long, value_name = "OUT.html")]
    pub(crate) html: Option<PathBuf>,

    /// Write every answer with the scores of the profile's signals as CSV
    #[arg(long, value_name = "OUT.csv")]
    pub(crate) scores: Option<PathBuf>,

    /// Print two JSON reports side by side; judges nothing
    #[arg(long, num_args = 2, value_names = ["A.json", "B.json"],
        conflicts_with_all = ["labelled", "json", "html", "scores", "resume"])]
    pub(crate) compare: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = SET_HELP)]
pub(crate) struct CalibrateArgs {
    /// Manifest in CSV, or a folder
    #[arg(value_name = "MANIFEST|FOLDER")]
    pub(crate) labelled: PathBuf,

    /// What is to be reached at the threshold: the share of bona fide presentations that may be
    /// rejected
    #[arg(long, value_name = "bpcer=RATE", default_value = "bpcer=0.05")]
    pub(crate) target: Bpcer,

    /// Write the calibration here; `--set calibration=FILE` loads it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,

    #[command(flatten)]
    pub(crate) judging: JudgingArgs,
}

/// A share of bona fide presentations, typed as `bpcer=0.05`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bpcer(pub(crate) f64);

impl FromStr for Bpcer {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let rate = typed.strip_prefix("bpcer=").map(str::parse);
        match rate {
            Some(Ok(rate)) => Ok(Self(rate)),
            _ => Err("must be bpcer=RATE, for instance bpcer=0.05".to_owned()),
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
DIR/crops.csv has the columns path (relative to the folder), crop (a PNG in DIR), x0, y0, x1, y1 \
(extent of the mesh in pixels of the upright image), faces, inter_eye_px, yaw, pitch, roll (degrees) \
and error; empty where there is no face.

Exit status: 0 if every image could be read, 3 if not, 64 for a usage error.")]
pub(crate) struct CropsArgs {
    /// Image files and folders (searched recursively)
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Folder for the crops and their index; it is made if it does not exist
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,

    /// Sides of the crop in units of the longer side of the face's extent
    #[arg(long, default_value_t = 2.7, value_parser = scale)]
    pub(crate) scale: f64,

    /// Width and height of a crop in pixels
    #[arg(long, value_name = "PX", default_value_t = 80,
        value_parser = clap::value_parser!(u32).range(1..=2048))]
    pub(crate) size: u32,

    /// Write the index only
    #[arg(long)]
    pub(crate) index_only: bool,

    /// Images looked at at the same time [default: one for each core]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
}

fn scale(typed: &str) -> Result<f64, String> {
    match typed.parse() {
        Ok(scale) if (0.1..=100.0).contains(&scale) => Ok(scale),
        _ => Err("must be a number from 0.1 to 100".to_owned()),
    }
}

/// Form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table on a terminal, JSON lines otherwise
    Auto,
    /// A table
    Table,
    /// JSON lines
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,

    /// Folder for everything that the server keeps
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// How the signals are weighed
    #[arg(long)]
    pub(crate) profile: Option<String>,

    /// Certificate (PEM), to speak TLS without a proxy
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Where callers and persons reach the server
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Print one JSON object: key to value and source
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where the server keeps what it remembers.
#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    /// The server's data folder
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,

    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TenantsArgs {
    #[command(flatten)]
    pub(crate) at: DataArgs,

    #[command(subcommand)]
    pub(crate) verb: TenantsVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TenantsVerb {
    /// Make a tenant and print all its credentials; the secrets are shown this once
    Create {
        /// Name for people; unique
        name: String,

        #[command(flatten)]
        settings: TenantSettingsArgs,
    },
    /// List tenants with balance and settings
    List,
    /// Change what holds for a tenant's checks
    Set {
        /// Name or identifier
        name: String,

        #[command(flatten)]
        settings: TenantSettingsArgs,
    },
    /// Shut a tenant out; its credentials open nothing any more
    Disable {
        /// Name or identifier
        name: String,
    },
    /// Let a tenant in again
    Enable {
        /// Name or identifier
        name: String,
    },
    /// Add units to a tenant's wallet
    Topup {
        /// Name or identifier
        name: String,
        /// Units, at least 1
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        amount: i64,
    },
    /// Print the newest lines of a tenant's ledger
    Statement {
        /// Name or identifier
        name: String,
        /// Lines
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
}

/// What holds for a tenant's checks; what is not given stays as it is.
#[derive(Debug, Args)]
pub(crate) struct TenantSettingsArgs {
    /// How the signals are weighed where a request does not say [default: the server's]
    #[arg(long)]
    pub(crate) profile: Option<String>,

    /// Units a check costs where a contract has a wallet [default: 1]
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) price: Option<i64>,

    /// How long the record of a check is kept, for instance 30d [default: 90d]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) keep_checks: Option<Duration>,

    /// How long the image itself is kept, sealed; 0s keeps none [default: 0s]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) keep_images: Option<Duration>,

    /// How long the best frames of an active session are kept after its end; a day in any case where a callback
    /// tells of them [default: 1d]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) keep_session_media: Option<Duration>,

    /// For how long a picture counts as replayed when it comes again; 0s never [default: 30d]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) replay_window: Option<Duration>,

    /// What a replayed picture does to the verdict [default: report]
    #[arg(long, value_enum, value_name = "POLICY")]
    pub(crate) replay: Option<ReplayArg>,

    /// Whether URLs that the tenant gives may be http: [default: false]
    #[arg(long, value_name = "BOOL")]
    pub(crate) allow_http: Option<bool>,
}

/// What a replayed picture does to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReplayArg {
    /// It is a reason beside the verdict
    Report,
    /// LIVE becomes INCONCLUSIVE
    Inconclusive,
    /// LIVE and INCONCLUSIVE become SPOOF
    Spoof,
}

#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(flatten)]
    pub(crate) at: DataArgs,

    #[command(subcommand)]
    pub(crate) verb: KeysVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysVerb {
    /// Add a credential to a tenant and print it; the secrets are shown this once
    Create {
        /// Name or identifier of the tenant
        tenant: String,

        /// What it opens
        #[arg(long, value_enum, default_value_t = KindArg::Native)]
        kind: KindArg,

        /// Name for people
        #[arg(long, default_value = "")]
        label: String,

        /// What it may do: check, read, erase, enrol; may be repeated [default: everything]
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,

        /// Address or network that it may come from; may be repeated [default: any]
        #[arg(long = "allow-ip", value_name = "ADDR")]
        allowed_ips: Vec<String>,

        /// Requests a minute [default: the server's]
        #[arg(long, value_name = "N")]
        rate: Option<u32>,

        /// Answered checks a calendar month [default: no limit]
        #[arg(long, value_name = "N")]
        quota: Option<u32>,

        /// How long it is good for, for instance 90d [default: for good]
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        expires_in: Option<Duration>,
    },
    /// List credentials, of one tenant or of all
    List {
        /// Name or identifier of the tenant
        tenant: Option<String>,
    },
    /// Give a credential new secrets; the old ones are worth nothing at once
    Rotate {
        /// Identifier of the credential
        id: String,
    },
    /// End a credential for good
    Revoke {
        /// Identifier of the credential
        id: String,
    },
}

/// What a credential opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum KindArg {
    /// The native API
    Native,
    /// verified.africa
    VerifiedAfrica,
    /// Decentro
    Decentro,
    /// Syntizen: user name and password
    SyntizenUser,
    /// Syntizen: a key that seals pictures
    SyntizenSealing,
    /// The secret that signs callbacks
    Webhook,
}

#[derive(Debug, Args)]
pub(crate) struct WebhooksArgs {
    #[command(flatten)]
    pub(crate) at: DataArgs,

    #[command(subcommand)]
    pub(crate) verb: WebhooksVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksVerb {
    /// List callbacks with their attempts, newest first
    List {
        /// Of this tenant only, by name or identifier
        #[arg(long)]
        tenant: Option<String>,

        /// In this state only
        #[arg(long, value_enum)]
        state: Option<DeliveryArg>,

        /// Callbacks
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Have a session's callback sent now, and tried for another day
    Redeliver {
        /// Identifier of the session
        session: String,
    },
}

/// Where a callback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum DeliveryArg {
    /// To be sent, or to be sent again
    Waiting,
    /// Taken by the receiver
    Delivered,
    /// Not taken in time
    GivenUp,
}

#[derive(Debug, Args)]
pub(crate) struct OperatorsArgs {
    #[command(flatten)]
    pub(crate) at: DataArgs,

    #[command(subcommand)]
    pub(crate) verb: OperatorsVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OperatorsVerb {
    /// Let somebody work at the console and print the password; it is shown this once
    Create {
        /// Name to log in with
        name: String,
    },
    /// List everybody
    List,
    /// Print a new password and end the sessions
    Reset {
        /// Name
        name: String,
    },
    /// Shut somebody out at once
    Disable {
        /// Name
        name: String,
    },
    /// Let somebody in again
    Enable {
        /// Name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) at: DataArgs,

    #[command(subcommand)]
    pub(crate) verb: AuditVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// Compute the chain of hashes again; exit status 3 if a line was changed, removed or added
    Verify,
    /// Print the newest lines
    List {
        /// Lines
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
}
