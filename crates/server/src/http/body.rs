//! Reads a body within limits of size, time and memory.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use lifesign_contracts::{self as contracts, Failure, FailureKind};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tracing::{Instrument, info_span};

use crate::App;

/// How much of a body that was refused is still taken from the client, so that it gets to read
/// the answer instead of meeting a closed connection while it sends.
const LINGER_BYTES: usize = 64 * 1024 * 1024;
const LINGER_TIME: Duration = Duration::from_secs(5);

/// A complete body and the memory that it counts for.
pub(super) struct Received {
    pub(super) body: contracts::Body,
    pub(super) held: Option<OwnedSemaphorePermit>,
}

/// Reads the whole body and takes a form apart.
pub(super) async fn receive(
    app: &App,
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
) -> Result<Received, Failure> {
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|size| size > limit) {
        // Who asks before sending is told not to; reading on would be a yes.
        discard(headers, body);
        return Err(too_large(app, limit));
    }
    let reading = read_all(app, &mut body, limit, declared).instrument(info_span!("receive"));
    let read = timeout(app.edge.body_timeout, reading)
        .await
        .unwrap_or_else(|_| Err(slow(app.edge.body_timeout)));
    if matches!(&read, Err(failure) if failure.kind == FailureKind::TooLarge) {
        tokio::spawn(timeout(LINGER_TIME, linger(body)));
    }
    let (bytes, held) = read?;
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let body = contracts::Body::read(content_type, bytes)?;
    Ok(Received { body, held })
}

/// Takes a body that nobody wants, so that its sender gets to read the refusal.
pub(super) fn discard(headers: &HeaderMap, body: Body) {
    if !headers.contains_key(header::EXPECT) {
        tokio::spawn(timeout(LINGER_TIME, linger(body)));
    }
}

/// The bytes and a permit for their number.
async fn read_all(
    app: &App,
    body: &mut Body,
    limit: usize,
    declared: Option<usize>,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Failure> {
    // Room that grows by doubling would hold up to twice what is counted. What is reserved costs nothing until
    // bytes come.
    let mut bytes = BytesMut::with_capacity(declared.unwrap_or_default());
    let mut held: Option<OwnedSemaphorePermit> = None;
    loop {
        let frame = match timeout(app.edge.body_pause, body.frame()).await {
            Err(_) => return Err(slow(app.edge.body_pause)),
            Ok(None) => return Ok((bytes.freeze(), held)),
            Ok(Some(Err(_))) => return Err(Failure::invalid("the body ended before it was whole")),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > limit {
            return Err(too_large(app, limit));
        }
        let permit = hold(app, data.len())?;
        match &mut held {
            Some(held) => held.merge(permit),
            None => held = Some(permit),
        }
        bytes.extend_from_slice(&data);
    }
}

/// Counts `size` bytes against the memory for bodies.
fn hold(app: &App, size: usize) -> Result<OwnedSemaphorePermit, Failure> {
    u32::try_from(size)
        .ok()
        .and_then(|size| app.bodies.clone().try_acquire_many_owned(size).ok())
        .ok_or_else(|| {
            Failure::new(
                FailureKind::Overloaded,
                "the server holds as many uploads as it can; try again",
            )
        })
}

async fn linger(mut body: Body) {
    let mut taken = 0;
    while taken < LINGER_BYTES {
        match body.frame().await {
            Some(Ok(frame)) => taken += frame.data_ref().map_or(0, Bytes::len),
            _ => return,
        }
    }
}

fn too_large(app: &App, limit: usize) -> Failure {
    let image = app.config.image_body_limit();
    let (what, most) = if limit == image {
        ("an image", app.config.limits.file_bytes)
    } else if limit == 2 * image {
        ("two images, each", app.config.limits.file_bytes)
    } else {
        ("a clip", contracts::CLIP_BYTES)
    };
    Failure::new(
        FailureKind::TooLarge,
        format!("the body is over {limit} bytes; accepted is {what} of at most {most} bytes"),
    )
}

fn slow(waited: Duration) -> Failure {
    Failure::new(
        FailureKind::SlowBody,
        format!("the body did not arrive within {} s", waited.as_secs_f64()),
    )
}
