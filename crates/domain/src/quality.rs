//! Image quality components, named after ISO/IEC 29794-5.

use serde::{Deserialize, Serialize};

use crate::ReasonCode;

/// One measured quality component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityComponent {
    /// Name in the words of ISO/IEC 29794-5, for instance `illumination_uniformity`.
    pub name: String,
    /// Native value.
    pub value: f64,
    /// Unit of `value`: `px`, `deg`, `ratio`, `count` or `variance`.
    pub unit: String,
    /// Whether the value is inside its limits.
    pub passed: bool,
    /// The reason that a value outside its limits raises.
    pub reason: Option<ReasonCode>,
}
