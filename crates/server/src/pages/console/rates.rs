//! How many checks there were, how they ended and how long they took.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use lifesign_store::{Bucket, Millis};
use serde_json::{Value, json};

use super::charts::{self, STACK, Scale};
use super::form::{Fields, Form};
use super::problem::Problem;
use super::session::Visitor;
use crate::{App, clock};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A length of time that is looked at.
struct Span {
    word: &'static str,
    name: &'static str,
    /// Length of one stretch; all of them begin and end at multiples of `whole_ms`.
    width_ms: i64,
    stretches: u32,
    whole_ms: i64,
    /// Marks on the axis of time, each for as many stretches.
    cells: i64,
    with_time: bool,
}

const SPANS: [Span; 4] = [
    Span {
        word: "hour",
        name: "Last hour",
        width_ms: MINUTE_MS,
        stretches: 60,
        whole_ms: MINUTE_MS,
        cells: 6,
        with_time: true,
    },
    Span {
        word: "day",
        name: "Last day",
        width_ms: HOUR_MS / 2,
        stretches: 48,
        whole_ms: HOUR_MS,
        cells: 6,
        with_time: true,
    },
    Span {
        word: "week",
        name: "Last week",
        width_ms: 4 * HOUR_MS,
        stretches: 42,
        whole_ms: DAY_MS,
        cells: 7,
        with_time: false,
    },
    Span {
        word: "month",
        name: "Last 30 days",
        width_ms: DAY_MS,
        stretches: 30,
        whole_ms: DAY_MS,
        cells: 6,
        with_time: false,
    },
];

impl Span {
    /// Its beginning, if it ends with the whole unit that `now` lies in.
    fn from(&self, now: Millis) -> Millis {
        let until = now.div_euclid(self.whole_ms).saturating_add(1) * self.whole_ms;
        until - self.width_ms * i64::from(self.stretches)
    }
}

pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let form = Form::new(Fields::of_query(query));
    let asked = SPANS
        .iter()
        .find(|span| span.word == form.fields.get("over"));
    let [_, day, ..] = &SPANS;
    let span = asked.unwrap_or(day);
    let tenant = form.fields.some("tenant");
    let store = &app.memory.store;
    let from = span.from(clock::now());
    let buckets = store
        .buckets(tenant, from, span.width_ms, span.stretches)
        .await?;
    let tenants = store.tenants().await?;
    let content = json!({
        "section": "rates",
        "form": form.view(),
        "span": span.word,
        "spans": SPANS.iter().map(|span| (span.word, span.name)).collect::<Vec<_>>(),
        "tenants": tenants.iter().map(|tenant| (&tenant.id, &tenant.name)).collect::<Vec<_>>(),
        "charts": drawn(&buckets, span, from),
    });
    visitor.page("rates.html", content)
}

fn drawn(buckets: &[Bucket], span: &Span, from: Millis) -> Value {
    let totals = STACK.map(|verdict| {
        let number = buckets.iter().map(|bucket| charts::count(bucket, verdict));
        (verdict.as_str(), number.sum::<u64>())
    });
    let (scale, stacks) = charts::stacks(buckets);
    let longest = buckets.iter().map(|bucket| bucket.max_latency_ms);
    let longest = longest.fold(0.0, f64::max);
    let latency = Scale::holding(longest);
    let cell_ms = span.width_ms * i64::from(span.stretches) / span.cells;
    json!({
        "checks": buckets.iter().map(charts::checks).sum::<u64>(),
        "name": span.name,
        "width": charts::width(buckets.len()),
        "ticks": charts::ticks(from, cell_ms, span.cells, span.with_time),
        "totals": totals,
        "verdicts": { "scale": scale, "stacks": stacks },
        "latency": {
            "scale": latency,
            "mean_ms": mean(buckets),
            "max_ms": longest,
            "mean": charts::line(buckets, latency, |bucket| bucket.mean_latency_ms),
            "max": charts::line(buckets, latency, |bucket| bucket.max_latency_ms),
        },
        "reasons": reasons(buckets),
        "rows": rows(buckets),
    })
}

/// Mean latency of all checks.
fn mean(buckets: &[Bucket]) -> f64 {
    let weighed = |bucket: &Bucket| bucket.mean_latency_ms * charts::checks(bucket) as f64;
    let checks: u64 = buckets.iter().map(charts::checks).sum();
    buckets.iter().map(weighed).sum::<f64>() / checks.max(1) as f64
}

/// All reasons, the most frequent first, with the length of their bars in per cent.
fn reasons(buckets: &[Bucket]) -> Vec<Value> {
    let mut totals = BTreeMap::<&str, u64>::new();
    for (code, number) in buckets.iter().flat_map(|bucket| &bucket.reasons) {
        *totals.entry(code).or_default() += number;
    }
    let mut totals = Vec::from_iter(totals);
    totals.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let most = totals.first().map_or(1, |(_, number)| (*number).max(1));
    let bar = |(code, number): (&str, u64)| json!({ "code": code, "number": number, "share": number as f64 / most as f64 * 100.0 });
    totals.into_iter().map(bar).collect()
}

/// The same figures as a table, without the stretches in which nothing happened.
fn rows(buckets: &[Bucket]) -> Vec<Value> {
    let busy = buckets.iter().filter(|bucket| charts::checks(bucket) > 0);
    let row = |bucket: &Bucket| {
        let reasons = bucket.reasons.iter();
        json!({
            "from": bucket.from,
            "numbers": STACK.map(|verdict| charts::count(bucket, verdict)),
            "mean_ms": bucket.mean_latency_ms,
            "max_ms": bucket.max_latency_ms,
            "reasons": reasons
                .map(|(code, number)| format!("{code} {number}"))
                .collect::<Vec<_>>()
                .join(", "),
        })
    };
    busy.map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_holds_now_and_is_divided_evenly() {
        let now = 1_700_000_000_123;
        for span in &SPANS {
            let from = span.from(now);
            let until = from + span.width_ms * i64::from(span.stretches);
            assert!(from < now && now < until, "{}", span.word);
            assert!(until - now <= span.whole_ms, "{}", span.word);
            assert_eq!(i64::from(span.stretches) % span.cells, 0, "{}", span.word);
        }
    }

    #[test]
    fn nothing_is_divided_by_no_checks() {
        assert_eq!(mean(&[]), 0.0);
        assert!(reasons(&[]).is_empty());
    }
}
