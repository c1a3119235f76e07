//! `lifesign keys`.

use lifesign_server::service::admin::{self, KeyWish, Secrets};
use lifesign_store::{Credential, CredentialKind, Rules};
use serde_json::{Map, Value, json};

use super::desk::{self, Desk, now, shown};
use crate::args::{KeysArgs, KeysVerb, KindArg};
use crate::error::CliError;
use crate::output::{print_json, print_line, print_rows};
use lifesign_config::Config;

pub(crate) fn run(args: &KeysArgs, config: &Config) -> Result<(), CliError> {
    desk::at(config, async |desk| act(args, desk).await)
}

async fn act(args: &KeysArgs, desk: &Desk) -> Result<(), CliError> {
    let (store, json) = (desk.store.as_ref(), args.at.json);
    match &args.verb {
        KeysVerb::Create {
            tenant,
            kind,
            label,
            scopes,
            allowed_ips,
            rate,
            quota,
            expires_in,
        } => {
            let rules = Rules {
                scopes: scopes.clone(),
                allowed_ips: allowed_ips.clone(),
                rate_per_minute: *rate,
                quota_per_month: *quota,
            };
            let expires_at = expires_in.map(|length| {
                now().saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
            });
            let (id, secrets) = admin::create_key(
                store,
                &desk.vault,
                tenant,
                &KeyWish {
                    kind: kind_of(*kind),
                    label,
                    rules: &rules,
                    expires_at,
                },
                &desk.act,
            )
            .await?;
            tell(&id, &secrets, json)
        }
        KeysVerb::List { tenant } => {
            let id = match tenant {
                Some(name) => Some(admin::existing_tenant(store, name).await?.id),
                None => None,
            };
            list(&store.credentials(id.as_deref()).await?, json)
        }
        KeysVerb::Rotate { id } => {
            let secrets = admin::rotate_key(store, &desk.vault, id, &desk.act).await?;
            tell(id, &secrets, json)
        }
        KeysVerb::Revoke { id } => {
            store.revoke_credential(id, &desk.act).await?;
            if json {
                return print_json(&json!({"id": id, "revoked": true}));
            }
            print_line(&format!("{id} opens nothing any more"))
        }
    }
}

fn kind_of(kind: KindArg) -> CredentialKind {
    match kind {
        KindArg::Native => CredentialKind::Native,
        KindArg::VerifiedAfrica => CredentialKind::VerifiedAfrica,
        KindArg::Decentro => CredentialKind::Decentro,
        KindArg::SyntizenUser => CredentialKind::SyntizenUser,
        KindArg::SyntizenSealing => CredentialKind::SyntizenSealing,
        KindArg::Webhook => CredentialKind::Webhook,
    }
}

fn tell(id: &str, secrets: &Secrets, json: bool) -> Result<(), CliError> {
    if json {
        let mut object = Map::from_iter([("id".to_owned(), Value::from(id))]);
        object.extend(
            secrets
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))),
        );
        return print_json(&object);
    }
    print_line(&format!(
        "Key {id}. Note the secrets: they are not shown again."
    ))?;
    let rows = secrets
        .iter()
        .map(|(name, value)| vec![(*name).to_owned(), value.clone()])
        .collect();
    print_rows(&["name", "value"], rows)
}

fn list(credentials: &[Credential], json: bool) -> Result<(), CliError> {
    if json {
        return print_json(&Vec::from_iter(credentials.iter().map(object_of)));
    }
    let row = |credential: &Credential| {
        let made = &credential.made;
        vec![
            made.id.clone(),
            made.tenant_id.clone(),
            made.kind.as_str().to_owned(),
            made.public_id.clone(),
            made.label.clone(),
            state(credential).to_owned(),
            shown(made.expires_at),
            shown(credential.last_used_at),
        ]
    };
    let head = [
        "id",
        "tenant",
        "kind",
        "known by",
        "label",
        "state",
        "expires",
        "last used",
    ];
    print_rows(&head, credentials.iter().map(row).collect())
}

fn state(credential: &Credential) -> &'static str {
    if credential.revoked_at.is_some() {
        "revoked"
    } else if credential
        .made
        .expires_at
        .is_some_and(|until| until <= now())
    {
        "expired"
    } else {
        "open"
    }
}

/// Everything but the hashes.
fn object_of(credential: &Credential) -> Value {
    let made = &credential.made;
    json!({
        "id": made.id, "tenant_id": made.tenant_id, "kind": made.kind,
        "public_id": made.public_id, "label": made.label, "rules": made.rules,
        "state": state(credential), "created_at": credential.created_at,
        "expires_at": made.expires_at, "revoked_at": credential.revoked_at,
        "last_used_at": credential.last_used_at,
    })
}
