//! The figures by each grouping column.

use std::collections::{BTreeMap, BTreeSet};

use super::{GroupRow, GroupTable, NotGrouped};
use crate::metrics::{Bootstrap, Data, share};
use crate::{Label, Scored};

/// Columns with more values are no groups but facts of single images, as widths or licences.
const MAX_VALUES: usize = 100;
/// Columns that are grouped by whatever their number of values.
const ALWAYS: [&str; 2] = ["person", "subject"];

/// One table for each column that groups, and the columns that do not.
pub(super) fn groups(
    data: &Data<'_>,
    draws: &Bootstrap,
    threshold: f64,
) -> (Vec<GroupTable>, Vec<NotGrouped>) {
    let columns: BTreeSet<&str> = data
        .scored
        .iter()
        .flat_map(|s| s.sample.groups.keys())
        .map(String::as_str)
        .collect();
    let (mut tables, mut not_grouped) = (Vec::new(), Vec::new());
    for column in columns {
        let members = members(data, column);
        let count = members.len();
        let reason = match count {
            0 | 1 => "one value only".to_owned(),
            2..=MAX_VALUES => String::new(),
            _ if ALWAYS.contains(&column) => String::new(),
            _ => format!("{count} values, at most {MAX_VALUES} are grouped"),
        };
        if !reason.is_empty() {
            not_grouped.push(NotGrouped {
                column: column.to_owned(),
                reason,
            });
            continue;
        }
        let mut rows: Vec<GroupRow> = members
            .into_iter()
            .map(|(value, indices)| row(data, draws, threshold, value, indices))
            .collect();
        let bpcer = |row: &GroupRow| row.bpcer.map_or(-1.0, |e| e.value);
        rows.sort_by(|a, b| bpcer(b).total_cmp(&bpcer(a)));
        tables.push(GroupTable {
            column: column.to_owned(),
            rows,
        });
    }
    (tables, not_grouped)
}

/// The samples of each value; those without one are under the empty value.
fn members<'a>(data: &Data<'a>, column: &str) -> BTreeMap<&'a str, Vec<usize>> {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, scored) in data.scored.iter().enumerate() {
        let value = scored.sample.groups.get(column).map_or("", String::as_str);
        members.entry(value).or_default().push(i);
    }
    members
}

fn row(
    data: &Data<'_>,
    draws: &Bootstrap,
    threshold: f64,
    value: &str,
    indices: Vec<usize>,
) -> GroupRow {
    let scored = |i: &usize| data.scored.get(*i);
    let is_live = |s: &Scored| s.sample.label == Label::Live;
    let (live, attack): (Vec<usize>, Vec<usize>) =
        indices.iter().partition(|i| scored(i).is_some_and(is_live));
    let mut chosen = vec![false; data.scored.len()];
    for i in &indices {
        if let Some(flag) = chosen.get_mut(*i) {
            *flag = true;
        }
    }
    let ranking = data.rank_by(None, |i, _| {
        let member = chosen.get(i).copied().unwrap_or(false);
        data.positions.get(i).copied().filter(|_| member)
    });
    let position = |i: usize| data.positions.get(i).copied().unwrap_or(f64::NAN);
    let mut figures = draws
        .estimate(|weights| {
            let curve = ranking.curve(weights);
            vec![
                share(weights, &live, |i| position(i) < threshold),
                share(weights, &live, |i| position(i).is_infinite()),
                share(weights, &attack, |i| position(i) >= threshold),
                curve.as_ref().map_or(f64::NAN, |c| c.auc()),
                curve.as_ref().map_or(f64::NAN, |c| c.eer().0),
            ]
        })
        .into_iter();
    let (live_units, attack_units) = (data.units_of(&live), data.units_of(&attack));
    let mut next = || figures.next().flatten();
    GroupRow {
        value: value.to_owned(),
        live: live.len(),
        attack: attack.len(),
        bpcer: next().map(|e| e.share_over(live_units)),
        bpnrr: next().map(|e| e.share_over(live_units)),
        apcer: next().map(|e| e.share_over(attack_units)),
        auc: next().map(|e| e.share_over(live_units.min(attack_units))),
        eer: next().map(|e| e.share_over(live_units.min(attack_units))),
    }
}
