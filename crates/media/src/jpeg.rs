//! JPEG: a walk over the segments (ISO/IEC 10918-1, annex B) that finds the size, the EXIF block
//! and the end of the file before any decoding, then the decoding itself.
//!
//! The walk and [`guarded`] are what makes a cut file an error: decoders fill what is missing
//! with grey.

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

use crate::error::one_line;
use crate::plane::Plane;
use crate::{ImageFormat, Limits, MediaError};

const FORMAT: ImageFormat = ImageFormat::Jpeg;
const ACCEPTED: &str = "8-bit grey, colour or CMYK, baseline or progressive, 4:4:4, 4:4:0, 4:2:2, 4:2:0, 4:1:1 or 4:1:0";
/// Ordinary progressive files have about 10 scans. Each scan walks over all coefficients, so
/// many scans of few bytes are the JPEG form of a decompression bomb.
const MOST_SCANS: usize = 64;

/// What the segments tell, without decoding.
#[derive(Debug)]
pub(crate) struct Outline<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// TIFF block of the first APP1 segment marked `Exif`.
    pub(crate) exif: Option<&'a [u8]>,
    /// From SOI up to, and without, the end marker.
    body: &'a [u8],
    /// The only scan is a progressive one, so it holds first approximations alone.
    is_single_progressive_scan: bool,
}

/// Walks from SOI to EOI; what follows EOI (previews, vendor data) is not looked at.
pub(crate) fn outline(bytes: &[u8]) -> Result<Outline<'_>, MediaError> {
    let mut walk = Walk {
        bytes,
        position: 2,
        size: None,
        exif: None,
        scans: 0,
        is_progressive: false,
    };
    while walk.segment()? {}
    let Some((width, height)) = walk.size else {
        return Err(MediaError::damaged(FORMAT, "it has no frame header (SOF)"));
    };
    if walk.scans == 0 {
        return Err(MediaError::damaged(FORMAT, "it has no image data (SOS)"));
    }
    Ok(Outline {
        width,
        height,
        exif: walk.exif,
        body: bytes
            .get(..walk.position.saturating_sub(2))
            .unwrap_or_default(),
        is_single_progressive_scan: walk.is_progressive && walk.scans == 1,
    })
}

struct Walk<'a> {
    bytes: &'a [u8],
    position: usize,
    size: Option<(u32, u32)>,
    exif: Option<&'a [u8]>,
    scans: usize,
    is_progressive: bool,
}

impl<'a> Walk<'a> {
    /// Reads one marker with its segment; false at the end of the image.
    fn segment(&mut self) -> Result<bool, MediaError> {
        let marker = self.marker()?;
        match marker {
            0xd9 => return Ok(false),
            0x01 | 0xd0..=0xd8 => {}
            0xc0..=0xc2 => {
                self.is_progressive = marker == 0xc2;
                let header = self.payload("the frame header (SOF)")?;
                self.frame_header(header)?;
            }
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Err(unsupported(coding_name(marker)));
            }
            0xda => {
                self.payload("the scan header (SOS)")?;
                self.scans += 1;
                if self.scans > MOST_SCANS {
                    let detail = format!("more than {MOST_SCANS} scans");
                    return Err(MediaError::damaged(FORMAT, detail));
                }
                self.skip_entropy_coded_data();
            }
            0xe1 => {
                let payload = self.payload("the EXIF segment (APP1)")?;
                if let (None, Some(exif)) = (self.exif, payload.strip_prefix(b"Exif\0\0")) {
                    self.exif = Some(exif);
                }
            }
            _ => {
                self.payload("a header segment")?;
            }
        }
        Ok(true)
    }

    /// The next marker; bytes between segments that belong to none are passed over, as all
    /// decoders do.
    fn marker(&mut self) -> Result<u8, MediaError> {
        loop {
            let rest = self.bytes.get(self.position..).unwrap_or_default();
            let Some(start) = memchr::memchr(0xff, rest) else {
                return Err(self.truncated("the end of the image (EOI) is missing"));
            };
            self.position += start + 1;
            match self.bytes.get(self.position) {
                None => return Err(self.truncated("the end of the image (EOI) is missing")),
                Some(0x00 | 0xff) => {}
                Some(&marker) => {
                    self.position += 1;
                    return Ok(marker);
                }
            }
        }
    }

    /// The bytes of a segment behind its length.
    fn payload(&mut self, what: &str) -> Result<&'a [u8], MediaError> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let Some((&[high, low], _)) = rest.split_first_chunk::<2>() else {
            return Err(self.truncated(format!("{what} has no length")));
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            let detail = format!("{what} claims a length of {length}, the least is 2");
            return Err(MediaError::damaged(FORMAT, detail));
        }
        let Some(payload) = rest.get(2..length) else {
            let missing = length - rest.len();
            return Err(self.truncated(format!("{what} lacks {missing} of {length} bytes")));
        };
        self.position += length;
        Ok(payload)
    }

    fn frame_header(&mut self, header: &[u8]) -> Result<(), MediaError> {
        let Some(&[precision, h1, h0, w1, w0, components]) = header.first_chunk::<6>() else {
            return Err(MediaError::damaged(FORMAT, "its frame header is too short"));
        };
        if self.size.is_some() {
            return Err(MediaError::damaged(FORMAT, "it has two frame headers"));
        }
        if precision != 8 {
            return Err(unsupported(format!("{precision} bits a sample")));
        }
        let factors = header.get(6..).unwrap_or_default().as_chunks::<3>().0;
        if factors.len() != usize::from(components) {
            let detail = format!(
                "its frame header lists {} of {components} components",
                factors.len()
            );
            return Err(MediaError::damaged(FORMAT, detail));
        }
        if !matches!(components, 1 | 3 | 4) {
            return Err(unsupported(format!("{components} colour components")));
        }
        let factors: Vec<u8> = factors.iter().map(|&[_, factors, _]| factors).collect();
        if !is_usual_sampling(&factors) {
            return Err(unsupported(format!("the sampling factors {factors:02x?}")));
        }
        self.size = Some((
            u32::from(u16::from_be_bytes([w1, w0])),
            u32::from(u16::from_be_bytes([h1, h0])),
        ));
        Ok(())
    }

    /// Moves to the first marker that is neither a stuffed zero nor a restart.
    fn skip_entropy_coded_data(&mut self) {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let end = memchr::memchr_iter(0xff, rest)
            .find(|&i| !matches!(rest.get(i + 1), Some(0x00 | 0xd0..=0xd7 | 0xff)));
        self.position += end.unwrap_or(rest.len());
    }

    fn truncated(&self, missing: impl Into<String>) -> MediaError {
        MediaError::Truncated {
            format: FORMAT,
            size_bytes: self.bytes.len(),
            missing: missing.into(),
        }
    }
}

/// Whether encoders write these sampling factors (horizontal in the upper half of the byte,
/// vertical in the lower). The decoder panics on some others that the standard permits.
fn is_usual_sampling(factors: &[u8]) -> bool {
    match *factors {
        [_] => true,
        [luma, blue, red, ref black @ ..] => {
            let chroma_is_usual = match luma {
                0x11 | 0x12 | 0x21 | 0x41 | 0x42 => blue == 0x11,
                0x22 => matches!(blue, 0x11 | 0x12 | 0x21 | 0x22),
                _ => false,
            };
            chroma_is_usual && red == blue && black.iter().all(|&k| k == luma)
        }
        _ => false,
    }
}

fn unsupported(feature: impl Into<String>) -> MediaError {
    MediaError::UnsupportedFeature {
        format: FORMAT,
        feature: feature.into(),
        accepted: ACCEPTED,
    }
}

/// Names of ISO/IEC 10918-1, table B.1.
fn coding_name(marker: u8) -> &'static str {
    match marker {
        0xc3 => "lossless coding",
        0xc5..=0xc7 | 0xcd..=0xcf => "hierarchical coding",
        _ => "arithmetic coding",
    }
}

/// Decodes to RGB, `width * height * 3` bytes. CMYK and YCCK are converted without a profile.
pub(crate) fn decode(outline: &Outline<'_>, limits: &Limits) -> Result<Plane, MediaError> {
    let side = limits.side as usize;
    // Oddities between header segments are harmless; in the image data nothing may be missing.
    let lenient = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(side)
        .set_max_height(side)
        .jpeg_set_max_scans(MOST_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let guarded = guarded(outline);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&guarded), lenient);
    decoder.decode_headers().map_err(refusal)?;
    decoder.set_options(decoder.options().set_strict_mode(true));
    let (width, height) = decoder.dimensions().unwrap_or_default();
    if (width, height) != (outline.width as usize, outline.height as usize) {
        return Err(MediaError::damaged(FORMAT, "it claims two different sizes"));
    }
    let mut rgb = Plane::zeroed(width * height * 3);
    decoder.decode_into(rgb.bytes_mut()).map_err(refusal)?;
    Ok(rgb)
}

/// The file up to its end marker, then a row of ones, then the end marker.
///
/// No Huffman code consists of ones alone (ISO/IEC 10918-1, annex C), so a decoder that runs out
/// of image data meets an error here, where the bare end marker would have it go on with zeros
/// and leave the rest of the picture grey. A complete file never gets to read them.
fn guarded(outline: &Outline<'_>) -> Vec<u8> {
    // A one is stuffed with a zero byte, and 16 ones are the longest code.
    const ONES: [u8; 32] = {
        let mut ones = [0xff; 32];
        let mut i = 1;
        while i < ones.len() {
            ones[i] = 0;
            i += 2;
        }
        ones
    };
    let mut guarded = Vec::with_capacity(outline.body.len() + ONES.len() + 2);
    guarded.extend_from_slice(outline.body);
    if !outline.is_single_progressive_scan {
        guarded.extend_from_slice(&ONES);
    }
    guarded.extend_from_slice(&[0xff, 0xd9]);
    guarded
}

fn refusal(error: DecodeErrors) -> MediaError {
    match error {
        DecodeErrors::Unsupported(scheme) => unsupported(one_line(&format!("{scheme:?}"))),
        // Some of the library's texts come in quotation marks.
        other => MediaError::damaged(FORMAT, other.to_string().trim_matches('"')),
    }
}
