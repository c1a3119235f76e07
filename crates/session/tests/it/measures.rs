//! What the challenge measures of a puppet that does what it is told.

use lifesign_challenge::FaceMeasures;
use lifesign_engine::{Calibration, Engine, Follower};
use lifesign_session::measures;
use lifesign_testkit::{Puppet, PuppetState, with_noise};

use crate::stage::{ASTRONAUT, HOPPER, SIZE};

fn seen(engine: &Engine, puppet: &Puppet, state: &PuppetState) -> FaceMeasures {
    let frame = with_noise(&puppet.render(state, SIZE), 2.0, 1);
    let face = engine.follow(&mut Follower::default(), &frame).unwrap();
    measures(&face.unwrap(), None, SIZE[0]).unwrap()
}

#[test]
fn each_movement_moves_its_measure_and_is_no_other() {
    let engine = Engine::embedded(Calibration::embedded()).unwrap();
    for (name, puppet) in [("astronaut", &*ASTRONAUT), ("hopper", &*HOPPER)] {
        let rest = PuppetState::default();
        let at = |what: &str, state: PuppetState| {
            let found = seen(&engine, puppet, &state);
            let [left, right] = found.eye_openness;
            println!(
                "{name:10}{what:12} yaw {:6.1} pitch {:6.1} eyes {left:.3} {right:.3} mouth {:.3} \
                 smile {:.3} distance {:.3}",
                found.pose.yaw,
                found.pose.pitch,
                found.mouth_opening,
                found.smile,
                found.eye_distance
            );
            found
        };
        let base = at("rest", rest);
        for yaw in [-28.0, -20.0, -12.0, 12.0, 20.0, 28.0] {
            let turned = at(&format!("yaw {yaw}"), PuppetState { yaw, ..rest });
            assert!((turned.pose.yaw - base.pose.yaw - yaw).abs() < 8.0);
            assert!((turned.eye_distance / base.eye_distance - 1.0).abs() < 0.25);
        }
        for pitch in [-19.0, -11.0, 11.0, 19.0] {
            let turned = at(&format!("pitch {pitch}"), PuppetState { pitch, ..rest });
            assert!((turned.pose.pitch - base.pose.pitch - pitch).abs() < 8.0);
        }
        let closed = at("blink", PuppetState { blink: 1.0, ..rest });
        let eyes = |m: &FaceMeasures| m.eye_openness[0].max(m.eye_openness[1]);
        println!(
            "{name:10}closed eyes: {:.2} of open",
            eyes(&closed) / eyes(&base)
        );
        let smiling = at("smile", PuppetState { smile: 1.0, ..rest });
        println!("{name:10}smile: {:+.2}", smiling.smile / base.smile - 1.0);
        assert!(smiling.smile / base.smile > 1.1);
        let open = at("mouth", PuppetState { mouth: 1.0, ..rest });
        println!(
            "{name:10}mouth: {:+.3}",
            open.mouth_opening - base.mouth_opening
        );
        assert!(open.mouth_opening - base.mouth_opening > 0.09);
        let near = at(
            "closer",
            PuppetState {
                scale: 1.45,
                ..rest
            },
        );
        println!(
            "{name:10}closer: {:+.2}",
            near.eye_distance / base.eye_distance - 1.0
        );
        assert!(near.eye_distance / base.eye_distance > 1.25);
    }
}
