//! Pictures and a page that show a person why a check ended as it did.
//!
//! Everything is drawn from a finished [`Check`]: nothing is measured anew that a signal has
//! measured, and nothing drawn here feeds back into a verdict. Colours are those of Okabe and
//! Ito, which colour-blind people can tell apart, and no meaning is carried by colour alone.

mod attack_map;
mod canvas;
mod chart;
mod no_face;
mod overlay;
mod page;
mod palette;
mod photo;
mod pose_axes;
mod spectrum;
mod text;
mod texture;
mod topology;
mod unavailable;

use lifesign_domain::ErrorKind;

pub use page::{PageEntry, page};

use crate::{Check, Subject};

/// One explanation picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Machine-readable name, unique within a check: `photo`, `overlay`, `signals`, `attack_map`,
    /// `lbp_map` or `spectrum`.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// What the picture shows and how to read it, in plain language.
    pub caption: String,
    /// The picture as an 8-bit RGB PNG file.
    pub png: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// A picture that could not be made. None of these is the caller's or the photograph's fault.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// A drawing surface of this size cannot be had.
    #[error("no drawing surface of {width} x {height} pixels")]
    Surface {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The embedded font does not parse.
    #[error("embedded font is unreadable: {0}")]
    Font(#[from] ttf_parser::FaceParsingError),
    /// The photograph could not be scaled.
    #[error("photograph cannot be scaled: {0}")]
    Scale(String),
    /// The PNG encoder failed.
    #[error("picture cannot be written as PNG: {0}")]
    Encode(#[from] image::ImageError),
}

impl ExplainError {
    /// Who is at fault.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Internal
    }
}

/// Draws the judged face with what was found in it, no larger than `side_px` pixels a side and without a
/// legend, for a row of many; without a face the photograph as [`pictures`] draws it.
///
/// # Errors
/// As [`pictures`].
pub fn face_picture(check: &Check, side_px: u32) -> Result<Picture, ExplainError> {
    match &check.subject {
        Subject::NoFace(photo) => no_face::picture(photo, &check.result),
        Subject::Face(evidence) => overlay::face_picture(evidence, &check.result, side_px as f32),
    }
}

/// Draws the pictures of a check.
///
/// With a face, in this order: `overlay` (what was found in the photograph), `signals` (scores,
/// weights and the verdict), `attack_map` (what the network saw, where the profile weighs it), `lbp_map` (skin texture) and `spectrum` (frequencies). Without one:
/// `photo` with the reason.
///
/// # Errors
/// If a surface, the font, the scaler or the encoder fails; odd geometry is never an error.
pub fn pictures(check: &Check) -> Result<Vec<Picture>, ExplainError> {
    match &check.subject {
        Subject::NoFace(photo) => Ok(vec![no_face::picture(photo, &check.result)?]),
        Subject::Face(evidence) => {
            let mut pictures = vec![
                overlay::picture(evidence, &check.result)?,
                chart::picture(&check.result, &check.decision)?,
            ];
            pictures.extend(attack_map::picture(
                evidence,
                &check.signals,
                &check.result,
            )?);
            pictures.push(texture::picture(evidence, &check.result)?);
            pictures.push(spectrum::picture(evidence, &check.result)?);
            Ok(pictures)
        }
    }
}
