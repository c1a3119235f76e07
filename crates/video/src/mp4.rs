//! The outline of an MP4 or QuickTime file (ISO/IEC 14496-12): are all boxes there?

use crate::{ClipLimits, VideoError};

/// One box; the content is what follows its header.
struct Atom<'a> {
    kind: [u8; 4],
    content: &'a [u8],
}

/// Walks the boxes of the file and those of its index.
pub(crate) fn outline(bytes: &[u8], limits: &ClipLimits) -> Result<(), VideoError> {
    let mut index = None;
    let mut rest = bytes;
    while rest.len() >= 8 {
        // Recorders leave padding behind the last box; nobody reads it.
        let is_padding = index.is_some() && !rest.get(4..8).is_some_and(is_name);
        if is_padding {
            break;
        }
        let (atom, behind) = next(rest).ok_or_else(|| cut_off(bytes, rest))?;
        if !is_name(&atom.kind) {
            return Err(VideoError::damaged("a box of its container has no name"));
        }
        if &atom.kind == b"moov" {
            index = Some(atom.content);
        }
        rest = behind;
    }
    let Some(index) = index else {
        return Err(VideoError::Truncated {
            size_bytes: bytes.len(),
            missing: "its index (the moov box) is not there".to_owned(),
        });
    };
    limits.check_tracks(tracks(index)?)
}

fn tracks(mut index: &[u8]) -> Result<u32, VideoError> {
    let mut tracks = 0_u32;
    while index.len() >= 8 {
        let (atom, behind) =
            next(index).ok_or_else(|| VideoError::damaged("a box leaves the index of the clip"))?;
        if &atom.kind == b"trak" {
            tracks = tracks.saturating_add(1);
        }
        index = behind;
    }
    Ok(tracks)
}

/// The first box and what follows it; `None` if it does not fit.
fn next(bytes: &[u8]) -> Option<(Atom<'_>, &[u8])> {
    let size = u64::from(u32::from_be_bytes(*bytes.first_chunk()?));
    let kind = *bytes.get(4..)?.first_chunk()?;
    let (header, size) = match size {
        // To the end of the file.
        0 => (8, bytes.len() as u64),
        1 => (16, u64::from_be_bytes(*bytes.get(8..)?.first_chunk()?)),
        size => (8, size),
    };
    let size = usize::try_from(size).ok()?;
    let content = bytes.get(header..size)?;
    Some((Atom { kind, content }, bytes.get(size..)?))
}

/// Names are four letters; QuickTime has a copyright sign among them.
fn is_name(name: &[u8]) -> bool {
    name.iter().all(|b| matches!(b, 0x20..=0x7e | 0xa9))
}

/// A box that does not fit says how much is missing.
fn cut_off(bytes: &[u8], rest: &[u8]) -> VideoError {
    let claimed = rest.first_chunk().map(|size| u32::from_be_bytes(*size));
    match claimed {
        Some(size @ 2..8) => VideoError::damaged(format!("a box of {size} bytes is too small")),
        _ => VideoError::Truncated {
            size_bytes: bytes.len(),
            missing: "the last box of its container is longer than the file".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes()[..], kind, content].concat()
    }

    fn walk(bytes: &[u8]) -> Result<(), VideoError> {
        outline(bytes, &ClipLimits::default())
    }

    #[test]
    fn a_whole_file_passes_with_padding_and_large_boxes() {
        let file = atom(b"ftyp", b"isom");
        let index = atom(b"moov", &atom(b"trak", b""));
        let large = [&[0, 0, 0, 1][..], b"mdat", &17_u64.to_be_bytes(), b"x"].concat();
        let to_the_end = [&[0; 4][..], b"mdat", b"anything"].concat();
        assert_eq!(walk(&[&file[..], &index, &large].concat()), Ok(()));
        assert_eq!(walk(&[&file[..], &index, &to_the_end].concat()), Ok(()));
        assert_eq!(walk(&[&file[..], &index, &[0; 100]].concat()), Ok(()));
    }

    #[test]
    fn every_cut_and_every_lie_is_refused() {
        let index = atom(b"moov", &atom(b"trak", b"12345678"));
        let whole = [atom(b"ftyp", b"isom"), index, atom(b"mdat", b"data")].concat();
        for end in 8..whole.len() {
            let cut = walk(&whole[..end]);
            // Between two boxes a file may end, if the index is there.
            let fits = end == whole.len() - 12 || (1..8).any(|n| end == whole.len() - 12 + n);
            assert_eq!(cut.is_ok(), fits, "{end}: {cut:?}");
        }
        let tiny = [
            atom(b"ftyp", b"isom"),
            vec![0, 0, 0, 3, b'm', b'o', b'o', b'v'],
        ]
        .concat();
        assert!(matches!(walk(&tiny), Err(VideoError::Damaged { .. })));
        let huge = [&[0, 0, 0, 1][..], b"ftyp", &[255; 8]].concat();
        assert!(matches!(walk(&huge), Err(VideoError::Truncated { .. })));
    }

    #[test]
    fn too_many_tracks_are_counted_before_any_tool_starts() {
        let tracks = atom(b"trak", b"").repeat(1000);
        let bomb = [atom(b"ftyp", b"isom"), atom(b"moov", &tracks)].concat();
        assert_eq!(walk(&bomb), Err(VideoError::TooManyTracks { limit: 32 }));
    }
}
