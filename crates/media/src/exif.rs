//! What the EXIF block of an image tells about its origin.

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
