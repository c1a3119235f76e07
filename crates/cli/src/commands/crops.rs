//! `lifesign crops`: cuts the largest face of each image as the learned models see it, for training
//! on exactly what the engine will show them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use lifesign_domain::{ErrorKind, PoseDegrees};
use lifesign_engine::geometry::inter_eye_distance_px;
use lifesign_engine::{ContextCrop, Engine, Rect};
use lifesign_media::Limits;

use crate::args::CropsArgs;
use crate::error::{CliError, EXIT_BAD_INPUT};
use crate::inputs::{self, Input};
use crate::judge::{FileError, guarded, read_photo};
use crate::output::{file_stem, picture, print_text, write_file};
use crate::parallel;
use lifesign_config::Config;

const INDEX: &str = "crops.csv";

/// Columns of the index; docs are in the help of the command.
const COLUMNS: [&str; 12] = [
    "path",
    "crop",
    "x0",
    "y0",
    "x1",
    "y1",
    "faces",
    "inter_eye_px",
    "yaw",
    "pitch",
    "roll",
    "error",
];

/// Runs the command.
pub(crate) fn run(args: &CropsArgs, config: &Config) -> Result<ExitCode, CliError> {
    let mut images = Vec::new();
    let mut unlisted = Vec::new();
    for typed in &args.inputs {
        let found = inputs::gather(std::slice::from_ref(typed));
        unlisted.extend(found.unlisted);
        images.extend(
            found
                .images
                .into_iter()
                .map(|input| Named::new(input, typed)),
        );
    }
    refuse_equal_names(&images)?;
    std::fs::create_dir_all(&args.out).map_err(|source| CliError::Write {
        path: args.out.clone(),
        source,
    })?;
    let cutter = Cutter {
        engine: crate::judge::engine(config)?,
        limits: config.limits(),
        crop: (!args.index_only).then_some(ContextCrop {
            scale: args.scale,
            size: args.size,
        }),
    };
    let mut index = csv::Writer::from_writer(Vec::new());
    index.write_record(COLUMNS)?;
    let mut tally = Tally::default();
    let progress = parallel::progress_bar(images.len());
    let mut due = images.iter();
    let work = |image: &Named| guarded(|| cutter.look(&image.input));
    parallel::in_order(&images, parallel::jobs(args.jobs), work, |looked| {
        progress.inc(1);
        let Some(image) = due.next() else {
            return Ok(());
        };
        let crop = match looked
            .as_ref()
            .map(|l| l.face.as_ref().and_then(|f| f.png.as_ref()))
        {
            Ok(Some(png)) => {
                let name = format!("{}.png", file_stem(&image.path));
                write_file(&args.out.join(&name), png)?;
                name
            }
            _ => String::new(),
        };
        tally.count(&looked);
        Ok(index.write_record(row(image, crop, looked))?)
    })?;
    progress.finish_and_clear();
    let csv = index
        .into_inner()
        .map_err(|e| e.into_error())
        .map_err(csv::Error::from)?;
    let path = args.out.join(INDEX);
    write_file(&path, &csv)?;
    for problem in &unlisted {
        anstream::eprintln!("lifesign: cannot be listed: {problem}");
    }
    print_text(&format!("{tally}; {}", path.display()))?;
    let complete = tally.errors == 0 && unlisted.is_empty() && !images.is_empty();
    Ok(ExitCode::from(if complete { 0 } else { EXIT_BAD_INPUT }))
}

/// An image with its name in the index.
struct Named {
    input: Input,
    /// Relative to the folder that was named; as typed for a file.
    path: String,
}

impl Named {
    fn new(input: Input, typed: &Path) -> Self {
        let path = match &input {
            Input::File(file) => file
                .strip_prefix(typed)
                .ok()
                .filter(|below| !below.as_os_str().is_empty())
                .map_or_else(|| input.name(), |below| below.display().to_string()),
            Input::Stdin => input.name(),
        };
        Self { input, path }
    }
}

/// Two folders may hold files of the same relative path; an index of both could not be read.
fn refuse_equal_names(images: &[Named]) -> Result<(), CliError> {
    let mut seen: BTreeMap<&str, &Named> = BTreeMap::new();
    for image in images {
        if let Some(other) = seen.insert(&image.path, image) {
            return Err(CliError::Usage(format!(
                "{} and {} are both `{}` in the index; use one --out for each folder",
                other.input.name(),
                image.input.name(),
                image.path
            )));
        }
    }
    Ok(())
}

struct Cutter {
    engine: Engine,
    limits: Limits,
    /// None where only the index is wanted.
    crop: Option<ContextCrop>,
}

/// What was found in one image.
struct Looked {
    faces: usize,
    /// The largest one.
    face: Option<Face>,
}

struct Face {
    extent: Rect,
    inter_eye_px: f64,
    pose: PoseDegrees,
    png: Option<Vec<u8>>,
}

impl Cutter {
    fn look(&self, input: &Input) -> Result<Looked, FileError> {
        let photo = read_photo(input, &self.limits)?;
        let faces = self.engine.faces(&photo.frame)?;
        let Some(largest) = faces.first() else {
            return Ok(Looked {
                faces: 0,
                face: None,
            });
        };
        let extent = largest.mesh.landmarks.bounds();
        let png = self.crop.map(|crop| {
            let internal = |text: String| FileError::new(ErrorKind::Internal, text);
            let rgb = crop.cut(&photo.frame, &extent).map_err(internal)?;
            picture::square_png(&rgb, crop.size).map_err(|e| internal(e.to_string()))
        });
        Ok(Looked {
            faces: faces.len(),
            face: Some(Face {
                extent,
                inter_eye_px: inter_eye_distance_px(&largest.mesh.landmarks),
                pose: largest.pose.degrees,
                png: png.transpose()?,
            }),
        })
    }
}

fn row(image: &Named, crop: String, looked: Result<Looked, FileError>) -> [String; 12] {
    let (faces, face, error) = match looked {
        Ok(looked) => (looked.faces.to_string(), looked.face, String::new()),
        Err(error) => (String::new(), None, error.message),
    };
    let [x0, y0, x1, y1, eyes, yaw, pitch, roll] = face.map_or_else(Default::default, |face| {
        let Rect {
            x,
            y,
            width,
            height,
        } = face.extent;
        let PoseDegrees { yaw, pitch, roll } = face.pose;
        let angles = [yaw, pitch, roll].map(|angle| format!("{angle:.2}"));
        let [yaw, pitch, roll] = angles;
        let [x0, y0, x1, y1] = [x, y, x + width, y + height].map(|edge| format!("{edge:.2}"));
        let eyes = format!("{:.2}", face.inter_eye_px);
        [x0, y0, x1, y1, eyes, yaw, pitch, roll]
    });
    let path = image.path.clone();
    [
        path, crop, x0, y0, x1, y1, faces, eyes, yaw, pitch, roll, error,
    ]
}

#[derive(Default)]
struct Tally {
    with_face: usize,
    faceless: usize,
    errors: usize,
}

impl Tally {
    fn count(&mut self, looked: &Result<Looked, FileError>) {
        *match looked {
            Ok(Looked { face: Some(_), .. }) => &mut self.with_face,
            Ok(_) => &mut self.faceless,
            Err(_) => &mut self.errors,
        } += 1;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            with_face,
            faceless,
            errors,
        } = self;
        let all = with_face + faceless + errors;
        write!(
            f,
            "{all} images: {with_face} with a face, {faceless} without, {errors} errors"
        )
    }
}
