//! Fine detail of colour on the skin.
//!
//! Skin changes colour slowly. The pixels of a screen are red, green and blue dots that beat with
//! those of the camera, and up-sampling networks leave colour noise: both are detail in chroma that
//! light on skin does not make (colour texture as a cue: Boulkenafet, Komulainen and Hadid, "Face
//! spoofing detection using colour texture analysis", IEEE TIFS 11, 2016; moire of screens: Patel,
//! Han and Jain, "Secure face unlock", IEEE TIFS 11, 2016). A print has none of it.

use super::face_crop::{colour_crop, inner};
use super::{Measured, Reading, Signal, SignalParams, wording};
use crate::Evidence;

/// Deviation of the high-pass chroma on the skin.
pub(super) struct ChromaDetail;

/// Only larger faces are reduced: colour dots are as fine as the pixels.
const CROP_SIDE_PX: u32 = 512;

/// Binomial low-pass of five taps; what it takes away is the detail.
const LOW_PASS: [f64; 5] = [0.0625, 0.25, 0.375, 0.25, 0.0625];

impl Signal for ChromaDetail {
    fn name(&self) -> &'static str {
        "chroma_detail"
    }

    fn label(&self) -> &'static str {
        "Fine colour detail"
    }

    fn read(&self, evidence: &Evidence, params: &SignalParams) -> Reading {
        match skin_chroma(evidence) {
            Ok(chroma) if chroma.mean() < params.chroma_detail.min_chroma => {
                Reading::NotAssessable("the face has no colour".to_owned())
            }
            Ok(chroma) => measured(chroma.detail(), params),
            Err(why) => Reading::NotAssessable(why),
        }
    }
}

/// The colour differences Cb and Cr of ITU-R BT.601 in grey levels, 0 for grey.
struct Chroma {
    side: usize,
    planes: [Vec<f64>; 2],
}

fn skin_chroma(evidence: &Evidence) -> Result<Chroma, String> {
    let (side, rgb) = colour_crop(evidence, CROP_SIDE_PX)?;
    let skin = inner(side);
    let rows = rgb.chunks_exact(3 * side).skip(skin.start).take(skin.len());
    let pixels = rows.flat_map(|row| row.chunks_exact(3).skip(skin.start).take(skin.len()));
    let mut planes = [Vec::new(), Vec::new()];
    for pixel in pixels {
        let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(f64::from);
        planes[0].push(-0.168_736 * r - 0.331_264 * g + 0.5 * b);
        planes[1].push(0.5 * r - 0.418_688 * g - 0.081_312 * b);
    }
    let side = skin.len();
    Ok(Chroma { side, planes })
}

impl Chroma {
    /// Mean distance from grey.
    fn mean(&self) -> f64 {
        let [blue, red] = &self.planes;
        let distance = |(b, r): (&f64, &f64)| (b * b + r * r).sqrt();
        let sum: f64 = blue.iter().zip(red).map(distance).sum();
        sum / blue.len().max(1) as f64
    }

    /// Deviation of both planes after their low-pass was taken away.
    fn detail(&self) -> f64 {
        let variances = self.planes.iter().map(|p| detail_variance(p, self.side));
        variances.sum::<f64>().sqrt()
    }
}

fn detail_variance(plane: &[f64], side: usize) -> f64 {
    let rows: Vec<&[f64]> = plane.chunks_exact(side).collect();
    let mut detail = Vec::with_capacity(plane.len());
    for &[first, second, third, fourth, fifth] in rows.array_windows() {
        let columns: Vec<f64> = (0..side)
            .map(|x| low_pass([first[x], second[x], third[x], fourth[x], fifth[x]]))
            .collect();
        let middle = third.iter().skip(2);
        for (&five, value) in columns.array_windows().zip(middle) {
            detail.push(value - low_pass(five));
        }
    }
    let count = detail.len().max(1) as f64;
    let mean = detail.iter().sum::<f64>() / count;
    detail.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / count
}

fn low_pass(values: [f64; LOW_PASS.len()]) -> f64 {
    let [a, b, c, d, e] = LOW_PASS;
    values[0] * a + values[1] * b + values[2] * c + values[3] * d + values[4] * e
}

fn measured(detail: f64, params: &SignalParams) -> Reading {
    let score = params.chroma_detail.score.at(detail);
    let bands = [
        (0.6, "The skin's colour is as smooth as a camera sees it"),
        (0.4, "The skin's colour has a little fine detail"),
        (
            0.2,
            "The skin's colour has much fine detail, possibly a screen",
        ),
    ];
    let finding = wording(score, bands, "The skin's colour is full of fine detail");
    Reading::Measured(Measured {
        values: vec![("chroma_detail", detail)],
        score,
        detail: format!("{finding}: {detail:.2} grey levels (camera pictures about 0.5)."),
    })
}

#[cfg(test)]
mod tests {
    use lifesign_media::Frame;

    use super::super::test_support::{Scene, measure, refusal};
    use super::*;

    fn coloured(colour: fn(u32, u32) -> [u8; 3]) -> Evidence {
        let mut evidence = Scene::default().evidence();
        let (width, height) = (evidence.luma.width(), evidence.luma.height());
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let rgb = pixels.flat_map(|(x, y)| colour(x, y)).collect();
        evidence.photo.frame = Frame::new(width, height, rgb).unwrap();
        evidence
    }

    #[test]
    fn columns_that_alternate_in_blue_have_half_their_step() {
        let found = measure(
            &ChromaDetail,
            &coloured(|x, _| [180, 140, if x % 2 == 0 { 90 } else { 110 }]),
        );
        // Blue by 10 up and down is 5 in Cb and 0.81 in Cr; the low-pass takes all of it.
        let expected = 10.0 * 0.5_f64.hypot(0.081_312);
        let detail = found.values[0].1;
        assert!((detail - expected).abs() < 1e-9, "{detail} {expected}");
        assert!(found.score < 0.05, "{found:?}");
    }

    #[test]
    fn slow_changes_and_brightness_are_no_detail() {
        let slow = measure(
            &ChromaDetail,
            &coloured(|x, _| [180, 140, 60 + (x / 8) as u8]),
        );
        assert!(slow.values[0].1 < 0.15, "{slow:?}");
        assert!(slow.score > 0.6);
        let bright = measure(
            &ChromaDetail,
            &coloured(|x, y| {
                let light = if (x + y) % 2 == 0 { 0 } else { 40 };
                [180 + light, 140 + light, 110 + light]
            }),
        );
        assert!(bright.values[0].1 < 1e-9, "{bright:?}");
    }

    #[test]
    fn a_grey_picture_is_not_assessed() {
        let why = refusal(&ChromaDetail, &Scene::default().evidence());
        assert!(why.contains("no colour"), "{why}");
    }
}
