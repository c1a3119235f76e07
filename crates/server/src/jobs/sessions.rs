//! Ends sessions that are past their time, and those whose capture was lost.

use std::sync::Arc;
use std::time::Duration;

use crate::{App, clock};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);

/// Runs until it is dropped. A failure is logged and tried again the next time.
pub(crate) async fn run(app: Arc<App>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match app.memory.store.end_overdue(clock::now()).await {
            Ok(0) => {}
            Ok(ended) => {
                tracing::info!(
                    sessions.ended = ended,
                    "{ended} sessions were past their time"
                );
                app.deliveries.notify_one();
            }
            Err(error) => {
                tracing::error!(error = %error, "sessions past their time could not be ended");
            }
        }
    }
}
