//! The error rates, over all presentations and by species.

use lifesign_domain::Verdict;

use super::{Answers, ApcerAtBpcer, BPCER_POINTS, Overall, SpeciesFigures};
use crate::metrics::{Bootstrap, Curve, Data, Estimate, Ranking, share};
use crate::{Label, Outcome};

/// One attack species, or all of them, against all bona fide presentations.
struct Attacks {
    ranking: Ranking,
    indices: Vec<usize>,
    units: usize,
}

impl Attacks {
    fn new(data: &Data<'_>, species: Option<&str>) -> Self {
        let indices = data.indices(|s| {
            s.sample.label == Label::Attack && species.is_none_or(|name| s.sample.species == name)
        });
        Self {
            ranking: data.ranking(species),
            units: data.units_of(&indices),
            indices,
        }
    }
}

/// Number of figures that [`attack_rates`] gives.
const ATTACK_RATES: usize = 4 + BPCER_POINTS.len();

/// APCER, APNRR, AUC, EER, then the APCER at each of [`BPCER_POINTS`].
fn attack_rates(
    data: &Data<'_>,
    attacks: &Attacks,
    threshold: f64,
    weights: &[f64],
) -> [f64; ATTACK_RATES] {
    let curve = attacks.ranking.curve(weights);
    let figure = |of: &dyn Fn(&Curve) -> f64| curve.as_ref().map_or(f64::NAN, of);
    let apcer = share(weights, &attacks.indices, |i| accepted(data, i, threshold));
    let apnrr = share(weights, &attacks.indices, |i| unanswered(data, i));
    let [p1, p2, p3] = BPCER_POINTS;
    let at = |bpcer: f64| figure(&|c| c.at_bpcer(bpcer).apcer);
    [
        apcer,
        apnrr,
        figure(&Curve::auc),
        figure(&|c| c.eer().0),
        at(p1),
        at(p2),
        at(p3),
    ]
}

fn accepted(data: &Data<'_>, i: usize, threshold: f64) -> bool {
    data.positions
        .get(i)
        .is_some_and(|position| *position >= threshold)
}

fn unanswered(data: &Data<'_>, i: usize) -> bool {
    data.positions
        .get(i)
        .is_some_and(|position| position.is_infinite())
}

/// The figures over all attacks and those of each species.
pub(super) fn rates(
    data: &Data<'_>,
    draws: &Bootstrap,
    threshold: f64,
) -> (Overall, Vec<SpeciesFigures>) {
    let live = data.indices(|s| s.sample.label == Label::Live);
    let live_units = data.units_of(&live);
    let pooled = Attacks::new(data, None);
    let species: Vec<Attacks> = data
        .species
        .iter()
        .map(|s| Attacks::new(data, Some(s)))
        .collect();
    let figures = draws.estimate(|weights| {
        let bpcer = share(weights, &live, |i| !accepted(data, i, threshold));
        let bpnrr = share(weights, &live, |i| unanswered(data, i));
        let each: Vec<[f64; ATTACK_RATES]> = species
            .iter()
            .map(|s| attack_rates(data, s, threshold, weights))
            .collect();
        let worst = |k: usize| {
            each.iter()
                .filter_map(|rates| rates.get(k))
                .copied()
                .fold(f64::NAN, f64::max)
        };
        let mut all = vec![bpcer, bpnrr, worst(0), (worst(0) + bpcer) / 2.0];
        all.extend((4..ATTACK_RATES).map(worst));
        all.extend(attack_rates(data, &pooled, threshold, weights));
        all.extend(each.iter().flatten());
        all
    });
    let mut figures = figures.into_iter();
    let mut next = || figures.next().flatten();
    let share_of_live = |e: Option<Estimate>| e.map(|e| e.share_over(live_units));
    let (bpcer, bpnrr) = (share_of_live(next()), share_of_live(next()));
    let (worst_apcer, acer) = (next(), next());
    let worst_at: Vec<Option<Estimate>> = BPCER_POINTS.iter().map(|_| next()).collect();
    let all = species_figures("", &pooled, &mut next);
    let species: Vec<SpeciesFigures> = data
        .species
        .iter()
        .zip(&species)
        .map(|(name, attacks)| species_figures(name, attacks, &mut next))
        .collect();

    let curve = pooled.ranking.curve(&vec![1.0; data.scored.len()]);
    let finite = |t: f64| t.is_finite().then_some(t);
    let (worst_species, units) = highest(&species, |s| s.apcer);
    let overall = Overall {
        auc: all.auc,
        eer: all.eer,
        eer_threshold: curve.as_ref().and_then(|c| finite(c.eer().1)),
        bpcer,
        bpnrr,
        apnrr: all.apnrr,
        apcer_pooled: all.apcer,
        apcer_worst: worst_apcer.map(|e| e.share_over(units)),
        worst_species,
        acer,
        apcer_at_bpcer: BPCER_POINTS
            .iter()
            .zip(worst_at)
            .enumerate()
            .map(|(k, (bpcer, worst))| {
                let at = |s: &SpeciesFigures| s.apcer_at_bpcer.get(k).copied().flatten();
                let (worst_species, units) = highest(&species, at);
                ApcerAtBpcer {
                    bpcer: *bpcer,
                    threshold: curve
                        .as_ref()
                        .and_then(|c| finite(c.at_bpcer(*bpcer).threshold)),
                    pooled: at(&all),
                    worst: worst.map(|e| e.share_over(units)),
                    worst_species,
                }
            })
            .collect(),
    };
    (overall, species)
}

/// The species with the highest figure and its number of units.
fn highest(
    species: &[SpeciesFigures],
    figure: impl Fn(&SpeciesFigures) -> Option<Estimate>,
) -> (String, usize) {
    let value = |s: &SpeciesFigures| figure(s).map_or(f64::NEG_INFINITY, |e| e.value);
    let worst = species.iter().max_by(|a, b| value(a).total_cmp(&value(b)));
    worst.map_or_else(Default::default, |s| (s.species.clone(), s.units))
}

fn species_figures(
    name: &str,
    attacks: &Attacks,
    next: &mut impl FnMut() -> Option<Estimate>,
) -> SpeciesFigures {
    let mut share = || next().map(|e| e.share_over(attacks.units));
    let (apcer, apnrr) = (share(), share());
    let (auc, eer) = (next(), next());
    let mut share = || next().map(|e| e.share_over(attacks.units));
    SpeciesFigures {
        species: name.to_owned(),
        presentations: attacks.indices.len(),
        units: attacks.units,
        apcer,
        apnrr,
        auc,
        eer,
        apcer_at_bpcer: BPCER_POINTS.iter().map(|_| share()).collect(),
    }
}

/// How the bona fide presentations, and the attacks of each species, were answered.
pub(super) fn answers(data: &Data<'_>, draws: &Bootstrap) -> Vec<Answers> {
    let classes = std::iter::once((Label::Live, ""))
        .chain(data.species.iter().map(|species| (Label::Attack, *species)));
    classes
        .map(|(label, species)| {
            let indices = data.indices(|s| s.sample.label == label && s.sample.species == species);
            let units = data.units_of(&indices);
            let answered = |i: usize, wanted: Option<Verdict>| {
                data.scored
                    .get(i)
                    .is_some_and(|s| answer(&s.outcome) == wanted)
            };
            let kinds = [
                Some(Verdict::Live),
                Some(Verdict::Inconclusive),
                Some(Verdict::Spoof),
                None,
            ];
            let mut shares = draws
                .estimate(|weights| {
                    kinds
                        .iter()
                        .map(|k| share(weights, &indices, |i| answered(i, *k)))
                        .collect()
                })
                .into_iter();
            let mut next = || shares.next().flatten().map(|e| e.share_over(units));
            Answers {
                label,
                species: species.to_owned(),
                presentations: indices.len(),
                live: next(),
                inconclusive: next(),
                spoof: next(),
                non_response: next(),
            }
        })
        .collect()
}

/// The verdict of a response; `None` without one.
fn answer(outcome: &Outcome) -> Option<Verdict> {
    match outcome {
        Outcome::Score { verdict, .. } if outcome.confidence().is_some() => Some(*verdict),
        _ => None,
    }
}
