//! What a store promises.

use async_trait::async_trait;

use crate::{
    Act, ActivePage, ActiveSession, Added, AuditEntry, AuditReport, Bucket, CheckFilter, CheckPage,
    CheckRecord, Claim, Commit, Committed, Credential, CredentialKind, Delivery, DeliveryAttempt,
    DeliveryState, Erased, Fingerprint, Gallery, GalleryFace, LedgerEntry, Millis,
    NewActiveSession, NewCredential, NewFace, NewOperator, NewToken, Operator, Replay, SealedFace,
    SealedImage, Session, SessionEnd, StoreError, StoredAnswer, TakenDelivery, Tenant,
    TenantSettings, Token,
};

type Result<T> = std::result::Result<T, StoreError>;

/// The memory of the service. Whatever a method changes is changed as a whole and is on disk when it
/// returns; a process that is killed loses nothing that was answered.
///
/// What takes a `tenant_id` beside an identifier acts for that tenant and does not find what
/// belongs to another.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    // --- tenants -------------------------------------------------------------------------------

    /// Makes a tenant with an empty wallet together with its first credentials.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the name is taken.
    async fn create_tenant(
        &self,
        id: &str,
        name: &str,
        settings: &TenantSettings,
        credentials: &[NewCredential],
        act: &Act,
    ) -> Result<Tenant>;

    /// All tenants by name.
    async fn tenants(&self) -> Result<Vec<Tenant>>;

    /// The tenant with this identifier or this name.
    async fn tenant(&self, id_or_name: &str) -> Result<Option<Tenant>>;

    /// Shuts a tenant out, or lets it in again.
    async fn set_tenant_enabled(&self, id: &str, enabled: bool, act: &Act) -> Result<()>;

    /// Changes what holds for a tenant's checks.
    async fn set_tenant_settings(
        &self,
        id: &str,
        settings: &TenantSettings,
        act: &Act,
    ) -> Result<()>;

    // --- wallet --------------------------------------------------------------------------------

    /// Adds units, at least 1, and answers the new balance.
    async fn top_up(&self, tenant_id: &str, amount: i64, act: &Act) -> Result<i64>;

    /// The newest `limit` lines of a tenant's ledger, before line `before` if it is given.
    async fn statement(
        &self,
        tenant_id: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>>;

    // --- credentials and tokens ----------------------------------------------------------------

    /// Adds a credential to a tenant.
    async fn create_credential(&self, credential: &NewCredential, act: &Act) -> Result<()>;

    /// The credential of this kind with this public part, with its tenant; also one that is
    /// revoked, expired or of a disabled tenant: the caller decides.
    async fn credential(
        &self,
        kind: CredentialKind,
        public_id: &str,
    ) -> Result<Option<(Credential, Tenant)>>;

    /// Credentials of a tenant, or of all, newest first.
    async fn credentials(&self, tenant_id: Option<&str>) -> Result<Vec<Credential>>;

    /// Replaces hashes, sealed secret and public part of a credential: the old secret is worth
    /// nothing at once, and its tokens neither. Everything else of `fresh` stays as it was made;
    /// its tenant and kind must be the credential's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none, or it is revoked.
    async fn rotate_credential(&self, id: &str, fresh: &NewCredential, act: &Act) -> Result<()>;

    /// Ends a credential and its tokens for good.
    async fn revoke_credential(&self, id: &str, act: &Act) -> Result<()>;

    /// Notes a use; writes at most once a minute for each credential.
    async fn touch_credential(&self, id: &str, at: Millis) -> Result<()>;

    /// Answered checks, comparisons and searches of a credential in the calendar month (UTC) of `at`.
    async fn used_this_month(&self, credential_id: &str, at: Millis) -> Result<u32>;

    /// Keeps a token.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if its credential is revoked or of another tenant.
    async fn create_token(&self, token: &NewToken) -> Result<()>;

    /// A token by its hash, with its credential and tenant.
    async fn token(&self, hash: &[u8]) -> Result<Option<(Token, Credential, Tenant)>>;

    /// Ends a token, if it is there.
    async fn revoke_token(&self, hash: &[u8], at: Millis) -> Result<()>;

    // --- checks --------------------------------------------------------------------------------

    /// Keeps an answered check, takes its price, counts it against the credential's month and
    /// keeps its answer for repetition, in one transaction. An answer under the same key that is
    /// expired at the check's time makes room.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the tenant does not exist or the credential is not its own,
    /// [`StoreError::Exists`] if the check's identifier is taken, [`StoreError::Invalid`] for
    /// figures that are no numbers. Nothing is kept then.
    async fn commit(&self, commit: &Commit) -> Result<Committed>;

    /// The answer kept under a key, unless it is expired at `now`.
    async fn answer(
        &self,
        tenant_id: &str,
        scope: &str,
        key: &str,
        now: Millis,
    ) -> Result<Option<StoredAnswer>>;

    /// The latest earlier check of the tenant since `since` with the same file, or else with the
    /// nearest perceptual hash that differs in at most [`NEAR_BITS`](crate::NEAR_BITS) bits.
    async fn replay_of(
        &self,
        tenant_id: &str,
        fingerprint: &Fingerprint,
        since: Millis,
    ) -> Result<Option<Replay>>;

    /// One check of a tenant, or of any tenant (for the console).
    async fn check(&self, tenant_id: Option<&str>, id: &str) -> Result<Option<CheckRecord>>;

    /// A page of 1 to 1000 checks, newest first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if `after` is not the `next` of an earlier page.
    async fn checks(
        &self,
        filter: &CheckFilter,
        after: Option<&str>,
        limit: u32,
    ) -> Result<CheckPage>;

    /// The kept picture of a check, unless it is expired at the act's time; writes the audit log
    /// if there is one.
    async fn image(&self, check_id: &str, act: &Act) -> Result<Option<SealedImage>>;

    /// Whether a picture of the check is kept.
    async fn has_image(&self, check_id: &str) -> Result<bool>;

    /// Erases one check with everything that is kept with it; counts nothing, and writes nothing,
    /// where the tenant has no such check.
    async fn erase_check(&self, tenant_id: &str, id: &str, act: &Act) -> Result<Erased>;

    /// Erases every check, active session and face of a gallery of a tenant with a caller's reference; a capture
    /// that runs loses its session.
    async fn erase_reference(&self, tenant_id: &str, reference: &str, act: &Act) -> Result<Erased>;

    /// Erases what is expired at `now`: checks, pictures, answers, tokens, log-ins, active sessions and their
    /// frames.
    async fn erase_expired(&self, now: Millis) -> Result<Erased>;

    /// Checks in `count` stretches (at most 10,000) of `width_ms` from `from` on, of one tenant or
    /// of all.
    async fn buckets(
        &self,
        tenant_id: Option<&str>,
        from: Millis,
        width_ms: i64,
        count: u32,
    ) -> Result<Vec<Bucket>>;

    // --- active sessions -----------------------------------------------------------------------

    /// Keeps a new session and counts it against its credential's month.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the tenant does not exist or the credential is not its own,
    /// [`StoreError::Exists`] if identifier or token are taken.
    async fn create_active(&self, session: &NewActiveSession) -> Result<()>;

    /// A session of a tenant.
    async fn active(&self, tenant_id: &str, id: &str) -> Result<Option<ActiveSession>>;

    /// The session of a token, whoever's it is.
    async fn active_by_token(&self, token_hash: &[u8]) -> Result<Option<ActiveSession>>;

    /// A page of 1 to 1000 sessions of one tenant or of all, newest first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if `after` is not the `next` of an earlier page.
    async fn actives(
        &self,
        tenant_id: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<ActivePage>;

    /// Created becomes in progress, for one owner and one attempt; false where the session is not there, not
    /// created any more, expired, or has no attempt left.
    async fn claim_active(&self, claim: &Claim<'_>) -> Result<bool>;

    /// Prolongs the lease of the owner, and notes from then on that a step was shown or that the capture is
    /// judged. False where the session is the owner's no longer: cancelled, erased, or lost by its lease.
    async fn hold_active(
        &self,
        id: &str,
        owner: &str,
        lease_until: Millis,
        revealed: bool,
        processing: bool,
    ) -> Result<bool>;

    /// Lets the owner's session be captured again; an attempt in which nothing was shown is given back. False
    /// where it is the owner's no longer, expired, or has no attempt left.
    async fn reopen_active(&self, id: &str, owner: &str, at: Millis) -> Result<bool>;

    /// Ends the owner's session, keeps its frames and puts its callback into the queue, in one transaction.
    /// False, and nothing is kept, where it is the owner's no longer.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the state is no end.
    async fn finish_active(&self, id: &str, owner: &str, end: &SessionEnd) -> Result<bool>;

    /// Cancels a session that has not ended; answers it as it is then. There is no callback: who cancels knows.
    async fn cancel_active(
        &self,
        tenant_id: &str,
        id: &str,
        at: Millis,
    ) -> Result<Option<ActiveSession>>;

    /// Ends what is past its time, with its callbacks: links that were not opened are expired. A capture whose
    /// lease ran out begins again where nothing had been shown or an attempt is left, and has failed as
    /// `interrupted` else. Answers how many changed.
    async fn end_overdue(&self, now: Millis) -> Result<u64>;

    /// A kept frame of a session, unless it is expired at `now`.
    async fn session_media(
        &self,
        id: &str,
        ordinal: u32,
        now: Millis,
    ) -> Result<Option<SealedImage>>;

    // --- callbacks -----------------------------------------------------------------------------

    /// Takes the callback whose turn it is; nobody else gets it before `lease_until`.
    async fn take_delivery(
        &self,
        owner: &str,
        now: Millis,
        lease_until: Millis,
    ) -> Result<Option<TakenDelivery>>;

    /// Notes an attempt of the owner and what follows: delivered, given up, or waiting until `next_at`. False
    /// where the callback is the owner's no longer.
    async fn note_delivery(
        &self,
        session_id: &str,
        owner: &str,
        attempt: &DeliveryAttempt,
        then: DeliveryState,
        next_at: Millis,
    ) -> Result<bool>;

    /// Has a callback sent now, whatever came of it before, and tried for another day.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the session has none.
    async fn redeliver(&self, session_id: &str, act: &Act) -> Result<()>;

    /// The newest `limit` callbacks, of one tenant or of all, in one state or in any.
    async fn deliveries(
        &self,
        tenant_id: Option<&str>,
        state: Option<DeliveryState>,
        limit: u32,
    ) -> Result<Vec<Delivery>>;

    /// The attempts for a session's callback, oldest first.
    async fn delivery_attempts(&self, session_id: &str) -> Result<Vec<DeliveryAttempt>>;

    // --- galleries -----------------------------------------------------------------------------

    /// Adds a face to a gallery of at most `most` faces; the gallery is made with its first face.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the tenant does not exist, [`StoreError::Invalid`] for text that cannot be
    /// stored.
    async fn add_face(&self, face: &NewFace, most: i64, act: &Act) -> Result<Added>;

    /// Erases one face; counts nothing, and writes nothing, where there is no such face.
    async fn erase_face(
        &self,
        tenant_id: &str,
        gallery: &str,
        face_id: &str,
        act: &Act,
    ) -> Result<Erased>;

    /// Erases a gallery with all its faces; `None` where there is none of this name.
    async fn erase_gallery(&self, tenant_id: &str, name: &str, act: &Act)
    -> Result<Option<Erased>>;

    /// The galleries of a tenant, by name.
    async fn galleries(&self, tenant_id: &str) -> Result<Vec<Gallery>>;

    /// A gallery of a tenant by its name.
    async fn gallery(&self, tenant_id: &str, name: &str) -> Result<Option<Gallery>>;

    /// The first `limit` faces of a gallery, by its identifier, with a number over `after`, in the order of their
    /// numbers.
    async fn sealed_faces(
        &self,
        gallery_id: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<SealedFace>>;

    /// The same without the faces: their numbers.
    async fn face_numbers(&self, gallery_id: &str, after: i64, limit: u32) -> Result<Vec<i64>>;

    /// The faces of a gallery with these numbers, in no order; one that is gone is left out.
    async fn faces(&self, gallery_id: &str, numbers: &[i64]) -> Result<Vec<GalleryFace>>;

    /// Counts a comparison or a search against a credential of the tenant, as a commit counts a check.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the credential is not the tenant's.
    async fn count_use(&self, tenant_id: &str, credential_id: &str, at: Millis) -> Result<()>;

    // --- console -------------------------------------------------------------------------------

    /// Lets somebody work at the console.
    async fn create_operator(&self, operator: &NewOperator, act: &Act) -> Result<()>;

    /// Everybody who works at the console, by name.
    async fn operators(&self) -> Result<Vec<Operator>>;

    /// Somebody by name.
    async fn operator(&self, name: &str) -> Result<Option<Operator>>;

    /// Changes a password and ends the sessions.
    async fn set_operator_password(&self, name: &str, password_hash: &str, act: &Act)
    -> Result<()>;

    /// Shuts somebody out (and ends the sessions), or lets them in again.
    async fn set_operator_enabled(&self, name: &str, enabled: bool, act: &Act) -> Result<()>;

    /// Keeps a log-in; writes the audit log.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the operator is disabled.
    async fn create_session(&self, session: &Session, act: &Act) -> Result<()>;

    /// A log-in by its hash, unless it is expired at `now` or its operator disabled.
    async fn session(&self, hash: &[u8], now: Millis) -> Result<Option<(Session, Operator)>>;

    /// Ends a log-in, if it is there; writes the audit log.
    async fn end_session(&self, hash: &[u8], act: &Act) -> Result<()>;

    // --- audit ---------------------------------------------------------------------------------

    /// Writes a line for an act that changes nothing in the store.
    async fn note(&self, action: &str, target: &str, detail: &str, act: &Act) -> Result<()>;

    /// The newest `limit` lines, before line `before` if it is given.
    async fn audit(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>>;

    /// Computes the whole chain again.
    async fn verify_audit(&self) -> Result<AuditReport>;
}
