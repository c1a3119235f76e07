//! What is known of a clip before its pictures are looked at.

use crate::Codec;

/// The container, by content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// MP4 (ISO base media).
    Mp4,
    /// The same boxes with the brand of QuickTime, as iPhones record.
    QuickTime,
    /// WebM.
    WebM,
    /// Matroska, which browsers write when they record H.264.
    Matroska,
}

impl Container {
    /// The one demuxer that the tools may use.
    pub(crate) fn demuxer(self) -> &'static str {
        match self {
            Self::Mp4 | Self::QuickTime => "mov",
            Self::WebM | Self::Matroska => "matroska",
        }
    }
}

impl std::fmt::Display for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mp4 => "MP4",
            Self::QuickTime => "QuickTime",
            Self::WebM => "WebM",
            Self::Matroska => "Matroska",
        })
    }
}

/// One entry of the metadata; both texts are bounded and printable, and neither is to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The track that it belongs to; `None` for the file.
    pub track: Option<u32>,
    /// Name in lower case, at most 64 characters.
    pub key: String,
    /// At most 200 characters.
    pub value: String,
}

/// What the container claims and what its packets say.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipFacts {
    /// The container, by content.
    pub container: Container,
    /// Size of the file.
    pub size_bytes: usize,
    /// What the header claims; live recordings claim nothing.
    pub duration_by_header_s: Option<f64>,
    /// From the first to the last picture by their packets' times, in seconds.
    pub duration_s: f64,
    /// Width of the upright picture in pixels, with square pixels.
    pub width: u32,
    /// Height of the upright picture in pixels.
    pub height: u32,
    /// By how much the stored picture is to be turned clockwise: 0, 90, 180 or 270 degrees.
    pub rotation_deg: u16,
    /// Codec of the pictures.
    pub codec: Codec,
    /// Sample format such as `yuv420p`.
    pub pixel_format: Option<String>,
    /// Frames a second that the header claims. WebM claims nonsense such as 1000.
    pub nominal_frame_rate: Option<f64>,
    /// Frames a second by the packets' times; `None` below two packets.
    pub measured_frame_rate: Option<f64>,
    /// Packets of the video track. Nearly all hold one picture each.
    pub packets: u32,
    /// Is there a sound track?
    pub has_audio: bool,
    /// Codec of the first sound track, as ffprobe names it.
    pub audio_codec: Option<String>,
    /// Tracks of any kind.
    pub tracks: u32,
    /// Maker of the camera.
    pub make: Option<String>,
    /// Model of the camera.
    pub model: Option<String>,
    /// When it was recorded, as written.
    pub created: Option<String>,
    /// The program that wrote the file.
    pub encoder: Option<String>,
    /// Names that the tracks' handlers give themselves (`Core Media Video`, `VideoHandle`).
    pub handlers: Vec<String>,
    /// Comment, description or title.
    pub comment: Option<String>,
    /// All metadata except the place, at most 64 entries.
    pub tags: Vec<Tag>,
}

/// What the tools need to know beside the facts.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    /// Index of the video track.
    pub(crate) video: u32,
    /// Index of the sound track.
    pub(crate) audio: Option<u32>,
}

impl ClipFacts {
    /// The size that frames get: upright, scaled down (never up) to `longer_side`, at least 1
    /// pixel a side.
    pub(crate) fn scaled(&self, longer_side: u32) -> (u32, u32) {
        let longest = self.width.max(self.height);
        if longest <= longer_side || longer_side == 0 {
            return (self.width, self.height);
        }
        let scale = |side: u32| {
            let exact = f64::from(side) * f64::from(longer_side) / f64::from(longest);
            (exact.round() as u32).max(1)
        };
        (scale(self.width), scale(self.height))
    }
}
