//! The OpenAPI 3.1 document and a page to read it.
//!
//! Each contract brings its own part as JSON: its schemas are plain JSON Schema, against which
//! the tests hold every kind of real answer.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use lifesign_contracts::Contract;
use serde_json::{Map, Value};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{App, ServeError};

const OWN_PART: &str = include_str!("openapi.json");
const FACES_PART: &str = include_str!("faces.json");

/// The server's own part and those of `contracts` in one document.
pub(crate) fn document(contracts: &[&'static dyn Contract]) -> Result<String, ServeError> {
    let mut whole = parse("server", OWN_PART)?;
    if let Some(Value::Object(info)) = whole.get_mut("info") {
        info.insert("version".to_owned(), env!("CARGO_PKG_VERSION").into());
    }
    merge(&mut whole, parse("faces", FACES_PART)?, "faces")?;
    for contract in contracts {
        let part = parse(contract.name(), contract.openapi())?;
        merge(&mut whole, part, contract.name())?;
    }
    Ok(Value::Object(whole).to_string())
}

fn parse(name: &str, text: &str) -> Result<Map<String, Value>, ServeError> {
    serde_json::from_str(text).map_err(|e| ServeError::OpenApi(format!("part of {name}: {e}")))
}

/// Adds objects member by member; anything else must not be there twice.
fn merge(
    whole: &mut Map<String, Value>,
    part: Map<String, Value>,
    name: &str,
) -> Result<(), ServeError> {
    for (key, value) in part {
        match (whole.get_mut(&key), value) {
            (None, value) => {
                whole.insert(key, value);
            }
            (Some(Value::Object(there)), Value::Object(more)) => merge(there, more, name)?,
            (Some(Value::Array(there)), Value::Array(more)) => there.extend(more),
            (Some(_), _) => {
                return Err(ServeError::OpenApi(format!(
                    "part of {name}: `{key}` is there already"
                )));
            }
        }
    }
    Ok(())
}

/// Answers the document.
pub(super) async fn serve(State(app): State<Arc<App>>) -> Response {
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (content_type, app.openapi.clone()).into_response()
}

/// Swagger UI at `/docs`, from files inside the binary.
pub(super) fn ui() -> Router<Arc<App>> {
    let config = Config::from("/openapi.json").use_base_layout();
    SwaggerUi::new("/docs").config(config).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            _ => panic!("{value} is no object"),
        }
    }

    #[test]
    fn parts_are_merged_and_clashes_are_errors() {
        let mut whole = object(json!({"paths": {"/a": {"get": 1}}, "tags": [1]}));
        let part = object(json!({"paths": {"/b": {}, "/a": {"post": 2}}, "tags": [2]}));
        merge(&mut whole, part, "x").unwrap();
        assert_eq!(
            Value::Object(whole.clone()),
            json!({"paths": {"/a": {"get": 1, "post": 2}, "/b": {}}, "tags": [1, 2]})
        );
        let clash = object(json!({"paths": {"/a": {"get": 3}}}));
        let error = merge(&mut whole, clash, "x").unwrap_err();
        assert!(error.to_string().contains("`get` is there already"));
    }
}
