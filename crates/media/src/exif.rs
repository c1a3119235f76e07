//! What the EXIF block of an image tells about its origin (CIPA DC-008, version 3.0).
//!
//! The block is read from the file's own bytes, before any re-encoding. Nothing in it can make
//! an image fail: an unreadable block is a fact about the image, not an error.

use exif::{Error, Field, In, Reader, Tag, Value};

use crate::error::one_line;
use crate::orientation::Orientation;

/// Whether an image carries EXIF, and what it says.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ExifState {
    /// The file has no EXIF block.
    #[default]
    Absent,
    /// The file has an EXIF block that cannot be read; the text says why.
    Unreadable(String),
    /// The readable tags.
    Present(Exif),
}

/// The EXIF tags that the project looks at; every one is optional.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exif {
    /// Manufacturer of the camera (`Make`).
    pub make: Option<String>,
    /// Model of the camera (`Model`).
    pub model: Option<String>,
    /// Program that wrote the file (`Software`).
    pub software: Option<String>,
    /// Time of the last change (`DateTime`), as written.
    pub date_time: Option<String>,
    /// Time of capture (`DateTimeOriginal`), as written.
    pub date_time_original: Option<String>,
    /// `FileSource`: 3 stands for a digital still camera.
    pub file_source: Option<u8>,
    /// `FNumber`.
    pub f_number: Option<f64>,
    /// `PhotographicSensitivity`, the ISO speed.
    pub iso: Option<u32>,
    /// `ExposureTime` in seconds.
    pub exposure_time_s: Option<f64>,
    /// `FocalLength` in millimetres.
    pub focal_length_mm: Option<f64>,
    /// `FocalLengthIn35mmFilm` in millimetres.
    pub focal_length_35mm: Option<f64>,
    /// Whether a GPS position is present; the position itself is not kept.
    pub has_gps: bool,
    /// Free texts (`ImageDescription`, `UserComment`) joined by a line break.
    pub comments: Option<String>,
}

/// A JPEG segment holds at most 64 KiB; PNG and WebP set no bound of their own.
const LARGEST_BLOCK_BYTES: usize = 1024 * 1024;
/// Longest text kept of one tag, in characters.
const LONGEST_TEXT: usize = 256;

/// Reads a TIFF block. Of a partly broken block the readable part counts.
pub(crate) fn read_exif(block: Option<&[u8]>) -> (ExifState, Orientation) {
    let Some(block) = block else {
        return (ExifState::Absent, Orientation::default());
    };
    if block.len() > LARGEST_BLOCK_BYTES {
        let why = format!(
            "the EXIF block has {} bytes, at most {LARGEST_BLOCK_BYTES} are read",
            block.len()
        );
        return (ExifState::Unreadable(why), Orientation::default());
    }
    match parse(block) {
        Ok(tags) => {
            let orientation = Orientation::from_exif(tags.uint(Tag::Orientation).unwrap_or(1));
            (ExifState::Present(tags.into_exif()), orientation)
        }
        Err(why) => (ExifState::Unreadable(why), Orientation::default()),
    }
}

fn parse(block: &[u8]) -> Result<Tags, String> {
    let parsed = Reader::new()
        .continue_on_error(true)
        .read_raw(block.to_vec());
    match parsed {
        Ok(tags) => Ok(Tags(tags)),
        Err(Error::PartialResult(partial)) => {
            let (tags, errors) = partial.into_inner();
            if tags.fields().len() > 0 {
                return Ok(Tags(tags));
            }
            let why = errors.first().map(ToString::to_string);
            Err(one_line(&why.unwrap_or_default()))
        }
        Err(error) => Err(one_line(&error.to_string())),
    }
}

struct Tags(exif::Exif);

impl Tags {
    fn into_exif(self) -> Exif {
        let comments = [Tag::ImageDescription, Tag::UserComment];
        let comments: Vec<String> = comments.iter().filter_map(|&t| self.text(t)).collect();
        Exif {
            make: self.text(Tag::Make),
            model: self.text(Tag::Model),
            software: self.text(Tag::Software),
            date_time: self.text(Tag::DateTime),
            date_time_original: self.text(Tag::DateTimeOriginal),
            file_source: self.byte(Tag::FileSource),
            f_number: self.positive(Tag::FNumber),
            iso: self.uint(Tag::PhotographicSensitivity),
            exposure_time_s: self.positive(Tag::ExposureTime),
            focal_length_mm: self.positive(Tag::FocalLength),
            focal_length_35mm: self.uint(Tag::FocalLengthIn35mmFilm).map(f64::from),
            has_gps: [Tag::GPSLatitude, Tag::GPSLongitude]
                .iter()
                .all(|&t| self.field(t).is_some()),
            comments: (!comments.is_empty()).then(|| comments.join("\n")),
        }
    }

    fn field(&self, tag: Tag) -> Option<&Field> {
        self.0.get_field(tag, In::PRIMARY)
    }

    fn uint(&self, tag: Tag) -> Option<u32> {
        self.field(tag)?.value.get_uint(0)
    }

    fn byte(&self, tag: Tag) -> Option<u8> {
        match &self.field(tag)?.value {
            Value::Undefined(bytes, _) | Value::Byte(bytes) => bytes.first().copied(),
            _ => None,
        }
    }

    /// A rational above 0; 0/0 and the like are how cameras write "unknown".
    fn positive(&self, tag: Tag) -> Option<f64> {
        let value = match &self.field(tag)?.value {
            Value::Rational(values) => values.first()?.to_f64(),
            _ => return None,
        };
        (value.is_finite() && value > 0.0).then_some(value)
    }

    fn text(&self, tag: Tag) -> Option<String> {
        let text = match &self.field(tag)?.value {
            Value::Ascii(parts) => String::from_utf8_lossy(parts.first()?).into_owned(),
            // The standard says UNDEFINED; Pillow writes BYTE.
            Value::Undefined(bytes, _) | Value::Byte(bytes) => self.comment(bytes),
            _ => return None,
        };
        let readable: String = text
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST_TEXT)
            .collect();
        let trimmed = readable.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// `UserComment`: 8 bytes name the character code, then comes the text.
    fn comment(&self, bytes: &[u8]) -> String {
        let Some((code, text)) = bytes.split_first_chunk::<8>() else {
            return String::new();
        };
        if code != b"UNICODE\0" {
            return String::from_utf8_lossy(text).into_owned();
        }
        let little_endian = self.0.little_endian();
        let units = text.as_chunks::<2>().0.iter().map(|&pair| {
            if little_endian {
                u16::from_le_bytes(pair)
            } else {
                u16::from_be_bytes(pair)
            }
        });
        char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    }
}
