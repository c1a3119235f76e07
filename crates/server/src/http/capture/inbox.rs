//! What has arrived and was not looked at yet, in the order of arrival.

use std::time::Instant;

use axum::body::Bytes;
use lifesign_session::{PageEvent, Recognised};

use lifesign_contracts::capture::Refusal;

/// Messages that may wait; at ten frames and ten pieces of sound a second some seconds of them.
const MOST_ITEMS: usize = 256;
/// Samples of sound that may wait: eight seconds.
const MOST_SAMPLES: usize = 128 * 1024;

/// Something that arrived; `at_ms` is the time of arrival on the session's clock.
pub(super) enum Item {
    Frame(Arrived),
    /// A frame that a newer one replaced.
    PassedOver {
        at_ms: u64,
    },
    Sound {
        at_ms: u64,
        pcm: Vec<i16>,
    },
    Page {
        at_ms: u64,
        event: PageEvent,
    },
    Heard {
        at_ms: u64,
        recognised: Recognised,
    },
}

/// A frame that waits.
pub(super) struct Arrived {
    pub(super) at_ms: u64,
    pub(super) arrived: Instant,
    pub(super) sequence: u32,
    pub(super) jpeg: Bytes,
}

/// See the [module](self).
#[derive(Default)]
pub(super) struct Inbox {
    items: Vec<Item>,
    samples: usize,
}

impl Inbox {
    /// Takes a frame; an older one that still waits is passed over. Whether one was.
    pub(super) fn frame(&mut self, frame: Arrived) -> Result<bool, Refusal> {
        let mut replaced = false;
        for item in &mut self.items {
            if let Item::Frame(older) = item {
                *item = Item::PassedOver { at_ms: older.at_ms };
                replaced = true;
            }
        }
        self.push(Item::Frame(frame))?;
        Ok(replaced)
    }

    pub(super) fn sound(&mut self, at_ms: u64, pcm: Vec<i16>) -> Result<(), Refusal> {
        self.samples += pcm.len();
        if self.samples > MOST_SAMPLES {
            return Err(too_fast());
        }
        self.push(Item::Sound { at_ms, pcm })
    }

    pub(super) fn page(&mut self, at_ms: u64, event: PageEvent) -> Result<(), Refusal> {
        self.push(Item::Page { at_ms, event })
    }

    pub(super) fn heard(&mut self, at_ms: u64, recognised: Recognised) -> Result<(), Refusal> {
        self.push(Item::Heard { at_ms, recognised })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn has_frame(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Frame(_)))
    }

    /// Everything, oldest first.
    pub(super) fn take(&mut self) -> Vec<Item> {
        self.samples = 0;
        std::mem::take(&mut self.items)
    }

    fn push(&mut self, item: Item) -> Result<(), Refusal> {
        if self.items.len() >= MOST_ITEMS {
            return Err(too_fast());
        }
        self.items.push(item);
        Ok(())
    }
}

fn too_fast() -> Refusal {
    Refusal::bad_message("messages arrive faster than a camera and a microphone can make them")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(at_ms: u64) -> Arrived {
        Arrived {
            at_ms,
            arrived: Instant::now(),
            sequence: at_ms as u32,
            jpeg: Bytes::new(),
        }
    }

    #[test]
    fn the_newest_frame_is_kept_in_its_order() {
        let mut inbox = Inbox::default();
        assert!(!inbox.frame(frame(1)).unwrap());
        inbox.page(2, PageEvent::Shown(0)).unwrap();
        assert!(inbox.frame(frame(3)).unwrap() && inbox.has_frame());
        let items = inbox.take();
        assert!(matches!(items[0], Item::PassedOver { at_ms: 1 }));
        assert!(matches!(items[1], Item::Page { at_ms: 2, .. }));
        assert!(matches!(&items[2], Item::Frame(frame) if frame.at_ms == 3));
        assert!(inbox.is_empty() && !inbox.has_frame());
    }

    #[test]
    fn a_flood_is_refused() {
        let mut inbox = Inbox::default();
        let flooded = (0..1_000).map(|at| inbox.page(at, PageEvent::Tick));
        assert!(flooded.into_iter().any(|pushed| pushed.is_err()));
        let mut inbox = Inbox::default();
        let flooded = (0..100).map(|at| inbox.sound(at, vec![0; 32_000]));
        assert!(flooded.into_iter().any(|pushed| pushed.is_err()));
    }
}
