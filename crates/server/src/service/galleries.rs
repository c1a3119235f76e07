//! Galleries in memory, where they are searched.
//!
//! What the store keeps sealed is opened when a gallery is searched first and held as long as there is room; who was
//! not searched for longest goes first. The version in the store tells whether something changed since: faces that
//! came are loaded (their numbers only rise), and where the count says that some went, the numbers tell which.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use lifesign_contracts::Failure;
use lifesign_engine::{Descriptor, FaceIndex, Found};
use lifesign_store::{Gallery, SealedFace};

use super::access::unavailable;
use super::conversation::{fault, of_pool};
use super::pool::Place;
use crate::memory::Memory;
use crate::vault::Vault;

/// Faces that are read from the store at once.
const PAGE: u32 = 2000;
/// First byte of a sealed descriptor: which embedder made it. Those of another cannot be compared.
const EMBEDDER: u8 = 1;

/// Every gallery that is held open.
pub(crate) struct Galleries {
    most_bytes: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    by_id: HashMap<String, Entry>,
    /// Counts searches, to tell which gallery was searched last.
    searches: u64,
}

struct Entry {
    searched: u64,
    /// What it takes once it is loaded.
    bytes: usize,
    open: Arc<Open>,
}

/// A gallery that is held open.
#[derive(Default)]
pub(crate) struct Open {
    faces: RwLock<Faces>,
    /// Held by who brings the faces up to date.
    loading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Faces {
    /// Of the gallery when the faces were loaded; 0, which none has, before that.
    version: i64,
    index: FaceIndex,
}

impl Open {
    /// As [`FaceIndex::nearest`].
    pub(crate) fn nearest(&self, wanted: &Descriptor, farthest: f64, limit: usize) -> Vec<Found> {
        let faces = self.faces.read().unwrap_or_else(PoisonError::into_inner);
        faces.index.nearest(wanted, farthest, limit)
    }

    fn read<T>(&self, look: impl FnOnce(&Faces) -> T) -> T {
        look(&self.faces.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Faces) -> T) -> T {
        change(&mut self.faces.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Galleries {
    /// Holds about so many bytes at most.
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            held: Mutex::default(),
        }
    }

    /// The gallery, open and as it is in the store or newer.
    pub(crate) async fn current(
        &self,
        memory: &Memory,
        place: &Place,
        tenant_id: &str,
        gallery: &Gallery,
    ) -> Result<Arc<Open>, Failure> {
        let open = self.open(gallery)?;
        if open.read(|faces| faces.version >= gallery.version) {
            return Ok(open);
        }
        let turn = open.loading.lock().await;
        if open.read(|faces| faces.version < gallery.version) {
            let load = Load {
                memory,
                place,
                tenant_id,
                gallery,
                open: &open,
            };
            load.run().await?;
        }
        drop(turn);
        Ok(open)
    }

    /// Forgets a gallery that was erased.
    pub(crate) fn forget(&self, gallery_id: &str) {
        self.lock().by_id.remove(gallery_id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room for the gallery, if it is not there.
    fn open(&self, gallery: &Gallery) -> Result<Arc<Open>, Failure> {
        let wanted = bytes(usize::try_from(gallery.faces).unwrap_or(usize::MAX));
        if wanted > self.most_bytes {
            return Err(Failure::invalid(format!(
                "the gallery has {} faces, this server searches at most {}",
                gallery.faces,
                most_faces(self.most_bytes)
            )));
        }
        let mut held = self.lock();
        held.searches += 1;
        let now = held.searches;
        let entry = held
            .by_id
            .entry(gallery.id.clone())
            .or_insert_with(|| Entry {
                searched: now,
                bytes: wanted,
                open: Arc::default(),
            });
        (entry.searched, entry.bytes) = (now, wanted);
        let open = Arc::clone(&entry.open);
        held.make_room(self.most_bytes);
        Ok(open)
    }
}

impl Held {
    /// Lets galleries go, the one that was not searched for longest first, until all take `most` bytes or less.
    fn make_room(&mut self, most: usize) {
        while self.by_id.values().map(|entry| entry.bytes).sum::<usize>() > most {
            let oldest = self.by_id.iter().min_by_key(|(_, entry)| entry.searched);
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else {
                return;
            };
            self.by_id.remove(&oldest);
        }
    }
}

/// Bytes of so many faces in memory.
fn bytes(faces: usize) -> usize {
    faces.saturating_mul(FaceIndex::FACE_BYTES)
}

/// Faces that fit into so many bytes.
pub(crate) fn most_faces(bytes: usize) -> i64 {
    i64::try_from(bytes / FaceIndex::FACE_BYTES).unwrap_or(i64::MAX)
}

/// A gallery that is brought up to date.
struct Load<'a> {
    memory: &'a Memory,
    place: &'a Place,
    tenant_id: &'a str,
    gallery: &'a Gallery,
    open: &'a Arc<Open>,
}

impl Load<'_> {
    /// What is loaded stays, also if this ends half-way: the next one goes on.
    async fn run(&self) -> Result<(), Failure> {
        let count = usize::try_from(self.gallery.faces).unwrap_or(0);
        self.open.change(|faces| {
            let more = count.saturating_sub(faces.index.len());
            faces.index.reserve(more);
        });
        self.add_those_that_came().await?;
        if self.open.read(|faces| faces.index.len()) != count {
            self.drop_those_that_went().await?;
        }
        self.open
            .change(|faces| faces.version = self.gallery.version);
        Ok(())
    }

    async fn add_those_that_came(&self) -> Result<(), Failure> {
        loop {
            let last = self.open.read(|faces| faces.index.last().unwrap_or(0));
            let page = self.memory.store.sealed_faces(&self.gallery.id, last, PAGE);
            let page = page.await.map_err(|e| unavailable(&e))?;
            if page.is_empty() {
                return Ok(());
            }
            let (vault, open) = (Arc::clone(&self.memory.vault), Arc::clone(self.open));
            let (tenant_id, gallery) = (self.tenant_id.to_owned(), self.gallery.name.clone());
            // Takes no worker from those who judge: opening a page is a matter of milliseconds.
            let adding = self.place.wait(move || {
                let opened = page
                    .iter()
                    .map(|face| Ok((face.no, opened(&vault, &tenant_id, &gallery, face)?)))
                    .collect::<Result<Vec<_>, Failure>>()?;
                open.change(|faces| {
                    for (no, descriptor) in &opened {
                        faces.index.push(*no, descriptor);
                    }
                });
                Ok(())
            });
            adding.await.map_err(of_pool)??;
        }
    }

    async fn drop_those_that_went(&self) -> Result<(), Failure> {
        let mut there = HashSet::new();
        let mut last = 0;
        loop {
            let page = self.memory.store.face_numbers(&self.gallery.id, last, PAGE);
            let page = page.await.map_err(|e| unavailable(&e))?;
            match page.last() {
                Some(number) => last = *number,
                None => break,
            }
            there.extend(page);
        }
        self.open
            .change(|faces| faces.index.retain(|number| there.contains(&number)));
        Ok(())
    }
}

/// What a sealed descriptor is bound to: this face of this gallery of this tenant alone.
fn context(tenant_id: &str, gallery: &str, face_id: &str) -> Vec<u8> {
    format!("face\0{tenant_id}\0{gallery}\0{face_id}").into_bytes()
}

/// A descriptor under the data key.
pub(super) fn sealed(
    vault: &Vault,
    tenant_id: &str,
    gallery: &str,
    face_id: &str,
    descriptor: &Descriptor,
) -> Result<Vec<u8>, Failure> {
    let mut plain = zeroize::Zeroizing::new(Vec::with_capacity(1 + 4 * Descriptor::LENGTH));
    plain.push(EMBEDDER);
    for value in descriptor.values() {
        plain.extend_from_slice(&value.to_le_bytes());
    }
    vault
        .seal(&context(tenant_id, gallery, face_id), &plain)
        .map_err(|e| fault(&e.to_string()))
}

fn opened(
    vault: &Vault,
    tenant_id: &str,
    gallery: &str,
    face: &SealedFace,
) -> Result<Descriptor, Failure> {
    let context = context(tenant_id, gallery, &face.face_id);
    let plain = vault.open(&context, &face.sealed);
    let plain = zeroize::Zeroizing::new(plain.map_err(|e| fault(&e.to_string()))?);
    let values = match plain.split_first() {
        Some((&EMBEDDER, values)) => values.as_chunks::<4>().0,
        _ => return Err(fault("a face of a gallery is of another embedder")),
    };
    let values = zeroize::Zeroizing::new(Vec::from_iter(
        values.iter().map(|bytes| f32::from_le_bytes(*bytes)),
    ));
    Descriptor::new(&values).ok_or_else(|| fault("a face of a gallery is no descriptor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gallery(id: &str, faces: i64) -> Gallery {
        Gallery {
            id: id.to_owned(),
            name: id.to_owned(),
            created_at: 0,
            version: faces,
            faces,
        }
    }

    fn held(galleries: &Galleries) -> Vec<String> {
        let mut ids = Vec::from_iter(galleries.lock().by_id.keys().cloned());
        ids.sort();
        ids
    }

    #[test]
    fn the_gallery_that_was_not_searched_for_longest_goes_first() {
        let galleries = Galleries::new(bytes(10));
        for id in ["a", "b"] {
            galleries.open(&gallery(id, 4)).unwrap();
        }
        galleries.open(&gallery("a", 4)).unwrap();
        assert_eq!(held(&galleries), ["a", "b"]);
        galleries.open(&gallery("c", 5)).unwrap();
        assert_eq!(held(&galleries), ["a", "c"]);
        // A gallery that fills the memory is held alone, and a larger one not at all.
        galleries.open(&gallery("d", 10)).unwrap();
        assert_eq!(held(&galleries), ["d"]);
        let refused = galleries.open(&gallery("e", 11)).err().unwrap();
        assert!(refused.message.contains("11 faces"), "{}", refused.message);
        galleries.forget("d");
        assert_eq!(held(&galleries), [""; 0]);
    }

    #[test]
    fn a_sealed_face_opens_as_itself_alone() {
        let vault = Vault::from_key([7; 32]);
        let descriptor = Descriptor::new(&[0.25; Descriptor::LENGTH]).unwrap();
        let kept = sealed(&vault, "t", "g", "f", &descriptor).unwrap();
        let face = |face_id: &str, sealed: &[u8]| SealedFace {
            no: 1,
            face_id: face_id.to_owned(),
            sealed: sealed.to_vec(),
        };
        let own = opened(&vault, "t", "g", &face("f", &kept)).unwrap();
        assert_eq!(own, descriptor);
        assert!(opened(&vault, "u", "g", &face("f", &kept)).is_err());
        assert!(opened(&vault, "t", "h", &face("f", &kept)).is_err());
        assert!(opened(&vault, "t", "g", &face("e", &kept)).is_err());
        let other = vault.seal(&context("t", "g", "f"), &[2; 513]).unwrap();
        assert!(opened(&vault, "t", "g", &face("f", &other)).is_err());
        let short = vault.seal(&context("t", "g", "f"), &[1; 300]).unwrap();
        assert!(opened(&vault, "t", "g", &face("f", &short)).is_err());
    }
}
