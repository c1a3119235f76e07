//! Geometry of the charts: from figures to coordinates, which a template draws as SVG.
//!
//! A plot is 100 high and ten wide for each stretch of time. It is stretched to the width of the
//! page; its texts stand beside it, so that they stay readable on a phone.

use std::ops::Range;

use lifesign_domain::Verdict;
use lifesign_store::{Bucket, Millis};
use serde::Serialize;

use super::view::moment;

const STRETCH: f64 = 10.0;
const BAR: f64 = 8.0;
const HEIGHT: f64 = 100.0;

/// From the bottom of a stack to its top.
pub(super) const STACK: [Verdict; 3] = [Verdict::Live, Verdict::Inconclusive, Verdict::Spoof];

/// A scale from 0 to a round number; half of it is round too.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Scale {
    top: f64,
    half: f64,
}

impl Scale {
    /// The smallest scale that holds `most`.
    pub(super) fn holding(most: f64) -> Self {
        let most = if most.is_finite() { most.max(1.0) } else { 1.0 };
        let mut unit = 1.0;
        while unit * 10.0 < most {
            unit *= 10.0;
        }
        let steps = [2.0, 4.0, 6.0, 8.0].map(|step| step * unit);
        let top = steps.into_iter().find(|top| *top >= most);
        let top = top.unwrap_or(unit * 10.0);
        Self {
            top,
            half: top / 2.0,
        }
    }

    fn height(self, value: f64) -> f64 {
        (value / self.top).clamp(0.0, 1.0) * HEIGHT
    }
}

/// One stack of the chart of verdicts.
#[derive(Debug, Serialize)]
pub(super) struct Stack {
    /// What a reader hears or sees on pointing at it.
    title: String,
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
struct Part {
    verdict: Verdict,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// Checks of a verdict in a stretch of time.
pub(super) fn count(bucket: &Bucket, verdict: Verdict) -> u64 {
    bucket.verdicts.get(verdict.as_str()).copied().unwrap_or(0)
}

/// Checks in a stretch of time.
pub(super) fn checks(bucket: &Bucket) -> u64 {
    bucket.verdicts.values().sum()
}

/// The chart of verdicts, and its scale.
pub(super) fn stacks(buckets: &[Bucket]) -> (Scale, Vec<Stack>) {
    let most = buckets.iter().map(checks).max().unwrap_or(0);
    let scale = Scale::holding(most as f64);
    let busy = buckets
        .iter()
        .enumerate()
        .filter(|(_, bucket)| checks(bucket) > 0);
    let stacks = busy.map(|(nth, bucket)| stack(nth, bucket, scale));
    (scale, stacks.collect())
}

fn stack(nth: usize, bucket: &Bucket, scale: Scale) -> Stack {
    let mut below = 0;
    let mut parts = Vec::new();
    let mut told = Vec::new();
    for verdict in STACK {
        let number = count(bucket, verdict);
        if number == 0 {
            continue;
        }
        below += number;
        parts.push(Part {
            verdict,
            x: nth as f64 * STRETCH + (STRETCH - BAR) / 2.0,
            y: HEIGHT - scale.height(below as f64),
            width: BAR,
            height: scale.height(number as f64),
        });
        told.push(format!("{number} {verdict}"));
    }
    Stack {
        title: format!("{}: {}", moment(bucket.from), told.join(", ")),
        parts,
    }
}

/// A line through the stretches that have checks; it breaks where there are none.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// The line as the data of an SVG path.
    path: String,
    /// A dot for each value, as the data of an SVG path of lines without length.
    dots: String,
}

/// The chart of one figure of each stretch.
pub(super) fn line(buckets: &[Bucket], scale: Scale, figure: fn(&Bucket) -> f64) -> Line {
    let (mut path, mut dots) = (String::new(), String::new());
    let mut goes_on = false;
    for (nth, bucket) in buckets.iter().enumerate() {
        if checks(bucket) == 0 {
            goes_on = false;
            continue;
        }
        let x = (nth as f64 + 0.5) * STRETCH;
        let y = HEIGHT - scale.height(figure(bucket));
        let step = if goes_on { 'L' } else { 'M' };
        path.push_str(&format!("{step}{x:.1} {y:.1}"));
        dots.push_str(&format!("M{x:.1} {y:.1}h0"));
        goes_on = true;
    }
    Line { path, dots }
}

/// Width of a plot of so many stretches.
pub(super) fn width(stretches: usize) -> f64 {
    stretches as f64 * STRETCH
}

/// Beginnings of `cells` equal parts of the time from `from` on.
pub(super) fn ticks(from: Millis, cell_ms: i64, cells: i64, with_time: bool) -> Vec<String> {
    let cell = |nth| label(from.saturating_add(cell_ms.saturating_mul(nth)), with_time);
    (0..cells).map(cell).collect()
}

/// `14:30`, or `25 Nov`.
fn label(at: Millis, with_time: bool) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = moment(at);
    if with_time {
        return text.get(11..16).unwrap_or_default().to_owned();
    }
    let number = |range: Range<usize>| {
        text.get(range)
            .and_then(|digits| digits.parse::<usize>().ok())
    };
    let month = number(5..7).and_then(|month| MONTHS.get(month.checked_sub(1)?));
    format!("{} {}", number(8..10).unwrap_or(0), month.unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn bucket(live: u64, spoof: u64) -> Bucket {
        let verdicts = [("LIVE", live), ("SPOOF", spoof)];
        let verdicts = verdicts.into_iter().filter(|(_, number)| *number > 0);
        Bucket {
            verdicts: verdicts
                .map(|(word, number)| (word.to_owned(), number))
                .collect(),
            reasons: BTreeMap::new(),
            mean_latency_ms: 50.0,
            max_latency_ms: 100.0,
            from: 1_700_000_000_000,
        }
    }

    #[test]
    fn scales_are_round_and_hold_what_they_must() {
        for (most, top) in [
            (0.0, 2.0),
            (1.0, 2.0),
            (3.0, 4.0),
            (7.0, 8.0),
            (9.0, 10.0),
            (10.0, 10.0),
            (11.0, 20.0),
            (345.6, 400.0),
            (900.0, 1000.0),
        ] {
            assert_eq!(Scale::holding(most).top, top, "{most}");
        }
        assert_eq!(Scale::holding(f64::NAN).top, 2.0);
    }

    #[test]
    fn a_stack_stands_on_the_ground_and_its_parts_on_each_other() {
        let (scale, stacks) = stacks(&[bucket(0, 0), bucket(6, 2)]);
        assert_eq!(scale.top, 8.0);
        let [stack] = &stacks[..] else {
            panic!("one stack: {stacks:?}");
        };
        assert_eq!(stack.title, "2023-11-14 22:13:20: 6 LIVE, 2 SPOOF");
        let [live, spoof] = &stack.parts[..] else {
            panic!("two parts: {stack:?}");
        };
        assert_eq!((live.x, live.y, live.height), (11.0, 25.0, 75.0));
        assert_eq!((spoof.y, spoof.height), (0.0, 25.0));
    }

    #[test]
    fn a_line_breaks_where_nothing_was_checked() {
        let buckets = [bucket(1, 0), bucket(1, 0), bucket(0, 0), bucket(1, 0)];
        let scale = Scale::holding(100.0);
        let line = line(&buckets, scale, |bucket| bucket.mean_latency_ms);
        assert_eq!(line.path, "M5.0 50.0L15.0 50.0M35.0 50.0");
        assert_eq!(line.dots.matches("h0").count(), 3);
    }

    #[test]
    fn ticks_are_short() {
        let from = 1_700_000_000_000;
        assert_eq!(ticks(from, 3_600_000, 2, true), ["22:13", "23:13"]);
        assert_eq!(ticks(from, 86_400_000, 2, false), ["14 Nov", "15 Nov"]);
    }
}
