//! What the mesh sees of a puppet is what it was told to do.

use std::path::Path;
use std::sync::LazyLock;

use lifesign_engine::{Calibration, Engine, Follower, Landmarks};
use lifesign_media::{Frame, Limits, decode};
use lifesign_testkit::{Puppet, PuppetState, Sheet, faceless_scene, with_noise};

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::embedded(Calibration::embedded()).unwrap());

const SIZE: [u32; 2] = [640, 480];

fn puppet(name: &str) -> Puppet {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../assets/samples")
        .join(name);
    let portrait = decode(&std::fs::read(path).unwrap(), &Limits::default()).unwrap();
    Puppet::of(&ENGINE, portrait.frame)
}

/// Yaw, pitch, roll, eye aspect ratio, mouth opening and mouth width over face width.
fn seen(frame: &Frame) -> [f64; 6] {
    let followed = ENGINE
        .follow(&mut Follower::default(), frame)
        .unwrap()
        .expect("a face");
    let landmarks = &followed.mesh.landmarks;
    let pose = followed.pose.degrees;
    let gap = |a: usize, b: usize| distance(landmarks, a, b);
    let eye = |[outer, up1, up2, inner, down2, down1]: [usize; 6]| {
        (gap(up1, down1) + gap(up2, down2)) / (2.0 * gap(outer, inner))
    };
    let eyes = (eye([33, 160, 158, 133, 153, 144]) + eye([263, 387, 385, 362, 380, 373])) / 2.0;
    let mouth = gap(13, 14) / gap(168, 152);
    [
        pose.yaw,
        pose.pitch,
        pose.roll,
        eyes,
        mouth,
        gap(61, 291) / gap(234, 454),
    ]
}

fn distance(landmarks: &Landmarks, a: usize, b: usize) -> f64 {
    f64::from(landmarks.at(a).xy().distance(landmarks.at(b).xy()))
}

#[test]
fn a_puppet_does_what_it_is_told() {
    for name in ["astronaut.jpg", "grace_hopper.jpg"] {
        let puppet = puppet(name);
        let at = |state: PuppetState| {
            let frame = puppet.render(&state, SIZE);
            if let Some(folder) = std::env::var_os("LIFESIGN_PUPPET_PICTURES") {
                save(Path::new(&folder), name, &state, &frame);
            }
            let found = seen(&with_noise(&frame, 2.0, 1));
            eprintln!("{name} {state:?}: {found:.3?}");
            found
        };
        let rest = PuppetState::default();
        let [yaw, pitch, _, eyes, mouth, width] = at(rest);
        for turn in [-20.0, 12.0, 20.0] {
            let turned = at(PuppetState { yaw: turn, ..rest });
            assert!(
                (turned[0] - yaw - turn).abs() < 5.0,
                "{name} yaw {turn}: {turned:?}"
            );
        }
        for turn in [-15.0, 15.0] {
            let turned = at(PuppetState {
                pitch: turn,
                ..rest
            });
            assert!(
                (turned[1] - pitch - turn).abs() < 6.0,
                "{name} pitch {turn}: {turned:?}"
            );
        }
        let rolled = at(PuppetState { roll: 10.0, ..rest });
        assert!((rolled[2] - 10.0).abs() < 4.0, "{name}: {rolled:?}");
        let closed = at(PuppetState { blink: 1.0, ..rest });
        assert!(closed[3] < 0.7 * eyes, "{name}: {closed:?}");
        let shut = at(PuppetState {
            blink: 1.0,
            pitch: 6.0,
            ..rest
        });
        let most = if name == "astronaut.jpg" { 0.6 } else { 0.7 };
        assert!(shut[3] < most * eyes, "{name}: {shut:?}");
        assert!(mouth < 0.08, "{name}: {mouth}");
        let half = at(PuppetState { mouth: 0.5, ..rest });
        let open = at(PuppetState { mouth: 1.0, ..rest });
        assert!(
            half[4] > mouth + 0.03 && open[4] > mouth + 0.09,
            "{name}: {half:?} {open:?}"
        );
        let smiling = at(PuppetState { smile: 1.0, ..rest });
        assert!(smiling[5] > 1.1 * width, "{name}: {smiling:?}");
        let nearer = at(PuppetState { scale: 1.4, ..rest });
        assert!((nearer[0] - yaw).abs() < 4.0, "{name}: {nearer:?}");
    }
}

#[test]
fn a_face_on_a_sheet_is_still_a_face_and_tilts_with_it() {
    let picture = puppet("astronaut.jpg").render(&PuppetState::default(), SIZE);
    for at_s in [0.0, 1.3, 2.9] {
        let sheet = Sheet::in_a_hand(5, 12.0, at_s);
        let frame = sheet.show(&picture, &faceless_scene(8), SIZE);
        if let Some(folder) = std::env::var_os("LIFESIGN_PUPPET_PICTURES") {
            write(
                &Path::new(&folder).join(format!("sheet_{at_s}.ppm")),
                &frame,
            );
        }
        let found = seen(&frame);
        assert!(
            (found[2] - sheet.degrees.roll).abs() < 5.0,
            "{sheet:?} {found:?}"
        );
    }
}

#[test]
fn noise_has_its_deviation_and_differs_from_frame_to_frame() {
    let grey = Frame::new(100, 100, vec![128; 30_000]).unwrap();
    let [first, second] = [1, 2].map(|seed| with_noise(&grey, 3.0, seed));
    assert_ne!(first, second);
    let square = |v: &u8| (f64::from(*v) - 128.0).powi(2);
    let deviation = (first.rgb().iter().map(square).sum::<f64>() / 30_000.0).sqrt();
    assert!((deviation - 3.0).abs() < 0.15, "{deviation}");
}

/// For people who want to see it.
fn save(folder: &Path, name: &str, state: &PuppetState, frame: &Frame) {
    let figures = [
        state.yaw,
        state.pitch,
        state.roll,
        state.blink,
        state.mouth,
        state.smile,
        state.scale,
    ];
    let figures = Vec::from_iter(figures.iter().map(f64::to_string)).join("_");
    write(&folder.join(format!("{name}_{figures}.ppm")), frame);
}

fn write(file: &Path, frame: &Frame) {
    let mut bytes = format!("P6 {} {} 255\n", frame.width(), frame.height()).into_bytes();
    bytes.extend_from_slice(frame.rgb());
    std::fs::write(file, bytes).unwrap();
}
