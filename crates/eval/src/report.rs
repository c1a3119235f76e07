//! The figures of one evaluation: what is written as JSON and shown as text and HTML.
//!
//! Rates are shares in [0, 1]. See [`crate::metrics`] for what each one means.

mod build;
mod groups;
mod rates;
mod signals;
mod text;
mod worst;

use std::collections::BTreeMap;

use lifesign_domain::Verdict;
use serde::{Deserialize, Serialize};

use crate::{Estimate, Label, RowIssue};

/// Version of the JSON form; a change that old readers would misread is a new number.
pub const SCHEMA: &str = "lifesign-eval/1";

/// BPCERs at which the APCER is reported.
pub const BPCER_POINTS: [f64; 3] = [0.01, 0.05, 0.10];

/// What was evaluated and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Heading of the report, for instance the name of the manifest.
    pub title: String,
    /// When the report was made, as the caller wants it shown.
    pub created: String,
    /// Name and version of the program that judged.
    pub binary: String,
    /// Version of the calibration that decided.
    pub calibration: String,
    /// Profile that decided.
    pub profile: String,
    /// Confidence from which on a presentation is classified as bona fide.
    pub threshold: f64,
    /// Half width of the INCONCLUSIVE band around the threshold.
    pub inconclusive_margin: f64,
    /// Draws of the bootstrap; 1000 is customary.
    pub draws: usize,
    /// Seed of the bootstrap.
    pub seed: u64,
}

/// The figures of one evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// What was evaluated and how.
    pub settings: Settings,
    /// What the figures rest on.
    pub basis: Basis,
    /// The figures over all presentations.
    pub overall: Overall,
    /// How each class and species was answered: bona fide first.
    pub answers: Vec<Answers>,
    /// The figures of each attack species against all bona fide presentations.
    pub species: Vec<SpeciesFigures>,
    /// The figures by each grouping column.
    pub groups: Vec<GroupTable>,
    /// Columns that were not grouped by, with the reason.
    pub not_grouped: Vec<NotGrouped>,
    /// How well each signal alone separates.
    pub signals: Vec<SignalFigures>,
    /// Error curves: all attacks first, then each species.
    pub curves: Vec<NamedCurve>,
    /// How the confidences are spread.
    pub histogram: Histogram,
    /// The worst errors at the threshold, the worst first.
    pub worst: Vec<WorstError>,
    /// Every presentation without a score.
    pub non_responses: Vec<NonResponse>,
    /// Rows and files that could not be used and are in no figure.
    pub unreadable: Vec<RowIssue>,
}

/// What the figures rest on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// Bona fide presentations.
    pub live: usize,
    /// Attack presentations.
    pub attack: usize,
    /// Distinct persons named, of both labels.
    pub persons: usize,
    /// Distinct sources named.
    pub sources: usize,
    /// Independent units behind the bona fide figures: persons, blocks of frames or images.
    pub live_units: usize,
    /// Independent units behind the attack figures.
    pub attack_units: usize,
    /// What a reader must know before quoting a figure.
    pub notes: Vec<String>,
}

/// The figures over all presentations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overall {
    /// Area under the ROC curve, all attacks together.
    pub auc: Option<Estimate>,
    /// Equal error rate, all attacks together.
    pub eer: Option<Estimate>,
    /// Threshold at the equal error rate.
    pub eer_threshold: Option<f64>,
    /// Share of the bona fide presentations below the threshold.
    pub bpcer: Option<Estimate>,
    /// Share of the bona fide presentations without a score.
    pub bpnrr: Option<Estimate>,
    /// Share of the attacks without a score.
    pub apnrr: Option<Estimate>,
    /// Share of all attacks at or above the threshold, species weighed by their size.
    pub apcer_pooled: Option<Estimate>,
    /// The highest APCER of a species: the APCER of the system.
    pub apcer_worst: Option<Estimate>,
    /// The species with the highest APCER.
    pub worst_species: String,
    /// Mean of the worst APCER and the BPCER.
    pub acer: Option<Estimate>,
    /// APCER where the threshold is moved to a given BPCER, one for each of [`BPCER_POINTS`].
    pub apcer_at_bpcer: Vec<ApcerAtBpcer>,
}

/// APCER where the threshold is moved to a given BPCER.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApcerAtBpcer {
    /// The BPCER that is not to be passed.
    pub bpcer: f64,
    /// The highest threshold that keeps it; `None` where too many bona fide presentations have
    /// no score.
    pub threshold: Option<f64>,
    /// APCER of all attacks there.
    pub pooled: Option<Estimate>,
    /// Highest APCER of a species there.
    pub worst: Option<Estimate>,
    /// The species with the highest APCER there.
    pub worst_species: String,
}

/// Shares of the answers to one class or species; they sum to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// Class.
    pub label: Label,
    /// Attack species, empty for bona fide presentations.
    pub species: String,
    /// Number of presentations.
    pub presentations: usize,
    /// Share answered LIVE.
    pub live: Option<Estimate>,
    /// Share answered INCONCLUSIVE.
    pub inconclusive: Option<Estimate>,
    /// Share answered SPOOF.
    pub spoof: Option<Estimate>,
    /// Share without a score.
    pub non_response: Option<Estimate>,
}

/// The figures of one attack species against all bona fide presentations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpeciesFigures {
    /// Name of the species.
    pub species: String,
    /// Number of presentations.
    pub presentations: usize,
    /// Independent units among them.
    pub units: usize,
    /// Share at or above the threshold.
    pub apcer: Option<Estimate>,
    /// Share without a score.
    pub apnrr: Option<Estimate>,
    /// Area under the ROC curve.
    pub auc: Option<Estimate>,
    /// Equal error rate.
    pub eer: Option<Estimate>,
    /// APCER at each of [`BPCER_POINTS`].
    pub apcer_at_bpcer: Vec<Option<Estimate>>,
}

/// The figures by one grouping column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupTable {
    /// Name of the column.
    pub column: String,
    /// One row for each value, the highest BPCER first; groups without bona fide presentations
    /// last.
    pub rows: Vec<GroupRow>,
}

/// The figures of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupRow {
    /// Value of the column; empty for the presentations without one.
    pub value: String,
    /// Bona fide presentations in the group.
    pub live: usize,
    /// Attacks in the group.
    pub attack: usize,
    /// Share of its bona fide presentations below the threshold.
    pub bpcer: Option<Estimate>,
    /// Share of its bona fide presentations without a score.
    pub bpnrr: Option<Estimate>,
    /// Share of its attacks at or above the threshold.
    pub apcer: Option<Estimate>,
    /// Area under the ROC curve within the group.
    pub auc: Option<Estimate>,
    /// Equal error rate within the group.
    pub eer: Option<Estimate>,
}

/// A column that was not grouped by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotGrouped {
    /// Name of the column.
    pub column: String,
    /// Why not.
    pub reason: String,
}

/// How well one signal alone separates, over the presentations on which it was assessed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalFigures {
    /// Name of the signal.
    pub name: String,
    /// Share of the bona fide presentations on which it was assessed.
    pub assessed_live: f64,
    /// Share of the attacks on which it was assessed.
    pub assessed_attack: f64,
    /// Area under the ROC curve, all attacks; 0.5 is chance.
    pub auc: Option<Estimate>,
    /// The same for each species.
    pub by_species: BTreeMap<String, Option<Estimate>>,
}

/// Errors over the thresholds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedCurve {
    /// Species, or empty for all attacks.
    pub species: String,
    /// Corners of the curve, thresholds ascending; long curves are thinned.
    pub points: Vec<CurvePoint>,
}

/// Errors at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// The threshold; `None` where it is infinite.
    pub threshold: Option<f64>,
    /// Share of the attacks at or above it.
    pub apcer: f64,
    /// Share of the bona fide presentations below it.
    pub bpcer: f64,
}

/// Counts of confidences in equal bins over [0, 1]; presentations without a score are in none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Number of bins.
    pub bins: usize,
    /// Counts of the bona fide presentations.
    pub live: Vec<usize>,
    /// Counts of each species.
    pub species: BTreeMap<String, Vec<usize>>,
}

/// One presentation on the wrong side of the threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorstError {
    /// Path of the sample.
    pub path: String,
    /// What it truly is.
    pub label: Label,
    /// Attack species, empty for a bona fide presentation.
    pub species: String,
    /// Source, if known.
    pub source: Option<String>,
    /// Aggregate liveness.
    pub confidence: f64,
    /// The answer given.
    pub verdict: Verdict,
    /// Scores of the signals.
    pub signals: BTreeMap<String, f64>,
}

/// One presentation without a score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonResponse {
    /// Path of the sample.
    pub path: String,
    /// What it truly is.
    pub label: Label,
    /// Attack species, empty for a bona fide presentation.
    pub species: String,
    /// Why there is no score.
    pub reason: String,
}

/// A report that cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// One class has no presentation.
    #[error("no {0} presentation can be used; at least one live and one attack are needed")]
    NoPresentation(Label),
    /// Not the JSON of a report.
    #[error("report does not parse: {0}")]
    Parse(#[from] serde_json::Error),
    /// A report of another version.
    #[error("report has schema `{0}`, this version reads `{SCHEMA}`")]
    Schema(String),
}

impl Report {
    /// The report as indented JSON.
    ///
    /// # Errors
    /// Never for a report made here; see [`serde_json::to_string_pretty`].
    pub fn to_json(&self) -> Result<String, ReportError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Reads a report back.
    ///
    /// # Errors
    /// Where the text is no report, or one of another version.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Head {
            schema: String,
        }
        let head: Head = serde_json::from_str(text)?;
        if head.schema != SCHEMA {
            return Err(ReportError::Schema(head.schema));
        }
        Ok(serde_json::from_str(text)?)
    }
}
