//! WebP: a walk over the RIFF chunks (RFC 9649) that finds every size that the file claims, the
//! EXIF block and the end of the file before any decoding.
//!
//! A file claims its size up to three times (canvas, animation frame, bitstream) and a decoder
//! allocates by the innermost one, so each is compared with the limits.

use crate::{ImageFormat, Limits, MediaError};

const FORMAT: ImageFormat = ImageFormat::WebP;
const RIFF_HEADER_BYTES: usize = 12;
/// Bytes of an `ANMF` chunk before the chunks of the frame itself.
const FRAME_HEADER_BYTES: usize = 16;

/// What the chunks tell, without decoding.
#[derive(Debug, Default)]
pub(crate) struct Outline<'a> {
    /// Content of the first `EXIF` chunk, a TIFF block.
    pub(crate) exif: Option<&'a [u8]>,
}

/// Walks over all chunks of the RIFF container; what follows it is not looked at.
pub(crate) fn outline<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Outline<'a>, MediaError> {
    let cut = |missing: String| MediaError::Truncated {
        format: FORMAT,
        size_bytes: bytes.len(),
        missing,
    };
    let claimed = bytes
        .get(4..8)
        .and_then(|b| b.first_chunk::<4>())
        .map_or(0, |b| u32::from_le_bytes(*b) as usize + 8);
    let Some(content) = bytes.get(RIFF_HEADER_BYTES..claimed) else {
        return Err(cut(format!("its header claims {claimed} bytes")));
    };
    let mut outline = Outline::default();
    let mut rest = content;
    while !rest.is_empty() {
        let (chunk, behind) = Chunk::read(rest).map_err(cut)?;
        if chunk.name == *b"EXIF" && outline.exif.is_none() {
            let exif = chunk.content;
            // Some writers copy the marker of a JPEG segment.
            outline.exif = Some(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif));
        }
        chunk.check(limits)?;
        if chunk.name == *b"ANMF" {
            let mut inner = chunk.content.get(FRAME_HEADER_BYTES..).unwrap_or_default();
            while !inner.is_empty() {
                let (part, after) = Chunk::read(inner).map_err(cut)?;
                part.check(limits)?;
                inner = after;
            }
        }
        rest = behind;
    }
    Ok(outline)
}

struct Chunk<'a> {
    name: [u8; 4],
    content: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// The first chunk of `bytes` and what lies behind it, or what is missing.
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), String> {
        let header_is_missing = || "a chunk header is missing".to_owned();
        let (&name, rest) = bytes
            .split_first_chunk::<4>()
            .ok_or_else(header_is_missing)?;
        let (length, rest) = rest
            .split_first_chunk::<4>()
            .ok_or_else(header_is_missing)?;
        let length = u32::from_le_bytes(*length) as usize;
        let content = rest.get(..length).ok_or_else(|| {
            format!(
                "the chunk {} lacks {} of {length} bytes",
                name.escape_ascii(),
                length - rest.len()
            )
        })?;
        // Chunks are padded to an even length; the pad of the last one is often left out.
        let behind = rest.get(length + length % 2..).unwrap_or_default();
        Ok((Self { name, content }, behind))
    }

    /// Compares the size that the chunk claims, if it claims one.
    fn check(&self, limits: &Limits) -> Result<(), MediaError> {
        match self.claimed_size() {
            Some((width, height)) => limits.check_dimensions(width, height),
            None => Ok(()),
        }
    }

    fn claimed_size(&self) -> Option<(u32, u32)> {
        let content = self.content;
        match &self.name {
            b"VP8X" => Some((u24(content, 4)? + 1, u24(content, 7)? + 1)),
            b"ANMF" => Some((u24(content, 6)? + 1, u24(content, 9)? + 1)),
            // RFC 6386, 9.1: frame tag (3 bytes), start code (3 bytes), then 14 bits a side.
            b"VP8 " => Some((u24(content, 6)? & 0x3fff, (u24(content, 7)? >> 8) & 0x3fff)),
            // One signature byte, then 14 bits a side, less 1.
            b"VP8L" => {
                let bits = u32::from_le_bytes(*content.get(1..5)?.first_chunk()?);
                Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
            }
            _ => None,
        }
    }
}

/// Three bytes, little endian.
fn u24(bytes: &[u8], at: usize) -> Option<u32> {
    let &[a, b, c] = bytes.get(at..)?.first_chunk::<3>()?;
    Some(u32::from_le_bytes([a, b, c, 0]))
}
