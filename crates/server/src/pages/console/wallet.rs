//! A tenant's wallet: balance, top-up and statement.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use lifesign_store::{Act, LedgerEntry, LedgerKind};
use serde_json::{Value, json};

use super::csrf::Posted;
use super::form::{Fields, Form};
use super::once;
use super::problem::Problem;
use super::session::Visitor;
use super::tenants::{self, existing};
use crate::App;

/// Lines of a page of the statement.
const PAGE: u32 = 50;

/// More units at once are a slip of the finger.
const MOST_UNITS: i64 = 1_000_000_000;

pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let fields = Fields::of_query(query);
    let before = fields.get("before").parse().ok();
    let done = match fields.get("done") {
        "topped-up" => Some("The units are in the wallet."),
        "before" => Some("This form was sent twice and counted once; see the statement."),
        _ => None,
    };
    let content = content(&app, &id, before, &Form::default(), done).await?;
    visitor.page("wallet.html", content)
}

async fn content(
    app: &App,
    id: &str,
    before: Option<i64>,
    form: &Form,
    done: Option<&str>,
) -> Result<Value, Problem> {
    let tenant = existing(app, id).await?;
    // One more than a page tells whether there is another.
    let lines = app.memory.store.statement(id, before, PAGE + 1).await?;
    let page = lines.iter().take(PAGE as usize);
    let is_last = lines.len() <= PAGE as usize;
    let older = page
        .clone()
        .next_back()
        .filter(|_| !is_last)
        .map(|line| line.id);
    Ok(json!({
        "section": "tenants",
        "tenant": tenants::shown(&tenant),
        "lines": page.map(line).collect::<Vec<_>>(),
        "older": older,
        "is_first": before.is_none(),
        "form": form.view(),
        "once": once::number()?,
        "done": done,
    }))
}

fn line(entry: &LedgerEntry) -> Value {
    let kind = match entry.kind {
        LedgerKind::TopUp => "Top-up",
        LedgerKind::Debit => "Check",
    };
    json!({
        "id": entry.id,
        "at": entry.at,
        "kind": kind,
        "amount": format!("{:+}", entry.amount),
        "balance": entry.balance,
        "check": entry.check_id,
    })
}

pub(super) async fn top_up(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    existing(&app, &id).await?;
    let mut form = Form::new(posted.fields);
    if let Some(amount) = form.number("amount", 1..=MOST_UNITS) {
        let number = form.fields.get("once").to_owned();
        let act = posted.visitor.act();
        // A second click makes the browser hang up on the first: that must not stop it halfway.
        let adding = tokio::spawn(add(Arc::clone(&app), id.clone(), amount, number, act));
        match adding.await.map_err(|e| Problem::Fault(e.to_string()))? {
            Ok(done) => {
                let to = format!("/console/tenants/{id}/wallet?done={done}");
                return Ok(Redirect::to(&to).into_response());
            }
            Err(problem) => form.fail("amount", problem.for_form()?),
        }
    }
    let content = content(&app, &id, None, &form, None).await?;
    posted.visitor.page_again("wallet.html", content)
}

/// Adds the units unless the form of this number was done before; says which.
async fn add(
    app: Arc<App>,
    id: String,
    amount: i64,
    number: String,
    act: Act,
) -> Result<&'static str, Problem> {
    if !once::is_number(&number) {
        return Err(Problem::Bad(
            "Load the page again, and send it once more.".to_owned(),
        ));
    }
    if !once::begin(&number) {
        return Ok("before");
    }
    if let Err(error) = app.memory.store.top_up(&id, amount, &act).await {
        once::forget(&number);
        return Err(error.into());
    }
    Ok("topped-up")
}
