//! Why bytes did not become a frame.

use lifesign_domain::ErrorKind;

use crate::ImageFormat;

/// A refusal of an image: what is wrong, how much of it, and what is accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// There are no bytes at all.
    #[error("the image is empty (0 bytes); accepted are {ACCEPTED}")]
    Empty,
    /// The file is larger than [`Limits::file_bytes`](crate::Limits).
    #[error("the image file is {} ({size_bytes} bytes), the limit is {} ({limit_bytes} bytes)",
        Megabytes(*size_bytes), Megabytes(*limit_bytes))]
    FileTooLarge {
        /// Size of the file, or of what its base64 text stands for.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// The bytes are of a format that is not decoded.
    #[error("the file looks like {looks_like}; accepted are {ACCEPTED}")]
    UnsupportedFormat {
        /// What the first bytes say, with an article.
        looks_like: String,
    },
    /// The format is accepted but not this form of it.
    #[error("{format} with {feature} is not supported; accepted: {accepted}")]
    UnsupportedFeature {
        /// Format of the file.
        format: ImageFormat,
        /// The form that is not decoded.
        feature: String,
        /// The forms that are.
        accepted: &'static str,
    },
    /// The header claims a side of 0 pixels.
    #[error(
        "the image header claims {width} x {height} pixels; both sides must be at least 1 pixel"
    )]
    NoPixels {
        /// Claimed width.
        width: u32,
        /// Claimed height.
        height: u32,
    },
    /// A side is longer than [`Limits::side`](crate::Limits).
    #[error("the image is {width} x {height} pixels, the limit is {limit} pixels a side")]
    SideTooLong {
        /// Claimed width.
        width: u32,
        /// Claimed height.
        height: u32,
        /// The limit.
        limit: u32,
    },
    /// The image has more pixels than [`Limits::pixels`](crate::Limits).
    #[error("the image is {width} x {height} pixels ({}), the limit is {}",
        Megapixels(u64::from(*width) * u64::from(*height)), Megapixels(*limit))]
    TooManyPixels {
        /// Claimed width.
        width: u32,
        /// Claimed height.
        height: u32,
        /// The limit in pixels.
        limit: u64,
    },
    /// The decoder would need more memory than such an image takes.
    #[error(
        "decoding the {format} needs more memory than a {width} x {height} image may take ({limit_bytes} bytes)"
    )]
    OutOfMemory {
        /// Format of the file.
        format: ImageFormat,
        /// Claimed width.
        width: u32,
        /// Claimed height.
        height: u32,
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// The file ends before the image does.
    #[error("the {format} file is cut off after {size_bytes} bytes: {missing}")]
    Truncated {
        /// Format of the file.
        format: ImageFormat,
        /// Size of what arrived.
        size_bytes: usize,
        /// What is missing.
        missing: String,
    },
    /// The file breaks the rules of its format.
    #[error("the {format} file is damaged: {detail}")]
    Damaged {
        /// Format of the file.
        format: ImageFormat,
        /// The broken rule.
        detail: String,
    },
    /// The decoder met a state that its authors had ruled out; the file is refused.
    #[error("the {format} decoder failed on this file, which is a fault of the decoder")]
    DecoderFault {
        /// Format of the file.
        format: ImageFormat,
    },
    /// The base64 text is empty or blank.
    #[error(
        "the image text is empty; accepted is base64, alone or as a data: URL such as data:image/jpeg;base64,..."
    )]
    Base64Empty,
    /// A `data:` URL that is not marked as base64.
    #[error(
        "the data: URL is not marked base64; accepted is data:image/<type>;base64,<text> or base64 alone"
    )]
    DataUrlNotBase64,
    /// A character that is not base64.
    #[error(
        "the image text is not base64: {found} at position {position} (counted from 0); accepted are A-Z a-z 0-9 + / or - _, = at the end, and white space"
    )]
    Base64Invalid {
        /// Byte position in the text that was given, from 0.
        position: usize,
        /// The offending character or what is wrong with it.
        found: String,
    },
    /// The number of base64 characters is one that no encoder writes.
    #[error(
        "the base64 text is cut off: {characters} characters, and a length of 4 n + 1 stands for no whole byte"
    )]
    Base64Truncated {
        /// Base64 characters, without padding and white space.
        characters: usize,
    },
}

/// The formats that are decoded, for messages.
pub(crate) const ACCEPTED: &str = "JPEG, PNG, WebP and BMP";

impl MediaError {
    /// Who is at fault.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Empty
            | Self::NoPixels { .. }
            | Self::Truncated { .. }
            | Self::Damaged { .. }
            | Self::DecoderFault { .. }
            | Self::Base64Empty
            | Self::DataUrlNotBase64
            | Self::Base64Invalid { .. }
            | Self::Base64Truncated { .. } => ErrorKind::InvalidInput,
            Self::FileTooLarge { .. }
            | Self::SideTooLong { .. }
            | Self::TooManyPixels { .. }
            | Self::OutOfMemory { .. } => ErrorKind::OverLimit,
            Self::UnsupportedFormat { .. } | Self::UnsupportedFeature { .. } => {
                ErrorKind::Unsupported
            }
        }
    }

    pub(crate) fn damaged(format: ImageFormat, detail: impl std::fmt::Display) -> Self {
        Self::Damaged {
            format,
            detail: one_line(&detail.to_string()),
        }
    }
}

/// Text of another library or of the file itself, made fit for one line of a log or a reply.
pub(crate) fn one_line(text: &str) -> String {
    const LONGEST: usize = 160;
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect::<String>()
        .trim()
        .to_owned()
}

struct Megabytes(usize);

impl std::fmt::Display for Megabytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} MiB", self.0 as f64 / (1024.0 * 1024.0))
    }
}

struct Megapixels(u64);

impl std::fmt::Display for Megapixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} megapixels", self.0 as f64 / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_and_how_much() {
        let too_large = MediaError::FileTooLarge {
            size_bytes: 12_582_912,
            limit_bytes: 10_485_760,
        };
        assert_eq!(
            too_large.to_string(),
            "the image file is 12.0 MiB (12582912 bytes), the limit is 10.0 MiB (10485760 bytes)"
        );
        assert_eq!(too_large.kind(), ErrorKind::OverLimit);
        let too_many = MediaError::TooManyPixels {
            width: 10_000,
            height: 9_000,
            limit: 50_000_000,
        };
        assert_eq!(
            too_many.to_string(),
            "the image is 10000 x 9000 pixels (90.0 megapixels), the limit is 50.0 megapixels"
        );
    }

    #[test]
    fn foreign_text_becomes_one_short_line() {
        assert_eq!(one_line(" a\nb\u{0}"), "a b");
        assert_eq!(one_line(&"x".repeat(1000)).len(), 160);
    }
}
