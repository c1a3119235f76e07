//! The photograph with everything that was found in it.

use lifesign_domain::CheckResult;

use super::canvas::{Canvas, Pen};
use super::palette::{BLUE, GREEN, Ink, MUTED, ORANGE, PAPER, PINK, SHADOW, SKY, TEXT, YELLOW};
use super::photo::{self, LONG_SIDE_PX, View};
use super::text::TextStyle;
use super::{ExplainError, Picture, pose_axes, topology};
use crate::geometry::EYES;
use crate::signals::facial_symmetry::{MIDLINE, PAIRS};
use crate::{Evidence, Point2, Rect};

/// Least width, so that the legend below a narrow photograph has room.
const MIN_WIDTH_PX: f32 = 560.0;
/// A face whose longer side is a smaller share of the photograph's gets a close-up.
const CLOSE_UP_SHARE: f32 = 0.35;
/// Side of a close-up in faces.
const CLOSE_UP_FACES: f32 = 1.7;
/// Largest height of a close-up in pixels.
const CLOSE_UP_PX: f32 = 640.0;
/// Largest height of the whole photograph above a close-up in pixels.
const OVERVIEW_PX: f32 = 480.0;

/// Draws the overlay.
pub(super) fn picture(evidence: &Evidence, result: &CheckResult) -> Result<Picture, ExplainError> {
    let panels = panels(evidence)?;
    let width = panels
        .iter()
        .map(Canvas::width)
        .fold(MIN_WIDTH_PX, f32::max);
    let legend = legend(evidence, width)?;
    let photos: f32 = panels.iter().map(|p| p.height() + GAP_PX).sum();
    let height = photos + legend.height();
    let mut canvas = Canvas::new(width as u32, height as u32, PAPER)?;
    let mut top = 0.0;
    for panel in panels.iter().chain([&legend]) {
        canvas.paste(
            panel,
            ((width - panel.width()) / 2.0) as usize,
            top as usize,
        );
        top += panel.height() + GAP_PX;
    }
    canvas.into_picture(
        "overlay",
        "What was found in the photograph",
        caption(evidence, result),
    )
}

/// The judged face alone with its marks, no larger than `side_px`, and without a legend.
pub(super) fn face_picture(
    evidence: &Evidence,
    result: &CheckResult,
    side_px: f32,
) -> Result<Picture, ExplainError> {
    let frame = &evidence.photo.frame;
    let (mut face, view) = photo::draw(frame, close_up(evidence.face_bounds), side_px, side_px)?;
    draw_marks(&mut face, &view, evidence);
    let title = "What was found in the face";
    face.into_picture("face", title, caption(evidence, result))
}

/// Between the parts of the picture.
const GAP_PX: f32 = 8.0;

/// One photograph with all marks, or the photograph with boxes and a close-up with marks.
fn panels(evidence: &Evidence) -> Result<Vec<Canvas>, ExplainError> {
    let frame = &evidence.photo.frame;
    let (whole, face) = (photo::whole(frame), evidence.face_bounds);
    let small = long_side(face) < CLOSE_UP_SHARE * long_side(whole);
    if !small {
        let (mut image, view) = photo::draw(frame, whole, LONG_SIDE_PX, LONG_SIDE_PX)?;
        draw_marks(&mut image, &view, evidence);
        draw_boxes(&mut image, &view, evidence);
        return Ok(vec![image]);
    }
    let (mut image, view) = photo::draw(frame, whole, LONG_SIDE_PX, OVERVIEW_PX)?;
    draw_boxes(&mut image, &view, evidence);
    let width = image.width().max(MIN_WIDTH_PX);
    let (mut close, view) = photo::draw(frame, close_up(face), width, CLOSE_UP_PX)?;
    draw_marks(&mut close, &view, evidence);
    Ok(vec![image, close])
}

fn long_side(rect: Rect) -> f32 {
    rect.width.max(rect.height)
}

fn close_up(face: Rect) -> Rect {
    let side = long_side(face) * CLOSE_UP_FACES;
    Rect {
        x: face.x + (face.width - side) / 2.0,
        y: face.y + (face.height - side) / 2.0,
        width: side,
        height: side,
    }
}

fn draw_boxes(canvas: &mut Canvas, view: &View, evidence: &Evidence) {
    let size = canvas.width().max(canvas.height()) / 42.0;
    for face in evidence.faces.iter().skip(1) {
        let bounds = view.map_rect(face.bounds);
        canvas.stroke_rect(
            bounds,
            Pen::new(ORANGE, 3.0).dashed(12.0, 7.0).cased(SHADOW),
        );
        label(canvas, bounds, "other face", size, ORANGE, TEXT);
    }
    let bounds = view.map_rect(evidence.face_bounds);
    canvas.stroke_rect(bounds, Pen::new(BLUE, 4.0).cased(PAPER.alpha(220)));
    label(canvas, bounds, "judged face", size, BLUE, PAPER);
}

/// A tag on the top edge of `bounds`, kept inside the canvas.
fn label(canvas: &mut Canvas, bounds: Rect, text: &str, size: f32, ground: Ink, ink: Ink) {
    let style = TextStyle::new(size).bold().ink(ink);
    let width = canvas.fonts.width(text, style) + size;
    let height = size * 1.5;
    let x = bounds.x.min(canvas.width() - width).max(0.0);
    let y = (bounds.y - height).min(canvas.height() - height).max(0.0);
    let tag = Rect {
        x,
        y,
        width,
        height,
    };
    canvas.fill_rect(tag, ground);
    let at = Point2 {
        x: x + size / 2.0,
        y: y + size * 1.1,
    };
    canvas.text(text, at, style);
}

const IRIS: Pen = Pen::new(GREEN, 2.0);

/// Mesh, eyes, irises, midline and pose of the judged face.
fn draw_marks(canvas: &mut Canvas, view: &View, evidence: &Evidence) {
    let at = |index: usize| view.map(evidence.landmarks.at(index).xy());
    let face_width = view.map_rect(evidence.face_bounds).width;
    let thick = (face_width / 160.0).clamp(1.5, 3.0);

    let edges = topology::mesh_edges().iter().map(|e| e.map(at));
    canvas.segments(edges, Pen::new(SKY.alpha(170), (thick / 2.0).max(1.0)));

    let pairs = Pen::new(PINK, thick * 0.8).dashed(7.0, 4.0);
    for pair in PAIRS.map(|pair| pair.map(at)) {
        canvas.line(pair[0], pair[1], pairs);
        for end in pair {
            canvas.dot(end, thick * 1.5, PINK);
        }
    }
    canvas.polyline(&MIDLINE.map(at), false, Pen::new(PINK, thick).cased(SHADOW));

    for eye in [topology::LEFT_EYE, topology::RIGHT_EYE] {
        let outline = Pen::new(YELLOW, thick).cased(SHADOW);
        canvas.polyline(&eye.map(at), true, outline);
    }
    let opening = Pen::new(PAPER, thick * 0.8).cased(SHADOW);
    for [outer, up1, up2, inner, low2, low1] in EYES.map(|eye| eye.map(at)) {
        for ends in [[outer, inner], [up1, low1], [up2, low2]] {
            canvas.line(ends[0], ends[1], opening);
        }
    }
    for iris in evidence.irises.iter().flatten() {
        let middle = view.map(iris.centre);
        let rim = Point2 {
            x: iris.centre.x + iris.radius,
            ..iris.centre
        };
        canvas.circle(middle, middle.distance(view.map(rim)), IRIS.cased(SHADOW));
        canvas.dot(middle, thick, GREEN);
    }
    pose_axes::draw(canvas, &evidence.pose, at(topology::NOSE_TIP), face_width);
}

/// A sample of a mark with its meaning.
struct Key {
    pen: Pen,
    text: String,
}

fn keys(evidence: &Evidence) -> Vec<Key> {
    let key = |pen: Pen, text: &str| Key {
        pen,
        text: text.to_owned(),
    };
    let mut keys = vec![
        key(Pen::new(BLUE, 4.0), "face that was judged"),
        key(Pen::new(SKY, 1.5), "face mesh"),
        key(Pen::new(YELLOW, 3.0).cased(SHADOW), "outline of the eyes"),
        key(Pen::new(PAPER, 2.5).cased(SHADOW), "opening of the eyes"),
        key(Pen::new(PINK, 3.0), "midline of the face"),
        key(Pen::new(PINK, 2.5).dashed(7.0, 4.0), "left and right pairs"),
    ];
    if evidence.irises.is_some() {
        keys.push(key(IRIS, "irises: where the eyes look"));
    }
    if evidence.faces.len() > 1 {
        let pen = Pen::new(ORANGE, 3.0).dashed(12.0, 7.0);
        keys.insert(1, key(pen, "other face, not judged"));
    }
    let meanings = ["sideways", "up", "where the face looks"];
    for (axis, meaning) in pose_axes::AXES.iter().zip(meanings) {
        keys.push(Key {
            pen: Pen::new(axis.ink, 4.0),
            text: format!("{}: {meaning}", axis.name),
        });
    }
    keys
}

/// The keys in as many columns as fit.
fn legend(evidence: &Evidence, width: f32) -> Result<Canvas, ExplainError> {
    let style = TextStyle::new((width / 42.0).clamp(15.0, 22.0));
    let keys = keys(evidence);
    let sample = style.size * 2.0;
    let probe = Canvas::new(1, 1, PAPER)?;
    let widest = keys
        .iter()
        .map(|k| probe.fonts.width(&k.text, style))
        .fold(0.0, f32::max);
    let cell = sample + widest + 2.0 * style.size;
    let columns = ((width - style.size) / cell).floor().max(1.0) as usize;
    let rows = keys.len().div_ceil(columns);
    let row_height = style.size * 1.6;
    let height = rows as f32 * row_height + style.size;
    let mut canvas = Canvas::new(width as u32, height as u32, PAPER)?;
    let column_width = (width - style.size) / columns as f32;
    for (i, key) in keys.iter().enumerate() {
        let (column, row) = (i / rows, i % rows);
        let left = style.size + column as f32 * column_width;
        let middle = (row as f32 + 0.9) * row_height;
        let ends = [left, left + sample].map(|x| Point2 { x, y: middle });
        canvas.line(ends[0], ends[1], key.pen);
        let at = Point2 {
            x: left + sample + style.size * 0.5,
            y: middle + style.size * 0.35,
        };
        canvas.text(&key.text, at, style.ink(MUTED));
    }
    Ok(canvas)
}

fn caption(evidence: &Evidence, result: &CheckResult) -> String {
    let pose = evidence.pose.degrees;
    let turn = direction(
        pose.yaw,
        "to the right of the picture",
        "to the left of the picture",
    );
    let nod = direction(pose.pitch, "up", "down");
    let tilt = direction(pose.roll, "clockwise", "counter-clockwise");
    let others = match evidence.faces.len() {
        0 | 1 => String::new(),
        2 => " One more face was found (dashed box) and was not judged.".to_owned(),
        n => format!(
            " {} more faces were found (dashed boxes) and were not judged.",
            n - 1
        ),
    };
    let close_up = " Check that the lines sit on the eyes, nose and mouth: if they do not, the \
                    scores below mean little.";
    format!(
        "The blue box is the face that was judged, of {} found. The head is turned {turn}, {nod} \
         and tilted {tilt}; estimated distance {:.0} cm.{others}{close_up}",
        result.face_count, evidence.pose.distance_cm
    )
}

/// An angle in words.
fn direction(degrees: f64, positive: &str, negative: &str) -> String {
    let word = if degrees < 0.0 { negative } else { positive };
    format!("{:.0}° {word}", degrees.abs())
}
