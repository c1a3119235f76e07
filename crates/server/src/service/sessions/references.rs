//! Reference images: each must show exactly one usable face, of which a descriptor is kept.

use bytes::Bytes;
use lifesign_contracts::{Failure, FailureKind};

/// Names the image that a failure is about.
pub(super) fn about(place: &str, mut failure: Failure) -> Failure {
    let of_image = matches!(
        failure.kind,
        FailureKind::InvalidImage
            | FailureKind::TooLarge
            | FailureKind::UnsupportedFormat
            | FailureKind::UrlRefused
            | FailureKind::UrlFailed
    );
    if of_image {
        failure.message = format!("the image at `{place}`: {}", failure.message);
    }
    failure
}

/// A reference image before it is looked at.
pub(super) enum Origin {
    File(Bytes),
    Url(String),
}
