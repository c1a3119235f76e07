//! Which frames are judged in full: the best one of each stretch of time.

/// Something that may be kept, a decoded frame or its file, with its time and quality.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate<T> {
    /// Its time in seconds.
    pub at_s: f64,
    /// What is kept.
    pub kept: T,
    /// Higher is better: sharp, straight, large.
    pub quality: f64,
}

/// The best candidate of each of at most so many equal stretches. Where time goes on beyond the
/// last one, stretches become twice as long, and of each two the better candidate stays; so the
/// length need not be known, and memory has a bound.
#[derive(Clone, Debug)]
pub struct Selection<T> {
    most: usize,
    stretch_s: f64,
    kept: Vec<Option<Candidate<T>>>,
}

impl<T> Selection<T> {
    /// Of at most `most` stretches (at least 2) that last `stretch_s` seconds to begin with.
    pub fn new(most: usize, stretch_s: f64) -> Self {
        let most = most.max(2);
        Self {
            most,
            // A length that is none would never grow.
            stretch_s: if stretch_s.is_finite() && stretch_s > 0.0 {
                stretch_s
            } else {
                1.0
            },
            kept: std::iter::repeat_with(|| None).take(most).collect(),
        }
    }

    /// Whether a frame of this quality would be kept; asked first, because keeping costs a copy.
    pub fn wants(&mut self, at_s: f64, quality: f64) -> bool {
        let stretch = self.stretch(at_s);
        let kept = self.kept.get(stretch).and_then(Option::as_ref);
        kept.is_none_or(|kept| kept.quality < quality)
    }

    /// Takes the place of what was kept of its stretch.
    pub fn keep(&mut self, candidate: Candidate<T>) {
        let stretch = self.stretch(candidate.at_s);
        if let Some(place) = self.kept.get_mut(stretch) {
            *place = Some(candidate);
        }
    }

    /// Takes out the kept ones of all stretches before that of `at_s`: no better ones come while time goes
    /// on.
    pub fn finished(&mut self, at_s: f64) -> Vec<Candidate<T>> {
        let now = self.stretch(at_s);
        let past = self.kept.iter_mut().take(now);
        past.filter_map(Option::take).collect()
    }

    /// The kept ones in order of time.
    pub fn into_kept(self) -> Vec<Candidate<T>> {
        self.kept.into_iter().flatten().collect()
    }

    fn stretch(&mut self, at_s: f64) -> usize {
        if at_s.is_finite() {
            while at_s / self.stretch_s >= self.most as f64 {
                self.lengthen();
            }
        }
        // A time before the start or no number falls into the first stretch.
        ((at_s / self.stretch_s).max(0.0) as usize).min(self.most - 1)
    }

    fn lengthen(&mut self) {
        self.stretch_s *= 2.0;
        let mut kept = std::mem::take(&mut self.kept).into_iter();
        while let Some(first) = kept.next() {
            let second = kept.next().flatten();
            self.kept.push(match (first, second) {
                (Some(first), Some(second)) if first.quality < second.quality => Some(second),
                (first, second) => first.or(second),
            });
        }
        self.kept.resize_with(self.most, || None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(at_s: f64, quality: f64) -> Candidate<()> {
        Candidate {
            at_s,
            kept: (),
            quality,
        }
    }

    fn times(selection: Selection<()>) -> Vec<f64> {
        selection.into_kept().iter().map(|c| c.at_s).collect()
    }

    #[test]
    fn each_stretch_keeps_its_best_frame() {
        let mut selection = Selection::new(24, 1.0);
        for (at_s, quality) in [(0.1, 1.0), (0.2, 3.0), (0.3, 2.0), (5.5, 0.0), (23.9, 1.0)] {
            if selection.wants(at_s, quality) {
                selection.keep(candidate(at_s, quality));
            }
        }
        assert_eq!(times(selection), [0.2, 5.5, 23.9]);
    }

    #[test]
    fn what_is_past_is_taken_out_once() {
        let mut selection = Selection::new(24, 1.0);
        for at_s in [0.5, 1.5, 2.5] {
            selection.keep(candidate(at_s, 1.0));
        }
        let past = selection.finished(2.1);
        assert_eq!(Vec::from_iter(past.iter().map(|c| c.at_s)), [0.5, 1.5]);
        assert!(selection.finished(2.2).is_empty());
        assert_eq!(times(selection), [2.5]);
    }

    #[test]
    fn stretches_grow_with_the_time_and_the_better_half_stays() {
        let mut selection = Selection::new(4, 1.0);
        for i in 0..16 {
            let at_s = f64::from(i);
            // Every fourth frame is better.
            let quality = f64::from(u8::from(i % 4 == 2));
            if selection.wants(at_s, quality) {
                selection.keep(candidate(at_s, quality));
            }
        }
        assert_eq!(times(selection), [2.0, 6.0, 10.0, 14.0]);
    }

    #[test]
    fn odd_times_are_no_panic_and_no_more_than_so_many_are_kept() {
        let mut selection = Selection::new(24, f64::NAN);
        for at_s in [f64::NAN, -5.0, f64::INFINITY, 0.0, f64::MAX] {
            selection.keep(candidate(at_s, 1.0));
        }
        for i in 0..1000 {
            selection.keep(candidate(f64::from(i) / 100.0, 1.0));
        }
        assert!(selection.into_kept().len() <= 24);
    }
}
