//! The error rates of ISO/IEC 30107-3:2023 and the curves behind them.
//!
//! **Position.** Every sample has a place on the axis of confidence. A sample without a score is
//! an error of its class at every threshold: a live one lies below all others (minus infinity),
//! an attack above all others (plus infinity). With that, every figure below counts
//! non-responses without a special case.
//!
//! **Decision.** At a threshold `t` a presentation is classified as bona fide where its position
//! is at least `t`. The band of INCONCLUSIVE around the threshold does not enter the error
//! rates; how often each class is answered LIVE, SPOOF, INCONCLUSIVE or not at all stands beside
//! them.
//!
//! - APCER of a species: share of its presentations at or above `t`; the figure of a system is
//!   its worst species.
//! - BPCER: share of the bona fide presentations below `t`.
//! - APNRR, BPNRR: share of presentations without a score, of attacks and of bona fide ones.
//! - ACER: mean of the worst APCER and the BPCER. Not part of the standard; literature uses it.
//! - EER: the error where APCER and BPCER meet, see [`Curve::eer`].
//! - AUC: probability that a bona fide presentation lies above an attack, ties counted half
//!   (Mann-Whitney).
//! - APCER at BPCER p: APCER at the highest threshold whose BPCER is at most p.

mod bootstrap;
mod curve;
mod data;
mod probit;
mod units;

pub use curve::{Curve, Point};
pub use probit::probit;

pub(crate) use bootstrap::Bootstrap;
pub use bootstrap::Estimate;
pub(crate) use curve::{Ranking, Side};
pub(crate) use data::{Data, share};
pub(crate) use units::Units;
