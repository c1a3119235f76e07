//! `lifesign webhooks`.

use lifesign_server::service::admin;
use lifesign_store::{Delivery, DeliveryAttempt, DeliveryState};
use serde_json::json;

use super::desk::{self, Desk, shown};
use crate::args::{DeliveryArg, WebhooksArgs, WebhooksVerb};
use crate::error::CliError;
use crate::output::{print_json, print_line, print_rows};
use lifesign_config::Config;

pub(crate) fn run(args: &WebhooksArgs, config: &Config) -> Result<(), CliError> {
    desk::at(config, async |desk| act(args, desk).await)
}

async fn act(args: &WebhooksArgs, desk: &Desk) -> Result<(), CliError> {
    let (store, json) = (desk.store.as_ref(), args.at.json);
    match &args.verb {
        WebhooksVerb::List {
            tenant,
            state,
            limit,
        } => {
            let tenant = match tenant {
                Some(name) => Some(admin::existing_tenant(store, name).await?.id),
                None => None,
            };
            let listed = store
                .deliveries(tenant.as_deref(), state.map(state_of), *limit)
                .await?;
            let mut tried = Vec::with_capacity(listed.len());
            for delivery in listed {
                let attempts = store.delivery_attempts(&delivery.session_id).await?;
                tried.push((delivery, attempts));
            }
            if json {
                let tried = tried.iter().map(
                    |(delivery, attempts)| json!({ "callback": delivery, "attempts": attempts }),
                );
                return print_json(&Vec::from_iter(tried));
            }
            let rows = tried
                .iter()
                .map(|(delivery, attempts)| row(delivery, attempts));
            let head = [
                "session", "tenant", "ended", "state", "attempts", "last", "next",
            ];
            print_rows(&head, rows.collect())
        }
        WebhooksVerb::Redeliver { session } => {
            store.redeliver(session, &desk.act).await?;
            if json {
                return print_json(&json!({ "session_id": session, "state": "waiting" }));
            }
            print_line(&format!(
                "the callback of {session} is sent again by the server"
            ))
        }
    }
}

const fn state_of(state: DeliveryArg) -> DeliveryState {
    match state {
        DeliveryArg::Waiting => DeliveryState::Waiting,
        DeliveryArg::Delivered => DeliveryState::Delivered,
        DeliveryArg::GivenUp => DeliveryState::GivenUp,
    }
}

fn row(delivery: &Delivery, attempts: &[DeliveryAttempt]) -> Vec<String> {
    let last = attempts
        .last()
        .map(|last| match (last.status, &last.error) {
            (Some(status), _) => format!("HTTP {status}"),
            (None, Some(error)) => error.clone(),
            (None, None) => String::new(),
        });
    let next = (delivery.state == DeliveryState::Waiting).then_some(delivery.next_at);
    vec![
        delivery.session_id.clone(),
        delivery.tenant_id.clone(),
        shown(Some(delivery.created_at)),
        delivery.state.as_str().to_owned(),
        delivery.attempts.to_string(),
        last.unwrap_or_else(|| "-".to_owned()),
        shown(next),
    ]
}
