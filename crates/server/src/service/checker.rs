//! The seam between the server and the engine.

use std::sync::Arc;

use lifesign_contracts::{Checked, Failure, FailureKind, ImageFormat, ImageRules, Picture};
use lifesign_domain::ErrorKind;
use lifesign_engine::{
    Descriptor, Engine, EngineError, Face, Portrait, Subject, explain, perceptual_hash,
};
use lifesign_media::{ExifState, Limits, MediaError, Photo};
use tracing::info_span;

/// How an image is to be judged.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Profile by name; one of [`Checker::profiles`].
    pub profile: String,
    /// Whether explanation pictures are wanted.
    pub pictures: bool,
    /// What the file must be.
    pub rules: ImageRules,
}

/// What was found, and what the picture is recognised by when it comes again.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The answer.
    pub checked: Checked,
    /// Perceptual hash of the upright picture.
    pub phash: u64,
}

/// Judges images.
///
/// It runs on a thread of the pool: it may block, and its panics are caught.
pub trait Checker: Send + Sync + 'static {
    /// Names of the profiles that it knows.
    fn profiles(&self) -> Vec<String>;

    /// Half width of the band around the threshold in which the verdict is INCONCLUSIVE.
    fn inconclusive_margin(&self) -> f64;

    /// Judges the file `image`.
    ///
    /// # Errors
    /// If the image is refused or the analysis fails; that there is no face is no failure.
    fn check(&self, image: &[u8], wanted: &Wanted) -> Result<Seen, Failure>;

    /// Describes the one usable face of the file `image`, a reference image of an active session.
    ///
    /// # Errors
    /// If the image is refused, shows no face, several or one that is too small or turned away, or if this
    /// checker describes none.
    fn describe(&self, _image: &[u8]) -> Result<Descriptor, Failure> {
        Err(Failure::new(
            FailureKind::Inference,
            "faces are not described here",
        ))
    }

    /// Score from 0 to 100 from which on two faces count as one person.
    fn min_match_score(&self) -> f64;

    /// The largest face of the file `image`, to be compared with others; `None` where there is no face.
    ///
    /// # Errors
    /// If the image is refused or the analysis fails.
    fn portrait(&self, image: &[u8]) -> Result<Option<Portrait>, Failure>;
}

/// The real [`Checker`].
pub struct EngineChecker {
    engine: Arc<Engine>,
    limits: Limits,
}

impl EngineChecker {
    /// Judges by `engine` what `limits` let pass.
    pub fn new(engine: Arc<Engine>, limits: Limits) -> Self {
        Self { engine, limits }
    }

    fn decoded(&self, image: &[u8]) -> Result<Photo, Failure> {
        info_span!("decode")
            .in_scope(|| lifesign_media::decode(image, &self.limits))
            .map_err(|e| of_media(&e))
    }
}

impl Checker for EngineChecker {
    fn profiles(&self) -> Vec<String> {
        self.engine.calibration().profiles.keys().cloned().collect()
    }

    fn inconclusive_margin(&self) -> f64 {
        self.engine.calibration().decision.inconclusive_margin
    }

    fn check(&self, image: &[u8], wanted: &Wanted) -> Result<Seen, Failure> {
        refuse_format(image, &wanted.rules)?;
        let photo = self.decoded(image)?;
        refuse_photo(&photo, &wanted.rules)?;
        let check = self
            .engine
            .check(photo, &wanted.profile)
            .map_err(of_engine)?;
        let phash = info_span!("fingerprint").in_scope(|| match &check.subject {
            Subject::Face(evidence) => perceptual_hash(&evidence.luma),
            Subject::NoFace(photo) => perceptual_hash(&photo.frame.luma()),
        });
        let pictures = wanted
            .pictures
            .then(|| info_span!("explain").in_scope(|| explain::pictures(&check)))
            .transpose()
            .map_err(|e| inference(&e))?
            .map(|pictures| pictures.into_iter().map(picture).collect());
        let checked = Checked {
            result: check.result,
            pictures,
        };
        Ok(Seen { checked, phash })
    }

    fn describe(&self, image: &[u8]) -> Result<Descriptor, Failure> {
        let photo = self.decoded(image)?;
        let faces = self.engine.faces(&photo.frame).map_err(of_engine)?;
        let face = usable(&faces)?;
        self.engine
            .embed(&photo.frame, &face.mesh.landmarks)
            .map_err(of_engine)
    }

    fn min_match_score(&self) -> f64 {
        self.engine.calibration().matching.min_match_score
    }

    fn portrait(&self, image: &[u8]) -> Result<Option<Portrait>, Failure> {
        let photo = self.decoded(image)?;
        self.engine.portrait(photo).map_err(of_engine)
    }
}

/// Smallest distance of the eyes in a reference image, in pixels: the embedder sees the face on 150 pixels, of
/// which the eyes are some 45 apart.
const REFERENCE_EYES_PX: f64 = 20.0;
/// Largest yaw and pitch of a face in a reference image, in degrees.
const REFERENCE_TURN_DEG: f64 = 35.0;

/// The one face of a reference image, if it can be compared with.
fn usable(faces: &[Face]) -> Result<&Face, Failure> {
    let refused = |what: String| {
        let accepted = "accepted is exactly one face that looks at the camera";
        Failure::new(FailureKind::InvalidImage, format!("{what}; {accepted}"))
    };
    let face = match faces {
        [face] => face,
        [] => return Err(refused("no face was found".to_owned())),
        faces => return Err(refused(format!("{} faces were found", faces.len()))),
    };
    let eyes_px = lifesign_engine::geometry::inter_eye_distance_px(&face.mesh.landmarks);
    if eyes_px < REFERENCE_EYES_PX {
        return Err(refused(format!(
            "the face is too small: its eyes are {eyes_px:.0} pixels apart, needed are \
             {REFERENCE_EYES_PX}"
        )));
    }
    let turn = face
        .pose
        .degrees
        .yaw
        .abs()
        .max(face.pose.degrees.pitch.abs());
    if turn > REFERENCE_TURN_DEG {
        return Err(refused(format!(
            "the face is turned by {turn:.0} degrees, at most {REFERENCE_TURN_DEG} will do"
        )));
    }
    Ok(face)
}

/// Before anything is decoded: is it a format that the contract takes?
fn refuse_format(image: &[u8], rules: &ImageRules) -> Result<(), Failure> {
    let found = match lifesign_media::sniff(image).map_err(|e| of_media(&e))? {
        lifesign_media::ImageFormat::Jpeg => ImageFormat::Jpeg,
        lifesign_media::ImageFormat::Png => ImageFormat::Png,
        lifesign_media::ImageFormat::WebP => ImageFormat::Webp,
        lifesign_media::ImageFormat::Bmp => ImageFormat::Bmp,
    };
    if rules.formats.contains(&found) {
        return Ok(());
    }
    let accepted = Vec::from_iter(rules.formats.iter().map(|format| format.as_str()));
    Err(Failure::new(
        FailureKind::UnsupportedFormat,
        format!(
            "the image is a {} file; accepted: {}",
            found.as_str(),
            accepted.join(", ")
        ),
    ))
}

fn refuse_photo(photo: &Photo, rules: &ImageRules) -> Result<(), Failure> {
    let (width, height) = (photo.frame.width(), photo.frame.height());
    let (least, most) = (
        rules.min_side.unwrap_or(0),
        rules.max_side.unwrap_or(u32::MAX),
    );
    if width.min(height) < least || width.max(height) > most {
        return Err(Failure::new(
            FailureKind::WrongResolution,
            format!(
                "the image has {width} x {height} pixels; accepted are {least} to {most} a side"
            ),
        ));
    }
    if rules.camera_data {
        refuse_without_camera(&photo.exif)?;
    }
    Ok(())
}

/// The tags that contract 004 names: FileSource, Make and DateTime.
fn refuse_without_camera(exif: &ExifState) -> Result<(), Failure> {
    let missing = match exif {
        ExifState::Present(exif) => {
            let tags = [
                ("FileSource", exif.file_source.is_none()),
                ("Make", exif.make.is_none()),
                ("DateTime", exif.date_time.is_none()),
            ];
            let missing = tags.into_iter().filter(|(_, missing)| *missing);
            Vec::from_iter(missing.map(|(tag, _)| tag))
        }
        _ => vec!["FileSource", "Make", "DateTime"],
    };
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::NoCameraData,
        format!(
            "the image lacks the EXIF tags {}; a picture straight from a camera has them",
            missing.join(", ")
        ),
    ))
}

fn picture(picture: explain::Picture) -> Picture {
    Picture {
        name: picture.name.to_owned(),
        title: picture.title.to_owned(),
        caption: picture.caption,
        png: picture.png,
        width: picture.width,
        height: picture.height,
    }
}

pub(super) fn of_media(error: &MediaError) -> Failure {
    let kind = match error.kind() {
        ErrorKind::OverLimit => FailureKind::TooLarge,
        _ => FailureKind::InvalidImage,
    };
    Failure::new(kind, error.to_string())
}

fn of_engine(error: EngineError) -> Failure {
    match error {
        EngineError::UnknownProfile { known, .. } => unknown_profile(&known),
        error => inference(&error),
    }
}

fn inference(error: &dyn std::error::Error) -> Failure {
    let message = "the analysis failed; try again, and name the request_id if it goes on failing";
    Failure::new(FailureKind::Inference, message).because(error.to_string())
}

pub(super) fn unknown_profile(known: &str) -> Failure {
    Failure::invalid(format!("the profile does not exist; known: {known}"))
}
