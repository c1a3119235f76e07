//! Finds the picture that was there before.
//!
//! Two hashes of 64 bits that differ in at most three agree in at least one of their four
//! quarters. So each quarter has an index, and what the four find is compared bit by bit.

use sqlx::Row;

use super::{Result, SqlStore};
use crate::{Fingerprint, Millis, NEAR_BITS, Replay};

/// The newest pictures with one quarter, reduced in the database to those that are near: handing
/// thousands of rows over would take longer than the rest.
///
/// Neither database can count bits in a way that the other understands. But `y & (y - 1)` is `y`
/// without its lowest bit, and what is 0 after three of them had at most three bits. `y` is what
/// differs, an exclusive or said in words that both know; the sign bit is left to Rust, because
/// the lowest number minus one is none.
///
/// Both limits keep one look-up from taking all memory or time where a tenant has the same picture
/// a million times: of so many pictures with the same quarter, or near copies, the newest count.
macro_rules! candidates {
    ($quarter:literal) => {
        concat!(
            "SELECT no, at, phash FROM (SELECT no, at, phash FROM \
             (SELECT no, at, phash, y & (y - 1) AS y1 FROM \
             (SELECT no, at, phash, ((phash | $3) - (phash & $3)) & 9223372036854775807 AS y \
             FROM checks WHERE tenant_no = (SELECT no FROM tenants WHERE id = $1) AND ",
            $quarter,
            " AND at >= $2 ORDER BY at DESC LIMIT 20000) AS newest) AS fewer \
             WHERE ((y1 & (y1 - 1)) & ((y1 & (y1 - 1)) - 1)) = 0 ORDER BY at DESC LIMIT 250) AS near"
        )
    };
}

/// The four quarters of a perceptual hash.
pub(super) fn bands(phash: u64) -> [i64; 4] {
    [48, 32, 16, 0].map(|shift| ((phash >> shift) & 0xffff).cast_signed())
}

impl SqlStore {
    pub(super) async fn replay_of(
        &self,
        tenant_id: &str,
        fingerprint: &Fingerprint,
        since: Millis,
    ) -> Result<Option<Replay>> {
        let same = sqlx::query(
            "SELECT id, at FROM checks \
             WHERE tenant_no = (SELECT no FROM tenants WHERE id = $1) AND sha256 = $2 \
             AND at >= $3 ORDER BY at DESC LIMIT 1",
        )
        .bind(tenant_id)
        .bind(fingerprint.sha256.as_slice())
        .bind(since)
        .fetch_optional(&self.read)
        .await?;
        if let Some(same) = same {
            return Ok(Some(Replay {
                check_id: same.try_get(0)?,
                at: same.try_get(1)?,
                distance: None,
            }));
        }
        let Some(nearest) = self.nearest(tenant_id, fingerprint.phash, since).await? else {
            return Ok(None);
        };
        let id = sqlx::query("SELECT id FROM checks WHERE no = $1")
            .bind(nearest.no)
            .fetch_optional(&self.read)
            .await?;
        // It may have been erased in between.
        let Some(id) = id else { return Ok(None) };
        Ok(Some(Replay {
            check_id: id.try_get(0)?,
            at: nearest.at,
            distance: Some(nearest.distance),
        }))
    }

    async fn nearest(
        &self,
        tenant_id: &str,
        phash: u64,
        since: Millis,
    ) -> Result<Option<Candidate>> {
        let [band0, band1, band2, band3] = bands(phash);
        let candidates = sqlx::query(concat!(
            candidates!("band0 = $4"),
            " UNION ALL ",
            candidates!("band1 = $5"),
            " UNION ALL ",
            candidates!("band2 = $6"),
            " UNION ALL ",
            candidates!("band3 = $7"),
        ))
        .bind(tenant_id)
        .bind(since)
        .bind(phash.cast_signed())
        .bind(band0)
        .bind(band1)
        .bind(band2)
        .bind(band3)
        .fetch_all(&self.read)
        .await?;
        let mut nearest: Option<Candidate> = None;
        for row in &candidates {
            let candidate = Candidate {
                no: row.try_get(0)?,
                at: row.try_get(1)?,
                distance: (row.try_get::<i64, _>(2)?.cast_unsigned() ^ phash).count_ones(),
            };
            if candidate.distance <= NEAR_BITS
                && nearest.as_ref().is_none_or(|best| candidate.beats(best))
            {
                nearest = Some(candidate);
            }
        }
        Ok(nearest)
    }
}

struct Candidate {
    no: i64,
    at: Millis,
    distance: u32,
}

impl Candidate {
    /// Nearer, or as near and later.
    fn beats(&self, other: &Self) -> bool {
        (other.distance, self.at) > (self.distance, other.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_bits_leave_a_quarter_alone() {
        let hash = 0x0123_4567_89ab_cdef;
        for first in 0..64 {
            for second in 0..64 {
                for third in [0, 15, 16, 31, 32, 47, 48, 63] {
                    let other = hash ^ (1 << first) ^ (1 << second) ^ (1 << third);
                    let common = bands(hash).iter().zip(bands(other)).any(|(a, b)| *a == b);
                    assert!(common, "{first} {second} {third}");
                }
            }
        }
        assert_eq!(bands(hash), [0x0123, 0x4567, 0x89ab, 0xcdef]);
    }
}
