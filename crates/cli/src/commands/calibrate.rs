//! `lifesign calibrate`: fits a profile's weights and operating score to a labelled set and writes
//! a calibration that `check` and `serve` load.

use std::process::ExitCode;

use lifesign_domain::OPERATING_POINT;
use lifesign_engine::Calibration;
use lifesign_eval::calibrate::{Calibrated, Observations, Target, calibrate};

use crate::args::CalibrateArgs;
use crate::error::{CliError, EXIT_BAD_INPUT};
use crate::evaluation::{self, PROGRAM};
use crate::output::{print_text, write_file};
use lifesign_config::Config;
use lifesign_config::digest;

/// Runs the command.
pub(crate) fn run(args: &CalibrateArgs, config: &Config) -> Result<ExitCode, CliError> {
    let name = &config.settings.profile;
    // The configuration is refused where its profile does not exist.
    let Some(profile) = config.calibration.profiles.get(name) else {
        return Err(CliError::Usage(format!("unknown profile `{name}`")));
    };
    let target = Target {
        bpcer: args.target.0,
        operating_point: OPERATING_POINT,
    };
    target.validate()?;
    let journal = evaluation::journal_path(&args.judging, &[Some(&args.out)]);
    let evaluated =
        evaluation::evaluate(&args.labelled, &args.judging, journal.as_deref(), config)?;

    let weighed = profile.weights.iter().filter(|(_, weight)| **weight > 0.0);
    let signals: Vec<String> = weighed.map(|(name, _)| name.clone()).collect();
    let (data, without_score) = Observations::new(&evaluated.scored, &signals);
    let mut fitted = calibrate(&data, profile.fusion, target)?;
    fitted.notes.extend(notes(name, without_score, config));

    let live = data.live.iter().filter(|live| **live).count();
    let summary = format!(
        "{PROGRAM}: profile {name}, fitted to {live} bona fide presentations and {} attacks\n\n{}",
        data.live.len() - live,
        fitted.to_text(&profile.weights, target)
    );
    let calibration = with_fit(&config.calibration, name, &fitted)?;
    let file = commented(&summary, &calibration)?;
    // Nothing is written that could not be loaded.
    Calibration::from_toml(&file).map_err(CliError::Fit)?;
    write_file(&args.out, file.as_bytes())?;
    print_text(&format!(
        "{summary}\nCalibration {} is in {path}. Use it with `--set calibration={path}`.",
        calibration.version,
        path = args.out.display()
    ))?;
    Ok(ExitCode::from(if evaluated.is_complete() {
        0
    } else {
        EXIT_BAD_INPUT
    }))
}

fn notes(profile: &str, without_score: usize, config: &Config) -> Vec<String> {
    let margin = config.calibration.decision.inconclusive_margin;
    let mut notes = vec![format!(
        "rates are at the threshold itself; within {margin} of it the verdict is INCONCLUSIVE"
    )];
    if without_score > 0 {
        notes.push(format!(
            "left out for want of a score: {without_score}; the bona fide ones among them are \
             rejected on top of the BPCER"
        ));
    }
    if profile == "classic" {
        notes.push(
            "classic is a documented formula; with fitted weights it no longer is that one"
                .to_owned(),
        );
    }
    notes
}

/// The calibration with the fit in its profile. The version is a digest of all the rest, so that
/// it changes with every number.
fn with_fit(base: &Calibration, name: &str, fitted: &Calibrated) -> Result<Calibration, CliError> {
    let mut calibration = base.clone();
    if let Some(profile) = calibration.profiles.get_mut(name) {
        let weights = fitted.weights.iter().map(|(name, w)| (name.clone(), *w));
        profile.weights.extend(weights);
        profile.operating_score = Some(fitted.map.operating_score);
    }
    calibration.version.clear();
    let digest = digest::short(&toml::to_string(&calibration)?);
    calibration.version = format!("calibrated-{digest}");
    Ok(calibration)
}

/// The whole calibration below the summary as a comment, in which no control character may stand.
fn commented(summary: &str, calibration: &Calibration) -> Result<String, CliError> {
    let comment: String = summary
        .lines()
        .map(|line| {
            format!("# {}", line.replace(char::is_control, " "))
                .trim_end()
                .to_owned()
                + "\n"
        })
        .collect();
    Ok(format!("{comment}\n{}", toml::to_string(calibration)?))
}
