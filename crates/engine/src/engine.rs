//! The composition: photo in, explained verdict out. Every stage is public by itself.

use std::cmp::Ordering;
use std::sync::OnceLock;

use lifesign_domain::{CheckResult, FaceBox, FaceSummary, Reason, ReasonCode, Verdict};
use lifesign_infer::{Embedded, Model, load, load_lazily};
use lifesign_media::{Frame, Photo};
use tracing::info_span;

use crate::cover::CoverModel;
use crate::detect::{Detector, FULL_RANGE, SHORT_RANGE};
use crate::embed::{self, EmbedModel};
use crate::geometry::{eye_aspect_ratios, inter_eye_distance_px};
use crate::iris::IrisModel;
use crate::mesh::{FaceMesh, MeshModel};
use crate::roi::face_region;
use crate::signals::{self, Signal};
use crate::warp::Region;
use crate::{
    Calibration, Check, Descriptor, Detection, EngineError, Evidence, FaceCover, Iris, Landmarks,
    Pose, Profile, Reading, Subject, fusion, pose, quality,
};

/// The models of the pipeline.
pub struct Models {
    /// BlazeFace for near faces: (1, 3, 128, 128) in [-1, 1] to 896 x 16 boxes and 896 logits.
    pub short_range: Box<dyn Model>,
    /// BlazeFace for far faces: (1, 3, 192, 192) in [-1, 1] to 2304 x 16 boxes and 2304 logits.
    pub full_range: Box<dyn Model>,
    /// Face mesh: (1, 3, 192, 192) in [0, 1] to 468 x 3 vertices and a presence logit.
    pub mesh: Box<dyn Model>,
    /// Iris: (1, 3, 64, 64) in [0, 1] to 71 x 3 points of the eye and 5 x 3 of the iris.
    pub iris: Box<dyn Model>,
    /// What covers the face: (1, 3, 64, 64) in [0, 1] to 4 logits.
    pub cover: Box<dyn Model>,
    /// Prints and screens: (1, 3, 160, 160) in [-127/128, 1] to maps and a head for them.
    pub pad_context: Box<dyn Model>,
    /// Generated faces: (1, 3, 80, 80) in [-1, 1] to maps and a head for them.
    pub synthetic_face: Box<dyn Model>,
    /// Who it is: (1, 3, 150, 150) in [0, 1] to 128 values.
    pub embedding: Box<dyn Model>,
}

impl Models {
    /// The models that ship inside the binary.
    ///
    /// # Errors
    /// [`EngineError::Model`]; cannot happen with an unchanged binary.
    pub fn embedded() -> Result<Self, EngineError> {
        let open =
            |stage, embedded| load(embedded).map_err(|source| EngineError::Model { stage, source });
        Ok(Self {
            short_range: open(SHORT_RANGE_STAGE, Embedded::FaceDetectionShortRange)?,
            full_range: open(FULL_RANGE_STAGE, Embedded::FaceDetectionFullRange)?,
            mesh: open("face mesh", Embedded::FaceLandmark)?,
            iris: open("irises", Embedded::IrisLandmark)?,
            cover: open("face cover", Embedded::FaceCover)?,
            pad_context: open(PAD_STAGE, Embedded::PadContext)?,
            synthetic_face: open(PAD_STAGE, Embedded::SyntheticFace)?,
            // The largest by far, and a check does not ask who it is.
            embedding: load_lazily(Embedded::FaceEmbedding).map_err(|source| {
                EngineError::Model {
                    stage: embed::STAGE,
                    source,
                }
            })?,
        })
    }
}

const SHORT_RANGE_STAGE: &str = "short-range face detection";
const FULL_RANGE_STAGE: &str = "full-range face detection";
const PAD_STAGE: &str = "presentation attack detection";

/// Loaded models and the calibration that decides. Holds no state between checks, so one engine
/// serves any number of threads.
pub struct Engine {
    short_range: Detector,
    full_range: Detector,
    mesh: MeshModel,
    iris: IrisModel,
    cover: CoverModel,
    embedding: EmbedModel,
    signals: Vec<Box<dyn Signal>>,
    calibration: Calibration,
}

/// A face that passed detection, mesh and pose.
#[derive(Clone, Debug, PartialEq)]
pub struct Face {
    /// As the detector found it.
    pub detection: Detection,
    /// Its mesh with the presence score.
    pub mesh: FaceMesh,
    /// Its placement.
    pub pose: Pose,
}

impl Engine {
    /// An engine with the models that ship inside the binary.
    ///
    /// # Errors
    /// [`EngineError::Calibration`] when the calibration contradicts itself;
    /// [`EngineError::Model`] cannot happen with an unchanged binary.
    pub fn embedded(calibration: Calibration) -> Result<Self, EngineError> {
        Self::with_models(Models::embedded()?, calibration)
    }

    /// An engine with other models of the same interfaces.
    ///
    /// # Errors
    /// [`EngineError::Interface`] when a model's input has another shape than its stage needs,
    /// [`EngineError::Calibration`] when the calibration contradicts itself.
    pub fn with_models(models: Models, calibration: Calibration) -> Result<Self, EngineError> {
        Self::with_signals(models, Vec::new(), calibration)
    }

    /// An engine with signals of its own after the built-in ones, for instance a
    /// [`PadModel`](crate::PadModel).
    /// Profiles weigh them by name; one that no profile weighs is never read.
    ///
    /// # Errors
    /// Those of [`Engine::with_models`], and [`EngineError::SignalName`] for a name that is taken.
    pub fn with_signals(
        models: Models,
        more_signals: Vec<Box<dyn Signal>>,
        calibration: Calibration,
    ) -> Result<Self, EngineError> {
        let mut signals = signals::all();
        signals.extend(signals::learned(models.pad_context, models.synthetic_face)?);
        let built_in = signals.len();
        for signal in more_signals {
            if signals.iter().any(|other| other.name() == signal.name()) {
                return Err(EngineError::SignalName(signal.name().to_owned()));
            }
            signals.push(signal);
        }
        let more: Vec<&str> = signals.iter().skip(built_in).map(|s| s.name()).collect();
        calibration.validate_with(&more)?;
        Ok(Self {
            short_range: Detector::new(SHORT_RANGE_STAGE, models.short_range, SHORT_RANGE)?,
            full_range: Detector::new(FULL_RANGE_STAGE, models.full_range, FULL_RANGE)?,
            mesh: MeshModel::new(models.mesh)?,
            iris: IrisModel::new(models.iris)?,
            cover: CoverModel::new(models.cover)?,
            embedding: EmbedModel::new(models.embedding)?,
            signals,
            calibration,
        })
    }

    /// The calibration that decides.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// All signals, in registry order.
    pub fn signals(&self) -> impl Iterator<Item = &dyn Signal> {
        self.signals.iter().map(AsRef::as_ref)
    }

    /// Judges a photo by a profile of the calibration. The same photo always gets the same
    /// answer.
    ///
    /// # Errors
    /// [`EngineError::UnknownProfile`] before any work is done, else the errors of the models.
    /// A photo without a face is no error but an INCONCLUSIVE result.
    pub fn check(&self, photo: Photo, profile: &str) -> Result<Check, EngineError> {
        self.profile(profile)?;
        let subject = self.gather(photo)?;
        self.judge(subject, profile)
    }

    /// The profile called `name`.
    ///
    /// # Errors
    /// [`EngineError::UnknownProfile`], which lists the known ones.
    pub fn profile(&self, name: &str) -> Result<&Profile, EngineError> {
        let profiles = &self.calibration.profiles;
        profiles
            .get(name)
            .ok_or_else(|| EngineError::UnknownProfile {
                name: name.to_owned(),
                known: profiles
                    .keys()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// Detector candidates for near faces, the best first; no mesh has confirmed them yet.
    ///
    /// # Errors
    /// Those of the model.
    pub fn detect_near(&self, frame: &Frame) -> Result<Vec<Detection>, EngineError> {
        let min_score = self.calibration.detection.min_face_confidence as f32;
        self.short_range.detect(frame, min_score)
    }

    /// Detector candidates for far faces, the best first; no mesh has confirmed them yet.
    ///
    /// # Errors
    /// Those of the model.
    pub fn detect_far(&self, frame: &Frame) -> Result<Vec<Detection>, EngineError> {
        let min_score = self.calibration.detection.min_face_confidence as f32;
        self.full_range.detect(frame, min_score)
    }

    /// The mesh of one detection; `None` where the model answers no shape at all. The presence
    /// score is not judged yet.
    ///
    /// # Errors
    /// Those of the model.
    pub fn landmarks(
        &self,
        frame: &Frame,
        detection: &Detection,
    ) -> Result<Option<FaceMesh>, EngineError> {
        self.mesh.run(frame, &face_region(detection))
    }

    /// The mesh in a region of the frame.
    pub(crate) fn mesh_at(
        &self,
        frame: &Frame,
        region: &Region,
    ) -> Result<Option<FaceMesh>, EngineError> {
        self.mesh.run(frame, region)
    }

    /// Placement of a face before the camera; `None` where the landmarks have no extent.
    pub fn pose(&self, frame: &Frame, landmarks: &Landmarks) -> Option<Pose> {
        pose::estimate(landmarks, frame.width(), frame.height())
    }

    /// What covers a face; `None` where its mesh has no extent.
    ///
    /// # Errors
    /// Those of the model.
    pub fn cover(
        &self,
        frame: &Frame,
        landmarks: &Landmarks,
    ) -> Result<Option<FaceCover>, EngineError> {
        self.cover.run(frame, &landmarks.bounds())
    }

    /// Who a face is, to be compared with other faces by [`Descriptor::distance`].
    ///
    /// # Errors
    /// [`EngineError::NoExtent`] where the landmarks lie in one point, and those of the model.
    pub fn embed(&self, frame: &Frame, landmarks: &Landmarks) -> Result<Descriptor, EngineError> {
        self.embedding.run(frame, landmarks)
    }

    /// The irises of a face, left in the image first; `None` without running the model where
    /// there are none to see: closed eyes, dark glasses, a face too small or turned too far for
    /// the eye signals.
    ///
    /// # Errors
    /// Those of the model.
    pub fn irises(
        &self,
        frame: &Frame,
        landmarks: &Landmarks,
        pose: &Pose,
        cover: Option<&FaceCover>,
    ) -> Result<Option<[Iris; 2]>, EngineError> {
        let signals = &self.calibration.signals;
        let eye = &signals.eye_aspect_ratio;
        let open = eye_aspect_ratios(landmarks).is_some_and(|r| r[0].max(r[1]) >= signals.min_ear);
        let visible = cover.is_none_or(|cover| {
            1.0 - f64::from(cover.sunglasses) >= self.calibration.quality.min_eyes_visible
        });
        let near = inter_eye_distance_px(landmarks) >= eye.min_inter_eye_distance_px
            && pose.degrees.yaw.abs() <= eye.max_yaw_deg;
        if !(open && visible && near) {
            return Ok(None);
        }
        self.iris.run(frame, landmarks).map(Some)
    }

    /// All faces that the mesh model confirms, the largest first: those of the short-range
    /// detector or, if it has none, those of the full-range detector.
    ///
    /// # Errors
    /// Those of the models.
    pub fn faces(&self, frame: &Frame) -> Result<Vec<Face>, EngineError> {
        let near = info_span!("detect", range = "near").in_scope(|| self.detect_near(frame));
        let near = self.confirmed(frame, near?)?;
        if !near.is_empty() {
            return Ok(near);
        }
        let far = info_span!("detect", range = "far").in_scope(|| self.detect_far(frame));
        self.confirmed(frame, far?)
    }

    fn confirmed(
        &self,
        frame: &Frame,
        mut detections: Vec<Detection>,
    ) -> Result<Vec<Face>, EngineError> {
        let _span = info_span!("mesh").entered();
        let params = &self.calibration.detection;
        detections.sort_by(by_falling_area);
        detections.truncate(params.max_faces);
        let mut faces = Vec::with_capacity(detections.len());
        for detection in detections {
            let Some(mesh) = self.landmarks(frame, &detection)? else {
                continue;
            };
            if f64::from(mesh.presence) < params.min_face_presence {
                continue;
            }
            if let Some(pose) = self.pose(frame, &mesh.landmarks) {
                faces.push(Face {
                    detection,
                    mesh,
                    pose,
                });
            }
        }
        Ok(faces)
    }

    /// Everything that is known about a photo before it is judged.
    ///
    /// # Errors
    /// Those of the models.
    pub fn gather(&self, photo: Photo) -> Result<Subject, EngineError> {
        let faces = self.faces(&photo.frame)?;
        let detections = faces.iter().map(|face| face.detection.clone()).collect();
        let Some(judged) = faces.into_iter().next() else {
            return Ok(Subject::NoFace(Box::new(photo)));
        };
        let FaceMesh {
            landmarks,
            presence,
        } = judged.mesh;
        let frame = &photo.frame;
        let cover = info_span!("cover").in_scope(|| self.cover(frame, &landmarks))?;
        let irises = info_span!("irises")
            .in_scope(|| self.irises(frame, &landmarks, &judged.pose, cover.as_ref()))?;
        Ok(Subject::Face(Box::new(Evidence {
            luma: info_span!("luma").in_scope(|| photo.frame.luma()),
            photo,
            faces: detections,
            face_bounds: landmarks.bounds(),
            landmarks,
            presence,
            pose: judged.pose,
            cover,
            irises,
            pad: OnceLock::new(),
        })))
    }

    /// What every signal says about the evidence, in registry order.
    pub fn readings(&self, evidence: &Evidence) -> Vec<(&dyn Signal, Reading)> {
        self.signals
            .iter()
            .map(|s| (s.as_ref(), s.read(evidence, &self.calibration.signals)))
            .collect()
    }

    /// What the signals of a profile say; the others are not read, for a model costs time.
    fn weighed(&self, evidence: &Evidence, profile: &Profile) -> Vec<(&dyn Signal, Reading)> {
        let params = &self.calibration.signals;
        self.signals
            .iter()
            .filter(|s| profile.weights.contains_key(s.name()))
            .map(|s| (s.as_ref(), s.read(evidence, params)))
            .collect()
    }

    /// Draws the verdict from what was gathered.
    ///
    /// # Errors
    /// [`EngineError::UnknownProfile`].
    pub fn judge(&self, subject: Subject, profile: &str) -> Result<Check, EngineError> {
        let weights = self.profile(profile)?;
        let result = match &subject {
            Subject::NoFace(_) => self.no_face(profile),
            Subject::Face(evidence) => self.judge_face(evidence, profile, weights),
        };
        Ok(Check {
            result,
            decision: self.calibration.decision.clone(),
            signals: self.calibration.signals.clone(),
            subject,
        })
    }

    fn no_face(&self, profile: &str) -> CheckResult {
        CheckResult {
            verdict: Verdict::Inconclusive,
            confidence: 0.0,
            threshold: self.calibration.decision.live_threshold,
            face_detected: false,
            signals: Vec::new(),
            profile: profile.to_owned(),
            calibration: self.calibration.version.clone(),
            face_count: 0,
            face: None,
            quality: Vec::new(),
            reasons: vec![ReasonCode::NoFace.into()],
        }
    }

    fn judge_face(&self, evidence: &Evidence, name: &str, profile: &Profile) -> CheckResult {
        let decision = &self.calibration.decision;
        let readings = info_span!("signals").in_scope(|| self.weighed(evidence, profile));
        let fused = fusion::fuse(&readings, profile, decision);
        let quality =
            info_span!("quality").in_scope(|| quality::assess(evidence, &self.calibration));
        let mut codes: Vec<ReasonCode> = quality.iter().filter_map(|c| c.reason).collect();
        if !fused.enough_assessed {
            codes.push(ReasonCode::NotEnoughSignals);
        }
        CheckResult {
            verdict: fused.verdict,
            confidence: fused.confidence,
            threshold: decision.live_threshold,
            face_detected: true,
            signals: fused.signals,
            profile: name.to_owned(),
            calibration: self.calibration.version.clone(),
            face_count: evidence.faces.len(),
            face: Some(summary(evidence)),
            quality,
            reasons: in_order(&codes),
        }
    }
}

/// Larger boxes first; among equals the better score, then the order of the detector.
fn by_falling_area(a: &Detection, b: &Detection) -> Ordering {
    let areas = b.bounds.area().total_cmp(&a.bounds.area());
    areas.then(b.score.total_cmp(&a.score))
}

/// Each reason once, in the order of [`ReasonCode::ALL`].
pub(crate) fn in_order(codes: &[ReasonCode]) -> Vec<Reason> {
    let raised = ReasonCode::ALL.iter().filter(|code| codes.contains(code));
    raised.map(|&code| code.into()).collect()
}

pub(crate) fn summary(evidence: &Evidence) -> FaceSummary {
    let bounds = &evidence.face_bounds;
    FaceSummary {
        bounds: FaceBox {
            x: f64::from(bounds.x),
            y: f64::from(bounds.y),
            width: f64::from(bounds.width),
            height: f64::from(bounds.height),
        },
        // The judged face comes first; evidence without one does not exist.
        detection_score: evidence.faces.first().map_or(0.0, |d| f64::from(d.score)),
        presence: f64::from(evidence.presence),
        pose: evidence.pose.degrees,
        distance_cm: evidence.pose.distance_cm,
    }
}
