//! A request before and after a contract has read it.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, Method, header};

use crate::{SessionLook, SessionRequest};

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

/// Whom a request says it is from. Borrowed from its headers; never logged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credentials<'a> {
    /// The route asks for none.
    None,
    /// The native API's key.
    Key(&'a str),
    /// verified.africa's `userid` and `apiKey`.
    User {
        /// Public part.
        userid: &'a str,
        /// Secret part.
        api_key: &'a str,
    },
    /// Decentro's three headers.
    Client {
        /// Public part.
        client_id: &'a str,
        /// Secret of the client.
        client_secret: &'a str,
        /// Secret of the module.
        module_secret: &'a str,
    },
    /// Syntizen's `authkey`, a token got for a user name and password.
    Token(&'a str),
}

/// What a contract asks the service to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask<'a> {
    /// Judge an image.
    Check(CheckRequest<'a>),
    /// Judge a clip.
    Clip(ClipRequest<'a>),
    /// Give a token for a user name and password.
    Token(TokenRequest),
    /// Make an active session.
    Session(SessionRequest<'a>),
    /// Tell of an active session, or cancel it.
    SessionLook(SessionLook),
    /// Tell of all active sessions, from a page's cursor on.
    SessionPage(Option<String>),
}

/// A user name and password. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenRequest")
    }
}

/// An image to judge, and what holds for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckRequest<'a> {
    /// The image to judge.
    pub image: ImageSource<'a>,
    /// How to judge it.
    pub options: CheckOptions,
    /// What the file must be.
    pub rules: ImageRules,
    /// The caller's reference: a label that is kept with the check.
    pub reference: Option<String>,
    /// The caller's key for this request: the same request under it is answered once and
    /// repeated, another one is a [`FailureKind::KeyReused`](crate::FailureKind::KeyReused).
    pub idempotency_key: Option<String>,
    /// Whether the tenant's wallet pays for it.
    pub charged: bool,
}

/// A clip to judge, and what holds for it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipRequest<'a> {
    /// Where the clip is.
    pub clip: ClipSource<'a>,
    /// Profile by name; the tenant's or the server's default if absent.
    pub profile: Option<String>,
    /// What the file must be.
    pub rules: ClipRules,
    /// The caller's reference: a label that is kept with the check.
    pub reference: Option<String>,
    /// As in [`CheckRequest`].
    pub idempotency_key: Option<String>,
}

/// Where a clip is.
#[derive(Clone, Debug, PartialEq)]
pub enum ClipSource<'a> {
    /// The file itself.
    Bytes(&'a [u8]),
    /// Where it is to be fetched from.
    Url(Cow<'a, str>),
}

/// What a contract demands of a clip, beyond what the server can decode.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipRules {
    /// Smallest width and height in pixels; the server's own if absent.
    pub min_side: Option<u32>,
    /// Largest width and height in pixels; the server's own if absent.
    pub max_side: Option<u32>,
    /// Whether the container must say that a camera recorded it (make and model, or the marks of
    /// a recorder).
    pub camera_data: bool,
}

/// Where the image is.
#[derive(Clone, Debug, PartialEq)]
pub enum ImageSource<'a> {
    /// Base64 text, alone or as a `data:` URL; not yet decoded.
    Base64(Cow<'a, str>),
    /// The file itself.
    Bytes(&'a [u8]),
    /// Base64 text of a file that is sealed under a key of the tenant: 12 bytes nonce, then the
    /// AES-256-GCM ciphertext with its tag.
    Sealed {
        /// Public part of the key.
        key: Cow<'a, str>,
        /// Not yet decoded.
        text: Cow<'a, str>,
    },
    /// Where it is to be fetched from.
    Url(Cow<'a, str>),
}

impl Default for ImageSource<'_> {
    fn default() -> Self {
        Self::Bytes(&[])
    }
}

/// What a contract demands of the file, beyond what the server can decode. What breaks a rule is
/// refused before it is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRules {
    /// Formats that are taken.
    pub formats: &'static [ImageFormat],
    /// Smallest width and height in pixels.
    pub min_side: Option<u32>,
    /// Largest width and height in pixels.
    pub max_side: Option<u32>,
    /// Whether EXIF must name FileSource, Make and DateTime.
    pub camera_data: bool,
}

impl Default for ImageRules {
    fn default() -> Self {
        Self {
            formats: &ImageFormat::ALL,
            min_side: None,
            max_side: None,
            camera_data: false,
        }
    }
}

/// Formats of images that the server decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
    /// BMP.
    Bmp,
}

impl ImageFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Jpeg, Self::Png, Self::Webp, Self::Bmp];

    /// The name that people know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Webp => "WebP",
            Self::Bmp => "BMP",
        }
    }
}

/// How to judge an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// Profile by name; the server's default if absent.
    pub profile: Option<String>,
    /// Whether explanation pictures are wanted.
    pub pictures: bool,
}
