//! Holds a session for its capture, and learns when it was taken from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lifesign_domain::SessionState;
use lifesign_store::StoreError;
use tokio::sync::watch;
use tokio::time::Instant;

use super::capture::Fate;
use crate::{App, clock};

/// How long a session is held without word of its owner.
pub(super) const LEASE: Duration = Duration::from_secs(10);
/// How often the owner looks whether the session was taken from it.
const BEAT: Duration = Duration::from_secs(1);
/// At every which look it gives word.
const PROLONGED_EVERY: u64 = 3;

/// Prolongs the lease of a capture until its ticket is dropped.
pub(super) struct Keeper {
    pub(super) app: Arc<App>,
    pub(super) tenant_id: String,
    pub(super) session_id: String,
    pub(super) owner: String,
    pub(super) revealed: Arc<AtomicBool>,
    pub(super) deadline: Instant,
    pub(super) tell: watch::Sender<Option<Fate>>,
}

impl Keeper {
    pub(super) async fn run(self) {
        let mut heard = Instant::now();
        for beat in 1_u64.. {
            tokio::time::sleep(BEAT).await;
            // A look costs nothing; a prolonged lease is a write that the disk must confirm.
            let held = match beat % PROLONGED_EVERY {
                0 => self.prolong().await,
                _ => self.is_captured().await,
            };
            match held {
                Ok(true) if beat % PROLONGED_EVERY == 0 => heard = Instant::now(),
                Ok(true) => {}
                Ok(false) => {
                    let fate = self.fate().await;
                    self.tell.send_replace(Some(fate));
                    return;
                }
                // The database may come back before the lease is over.
                Err(_) if heard.elapsed() < LEASE => {}
                Err(_) => {
                    self.tell.send_replace(Some(Fate::Lost));
                    return;
                }
            }
            if Instant::now() >= self.deadline && self.tell.borrow().is_none() {
                self.tell.send_replace(Some(Fate::Expired));
            }
        }
    }

    async fn prolong(&self) -> Result<bool, StoreError> {
        let lease = clock::now().saturating_add(clock::millis(LEASE));
        let revealed = self.revealed.load(Ordering::Relaxed);
        let store = &self.app.memory.store;
        store
            .hold_active(&self.session_id, &self.owner, lease, revealed, false)
            .await
    }

    async fn is_captured(&self) -> Result<bool, StoreError> {
        let store = &self.app.memory.store;
        let found = store.active(&self.tenant_id, &self.session_id).await?;
        let state = found.map(|session| session.state);
        Ok(matches!(
            state,
            Some(SessionState::InProgress | SessionState::Processing)
        ))
    }

    async fn fate(&self) -> Fate {
        let store = &self.app.memory.store;
        match store.active(&self.tenant_id, &self.session_id).await {
            Ok(Some(session)) if session.state == SessionState::Cancelled => Fate::Cancelled,
            _ => Fate::Lost,
        }
    }
}
