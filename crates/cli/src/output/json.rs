//! One JSON object a line for each file.

use lifesign_domain::CheckResult;
use serde::Serialize;

use crate::judge::{FileError, Judged};

/// The native API's `result` with the file's name, or the name and what is wrong.
#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Result {
        file: &'a str,
        #[serde(flatten)]
        result: &'a CheckResult,
    },
    Error {
        file: &'a str,
        error: &'a FileError,
    },
}

/// The line for one file, without a line break.
pub(crate) fn line(judged: &Judged) -> Result<String, serde_json::Error> {
    let file = &judged.file;
    serde_json::to_string(&match &judged.outcome {
        Ok(result) => Line::Result { file, result },
        Err(error) => Line::Error { file, error },
    })
}
