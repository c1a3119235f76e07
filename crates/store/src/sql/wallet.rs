//! The wallet. A balance changes only together with a line of the ledger.

use sqlx::Row;

use super::rows::{self, ledger_word};
use super::{Result, SqlStore, Tx, page_size};
use crate::{Act, LedgerEntry, LedgerKind, Millis, StoreError};

impl SqlStore {
    pub(super) async fn top_up(&self, tenant_id: &str, amount: i64, act: &Act) -> Result<i64> {
        if amount < 1 {
            return Err(StoreError::Invalid(
                "a top-up must be at least 1".to_owned(),
            ));
        }
        let mut tx = self.begin().await?;
        // SQLite would turn a sum that overflows into a floating-point number.
        let balance = sqlx::query(
            "UPDATE tenants SET balance = balance + $1 WHERE id = $2 AND balance <= $3 \
             RETURNING balance",
        )
        .bind(amount)
        .bind(tenant_id)
        .bind(i64::MAX - amount)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(balance) = balance else {
            balance_of(&mut tx, tenant_id).await?;
            return Err(StoreError::Invalid(
                "the wallet cannot hold more".to_owned(),
            ));
        };
        let balance = balance.try_get(0)?;
        let line = Line {
            tenant_id,
            at: act.at,
            kind: LedgerKind::TopUp,
            amount,
            balance,
            check_id: None,
        };
        line.write(&mut tx).await?;
        let detail = serde_json::json!({ "amount": amount, "balance": balance });
        act.write(&mut tx, "wallet.top_up", tenant_id, &detail)
            .await?;
        tx.commit().await?;
        Ok(balance)
    }

    pub(super) async fn statement(
        &self,
        tenant_id: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>> {
        sqlx::query(
            "SELECT id, tenant_id, at, kind, amount, balance, check_id FROM ledger \
             WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(tenant_id)
        .bind(before.unwrap_or(i64::MAX))
        .bind(page_size(limit))
        .fetch_all(&self.read)
        .await?
        .iter()
        .map(rows::ledger_entry)
        .collect()
    }
}

/// How taking units ended.
pub(super) enum Debit {
    /// Taken, and written in the ledger.
    Taken { balance: i64 },
    /// Nothing is taken.
    TooLow { balance: i64 },
}

/// Takes the price of a check, if the wallet holds it. From here to the end of the transaction
/// nobody else can take from this wallet.
pub(super) async fn debit(
    tx: &mut Tx,
    tenant_id: &str,
    price: i64,
    check_id: &str,
    at: Millis,
) -> Result<Debit> {
    if price == 0 {
        let balance = balance_of(tx, tenant_id).await?;
        return Ok(Debit::Taken { balance });
    }
    let left = sqlx::query(
        "UPDATE tenants SET balance = balance - $1 WHERE id = $2 AND balance >= $1 \
         RETURNING balance",
    )
    .bind(price)
    .bind(tenant_id)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(left) = left else {
        let balance = balance_of(tx, tenant_id).await?;
        return Ok(Debit::TooLow { balance });
    };
    let balance = left.try_get(0)?;
    let line = Line {
        tenant_id,
        at,
        kind: LedgerKind::Debit,
        amount: -price,
        balance,
        check_id: Some(check_id),
    };
    line.write(tx).await?;
    Ok(Debit::Taken { balance })
}

async fn balance_of(tx: &mut Tx, tenant_id: &str) -> Result<i64> {
    let row = sqlx::query("SELECT balance FROM tenants WHERE id = $1")
        .bind(tenant_id)
        .fetch_optional(&mut **tx)
        .await?;
    match row {
        Some(row) => Ok(row.try_get(0)?),
        None => Err(StoreError::not_found("the tenant")),
    }
}

/// A line of the ledger that is to be written.
struct Line<'a> {
    tenant_id: &'a str,
    at: Millis,
    kind: LedgerKind,
    amount: i64,
    balance: i64,
    check_id: Option<&'a str>,
}

impl Line<'_> {
    async fn write(self, tx: &mut Tx) -> Result<()> {
        sqlx::query(
            "INSERT INTO ledger (tenant_id, at, kind, amount, balance, check_id) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.tenant_id)
        .bind(self.at)
        .bind(ledger_word(self.kind))
        .bind(self.amount)
        .bind(self.balance)
        .bind(self.check_id)
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}
