//! `lifesign audit`.

use std::process::ExitCode;

use super::desk::{self, Desk, shown};
use crate::args::{AuditArgs, AuditVerb};
use crate::error::{CliError, EXIT_BAD_INPUT};
use crate::output::{print_json, print_line, print_rows};
use lifesign_config::Config;

pub(crate) fn run(args: &AuditArgs, config: &Config) -> Result<ExitCode, CliError> {
    desk::at(config, async |desk| act(args, desk).await)
}

async fn act(args: &AuditArgs, desk: &Desk) -> Result<ExitCode, CliError> {
    match &args.verb {
        AuditVerb::Verify => verify(desk, args.at.json).await,
        AuditVerb::List { limit } => {
            let lines = desk.store.audit(None, *limit).await?;
            if args.at.json {
                print_json(&lines)?;
                return Ok(ExitCode::SUCCESS);
            }
            let rows = lines.iter().map(|line| {
                let (seq, at) = (line.seq.to_string(), shown(Some(line.at)));
                let (who, what) = (line.actor.clone(), line.action.clone());
                vec![seq, at, who, what, line.target.clone(), line.detail.clone()]
            });
            print_rows(
                &["line", "when", "who", "what", "to", "figures"],
                rows.collect(),
            )?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn verify(desk: &Desk, json: bool) -> Result<ExitCode, CliError> {
    let report = desk.store.verify_audit().await?;
    let code = if report.fault.is_some() {
        ExitCode::from(EXIT_BAD_INPUT)
    } else {
        ExitCode::SUCCESS
    };
    if json {
        print_json(&report)?;
        return Ok(code);
    }
    let said = match &report.fault {
        None => format!(
            "{} lines, unbroken. Note the last hash elsewhere, it vouches for all of them:\n{}",
            report.entries, report.head
        ),
        Some(fault) => format!("line {} is wrong: {}", fault.seq, fault.what),
    };
    print_line(&said)?;
    Ok(code)
}
