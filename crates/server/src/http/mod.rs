//! Routes and what is common to them.

mod body;
mod capture;
mod checks;
mod contract_handler;
mod faces;
mod headers;
pub(crate) mod openapi;
mod operations;
mod peer;
pub(crate) mod request_hash;
mod sessions;
mod traced;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::routing::{MethodFilter, MethodRouter, get, on};
use lifesign_contracts::{Contract, FailureKind};

use crate::App;
pub(crate) use checks::hex;
use contract_handler::{handle, refuse};
pub use peer::Peer;

/// The whole application, ready to be called or served.
pub fn router(app: Arc<App>) -> Router {
    let mut router = Router::new()
        .route("/healthz", get(operations::health))
        .route("/readyz", get(operations::ready))
        .route("/metrics", get(operations::metrics))
        .route("/openapi.json", get(openapi::serve))
        .merge(openapi::ui())
        .merge(checks::routes())
        .merge(sessions::routes())
        .merge(faces::routes())
        .merge(capture::routes())
        .merge(crate::pages::routes());
    for contract in app.contracts.clone() {
        let mut paths: BTreeMap<&str, MethodFilter> = BTreeMap::new();
        for route in contract.routes() {
            if let Ok(filter) = MethodFilter::try_from(route.method.clone()) {
                let methods = paths.entry(route.path).or_insert(filter);
                *methods = methods.or(filter);
            }
        }
        for (path, methods) in paths {
            router = router.route(path, contract_route(methods, contract));
        }
    }
    let native = &lifesign_contracts::Native;
    let not_found =
        move |app, request: Request| refuse(app, native, FailureKind::NotFound, request);
    let wrong_method =
        move |app, request: Request| refuse(app, native, FailureKind::MethodNotAllowed, request);
    let router = router
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .with_state(Arc::clone(&app));
    headers::secured(router, app)
}

/// A contract's path, which also words the refusal of other methods.
fn contract_route(filter: MethodFilter, contract: &'static dyn Contract) -> MethodRouter<Arc<App>> {
    on(filter, move |app, request: Request| {
        handle(app, contract, request)
    })
    .fallback(move |app, request: Request| {
        refuse(app, contract, FailureKind::MethodNotAllowed, request)
    })
}
