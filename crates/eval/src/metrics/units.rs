//! The units that the bootstrap draws: persons, or blocks of consecutive frames.

use std::collections::BTreeMap;

use crate::Sample;

/// Blocks that the frames of one person in one source are cut into at most.
const MAX_BLOCKS: usize = 10;
/// Frames of a block at least, where there are as many.
const MIN_BLOCK: usize = 5;

/// How the samples are grouped into units, and the strata that units are drawn within.
///
/// A stratum is a label with its species, so that every draw keeps both classes and all species.
/// Within a stratum the samples of one source are cut by person where it has several, else into
/// at most [`MAX_BLOCKS`] blocks of consecutive frames (by path, numbers by value).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Units {
    /// The units of each stratum; a unit is a list of sample indices.
    pub(crate) strata: Vec<Vec<Vec<usize>>>,
    /// The sources whose units are blocks.
    pub(crate) blocked: Vec<String>,
    /// Neither persons nor sources are known: each image is a unit.
    pub(crate) by_image: bool,
}

impl Units {
    pub(crate) fn new(samples: &[&Sample]) -> Self {
        let by_image = samples
            .iter()
            .all(|s| s.person.is_none() && s.source.is_none());
        let mut units = Self {
            strata: Vec::new(),
            blocked: Vec::new(),
            by_image,
        };
        for stratum in split(0..samples.len(), |i| {
            samples.get(*i).map(|s| (s.label, &s.species))
        }) {
            if by_image {
                units
                    .strata
                    .push(stratum.into_iter().map(|i| vec![i]).collect());
                continue;
            }
            let cells = split(stratum, |i| samples.get(*i).map(|s| &s.source));
            let cut = cells
                .into_iter()
                .flat_map(|cell| units.cut(samples, cell))
                .collect();
            units.strata.push(cut);
        }
        units.blocked.sort();
        units.blocked.dedup();
        units
    }

    /// Number of units that hold one of the samples chosen by `member`.
    pub(crate) fn count(&self, member: impl Fn(usize) -> bool) -> usize {
        self.strata
            .iter()
            .flatten()
            .filter(|unit| unit.iter().any(|i| member(*i)))
            .count()
    }

    /// Cuts the samples of one source, label and species.
    fn cut(&mut self, samples: &[&Sample], cell: Vec<usize>) -> Vec<Vec<usize>> {
        let person = |i: &usize| samples.get(*i).and_then(|s| s.person.clone());
        let (known, unknown): (Vec<usize>, Vec<usize>) =
            cell.into_iter().partition(|i| person(i).is_some());
        let mut persons = split(known, person);
        if persons.len() < 2 {
            let mut all: Vec<usize> = persons.into_iter().flatten().collect();
            all.extend(unknown);
            return self.blocks(samples, all);
        }
        persons.extend(self.blocks(samples, unknown));
        persons
    }

    fn blocks(&mut self, samples: &[&Sample], mut frames: Vec<usize>) -> Vec<Vec<usize>> {
        if frames.is_empty() {
            return Vec::new();
        }
        let sample = |i: &usize| samples.get(*i);
        let source = frames
            .first()
            .and_then(sample)
            .and_then(|s| s.source.clone());
        self.blocked.push(source.unwrap_or_default());
        frames.sort_by_cached_key(|i| sample(i).map(|s| natural_key(&s.path)));
        let count = (frames.len() / MIN_BLOCK).clamp(1, MAX_BLOCKS);
        (0..count)
            .map(|b| {
                let (from, to) = (b * frames.len() / count, (b + 1) * frames.len() / count);
                frames.get(from..to).unwrap_or_default().to_vec()
            })
            .collect()
    }
}

/// Splits indices by a key, in the order of the keys.
fn split<K: Ord>(
    indices: impl IntoIterator<Item = usize>,
    key: impl Fn(&usize) -> K,
) -> Vec<Vec<usize>> {
    let mut parts: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for i in indices {
        parts.entry(key(&i)).or_default().push(i);
    }
    parts.into_values().collect()
}

/// Orders `frame_9` before `frame_10`: runs of digits compare by length, then by digits.
fn natural_key(path: &str) -> Vec<(usize, String)> {
    path.as_bytes()
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .map(|run| {
            let text = String::from_utf8_lossy(run).into_owned();
            if text.starts_with(|c: char| c.is_ascii_digit()) {
                let digits = text.trim_start_matches('0').to_owned();
                (digits.len(), digits)
            } else {
                (0, text)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Label;
    use crate::testing::sample;

    fn units(samples: &[Sample]) -> Units {
        Units::new(&samples.iter().collect::<Vec<_>>())
    }

    #[test]
    fn persons_are_units_where_a_source_has_several() {
        let samples: Vec<Sample> = (0..30)
            .map(|i| {
                let mut s = sample(&format!("{i}.jpg"), Label::Live, "");
                s.source = Some("lab".into());
                s.person = Some(format!("p{}", i % 3));
                s
            })
            .collect();
        let units = units(&samples);
        assert_eq!(units.strata.len(), 1);
        assert_eq!(units.strata[0].len(), 3);
        assert!(units.strata[0].iter().all(|unit| unit.len() == 10));
        assert!(units.blocked.is_empty() && !units.by_image);
    }

    #[test]
    fn a_source_of_one_person_is_cut_into_blocks_of_consecutive_frames() {
        let samples: Vec<Sample> = (0..23)
            .map(|i| {
                let mut s = sample(&format!("f_{i}.jpg"), Label::Attack, "print");
                s.source = Some("solo".into());
                s.person = Some("one".into());
                s
            })
            .collect();
        let units = units(&samples);
        let expected: Vec<Vec<usize>> = vec![
            (0..5).collect(),
            (5..11).collect(),
            (11..17).collect(),
            (17..23).collect(),
        ];
        assert_eq!(units.strata, vec![expected]);
        assert_eq!(units.blocked, ["solo"]);
    }

    #[test]
    fn each_image_is_a_unit_where_nothing_is_known() {
        let samples = [
            sample("a", Label::Live, ""),
            sample("b", Label::Attack, "print"),
        ];
        let units = units(&samples);
        assert!(units.by_image);
        assert_eq!(units.strata, vec![vec![vec![0]], vec![vec![1]]]);
    }

    #[test]
    fn every_sample_is_in_exactly_one_unit() {
        let samples: Vec<Sample> = (0..200)
            .map(|i| {
                let label = [Label::Live, Label::Attack][i % 2];
                let mut s = sample(
                    &format!("{i}"),
                    label,
                    if i % 4 == 1 { "print" } else { "" },
                );
                s.source = (i % 3 > 0).then(|| format!("s{}", i % 3));
                s.person = (i % 5 > 0).then(|| format!("p{}", i % 7));
                s
            })
            .collect();
        let mut all: Vec<usize> = units(&samples)
            .strata
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        all.sort_unstable();
        assert_eq!(all, (0..200).collect::<Vec<_>>());
    }

    #[test]
    fn numbers_in_paths_order_by_value() {
        let mut paths = ["f_10.jpg", "f_9.jpg", "f_010b.jpg", "e_99.jpg"];
        paths.sort_by_key(|p| natural_key(p));
        assert_eq!(paths, ["e_99.jpg", "f_9.jpg", "f_10.jpg", "f_010b.jpg"]);
    }
}
