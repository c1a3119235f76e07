//! The JSON that ffprobe writes. Every field may be missing or nonsense.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Report {
    #[serde(default)]
    pub(crate) packets: Vec<Packet>,
    #[serde(default)]
    pub(crate) streams: Vec<Stream>,
    #[serde(default)]
    pub(crate) format: Format,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Packet {
    pub(crate) stream_index: Option<u32>,
    pts_time: Option<String>,
    dts_time: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Format {
    pub(crate) nb_streams: Option<u32>,
    duration: Option<String>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Stream {
    pub(crate) index: Option<u32>,
    pub(crate) codec_name: Option<String>,
    pub(crate) codec_type: Option<String>,
    pub(crate) width: Option<u32>,
    pub(crate) height: Option<u32>,
    pub(crate) pix_fmt: Option<String>,
    sample_aspect_ratio: Option<String>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    duration: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Debug, Default, Deserialize)]
struct Disposition {
    attached_pic: Option<u8>,
}

#[derive(Debug, Default, Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

impl Packet {
    /// When it is shown; recorders that write no such time write when it is decoded.
    pub(crate) fn at_s(&self) -> Option<f64> {
        number(self.pts_time.as_deref()).or_else(|| number(self.dts_time.as_deref()))
    }
}

impl Format {
    pub(crate) fn duration_s(&self) -> Option<f64> {
        number(self.duration.as_deref())
    }
}

impl Stream {
    /// Moving pictures, not the cover of an album.
    pub(crate) fn is_video(&self) -> bool {
        self.codec_type.as_deref() == Some("video") && self.disposition.attached_pic != Some(1)
    }

    pub(crate) fn is_audio(&self) -> bool {
        self.codec_type.as_deref() == Some("audio")
    }

    pub(crate) fn duration_s(&self) -> Option<f64> {
        number(self.duration.as_deref())
    }

    pub(crate) fn nominal_frame_rate(&self) -> Option<f64> {
        [&self.avg_frame_rate, &self.r_frame_rate]
            .into_iter()
            .find_map(|rate| ratio(rate.as_deref()?, '/'))
    }

    /// Width by height of a stored pixel, within what cameras do.
    pub(crate) fn pixel_aspect(&self) -> f64 {
        self.sample_aspect_ratio
            .as_deref()
            .and_then(|text| ratio(text, ':'))
            .filter(|aspect| (0.25..=4.0).contains(aspect))
            .unwrap_or(1.0)
    }

    /// Degrees clockwise to the upright picture, a multiple of 90. ffprobe counts the other way
    /// round, its older versions gave a tag instead.
    pub(crate) fn rotation_deg(&self) -> u16 {
        let by_matrix = self.side_data_list.iter().find_map(|data| data.rotation);
        let tag = || number(self.tags.get("rotate").map(String::as_str));
        let clockwise = by_matrix.map(|angle| -angle).or_else(tag).unwrap_or(0.0);
        let quarters = (clockwise / 90.0).round().rem_euclid(4.0);
        // `rem_euclid` of a finite number is below 4; of anything else it becomes 0 here.
        quarters as u16 % 4 * 90
    }
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.parse().ok().filter(|value: &f64| value.is_finite())
}

/// `30000/1001`; nothing where a part is 0.
fn ratio(text: &str, separator: char) -> Option<f64> {
    let (above, below) = text.split_once(separator)?;
    let ratio = above.parse::<f64>().ok()? / below.parse::<f64>().ok()?;
    (ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(json: &str) -> Stream {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn rotation_is_clockwise_and_a_quarter() {
        let turned = |angle: &str| {
            stream(&format!(
                r#"{{"side_data_list": [{{}}, {{"rotation": {angle}}}]}}"#
            ))
            .rotation_deg()
        };
        assert_eq!(turned("-90"), 90);
        assert_eq!(turned("90"), 270);
        assert_eq!(turned("-180"), 180);
        assert_eq!(turned("360"), 0);
        assert_eq!(turned("-89.5"), 90);
        assert_eq!(turned("1e300"), 0);
        assert_eq!(stream(r#"{"tags": {"rotate": "90"}}"#).rotation_deg(), 90);
        assert_eq!(stream("{}").rotation_deg(), 0);
    }

    #[test]
    fn nonsense_is_nothing() {
        let odd = stream(
            r#"{"avg_frame_rate": "0/0", "r_frame_rate": "30/1", "sample_aspect_ratio": "0:1"}"#,
        );
        assert_eq!(odd.nominal_frame_rate(), Some(30.0));
        assert_eq!(odd.pixel_aspect(), 1.0);
        assert_eq!(number(Some("nan")), None);
        assert_eq!(number(Some("N/A")), None);
    }
}
