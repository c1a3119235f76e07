//! One request from its complete body to an answer that is kept.
//!
//! The order makes every promise true: an answer is worded, kept and paid for in one transaction
//! before the caller gets it, so nothing that was answered is lost and nothing is paid twice.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lifesign_contracts::{
    About, Answer, Ask, CLIP_BYTES, CheckOptions, CheckRequest, ClipRules, ClipSource, Contract,
    Echo, Failure, FailureKind, ImageRules, ImageSource, Incoming, Reply, SessionLook,
    TokenRequest,
};
use lifesign_domain::{CheckResult, ClipResult, Reason, SignalReport, Verdict};
use lifesign_net::{FetchError, Policy};
use lifesign_store::{
    CheckRecord, Commit, Committed, CredentialKind, Fingerprint, Millis, SealedImage, StoredAnswer,
    Tenant,
};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout_at;
use tracing::{Instrument, info_span};

use super::access::{Caller, unavailable};
use super::checker::{Seen, Wanted, of_media, unknown_profile};
use super::clips::{ClipSeen, ClipWanted};
use super::pool::{Place, PoolError};
use super::{replay, sessions, tokens};
use crate::http::request_hash;
use crate::{App, clock, secrets};

/// What came of a request.
pub(crate) enum Said {
    /// Something new, with its answer.
    Fresh(Box<Answer>, Reply),
    /// The answer that the same request got before.
    Repeated(Reply),
}

/// Everything about a request that is known before it is read.
pub(crate) struct Request {
    pub(crate) contract: &'static dyn Contract,
    pub(crate) incoming: Incoming,
    /// The body's share of the memory for bodies, given back with the body.
    pub(crate) held: Option<OwnedSemaphorePermit>,
    /// None where the route asks for no credentials.
    pub(crate) caller: Option<Caller>,
    pub(crate) peer: Option<IpAddr>,
    /// When its head had come.
    pub(crate) since: Instant,
}

/// What a contract asked for, in owned form.
enum Asked {
    Check(Box<Asking>),
    Clip(Box<AskingClip>),
    Token(TokenRequest),
    Session(Box<sessions::Asking>),
    SessionLook(SessionLook),
    SessionPage(Option<String>),
}

struct Asking {
    image: Origin,
    options: CheckOptions,
    rules: ImageRules,
    reference: Option<String>,
    idempotency_key: Option<String>,
    request_hash: [u8; 32],
    charged: bool,
}

struct AskingClip {
    clip: Origin,
    profile: Option<String>,
    rules: ClipRules,
    reference: Option<String>,
    idempotency_key: Option<String>,
    request_hash: [u8; 32],
}

/// Where the bytes of the image or clip are to come from.
enum Origin {
    File(Bytes),
    Sealed { key: String, sealed: Bytes },
    Url(String),
}

/// Reads `request` as its contract says, does what it asks for and words the answer.
pub(crate) async fn converse(
    app: &Arc<App>,
    request: Request,
    about: &mut About,
) -> Result<Said, Failure> {
    let Request {
        contract,
        incoming,
        held,
        caller,
        peer,
        since,
    } = request;
    let deadline = Deadline::new(app.config.request_timeout);
    let is_clip = contract.takes_clips(&incoming.path);
    let pool = if is_clip { &app.clip_pool } else { &app.pool };
    let place = pool.enter().map_err(of_pool)?;
    let worker = Arc::clone(app);
    let reading = place.wait(move || {
        let _held = held;
        let mut echo = Echo::new();
        let asked = read(&worker, contract, &incoming, &mut echo);
        (echo, asked)
    });
    let reading = reading.instrument(info_span!("parse"));
    let (echo, asked) = deadline.keep(reading).await?.map_err(of_pool)?;
    about.echo = echo;
    match asked? {
        Asked::Token(asked) => {
            let issued = deadline
                .keep(tokens::issue(app, &place, asked, peer))
                .await??;
            let answer = Answer::Token(issued);
            let reply = contract.answer(about, Ok(&answer));
            Ok(Said::Fresh(Box::new(answer), reply))
        }
        asked => {
            let caller = caller.ok_or_else(super::access::unauthorized)?;
            let check = Check {
                app,
                contract,
                caller: &caller,
                place: &place,
                deadline,
                since,
            };
            let told = match asked {
                Asked::Clip(asking) => return check.run_clip(*asking, about).await,
                Asked::Check(asking) => return check.run(*asking, about).await,
                Asked::Token(_) => return Err(fault("a token was asked for twice")),
                Asked::Session(asking) => {
                    sessions::initiate(app, contract, &caller, &place, deadline, *asking, about)
                        .await?
                }
                Asked::SessionLook(look) => sessions::look(app, contract, &caller, look).await?,
                Asked::SessionPage(after) => sessions::page(app, &caller, after.as_deref()).await?,
            };
            let reply = contract.answer(about, Ok(&told));
            Ok(Said::Fresh(Box::new(told), reply))
        }
    }
}

fn read(
    app: &App,
    contract: &'static dyn Contract,
    incoming: &Incoming,
    echo: &mut Echo,
) -> Result<Asked, Failure> {
    let request = match contract.read(incoming, echo)? {
        Ask::Token(request) => return Ok(Asked::Token(request)),
        Ask::Session(request) => {
            return sessions::Asking::of(app, request)
                .map(|asking| Asked::Session(Box::new(asking)));
        }
        Ask::SessionLook(look) => return Ok(Asked::SessionLook(look)),
        Ask::SessionPage(after) => return Ok(Asked::SessionPage(after)),
        Ask::Clip(request) => {
            return Ok(Asked::Clip(Box::new(AskingClip {
                clip: match request.clip {
                    ClipSource::Bytes(bytes) => Origin::File(Bytes::copy_from_slice(bytes)),
                    ClipSource::Url(url) => Origin::Url(url.into_owned()),
                },
                profile: request.profile,
                rules: request.rules,
                reference: request.reference,
                idempotency_key: request.idempotency_key,
                request_hash: request_hash::of(incoming),
            })));
        }
        Ask::Check(request) => request,
    };
    let CheckRequest {
        image,
        options,
        rules,
        reference,
        idempotency_key,
        charged,
    } = request;
    let decoded = |text: &str| {
        lifesign_media::decode_base64(text, &app.config.limits)
            .map(Bytes::from)
            .map_err(|e| of_media(&e))
    };
    let image = match image {
        ImageSource::Bytes(bytes) => Origin::File(Bytes::copy_from_slice(bytes)),
        ImageSource::Base64(text) => Origin::File(decoded(&text)?),
        ImageSource::Sealed { key, text } => Origin::Sealed {
            key: key.into_owned(),
            sealed: decoded(&text)?,
        },
        ImageSource::Url(url) => Origin::Url(url.into_owned()),
    };
    Ok(Asked::Check(Box::new(Asking {
        image,
        options,
        rules,
        reference,
        idempotency_key,
        request_hash: request_hash::of(incoming),
        charged,
    })))
}

/// One check on its way.
struct Check<'a> {
    app: &'a Arc<App>,
    contract: &'static dyn Contract,
    caller: &'a Caller,
    place: &'a Place,
    deadline: Deadline,
    since: Instant,
}

impl Check<'_> {
    async fn run(&self, asking: Asking, about: &About) -> Result<Said, Failure> {
        let profile = self.profile(asking.options.profile.as_deref())?;
        if let Some(key) = &asking.idempotency_key
            && let Some(before) = self.answered_before(key, about).await?
        {
            return repeat(&before, &asking.request_hash);
        }
        self.refuse_poor(&asking)?;
        let most = self.app.config.limits.file_bytes;
        let image = self.bytes(asking.image, most).await?;
        let wanted = Wanted {
            profile,
            pictures: asking.options.pictures,
            rules: asking.rules,
        };
        let (seen, sha256) = self.judge(image.clone(), wanted).await?;
        let Seen { mut checked, phash } = seen;
        let fingerprint = Fingerprint { sha256, phash };
        if self.is_replay(&fingerprint, about).await? {
            let margin = self.app.checker.inconclusive_margin();
            replay::apply(&mut checked.result, self.settings().replay_policy, margin);
        }

        let charged = asking.charged && self.contract.charges(&checked);
        let answer = Answer::Checked(checked);
        let reply = self.contract.answer(about, Ok(&answer));
        let Answer::Checked(checked) = &answer else {
            return Err(fault("a check became something else"));
        };
        let commit = Commit {
            check: self.record(
                Found::of_image(&checked.result),
                about,
                asking.reference,
                fingerprint,
            ),
            image: self.sealed(&image, about)?,
            price: if charged { self.settings().price } else { 0 },
            answer: asking
                .idempotency_key
                .map(|key| self.stored(key, asking.request_hash, &reply, about)),
        };
        self.keep(&commit, answer, reply, &asking.request_hash)
            .await
    }

    /// The same for a clip: nothing of it is kept but figures and hashes.
    async fn run_clip(&self, asking: AskingClip, about: &About) -> Result<Said, Failure> {
        let Some(clips) = self.app.clips.clone() else {
            return Err(Failure::new(
                FailureKind::NoDecoder,
                "clips cannot be judged here: ffmpeg is not installed (Debian: apt-get install \
                 ffmpeg)",
            ));
        };
        let wanted = ClipWanted {
            profile: self.profile(asking.profile.as_deref())?,
            rules: asking.rules,
        };
        if let Some(key) = &asking.idempotency_key
            && let Some(before) = self.answered_before(key, about).await?
        {
            return repeat(&before, &asking.request_hash);
        }
        let clip = self.bytes(asking.clip, CLIP_BYTES).await?;
        let judging = self.place.run(move || {
            let seen = clips.check(&clip, &wanted)?;
            Ok((seen, secrets::sha256(&clip)))
        });
        let (seen, sha256) = self.deadline.keep(judging).await?.map_err(of_pool)??;
        let ClipSeen { mut result, phash } = seen;
        let fingerprint = Fingerprint { sha256, phash };
        if self.is_replay(&fingerprint, about).await? {
            let margin = self.app.checker.inconclusive_margin();
            replay::apply_to_clip(&mut result, self.settings().replay_policy, margin);
        }
        let check = self.record(
            Found::of_clip(&result),
            about,
            asking.reference,
            fingerprint,
        );
        let answer = Answer::Clip(Box::new(result));
        let reply = self.contract.answer(about, Ok(&answer));
        let commit = Commit {
            check,
            image: None,
            price: 0,
            answer: asking
                .idempotency_key
                .map(|key| self.stored(key, asking.request_hash, &reply, about)),
        };
        self.keep(&commit, answer, reply, &asking.request_hash)
            .await
    }

    /// Not under the deadline: what is being kept is either kept and answered, or neither.
    async fn keep(
        &self,
        commit: &Commit,
        answer: Answer,
        reply: Reply,
        request_hash: &[u8; 32],
    ) -> Result<Said, Failure> {
        let committed = self.app.memory.store.commit(commit).await;
        match committed.map_err(|e| unavailable(&e))? {
            Committed::Done { .. } => Ok(Said::Fresh(Box::new(answer), reply)),
            Committed::AnsweredBefore(before) => repeat(&before, request_hash),
            Committed::BalanceTooLow { balance } => Err(too_poor(balance, commit.price)),
        }
    }

    fn tenant(&self) -> &Tenant {
        &self.caller.tenant
    }

    fn settings(&self) -> &lifesign_store::TenantSettings {
        &self.caller.tenant.settings
    }

    fn profile(&self, asked: Option<&str>) -> Result<String, Failure> {
        profile(self.app, self.tenant(), asked)
    }

    async fn answered_before(
        &self,
        key: &str,
        about: &About,
    ) -> Result<Option<StoredAnswer>, Failure> {
        let (tenant, scope) = (&self.tenant().id, self.contract.name());
        let store = &self.app.memory.store;
        let answer = store.answer(tenant, scope, key, clock::of(about.at)).await;
        answer.map_err(|e| unavailable(&e))
    }

    /// Spares the work where the price is known to be more than there is; the commit decides.
    fn refuse_poor(&self, asking: &Asking) -> Result<(), Failure> {
        let (price, balance) = (self.settings().price, self.tenant().balance);
        if asking.charged && balance < price {
            return Err(too_poor(balance, price));
        }
        Ok(())
    }

    async fn bytes(&self, origin: Origin, most: usize) -> Result<Bytes, Failure> {
        match origin {
            Origin::File(file) => Ok(file),
            Origin::Sealed { key, sealed } => self.unseal(&key, &sealed).await,
            Origin::Url(url) => self.fetch(url, most).await,
        }
    }

    /// Opens a picture that the caller sealed under a key of the tenant.
    async fn unseal(&self, key: &str, sealed: &[u8]) -> Result<Bytes, Failure> {
        let memory = &self.app.memory;
        let found = memory
            .store
            .credential(CredentialKind::SyntizenSealing, key);
        let found = found.await.map_err(|e| unavailable(&e))?;
        let now = clock::now();
        let of_tenant = found.filter(|(credential, tenant)| {
            tenant.id == self.tenant().id && super::access::is_open(credential, tenant, now)
        });
        let secret = of_tenant.and_then(|(credential, _)| credential.made.sealed_secret);
        let broken = || {
            Failure::new(
                FailureKind::SealBroken,
                "the image cannot be opened: the key is unknown or the sealed bytes are damaged; \
                 expected is base64 of a 12 byte nonce followed by the AES-256-GCM ciphertext",
            )
        };
        let secret = secret.ok_or_else(broken)?;
        let secret = memory
            .vault
            .open_key(key.as_bytes(), &secret)
            .map_err(|e| fault(&e.to_string()))?;
        let file = secret.open_sealed(sealed).map_err(|_| broken())?;
        Ok(file.into())
    }

    async fn fetch(&self, url: String, most: usize) -> Result<Bytes, Failure> {
        fetch(
            self.app,
            self.tenant(),
            self.place,
            self.deadline,
            url,
            most,
        )
        .await
    }

    async fn judge(&self, image: Bytes, wanted: Wanted) -> Result<(Seen, [u8; 32]), Failure> {
        let checker = Arc::clone(&self.app.checker);
        let judging = self.place.run(move || {
            let seen = checker.check(&image, &wanted)?;
            Ok((seen, secrets::sha256(&image)))
        });
        self.deadline.keep(judging).await?.map_err(of_pool)?
    }

    /// Whether the tenant had this picture or clip, or a near copy, inside the window.
    async fn is_replay(&self, fingerprint: &Fingerprint, about: &About) -> Result<bool, Failure> {
        let window_s = self.settings().replay_window_s;
        if window_s == 0 {
            return Ok(false);
        }
        let since = clock::of(about.at).saturating_sub(window_s.saturating_mul(1000));
        let store = &self.app.memory.store;
        let found = store.replay_of(&self.tenant().id, fingerprint, since).await;
        Ok(found.map_err(|e| unavailable(&e))?.is_some())
    }

    fn record(
        &self,
        found: Found<'_>,
        about: &About,
        reference: Option<String>,
        fingerprint: Fingerprint,
    ) -> CheckRecord {
        let credential = self.caller.credential.as_ref();
        CheckRecord {
            id: about.request_id.clone(),
            tenant_id: self.tenant().id.clone(),
            credential_id: credential.map(|credential| credential.made.id.clone()),
            contract: self.contract.name().to_owned(),
            reference,
            at: clock::of(about.at),
            verdict: found.verdict,
            confidence: found.confidence,
            profile: found.profile.to_owned(),
            calibration: found.calibration.to_owned(),
            signals: found.signals.to_vec(),
            reasons: found.reasons.to_vec(),
            fingerprint,
            latency_ms: self.since.elapsed().as_secs_f64() * 1e3,
            expires_at: until(about, self.settings().keep_checks_s),
        }
    }

    /// The picture under the data key, where the tenant keeps pictures.
    fn sealed(&self, image: &[u8], about: &About) -> Result<Option<SealedImage>, Failure> {
        let keep_s = self.settings().keep_images_s;
        if keep_s == 0 {
            return Ok(None);
        }
        let context = image_context(&self.tenant().id, &about.request_id);
        let sealed = self.app.memory.vault.seal(&context, image);
        Ok(Some(SealedImage {
            sealed: sealed.map_err(|e| fault(&e.to_string()))?,
            expires_at: until(about, keep_s),
        }))
    }

    fn stored(
        &self,
        key: String,
        request_hash: [u8; 32],
        reply: &Reply,
        about: &About,
    ) -> StoredAnswer {
        let content_type = reply.headers().get(http::header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        StoredAnswer {
            scope: self.contract.name().to_owned(),
            key,
            request_hash,
            status: reply.status().as_u16(),
            content_type: content_type.unwrap_or("application/json").to_owned(),
            body: reply.body().clone(),
            expires_at: until(about, self.settings().keep_checks_s),
        }
    }
}

/// The profile that was asked for, or else the tenant's or the server's.
pub(super) fn profile(app: &App, tenant: &Tenant, asked: Option<&str>) -> Result<String, Failure> {
    let named = asked.or(tenant.settings.profile.as_deref());
    let profile = named.unwrap_or(&app.config.profile);
    let known = app.checker.profiles();
    if known.iter().any(|name| name == profile) {
        Ok(profile.to_owned())
    } else {
        Err(unknown_profile(&known.join(", ")))
    }
}

/// What a URL of the tenant's points to, at most `most` bytes.
pub(super) async fn fetch(
    app: &App,
    tenant: &Tenant,
    place: &Place,
    deadline: Deadline,
    url: String,
    most: usize,
) -> Result<Bytes, Failure> {
    let policy = Policy {
        allow_http: tenant.settings.allow_http,
        max_bytes: most,
        ..app.config.fetch
    };
    let fetcher = app.fetcher.clone();
    let fetching = place.wait(move || fetcher.fetch(&url, &policy));
    let fetching = fetching.instrument(info_span!("fetch"));
    let fetched = deadline.keep(fetching).await?.map_err(of_pool)?;
    fetched
        .map(|fetched| fetched.bytes.into())
        .map_err(|e| of_fetch(&e))
}

/// What is kept of a result.
struct Found<'a> {
    verdict: Verdict,
    confidence: f64,
    profile: &'a str,
    calibration: &'a str,
    signals: &'a [SignalReport],
    reasons: &'a [Reason],
}

impl<'a> Found<'a> {
    fn of_image(result: &'a CheckResult) -> Self {
        Self {
            verdict: result.verdict,
            confidence: result.confidence,
            profile: &result.profile,
            calibration: &result.calibration,
            signals: &result.signals,
            reasons: &result.reasons,
        }
    }

    fn of_clip(result: &'a ClipResult) -> Self {
        Self {
            verdict: result.verdict,
            confidence: result.confidence,
            profile: &result.profile,
            calibration: &result.calibration,
            signals: &result.signals,
            reasons: &result.reasons,
        }
    }
}

/// What a kept picture is bound to: it opens for this check of this tenant alone.
pub(crate) fn image_context(tenant_id: &str, check_id: &str) -> Vec<u8> {
    format!("image\0{tenant_id}\0{check_id}").into_bytes()
}

fn until(about: &About, seconds: i64) -> Millis {
    clock::of(about.at).saturating_add(seconds.saturating_mul(1000))
}

/// The kept answer, if it was to the same request.
fn repeat(before: &StoredAnswer, request_hash: &[u8; 32]) -> Result<Said, Failure> {
    if before.request_hash != *request_hash {
        return Err(Failure::new(
            FailureKind::KeyReused,
            "this key was used for a different request; use a new key, or send the same request \
             to get its answer again",
        ));
    }
    let reply = http::Response::builder()
        .status(before.status)
        .header(http::header::CONTENT_TYPE, &before.content_type)
        .header("idempotency-replayed", "true")
        .body(before.body.clone());
    reply.map(Said::Repeated).map_err(|e| fault(&e.to_string()))
}

fn too_poor(balance: i64, price: i64) -> Failure {
    Failure::new(
        FailureKind::BalanceTooLow,
        format!("the wallet holds {balance} units, a check costs {price}"),
    )
}

pub(super) fn of_fetch(error: &FetchError) -> Failure {
    let kind = match error {
        FetchError::BadUrl { .. }
        | FetchError::HttpRefused
        | FetchError::PortRefused { .. }
        | FetchError::AddressRefused { .. }
        | FetchError::BadRedirect { .. }
        | FetchError::DowngradeRefused => FailureKind::UrlRefused,
        FetchError::TooLarge { .. } => FailureKind::TooLarge,
        FetchError::TooManyLookups => FailureKind::Overloaded,
        _ => FailureKind::UrlFailed,
    };
    Failure::new(kind, error.to_string())
}

pub(super) fn fault(cause: &str) -> Failure {
    Failure::new(FailureKind::Internal, "the server met a fault of its own").because(cause)
}

pub(super) fn of_pool(error: PoolError) -> Failure {
    match error {
        PoolError::Full => Failure::new(
            FailureKind::Overloaded,
            "all workers are busy and the queue is full; try again",
        ),
        PoolError::Panicked => fault("a check panicked"),
    }
}

/// Until when a request may take.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    at: tokio::time::Instant,
    allowed: Duration,
}

impl Deadline {
    pub(super) fn new(allowed: Duration) -> Self {
        Self {
            at: tokio::time::Instant::now() + allowed,
            allowed,
        }
    }

    pub(super) async fn keep<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        timeout_at(self.at, work).await.map_err(|_| {
            Failure::new(
                FailureKind::TimedOut,
                format!(
                    "the check took longer than {} s",
                    self.allowed.as_secs_f64()
                ),
            )
        })
    }
}
