//! What Lifesign remembers: tenants, keys, checks, active sessions with their callbacks, the wallet and the
//! audit log.
//!
//! One trait, [`Store`], and one implementation in SQL that speaks to SQLite (embedded, the
//! default) and to Postgres. The caller brings the clock, the identifiers, the hashes and the
//! sealed bytes: nothing here makes a secret, reads the time or sees a picture in the clear.
//!
//! Every method that changes something is one transaction. Every administrative act takes an
//! [`Act`] and writes its line of the audit log in that same transaction.

mod access;
mod active;
mod audit;
mod check;
mod console;
mod error;
mod gallery;
mod sql;
mod store;
mod tenant;
mod wallet;

pub use access::{Credential, CredentialKind, NewCredential, NewToken, Rules, Token};
pub use active::{
    ActivePage, ActiveSession, Claim, Delivery, DeliveryAttempt, DeliveryState, NewActiveSession,
    SessionEnd, TakenDelivery,
};
pub use audit::{Act, AuditEntry, AuditFault, AuditReport};
pub use check::{
    CheckFilter, CheckPage, CheckRecord, Commit, Committed, Erased, Fingerprint, NEAR_BITS, Replay,
    SealedImage, StoredAnswer,
};
pub use console::{Bucket, NewOperator, Operator, Session};
pub use error::StoreError;
pub use gallery::{Added, Gallery, GalleryFace, NewFace, SealedFace};
pub use sql::{SqlStore, open};
pub use store::Store;
pub use tenant::{ReplayPolicy, Tenant, TenantSettings};
pub use wallet::{LedgerEntry, LedgerKind};

/// A moment in milliseconds since the Unix epoch.
pub type Millis = i64;
