//! Pictures without a face must not yield one.

use lifesign_engine::Rect;
use lifesign_media::Frame;
use lifesign_testkit::{SCENES, faceless_scene};

use crate::support::{ENGINE, development_images, photo};

const SCENE_COUNT: usize = 450;
const MIN_CUT_OUT: usize = 300;
const MAX_FALSE: f64 = 0.01;

#[test]
fn scenes_without_a_face_yield_none() {
    let mut yields = 0;
    for index in 0..SCENE_COUNT {
        if !ENGINE.faces(&faceless_scene(index)).unwrap().is_empty() {
            eprintln!("a face in scene {index}, {}", SCENES[index % SCENES.len()]);
            yields += 1;
        }
    }
    eprintln!("{yields} of {SCENE_COUNT} scenes without a face yield one");
    assert!(f64::from(yields) <= MAX_FALSE * SCENE_COUNT as f64);
}

#[test]
fn photographs_whose_faces_are_cut_out_yield_none() {
    let Some(folder) = development_images() else {
        return eprintln!("skipped: ../shared/data/pad is absent");
    };
    // Whole camera frames of one living person: a tight crop has nothing left without its face,
    // and behind a replay often stands the person who holds it.
    let sets = [
        "nuaa_frames",
        "cz_coders",
        "cz_prabhu",
        "cz_ramk",
        "cz_sudipto",
        "cz_suman",
        "cz_yash",
        "cz_afz",
        "cz_ahm",
    ];
    let (mut cut, mut yields) = (0, 0);
    for set in sets {
        let live = folder.join(set).join("live_none");
        let mut paths: Vec<_> = live
            .read_dir()
            .unwrap()
            .map(|f| f.unwrap().path())
            .collect();
        paths.sort();
        let step = (paths.len() / 50).max(1);
        for path in paths.iter().step_by(step) {
            let frame = photo(path).frame;
            let faces = ENGINE.faces(&frame).unwrap();
            if faces.is_empty() {
                continue;
            }
            let boxes: Vec<Rect> = faces.iter().map(|f| f.mesh.landmarks.bounds()).collect();
            cut += 1;
            if !ENGINE.faces(&without(&frame, &boxes)).unwrap().is_empty() {
                eprintln!(
                    "a face is left in {}",
                    path.strip_prefix(&folder).unwrap().display()
                );
                yields += 1;
            }
        }
    }
    eprintln!("{yields} of {cut} photographs whose faces are cut out yield one");
    assert!(cut >= MIN_CUT_OUT, "only {cut} photographs");
    assert!(f64::from(yields) <= MAX_FALSE * cut as f64);
}

/// The frame with each box, enlarged by a third, filled with the colour of its upper left corner.
fn without(frame: &Frame, boxes: &[Rect]) -> Frame {
    let (width, height) = (frame.width(), frame.height());
    let mut rgb = frame.rgb().to_vec();
    for bounds in boxes {
        let (dx, dy) = (bounds.width / 6.0, bounds.height / 6.0);
        let hole = Rect {
            x: bounds.x - dx,
            y: bounds.y - dy,
            width: bounds.width + 2.0 * dx,
            height: bounds.height + 2.0 * dy,
        }
        .clipped(width, height);
        let columns = hole.x as usize..(hole.x + hole.width) as usize;
        let rows = hole.y as usize..(hole.y + hole.height) as usize;
        let first = (rows.start * width as usize + columns.start) * 3;
        let color: [u8; 3] = rgb[first..first + 3].try_into().unwrap();
        for row in rows {
            for column in columns.clone() {
                let at = (row * width as usize + column) * 3;
                rgb[at..at + 3].copy_from_slice(&color);
            }
        }
    }
    Frame::new(width, height, rgb).unwrap()
}
