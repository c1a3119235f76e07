//! One check: its figures, its picture where it is kept, and its erasure.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lifesign_contracts::ImageRules;
use lifesign_domain::SignalReport;
use lifesign_media::ImageFormat;
use lifesign_store::CheckRecord;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::csrf::Posted;
use super::problem::Problem;
use super::session::Visitor;
use crate::App;
use crate::http::hex;
use crate::service::{Seen, Wanted, image_context};

pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let check = existing(&app, &id).await?;
    let content = json!({
        "section": "checks",
        "check": shown(&app, &check).await?,
        "kept": app.memory.store.has_image(&id).await?,
    });
    visitor.page("check.html", content)
}

async fn existing(app: &App, id: &str) -> Result<CheckRecord, Problem> {
    let check = app.memory.store.check(None, id).await?;
    check.ok_or(Problem::NotFound(
        "There is no such check. It may have been erased, or its time has run out.",
    ))
}

async fn shown(app: &App, check: &CheckRecord) -> Result<Value, Problem> {
    let tenant = app.memory.store.tenant(&check.tenant_id).await?;
    let name = tenant.map_or_else(|| check.tenant_id.clone(), |tenant| tenant.name);
    // As on the page for people: what counts most comes first.
    let mut signals = Vec::from_iter(&check.signals);
    signals.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    Ok(json!({
        "id": check.id,
        "at": check.at,
        "tenant": name,
        "tenant_id": check.tenant_id,
        "credential": check.credential_id,
        "contract": check.contract,
        "reference": check.reference,
        "verdict": check.verdict,
        "confidence": check.confidence,
        "profile": check.profile,
        "calibration": check.calibration,
        "latency_ms": check.latency_ms,
        "expires_at": check.expires_at,
        "sha256": hex(&check.fingerprint.sha256),
        "phash": format!("{:016x}", check.fingerprint.phash),
        "reasons": check.reasons,
        "signals": signals.into_iter().map(signal).collect::<Vec<_>>(),
    }))
}

fn signal(signal: &SignalReport) -> Value {
    let values = signal.values.iter();
    json!({
        "name": signal.name,
        "label": signal.label,
        "score": signal.score,
        // Widths of the bars in per cent.
        "share": (signal.score.clamp(0.0, 1.0) * 100.0),
        "weight": signal.weight,
        "passed": signal.passed,
        "assessed": signal.assessed,
        "detail": signal.detail,
        "values": values.map(|(name, value)| format!("{name} {value:.4}")).collect::<Vec<_>>(),
    })
}

/// What a look at a kept picture shows.
struct Look {
    media_type: Option<&'static str>,
    image: String,
    /// The pictures of a new check, or why there are none.
    seen: Result<Seen, String>,
}

/// Opens the picture and draws its explanations anew. The audit log has the look before anybody
/// sees anything; the pictures are in the page itself, so that a page is one look.
pub(super) async fn pictures(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    let check = existing(&app, &id).await?;
    let sealed = app.memory.store.image(&id, &posted.visitor.act()).await?;
    let sealed = sealed.ok_or(Problem::NotFound("The picture of this check is not kept."))?;
    let context = image_context(&check.tenant_id, &check.id);
    let profile = known_profile(&app, &check.profile);
    let place = app.pool.enter().map_err(|_| Problem::Busy)?;
    let worker = Arc::clone(&app);
    let looking = place.run(move || {
        let image = worker.memory.vault.open(&context, &sealed.sealed)?;
        Ok::<_, Problem>(look(&worker, &image, profile))
    });
    let looked = timeout(app.config.request_timeout, looking).await;
    let looked = looked
        .map_err(|_| Problem::Busy)?
        .map_err(|_| Problem::Fault("drawing the pictures panicked".to_owned()))?;
    let content = json!({
        "section": "checks",
        "check": shown(&app, &check).await?,
        "look": drawn(&looked?),
    });
    posted.visitor.page("pictures.html", content)
}

/// The profile that decided, or today's default if it is there no more.
fn known_profile(app: &App, profile: &str) -> String {
    let profiles = app.checker.profiles();
    let known = profiles.into_iter().find(|name| name == profile);
    known.unwrap_or_else(|| app.config.profile.clone())
}

fn look(app: &App, image: &[u8], profile: String) -> Look {
    let wanted = Wanted {
        profile,
        pictures: true,
        rules: ImageRules::default(),
    };
    let media_type = lifesign_media::sniff(image)
        .ok()
        .map(|format| match format {
            ImageFormat::Jpeg => "image/jpeg",
            ImageFormat::Png => "image/png",
            ImageFormat::WebP => "image/webp",
            ImageFormat::Bmp => "image/bmp",
        });
    Look {
        media_type,
        image: BASE64_STANDARD.encode(image),
        seen: app
            .checker
            .check(image, &wanted)
            .map_err(|failure| failure.message),
    }
}

fn drawn(look: &Look) -> Value {
    let (seen, error) = match &look.seen {
        Ok(seen) => (Some(&seen.checked), None),
        Err(message) => (None, Some(message)),
    };
    let pictures = seen.and_then(|checked| checked.pictures.as_ref());
    let pictures = pictures.into_iter().flatten().map(|picture| {
        json!({
            "title": picture.title,
            "caption": picture.caption,
            "png": BASE64_STANDARD.encode(&picture.png),
            "width": picture.width,
            "height": picture.height,
        })
    });
    json!({
        "media_type": look.media_type,
        "image": look.image,
        "pictures": pictures.collect::<Vec<_>>(),
        "calibration": seen.map(|checked| &checked.result.calibration),
        "verdict": seen.map(|checked| checked.result.verdict),
        "error": error,
    })
}

pub(super) async fn erase(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Problem> {
    let check = existing(&app, &id).await?;
    let store = &app.memory.store;
    store
        .erase_check(&check.tenant_id, &id, &posted.visitor.act())
        .await?;
    Ok(Redirect::to("/console/checks?done=erased").into_response())
}
