//! A request before and after a contract has read it.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, Method, header};

/// A request as it came in, its body complete and within the size limit.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// HTTP method.
    pub method: Method,
    /// Path without the query.
    pub path: String,
    /// Decoded pairs of the query, in order.
    pub query: Vec<(String, String)>,
    /// Headers; names compare without case.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
}

/// A complete body.
#[derive(Clone, Debug)]
pub enum Body {
    /// Any body but a form.
    Bytes(Bytes),
    /// `multipart/form-data`, taken apart, fields in order.
    Form(Vec<Part>),
}

/// One field of a form.
#[derive(Clone, Debug)]
pub struct Part {
    /// Field name.
    pub name: String,
    /// File name, if the field was sent as a file. Never trusted, never logged.
    pub file_name: Option<String>,
    /// Content type, if one was sent.
    pub content_type: Option<String>,
    /// Content.
    pub data: Bytes,
}

impl Incoming {
    /// The media type of `Content-Type` in lower case, without parameters.
    pub fn media_type(&self) -> Option<String> {
        let value = self.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let essence = value.split(';').next().unwrap_or_default().trim();
        (!essence.is_empty()).then(|| essence.to_ascii_lowercase())
    }

    /// The last value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter().rev();
        pairs.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// What a contract asks the service to do.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRequest<'a> {
    /// The image to judge.
    pub image: ImageSource<'a>,
    /// How to judge it.
    pub options: CheckOptions,
}

/// Where the image is.
#[derive(Clone, Debug, PartialEq)]
pub enum ImageSource<'a> {
    /// Base64 text, alone or as a `data:` URL; not yet decoded.
    Base64(Cow<'a, str>),
    /// The file itself.
    Bytes(&'a [u8]),
}

/// How to judge an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// Profile by name; the server's default if absent.
    pub profile: Option<String>,
    /// Whether explanation pictures are wanted.
    pub pictures: bool,
}
