//! The figures of the console's charts.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::rows::get;
use super::{Result, SqlStore};
use crate::{Bucket, Millis, StoreError};

/// More stretches than a chart has pixels help nobody.
const MOST_BUCKETS: u32 = 10_000;

impl SqlStore {
    pub(super) async fn buckets(
        &self,
        tenant_id: Option<&str>,
        from: Millis,
        width_ms: i64,
        count: u32,
    ) -> Result<Vec<Bucket>> {
        let span = Span::new(tenant_id, from, width_ms, count)?;
        let mut buckets: Vec<Bucket> = (0..i64::from(count))
            .map(|nth| Bucket {
                from: from + nth * width_ms,
                ..Bucket::default()
            })
            .collect();
        let figures = "verdict AS word, COUNT(*) AS number, SUM(latency_ms) AS total, \
            MAX(latency_ms) AS longest FROM checks";
        for row in &self.in_span(figures, &span).await? {
            let Some(bucket) = bucket_of(&mut buckets, row)? else {
                continue;
            };
            bucket.verdicts.insert(get(row, "word")?, number(row)?);
            // The sum for now.
            bucket.mean_latency_ms += get::<f64>(row, "total")?;
            bucket.max_latency_ms = bucket.max_latency_ms.max(get(row, "longest")?);
        }
        for bucket in &mut buckets {
            let checks: u64 = bucket.verdicts.values().sum();
            if checks > 0 {
                bucket.mean_latency_ms /= checks as f64;
            }
        }
        let figures = "code AS word, COUNT(*) AS number FROM check_reasons";
        for row in &self.in_span(figures, &span).await? {
            if let Some(bucket) = bucket_of(&mut buckets, row)? {
                bucket.reasons.insert(get(row, "word")?, number(row)?);
            }
        }
        Ok(buckets)
    }

    /// Figures by stretch (column `nth`) and by `word`.
    async fn in_span(&self, figures: &'static str, span: &Span<'_>) -> Result<Vec<AnyRow>> {
        // Two statements rather than a condition that may be void, so that each finds its index.
        let tenant = match span.tenant_id {
            Some(_) => "AND tenant_no = (SELECT no FROM tenants WHERE id = $4)",
            None => "",
        };
        let sql = format!(
            "SELECT CAST((at - $1) / $2 AS BIGINT) AS nth, {figures} \
             WHERE at >= $1 AND at < $3 {tenant} GROUP BY 1, 2"
        );
        let mut statement = sqlx::query(AssertSqlSafe(sql))
            .bind(span.from)
            .bind(span.width_ms)
            .bind(span.until);
        if let Some(tenant_id) = span.tenant_id {
            statement = statement.bind(tenant_id);
        }
        Ok(statement.fetch_all(&self.read).await?)
    }
}

/// What a chart shows.
struct Span<'a> {
    tenant_id: Option<&'a str>,
    from: Millis,
    width_ms: i64,
    until: Millis,
}

impl<'a> Span<'a> {
    fn new(tenant_id: Option<&'a str>, from: Millis, width_ms: i64, count: u32) -> Result<Self> {
        let until = i64::from(count)
            .checked_mul(width_ms)
            .and_then(|all| from.checked_add(all))
            .filter(|until| *until > from && count <= MOST_BUCKETS)
            .ok_or_else(|| {
                StoreError::Invalid(format!(
                    "a chart has 1 to {MOST_BUCKETS} stretches of at least a millisecond"
                ))
            })?;
        Ok(Self {
            tenant_id,
            from,
            width_ms,
            until,
        })
    }
}

fn bucket_of<'a>(buckets: &'a mut [Bucket], row: &AnyRow) -> Result<Option<&'a mut Bucket>> {
    let nth = usize::try_from(get::<i64>(row, "nth")?).ok();
    Ok(nth.and_then(|nth| buckets.get_mut(nth)))
}

fn number(row: &AnyRow) -> Result<u64> {
    Ok(get::<i64>(row, "number")?.try_into().unwrap_or(0))
}
