//! Many clips at once.

use lifesign_video::Wanted;

use crate::make::{decode, plain_mp4, plain_webm, small, tools};

#[test]
fn twenty_clips_at_once_do_not_disturb_each_other() {
    let Some(tools) = tools() else { return };
    let clips = [plain_mp4(0.8), plain_webm(0.8)];
    let limits = lifesign_video::ClipLimits {
        wall: std::time::Duration::from_secs(120),
        ..small()
    };
    let expected = clips
        .each_ref()
        .map(|bytes| decode(tools, bytes, &limits, &Wanted::default()).unwrap().0);
    std::thread::scope(|scope| {
        for number in 0..20 {
            let (bytes, expected) = (&clips[number % 2], &expected[number % 2]);
            let limits = &limits;
            scope.spawn(move || {
                let (frames, _) = decode(tools, bytes, limits, &Wanted::default()).unwrap();
                assert!(frames == *expected, "clip {number} came out otherwise");
            });
        }
    });
}
