//! Makes a session.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lifesign_contracts::{
    About, Answer, Contract, Failure, FailureKind, ImageSource, SessionRequest,
};
use lifesign_engine::Descriptor;
use lifesign_net::{Policy, Ports};
use lifesign_store::{CredentialKind, NewActiveSession};

use super::super::access::{Caller, unavailable};
use super::super::checker::of_media;
use super::super::conversation::{Deadline, fault, fetch, of_fetch, of_pool, profile};
use super::super::pool::Place;
use super::record::{Asked, KeptReference};
use super::references::{self, Origin};
use super::view::of_session;
use crate::{App, clock, secrets};

/// What was asked for, in owned form; reference images are decoded from base64.
pub(crate) struct Asking {
    request: SessionRequest<'static>,
    references: Vec<(String, String, Origin)>,
}

impl Asking {
    /// # Errors
    /// If an image is no base64.
    pub(crate) fn of(app: &App, request: SessionRequest<'_>) -> Result<Self, Failure> {
        let mut references = Vec::with_capacity(request.references.len());
        for reference in &request.references {
            let (place, name) = (reference.place.clone(), reference.name().to_owned());
            let origin = match &reference.image {
                ImageSource::Url(url) => Origin::Url(url.clone().into_owned()),
                ImageSource::Base64(text) => {
                    let decoded = lifesign_media::decode_base64(text, &app.config.limits);
                    let decoded = decoded.map_err(|e| references::about(&place, of_media(&e)))?;
                    Origin::File(Bytes::from(decoded))
                }
                ImageSource::Bytes(bytes) => Origin::File(Bytes::copy_from_slice(bytes)),
                ImageSource::Sealed { .. } => {
                    return Err(fault("a reference image is sealed"));
                }
            };
            references.push((place, name, origin));
        }
        Ok(Self {
            request: SessionRequest {
                references: Vec::new(),
                purpose: request.purpose,
                reference: request.reference,
                redirect_url: request.redirect_url,
                callback_url: request.callback_url,
                geolocation: request.geolocation,
                language: request.language,
                ttl: request.ttl,
                attempts: request.attempts,
                challenge: request.challenge,
                profile: request.profile,
            },
            references,
        })
    }
}

/// Makes the session that was asked for: its link is told here and never again.
pub(in crate::service) async fn initiate(
    app: &Arc<App>,
    contract: &'static dyn Contract,
    caller: &Caller,
    place: &Place,
    deadline: Deadline,
    asking: Asking,
    about: &About,
) -> Result<Answer, Failure> {
    let Asking {
        request,
        references,
    } = asking;
    let settings = &caller.tenant.settings;
    let profile = profile(app, &caller.tenant, request.profile.as_deref())?;
    check_urls(app, caller, &request).await?;
    let mut kept = Vec::with_capacity(references.len());
    for (at, name, origin) in references {
        let described = describe(app, caller, place, deadline, origin).await;
        let descriptor = described.map_err(|failure| references::about(&at, failure))?;
        kept.push(KeptReference {
            name,
            descriptor: descriptor.values().to_vec(),
        });
    }
    let token = token()?;
    let callback = request.callback_url.is_some();
    let asked = Asked {
        purpose: request.purpose,
        redirect_url: request.redirect_url,
        callback_url: request.callback_url,
        geolocation: request.geolocation,
        language: request.language,
        challenge: request.challenge,
        attempts: request.attempts,
        profile,
        references: kept,
        keep_media_s: settings.keep_session_media_s,
    };
    let created_at = clock::of(about.at);
    let expires_at = created_at.saturating_add(clock::millis(request.ttl));
    let keep_for = clock::millis(Duration::from_secs(
        settings.keep_checks_s.max(0).unsigned_abs(),
    ));
    let id = &about.request_id;
    let session = NewActiveSession {
        id: id.clone(),
        tenant_id: caller.tenant.id.clone(),
        credential_id: caller
            .credential
            .as_ref()
            .map(|credential| credential.made.id.clone()),
        contract: contract.name().to_owned(),
        reference: request.reference,
        token_hash: secrets::sha256(token.as_bytes()).to_vec(),
        created_at,
        expires_at,
        attempts: request.attempts,
        callback,
        asked: asked.seal(&app.memory.vault, id)?,
        // While a callback may be retried its record must be there.
        erase_at: expires_at.saturating_add(keep_for.max(if callback { DAY_MS } else { 0 })),
    };
    let store = &app.memory.store;
    store
        .create_active(&session)
        .await
        .map_err(|e| unavailable(&e))?;
    let made = store.active(&session.tenant_id, id).await;
    let made = made.map_err(|e| unavailable(&e))?;
    let made = made.ok_or_else(|| fault("a new session is not there"))?;
    let mut view = of_session(app, &made)?;
    view.url = Some(format!("{}/verify-video/{token}", app.public_url()));
    Ok(Answer::Session(Box::new(view)))
}

const DAY_MS: i64 = 86_400_000;

/// 128 random bits as 32 upper-case hexadecimal digits.
fn token() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| fault(&error.to_string()))?;
    Ok(format!("{:032X}", u128::from_be_bytes(bytes)))
}

/// Refuses what can be refused without asking anybody. Where the callback's host is, is looked up when it is
/// called. To the redirect the person's browser goes and not this server: any port will do.
async fn check_urls(
    app: &App,
    caller: &Caller,
    request: &SessionRequest<'_>,
) -> Result<(), Failure> {
    let settings = &caller.tenant.settings;
    let policy = Policy {
        allow_http: settings.allow_http,
        ..app.config.fetch
    };
    let any_port = Policy {
        ports: Ports::Any,
        ..policy
    };
    for (name, url, policy) in [
        ("redirect_url", &request.redirect_url, any_port),
        ("callback_url", &request.callback_url, policy),
    ] {
        let Some(url) = url else { continue };
        lifesign_net::check(url, &policy).map_err(|error| {
            let refused = of_fetch(&error);
            Failure::new(
                refused.kind,
                format!("the field `{name}`: {}", refused.message),
            )
        })?;
    }
    if request.callback_url.is_none() {
        return Ok(());
    }
    let keys = super::callback::keys(app, &caller.tenant.id).await?;
    if keys.is_empty() {
        return Err(Failure::new(
            FailureKind::InvalidRequest,
            format!(
                "the field `callback_url` needs a secret to sign callbacks with, and this tenant has none; \
                 `lifesign keys create {} --kind {}` makes one",
                caller.tenant.name,
                CredentialKind::Webhook.as_str()
            ),
        ));
    }
    Ok(())
}

async fn describe(
    app: &Arc<App>,
    caller: &Caller,
    place: &Place,
    deadline: Deadline,
    origin: Origin,
) -> Result<Descriptor, Failure> {
    let image = match origin {
        Origin::File(image) => image,
        Origin::Url(url) => {
            let most = app.config.limits.file_bytes;
            fetch(app, &caller.tenant, place, deadline, url, most).await?
        }
    };
    let checker = Arc::clone(&app.checker);
    let describing = place.run(move || checker.describe(&image));
    deadline.keep(describing).await?.map_err(of_pool)?
}
