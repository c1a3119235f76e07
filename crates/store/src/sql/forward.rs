//! The trait's methods, each where its topic is.

use async_trait::async_trait;
use tracing::Instrument;

use super::{Result, SqlStore};
use crate::{
    Act, ActivePage, ActiveSession, Added, AuditEntry, AuditReport, Bucket, CheckFilter, CheckPage,
    CheckRecord, Claim, Commit, Committed, Credential, CredentialKind, Delivery, DeliveryAttempt,
    DeliveryState, Erased, Fingerprint, Gallery, GalleryFace, LedgerEntry, Millis,
    NewActiveSession, NewCredential, NewFace, NewOperator, NewToken, Operator, Replay, SealedFace,
    SealedImage, Session, SessionEnd, Store, StoredAnswer, TakenDelivery, Tenant, TenantSettings,
    Token,
};

/// `fn name(argument: type, …) -> output;` calls the method of the same name on [`SqlStore`], in a span.
macro_rules! forward {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $output:ty;)*) => {
        #[async_trait]
        impl Store for SqlStore {
            $(async fn $name(&self, $($argument: $type),*) -> Result<$output> {
                let span = tracing::info_span!("store", otel.name = concat!("store ", stringify!($name)));
                SqlStore::$name(self, $($argument),*).instrument(span).await
            })*
        }
    };
}

forward! {
    fn create_tenant(id: &str, name: &str, settings: &TenantSettings, credentials: &[NewCredential], act: &Act) -> Tenant;
    fn tenants() -> Vec<Tenant>;
    fn tenant(id_or_name: &str) -> Option<Tenant>;
    fn set_tenant_enabled(id: &str, enabled: bool, act: &Act) -> ();
    fn set_tenant_settings(id: &str, settings: &TenantSettings, act: &Act) -> ();

    fn top_up(tenant_id: &str, amount: i64, act: &Act) -> i64;
    fn statement(tenant_id: &str, before: Option<i64>, limit: u32) -> Vec<LedgerEntry>;

    fn create_credential(credential: &NewCredential, act: &Act) -> ();
    fn credential(kind: CredentialKind, public_id: &str) -> Option<(Credential, Tenant)>;
    fn credentials(tenant_id: Option<&str>) -> Vec<Credential>;
    fn rotate_credential(id: &str, fresh: &NewCredential, act: &Act) -> ();
    fn revoke_credential(id: &str, act: &Act) -> ();
    fn touch_credential(id: &str, at: Millis) -> ();
    fn used_this_month(credential_id: &str, at: Millis) -> u32;
    fn create_token(token: &NewToken) -> ();
    fn token(hash: &[u8]) -> Option<(Token, Credential, Tenant)>;
    fn revoke_token(hash: &[u8], at: Millis) -> ();

    fn commit(commit: &Commit) -> Committed;
    fn answer(tenant_id: &str, scope: &str, key: &str, now: Millis) -> Option<StoredAnswer>;
    fn replay_of(tenant_id: &str, fingerprint: &Fingerprint, since: Millis) -> Option<Replay>;
    fn check(tenant_id: Option<&str>, id: &str) -> Option<CheckRecord>;
    fn checks(filter: &CheckFilter, after: Option<&str>, limit: u32) -> CheckPage;
    fn image(check_id: &str, act: &Act) -> Option<SealedImage>;
    fn has_image(check_id: &str) -> bool;
    fn erase_check(tenant_id: &str, id: &str, act: &Act) -> Erased;
    fn erase_reference(tenant_id: &str, reference: &str, act: &Act) -> Erased;
    fn erase_expired(now: Millis) -> Erased;
    fn buckets(tenant_id: Option<&str>, from: Millis, width_ms: i64, count: u32) -> Vec<Bucket>;

    fn create_active(session: &NewActiveSession) -> ();
    fn active(tenant_id: &str, id: &str) -> Option<ActiveSession>;
    fn active_by_token(token_hash: &[u8]) -> Option<ActiveSession>;
    fn actives(tenant_id: Option<&str>, after: Option<&str>, limit: u32) -> ActivePage;
    fn claim_active(claim: &Claim<'_>) -> bool;
    fn hold_active(id: &str, owner: &str, lease_until: Millis, revealed: bool, processing: bool) -> bool;
    fn reopen_active(id: &str, owner: &str, at: Millis) -> bool;
    fn finish_active(id: &str, owner: &str, end: &SessionEnd) -> bool;
    fn cancel_active(tenant_id: &str, id: &str, at: Millis) -> Option<ActiveSession>;
    fn end_overdue(now: Millis) -> u64;
    fn session_media(id: &str, ordinal: u32, now: Millis) -> Option<SealedImage>;

    fn take_delivery(owner: &str, now: Millis, lease_until: Millis) -> Option<TakenDelivery>;
    fn note_delivery(session_id: &str, owner: &str, attempt: &DeliveryAttempt, then: DeliveryState, next_at: Millis) -> bool;
    fn redeliver(session_id: &str, act: &Act) -> ();
    fn deliveries(tenant_id: Option<&str>, state: Option<DeliveryState>, limit: u32) -> Vec<Delivery>;
    fn delivery_attempts(session_id: &str) -> Vec<DeliveryAttempt>;

    fn add_face(face: &NewFace, most: i64, act: &Act) -> Added;
    fn erase_face(tenant_id: &str, gallery: &str, face_id: &str, act: &Act) -> Erased;
    fn erase_gallery(tenant_id: &str, name: &str, act: &Act) -> Option<Erased>;
    fn galleries(tenant_id: &str) -> Vec<Gallery>;
    fn gallery(tenant_id: &str, name: &str) -> Option<Gallery>;
    fn sealed_faces(gallery_id: &str, after: i64, limit: u32) -> Vec<SealedFace>;
    fn face_numbers(gallery_id: &str, after: i64, limit: u32) -> Vec<i64>;
    fn faces(gallery_id: &str, numbers: &[i64]) -> Vec<GalleryFace>;
    fn count_use(tenant_id: &str, credential_id: &str, at: Millis) -> ();

    fn create_operator(operator: &NewOperator, act: &Act) -> ();
    fn operators() -> Vec<Operator>;
    fn operator(name: &str) -> Option<Operator>;
    fn set_operator_password(name: &str, password_hash: &str, act: &Act) -> ();
    fn set_operator_enabled(name: &str, enabled: bool, act: &Act) -> ();
    fn create_session(session: &Session, act: &Act) -> ();
    fn session(hash: &[u8], now: Millis) -> Option<(Session, Operator)>;
    fn end_session(hash: &[u8], act: &Act) -> ();

    fn note(action: &str, target: &str, detail: &str, act: &Act) -> ();
    fn audit(before: Option<i64>, limit: u32) -> Vec<AuditEntry>;
    fn verify_audit() -> AuditReport;
}
