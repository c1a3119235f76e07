//! The report as one self-contained HTML page: no script, no request, light and dark.
//!
//! The template escapes every value; what enters it unescaped is SVG that [`charts`] draws from
//! numbers alone.

mod charts;
mod view;

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, value::Serde};

use crate::Report;

const PAGE: &str = include_str!("../assets/page.html");
const STYLE: &str = include_str!("../assets/page.css");

/// A page that could not be made: an error of the template.
#[derive(Debug, thiserror::Error)]
#[error("cannot render the report: {0}")]
pub struct HtmlError(#[from] minijinja::Error);

impl Report {
    /// The report as one HTML page.
    ///
    /// `pictures` holds small JPEG or PNG pictures of the worst errors as `data:` URLs in
    /// base64, by [`crate::report::WorstError::path`]. Anything else than such a URL is left
    /// out.
    ///
    /// # Errors
    /// Never with the template of this crate, which its tests render.
    pub fn to_html(&self, pictures: &BTreeMap<String, String>) -> Result<String, HtmlError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.add_template("page.html", PAGE)?;
        let page = view::Page::new(self, pictures, STYLE);
        Ok(environment
            .get_template("page.html")?
            .render(Serde(&page))?)
    }
}
