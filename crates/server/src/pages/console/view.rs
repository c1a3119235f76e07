//! From templates and figures to pages. Every value is escaped; nothing enters a page as markup.

use std::sync::LazyLock;

use axum::response::Html;
use lifesign_store::Millis;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::Value;

use crate::clock;

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("templates/", $name)))),*]
    };
}

const TEMPLATES: &[(&str, &str)] = templates![
    "audit.html",
    "base.html",
    "check.html",
    "checks.html",
    "keys.html",
    "login.html",
    "macros.html",
    "operators.html",
    "pictures.html",
    "problem.html",
    "rates.html",
    "secrets.html",
    "sessions.html",
    "settings.html",
    "tenant.html",
    "tenants.html",
    "wallet.html",
];

static ENVIRONMENT: LazyLock<Result<Environment<'static>, String>> =
    LazyLock::new(|| environment().map_err(|e| e.to_string()));

fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.add_filter("moment", moment);
    environment.add_filter("fixed", |number: f64, digits: u32| {
        format!("{number:.digits$}", digits = digits as usize)
    });
    environment.add_filter("base64", base64);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// A page from a template.
///
/// # Errors
/// Never with the templates that are there, which the tests render; the text is for the log.
pub(super) fn render(template: &str, content: &Value) -> Result<Html<String>, String> {
    let environment = ENVIRONMENT.as_ref().map_err(Clone::clone)?;
    let rendered = environment
        .get_template(template)
        .and_then(|template| template.render(Serde(content)));
    rendered
        .map(Html)
        .map_err(|e| format!("the template {template} cannot be rendered: {e:#}"))
}

/// Text in base64 as it is: its alphabet needs no escape, which would swell pictures by a tenth.
fn base64(text: &str) -> Result<minijinja::Value, Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    if text.bytes().all(plain) {
        return Ok(minijinja::Value::from_safe_string(text.to_owned()));
    }
    Err(Error::new(ErrorKind::InvalidOperation, "this is no base64"))
}

/// A moment in UTC for people, to the second.
pub(super) fn moment(at: Millis) -> String {
    let text = clock::rfc3339(at);
    text.get(..19).unwrap_or(&text).replace('T', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_template_is_well_formed() {
        environment().unwrap();
    }

    #[test]
    fn values_are_escaped() {
        let page = render(
            "problem.html",
            &json!({ "title": "<b>", "message": "\"'&" }),
        );
        let page = page.unwrap().0;
        assert!(!page.contains("<b>"), "{page}");
        assert!(page.contains("&lt;b&gt;"), "{page}");
    }

    #[test]
    fn nothing_but_base64_goes_unescaped() {
        assert_eq!(base64("ab+/0=").unwrap().to_string(), "ab+/0=");
        assert!(base64("<b>").is_err());
    }

    #[test]
    fn a_moment_is_short() {
        assert_eq!(moment(1_700_000_000_123), "2023-11-14 22:13:20");
    }
}
