//! From Decentro's video request to a [`ClipRequest`].

use super::source::{
    MAX_SIDE, MIN_SIDE, REFERENCE_ID, SKIP_METADATA_VALIDATION, Source, consent, purpose, url,
};
use crate::fields::{Field, only};
use crate::{Body, ClipRequest, ClipRules, ClipSource, Failure, FailureKind, Incoming};

const CLIP: Field = Field {
    name: "video",
    accepted: "it must be an .mp4 or .webm file of at most 20 MB and 10 seconds",
};
const CLIP_URL: Field = Field {
    name: "video_url",
    accepted: "it must be a URL of at most 2048 characters, or left out",
};

pub(super) fn clip_request(incoming: &Incoming) -> Result<ClipRequest<'_>, Failure> {
    let Body::Form(parts) = &incoming.body else {
        return Err(Failure::new(
            FailureKind::UnsupportedMediaType,
            "the content type is not accepted; accepted is multipart/form-data",
        ));
    };
    let source = Source::Form(parts);
    consent(&source)?;
    let reference = REFERENCE_ID.required_label(source.text(&REFERENCE_ID)?)?;
    purpose(&source)?;
    let file = only(parts, &CLIP)?.filter(|part| !part.data.is_empty());
    let clip = match (file, url(&source, &CLIP_URL)?) {
        (Some(_), Some(_)) => {
            return Err(CLIP.refused("is there beside `video_url`, one is judged"));
        }
        (Some(part), None) => ClipSource::Bytes(&part.data),
        (None, Some(url)) => ClipSource::Url(url),
        (None, None) => return Err(CLIP.refused("is missing or empty, and so is `video_url`")),
    };
    Ok(ClipRequest {
        clip,
        profile: None,
        rules: ClipRules {
            min_side: Some(MIN_SIDE),
            max_side: Some(MAX_SIDE),
            camera_data: !source.switch(&SKIP_METADATA_VALIDATION)?.unwrap_or(false),
        },
        reference: Some(reference),
        idempotency_key: None,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method};

    use super::super::VIDEO;
    use super::*;
    use crate::{Ask, Contract, Decentro, Echo, Part};

    fn text(name: &str, value: &str) -> Part {
        Part {
            name: name.to_owned(),
            file_name: None,
            content_type: None,
            data: Bytes::from(value.to_owned()),
        }
    }

    fn file(data: &'static [u8]) -> Part {
        Part {
            name: "video".to_owned(),
            file_name: Some("clip.mp4".to_owned()),
            content_type: Some("video/mp4".to_owned()),
            data: Bytes::from_static(data),
        }
    }

    /// The documented form without its clip, and what is added to it.
    fn form(more: Vec<Part>) -> Incoming {
        let mut parts = vec![
            text("reference_id", "Case 1"),
            text("consent", "true"),
            text("consent_purpose", "for a test"),
        ];
        parts.extend(more);
        Incoming {
            method: Method::POST,
            path: VIDEO.to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::Form(parts),
        }
    }

    fn read(incoming: &Incoming) -> Result<ClipRequest<'_>, Failure> {
        Decentro
            .read(incoming, &mut Echo::new())
            .map(|ask| match ask {
                Ask::Clip(request) => request,
                other => panic!("{other:?}"),
            })
    }

    #[test]
    fn the_documented_form_is_a_clip_by_the_documented_rules() {
        let incoming = form(vec![file(b"clip"), text("video_url", "")]);
        let request = read(&incoming).unwrap();
        assert_eq!(request.clip, ClipSource::Bytes(b"clip"));
        assert_eq!(request.reference.as_deref(), Some("Case 1"));
        assert_eq!(request.idempotency_key, None);
        let rules = ClipRules {
            min_side: Some(800),
            max_side: Some(2000),
            camera_data: true,
        };
        assert_eq!(request.rules, rules);
        let skipping = form(vec![
            file(b"clip"),
            text("skip_metadata_validation", "true"),
        ]);
        assert!(!read(&skipping).unwrap().rules.camera_data);
    }

    #[test]
    fn one_clip_comes_as_a_file_or_from_a_url() {
        let url = "https://example.com/a.mp4";
        let said = |more: Vec<Part>| {
            let incoming = form(more);
            match read(&incoming) {
                Ok(request) => format!("{:?}", request.clip),
                Err(failure) => failure.message,
            }
        };
        assert!(said(vec![text("video_url", url)]).contains(url));
        assert!(said(vec![file(b""), text("video_url", url)]).contains(url));
        assert!(said(vec![file(b"a"), text("video_url", url)]).contains("beside `video_url`"));
        assert!(said(vec![]).contains("`video` is missing or empty"));
        assert!(said(vec![file(b"a"), file(b"b")]).contains("more than once"));
    }

    #[test]
    fn consent_comes_first_and_json_is_not_taken() {
        let mut incoming = form(vec![]);
        if let Body::Form(parts) = &mut incoming.body {
            parts[1] = text("consent", "false");
        }
        assert_eq!(
            read(&incoming).unwrap_err().kind,
            FailureKind::ConsentRefused
        );
        incoming.body = Body::Bytes(Bytes::from_static(b"{}"));
        let failure = read(&incoming).unwrap_err();
        assert_eq!(failure.kind, FailureKind::UnsupportedMediaType);
    }
}
