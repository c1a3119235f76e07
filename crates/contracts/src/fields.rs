//! Careful reading of headers and bodies, shared by the contracts.
//!
//! A refusal names the field, what is wrong with it and what is accepted; it repeats nothing of
//! the field's content.

use std::borrow::Cow;
use std::fmt;

use http::HeaderMap;
use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::{Body, Failure, FailureKind, ImageSource, Incoming, Part};

/// Most characters of a caller's reference.
pub(crate) const LABEL_CHARS: usize = 200;

const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

/// A field of a body, for its refusals.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// What it must be, as a sentence without a full stop.
    pub(crate) accepted: &'static str,
}

impl Field {
    /// A refusal: "the field `name` is wrong; it must be right".
    pub(crate) fn refused(&self, what: &str) -> Failure {
        let Self { name, accepted } = self;
        Failure::invalid(format!("the field `{name}` {what}; {accepted}"))
    }

    /// The text that must be there and not be blank.
    pub(crate) fn required<'a>(&self, text: Option<Cow<'a, str>>) -> Result<Cow<'a, str>, Failure> {
        match text {
            None => Err(self.refused("is missing")),
            Some(text) if text.trim().is_empty() => Err(self.refused("is blank")),
            Some(text) => Ok(text),
        }
    }

    /// [`label`] of the text that must be there and not be blank.
    pub(crate) fn required_label(&self, text: Option<Cow<'_, str>>) -> Result<String, Failure> {
        label(&format!("the field `{}`", self.name), &self.required(text)?)
    }

    /// A text from `object`; `None` where it is absent or null.
    pub(crate) fn text<'a>(
        &self,
        object: &JsonObject<'a>,
    ) -> Result<Option<Cow<'a, str>>, Failure> {
        let text = object.get(self.name).map(str_of).transpose();
        text.map_err(|found| self.refused(&format!("is {found}")))
    }
}

/// A caller's reference, checked to be one that every store keeps and every log shows as it is.
/// `place` begins the refusal.
pub(crate) fn label(place: &str, text: &str) -> Result<String, Failure> {
    let count = text.chars().count();
    if count > LABEL_CHARS {
        return Err(Failure::invalid(format!(
            "{place} has {count} characters, at most {LABEL_CHARS} are kept"
        )));
    }
    if text.chars().any(char::is_control) {
        return Err(Failure::invalid(format!(
            "{place} has control characters, which are not kept"
        )));
    }
    Ok(text.to_owned())
}

/// A header without the space around it; `None` where it is missing, blank or not ASCII.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then_some(text)
}

/// Whether a body of this media type is to be read as JSON. Those that are no JSON by name are
/// what `curl -d` and `fetch()` claim for a JSON text unless told otherwise.
pub(crate) fn is_json(media_type: Option<&str>) -> bool {
    media_type.is_none_or(|media_type| {
        matches!(
            media_type,
            "application/json" | "application/x-www-form-urlencoded" | "text/plain"
        ) || media_type.ends_with("+json")
    })
}

/// The body of a contract that takes nothing but JSON.
pub(crate) fn json_body(incoming: &Incoming) -> Result<&[u8], Failure> {
    match &incoming.body {
        Body::Bytes(bytes) if is_json(incoming.media_type().as_deref()) => Ok(bytes),
        _ => Err(Failure::new(
            FailureKind::UnsupportedMediaType,
            "the content type is not accepted; accepted is application/json",
        )),
    }
}

/// The image in a field of a form: a file, or base64 text in a field without a file name; `None`
/// where it is empty.
pub(crate) fn image_of_part(part: &Part) -> Option<ImageSource<'_>> {
    // No accepted image file is pure ASCII.
    match std::str::from_utf8(&part.data) {
        Ok(text) if text.trim().is_empty() => None,
        Ok(text) if part.file_name.is_none() && text.is_ascii() => {
            Some(ImageSource::Base64(Cow::Borrowed(text)))
        }
        _ => Some(ImageSource::Bytes(&part.data)),
    }
}

/// The field of a form, which may be there once.
pub(crate) fn only<'a>(parts: &'a [Part], field: &Field) -> Result<Option<&'a Part>, Failure> {
    let mut named = parts.iter().filter(|part| part.name == field.name);
    let part = named.next();
    if named.next().is_some() {
        return Err(field.refused("is given more than once"));
    }
    Ok(part)
}

/// The fields of a JSON object that were asked for.
pub(crate) struct JsonObject<'a> {
    fields: Vec<(&'static str, &'a RawValue)>,
}

impl<'a> JsonObject<'a> {
    /// Reads the object `body` and keeps the fields of `names`. `wanted` says what the body must
    /// be. Names compare with case; other fields are ignored.
    pub(crate) fn read(
        body: &'a [u8],
        names: &'static [&'static str],
        wanted: &str,
    ) -> Result<Self, Failure> {
        let body = body.strip_prefix(UTF8_BOM).unwrap_or(body).trim_ascii();
        let not_json = |e: serde_json::Error| {
            let (line, column) = (e.line(), e.column());
            Failure::invalid(format!(
                "the body is not valid JSON (line {line}, column {column}); it must be {wanted}"
            ))
        };
        if body.is_empty() {
            return Err(Failure::invalid(format!(
                "the body is empty; it must be {wanted}"
            )));
        }
        if body.first() != Some(&b'{') {
            let value: &RawValue = serde_json::from_slice(body).map_err(not_json)?;
            return Err(Failure::invalid(format!(
                "the body is {}; it must be {wanted}",
                json_type(value)
            )));
        }
        let mut input = serde_json::Deserializer::from_slice(body);
        let fields = serde::Deserializer::deserialize_map(&mut input, Fields(names))
            .and_then(|fields| input.end().map(|()| fields))
            .map_err(not_json)?;
        for (at, (name, _)) in fields.iter().enumerate() {
            if fields.iter().skip(at + 1).any(|(other, _)| other == name) {
                return Err(Failure::invalid(format!(
                    "the field `{name}` is given more than once"
                )));
            }
        }
        Ok(Self { fields })
    }

    /// A field as it is; null counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let (_, value) = self.fields.iter().find(|(field, _)| *field == name)?;
        (value.get() != "null").then_some(*value)
    }
}

/// Collects the named fields. Each is kept twice at most, which is enough to see that it was
/// repeated: a body full of one name must not fill the memory.
struct Fields(&'static [&'static str]);

impl<'de> Visitor<'de> for Fields {
    type Value = Vec<(&'static str, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::with_capacity(self.0.len());
        while let Some(Text(key)) = map.next_key::<Text<'de>>()? {
            match self.0.iter().find(|name| **name == key) {
                Some(name) if fields.len() <= self.0.len() => {
                    fields.push((*name, map.next_value()?));
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

/// A string, borrowed unless it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The text of a JSON string, or what it is instead.
pub(crate) fn str_of(value: &RawValue) -> Result<Cow<'_, str>, &'static str> {
    if !value.get().starts_with('"') {
        return Err(json_type(value));
    }
    serde_json::from_str::<Text<'_>>(value.get())
        .map(|text| text.0)
        .map_err(|_| "not valid Unicode")
}

/// What a JSON value is, for people.
pub(crate) fn json_type(value: &RawValue) -> &'static str {
    match value.get().as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const NAME: Field = Field {
        name: "name",
        accepted: "it must be a name",
    };

    fn name(body: &[u8]) -> Result<Option<String>, String> {
        let object = JsonObject::read(body, &["name", "other"], "an object with `name`")
            .map_err(|failure| failure.message)?;
        let text = NAME.text(&object).map_err(|failure| failure.message)?;
        Ok(text.map(Cow::into_owned))
    }

    #[test]
    fn an_object_gives_the_fields_that_were_asked_for() {
        assert_eq!(name(b"{}"), Ok(None));
        assert_eq!(name(br#"{"name":null}"#), Ok(None));
        assert_eq!(name(br#"{"Name":"a"}"#), Ok(None));
        assert_eq!(name(br#"{"name":""}"#), Ok(Some(String::new())));
        assert_eq!(
            name(br#"{"x":[{"name":1}],"n\u0061me":"a\nb"}"#)
                .unwrap()
                .unwrap(),
            "a\nb"
        );
        assert_eq!(
            name(b"\xEF\xBB\xBF {\"name\":\"a\"}\r\n").unwrap().unwrap(),
            "a"
        );
        // What was not asked for may be there twice.
        assert_eq!(name(br#"{"x":1,"x":2,"name":"a"}"#).unwrap().unwrap(), "a");
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        for (body, says) in [
            (
                &b""[..],
                "the body is empty; it must be an object with `name`",
            ),
            (b"[]", "the body is an array"),
            (b"\"{}\"", "the body is a string"),
            (b"{", "not valid JSON (line 1, column 1)"),
            (b"{\"name\":\"a\"}{", "not valid JSON"),
            (b"{\"name\":\"a\",}", "not valid JSON"),
            (b"{\"name\":\"\xFF\"}", "not valid JSON"),
            (b"{\"\\ud800\":1}", "not valid JSON"),
            (
                b"{\"name\":\"a\",\"name\":\"b\"}",
                "`name` is given more than once",
            ),
            (
                b"{\"name\":null,\"name\":\"b\"}",
                "`name` is given more than once",
            ),
            (
                b"{\"name\":1}",
                "the field `name` is a number; it must be a name",
            ),
            (b"{\"name\":{}}", "`name` is an object"),
            (b"{\"name\":\"\\ud800\"}", "`name` is not valid Unicode"),
        ] {
            let message = name(body).unwrap_err();
            assert!(message.contains(says), "{message} for {body:?}");
        }
        let deep = [b"{\"x\":".as_slice(), &[b'['; 100_000]].concat();
        assert!(name(&deep).unwrap_err().contains("not valid JSON"));
    }

    #[test]
    fn many_repeated_names_are_not_kept() {
        let body = format!("{{{}\"name\":1}}", "\"name\":1,".repeat(1000));
        let fields = serde_json::Deserializer::from_slice(body.as_bytes());
        let mut fields = fields;
        let kept = serde::Deserializer::deserialize_map(&mut fields, Fields(&["name"])).unwrap();
        assert_eq!(kept.len(), 2);
    }

    #[test]
    fn what_is_required_is_there_and_not_blank() {
        let required = |text: Option<&'static str>| {
            let text = NAME.required(text.map(Cow::Borrowed));
            text.map_err(|failure| failure.message)
        };
        assert_eq!(required(Some(" a")).unwrap(), " a");
        assert!(required(None).unwrap_err().contains("`name` is missing"));
        assert!(required(Some(" \n")).unwrap_err().contains("is blank"));
    }

    #[test]
    fn a_label_is_short_and_has_no_control_characters() {
        assert_eq!(label("it", "Zoë 1").unwrap(), "Zoë 1");
        assert!(label("it", &"ë".repeat(LABEL_CHARS)).is_ok());
        let long = label("it", &"a".repeat(LABEL_CHARS + 1)).unwrap_err();
        assert_eq!(long.message, "it has 201 characters, at most 200 are kept");
        for wrong in ["a\0", "a\nb", "\u{85}"] {
            assert!(label("it", wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_header_is_visible_text() {
        let mut headers = HeaderMap::new();
        headers.insert("a", HeaderValue::from_static(" x "));
        headers.insert("blank", HeaderValue::from_static(" "));
        headers.insert("other", HeaderValue::from_bytes(b"\xE4").unwrap());
        assert_eq!(header(&headers, "A"), Some("x"));
        for name in ["blank", "other", "none"] {
            assert_eq!(header(&headers, name), None);
        }
    }
}
