//! Colours. Hues are from Okabe and Ito, "Color Universal Design" (2008).

/// A colour with opacity, 8 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink(pub u8, pub u8, pub u8, pub u8);

impl Ink {
    /// The same colour with another opacity.
    pub(super) const fn alpha(self, alpha: u8) -> Self {
        Self(self.0, self.1, self.2, alpha)
    }
}

pub(super) const PAPER: Ink = Ink(255, 255, 255, 255);
pub(super) const PANEL: Ink = Ink(243, 245, 247, 255);
pub(super) const TEXT: Ink = Ink(31, 41, 51, 255);
pub(super) const MUTED: Ink = Ink(91, 103, 112, 255);
pub(super) const RULE: Ink = Ink(205, 212, 219, 255);

pub(super) const BLUE: Ink = Ink(0, 114, 178, 255);
pub(super) const SKY: Ink = Ink(86, 180, 233, 255);
pub(super) const GREEN: Ink = Ink(0, 158, 115, 255);
pub(super) const YELLOW: Ink = Ink(240, 228, 66, 255);
pub(super) const ORANGE: Ink = Ink(230, 159, 0, 255);
pub(super) const VERMILLION: Ink = Ink(196, 80, 10, 255);
pub(super) const PINK: Ink = Ink(244, 120, 200, 255);
pub(super) const GREY: Ink = Ink(140, 150, 160, 255);

/// Laid under bright lines so that they show on any skin and any background.
pub(super) const SHADOW: Ink = Ink(0, 0, 0, 120);

/// The colour at `t` in [0, 1] between evenly spaced stops.
pub(super) fn ramp(stops: &[[u8; 3]], t: f32) -> [u8; 3] {
    let Some(last) = stops.len().checked_sub(1) else {
        return [0; 3];
    };
    let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) };
    let position = t * last as f32;
    let below = (position as usize).min(last);
    let (from, to) = (stops[below], stops[(below + 1).min(last)]);
    let mix = position - below as f32;
    [0, 1, 2].map(|i| (f32::from(from[i]) * (1.0 - mix) + f32::from(to[i]) * mix).round() as u8)
}

/// Dark blue to yellow, even in lightness for every kind of colour vision (after cividis,
/// Nuñez et al., 2018).
pub(super) const BLUE_TO_YELLOW: [[u8; 3]; 5] = [
    [0, 34, 78],
    [65, 77, 107],
    [124, 123, 120],
    [188, 175, 111],
    [254, 232, 56],
];

/// Black over purple and orange to pale yellow (after matplotlib's inferno).
pub(super) const DARK_TO_BRIGHT: [[u8; 3]; 5] = [
    [0, 0, 4],
    [87, 16, 110],
    [188, 55, 84],
    [249, 142, 9],
    [252, 255, 164],
];
