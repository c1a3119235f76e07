//! Which frames are judged in full: the best one of each stretch of the clip's time.

use lifesign_media::Frame;

/// Frames that are judged in full at most.
pub const JUDGED: usize = 24;

/// A frame that may be judged.
pub(crate) struct Candidate {
    pub(crate) at_s: f64,
    pub(crate) frame: Frame,
    /// Higher is better: sharp, straight, large.
    pub(crate) quality: f64,
}

/// The best candidate of each of [`JUDGED`] equal stretches.
pub(crate) struct Selection {
    stretch_s: f64,
    kept: Vec<Option<Candidate>>,
}

impl Selection {
    /// For a clip of about this length; frames beyond it count to the last stretch.
    pub(crate) fn new(duration_s: f64) -> Self {
        Self {
            stretch_s: (duration_s.max(1.0)) / JUDGED as f64,
            kept: (0..JUDGED).map(|_| None).collect(),
        }
    }

    /// Whether a frame of this quality would be kept; asked first, because keeping costs a copy.
    pub(crate) fn wants(&self, at_s: f64, quality: f64) -> bool {
        let kept = self.kept.get(self.stretch(at_s)).and_then(Option::as_ref);
        kept.is_none_or(|kept| kept.quality < quality)
    }

    pub(crate) fn keep(&mut self, candidate: Candidate) {
        let stretch = self.stretch(candidate.at_s);
        if let Some(place) = self.kept.get_mut(stretch) {
            *place = Some(candidate);
        }
    }

    /// The kept ones in order of time.
    pub(crate) fn into_frames(self) -> Vec<Candidate> {
        self.kept.into_iter().flatten().collect()
    }

    fn stretch(&self, at_s: f64) -> usize {
        // A time before the start or no number falls into the first stretch.
        ((at_s / self.stretch_s).max(0.0) as usize).min(JUDGED - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(at_s: f64, quality: f64) -> Candidate {
        Candidate {
            at_s,
            frame: Frame::new(1, 1, vec![0; 3]).unwrap(),
            quality,
        }
    }

    #[test]
    fn each_stretch_keeps_its_best_frame() {
        let mut selection = Selection::new(24.0);
        for (at_s, quality) in [(0.1, 1.0), (0.2, 3.0), (0.3, 2.0), (5.5, 0.0), (99.0, 1.0)] {
            if selection.wants(at_s, quality) {
                selection.keep(candidate(at_s, quality));
            }
        }
        let kept = Vec::from_iter(selection.into_frames().iter().map(|c| c.at_s));
        assert_eq!(kept, [0.2, 5.5, 99.0]);
    }

    #[test]
    fn odd_times_are_no_panic_and_no_more_than_so_many_are_kept() {
        let mut selection = Selection::new(f64::NAN);
        for at_s in [f64::NAN, -5.0, f64::INFINITY, 0.0] {
            selection.keep(candidate(at_s, 1.0));
        }
        for i in 0..1000 {
            selection.keep(candidate(f64::from(i) / 100.0, 1.0));
        }
        assert!(selection.into_frames().len() <= JUDGED);
    }
}
