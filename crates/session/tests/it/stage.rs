//! What the tests share: the engine, the puppets, and calibrations.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use lifesign_challenge::{Action, DigitsPolicy, LightPolicy, Plan, Step};
use lifesign_engine::{self as engine, Descriptor, Engine};
use lifesign_media::{Frame, Limits, decode};
use lifesign_session::{Calibration, Capture, SessionJudge, SessionSpec};
use lifesign_testkit::{Puppet, PuppetState, with_noise};

/// As the page sends them.
pub(crate) const SIZE: [u32; 2] = [640, 480];

/// Calibrations under which a puppet may be LIVE: `tests/puppet.toml` and a threshold of nearly nothing.
pub(crate) static LENIENT: LazyLock<SessionJudge> = LazyLock::new(|| {
    let mut calibration = engine::Calibration::embedded();
    calibration.decision.live_threshold = 0.0001;
    calibration.decision.inconclusive_margin = 0.0;
    let engine = Engine::embedded(calibration).unwrap();
    let lenient = Calibration::from_toml(include_str!("../puppet.toml")).unwrap();
    SessionJudge::with_calibration(Arc::new(engine), None, lenient)
});

/// The shipped numbers of sessions, and frames that are always live enough: what then fails, fails by the
/// rules of the session.
pub(crate) static STRICT: LazyLock<SessionJudge> = LazyLock::new(|| {
    let mut calibration = engine::Calibration::embedded();
    calibration.decision.live_threshold = 0.0001;
    calibration.decision.inconclusive_margin = 0.0;
    SessionJudge::new(Arc::new(Engine::embedded(calibration).unwrap()), None)
});

/// All numbers as shipped.
pub(crate) static SHIPPED: LazyLock<SessionJudge> = LazyLock::new(|| {
    let engine = Engine::embedded(engine::Calibration::embedded()).unwrap();
    SessionJudge::new(Arc::new(engine), None)
});

pub(crate) static ASTRONAUT: LazyLock<Puppet> = LazyLock::new(|| puppet("astronaut.jpg"));
pub(crate) static HOPPER: LazyLock<Puppet> = LazyLock::new(|| puppet("grace_hopper.jpg"));

fn puppet(name: &str) -> Puppet {
    let engine = Engine::embedded(engine::Calibration::embedded()).unwrap();
    Puppet::of(&engine, portrait(name))
}

pub(crate) fn portrait(name: &str) -> Frame {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../assets/samples")
        .join(name);
    let bytes = std::fs::read(path).unwrap();
    decode(&bytes, &Limits::default()).unwrap().frame
}

/// Who is on a picture.
pub(crate) fn descriptor(picture: &Frame) -> Descriptor {
    let engine = Engine::embedded(engine::Calibration::embedded()).unwrap();
    let faces = engine.faces(picture).unwrap();
    engine.embed(picture, &faces[0].mesh.landmarks).unwrap()
}

/// What a camera with a little noise makes of a puppet, as the page sends it.
pub(crate) fn film(puppet: &Puppet, state: &PuppetState, seed: u64) -> Vec<u8> {
    jpeg(&with_noise(&puppet.render(state, SIZE), 2.0, seed))
}

pub(crate) fn jpeg(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 85)
        .write_image(
            frame.rgb(),
            frame.width(),
            frame.height(),
            ExtendedColorType::Rgb8,
        )
        .unwrap();
    bytes
}

/// A plan of these steps with the shortest pauses.
pub(crate) fn plan(actions: &[Action]) -> Plan {
    let step = |action: &Action| Step {
        action: action.clone(),
        pause_ms: 300,
        window_ms: if *action == Action::MoveCloser {
            9_000
        } else {
            7_000
        },
    };
    let steps = actions.iter().map(step).collect();
    Plan::of_steps(steps, DigitsPolicy::Skippable, LightPolicy::Off)
}

pub(crate) fn begin(judge: &SessionJudge, actions: &[Action]) -> Capture {
    begin_with(judge, actions, Vec::new())
}

/// The same with reference faces.
pub(crate) fn begin_with(
    judge: &SessionJudge,
    actions: &[Action],
    references: Vec<Descriptor>,
) -> Capture {
    let spec = SessionSpec {
        plan: plan(actions),
        profile: "ensemble".to_owned(),
        references,
        microphone: false,
        camera: None,
    };
    judge.begin(spec).unwrap()
}
