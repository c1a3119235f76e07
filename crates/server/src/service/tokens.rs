//! Tokens for a user name and password.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use lifesign_contracts::{Failure, FailureKind, IssuedToken, TokenRequest};
use lifesign_store::{CredentialKind, NewToken};

use super::access::{is_open, unauthorized, unavailable};
use super::pool::Place;
use crate::memory::Mode;
use crate::{App, clock, secrets};

/// How long a token is good for.
const LIFETIME: Duration = Duration::from_secs(3600);

/// Gives a token to whom the password proves. In development mode everybody gets one; it is not
/// looked at there.
pub(super) async fn issue(
    app: &Arc<App>,
    place: &Place,
    request: TokenRequest,
    peer: Option<IpAddr>,
) -> Result<IssuedToken, Failure> {
    let token = secrets::random("lst_").map_err(|e| no_randomness(&e))?;
    let issued = IssuedToken {
        token: token.clone(),
        expires_in: LIFETIME,
    };
    if app.memory.mode == Mode::Development {
        return Ok(issued);
    }
    app.memory.slowdown.wait(peer).await;
    let now = clock::now();
    let found = app
        .memory
        .store
        .credential(CredentialKind::SyntizenUser, &request.username)
        .await
        .map_err(|e| unavailable(&e))?;
    let hash = found
        .as_ref()
        .and_then(|(credential, _)| credential.made.secret_hash.clone());
    // An unknown name costs the same time as a wrong password.
    let good = place
        .run(move || match hash {
            Some(hash) => secrets::verify_password(&hash, &request.password),
            None => secrets::verify_nobody(&request.password),
        })
        .await
        .map_err(super::conversation::of_pool)?;
    let proven = found.filter(|(credential, tenant)| good && is_open(credential, tenant, now));
    let Some((credential, _)) = proven else {
        app.memory.slowdown.failed(peer);
        return Err(unauthorized());
    };
    super::access::refuse_address(&credential, peer)?;
    app.memory.rates.take(&credential).1?;
    let kept = NewToken {
        hash: secrets::sha256(token.as_bytes()).to_vec(),
        tenant_id: credential.made.tenant_id,
        credential_id: credential.made.id,
        created_at: now,
        expires_at: now + clock::millis(LIFETIME),
    };
    let kept = app.memory.store.create_token(&kept).await;
    kept.map_err(|e| unavailable(&e))?;
    Ok(issued)
}

pub(super) fn no_randomness(error: &dyn std::error::Error) -> Failure {
    Failure::new(FailureKind::Internal, "the server met a fault of its own")
        .because(error.to_string())
}
