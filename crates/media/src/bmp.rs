//! BMP: the size that the header claims, before any decoding.

use crate::{ImageFormat, MediaError};

/// Behind the file header of 14 bytes comes one of two forms of a second header, told apart by
/// the size in its first 4 bytes: 12 (OS/2 1.x, 16-bit sides) or more (signed 32-bit sides, a
/// negative height standing for rows from top to bottom).
pub(crate) fn claimed_size(bytes: &[u8]) -> Result<(u32, u32), MediaError> {
    const CORE_HEADER_BYTES: u8 = 12;
    let is_core = bytes.get(14) == Some(&CORE_HEADER_BYTES);
    let size = if is_core {
        sides::<2>(bytes).map(|(w, h)| (u16::from_le_bytes(w).into(), u16::from_le_bytes(h).into()))
    } else {
        sides::<4>(bytes).map(|(w, h)| (i32::from_le_bytes(w), i32::from_le_bytes(h)))
    };
    let Some((width, height)) = size else {
        return Err(MediaError::Truncated {
            format: ImageFormat::Bmp,
            size_bytes: bytes.len(),
            missing: "the header is incomplete".to_owned(),
        });
    };
    if width < 0 {
        let detail = format!("it claims a width of {width} pixels");
        return Err(MediaError::damaged(ImageFormat::Bmp, detail));
    }
    Ok((width.unsigned_abs(), height.unsigned_abs()))
}

/// Width and height of `N` bytes each.
fn sides<const N: usize>(bytes: &[u8]) -> Option<([u8; N], [u8; N])> {
    const OFFSET: usize = 18;
    let (&width, rest) = bytes.get(OFFSET..)?.split_first_chunk::<N>()?;
    Some((width, *rest.first_chunk::<N>()?))
}
