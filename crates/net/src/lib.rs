//! The one way to a URL that a caller gave.
//!
//! Whoever names a URL makes this machine connect somewhere, and behind it lies a network that the
//! caller must not reach (server-side request forgery). So [`Fetcher`] looks a host up once, checks
//! every address of the answer ([`refused`]) and connects to exactly those, on each hop of a
//! redirect; a second look-up that answers differently (DNS rebinding) cannot happen. There are
//! limits on size, time and hops, no proxy, no cookies, no credentials and no decompression.
//!
//! What the bytes are is not looked at, and a content type is not believed: decoders find out.
//! Everything blocks; call it from a thread that may.

mod address;
mod deadline;
mod error;
mod fetch;
mod lookup;
mod pinned;
mod policy;
mod target;

pub use address::{AddressClass, refused};
pub use error::FetchError;
pub use fetch::{Fetched, Fetcher, check};
pub use lookup::{Lookup, SystemLookup};
pub use policy::{Policy, Ports};
