//! The list of checks.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use lifesign_domain::{ReasonCode, Verdict};
use lifesign_store::{CheckFilter, CheckPage, CheckRecord, Tenant};
use serde_json::{Value, json};

use super::form::{Fields, Form};
use super::problem::Problem;
use super::session::Visitor;
use crate::App;

/// Checks on a page.
const PAGE: u32 = 50;

/// Fields of the filter, as they stand in the address.
const FILTER: [&str; 7] = [
    "tenant",
    "contract",
    "verdict",
    "reason",
    "reference",
    "from",
    "until",
];

const VERDICTS: [Verdict; 3] = [Verdict::Live, Verdict::Inconclusive, Verdict::Spoof];

pub(super) async fn list(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut form = Form::new(Fields::of_query(query));
    let filter = filter(&mut form);
    let after = form.fields.some("after").map(str::to_owned);
    let page = match form.is_good() {
        true => {
            let store = &app.memory.store;
            store.checks(&filter, after.as_deref(), PAGE).await?
        }
        false => CheckPage {
            checks: Vec::new(),
            next: None,
        },
    };
    let tenants = app.memory.store.tenants().await?;
    let names = names(&tenants);
    let older = page.next.as_deref();
    let content = json!({
        "section": "checks",
        "form": form.view(),
        "filtered": FILTER.iter().any(|name| form.fields.some(name).is_some()),
        "tenants": tenants.iter().map(|tenant| (&tenant.id, &tenant.name)).collect::<Vec<_>>(),
        "contracts": app.contracts.iter().map(|contract| contract.name()).collect::<Vec<_>>(),
        "verdicts": VERDICTS.map(Verdict::as_str),
        "reasons": ReasonCode::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>(),
        "checks": page.checks.iter().map(|check| row(check, &names)).collect::<Vec<_>>(),
        "first": after.is_some().then(|| address(&form.fields, None)),
        "older": older.map(|cursor| address(&form.fields, Some(cursor))),
        "done": (form.fields.get("done") == "erased").then_some("The check is erased."),
    });
    if form.is_good() {
        visitor.page("checks.html", content)
    } else {
        visitor.page_again("checks.html", content)
    }
}

fn filter(form: &mut Form) -> CheckFilter {
    let text = |form: &Form, name| form.fields.some(name).map(str::to_owned);
    let verdict = text(form, "verdict").and_then(|word| {
        let verdict = VERDICTS
            .into_iter()
            .find(|verdict| verdict.as_str() == word);
        if verdict.is_none() {
            form.fail("verdict", "There is no such verdict.");
        }
        verdict
    });
    let (from, until) = (form.maybe_moment("from"), form.maybe_moment("until"));
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        form.fail("until", "Must be later than the beginning.");
    }
    CheckFilter {
        tenant_id: text(form, "tenant"),
        contract: text(form, "contract"),
        verdict,
        reference: text(form, "reference"),
        reason: text(form, "reason"),
        from,
        until,
    }
}

/// The address of another page of the same filter.
fn address(fields: &Fields, after: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in FILTER {
        if let Some(value) = fields.some(name) {
            query.append_pair(name, value);
        }
    }
    if let Some(after) = after {
        query.append_pair("after", after);
    }
    format!("/console/checks?{}", query.finish())
}

/// Names of tenants by their identifiers.
pub(super) fn names(tenants: &[Tenant]) -> BTreeMap<&str, &str> {
    let tenants = tenants.iter();
    tenants
        .map(|tenant| (tenant.id.as_str(), tenant.name.as_str()))
        .collect()
}

fn row(check: &CheckRecord, names: &BTreeMap<&str, &str>) -> Value {
    let reasons = check.reasons.iter().map(|reason| reason.code.as_str());
    json!({
        "id": check.id,
        "at": check.at,
        "tenant": names.get(check.tenant_id.as_str()).unwrap_or(&check.tenant_id.as_str()),
        "contract": check.contract,
        "verdict": check.verdict,
        "confidence": check.confidence,
        "reasons": reasons.collect::<Vec<_>>(),
        "reference": check.reference,
    })
}
