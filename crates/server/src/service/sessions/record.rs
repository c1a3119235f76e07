//! What is kept of a session, sealed: what was asked for, and what came of it.

use lifesign_challenge::Options;
use lifesign_contracts::{Failure, Geolocation, Language, Location};
use lifesign_domain::SessionResult;
use lifesign_store::ActiveSession;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::conversation::fault;
use crate::vault::Vault;

/// What was asked for.
#[derive(Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) purpose: String,
    pub(super) redirect_url: Option<String>,
    pub(super) callback_url: Option<String>,
    pub(super) geolocation: Geolocation,
    pub(super) language: Option<Language>,
    pub(super) challenge: Options,
    /// How often the person may try in all; sessions made before this was kept say 0.
    #[serde(default)]
    pub(super) attempts: u32,
    pub(super) profile: String,
    /// Name and descriptor of each reference image. The images themselves are not kept.
    pub(super) references: Vec<KeptReference>,
    /// Seconds for which the frames are kept after the end.
    pub(super) keep_media_s: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct KeptReference {
    pub(super) name: String,
    pub(super) descriptor: Vec<f32>,
}

/// What came of it.
#[derive(Serialize, Deserialize)]
pub(super) struct Told {
    /// `best_frame` of a face match is a place among the kept frames.
    pub(super) result: SessionResult,
    pub(super) location: Option<Location>,
}

impl Asked {
    pub(super) fn seal(&self, vault: &Vault, id: &str) -> Result<Vec<u8>, Failure> {
        seal(vault, "asked", id, self)
    }

    pub(super) fn open(vault: &Vault, session: &ActiveSession) -> Result<Self, Failure> {
        open(vault, "asked", &session.made.id, &session.made.asked)
    }
}

impl Told {
    pub(super) fn seal(&self, vault: &Vault, id: &str) -> Result<Vec<u8>, Failure> {
        seal(vault, "result", id, self)
    }

    pub(super) fn open(vault: &Vault, session: &ActiveSession) -> Result<Option<Self>, Failure> {
        let sealed = session.result.as_deref();
        sealed
            .map(|sealed| open(vault, "result", &session.made.id, sealed))
            .transpose()
    }
}

/// What a kept frame is bound to.
pub(super) fn media_context(id: &str, ordinal: u32) -> Vec<u8> {
    format!("session media\0{id}\0{ordinal}").into_bytes()
}

fn context(what: &str, id: &str) -> Vec<u8> {
    format!("session {what}\0{id}").into_bytes()
}

fn seal<T: Serialize>(vault: &Vault, what: &str, id: &str, value: &T) -> Result<Vec<u8>, Failure> {
    let plain = serde_json::to_vec(value).map_err(|_| fault("a session cannot be written"))?;
    let sealed = vault.seal(&context(what, id), &plain);
    sealed.map_err(|error| fault(&error.to_string()))
}

fn open<T: DeserializeOwned>(
    vault: &Vault,
    what: &str,
    id: &str,
    sealed: &[u8],
) -> Result<T, Failure> {
    let plain = vault.open(&context(what, id), sealed);
    let plain = plain.map_err(|error| fault(&error.to_string()))?;
    // The parser's message may quote what it read.
    serde_json::from_slice(&plain).map_err(|_| fault("a kept session cannot be read"))
}
