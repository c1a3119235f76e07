//! Base64 text (RFC 4648) as clients really send it: both alphabets, padded or not, wrapped into
//! lines, alone or in a `data:` URL (RFC 2397).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::{Limits, MediaError};

/// Takes any padding and the stray low bits that some encoders leave in the last character.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes base64 text or a `data:<type>;base64,` URL to bytes; the media type is not looked at.
///
/// Accepted are the standard and the URL-safe alphabet, with or without `=`, with ASCII white
/// space anywhere.
///
/// # Errors
/// [`MediaError::Base64Empty`], [`MediaError::DataUrlNotBase64`], [`MediaError::Base64Invalid`]
/// with a position in `text`, [`MediaError::Base64Truncated`], or [`MediaError::FileTooLarge`],
/// found from the length before memory is taken.
pub fn decode_base64(text: &str, limits: &Limits) -> Result<Vec<u8>, MediaError> {
    let start = payload_start(text)?;
    let payload = &text.as_bytes()[start..];
    // Most text is short enough whatever is in it, and plain.
    if limits.check_file(payload.len().div_ceil(4) * 3).is_ok()
        && let Ok(bytes) = LENIENT.decode(payload)
        && !bytes.is_empty()
    {
        return Ok(bytes);
    }
    let characters = payload
        .iter()
        .filter(|&&b| !b.is_ascii_whitespace() && b != b'=')
        .count();
    if characters == 0 {
        return Err(MediaError::Base64Empty);
    }
    limits.check_file(characters / 4 * 3 + characters % 4 * 3 / 4)?;
    if let Ok(bytes) = LENIENT.decode(payload) {
        return Ok(bytes);
    }
    let plain = Plain { start, payload }.characters(characters)?;
    if plain.len() % 4 == 1 {
        return Err(MediaError::Base64Truncated {
            characters: plain.len(),
        });
    }
    LENIENT
        .decode(plain)
        .map_err(|error| MediaError::Base64Invalid {
            position: start,
            found: error.to_string(),
        })
}

/// Byte position behind the `data:...;base64,` prefix, or of the first character without one.
fn payload_start(text: &str) -> Result<usize, MediaError> {
    let body = text.trim_ascii_start();
    let skipped = text.len() - body.len();
    let is_url = body
        .get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
    if !is_url {
        return Ok(skipped);
    }
    let comma = body.find(',').ok_or(MediaError::DataUrlNotBase64)?;
    let is_base64 = body[..comma]
        .rsplit_once(';')
        .is_some_and(|(_, last)| last.trim_ascii().eq_ignore_ascii_case("base64"));
    if !is_base64 {
        return Err(MediaError::DataUrlNotBase64);
    }
    Ok(skipped + comma + 1)
}

/// Text that is not base64 of the plainest kind.
struct Plain<'a> {
    /// Position of `payload` in the text that was given.
    start: usize,
    payload: &'a [u8],
}

impl Plain<'_> {
    /// The same text in the standard alphabet without white space and padding.
    fn characters(&self, count: usize) -> Result<Vec<u8>, MediaError> {
        let mut plain = Vec::with_capacity(count);
        let mut padding_at = None;
        for (i, &byte) in self.payload.iter().enumerate() {
            let character = match byte {
                b'-' => b'+',
                b'_' => b'/',
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => byte,
                b'=' => {
                    padding_at.get_or_insert(i);
                    continue;
                }
                _ if byte.is_ascii_whitespace() => continue,
                _ => return Err(self.invalid(i, self.name(i))),
            };
            if let Some(at) = padding_at {
                return Err(self.invalid(at, "padding (=) before the end".to_owned()));
            }
            plain.push(character);
        }
        Ok(plain)
    }

    /// The character at `i`, readable: `'%'`, or its code point if it cannot be shown.
    fn name(&self, i: usize) -> String {
        let rest = self.payload.get(i..).unwrap_or_default();
        let shown = rest.get(..4).unwrap_or(rest);
        let valid = shown
            .utf8_chunks()
            .next()
            .and_then(|chunk| chunk.valid().chars().next());
        match valid {
            Some(c) if !c.is_control() => format!("'{c}'"),
            Some(c) => format!("U+{:04X}", u32::from(c)),
            None => "a byte that is no character".to_owned(),
        }
    }

    fn invalid(&self, i: usize, found: String) -> MediaError {
        MediaError::Base64Invalid {
            position: self.start + i,
            found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Result<Vec<u8>, MediaError> {
        decode_base64(text, &Limits::default())
    }

    #[test]
    fn all_spellings_of_the_same_bytes() {
        let expected = Ok(vec![0xfb, 0xef, 0xff, 0x01]);
        for text in [
            "++//AQ==",
            "--__AQ==",
            "--//AQ",
            "++//AQ",
            "++//AQ=",
            " ++/\r\n/A\tQ = =\n",
            "data:image/jpeg;base64,++//AQ==",
            "DATA:;BASE64, ++//AQ",
            "\n data:image/png;name=a;base64,\n--__AQ",
            "data:application/octet-stream;base64,++//AQ",
            "++//AR==",
        ] {
            assert_eq!(bytes(text), expected, "{text:?}");
        }
    }

    #[test]
    fn each_fault_has_its_own_error() {
        for text in ["", "  \n", "====", "data:image/png;base64,"] {
            assert_eq!(bytes(text), Err(MediaError::Base64Empty), "{text:?}");
        }
        for text in ["data:image/png,abcd", "data:image/png;base64", "data:,"] {
            assert_eq!(bytes(text), Err(MediaError::DataUrlNotBase64), "{text:?}");
        }
        let invalid = |position, found: &str| {
            Err(MediaError::Base64Invalid {
                position,
                found: found.to_owned(),
            })
        };
        assert_eq!(bytes("AAAA%2BAA"), invalid(4, "'%'"));
        assert_eq!(bytes(" data:x;base64,AA\u{e9}A"), invalid(17, "'\u{e9}'"));
        assert_eq!(bytes("AA\u{0}A"), invalid(2, "U+0000"));
        assert_eq!(bytes("AA==AAAA"), invalid(2, "padding (=) before the end"));
        assert_eq!(
            bytes("AAAA A"),
            Err(MediaError::Base64Truncated { characters: 5 })
        );
    }

    #[test]
    fn size_is_compared_before_decoding() {
        let limits = Limits {
            file_bytes: 4,
            ..Limits::default()
        };
        assert_eq!(decode_base64("AAAAAA==", &limits), Ok(vec![0; 4]));
        assert_eq!(
            decode_base64("AAAAAAA=", &limits),
            Err(MediaError::FileTooLarge {
                size_bytes: 5,
                limit_bytes: 4
            })
        );
    }
}
