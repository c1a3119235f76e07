//! The hash chain of the audit log, and how a line gets into it.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::rows::{self, get, to_json};
use super::{Result, Tx, storable};
use crate::{Act, Millis};

pub(super) const NO_HASH: [u8; 32] = [0; 32];

/// The fields of a line that its hash vouches for.
pub(super) struct Line<'a> {
    pub(super) seq: i64,
    pub(super) at: Millis,
    pub(super) actor: &'a str,
    pub(super) action: &'a str,
    pub(super) target: &'a str,
    pub(super) detail: &'a str,
}

impl Line<'_> {
    /// SHA-256 over the hash of the line before and every field. Each field is preceded by its
    /// length, so that no two different lines are the same bytes.
    pub(super) fn hash(&self, before: &[u8; 32]) -> [u8; 32] {
        let seq = self.seq.to_be_bytes();
        let at = self.at.to_be_bytes();
        let mut sha = Sha256::new();
        for field in [
            b"lifesign audit line 1".as_slice(),
            before,
            &seq,
            &at,
            self.actor.as_bytes(),
            self.action.as_bytes(),
            self.target.as_bytes(),
            self.detail.as_bytes(),
        ] {
            sha.update((field.len() as u64).to_be_bytes());
            sha.update(field);
        }
        sha.finalize().into()
    }
}

impl Act {
    /// Writes the line of an act into the audit log; the last thing in its transaction, because
    /// everybody else's acts wait from here on.
    pub(super) async fn write<T: Serialize>(
        &self,
        tx: &mut Tx,
        action: &str,
        target: &str,
        detail: &T,
    ) -> Result<()> {
        let detail = to_json(detail, "the detail")?;
        self.write_text(tx, action, target, &detail).await
    }

    /// As `write`, with a detail that is text already.
    pub(super) async fn write_text(
        &self,
        tx: &mut Tx,
        action: &str,
        target: &str,
        detail: &str,
    ) -> Result<()> {
        for (text, what) in [
            (self.actor.as_str(), "an actor"),
            (action, "an action"),
            (target, "a target"),
            (detail, "a detail"),
        ] {
            storable(text, what)?;
        }
        // The update comes first: it is what two writers wait at.
        let head =
            sqlx::query("UPDATE audit_head SET seq = seq + 1 WHERE one = 1 RETURNING seq, hash")
                .fetch_one(&mut **tx)
                .await?;
        let line = Line {
            seq: get(&head, "seq")?,
            at: self.at,
            actor: &self.actor,
            action,
            target,
            detail,
        };
        let hash = line.hash(&rows::hash(&head, "hash")?);
        sqlx::query(
            "INSERT INTO audit_log (seq, at, actor, action, target, detail, hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(line.seq)
        .bind(line.at)
        .bind(line.actor)
        .bind(line.action)
        .bind(line.target)
        .bind(line.detail)
        .bind(hash.as_slice())
        .execute(&mut **tx)
        .await?;
        sqlx::query("UPDATE audit_head SET hash = $1 WHERE one = 1")
            .bind(hash.as_slice())
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(actor: &'a str, action: &'a str) -> Line<'a> {
        Line {
            seq: 1,
            at: 2,
            actor,
            action,
            target: "",
            detail: "{}",
        }
    }

    #[test]
    fn a_letter_that_moves_to_the_next_field_changes_the_hash() {
        let one = line("ab", "c").hash(&NO_HASH);
        assert_eq!(one, line("ab", "c").hash(&NO_HASH));
        assert_ne!(one, line("a", "bc").hash(&NO_HASH));
        assert_ne!(one, line("ab", "c").hash(&one));
    }

    #[test]
    fn the_encoding_stays_as_it_was() {
        // A log that exists must verify for ever: this value never changes.
        assert_eq!(
            hex(&line("cli", "tenant.create").hash(&NO_HASH)),
            "3cddba45885388b38c26eb7723eb12ca6bbf18580ecfe74bf41d75e4bf27bc34"
        );
    }
}
