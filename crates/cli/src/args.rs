//! The command line, as clap reads it.

use std::path::PathBuf;

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
    /// Answer over HTTP
    Serve(ServeArgs),
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
    pub(crate) jobs: Option<std::num::NonZeroUsize>,
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
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Print one JSON object: key to value and source
    #[arg(long)]
    pub(crate) json: bool,
}
