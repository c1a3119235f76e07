//! Faces against faces: two pictures, and the galleries of a tenant.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use lifesign_contracts::native::faces::{self, FaceFailure};
use lifesign_contracts::{
    self as contracts, About, Contract, Echo, Failure, FailureKind, Incoming, Native,
};
use lifesign_store::{Gallery, Store};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;

use super::contract_handler::{dress, random};
use super::{body, checks, peer};
use crate::service::{Caller, Faces, Scope, admit_key, unavailable};
use crate::{App, clock};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/faces/compare", post(compare))
        .route("/v1/galleries", get(list))
        .route("/v1/galleries/{name}", get(one).delete(erase))
        .route("/v1/galleries/{name}/faces", post(enrol))
        .route("/v1/galleries/{name}/faces/{face_id}", delete(erase_face))
        .route("/v1/galleries/{name}/search", post(search))
}

/// Pictures that a body may hold.
#[derive(Clone, Copy)]
enum Pictures {
    None,
    One,
    Two,
}

/// What a handler gets.
struct Asked {
    app: Arc<App>,
    caller: Caller,
    incoming: Incoming,
    /// The body's share of the memory for bodies, given back with the body.
    _held: Option<OwnedSemaphorePermit>,
}

impl Asked {
    /// Takes the body, where the route has one.
    async fn read(
        app: &Arc<App>,
        caller: Caller,
        head: Parts,
        sent: Body,
        pictures: Pictures,
    ) -> Result<Self, Failure> {
        let one = app.config.image_body_limit();
        let limit = match pictures {
            Pictures::None => None,
            Pictures::One => Some(one),
            Pictures::Two => Some(2 * one),
        };
        let (body, held) = match limit {
            Some(limit) => {
                let received = body::receive(app, &head.headers, sent, limit).await?;
                (received.body, received.held)
            }
            None => (contracts::Body::Form(Vec::new()), None),
        };
        Ok(Self {
            app: Arc::clone(app),
            caller,
            incoming: Incoming {
                method: head.method,
                path: head.uri.path().to_owned(),
                query: Vec::new(),
                headers: head.headers,
                body,
            },
            _held: held,
        })
    }

    fn store(&self) -> &dyn Store {
        self.app.memory.store.as_ref()
    }

    fn tenant(&self) -> &str {
        &self.caller.tenant.id
    }

    async fn gallery(&self, name: &str) -> Result<Gallery, Failure> {
        let gallery = self.store().gallery(self.tenant(), name).await;
        gallery.map_err(|e| unavailable(&e))?.ok_or_else(no_gallery)
    }
}

/// Lets the caller in, reads the body, has `work` done and answers in the native envelope.
async fn answered<W>(
    State(app): State<Arc<App>>,
    peer::From(peer): peer::From,
    request: Request,
    (scope, pictures): (Scope, Pictures),
    work: impl FnOnce(Asked) -> W,
) -> Response
where
    W: Future<Output = Result<Value, FaceFailure>>,
{
    let since = Instant::now();
    let at = SystemTime::now();
    let about = About {
        request_id: Native.request_id(random(), at),
        at,
        echo: Echo::new(),
    };
    let mut rate = None;
    let (head, sent) = request.into_parts();
    let outcome = match admit_key(&app, &head.headers, peer, scope, &mut rate).await {
        Ok(caller) => match Asked::read(&app, caller, head, sent, pictures).await {
            Ok(asked) => work(asked).await,
            Err(failure) => Err(failure.into()),
        },
        Err(failure) => {
            body::discard(&head.headers, sent);
            Err(failure.into())
        }
    };
    let reply = faces::reply(&about, outcome.as_ref());
    let status = reply.status().as_u16();
    let failure = match &outcome {
        Err(FaceFailure::Failed(failure)) => Some(failure),
        _ => None,
    };
    app.metrics.answered("faces", status, since.elapsed());
    if let Some(failure) = failure {
        app.metrics.failed("faces", failure.kind);
        tracing::Span::current().record("failure.kind", failure.kind.as_str());
    }
    log(&about, status, since, failure);
    let mut response = reply.map(Body::from).into_response();
    dress(response.headers_mut(), &about.request_id, rate, failure);
    response
}

/// One line; nothing of the path, which names galleries and faces.
fn log(about: &About, status: u16, since: Instant, failure: Option<&Failure>) {
    let latency_ms = since.elapsed().as_secs_f64() * 1e3;
    let id = &about.request_id;
    match failure.map(|failure| (failure.kind, &failure.cause)) {
        Some((kind, Some(cause))) => tracing::error!(
            request.id = %id, http.status = status, latency.ms = latency_ms,
            failure.kind = kind.as_str(), failure.cause = %cause,
            "a request about faces failed with {status} in {latency_ms:.0} ms: {cause}"
        ),
        Some((kind, None)) => tracing::info!(
            request.id = %id, http.status = status, latency.ms = latency_ms,
            failure.kind = kind.as_str(),
            "a request about faces was refused with {status} in {latency_ms:.0} ms"
        ),
        None => tracing::info!(
            request.id = %id, http.status = status, latency.ms = latency_ms,
            "a request about faces was answered with {status} in {latency_ms:.0} ms"
        ),
    }
}

fn no_gallery() -> Failure {
    Failure::new(FailureKind::NotFound, "there is no such gallery")
}

fn no_face() -> Failure {
    Failure::new(
        FailureKind::NotFound,
        "there is no such face in the gallery",
    )
}

fn told(result: &impl Serialize) -> Result<Value, FaceFailure> {
    serde_json::to_value(result).map_err(|e| {
        let fault = Failure::new(FailureKind::Internal, "the server met a fault of its own");
        fault.because(e.to_string()).into()
    })
}

fn shown(gallery: &Gallery) -> Value {
    json!({
        "name": gallery.name,
        "faces": gallery.faces,
        "created_at": clock::rfc3339(gallery.created_at),
    })
}

type Named<T> = Result<Path<T>, PathRejection>;

/// The name in the path; text that is no UTF-8 is none.
fn name_of(path: &Named<String>) -> Result<&str, Failure> {
    faces::gallery_name(path.as_ref().map_or("", |Path(name)| name))
}

async fn compare(app: State<Arc<App>>, from: peer::From, request: Request) -> Response {
    let rules = (Scope::Check, Pictures::Two);
    answered(app, from, request, rules, |asked| async move {
        let images = faces::compare_request(&asked.incoming)?;
        let faces = Faces::enter(&asked.app, &asked.caller)?;
        told(&faces.compare(images).await?)
    })
    .await
}

async fn list(app: State<Arc<App>>, from: peer::From, request: Request) -> Response {
    let rules = (Scope::Read, Pictures::None);
    answered(app, from, request, rules, |asked: Asked| async move {
        let galleries = asked.store().galleries(asked.tenant()).await;
        let galleries = galleries.map_err(|e| unavailable(&e))?;
        Ok(json!({ "galleries": Vec::from_iter(galleries.iter().map(shown)) }))
    })
    .await
}

async fn one(
    app: State<Arc<App>>,
    from: peer::From,
    path: Named<String>,
    request: Request,
) -> Response {
    let rules = (Scope::Read, Pictures::None);
    answered(app, from, request, rules, |asked: Asked| async move {
        Ok(shown(&asked.gallery(name_of(&path)?).await?))
    })
    .await
}

async fn enrol(
    app: State<Arc<App>>,
    from: peer::From,
    path: Named<String>,
    request: Request,
) -> Response {
    let rules = (Scope::Enrol, Pictures::One);
    answered(app, from, request, rules, |asked: Asked| async move {
        let name = name_of(&path)?;
        let face = faces::face_request(&asked.incoming)?;
        let act = checks::act(&asked.caller);
        let faces = Faces::enter(&asked.app, &asked.caller)?;
        told(&faces.enrol(name, face, &act).await?)
    })
    .await
}

async fn search(
    app: State<Arc<App>>,
    from: peer::From,
    path: Named<String>,
    request: Request,
) -> Response {
    let rules = (Scope::Check, Pictures::One);
    answered(app, from, request, rules, |asked: Asked| async move {
        let name = name_of(&path)?;
        let wanted = faces::search_request(&asked.incoming)?;
        let gallery = asked.gallery(name).await?;
        let faces = Faces::enter(&asked.app, &asked.caller)?;
        told(&faces.search(gallery, wanted).await?)
    })
    .await
}

async fn erase(
    app: State<Arc<App>>,
    from: peer::From,
    path: Named<String>,
    request: Request,
) -> Response {
    let rules = (Scope::Erase, Pictures::None);
    answered(app, from, request, rules, |asked: Asked| async move {
        let gallery = asked.gallery(name_of(&path)?).await?;
        let act = checks::act(&asked.caller);
        let erased = asked
            .store()
            .erase_gallery(asked.tenant(), &gallery.name, &act);
        let erased = erased.await.map_err(|e| unavailable(&e))?;
        asked.app.galleries.forget(&gallery.id);
        let erased = erased.ok_or_else(no_gallery)?;
        Ok(json!({ "erased": { "faces": erased.faces } }))
    })
    .await
}

async fn erase_face(
    app: State<Arc<App>>,
    from: peer::From,
    path: Named<(String, String)>,
    request: Request,
) -> Response {
    let rules = (Scope::Erase, Pictures::None);
    answered(app, from, request, rules, |asked: Asked| async move {
        let Path((name, face_id)) = path.map_err(|_| no_face())?;
        let name = faces::gallery_name(&name)?;
        let act = checks::act(&asked.caller);
        let erased = asked
            .store()
            .erase_face(asked.tenant(), name, &face_id, &act);
        let erased = erased.await.map_err(|e| unavailable(&e))?;
        if erased.faces == 0 {
            return Err(no_face().into());
        }
        Ok(json!({ "erased": { "faces": erased.faces } }))
    })
    .await
}
