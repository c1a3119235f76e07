//! What was typed into a form: read, found fault with in words, and shown again as it was.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use lifesign_store::Millis;
use serde_json::{Value, json};

use crate::clock;

/// The fields of a form or of an address, in order; a name may come several times.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// From `application/x-www-form-urlencoded`; anything can be read as that.
    pub(super) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// Of the query of an address.
    pub(super) fn of_query(query: Option<String>) -> Self {
        Self::parse(query.unwrap_or_default().as_bytes())
    }

    /// Fields with values to begin with.
    pub(super) fn with<const N: usize>(values: [(&str, String); N]) -> Self {
        Self(values.map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// The first value of a name; empty if there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        let named = self.0.iter().find(|(key, _)| key == name);
        named.map_or("", |(_, value)| value)
    }

    /// The first value without blanks around it, unless it is empty.
    pub(super) fn some(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|text| !text.is_empty())
    }

    /// Every value of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }
}

/// Fields with what is wrong about them.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    pub(super) fields: Fields,
    errors: BTreeMap<String, String>,
}

impl Form {
    pub(super) fn new(fields: Fields) -> Self {
        Self {
            fields,
            errors: BTreeMap::new(),
        }
    }

    /// Finds fault with a field; an empty name is the whole form.
    pub(super) fn fail(&mut self, name: &str, message: impl Into<String>) {
        let first = self.errors.entry(name.to_owned());
        first.or_insert_with(|| message.into());
    }

    pub(super) fn is_good(&self) -> bool {
        self.errors.is_empty()
    }

    /// A whole number.
    pub(super) fn number<T>(&mut self, name: &str, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        let number = self.fields.get(name).trim().parse().ok();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = range.into_inner();
            self.fail(
                name,
                format!("Must be a whole number from {least} to {most}."),
            );
        }
        number
    }

    /// A whole number, or nothing.
    pub(super) fn maybe_number<T>(&mut self, name: &str, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        self.fields.some(name)?;
        self.number(name, range)
    }

    /// A length of time in whole seconds, typed as `30d` or `1h 30m`.
    pub(super) fn seconds(&mut self, name: &str, least: i64) -> Option<i64> {
        const MOST: i64 = 36_500 * 86_400;
        let typed = self.fields.get(name).trim();
        let length = match typed {
            "0" => Some(Duration::ZERO),
            typed => humantime::parse_duration(typed).ok(),
        };
        let whole = length.filter(|length| length.subsec_nanos() == 0);
        let seconds = whole.and_then(|length| i64::try_from(length.as_secs()).ok());
        let seconds = seconds.filter(|seconds| (least..=MOST).contains(seconds));
        if seconds.is_none() {
            self.fail(
                name,
                match least {
                    0 => "Must be a length of time, for instance 30d, 12h or 0s for none.",
                    _ => "Must be a length of time, for instance 30d or 12h, and not 0.",
                },
            );
        }
        seconds
    }

    /// A moment in UTC, typed as a date with or without a time, or nothing.
    pub(super) fn maybe_moment(&mut self, name: &str) -> Option<Millis> {
        let typed = self.fields.some(name)?;
        let moment = moment(typed);
        if moment.is_none() {
            self.fail(
                name,
                "Must be a date and a time in UTC, for instance 2026-11-25 14:30.",
            );
        }
        moment
    }

    /// For the template: what was typed, and the messages.
    pub(super) fn view(&self) -> Value {
        let mut values = BTreeMap::new();
        for (name, value) in &self.fields.0 {
            values.entry(name).or_insert(value);
        }
        json!({ "values": values, "errors": self.errors })
    }
}

fn moment(typed: &str) -> Option<Millis> {
    if !typed.is_ascii() {
        return None;
    }
    let whole = match typed.len() {
        10 => format!("{typed} 00:00:00"),
        16 => format!("{typed}:00"),
        _ => typed.to_owned(),
    };
    let at = humantime::parse_rfc3339_weak(&whole).ok()?;
    Some(clock::of(at))
}

/// A length of time as it is typed: in its largest whole unit.
pub(super) fn length(seconds: i64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "m")];
    let unit = units
        .into_iter()
        .find(|(size, _)| seconds >= *size && seconds % size == 0);
    let (size, unit) = unit.unwrap_or((1, "s"));
    format!("{}{unit}", seconds / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Form {
        Form::new(Fields::parse(text.as_bytes()))
    }

    #[test]
    fn numbers_are_whole_and_in_range() {
        assert_eq!(form("n=+5").number("n", 1..=9), Some(5));
        assert_eq!(form("n=%205%20").number("n", 1..=9), Some(5));
        for bad in ["", "0", "10", "1.5", "1e1", "five", "99999999999999999999"] {
            let mut form = form(&format!("n={bad}"));
            assert_eq!(form.number("n", 1..=9_i64), None, "{bad}");
            assert_eq!(form.errors["n"], "Must be a whole number from 1 to 9.");
        }
        let mut empty = form("");
        assert_eq!(empty.maybe_number("n", 1..=9), None);
        assert!(empty.is_good());
    }

    #[test]
    fn lengths_of_time_come_back_as_they_were_typed() {
        for (typed, seconds) in [("90d", 7_776_000), ("0s", 0), ("12h", 43_200), ("61s", 61)] {
            let mut form = form(&format!("t={typed}"));
            assert_eq!(form.seconds("t", 0), Some(seconds));
            assert_eq!(length(seconds), typed);
        }
        assert_eq!(form("t=0").seconds("t", 0), Some(0));
        for bad in ["", "-1d", "90", "1500ms", "999999d", "0s"] {
            let mut form = form(&format!("t={bad}"));
            assert_eq!(form.seconds("t", 1), None, "{bad}");
            assert!(!form.is_good());
        }
    }

    #[test]
    fn moments_are_read_as_browsers_and_people_write_them() {
        let at = Some(1_700_000_000_000);
        assert_eq!(moment("2023-11-14T22:13:20"), at);
        assert_eq!(moment("2023-11-14 22:13:20Z"), at);
        assert_eq!(moment("2023-11-14T22:13"), Some(1_699_999_980_000));
        assert_eq!(moment("2023-11-14"), Some(1_699_920_000_000));
        for bad in [
            "14.11.2023",
            "2023-13-14",
            "2023-11-1ä",
            "now",
            "2023-11-14 25:00",
        ] {
            assert_eq!(moment(bad), None, "{bad}");
        }
        let mut wrong = form("t=tomorrow");
        assert_eq!(wrong.maybe_moment("t"), None);
        assert!(!wrong.is_good());
    }

    #[test]
    fn a_form_is_shown_as_it_was_typed() {
        let mut form = form("a=1&a=2&b=%3Cb%3E");
        form.fail("b", "first");
        form.fail("b", "second");
        assert_eq!(
            form.view(),
            json!({ "values": { "a": "1", "b": "<b>" }, "errors": { "b": "first" } })
        );
    }
}
