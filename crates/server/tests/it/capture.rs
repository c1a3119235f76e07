//! What a session's link opens: the page and the component `<lifesign-capture>`.

mod browser;
mod embedding;
mod files;
mod languages;
mod light;
mod played;
mod refusals;
