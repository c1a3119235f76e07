//! Whether the mouth is closed.

use lifesign_domain::ReasonCode;

use super::{Component, when};
use crate::geometry::mouth_opening;

/// Opening of the inner lips over the distance from the eyes to the chin, as ISO/IEC 29794-5
/// measures it; 0 is closed.
pub(super) const MOUTH_CLOSED: Component = Component {
    name: "mouth_closed",
    unit: "ratio",
    measure: |view| mouth_opening(&view.evidence.landmarks),
    judge: |opening, calibration| {
        let limit = calibration.quality.max_mouth_opening;
        when(opening > limit, ReasonCode::MouthOpen)
    },
};
