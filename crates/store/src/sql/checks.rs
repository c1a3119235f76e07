//! Reads checks, page by page, and their pictures.

use sqlx::{AssertSqlSafe, Row};

use super::rows::{self, check_columns};
use super::{Result, SqlStore, findable, page_size};
use crate::{Act, CheckFilter, CheckPage, CheckRecord, Millis, SealedImage, StoreError};

impl SqlStore {
    pub(super) async fn check(
        &self,
        tenant_id: Option<&str>,
        id: &str,
    ) -> Result<Option<CheckRecord>> {
        if !findable(id) {
            return Ok(None);
        }
        sqlx::query(concat!(
            "SELECT ",
            check_columns!(),
            " FROM checks c JOIN tenants t ON t.no = c.tenant_no \
              WHERE c.id = $1 AND ($2 IS NULL OR t.id = $2)"
        ))
        .bind(id)
        .bind(tenant_id)
        .fetch_optional(&self.read)
        .await?
        .as_ref()
        .map(rows::check)
        .transpose()
    }

    pub(super) async fn checks(
        &self,
        filter: &CheckFilter,
        after: Option<&str>,
        limit: u32,
    ) -> Result<CheckPage> {
        let after = after.map(Place::parsed).transpose()?;
        let Some(selection) = Selection::new(filter, after) else {
            return Ok(CheckPage {
                checks: Vec::new(),
                next: None,
            });
        };
        let size = page_size(limit);
        // One more than the page tells whether there is another.
        let sql = selection.sql(size + 1);
        let mut statement = sqlx::query(AssertSqlSafe(sql));
        for value in selection.values {
            statement = match value {
                Value::Text(text) => statement.bind(text),
                Value::Number(number) => statement.bind(number),
            };
        }
        let rows = statement.fetch_all(&self.read).await?;
        let page = usize::try_from(size).unwrap_or(usize::MAX);
        let more = rows.len() > page;
        let checks: Vec<_> = rows
            .iter()
            .take(page)
            .map(rows::check)
            .collect::<Result<_>>()?;
        let last = checks.last().filter(|_| more);
        let next = last.map(|check: &CheckRecord| Place::of(check.at, &check.id));
        Ok(CheckPage { checks, next })
    }

    pub(super) async fn image(&self, check_id: &str, act: &Act) -> Result<Option<SealedImage>> {
        if !findable(check_id) {
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        let row = sqlx::query(
            "SELECT i.sealed, i.expires_at FROM images i JOIN checks c ON c.no = i.check_no \
             WHERE c.id = $1 AND i.expires_at > $2",
        )
        .bind(check_id)
        .bind(act.at)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let image = SealedImage {
            sealed: row.try_get(0)?,
            expires_at: row.try_get(1)?,
        };
        act.write(&mut tx, "image.read", check_id, &serde_json::json!({}))
            .await?;
        tx.commit().await?;
        Ok(Some(image))
    }

    pub(super) async fn has_image(&self, check_id: &str) -> Result<bool> {
        if !findable(check_id) {
            return Ok(false);
        }
        let row = sqlx::query(
            "SELECT 1 FROM images i JOIN checks c ON c.no = i.check_no WHERE c.id = $1",
        )
        .bind(check_id)
        .fetch_optional(&self.read)
        .await?;
        Ok(row.is_some())
    }
}

/// A value that stands in a statement as `$1`, `$2` and so on.
enum Value {
    Text(String),
    Number(i64),
}

/// Which checks a page is made of. What callers say is always a value, never part of the text.
struct Selection {
    by_reason: bool,
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Selection {
    /// None if the filter names something that no row can hold.
    fn new(filter: &CheckFilter, after: Option<Place>) -> Option<Self> {
        let by_reason = filter.reason.is_some();
        let mut selection = Self {
            by_reason,
            conditions: Vec::new(),
            values: Vec::new(),
        };
        // By reason the index of the reasons leads: most checks have none.
        let (time, id, tenant) = if by_reason {
            ("r.at", "r.check_id", "r.tenant_no")
        } else {
            ("c.at", "c.id", "c.tenant_no")
        };
        let verdict = filter.verdict.map(|verdict| verdict.as_str().to_owned());
        for (condition, text) in [
            (
                format!("{tenant} = (SELECT no FROM tenants WHERE id = ?)"),
                &filter.tenant_id,
            ),
            ("c.contract = ?".to_owned(), &filter.contract),
            ("c.reference = ?".to_owned(), &filter.reference),
            ("c.verdict = ?".to_owned(), &verdict),
            ("r.code = ?".to_owned(), &filter.reason),
        ] {
            if let Some(text) = text {
                if !findable(text) {
                    return None;
                }
                selection.add(&condition, [Value::Text(text.clone())]);
            }
        }
        for (condition, moment) in [(">= ?", filter.from), ("< ?", filter.until)] {
            if let Some(moment) = moment {
                selection.add(&format!("{time} {condition}"), [Value::Number(moment)]);
            }
        }
        if let Some(Place { at, id: last }) = after {
            let values = [Value::Number(at), Value::Text(last)];
            selection.add(&format!("({time}, {id}) < (?, ?)"), values);
        }
        Some(selection)
    }

    /// Adds a condition with a value for each `?`.
    fn add<const N: usize>(&mut self, condition: &str, values: [Value; N]) {
        let mut numbered = condition.to_owned();
        for value in values {
            self.values.push(value);
            numbered = numbered.replacen('?', &format!("${}", self.values.len()), 1);
        }
        self.conditions.push(numbered);
    }

    fn sql(&self, limit: i64) -> String {
        let (from, order) = if self.by_reason {
            (
                "check_reasons r JOIN checks c ON c.no = r.check_no",
                "r.at DESC, r.check_id DESC",
            )
        } else {
            ("checks c", "c.at DESC, c.id DESC")
        };
        let conditions = match self.conditions.is_empty() {
            true => "1 = 1".to_owned(),
            false => self.conditions.join(" AND "),
        };
        format!(
            "SELECT {} FROM {from} JOIN tenants t ON t.no = c.tenant_no \
             WHERE {conditions} ORDER BY {order} LIMIT {limit}",
            check_columns!()
        )
    }
}

/// The place of a check or session in the order of the pages. As a cursor it is hexadecimal: the time in
/// eight bytes, then the identifier.
pub(super) struct Place {
    pub(super) at: Millis,
    pub(super) id: String,
}

impl Place {
    pub(super) fn of(at: Millis, id: &str) -> String {
        let mut bytes = at.to_be_bytes().to_vec();
        bytes.extend(id.as_bytes());
        super::chain::hex(&bytes)
    }

    pub(super) fn parsed(cursor: &str) -> Result<Self> {
        Self::from_hex(cursor)
            .ok_or_else(|| StoreError::Invalid("the page's cursor is not one of ours".to_owned()))
    }

    fn from_hex(cursor: &str) -> Option<Self> {
        let digits = cursor
            .chars()
            .map(|digit| {
                digit
                    .to_digit(16)
                    .and_then(|digit| u8::try_from(digit).ok())
            })
            .collect::<Option<Vec<u8>>>()?;
        let (pairs, []) = digits.as_chunks::<2>() else {
            return None;
        };
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        let (at, id) = bytes.split_first_chunk::<8>()?;
        let id = String::from_utf8(id.to_vec()).ok()?;
        let at = Millis::from_be_bytes(*at);
        findable(&id).then_some(Self { at, id })
    }
}
