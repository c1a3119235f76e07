//! The codecs that are decoded.

/// A codec of moving pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// ITU-T H.264, MPEG-4 AVC.
    H264,
    /// ITU-T H.265.
    Hevc,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// AV1.
    Av1,
}

/// The only decoders that a tool may open, whatever a clip asks for (`codec_whitelist`): the five
/// codecs of pictures, and what phones and browsers record sound and titles with. Tracks that
/// have no decoder at all (timed metadata) are skipped by the tools.
pub(crate) const DECODERS: &str = "h264,hevc,vp8,vp9,libdav1d,libaom-av1,av1,\
    aac,aac_latm,opus,libopus,vorbis,mp3float,mp3,alac,flac,amrnb,amrwb,\
    pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_f32le,pcm_alaw,pcm_mulaw,mov_text,webvtt";

impl Codec {
    /// By the name that ffprobe gives.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "h264" => Self::H264,
            "hevc" => Self::Hevc,
            "vp8" => Self::Vp8,
            "vp9" => Self::Vp9,
            "av1" => Self::Av1,
            _ => return None,
        })
    }

    /// The name that ffmpeg and ffprobe use.
    pub fn name(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::Hevc => "hevc",
            Self::Vp8 => "vp8",
            Self::Vp9 => "vp9",
            Self::Av1 => "av1",
        }
    }
}

impl std::fmt::Display for Codec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::H264 => "H.264",
            Self::Hevc => "HEVC",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::Av1 => "AV1",
        })
    }
}
