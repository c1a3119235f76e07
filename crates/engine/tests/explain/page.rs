//! The page: complete in itself, safe against what it quotes, and readable without pictures.

use lifesign_domain::{QualityComponent, ReasonCode, Verdict};
use lifesign_engine::explain::{PageEntry, page, pictures};

use crate::subject::{result, sample, without_face};

#[test]
fn nothing_outside_the_page_is_referred_to() {
    let check = sample("astronaut");
    let pictures = pictures(&check).unwrap();
    let html = page(&[PageEntry {
        title: "astronaut.jpg",
        result: &check.result,
        pictures: &pictures,
    }]);
    for reference in [
        "http:", "https:", "//", "url(", "@import", "<script", "<link", "<iframe",
    ] {
        let base64_free = without_data(&html);
        assert!(!base64_free.contains(reference), "{reference}");
    }
    assert_eq!(html.matches("src=\"").count(), pictures.len());
    assert_eq!(
        html.matches("src=\"data:image/png;base64,").count(),
        pictures.len()
    );
    assert!(html.contains("default-src 'none'"));
}

/// The page without the bytes of its pictures.
fn without_data(html: &str) -> String {
    let mut parts = html.split("base64,");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('"').unwrap().1);
    }
    text
}

#[test]
fn text_from_outside_is_escaped_wherever_it_appears() {
    const ATTACK: &str = "\"><script>alert('x')</script><img src=x onerror=alert(1)>&";
    let mut result = result(Verdict::Spoof, 0.2);
    result.profile = ATTACK.to_owned();
    result.calibration = ATTACK.to_owned();
    for signal in &mut result.signals {
        signal.label = ATTACK.to_owned();
        signal.detail = ATTACK.to_owned();
    }
    result.reasons[0].message = ATTACK.to_owned();
    result.reasons[0].guidance = ATTACK.to_owned();
    result.quality = vec![QualityComponent {
        name: ATTACK.to_owned(),
        value: 1.0,
        unit: ATTACK.to_owned(),
        passed: false,
        reason: Some(ReasonCode::Blurred),
    }];
    let entry = PageEntry {
        title: ATTACK,
        result: &result,
        pictures: &[],
    };
    let html = page(&[entry, entry]);
    assert!(!html.contains("<script"));
    assert!(!html.contains("<img"));
    assert!(!html.contains("alert('x')"));
    // Index and heading twice, profile, calibration, reason, quality and signals.
    assert!(html.matches("&lt;script&gt;").count() >= 4 + 2 * (2 + 2 + 2 + 16));
}

#[test]
fn several_checks_get_an_index_and_one_does_not() {
    let (live, none) = (result(Verdict::Live, 0.8), without_face(8, 8).result);
    let entry = |title, result| PageEntry {
        title,
        result,
        pictures: &[],
    };
    let html = page(&[entry("a.jpg", &live), entry("b.jpg", &none)]);
    assert!(html.contains("<nav") && html.contains("2 checks"));
    for anchor in [
        "href=\"#check-1\"",
        "href=\"#check-2\"",
        "id=\"check-1\"",
        "id=\"check-2\"",
    ] {
        assert_eq!(html.matches(anchor).count(), 1, "{anchor}");
    }
    assert!(!page(&[entry("a.jpg", &live)]).contains("<nav"));
    assert!(page(&[]).contains("<main>"));
}

#[test]
fn the_table_says_in_words_what_the_bars_show() {
    let result = result(Verdict::Live, 0.71);
    let html = page(&[PageEntry {
        title: "a.jpg",
        result: &result,
        pictures: &[],
    }]);
    assert_eq!(html.matches("✓ passed").count(), 5);
    assert_eq!(html.matches("✗ failed").count(), 2);
    assert_eq!(html.matches("– not assessed").count(), 1);
    assert_eq!(html.matches("<th scope=\"row\">").count(), 8);
    assert!(html.contains("<th scope=\"col\">Signal</th>"));
    assert!(html.contains("<td colspan=\"3\">What lbp_texture found.</td>"));
    assert!(html.contains("LIVE</b> confidence 0.71, threshold 0.58"));
    assert!(html.contains("The head is turned too far."));
}

#[test]
fn every_picture_has_an_alternative_text_and_its_caption() {
    let check = without_face(64, 48);
    let pictures = pictures(&check).unwrap();
    let html = page(&[PageEntry {
        title: "a.jpg",
        result: &check.result,
        pictures: &pictures,
    }]);
    assert!(html.contains("alt=\"Photograph without a face\""));
    assert!(html.contains("aria-describedby=\"check-1-photo\""));
    assert!(html.contains("<figcaption id=\"check-1-photo\">"));
}
