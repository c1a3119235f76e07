//! Divides a body of the type `multipart/form-data` into its fields.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{FutureExt, stream};

use crate::{Body, Failure, Part};

/// Most fields of a form; the largest contract has eight.
const FIELDS: usize = 32;

impl Body {
    /// A complete body as its content type says: a form taken apart, anything else as it is.
    ///
    /// # Errors
    /// A form without a boundary, one that is cut or broken, and more fields than any contract has.
    pub fn read(content_type: &str, bytes: Bytes) -> Result<Self, Failure> {
        match boundary(content_type)? {
            Some(boundary) => parts(bytes, boundary).map(Self::Form),
            None => Ok(Self::Bytes(bytes)),
        }
    }
}

/// The boundary, if the body is a form.
fn boundary(content_type: &str) -> Result<Option<String>, Failure> {
    let is_form = content_type
        .get(..19)
        .is_some_and(|essence| essence.eq_ignore_ascii_case("multipart/form-data"));
    if !is_form {
        return Ok(None);
    }
    multer::parse_boundary(content_type)
        .map(Some)
        .map_err(|_| Failure::invalid("the content type multipart/form-data has no boundary"))
}

fn parts(bytes: Bytes, boundary: String) -> Result<Vec<Part>, Failure> {
    let whole = stream::once(async move { Ok::<_, Infallible>(bytes) });
    let form = multer::Multipart::new(whole, boundary);
    // The bytes are all there, so there is nothing to wait for.
    divide(form).now_or_never().unwrap_or_else(|| Err(broken()))
}

async fn divide(mut form: multer::Multipart<'_>) -> Result<Vec<Part>, Failure> {
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|_| broken())? {
        if parts.len() == FIELDS {
            return Err(Failure::invalid(format!(
                "the form has more than {FIELDS} fields"
            )));
        }
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            file_name: field.file_name().map(str::to_owned),
            content_type: field.content_type().map(ToString::to_string),
            data: field.bytes().await.map_err(|_| broken())?,
        });
    }
    Ok(parts)
}

fn broken() -> Failure {
    Failure::invalid("the body is not valid multipart/form-data")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "Multipart/Form-Data; boundary=x";

    fn fields(count: usize) -> String {
        let field =
            |at| format!("--x\r\ncontent-disposition: form-data; name=f{at}\r\n\r\n{at}\r\n");
        (0..count).map(field).collect::<String>() + "--x--\r\n"
    }

    #[test]
    fn a_form_is_taken_apart_in_order_and_anything_else_stays_whole() {
        let Ok(Body::Form(parts)) = Body::read(TYPE, fields(FIELDS).into()) else {
            panic!("a form")
        };
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!((names.len(), names[0], names[31]), (FIELDS, "f0", "f31"));
        assert_eq!(parts[31].data, "31");
        let json = Body::read("application/json", Bytes::from_static(b"{}"));
        assert!(matches!(json, Ok(Body::Bytes(bytes)) if bytes == "{}"));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for (content_type, body) in [
            ("multipart/form-data", fields(1)),
            (TYPE, fields(FIELDS + 1)),
            (TYPE, fields(2).replace("--x--\r\n", "")),
            (TYPE, String::new()),
        ] {
            assert!(
                Body::read(content_type, body.into()).is_err(),
                "{content_type}"
            );
        }
    }
}
