//! A real store that fails where a test says so.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use lifesign_store::{
    Act, ActivePage, ActiveSession, Added, AuditEntry, AuditReport, Bucket, CheckFilter, CheckPage,
    CheckRecord, Claim, Commit, Committed, Credential, CredentialKind, Delivery, DeliveryAttempt,
    DeliveryState, Erased, Fingerprint, Gallery, GalleryFace, LedgerEntry, Millis,
    NewActiveSession, NewCredential, NewFace, NewOperator, NewToken, Operator, Replay, SealedFace,
    SealedImage, Session, SessionEnd, Store, StoreError, StoredAnswer, TakenDelivery, Tenant,
    TenantSettings, Token,
};

/// Passes everything on, except for the methods that are to fail.
pub(crate) struct FailingStore {
    inner: Arc<dyn Store>,
    failing: Mutex<BTreeSet<&'static str>>,
}

impl FailingStore {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            failing: Mutex::default(),
        })
    }

    /// From now on this method fails, and no other.
    pub(crate) fn fail(&self, method: &'static str) {
        *self.failing.lock().unwrap() = BTreeSet::from([method]);
    }

    pub(crate) fn heal(&self) {
        self.failing.lock().unwrap().clear();
    }

    fn gate(&self, method: &str) -> Result<(), StoreError> {
        if self.failing.lock().unwrap().contains(method) {
            let why = format!("a test wants {method} to fail");
            return Err(StoreError::Database(why));
        }
        Ok(())
    }
}

macro_rules! passed_on {
    ($($method:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl Store for FailingStore {
            $(async fn $method(&self, $($arg: $type),*) -> Result<$out, StoreError> {
                self.gate(stringify!($method))?;
                self.inner.$method($($arg),*).await
            })*
        }
    };
}

passed_on! {
    create_tenant(id: &str, name: &str, settings: &TenantSettings, credentials: &[NewCredential], act: &Act) -> Tenant;
    tenants() -> Vec<Tenant>;
    tenant(id: &str) -> Option<Tenant>;
    set_tenant_enabled(id: &str, enabled: bool, act: &Act) -> ();
    set_tenant_settings(id: &str, settings: &TenantSettings, act: &Act) -> ();
    top_up(tenant: &str, amount: i64, act: &Act) -> i64;
    statement(tenant: &str, before: Option<i64>, limit: u32) -> Vec<LedgerEntry>;
    create_credential(credential: &NewCredential, act: &Act) -> ();
    credential(kind: CredentialKind, public_id: &str) -> Option<(Credential, Tenant)>;
    credentials(tenant: Option<&str>) -> Vec<Credential>;
    rotate_credential(id: &str, fresh: &NewCredential, act: &Act) -> ();
    revoke_credential(id: &str, act: &Act) -> ();
    touch_credential(id: &str, at: Millis) -> ();
    used_this_month(credential: &str, at: Millis) -> u32;
    create_token(token: &NewToken) -> ();
    token(hash: &[u8]) -> Option<(Token, Credential, Tenant)>;
    revoke_token(hash: &[u8], at: Millis) -> ();
    commit(commit: &Commit) -> Committed;
    answer(tenant: &str, scope: &str, key: &str, now: Millis) -> Option<StoredAnswer>;
    replay_of(tenant: &str, fingerprint: &Fingerprint, since: Millis) -> Option<Replay>;
    check(tenant: Option<&str>, id: &str) -> Option<CheckRecord>;
    checks(filter: &CheckFilter, after: Option<&str>, limit: u32) -> CheckPage;
    image(check: &str, act: &Act) -> Option<SealedImage>;
    has_image(check: &str) -> bool;
    erase_check(tenant: &str, id: &str, act: &Act) -> Erased;
    erase_reference(tenant: &str, reference: &str, act: &Act) -> Erased;
    erase_expired(now: Millis) -> Erased;
    buckets(tenant: Option<&str>, from: Millis, width_ms: i64, count: u32) -> Vec<Bucket>;
    create_active(session: &NewActiveSession) -> ();
    active(tenant: &str, id: &str) -> Option<ActiveSession>;
    active_by_token(hash: &[u8]) -> Option<ActiveSession>;
    actives(tenant: Option<&str>, after: Option<&str>, limit: u32) -> ActivePage;
    claim_active(claim: &Claim<'_>) -> bool;
    hold_active(id: &str, owner: &str, lease: Millis, revealed: bool, processing: bool) -> bool;
    reopen_active(id: &str, owner: &str, at: Millis) -> bool;
    finish_active(id: &str, owner: &str, end: &SessionEnd) -> bool;
    cancel_active(tenant: &str, id: &str, at: Millis) -> Option<ActiveSession>;
    end_overdue(now: Millis) -> u64;
    session_media(id: &str, ordinal: u32, now: Millis) -> Option<SealedImage>;
    take_delivery(owner: &str, now: Millis, lease: Millis) -> Option<TakenDelivery>;
    note_delivery(id: &str, owner: &str, attempt: &DeliveryAttempt, then: DeliveryState, at: Millis) -> bool;
    redeliver(id: &str, act: &Act) -> ();
    deliveries(tenant: Option<&str>, state: Option<DeliveryState>, limit: u32) -> Vec<Delivery>;
    delivery_attempts(id: &str) -> Vec<DeliveryAttempt>;

    add_face(face: &NewFace, most: i64, act: &Act) -> Added;
    erase_face(tenant_id: &str, gallery: &str, face_id: &str, act: &Act) -> Erased;
    erase_gallery(tenant_id: &str, name: &str, act: &Act) -> Option<Erased>;
    galleries(tenant_id: &str) -> Vec<Gallery>;
    gallery(tenant_id: &str, name: &str) -> Option<Gallery>;
    sealed_faces(gallery_id: &str, after: i64, limit: u32) -> Vec<SealedFace>;
    face_numbers(gallery_id: &str, after: i64, limit: u32) -> Vec<i64>;
    faces(gallery_id: &str, numbers: &[i64]) -> Vec<GalleryFace>;
    count_use(tenant_id: &str, credential_id: &str, at: Millis) -> ();
    create_operator(operator: &NewOperator, act: &Act) -> ();
    operators() -> Vec<Operator>;
    operator(name: &str) -> Option<Operator>;
    set_operator_password(name: &str, hash: &str, act: &Act) -> ();
    set_operator_enabled(name: &str, enabled: bool, act: &Act) -> ();
    create_session(session: &Session, act: &Act) -> ();
    session(hash: &[u8], now: Millis) -> Option<(Session, Operator)>;
    end_session(hash: &[u8], act: &Act) -> ();
    note(action: &str, target: &str, detail: &str, act: &Act) -> ();
    audit(before: Option<i64>, limit: u32) -> Vec<AuditEntry>;
    verify_audit() -> AuditReport;
}
