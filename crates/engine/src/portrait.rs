//! A picture of a person to be compared with others: who it is, and how good the picture is.

use lifesign_domain::{FaceSummary, QualityComponent, Reason};
use lifesign_media::Photo;

use crate::engine::{in_order, summary};
use crate::{Descriptor, Engine, EngineError, Subject, quality};

/// The largest face of a picture, as it is compared with others.
#[derive(Clone, Debug)]
pub struct Portrait {
    /// Who it is.
    pub descriptor: Descriptor,
    /// Where the face is and how it is placed.
    pub face: FaceSummary,
    /// Faces in the picture.
    pub face_count: usize,
    /// What can be measured of the picture's quality.
    pub quality: Vec<QualityComponent>,
    /// What makes the comparison less sure, each with guidance.
    pub reasons: Vec<Reason>,
}

impl Engine {
    /// The largest face of a picture; `None` where there is no face. Whether it is alive is not asked.
    ///
    /// # Errors
    /// Those of the models.
    pub fn portrait(&self, photo: Photo) -> Result<Option<Portrait>, EngineError> {
        let Subject::Face(evidence) = self.gather(photo)? else {
            return Ok(None);
        };
        let descriptor = tracing::info_span!("embed")
            .in_scope(|| self.embed(&evidence.photo.frame, &evidence.landmarks))?;
        let quality = quality::assess(&evidence, self.calibration());
        let codes = Vec::from_iter(quality.iter().filter_map(|component| component.reason));
        Ok(Some(Portrait {
            descriptor,
            face: summary(&evidence),
            face_count: evidence.faces.len(),
            quality,
            reasons: in_order(&codes),
        }))
    }

    /// Whether two faces of this score (0 to 100) count as one person.
    pub fn is_same_person(&self, score: u8) -> bool {
        f64::from(score) >= self.calibration().matching.min_match_score
    }
}
