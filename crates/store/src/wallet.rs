//! The wallet: units that a tenant has paid for, moved only by lines of the ledger.

use serde::Serialize;

use crate::Millis;

/// Why units moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerKind {
    /// The operator added units.
    TopUp,
    /// A check took its price.
    Debit,
}

/// One line of the ledger; the sum of a tenant's amounts is its balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerEntry {
    /// Number of the line, rising.
    pub id: i64,
    /// Whose wallet.
    pub tenant_id: String,
    /// When.
    pub at: Millis,
    /// Why.
    pub kind: LedgerKind,
    /// Units, negative for a debit.
    pub amount: i64,
    /// Units in the wallet after it.
    pub balance: i64,
    /// The check that was paid; it may have been erased since.
    pub check_id: Option<String>,
}
