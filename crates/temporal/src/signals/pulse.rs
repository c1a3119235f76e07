//! Remote pulse: the blood colours the skin a little with each beat.
//!
//! POS, the projection onto the plane orthogonal to the skin tone (Wang, den Brinker, Stuijk and
//! de Haan, "Algorithmic Principles of Remote PPG", IEEE TBME 64, 2017), over forehead and cheeks. Its
//! signal-to-noise ratio is that of de Haan and Jeanne, "Robust Pulse Rate from Chrominance-Based
//! rPPG", IEEE TBME 60, 2013: the power around the pulse and its first harmonic over all other power
//! in the band. How much it may say depends on how long and how steady the clip is and on whether
//! the regions beat together.
//!
//! A replayed video has the pulse of who was filmed, and compression takes the pulse of the living:
//! weak in both directions.

use super::{Measured, NEUTRAL, PulseParams, Reading, Signal, SignalParams, enough};
use crate::Track;
use crate::geometry::{inter_eye_distance_px, rigid_middle};
use crate::spectrum::{frequencies, transform};
use crate::stats::{deviation, mean, median, median_step, resampled, without_drift};

/// Pulse of the skin.
pub(super) struct Pulse;

/// Steps of the spectrum in hertz: finer than any clip resolves, so that no peak falls between.
const STEP_HZ: f64 = 0.02;
/// Over what time the speed of the head is measured, so that jitter adds little to it.
const SPEED_S: f64 = 0.5;
/// Side length limit of decibels, for a spectrum without any noise.
const MAX_DB: f64 = 40.0;

/// The pulse of a clip as a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct PulseWave {
    /// Time of the first value in seconds.
    pub start_s: f64,
    /// Seconds between values.
    pub step_s: f64,
    /// The pulse, without a unit, mean 0, of the frequencies from [`PulseParams::min_hz`] to
    /// [`PulseParams::max_hz`].
    pub values: Vec<f64>,
    /// Frequencies in hertz and their amplitudes, under a Hann window.
    pub spectrum: Vec<[f64; 2]>,
    /// Beats a minute at the strongest frequency.
    pub bpm: f64,
    /// Signal-to-noise ratio in decibels.
    pub snr_db: f64,
    /// How far the regions beat together, 0 to 1.
    pub agreement: f64,
}

impl Signal for Pulse {
    fn name(&self) -> &'static str {
        "pulse"
    }

    fn label(&self) -> &'static str {
        "Pulse in the skin"
    }

    fn read(&self, track: &Track, params: &SignalParams) -> Reading {
        let params = &params.pulse;
        match pulse_wave(track, params) {
            Ok(wave) => judged(&wave, speed(track), params),
            Err(why) => Reading::NotAssessable(why),
        }
    }
}

fn judged(wave: &PulseWave, speed: f64, params: &PulseParams) -> Reading {
    let seconds = wave.values.len() as f64 * wave.step_s;
    let say = params.say_by_seconds.at(seconds)
        * params.say_by_speed.at(speed)
        * params.say_by_agreement.at(wave.agreement);
    let score = NEUTRAL + say * (params.score.at(wave.snr_db) - NEUTRAL);
    let finding = if score > NEUTRAL + 0.05 {
        "The skin has a pulse"
    } else {
        "No clear pulse in the skin"
    };
    Reading::Measured(Measured {
        values: vec![
            ("bpm", wave.bpm),
            ("snr_db", wave.snr_db),
            ("agreement", wave.agreement),
            ("seconds", seconds),
            ("head_speed", speed),
            ("say", say),
        ],
        score,
        detail: format!(
            "{finding}: strongest at {:.0} beats a minute, {:.1} dB over the rest of {seconds:.0} \
             seconds.",
            wave.bpm, wave.snr_db
        ),
    })
}

/// The pulse of the longest stretch of the track in which all three regions are seen.
///
/// # Errors
/// Why it cannot be measured, in plain language.
pub fn pulse_wave(track: &Track, params: &PulseParams) -> Result<PulseWave, String> {
    let (times, colours) = longest_stretch(track, params.max_gap_s);
    enough(&times, params.min_seconds, params.min_fps)?;
    let step_s = median_step(&times).unwrap_or(1.0);
    let even: [[Vec<f64>; 3]; 3] = std::array::from_fn(|region| {
        std::array::from_fn(|channel| {
            let values: Vec<f64> = colours.iter().map(|c| c[region][channel]).collect();
            resampled(&times, &values, step_s)
        })
    });
    let together: [Vec<f64>; 3] = std::array::from_fn(|channel| {
        let length = even[0][channel].len();
        let sum = |t: usize| even.iter().map(|region| region[channel][t]).sum::<f64>();
        (0..length).map(|t| sum(t) / 3.0).collect()
    });
    let window = ((params.window_s / step_s).ceil() as usize).max(4);
    let no_colour = || "the skin has no measurable colour".to_owned();
    let values = projected(&together, window).ok_or_else(no_colour)?;
    let even_times: Vec<f64> = (0..values.len()).map(|i| i as f64 * step_s).collect();
    let seconds = even_times.last().copied().unwrap_or(0.0);

    let highest = params.max_hz.min(0.5 / step_s);
    let band = frequencies(params.min_hz, highest, STEP_HZ);
    let spectrum = transform(&even_times, &without_drift(&even_times, &values), &band);
    let power: Vec<f64> = spectrum.iter().map(|c| c.norm_sqr()).collect();
    let strongest = (0..power.len()).max_by(|a, b| power[*a].total_cmp(&power[*b]));
    let at_hz = strongest.and_then(|i| band.get(i)).ok_or_else(no_colour)?;

    let width = params.half_width_hz.max(1.0 / seconds);
    let is_signal = |f: f64| (f - at_hz).abs() <= width || (f - 2.0 * at_hz).abs() <= width;
    let (mut signal, mut noise) = (0.0, 0.0);
    for (f, p) in band.iter().zip(&power) {
        *(if is_signal(*f) {
            &mut signal
        } else {
            &mut noise
        }) += p;
    }
    let snr_db = (10.0 * (signal / noise).log10()).clamp(-MAX_DB, MAX_DB);
    if !snr_db.is_finite() {
        return Err(no_colour());
    }
    let beats = even.iter().filter_map(|region| {
        let values = projected(region, window)?;
        transform(&even_times, &values, &[*at_hz]).first().copied()
    });
    let beats: Vec<_> = beats.collect();
    let apart: f64 = beats.iter().map(|b| b.norm()).sum();
    let sum = beats.iter().fold(
        nalgebra::Complex::default(),
        |s: nalgebra::Complex<f64>, b| s + b,
    );
    Ok(PulseWave {
        start_s: times.first().copied().unwrap_or(0.0),
        step_s,
        bpm: at_hz * 60.0,
        snr_db,
        agreement: if apart > 0.0 { sum.norm() / apart } else { 0.0 },
        values: band_pass(
            &without_drift(&even_times, &values),
            step_s,
            [params.min_hz, highest],
        ),
        spectrum: band
            .iter()
            .zip(&power)
            .map(|(f, p)| [*f, p.sqrt()])
            .collect(),
    })
}

/// The part of evenly spaced values that lies in a band of frequencies: their Fourier series without the
/// other terms.
fn band_pass(values: &[f64], step_s: f64, [low, high]: [f64; 2]) -> Vec<f64> {
    let count = values.len() as f64;
    let mut passed = vec![0.0; values.len()];
    for k in (1..=values.len() / 2).filter(|k| {
        let hertz = *k as f64 / (count * step_s);
        (low..=high).contains(&hertz)
    }) {
        let turn = std::f64::consts::TAU * k as f64 / count;
        let (mut cosine, mut sine) = (0.0, 0.0);
        for (i, value) in values.iter().enumerate() {
            cosine += value * (turn * i as f64).cos();
            sine += value * (turn * i as f64).sin();
        }
        for (i, sum) in passed.iter_mut().enumerate() {
            let angle = turn * i as f64;
            *sum += 2.0 / count * (cosine * angle.cos() + sine * angle.sin());
        }
    }
    passed
}

/// Times and colours of the regions over the longest time without a gap.
fn longest_stretch(track: &Track, max_gap_s: f64) -> (Vec<f64>, Vec<[[f64; 3]; 3]>) {
    let mut longest = (Vec::new(), Vec::new());
    let mut current: (Vec<f64>, Vec<[[f64; 3]; 3]>) = (Vec::new(), Vec::new());
    let span = |times: &[f64]| match (times.first(), times.last()) {
        (Some(first), Some(last)) => last - first,
        _ => 0.0,
    };
    for (at_s, face) in track.faces() {
        let [Some(a), Some(b), Some(c)] = face.skin.all() else {
            continue;
        };
        if [a, b, c].iter().flatten().any(|v| !v.is_finite()) {
            continue;
        }
        if current.0.last().is_some_and(|last| at_s - last > max_gap_s) {
            if span(&current.0) > span(&longest.0) {
                longest = std::mem::take(&mut current);
            }
            current = (Vec::new(), Vec::new());
        }
        current.0.push(at_s);
        current.1.push([a, b, c]);
    }
    if span(&current.0) >= span(&longest.0) {
        current
    } else {
        longest
    }
}

/// The pulse by POS: in each window the colours over their mean are projected onto two axes
/// orthogonal to the skin tone, which are then tuned against each other; windows are added up
/// where they overlap. `None` where a colour is black.
fn projected(rgb: &[Vec<f64>; 3], window: usize) -> Option<Vec<f64>> {
    let count = rgb[0].len();
    let mut pulse = vec![0.0; count];
    for start in 0..(count + 1).saturating_sub(window) {
        let end = start + window;
        let [red, green, blue] = rgb.each_ref().map(|channel| &channel[start..end]);
        let means = [mean(red), mean(green), mean(blue)];
        if means.iter().any(|m| *m <= 0.0) {
            return None;
        }
        let (mut first, mut second) = (Vec::with_capacity(window), Vec::with_capacity(window));
        for ((r, g), b) in red.iter().zip(green).zip(blue) {
            let (r, g, b) = (r / means[0], g / means[1], b / means[2]);
            first.push(g - b);
            second.push(g + b - 2.0 * r);
        }
        let spread = deviation(&second);
        let alpha = if spread > 0.0 {
            deviation(&first) / spread
        } else {
            0.0
        };
        let tuned: Vec<f64> = first
            .iter()
            .zip(&second)
            .map(|(a, b)| a + alpha * b)
            .collect();
        let middle = mean(&tuned);
        for (sum, value) in pulse[start..end].iter_mut().zip(&tuned) {
            *sum += value - middle;
        }
    }
    Some(pulse)
}

/// Median speed of the head in distances between the eyes a second.
fn speed(track: &Track) -> f64 {
    let places: Vec<(f64, [f64; 2], f64)> = track
        .faces()
        .map(|(at_s, face)| {
            let landmarks = &face.landmarks;
            (
                at_s,
                rigid_middle(landmarks),
                inter_eye_distance_px(landmarks),
            )
        })
        .collect();
    let mut later = 0;
    let speeds = places.iter().filter_map(|(at_s, from, unit)| {
        while places.get(later)?.0 < at_s + SPEED_S {
            later += 1;
        }
        let (until_s, to, _) = places.get(later)?;
        let moved = (to[0] - from[0]).hypot(to[1] - from[1]);
        Some(moved / unit.max(1.0) / (until_s - at_s))
    });
    median(speeds).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_band_keeps_its_waves_and_no_others() {
        let wave = |hertz: f64, i: usize| (std::f64::consts::TAU * hertz * i as f64 / 20.0).sin();
        let values: Vec<f64> = (0..200)
            .map(|i| wave(1.2, i) + 3.0 * wave(0.2, i))
            .collect();
        for (i, value) in super::band_pass(&values, 0.05, [0.7, 4.0])
            .iter()
            .enumerate()
        {
            assert!((value - wave(1.2, i)).abs() < 1e-6, "{i}: {value}");
        }
    }

    use super::super::test_support::{measure, refusal, value};
    use super::*;
    use crate::synthetic::Script;

    fn clip(seed: u64, seconds: f64, bpm: f64) -> Track {
        Script {
            pulse_bpm: bpm,
            ..Script::calm(seed, seconds, 30.0)
        }
        .play()
        .record()
    }

    #[test]
    fn seventy_two_beats_are_found() {
        for seed in 0..10 {
            let found = measure(&Pulse, &clip(seed, 10.0, 72.0));
            assert!(
                (value(&found, "bpm") - 72.0).abs() < 3.0,
                "{seed}: {}",
                found.detail
            );
            assert!(
                found.score > 0.55,
                "{seed}: {} {:?}",
                found.detail,
                found.values
            );
        }
        for bpm in [50.0, 95.0, 140.0] {
            let found = measure(&Pulse, &clip(1, 10.0, bpm));
            assert!(
                (value(&found, "bpm") - bpm).abs() < 3.0,
                "{bpm}: {}",
                found.detail
            );
        }
    }

    #[test]
    fn no_blood_no_pulse() {
        let scores: Vec<f64> = (0..20)
            .map(|s| measure(&Pulse, &clip(s, 10.0, 0.0)).score)
            .collect();
        let high = scores.iter().filter(|s| **s > 0.55).count();
        assert!(high <= 1 && scores.iter().all(|s| *s > 0.35), "{scores:?}");
    }

    #[test]
    fn a_deeper_pulse_has_a_better_ratio() {
        let ratio = |pulse_depth: f64| {
            let script = Script {
                pulse_depth,
                ..Script::calm(3, 10.0, 30.0)
            };
            value(&measure(&Pulse, &script.play().record()), "snr_db")
        };
        let ratios = [0.0, 0.002, 0.005, 0.02].map(ratio);
        assert!(ratios.is_sorted(), "{ratios:?}");
    }

    #[test]
    fn light_that_changes_all_colours_alike_is_no_pulse() {
        let mut lit = clip(4, 10.0, 0.0);
        lit.map_moments(|_, m| {
            let gain = 1.0 + 0.02 * (std::f64::consts::TAU * 1.3 * m.at_s).sin();
            if let Some(face) = &mut m.face {
                for region in [
                    &mut face.skin.forehead,
                    &mut face.skin.left_cheek,
                    &mut face.skin.right_cheek,
                ] {
                    *region = region.map(|rgb| rgb.map(|v| v * gain));
                }
            }
        });
        let found = measure(&Pulse, &lit);
        assert!(found.score < 0.55, "{} {:?}", found.detail, found.values);
    }

    #[test]
    fn short_slow_and_colourless_clips_are_refused() {
        assert!(refusal(&Pulse, &clip(1, 3.0, 72.0)).contains("seconds"));
        let slow = Script::calm(1, 10.0, 8.0).play().record();
        assert!(refusal(&Pulse, &slow).contains("times a second"));
        let mut black = clip(1, 8.0, 72.0);
        black.map_moments(|_, m| {
            if let Some(face) = &mut m.face {
                face.skin.forehead = Some([0.0; 3]);
                face.skin.left_cheek = Some([0.0; 3]);
                face.skin.right_cheek = Some([0.0; 3]);
            }
        });
        assert!(refusal(&Pulse, &black).contains("no measurable colour"));
        // A gap in the middle leaves two stretches that are too short.
        let mut torn = clip(1, 9.0, 72.0);
        torn.map_moments(|i, m| {
            if (120..150).contains(&i) {
                m.face = None;
            }
        });
        assert!(refusal(&Pulse, &torn).contains("are needed"));
    }
}
