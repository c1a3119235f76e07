//! Faces against faces: two pictures, or a picture against a tenant's gallery.
//!
//! Pictures are decoded and looked at on the pool, within the time of any request. Descriptors leave this module
//! only sealed, into the store, and into the memory of [`Galleries`](super::galleries::Galleries).

use std::sync::Arc;

use bytes::Bytes;
use lifesign_contracts::native::faces::{
    Compared, Enrolled, FaceFailure, FaceRequest, Match, SearchRequest, Searched, SeenFace,
};
use lifesign_contracts::{Failure, FailureKind, ImageSource};
use lifesign_engine::{Descriptor, Portrait, match_distance, match_score};
use lifesign_media::Limits;
use lifesign_store::{Act, Added, Gallery, NewFace};

use super::access::{Caller, unavailable};
use super::checker::of_media;
use super::conversation::{Deadline, fault, of_pool};
use super::galleries::{most_faces, sealed};
use super::pool::Place;
use crate::{App, clock, secrets};

type Outcome<T> = Result<T, FaceFailure>;

/// One request about faces on its way.
pub(crate) struct Faces<'a> {
    app: &'a Arc<App>,
    caller: &'a Caller,
    place: Place,
    deadline: Deadline,
}

impl<'a> Faces<'a> {
    /// Takes a place in the pool.
    pub(crate) fn enter(app: &'a Arc<App>, caller: &'a Caller) -> Result<Self, Failure> {
        Ok(Self {
            app,
            caller,
            place: app.pool.enter().map_err(of_pool)?,
            deadline: Deadline::new(app.config.request_timeout),
        })
    }

    /// Two pictures.
    pub(crate) async fn compare(&self, images: [ImageSource<'_>; 2]) -> Outcome<Compared> {
        let [first, second] = images;
        let (first, second) = (self.file("image1", first)?, self.file("image2", second)?);
        let one = self.portrait("image1", first).await?;
        let other = self.portrait("image2", second).await?;
        let score = match_score(one.descriptor.distance(&other.descriptor));
        self.count().await?;
        let threshold = self.threshold();
        Ok(Compared {
            score,
            same_person: score >= threshold,
            threshold,
            faces: [seen("image1", one), seen("image2", other)],
        })
    }

    /// A face into a gallery, which comes with its first face.
    pub(crate) async fn enrol(
        &self,
        gallery: &str,
        request: FaceRequest<'_>,
        act: &Act,
    ) -> Outcome<Enrolled> {
        let image = self.file("image", request.image)?;
        let portrait = self.portrait("image", image).await?;
        if portrait.face_count > 1 {
            return Err(FaceFailure::SeveralFaces("image", portrait.face_count));
        }
        let identifier = |prefix| secrets::identifier(prefix).map_err(|e| fault(&e.to_string()));
        let face_id = match request.face_id {
            Some(face_id) => face_id,
            None => identifier("face_")?,
        };
        let tenant_id = &self.caller.tenant.id;
        let vault = &self.app.memory.vault;
        let most = most_faces(self.app.config.gallery_memory_bytes);
        let face = NewFace {
            tenant_id: tenant_id.clone(),
            gallery: gallery.to_owned(),
            fresh_gallery_id: identifier("gallery_")?,
            sealed: sealed(vault, tenant_id, gallery, &face_id, &portrait.descriptor)?,
            face_id,
            label: request.label,
            reference: request.reference,
        };
        // Not under the deadline: a face is either kept and answered, or neither.
        let added = self.app.memory.store.add_face(&face, most, act).await;
        match added.map_err(|e| unavailable(&e))? {
            Added::Done(kept) => Ok(Enrolled {
                gallery: kept.name,
                face_id: face.face_id,
                faces: kept.faces,
                face: seen("image", portrait),
            }),
            Added::Exists => Err(FaceFailure::FaceExists),
            Added::Full => Err(FaceFailure::GalleryFull(most)),
        }
    }

    /// The best matches of a face in a gallery.
    pub(crate) async fn search(
        &self,
        gallery: Gallery,
        request: SearchRequest<'_>,
    ) -> Outcome<Searched> {
        let image = self.file("image", request.image)?;
        let portrait = self.portrait("image", image).await?;
        let threshold = request.threshold.unwrap_or_else(|| self.threshold());
        let matches = self
            .matches(
                &gallery,
                portrait.descriptor.clone(),
                threshold,
                request.limit,
            )
            .await?;
        self.count().await?;
        Ok(Searched {
            gallery: gallery.name,
            faces: gallery.faces,
            threshold,
            matches,
            face: seen("image", portrait),
        })
    }

    async fn matches(
        &self,
        gallery: &Gallery,
        wanted: Descriptor,
        threshold: u8,
        limit: u32,
    ) -> Outcome<Vec<Match>> {
        let galleries = &self.app.galleries;
        let tenant_id = &self.caller.tenant.id;
        let loading = galleries.current(&self.app.memory, &self.place, tenant_id, gallery);
        let index = self.deadline.keep(loading).await??;
        // A score of 0 has no farthest distance.
        let farthest = match threshold {
            0 => f64::INFINITY,
            threshold => match_distance(threshold) + 1e-6,
        };
        let searching = self
            .place
            .run(move || index.nearest(&wanted, farthest, limit as usize));
        let found = self.deadline.keep(searching).await?.map_err(of_pool)?;
        let numbers = Vec::from_iter(found.iter().map(|found| found.number));
        let faces = self.app.memory.store.faces(&gallery.id, &numbers).await;
        let mut faces = faces.map_err(|e| unavailable(&e))?;
        let mut matches = Vec::with_capacity(found.len());
        for found in found {
            let score = match_score(found.distance);
            // A face that was erased meanwhile is not found.
            let Some(at) = faces.iter().position(|face| face.no == found.number) else {
                continue;
            };
            if score < threshold {
                continue;
            }
            let face = faces.swap_remove(at);
            matches.push(Match {
                face_id: face.face_id,
                label: face.label,
                reference: face.reference,
                score,
            });
        }
        Ok(matches)
    }

    /// The score from which on two faces count as one person. Scores are whole, so its fraction rounds up.
    fn threshold(&self) -> u8 {
        self.app.checker.min_match_score().ceil().clamp(0.0, 100.0) as u8
    }

    fn file(&self, field: &'static str, image: ImageSource<'_>) -> Result<Bytes, Failure> {
        file(image, &self.app.config.limits).map_err(|failure| about(field, failure))
    }

    /// The largest face of a picture.
    async fn portrait(&self, field: &'static str, image: Bytes) -> Outcome<Portrait> {
        let checker = Arc::clone(&self.app.checker);
        let looking = self.place.run(move || checker.portrait(&image));
        let looked = self.deadline.keep(looking).await?.map_err(of_pool)?;
        let portrait = looked.map_err(|failure| about(field, failure))?;
        portrait.ok_or(FaceFailure::NoFace(field))
    }

    /// Counts against the month of the credential.
    async fn count(&self) -> Result<(), Failure> {
        let Some(credential) = &self.caller.credential else {
            return Ok(());
        };
        let (store, tenant) = (&self.app.memory.store, &self.caller.tenant.id);
        let counted = store.count_use(tenant, &credential.made.id, clock::now());
        counted.await.map_err(|e| unavailable(&e))
    }
}

fn file(image: ImageSource<'_>, limits: &Limits) -> Result<Bytes, Failure> {
    match image {
        ImageSource::Bytes(bytes) => Ok(Bytes::copy_from_slice(bytes)),
        ImageSource::Base64(text) => lifesign_media::decode_base64(&text, limits)
            .map(Bytes::from)
            .map_err(|e| of_media(&e)),
        ImageSource::Sealed { .. } | ImageSource::Url(_) => Err(Failure::invalid(
            "this route takes images in the request alone",
        )),
    }
}

/// Says which picture it is about, where that is not about the server.
fn about(field: &str, failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::Internal | FailureKind::Overloaded | FailureKind::TimedOut => failure,
        _ => Failure {
            message: format!("`{field}`: {}", failure.message),
            ..failure
        },
    }
}

fn seen(image: &'static str, portrait: Portrait) -> SeenFace {
    SeenFace {
        image,
        face: portrait.face,
        face_count: portrait.face_count,
        quality: portrait.quality,
        reasons: portrait.reasons,
    }
}
