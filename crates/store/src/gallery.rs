//! Galleries: the faces that a tenant looks others up among.

use serde::Serialize;

use crate::Millis;

/// A gallery as it is listed; it comes into being with its first face.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gallery {
    /// Random identifier; one that was erased and made anew has another.
    pub id: String,
    /// Name, unique for the tenant.
    pub name: String,
    /// When its first face came.
    pub created_at: Millis,
    /// Rises with every change of its faces.
    pub version: i64,
    /// Number of its faces.
    pub faces: i64,
}

/// A face to be added.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFace {
    /// Whose it is.
    pub tenant_id: String,
    /// Name of the gallery, which is made if the tenant has none of that name.
    pub gallery: String,
    /// Identifier of the gallery if it is made.
    pub fresh_gallery_id: String,
    /// Identifier of the face, unique in the gallery.
    pub face_id: String,
    /// A label of the caller's.
    pub label: Option<String>,
    /// The caller's own reference, by which it can be erased.
    pub reference: Option<String>,
    /// The descriptor, sealed by the caller.
    pub sealed: Vec<u8>,
}

impl std::fmt::Debug for NewFace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewFace(..)")
    }
}

/// How the addition of a face ended. Only [`Added::Done`] changed anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// The face is kept; the gallery as it is now.
    Done(Gallery),
    /// The gallery has a face of this identifier.
    Exists,
    /// The gallery has as many faces as it may.
    Full,
}

/// A face of a gallery, without its descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GalleryFace {
    /// Number in its gallery: it rises from face to face and never comes twice.
    pub no: i64,
    /// Identifier.
    pub face_id: String,
    /// The caller's label.
    pub label: Option<String>,
    /// The caller's reference.
    pub reference: Option<String>,
    /// When it was added.
    pub created_at: Millis,
}

/// A face as it is loaded to be searched.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedFace {
    /// Number in its gallery.
    pub no: i64,
    /// Identifier, to which the descriptor is bound.
    pub face_id: String,
    /// The descriptor, sealed by the caller.
    pub sealed: Vec<u8>,
}
