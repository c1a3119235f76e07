//! What all sessions share.

use std::sync::Arc;

use lifesign_challenge::Plan;
use lifesign_engine::{Descriptor, Engine};
use lifesign_speech::Recogniser;
use lifesign_temporal as temporal;

use crate::{Calibration, Capture, CaptureError};

/// Judges sessions.
#[derive(Clone)]
pub struct SessionJudge {
    shared: Arc<Shared>,
}

/// What a [`Capture`] needs of its judge.
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    pub(crate) recogniser: Option<Arc<Recogniser>>,
    pub(crate) calibration: Calibration,
    pub(crate) temporal: temporal::Calibration,
}

/// One session as it was ordered.
pub struct SessionSpec {
    /// What is asked.
    pub plan: Plan,
    /// Profile of the frames by name.
    pub profile: String,
    /// Faces that the captured one is compared with.
    pub references: Vec<Descriptor>,
    /// Whether sound will come.
    pub microphone: bool,
    /// The camera's name as the browser gives it; never believed, only held against known virtual cameras.
    pub camera: Option<String>,
}

impl SessionJudge {
    /// With the calibrations that ship; without a recogniser no digits are heard.
    pub fn new(engine: Arc<Engine>, recogniser: Option<Recogniser>) -> Self {
        Self::with_calibration(engine, recogniser, Calibration::embedded())
    }

    /// With a calibration of its own.
    pub fn with_calibration(
        engine: Arc<Engine>,
        recogniser: Option<Recogniser>,
        calibration: Calibration,
    ) -> Self {
        let mut temporal = temporal::Calibration::embedded();
        temporal.signals.static_risk.min_repeat_s = calibration.risk.repeat_seconds;
        Self {
            shared: Arc::new(Shared {
                engine,
                recogniser: recogniser.map(Arc::new),
                calibration,
                temporal,
            }),
        }
    }

    /// The calibration that decides; plans are drawn by its limits.
    pub fn calibration(&self) -> &Calibration {
        &self.shared.calibration
    }

    /// Opens a session.
    ///
    /// # Errors
    /// If the profile does not exist.
    pub fn begin(&self, spec: SessionSpec) -> Result<Capture, CaptureError> {
        self.shared.engine.profile(&spec.profile)?;
        Ok(Capture::new(Arc::clone(&self.shared), spec))
    }
}
