//! Pictures of a puppet at every place that it can be in, for who cannot draw while a session runs.

use crate::PuppetState;

/// One thing that a head or a face does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Degrees to either side.
    Yaw,
    /// Degrees up and down.
    Pitch,
    /// How wide the mouth is open, 0 to 1.
    Mouth,
    /// How broad the smile is, 0 to 1.
    Smile,
    /// How near the head is, 1 to 1.5.
    Scale,
    /// Closed eyes.
    Blink,
}

impl Axis {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yaw => "yaw",
            Self::Pitch => "pitch",
            Self::Mouth => "mouth",
            Self::Smile => "smile",
            Self::Scale => "scale",
            Self::Blink => "blink",
        }
    }

    /// Where a state is on this axis.
    fn of(self, state: &PuppetState) -> f64 {
        match self {
            Self::Yaw => state.yaw,
            Self::Pitch => state.pitch,
            Self::Mouth => state.mouth,
            Self::Smile => state.smile,
            Self::Scale => state.scale,
            Self::Blink => state.blink,
        }
    }

    /// First and last place of the book, where nothing is done, and how far apart the pictures are.
    const fn range(self) -> (f64, f64, f64, f64) {
        match self {
            Self::Yaw => (-34.0, 34.0, 0.0, 2.0),
            Self::Pitch => (-26.0, 26.0, 0.0, 2.0),
            Self::Mouth => (0.0, 1.0, 0.0, 0.125),
            Self::Smile => (0.0, 1.0, 0.0, 0.25),
            Self::Scale => (1.0, 1.5, 1.0, 0.05),
            Self::Blink => (0.0, 1.0, 0.0, 1.0),
        }
    }

    const ALL: [Self; 6] = [
        Self::Yaw,
        Self::Pitch,
        Self::Mouth,
        Self::Smile,
        Self::Scale,
        Self::Blink,
    ];
}

/// One picture: a place on one axis, everything else at rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    /// What is done.
    pub axis: Axis,
    /// How much of it.
    pub place: f64,
}

impl Page {
    /// Every picture of a book.
    pub fn all() -> Vec<Self> {
        let along = |axis: Axis| {
            let (first, last, _, step) = axis.range();
            let count = ((last - first) / step).round() as usize;
            (0..=count).map(move |i| Self {
                axis,
                place: first + step * i as f64,
            })
        };
        Axis::ALL.into_iter().flat_map(along).collect()
    }

    /// What a puppet must do for this picture.
    pub fn state(&self) -> PuppetState {
        let mut state = PuppetState::default();
        let value = match self.axis {
            Axis::Yaw => &mut state.yaw,
            Axis::Pitch => &mut state.pitch,
            Axis::Mouth => &mut state.mouth,
            Axis::Smile => &mut state.smile,
            Axis::Scale => &mut state.scale,
            Axis::Blink => &mut state.blink,
        };
        *value = self.place;
        if self.axis == Axis::Blink {
            // Who closes the eyes on purpose lifts the head a little.
            state.pitch = 6.0 * self.place;
        }
        state
    }

    /// Which of [`Page::all`] comes nearest to a state: on the axis on which most is done.
    pub fn nearest(state: &PuppetState) -> usize {
        let done = |axis: Axis| {
            let (first, last, rest, _) = axis.range();
            ((axis.of(state) - rest) / (last - first)).abs()
        };
        let axis = match state.blink > 0.5 {
            true => Axis::Blink,
            false => Axis::ALL
                .into_iter()
                .max_by(|a, b| done(*a).total_cmp(&done(*b)))
                .unwrap_or(Axis::Yaw),
        };
        let away = |page: &Self| {
            let distance = (page.place - axis.of(state)).abs();
            if page.axis == axis {
                distance
            } else {
                f64::INFINITY
            }
        };
        let pages = Self::all();
        let nearest = (0..pages.len()).min_by(|a, b| away(&pages[*a]).total_cmp(&away(&pages[*b])));
        nearest.unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_picture_is_the_nearest_to_its_own_state() {
        let pages = Page::all();
        assert_eq!(pages.len(), 35 + 27 + 9 + 5 + 11 + 2);
        for page in &pages {
            let found = pages[Page::nearest(&page.state())];
            // Nothing done is the same on every axis.
            let is_rest = page.state() == PuppetState::default();
            assert!(found == *page || is_rest && found.state() == page.state());
        }
        let turned = PuppetState {
            yaw: 11.4,
            pitch: -3.0,
            ..PuppetState::default()
        };
        let found = pages[Page::nearest(&turned)];
        assert_eq!((found.axis, found.place), (Axis::Yaw, 12.0));
    }
}
