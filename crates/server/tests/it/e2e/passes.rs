//! A puppet that does what the page shows.

use serde_json::{Value, json};

use super::stage::{Numbers, Stage, told, wait};
use crate::support::sessions::{make_decentro, result_decentro};
use crate::support::sockets::{Receiver, Web, found};
use crate::support::{base64, sample};

#[test]
#[ignore = "minutes: `make e2e`"]
fn from_initiate_to_redirect_over_a_restart_with_callback_and_result() {
    let Some(browser) = Stage::browser() else {
        return;
    };
    let mut stage = Stage::new(Numbers::Puppet);
    let receiver = Receiver::start(&["204 No Content"]);
    let bank_page = Web::start(|_| found(b"back at the bank"));
    let more = json!({
        "redirect_url": bank_page.url("/done"), "callback_url": receiver.url(), "language": "en",
        "face_image_base64s": [base64(&sample("astronaut.jpg")), base64(&sample("grace_hopper.jpg"))],
        "digits": "required",
    });
    let made = stage
        .runtime
        .block_on(make_decentro(stage.site(), &stage.bank, &more));
    stage.restart();
    stage.perform(&browser, &made, "honest");
    wait(
        &browser,
        &format!(
            "location.href === '{}?transaction_id={}'",
            bank_page.url("/done"),
            made.id
        ),
    );
    assert_eq!(
        bank_page.asked()[0],
        format!("/done?transaction_id={}", made.id)
    );

    let sent = stage.runtime.block_on(receiver.until(1));
    let answer = stage
        .runtime
        .block_on(result_decentro(stage.site(), &stage.bank, &made.id));
    assert_eq!(String::from_utf8_lossy(&sent[0].body), answer.text());
    let body = answer.json();
    println!("{body}");
    assert_eq!(body["status"], "SUCCESS");
    let data = &body["data"];
    assert_eq!(data["liveliness"], "yes");
    let score = |at: usize| {
        data["videoFaceMatchResults"][at]["results"]["matchScore"]
            .as_u64()
            .unwrap()
    };
    assert!(
        score(0) >= 50,
        "the portrait that the puppet is made of: {}",
        score(0)
    );
    // A drawn face scores low against its own portrait; a stranger's stays under the score that decides (65).
    assert!(
        score(0) > score(1) && score(1) < 65,
        "somebody else: {}",
        score(1)
    );
    assert!(data["audioMatchResults"]["matchScore"].as_u64().unwrap() >= 70);
    assert_eq!(
        (&data["staticRisk"], &data["prerecordedRisk"]),
        (&json!("false"), &json!("false"))
    );
}

#[test]
#[ignore = "minutes: `make e2e`"]
fn the_same_puppet_is_not_live_under_the_shipped_calibration() {
    let Some(browser) = Stage::browser() else {
        return;
    };
    let stage = Stage::new(Numbers::Shipped);
    let made = stage.make(&json!({ "digits": "off", "attempts": 1 }));
    stage.perform(&browser, &made, "honest");
    let reason = stage.ended(&browser);
    let result = stage.result(&made);
    println!("{}", told(&result));
    // It answered everything, and it was no answer that gave it away.
    assert_eq!(result["liveness"]["challenge_passed"], true, "{reason}");
    assert_eq!(reason, Value::Null);
    assert_eq!(result["state"], "failed");
    assert_ne!(result["liveness"]["verdict"], "LIVE");
}
