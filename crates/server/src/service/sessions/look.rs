//! What a caller may do with its sessions: look at one, cancel it, list them.

use std::sync::Arc;

use lifesign_contracts::{
    Answer, Contract, Failure, FailureKind, SessionDeed, SessionLook, SessionPage,
};
use lifesign_store::StoreError;

use super::super::access::{Caller, unavailable};
use super::view::of_session;
use crate::{App, clock};

/// Sessions on a page.
const PAGE: u32 = 50;

/// Looks at a session, or cancels it. One of another tenant, contract or reference is not there.
pub(crate) async fn look(
    app: &Arc<App>,
    contract: &'static dyn Contract,
    caller: &Caller,
    look: SessionLook,
) -> Result<Answer, Failure> {
    let (store, tenant) = (&app.memory.store, caller.tenant.id.as_str());
    let found = store.active(tenant, &look.id).await;
    let found = found.map_err(|e| unavailable(&e))?.filter(|session| {
        let of_reference = look.reference.is_none() || session.made.reference == look.reference;
        session.made.contract == contract.name() && of_reference
    });
    let mut session = found.ok_or_else(not_found)?;
    if look.deed == SessionDeed::Cancel {
        let cancelled = store.cancel_active(tenant, &look.id, clock::now()).await;
        session = cancelled
            .map_err(|e| unavailable(&e))?
            .ok_or_else(not_found)?;
    }
    Ok(Answer::Session(Box::new(of_session(app, &session)?)))
}

/// A page of the caller's sessions, whichever contract made them.
pub(crate) async fn page(
    app: &Arc<App>,
    caller: &Caller,
    after: Option<&str>,
) -> Result<Answer, Failure> {
    let page = app
        .memory
        .store
        .actives(Some(&caller.tenant.id), after, PAGE)
        .await;
    let page = page.map_err(|error| match error {
        StoreError::Invalid(what) => Failure::invalid(what),
        error => unavailable(&error),
    })?;
    let sessions = page.sessions.iter().map(|session| of_session(app, session));
    Ok(Answer::Sessions(SessionPage {
        sessions: sessions.collect::<Result<_, _>>()?,
        next: page.next,
    }))
}

fn not_found() -> Failure {
    Failure::new(
        FailureKind::NotFound,
        "there is no such session: unknown identifier, or not with this reference",
    )
}
