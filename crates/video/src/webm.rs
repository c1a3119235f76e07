//! The outline of a WebM or Matroska file (RFC 8794 and RFC 9559): are all elements there?
//!
//! Browsers record live: they leave the sizes of the segment and of its clusters open, so the
//! walk goes flat through both and looks only at where elements end.

use crate::{ClipLimits, Container, VideoError};

const EBML: u32 = 0x1a45_dfa3;
const DOC_TYPE: u32 = 0x4282;
const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;

/// One element's head.
struct Head {
    id: u32,
    /// Bytes of the content; `None` where the writer left it open.
    size: Option<u64>,
    /// Bytes of the head itself.
    length: usize,
}

/// Walks the elements of the file.
pub(crate) fn outline(bytes: &[u8], limits: &ClipLimits) -> Result<Container, VideoError> {
    let (header, mut rest) = element(bytes, bytes)?;
    let container = container(header)?;
    let mut seen_segment = false;
    let mut seen_cluster = false;
    while !rest.is_empty() {
        let head = head(rest).ok_or_else(|| cut_off(bytes))?;
        seen_cluster |= head.id == CLUSTER;
        match (head.id, head.size) {
            (SEGMENT, size) => {
                seen_segment = true;
                let content = rest.get(head.length..).unwrap_or_default();
                rest = match size {
                    None => content,
                    // What follows the segment is nobody's.
                    Some(size) => within(content, size).ok_or_else(|| cut_off(bytes))?,
                };
            }
            (CLUSTER, None) => rest = rest.get(head.length..).unwrap_or_default(),
            (EBML, _) | (_, None) => {
                return Err(VideoError::damaged(
                    "an element of its container is not closed",
                ));
            }
            (id, Some(_)) => {
                let (content, behind) = element(rest, bytes)?;
                if id == TRACKS {
                    limits.check_tracks(tracks(content)?)?;
                }
                rest = behind;
            }
        }
    }
    match (seen_segment, seen_cluster) {
        (true, true) => Ok(container),
        // ffprobe would only say that something is odd.
        (true, false) => Err(VideoError::NoFrames),
        (false, _) => Err(cut_off(bytes)),
    }
}

/// The document type decides: other formats are written in EBML too.
fn container(mut header: &[u8]) -> Result<Container, VideoError> {
    while !header.is_empty() {
        let (id, content, behind) =
            child(header).ok_or_else(|| VideoError::damaged("its first element is broken"))?;
        if id == DOC_TYPE {
            // Writers may end a text with zeros (RFC 8794, 13.4).
            let padding = content.iter().rev().take_while(|b| **b == 0).count();
            return match content.get(..content.len() - padding).unwrap_or_default() {
                b"webm" => Ok(Container::WebM),
                b"matroska" => Ok(Container::Matroska),
                _ => Err(VideoError::ContainerNotAccepted {
                    looks_like: "an EBML file of another kind".to_owned(),
                }),
            };
        }
        header = behind;
    }
    // Matroska is the default of RFC 9559, 5.
    Ok(Container::Matroska)
}

fn tracks(mut content: &[u8]) -> Result<u32, VideoError> {
    let mut tracks = 0_u32;
    while !content.is_empty() {
        let (id, _, behind) =
            child(content).ok_or_else(|| VideoError::damaged("its list of tracks is broken"))?;
        if id == TRACK_ENTRY {
            tracks = tracks.saturating_add(1);
        }
        content = behind;
    }
    Ok(tracks)
}

/// The content of the first element and what follows it, or the error that the file ends.
fn element<'a>(bytes: &'a [u8], file: &[u8]) -> Result<(&'a [u8], &'a [u8]), VideoError> {
    child(bytes)
        .map(|(_, content, behind)| (content, behind))
        .ok_or_else(|| cut_off(file))
}

fn child(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let head = head(bytes)?;
    let content_and_behind = bytes.get(head.length..)?;
    let content = within(content_and_behind, head.size?)?;
    Some((head.id, content, content_and_behind.get(content.len()..)?))
}

fn within(bytes: &[u8], size: u64) -> Option<&[u8]> {
    bytes.get(..usize::try_from(size).ok()?)
}

fn head(bytes: &[u8]) -> Option<Head> {
    let first = *bytes.first()?;
    let id_length = first.leading_zeros() as usize + 1;
    if id_length > 4 {
        return None;
    }
    let id = bytes
        .get(..id_length)?
        .iter()
        .fold(0_u32, |id, b| id << 8 | u32::from(*b));
    let size_bytes = bytes.get(id_length..)?;
    let size_length = size_bytes.first()?.leading_zeros() as usize + 1;
    if size_length > 8 {
        return None;
    }
    let raw = size_bytes
        .get(..size_length)?
        .iter()
        .fold(0_u64, |size, b| size << 8 | u64::from(*b));
    let mask = (1_u64 << (7 * size_length)) - 1;
    let size = raw & mask;
    Some(Head {
        id,
        size: (size != mask).then_some(size),
        length: id_length + size_length,
    })
}

fn cut_off(bytes: &[u8]) -> VideoError {
    VideoError::Truncated {
        size_bytes: bytes.len(),
        missing: "the last element of its container is longer than the file".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENT_ID: &[u8] = b"\x18\x53\x80\x67";

    fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
        let size = 0x4000 | u16::try_from(content.len()).unwrap();
        [id, &size.to_be_bytes(), content].concat()
    }

    fn header(doc_type: &[u8]) -> Vec<u8> {
        element(b"\x1a\x45\xdf\xa3", &element(b"\x42\x82", doc_type))
    }

    fn live() -> Vec<u8> {
        let tracks = element(b"\x16\x54\xae\x6b", &element(b"\xae", b"track"));
        [
            header(b"webm"),
            b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff".to_vec(),
            tracks,
            b"\x1f\x43\xb6\x75\xff".to_vec(),
            element(b"\xe7", b"\0"),
            element(b"\xa3", b"block"),
        ]
        .concat()
    }

    fn walk(bytes: &[u8]) -> Result<Container, VideoError> {
        outline(bytes, &ClipLimits::default())
    }

    #[test]
    fn a_live_recording_passes() {
        assert_eq!(walk(&live()), Ok(Container::WebM));
        let cluster = element(b"\x1f\x43\xb6\x75", b"");
        let padded = [header(b"webm\0\0"), element(SEGMENT_ID, &cluster)].concat();
        assert_eq!(walk(&padded), Ok(Container::WebM));
        let mkv = [header(b"matroska"), element(SEGMENT_ID, &cluster)].concat();
        assert_eq!(walk(&mkv), Ok(Container::Matroska));
        let junk_behind = [mkv, b"junk".to_vec()].concat();
        assert_eq!(walk(&junk_behind), Ok(Container::Matroska));
        let empty = [header(b"webm"), element(SEGMENT_ID, b"")].concat();
        assert_eq!(walk(&empty), Err(VideoError::NoFrames));
    }

    #[test]
    fn a_cut_inside_of_an_element_is_found() {
        let whole = live();
        for missing in 1..=8 {
            let cut = walk(&whole[..whole.len() - missing]);
            // Eight bytes are the whole last block: between two elements the file may end.
            assert_eq!(cut.is_ok(), missing == 8, "{missing}: {cut:?}");
        }
        assert!(matches!(
            walk(&header(b"webm")),
            Err(VideoError::Truncated { .. })
        ));
        assert!(walk(b"\x1a\x45\xdf\xa3").is_err());
    }

    #[test]
    fn other_documents_and_too_many_tracks_are_refused() {
        assert!(matches!(
            walk(&header(b"other")),
            Err(VideoError::ContainerNotAccepted { .. })
        ));
        let tracks = element(b"\x16\x54\xae\x6b", &element(b"\xae", b"").repeat(33));
        let bomb = [header(b"webm"), element(SEGMENT_ID, &tracks)].concat();
        assert_eq!(walk(&bomb), Err(VideoError::TooManyTracks { limit: 32 }));
    }
}
