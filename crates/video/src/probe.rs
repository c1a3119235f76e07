//! Asks ffprobe what a clip claims, and holds that against the limits.
//!
//! The packets are listed too, without decoding: their times tell length and frame rate whatever
//! the header says, and live recordings have no other length.

use std::os::fd::BorrowedFd;

use crate::ended::checked;
use crate::facts::Selected;
use crate::report::{Report, Stream};
use crate::text::printable;
use crate::{ClipFacts, ClipLimits, Codec, Container, DurationBy, Tag, Tools, VideoError};

/// Text that ffprobe may write: five thousand packets take 0.5 MiB.
const REPORT_BYTES: u64 = 4 * 1024 * 1024;

/// Packets that are listed for each frame that is accepted: sound has up to 50 a second.
const PACKETS_A_FRAME: u32 = 4;

const ENTRIES: &str = "format=nb_streams,duration:format_tags\
    :stream=index,codec_type,codec_name,width,height,sample_aspect_ratio,pix_fmt,r_frame_rate,avg_frame_rate,duration\
    :stream_disposition=attached_pic:stream_tags:stream_side_data=rotation\
    :packet=stream_index,pts_time,dts_time";

/// The facts of a clip whose container is known, within the limits.
pub(crate) fn probe(
    tools: &Tools,
    file: BorrowedFd<'_>,
    container: Container,
    size_bytes: usize,
    limits: &ClipLimits,
) -> Result<(ClipFacts, Selected), VideoError> {
    let report = run(tools, file, container, limits)?;
    let tracks = report
        .format
        .nb_streams
        .unwrap_or(report.streams.len() as u32);
    limits.check_tracks(tracks)?;
    let audio = report.streams.iter().find(|s| s.is_audio());
    let has_audio = audio.is_some();
    let video = report
        .streams
        .iter()
        .find(|s| s.is_video())
        .ok_or(VideoError::NoVideoTrack { has_audio })?;
    let index = video.index.unwrap_or_default();
    let codec = codec(video)?;
    let (width, height) = upright_size(video);
    limits.check_resolution(width, height)?;

    let duration_by_header_s = longest(report.format.duration_s(), video.duration_s());
    if let Some(seconds) = duration_by_header_s {
        limits.check_duration(seconds, DurationBy::Header)?;
    }
    let times = Times::of(&report, index);
    limits.check_duration(times.span_s, DurationBy::Content)?;
    let measured_frame_rate = times.frame_rate();
    if let Some(rate) = measured_frame_rate {
        limits.check_frame_rate(rate)?;
    }
    limits.check_frames(times.packets)?;
    if times.packets == 0 {
        return Err(VideoError::NoFrames);
    }

    let tags = tags(&report);
    let file_tag = |keys: &[&str]| find(&tags, |t| t.track.is_none(), keys);
    let any_tag = |keys: &[&str]| find(&tags, |_| true, keys);
    let facts = ClipFacts {
        container,
        size_bytes,
        duration_by_header_s,
        duration_s: times.span_s,
        width,
        height,
        rotation_deg: video.rotation_deg(),
        codec,
        pixel_format: video.pix_fmt.as_deref().map(|name| printable(name, 32)),
        nominal_frame_rate: video.nominal_frame_rate(),
        measured_frame_rate,
        packets: times.packets as u32,
        has_audio,
        audio_codec: audio
            .and_then(|s| s.codec_name.as_deref())
            .map(|name| printable(name, 32)),
        tracks,
        make: any_tag(&[
            "com.apple.quicktime.make",
            "com.android.manufacturer",
            "make",
            "manufacturer",
        ]),
        model: any_tag(&["com.apple.quicktime.model", "com.android.model", "model"]),
        created: any_tag(&["com.apple.quicktime.creationdate", "creation_time", "date"]),
        encoder: file_tag(&["com.apple.quicktime.software", "software", "encoder"])
            .or_else(|| any_tag(&["encoder"])),
        handlers: tags
            .iter()
            .filter(|tag| tag.key == "handler_name")
            .map(|tag| tag.value.clone())
            .collect(),
        comment: file_tag(&["comment", "description", "title"]),
        tags,
    };
    let selected = Selected {
        video: index,
        audio: audio.and_then(|s| s.index),
    };
    Ok((facts, selected))
}

fn run(
    tools: &Tools,
    file: BorrowedFd<'_>,
    container: Container,
    limits: &ClipLimits,
) -> Result<Report, VideoError> {
    let packets = limits
        .frames
        .saturating_add(2)
        .saturating_mul(PACKETS_A_FRAME);
    let mut args = tools.input_args(container, limits);
    args.extend(
        [
            "-read_intervals",
            &format!("%+#{packets}"),
            "-show_entries",
            ENTRIES,
            "-of",
            "json=compact=1",
        ]
        .map(str::to_owned),
    );
    let running = tools.run(tools.ffprobe(), &args, file, limits.bounds(REPORT_BYTES))?;
    let (text, ended) = running.read_all()?;
    checked(&ended, limits)?;
    serde_json::from_slice(&text)
        .map_err(|_| VideoError::damaged("what ffprobe says about it cannot be read"))
}

fn codec(video: &Stream) -> Result<Codec, VideoError> {
    let name = video.codec_name.as_deref().unwrap_or("an unknown codec");
    Codec::by_name(name).ok_or_else(|| VideoError::CodecNotAccepted {
        codec: printable(name, 32),
    })
}

/// Width and height as shown: square pixels, turned.
fn upright_size(video: &Stream) -> (u32, u32) {
    let stored_width = f64::from(video.width.unwrap_or_default());
    // Saturates, and 0 stays 0: both are refused.
    let width = (stored_width * video.pixel_aspect()).round() as u32;
    let height = video.height.unwrap_or_default();
    match video.rotation_deg() {
        90 | 270 => (height, width),
        _ => (width, height),
    }
}

fn longest(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::max)
}

/// What the packets of the video track say.
struct Times {
    packets: usize,
    timed: usize,
    span_s: f64,
}

impl Times {
    fn of(report: &Report, track: u32) -> Self {
        let of_track = |p: &&crate::report::Packet| p.stream_index == Some(track);
        let mut first = f64::INFINITY;
        let mut last = f64::NEG_INFINITY;
        let mut timed = 0;
        let packets = report.packets.iter().filter(of_track);
        for at_s in packets.clone().filter_map(|p| p.at_s()) {
            first = first.min(at_s);
            last = last.max(at_s);
            timed += 1;
        }
        Self {
            packets: packets.count(),
            timed,
            span_s: if timed == 0 { 0.0 } else { last - first },
        }
    }

    /// Infinite where all packets claim the same moment.
    fn frame_rate(&self) -> Option<f64> {
        (self.timed >= 2).then(|| (self.timed - 1) as f64 / self.span_s)
    }
}

/// All entries in the order file, tracks; bounded, printable, without the place.
fn tags(report: &Report) -> Vec<Tag> {
    const MOST: usize = 64;
    let of_file = report.format.tags.iter().map(|(k, v)| (None, k, v));
    let of_tracks = report
        .streams
        .iter()
        .flat_map(|s| s.tags.iter().map(|(k, v)| (s.index, k, v)));
    of_file
        .chain(of_tracks)
        .map(|(track, key, value)| Tag {
            track,
            key: printable(key, 64).to_lowercase(),
            value: printable(value, 200),
        })
        // Where a person was is nobody's business here.
        .filter(|tag| !tag.key.contains("location") && !tag.value.is_empty())
        .take(MOST)
        .collect()
}

fn find(tags: &[Tag], of: impl Fn(&Tag) -> bool, keys: &[&str]) -> Option<String> {
    keys.iter()
        .find_map(|key| tags.iter().find(|t| t.key == *key && of(t)))
        .map(|tag| tag.value.clone())
}
