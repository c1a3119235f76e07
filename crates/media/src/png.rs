//! PNG: a walk over the chunks (W3C PNG, third edition, section 5) that finds the size, the
//! EXIF block and the end of the file before any decoding.

use crate::{ImageFormat, MediaError};

const FORMAT: ImageFormat = ImageFormat::Png;
const SIGNATURE_BYTES: usize = 8;

/// What the chunks tell, without decoding.
#[derive(Debug)]
pub(crate) struct Outline<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Content of the first `eXIf` chunk, a TIFF block.
    pub(crate) exif: Option<&'a [u8]>,
}

/// Walks from `IHDR` to `IEND`; what follows is not looked at.
pub(crate) fn outline(bytes: &[u8]) -> Result<Outline<'_>, MediaError> {
    let mut rest = bytes.get(SIGNATURE_BYTES..).unwrap_or_default();
    let mut size = None;
    let mut exif = None;
    let mut has_image_data = false;
    loop {
        let (chunk, behind) = Chunk::read(rest).map_err(|missing| MediaError::Truncated {
            format: FORMAT,
            size_bytes: bytes.len(),
            missing,
        })?;
        match &chunk.name {
            b"IHDR" => size = header_size(chunk.content),
            b"eXIf" if exif.is_none() => exif = Some(chunk.content),
            b"PLTE" => check_palette(chunk.content)?,
            b"IDAT" => has_image_data = true,
            b"IEND" => break,
            _ => {}
        }
        if size.is_none() {
            return Err(MediaError::damaged(
                FORMAT,
                "it does not start with a header (IHDR)",
            ));
        }
        rest = behind;
    }
    let Some((width, height)) = size else {
        return Err(MediaError::damaged(FORMAT, "it has no header (IHDR)"));
    };
    if !has_image_data {
        return Err(MediaError::damaged(FORMAT, "it has no image data (IDAT)"));
    }
    Ok(Outline {
        width,
        height,
        exif,
    })
}

struct Chunk<'a> {
    name: [u8; 4],
    content: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// The first chunk of `bytes` and what lies behind it, or what is missing.
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), String> {
        const CHECKSUM_BYTES: usize = 4;
        let end_is_missing = || "the end of the image (IEND) is missing".to_owned();
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(end_is_missing)?;
        let (&name, rest) = rest.split_first_chunk::<4>().ok_or_else(end_is_missing)?;
        let length = u32::from_be_bytes(*length) as usize;
        let lacking = || {
            format!(
                "the chunk {} lacks {} of {length} bytes",
                name.escape_ascii(),
                (length + CHECKSUM_BYTES).saturating_sub(rest.len())
            )
        };
        let content = rest.get(..length).ok_or_else(lacking)?;
        let behind = rest.get(length + CHECKSUM_BYTES..).ok_or_else(lacking)?;
        Ok((Self { name, content }, behind))
    }
}

/// 1 to 256 colours of 3 bytes (section 11.2.2), which the decoder takes for granted.
fn check_palette(content: &[u8]) -> Result<(), MediaError> {
    if content.is_empty() || content.len() > 768 || !content.len().is_multiple_of(3) {
        let detail = format!("its palette has {} bytes, not 3 a colour", content.len());
        return Err(MediaError::damaged(FORMAT, detail));
    }
    Ok(())
}

fn header_size(content: &[u8]) -> Option<(u32, u32)> {
    let (&width, rest) = content.split_first_chunk::<4>()?;
    let (&height, _) = rest.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(width), u32::from_be_bytes(height)))
}
