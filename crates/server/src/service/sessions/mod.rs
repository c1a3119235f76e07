//! Active sessions: a caller asks for one, a person's page captures it, the caller is told.
//!
//! Every change of state is one conditional update of the store, so that a session is captured once, survives a
//! restart, and may be made, captured and told by different processes on one database. What is secret of a
//! session (URLs, reference descriptors, where the person was, the result) is sealed in the store.

mod callback;
mod capture;
mod initiate;
mod keeper;
mod look;
mod record;
mod references;
mod view;

pub(crate) use callback::deliver_due;
pub use capture::{
    CaptureFailure, Captured, Ended, Fate, KeptFrame, Refusal, Start, Ticket, close_capture,
    open_capture,
};
pub(crate) use initiate::Asking;
pub(in crate::service) use initiate::initiate;
pub(crate) use look::{look, page};
pub(crate) use view::{found_media, media_signed, of_token};
