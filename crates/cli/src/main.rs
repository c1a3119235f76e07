//! The `lifesign` command: reads the command line and the configuration, runs one verb.

mod args;
mod commands;
mod error;
mod evaluation;
mod inputs;
mod judge;
mod output;
mod parallel;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use error::{CliError, EXIT_USAGE};
use lifesign_config::{Config, Overrides};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return show_usage(&error),
    };
    match run(&cli) {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("lifesign: {error}");
            error.exit_code()
        }
    }
}

/// Help and version are no failure; anything else that clap refuses is a usage error.
fn show_usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to be done if even this cannot be printed.
    let _ = error.print();
    if error.use_stderr() {
        ExitCode::from(EXIT_USAGE)
    } else {
        ExitCode::SUCCESS
    }
}

fn run(cli: &Cli) -> Result<ExitCode, CliError> {
    let load = |flags| {
        Config::load(&Overrides {
            file: cli
                .config
                .clone()
                .or_else(|| std::env::var_os("LIFESIGN_CONFIG").map(Into::into)),
            set: cli.set.clone(),
            flags,
        })
    };
    match &cli.command {
        Command::Check(args) => {
            let config = load(profile_flag(&args.profile))?;
            commands::check::run(args, &config)
        }
        Command::Video(args) => {
            let config = load(profile_flag(&args.profile))?;
            commands::video::run(args, &config)
        }
        Command::Eval(args) => {
            let config = load(profile_flag(&args.judging.profile))?;
            commands::eval::run(args, &config)
        }
        Command::Calibrate(args) => {
            let config = load(profile_flag(&args.judging.profile))?;
            commands::calibrate::run(args, &config)
        }
        Command::Crops(args) => commands::crops::run(args, &load(vec![])?),
        Command::Serve(args) => {
            let flags = [
                ("listen", args.listen.clone()),
                ("data", args.data.as_ref().map(|d| d.display().to_string())),
                ("profile", args.profile.clone()),
                (
                    "tls_cert",
                    args.tls_cert.as_ref().map(|f| f.display().to_string()),
                ),
                (
                    "tls_key",
                    args.tls_key.as_ref().map(|f| f.display().to_string()),
                ),
                ("public_url", args.public_url.clone()),
            ];
            let given = flags.into_iter().filter_map(|(k, v)| v.map(|v| (k, v)));
            let config = load(given.collect())?;
            let traces = commands::serve::traces(&config.settings)?;
            output::log::start(&config.settings, traces.as_ref());
            let served = commands::serve::run(&config);
            if let Some(traces) = traces {
                traces.finish();
            }
            served.map(|()| ExitCode::SUCCESS)
        }
        Command::Tenants(args) => {
            commands::tenants::run(args, &load(data_flag(&args.at))?).map(|()| ExitCode::SUCCESS)
        }
        Command::Webhooks(args) => {
            commands::webhooks::run(args, &load(data_flag(&args.at))?).map(|()| ExitCode::SUCCESS)
        }
        Command::Keys(args) => {
            commands::keys::run(args, &load(data_flag(&args.at))?).map(|()| ExitCode::SUCCESS)
        }
        Command::Operators(args) => {
            commands::operators::run(args, &load(data_flag(&args.at))?).map(|()| ExitCode::SUCCESS)
        }
        Command::Audit(args) => commands::audit::run(args, &load(data_flag(&args.at))?),
        Command::Config(args) => {
            commands::config::run(args, &load(vec![])?).map(|()| ExitCode::SUCCESS)
        }
        Command::Completions { shell } => {
            commands::completions::run(*shell);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn data_flag(at: &args::DataArgs) -> Vec<(&'static str, String)> {
    Vec::from_iter(
        at.data
            .as_ref()
            .map(|data| ("data", data.display().to_string())),
    )
}

fn profile_flag(typed: &Option<String>) -> Vec<(&'static str, String)> {
    Vec::from_iter(typed.clone().map(|profile| ("profile", profile)))
}
