//! The real recogniser hears synthetic voices.

mod answers;
mod held;
mod voices;

use std::sync::OnceLock;

use lifesign_speech::Recogniser;

/// The recogniser, or `None` where the machine has none or no voice: the test then says so and passes, unless
/// LIFESIGN_TEST_REQUIRE_SPEECH is set.
fn recogniser() -> Option<&'static Recogniser> {
    static FOUND: OnceLock<Result<Recogniser, String>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        if !voices::can_speak() {
            return Err("espeak-ng is not installed (make speech)".to_owned());
        }
        Recogniser::find().map_err(|error| error.to_string())
    });
    match found {
        Ok(recogniser) => Some(recogniser),
        Err(why) => {
            let required = std::env::var("LIFESIGN_TEST_REQUIRE_SPEECH").unwrap_or_default();
            assert!(required.is_empty(), "{why}");
            eprintln!("skipped: {why}");
            None
        }
    }
}
