//! The HTTP contracts that Lifesign speaks: one folder a vendor, the native API among them.
//!
//! A [`Contract`] maps an [`Incoming`] request to a neutral [`CheckRequest`] and the outcome back
//! to the vendor's own body. Nothing here opens a socket, decodes an image, knows the engine or
//! the web framework: one handler in the server drives them all.
//!
//! To add a contract: write its folder (wire types, mapping, error table, `openapi.json`) and
//! list it in [`all`].

pub mod capture;
mod contract;
pub mod decentro;
mod fields;
mod form;
pub mod native;
mod outcome;
mod reply;
mod request;
mod session;
pub mod syntizen;
#[cfg(test)]
mod testing;
pub mod verified_africa;

/// Largest clip in bytes, the documented 20 MB.
pub const CLIP_BYTES: usize = 20 * 1024 * 1024;

pub use contract::{About, Contract, Echo, Reply, Route};
pub use decentro::Decentro;
pub use native::Native;
pub use outcome::{Answer, Checked, Failure, FailureKind, IssuedToken, Picture};
pub use request::{
    Ask, Body, CheckOptions, CheckRequest, ClipRequest, ClipRules, ClipSource, Credentials,
    ImageFormat, ImageRules, ImageSource, Incoming, Part, TokenRequest,
};
pub use session::{
    Geolocation, Language, Location, REFERENCES, Reference, SESSION_BYTES, SessionDeed,
    SessionLook, SessionPage, SessionRequest, SessionView,
};
pub use syntizen::Syntizen;
pub use verified_africa::VerifiedAfrica;

/// Every contract that is served. The first one, the native API, also words the answers to
/// requests that belong to no contract.
pub fn all() -> Vec<&'static dyn Contract> {
    vec![&Native, &Syntizen, &VerifiedAfrica, &Decentro]
}
