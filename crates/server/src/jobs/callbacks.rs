//! Sends the callbacks of ended sessions.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::App;
use crate::service::sessions;

/// How often it looks for what another process has left, or what is to be tried again.
const EVERY: Duration = Duration::from_secs(1);
/// Callbacks that are sent at the same time: one slow receiver must not hold up the others.
const AT_ONCE: usize = 16;

/// Runs until it is dropped.
pub(crate) async fn run(app: Arc<App>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let _ = tokio::time::timeout(EVERY, app.deliveries.notified()).await;
        // One worker a turn: it goes on as long as it finds one, and where a receiver is slow the next turn's
        // worker takes the next.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            continue;
        };
        tokio::spawn(work(Arc::clone(&app), place));
    }
}

async fn work(app: Arc<App>, _place: OwnedSemaphorePermit) {
    loop {
        match sessions::deliver_due(&app).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::error!(error = %error, "callbacks cannot be sent: {error}");
                return;
            }
        }
    }
}
