//! Reads and verifies the audit log.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::chain::{Line, NO_HASH, hex};
use super::rows::{self, get};
use super::{Result, SqlStore, page_size};
use crate::{Act, AuditEntry, AuditFault, AuditReport};

/// Lines that the verification reads at once.
const PAGE: i64 = 1000;

impl SqlStore {
    pub(super) async fn note(
        &self,
        action: &str,
        target: &str,
        detail: &str,
        act: &Act,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        act.write_text(&mut tx, action, target, detail).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn audit(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>> {
        sqlx::query(
            "SELECT seq, at, actor, action, target, detail, hash FROM audit_log \
             WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(page_size(limit))
        .fetch_all(&self.read)
        .await?
        .iter()
        .map(entry)
        .collect()
    }

    pub(super) async fn verify_audit(&self) -> Result<AuditReport> {
        // One statement sees one moment; what is written after it is not looked at.
        let head = sqlx::query(
            "SELECT h.seq AS seq, h.hash AS hash, \
             (SELECT MAX(l.seq) FROM audit_log l) AS last FROM audit_head h WHERE h.one = 1",
        )
        .fetch_optional(&self.read)
        .await?;
        let Some(head) = head else {
            return Ok(broken(0, &NO_HASH, 0, "the head of the log is missing"));
        };
        let until: i64 = get(&head, "seq")?;
        let last: Option<i64> = get(&head, "last")?;
        let mut walk = Walk {
            seq: 0,
            hash: NO_HASH,
        };
        while walk.seq < until {
            let lines = sqlx::query(
                "SELECT seq, at, actor, action, target, detail, hash FROM audit_log \
                 WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3",
            )
            .bind(walk.seq)
            .bind(until)
            .bind(PAGE)
            .fetch_all(&self.read)
            .await?;
            if lines.is_empty() {
                return Ok(walk.fault("the line is missing"));
            }
            for line in &lines {
                if let Some(what) = walk.step(line)? {
                    return Ok(walk.fault(what));
                }
            }
        }
        if rows::hash(&head, "hash")? != walk.hash {
            return Ok(broken(
                walk.seq,
                &walk.hash,
                walk.seq,
                "the head of the log was changed",
            ));
        }
        if last.unwrap_or(0) > until {
            return Ok(walk.fault("the line lies behind the head of the log"));
        }
        Ok(AuditReport {
            entries: walk.seq,
            head: hex(&walk.hash),
            fault: None,
        })
    }
}

/// How far the verification is: the last line that is right.
struct Walk {
    seq: i64,
    hash: [u8; 32],
}

impl Walk {
    /// Takes the next line, or says what is wrong with it.
    fn step(&mut self, row: &AnyRow) -> Result<Option<&'static str>> {
        if row.try_get::<i64, _>("seq")? != self.seq + 1 {
            return Ok(Some("the line is missing"));
        }
        let (actor, action): (String, String) = (get(row, "actor")?, get(row, "action")?);
        let (target, detail): (String, String) = (get(row, "target")?, get(row, "detail")?);
        let line = Line {
            seq: self.seq + 1,
            at: get(row, "at")?,
            actor: &actor,
            action: &action,
            target: &target,
            detail: &detail,
        };
        let hash = line.hash(&self.hash);
        if get::<Vec<u8>>(row, "hash")? != hash {
            return Ok(Some("the line does not fit its hash"));
        }
        self.seq = line.seq;
        self.hash = hash;
        Ok(None)
    }

    /// Something is wrong with the line after the last right one.
    fn fault(&self, what: &str) -> AuditReport {
        broken(self.seq, &self.hash, self.seq + 1, what)
    }
}

fn broken(entries: i64, head: &[u8; 32], seq: i64, what: &str) -> AuditReport {
    AuditReport {
        entries,
        head: hex(head),
        fault: Some(AuditFault {
            seq,
            what: what.to_owned(),
        }),
    }
}

fn entry(row: &AnyRow) -> Result<AuditEntry> {
    Ok(AuditEntry {
        seq: get(row, "seq")?,
        at: get(row, "at")?,
        actor: get(row, "actor")?,
        action: get(row, "action")?,
        target: get(row, "target")?,
        detail: get(row, "detail")?,
        hash: hex(&get::<Vec<u8>>(row, "hash")?),
    })
}
