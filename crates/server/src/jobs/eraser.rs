//! Erases what is expired: checks, pictures, answers, tokens, log-ins, active sessions and their frames.

use std::sync::Arc;
use std::time::Duration;

use crate::{App, clock};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(60);

/// Runs until it is dropped. A failure is logged and tried again the next time.
pub(crate) async fn run(app: Arc<App>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match app.memory.store.erase_expired(clock::now()).await {
            Ok(erased) if erased == lifesign_store::Erased::default() => {}
            Ok(erased) => tracing::info!(
                erased.checks = erased.checks,
                erased.images = erased.images,
                erased.answers = erased.answers,
                erased.tokens = erased.tokens,
                erased.sessions = erased.sessions,
                erased.media = erased.media,
                "erased what was expired"
            ),
            Err(error) => {
                tracing::error!(error = %error, "what is expired could not be erased");
            }
        }
    }
}
