//! The use case of every contract so far: judge one image.

use std::borrow::Cow;
use std::sync::Arc;

use lifesign_contracts::{
    CheckRequest, Checked, Contract, Echo, Failure, FailureKind, ImageSource, Incoming, Picture,
};
use lifesign_domain::ErrorKind;
use lifesign_engine::{Engine, EngineError, explain};
use lifesign_media::{Limits, MediaError};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::PoolError;
use crate::App;

/// Judges images; the seam between the server and the engine.
///
/// It runs on a thread of the pool: it may block, and its panics are caught.
pub trait Checker: Send + Sync + 'static {
    /// Names of the profiles that it knows.
    fn profiles(&self) -> Vec<String>;

    /// Half width of the band around the threshold in which the verdict is INCONCLUSIVE.
    fn inconclusive_margin(&self) -> f64;

    /// Judges the file `image` by `profile`, and draws pictures if they are wanted.
    ///
    /// # Errors
    /// If the image is refused or the analysis fails; that there is no face is no failure.
    fn check(&self, image: &[u8], profile: &str, pictures: bool) -> Result<Checked, Failure>;
}

/// The real [`Checker`].
pub struct EngineChecker {
    engine: Arc<Engine>,
    limits: Limits,
}

impl EngineChecker {
    /// Judges by `engine` what `limits` let pass.
    pub fn new(engine: Arc<Engine>, limits: Limits) -> Self {
        Self { engine, limits }
    }
}

impl Checker for EngineChecker {
    fn profiles(&self) -> Vec<String> {
        self.engine.calibration().profiles.keys().cloned().collect()
    }

    fn inconclusive_margin(&self) -> f64 {
        self.engine.calibration().decision.inconclusive_margin
    }

    fn check(&self, image: &[u8], profile: &str, pictures: bool) -> Result<Checked, Failure> {
        let photo = lifesign_media::decode(image, &self.limits).map_err(of_media)?;
        let check = self.engine.check(photo, profile).map_err(of_engine)?;
        let pictures = pictures
            .then(|| explain::pictures(&check))
            .transpose()
            .map_err(|e| inference(&e))?
            .map(|pictures| pictures.into_iter().map(picture).collect());
        Ok(Checked {
            result: check.result,
            pictures,
        })
    }
}

fn picture(picture: explain::Picture) -> Picture {
    Picture {
        name: picture.name.to_owned(),
        title: picture.title.to_owned(),
        caption: picture.caption,
        png: picture.png,
        width: picture.width,
        height: picture.height,
    }
}

fn of_media(error: MediaError) -> Failure {
    let kind = match error.kind() {
        ErrorKind::OverLimit => FailureKind::TooLarge,
        _ => FailureKind::InvalidImage,
    };
    Failure::new(kind, error.to_string())
}

fn of_engine(error: EngineError) -> Failure {
    match error {
        EngineError::UnknownProfile { known, .. } => unknown_profile(&known),
        error => inference(&error),
    }
}

fn inference(error: &dyn std::error::Error) -> Failure {
    let message = "the analysis failed; try again, and name the request_id if it goes on failing";
    Failure::new(FailureKind::Inference, message).because(error.to_string())
}

fn unknown_profile(known: &str) -> Failure {
    Failure::invalid(format!("the profile does not exist; known: {known}"))
}

/// What came of a request, and what its answer repeats. The echo is empty where the request was
/// never read or took too long.
pub(crate) struct Judged {
    pub(crate) echo: Echo,
    pub(crate) outcome: Result<Checked, Failure>,
}

impl From<Failure> for Judged {
    fn from(failure: Failure) -> Self {
        Self {
            echo: Echo::new(),
            outcome: Err(failure),
        }
    }
}

/// Reads `incoming` as `contract` says and judges its image on the pool. `held` is the body's
/// share of the memory for bodies, given back with the body.
pub(crate) async fn check(
    app: &Arc<App>,
    contract: &'static dyn Contract,
    incoming: Incoming,
    held: Option<OwnedSemaphorePermit>,
) -> Judged {
    let worker = Arc::clone(app);
    let work = app.pool.run(move || {
        let _held = held;
        let mut echo = Echo::new();
        let outcome = contract
            .read(&incoming, &mut echo)
            .and_then(|request| judge(&worker, &request));
        Judged { echo, outcome }
    });
    match timeout(app.config.request_timeout, work).await {
        Ok(Ok(judged)) => judged,
        Ok(Err(PoolError::Full)) => Failure::new(
            FailureKind::Overloaded,
            "all workers are busy and the queue is full; try again",
        )
        .into(),
        Ok(Err(PoolError::Panicked)) => {
            Failure::new(FailureKind::Internal, "the server met a fault of its own")
                .because("a check panicked")
                .into()
        }
        Err(_) => Failure::new(
            FailureKind::TimedOut,
            format!(
                "the check took longer than {} s",
                app.config.request_timeout.as_secs_f64()
            ),
        )
        .into(),
    }
}

fn judge(app: &App, request: &CheckRequest<'_>) -> Result<Checked, Failure> {
    let profile = request.options.profile.as_deref();
    let profile = profile.unwrap_or(&app.config.profile);
    let known = app.checker.profiles();
    if !known.iter().any(|name| name == profile) {
        return Err(unknown_profile(&known.join(", ")));
    }
    let image: Cow<'_, [u8]> = match &request.image {
        ImageSource::Bytes(bytes) => Cow::Borrowed(bytes),
        ImageSource::Base64(text) => lifesign_media::decode_base64(text, &app.config.limits)
            .map_err(of_media)?
            .into(),
    };
    app.checker.check(&image, profile, request.options.pictures)
}
