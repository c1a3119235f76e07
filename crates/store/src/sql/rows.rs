//! From rows to types. A row that does not fit is [`StoreError::Corrupt`], never a panic.

use lifesign_domain::{SessionState, Verdict};
use serde::de::DeserializeOwned;
use sqlx::any::{Any, AnyRow};
use sqlx::{Decode, Row, Type};

use super::Result;
use crate::{
    ActiveSession, CheckRecord, Credential, CredentialKind, Delivery, DeliveryState, Fingerprint,
    LedgerEntry, LedgerKind, NewActiveSession, NewCredential, NewOperator, NewToken, Operator,
    Session, StoreError, StoredAnswer, Tenant, Token,
};

// Each list names its table's alias and gives every column a name of its own, so that joined
// rows can be told apart. They are macros because statements are put together by `concat!`.
macro_rules! tenant_columns {
    () => {
        "t.id AS t_id, t.name AS t_name, t.created_at AS t_created_at, \
         t.disabled_at AS t_disabled_at, t.balance AS t_balance, t.settings AS t_settings"
    };
}
macro_rules! credential_columns {
    () => {
        "c.id AS c_id, c.tenant_id AS c_tenant_id, c.kind AS c_kind, c.public_id AS c_public_id, \
         c.label AS c_label, c.secret_hash AS c_secret_hash, c.second_hash AS c_second_hash, \
         c.sealed_secret AS c_sealed_secret, c.rules AS c_rules, c.expires_at AS c_expires_at, \
         c.created_at AS c_created_at, c.revoked_at AS c_revoked_at, \
         c.last_used_at AS c_last_used_at"
    };
}
macro_rules! token_columns {
    () => {
        "k.hash AS k_hash, k.tenant_id AS k_tenant_id, k.credential_id AS k_credential_id, \
         k.created_at AS k_created_at, k.expires_at AS k_expires_at, k.revoked_at AS k_revoked_at"
    };
}
macro_rules! check_columns {
    () => {
        "c.id, t.id AS tenant_id, c.credential_id, c.contract, c.reference, c.at, c.verdict, \
         c.confidence, c.profile, c.calibration, c.signals, c.reasons, c.sha256, c.phash, \
         c.latency_ms, c.expires_at"
    };
}
macro_rules! operator_columns {
    () => {
        "o.id AS o_id, o.name AS o_name, o.password_hash AS o_password_hash, \
         o.created_at AS o_created_at, o.disabled_at AS o_disabled_at"
    };
}
macro_rules! active_columns {
    () => {
        "s.id AS s_id, t.id AS s_tenant_id, s.credential_id AS s_credential_id, \
         s.contract AS s_contract, s.reference AS s_reference, s.token_hash AS s_token_hash, \
         s.state AS s_state, s.created_at AS s_created_at, s.expires_at AS s_expires_at, \
         s.attempts_left AS s_attempts_left, s.callback AS s_callback, s.asked AS s_asked, \
         s.result AS s_result, s.failure AS s_failure, s.ended_at AS s_ended_at, \
         s.erase_at AS s_erase_at, s.deadline AS s_deadline"
    };
}
macro_rules! delivery_columns {
    () => {
        "s.id AS d_session_id, t.id AS d_tenant_id, d.state AS d_state, \
         d.created_at AS d_created_at, d.next_at AS d_next_at, d.give_up_at AS d_give_up_at, \
         d.attempts AS d_attempts"
    };
}
pub(super) use {
    active_columns, check_columns, credential_columns, delivery_columns, operator_columns,
    tenant_columns, token_columns,
};

pub(super) fn get<'r, T>(row: &'r AnyRow, column: &str) -> Result<T>
where
    T: Decode<'r, Any> + Type<Any>,
{
    Ok(row.try_get(column)?)
}

pub(super) fn tenant(row: &AnyRow) -> Result<Tenant> {
    Ok(Tenant {
        id: get(row, "t_id")?,
        name: get(row, "t_name")?,
        created_at: get(row, "t_created_at")?,
        disabled_at: get(row, "t_disabled_at")?,
        balance: get(row, "t_balance")?,
        settings: from_json(row, "t_settings")?,
    })
}

pub(super) fn credential(row: &AnyRow) -> Result<Credential> {
    let kind: String = get(row, "c_kind")?;
    let kind = CredentialKind::ALL.into_iter().find(|k| k.as_str() == kind);
    Ok(Credential {
        made: NewCredential {
            id: get(row, "c_id")?,
            tenant_id: get(row, "c_tenant_id")?,
            kind: kind.ok_or_else(|| corrupt("c_kind"))?,
            public_id: get(row, "c_public_id")?,
            label: get(row, "c_label")?,
            secret_hash: get(row, "c_secret_hash")?,
            second_hash: get(row, "c_second_hash")?,
            sealed_secret: get(row, "c_sealed_secret")?,
            rules: from_json(row, "c_rules")?,
            expires_at: get(row, "c_expires_at")?,
        },
        created_at: get(row, "c_created_at")?,
        revoked_at: get(row, "c_revoked_at")?,
        last_used_at: get(row, "c_last_used_at")?,
    })
}

pub(super) fn token(row: &AnyRow) -> Result<Token> {
    Ok(Token {
        made: NewToken {
            hash: get(row, "k_hash")?,
            tenant_id: get(row, "k_tenant_id")?,
            credential_id: get(row, "k_credential_id")?,
            created_at: get(row, "k_created_at")?,
            expires_at: get(row, "k_expires_at")?,
        },
        revoked_at: get(row, "k_revoked_at")?,
    })
}

pub(super) fn ledger_entry(row: &AnyRow) -> Result<LedgerEntry> {
    let kind: String = get(row, "kind")?;
    let kinds = [LedgerKind::TopUp, LedgerKind::Debit];
    let kind = kinds.into_iter().find(|k| ledger_word(*k) == kind);
    Ok(LedgerEntry {
        id: get(row, "id")?,
        tenant_id: get(row, "tenant_id")?,
        at: get(row, "at")?,
        kind: kind.ok_or_else(|| corrupt("kind"))?,
        amount: get(row, "amount")?,
        balance: get(row, "balance")?,
        check_id: get(row, "check_id")?,
    })
}

/// The word that is stored for a kind of line.
pub(super) const fn ledger_word(kind: LedgerKind) -> &'static str {
    match kind {
        LedgerKind::TopUp => "top_up",
        LedgerKind::Debit => "debit",
    }
}

pub(super) fn check(row: &AnyRow) -> Result<CheckRecord> {
    let verdict: String = get(row, "verdict")?;
    let verdicts = [Verdict::Live, Verdict::Spoof, Verdict::Inconclusive];
    let verdict = verdicts.into_iter().find(|v| v.as_str() == verdict);
    Ok(CheckRecord {
        id: get(row, "id")?,
        tenant_id: get(row, "tenant_id")?,
        credential_id: get(row, "credential_id")?,
        contract: get(row, "contract")?,
        reference: get(row, "reference")?,
        at: get(row, "at")?,
        verdict: verdict.ok_or_else(|| corrupt("verdict"))?,
        confidence: get(row, "confidence")?,
        profile: get(row, "profile")?,
        calibration: get(row, "calibration")?,
        signals: from_json(row, "signals")?,
        reasons: from_json(row, "reasons")?,
        fingerprint: Fingerprint {
            sha256: hash(row, "sha256")?,
            phash: get::<i64>(row, "phash")?.cast_unsigned(),
        },
        latency_ms: get(row, "latency_ms")?,
        expires_at: get(row, "expires_at")?,
    })
}

pub(super) fn answer(row: &AnyRow) -> Result<StoredAnswer> {
    let status: i64 = get(row, "status")?;
    Ok(StoredAnswer {
        scope: get(row, "scope")?,
        key: get(row, "key")?,
        request_hash: hash(row, "request_hash")?,
        status: status.try_into().map_err(|_| corrupt("status"))?,
        content_type: get(row, "content_type")?,
        body: get(row, "body")?,
        expires_at: get(row, "expires_at")?,
    })
}

pub(super) fn operator(row: &AnyRow) -> Result<Operator> {
    Ok(Operator {
        made: NewOperator {
            id: get(row, "o_id")?,
            name: get(row, "o_name")?,
            password_hash: get(row, "o_password_hash")?,
        },
        created_at: get(row, "o_created_at")?,
        disabled_at: get(row, "o_disabled_at")?,
    })
}

pub(super) fn session(row: &AnyRow) -> Result<Session> {
    Ok(Session {
        hash: get(row, "hash")?,
        operator_id: get(row, "operator_id")?,
        created_at: get(row, "created_at")?,
        expires_at: get(row, "expires_at")?,
    })
}

pub(super) fn active(row: &AnyRow) -> Result<ActiveSession> {
    let state: String = get(row, "s_state")?;
    let state = SessionState::ALL.into_iter().find(|s| s.as_str() == state);
    Ok(ActiveSession {
        made: NewActiveSession {
            id: get(row, "s_id")?,
            tenant_id: get(row, "s_tenant_id")?,
            credential_id: get(row, "s_credential_id")?,
            contract: get(row, "s_contract")?,
            reference: get(row, "s_reference")?,
            token_hash: get(row, "s_token_hash")?,
            created_at: get(row, "s_created_at")?,
            expires_at: get(row, "s_expires_at")?,
            attempts: number(row, "s_attempts_left")?,
            callback: get::<i64>(row, "s_callback")? == 1,
            asked: get(row, "s_asked")?,
            erase_at: get(row, "s_erase_at")?,
        },
        state: state.ok_or_else(|| corrupt("s_state"))?,
        result: get(row, "s_result")?,
        failure: get(row, "s_failure")?,
        ended_at: get(row, "s_ended_at")?,
        deadline: get(row, "s_deadline")?,
    })
}

pub(super) fn delivery(row: &AnyRow) -> Result<Delivery> {
    let state: String = get(row, "d_state")?;
    let state = DeliveryState::ALL.into_iter().find(|s| s.as_str() == state);
    Ok(Delivery {
        session_id: get(row, "d_session_id")?,
        tenant_id: get(row, "d_tenant_id")?,
        state: state.ok_or_else(|| corrupt("d_state"))?,
        created_at: get(row, "d_created_at")?,
        next_at: get(row, "d_next_at")?,
        give_up_at: get(row, "d_give_up_at")?,
        attempts: number(row, "d_attempts")?,
    })
}

fn number(row: &AnyRow, column: &str) -> Result<u32> {
    let number: i64 = get(row, column)?;
    number.try_into().map_err(|_| corrupt(column))
}

pub(super) fn hash(row: &AnyRow, column: &str) -> Result<[u8; 32]> {
    let bytes: Vec<u8> = get(row, column)?;
    bytes.try_into().map_err(|_| corrupt(column))
}

fn from_json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T> {
    let text: String = get(row, column)?;
    // The parser's message quotes what it read.
    serde_json::from_str(&text).map_err(|_| corrupt(column))
}

pub(super) fn to_json<T: serde::Serialize>(value: &T, what: &str) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|_| StoreError::Invalid(format!("{what} cannot be written as JSON")))
}

pub(super) fn corrupt(column: &str) -> StoreError {
    StoreError::Corrupt(format!("column {column}"))
}
