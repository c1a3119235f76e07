//! Holds answers against the OpenAPI document.

use serde_json::{Value, json};

use super::{Answer, Client};

pub(crate) async fn document(client: &Client) -> Value {
    let answer = client.get("/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    serde_json::from_slice(&answer.body).unwrap()
}

/// Follows `$ref` within the document.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(target) => document.pointer(target.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

/// Checks the body of an answer against the schema of its status, and that it is named in its
/// headers where the document promises that. `path` is written as the document has it.
///
/// # Errors
/// With everything that differs.
pub(crate) fn conforms(
    document: &Value,
    method: &str,
    path: &str,
    answer: &Answer,
) -> Result<(), String> {
    let operations = &document["paths"][path];
    // The refusal of a method that the path does not take is listed where it takes one.
    let methods = [method, "post", "get"].into_iter();
    let mut operations = methods.filter_map(|method| operations.get(method));
    let operation = operations.next().ok_or("no operation is documented")?;
    let status = answer.status.as_str();
    let response = resolve(document, &operation["responses"][status]);
    let schema = &response["content"]["application/json"]["schema"];
    if !schema.is_object() {
        return Err(format!("no schema for status {status}"));
    }
    let id = "x-request-id";
    if !response["headers"][id].is_null() && answer.header(id).is_empty() {
        return Err(format!("{status} has no header {id}"));
    }
    let whole = json!({ "allOf": [schema], "components": document["components"] });
    let validator = jsonschema::validator_for(&whole).unwrap();
    let body: Value = serde_json::from_slice(&answer.body).map_err(|e| e.to_string())?;
    let errors: Vec<String> = validator
        .iter_errors(&body)
        .map(|e| format!("{} at {}", e, e.instance_path()))
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(format!("{status}: {errors:?} in {body}"))
    }
}
