//! Decentro's active video liveness: `POST …/initiate` and `POST …/{decentro_transaction_id}`.

use http::{Method, StatusCode};
use lifesign_domain::{SessionResult, SessionState, Verdict};
use serde::Serialize;

use super::answer::{Row, failed, in_progress};
use crate::fields::json_body;
use crate::session::{id_of, request, result_request};
use crate::{
    About, Ask, Failure, Incoming, Location, Reply, SessionDeed, SessionLook, SessionView, reply,
};

pub(super) const INITIATE: &str = "/v2/kyc/forensics/active_video_liveness/initiate";
pub(super) const RESULT: &str = "/v2/kyc/forensics/active_video_liveness/{decentro_transaction_id}";
const BEFORE_ID: &str = "/v2/kyc/forensics/active_video_liveness/";

const EXPIRED: Row = (StatusCode::GONE, "E00028", "error_session_expired");
const CANCELLED: Row = (StatusCode::GONE, "E00029", "error_session_cancelled");
const NOT_COMPLETED: Row = (
    StatusCode::UNPROCESSABLE_ENTITY,
    "E00030",
    "error_session_not_completed",
);

pub(super) fn is_look(method: &Method, path: &str) -> bool {
    method == Method::POST && path != INITIATE && path.starts_with(BEFORE_ID)
}

/// What a request to one of the two routes asks for; `None` for another route's.
pub(super) fn ask(incoming: &Incoming) -> Result<Option<Ask<'_>>, Failure> {
    if incoming.path == INITIATE {
        return request(json_body(incoming)?, true).map(|asked| Some(Ask::Session(asked)));
    }
    if !incoming.path.starts_with(BEFORE_ID) {
        return Ok(None);
    }
    Ok(Some(Ask::SessionLook(SessionLook {
        reference: Some(result_request(json_body(incoming)?)?),
        id: id_of(&incoming.path, BEFORE_ID)?,
        deed: SessionDeed::Tell,
    })))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made<'a> {
    decentro_txn_id: &'a str,
    status: &'static str,
    response_code: &'static str,
    video_liveness_url: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    decentro_txn_id: &'a str,
    status: &'static str,
    response_code: &'static str,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    video_face_match_results: Vec<FaceMatch<'a>>,
    audio_match_results: Audio<'a>,
    /// "true" or "false".
    static_risk: String,
    prerecorded_risk: String,
    /// "yes" or "no".
    liveliness: &'static str,
    geo_location: Option<Place>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FaceMatch<'a> {
    original_image: &'a str,
    results: Scores,
    final_match_image: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Scores {
    match_score: u8,
    covariance: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Audio<'a> {
    match_score: Option<u8>,
    /// Ours: why there is no score.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Place {
    latitude: String,
    longitude: String,
}

impl From<Location> for Place {
    /// With the seven decimals of the sample at most: a centimetre.
    fn from(location: Location) -> Self {
        let short = |degrees: f64| ((degrees * 1e7).round() / 1e7).to_string();
        Self {
            latitude: short(location.latitude),
            longitude: short(location.longitude),
        }
    }
}

/// Words a session. Its transaction is the session's own, in every answer.
pub(super) fn told(about: &About, view: &SessionView) -> Reply {
    let about = About {
        request_id: view.id.clone(),
        ..about.clone()
    };
    if let Some(url) = &view.url {
        return reply::json(
            StatusCode::OK,
            &Made {
                decentro_txn_id: &view.id,
                status: "SUCCESS",
                response_code: "S00000",
                video_liveness_url: url,
            },
        );
    }
    match (view.state, &view.result) {
        (SessionState::Succeeded | SessionState::Failed, Some(result)) => {
            let told = Told {
                decentro_txn_id: &view.id,
                status: "SUCCESS",
                response_code: "S00000",
                data: data(view, result),
            };
            reply::json(StatusCode::OK, &told)
        }
        (SessionState::Succeeded | SessionState::Failed, None) => failed(
            &about,
            NOT_COMPLETED,
            "the capture broke off before it could be judged; initiate another session",
        ),
        (SessionState::Expired, _) => failed(
            &about,
            EXPIRED,
            "the session was not captured in time; initiate another one",
        ),
        (SessionState::Cancelled, _) => failed(
            &about,
            CANCELLED,
            "the session was cancelled; initiate another one",
        ),
        (SessionState::Created | SessionState::InProgress | SessionState::Processing, _) => {
            in_progress(&about, "the session has not ended yet; ask again later")
        }
    }
}

fn data<'a>(view: &'a SessionView, result: &'a SessionResult) -> Data<'a> {
    let matches = view.originals.iter().zip(&result.face_matches);
    let matches = matches
        .enumerate()
        .map(|(at, (original, found))| FaceMatch {
            original_image: original,
            results: Scores {
                match_score: found.score,
                covariance: (found.covariance * 100.0).round() / 100.0,
            },
            final_match_image: view.match_urls.get(at).and_then(Option::as_deref),
        });
    Data {
        video_face_match_results: matches.collect(),
        audio_match_results: Audio {
            match_score: result.audio.score,
            reason: result.audio.reason.as_deref(),
        },
        static_risk: result.static_risk.to_string(),
        prerecorded_risk: result.prerecorded_risk.to_string(),
        liveliness: if result.verdict == Verdict::Live {
            "yes"
        } else {
            "no"
        },
        geo_location: view.location.map(Place::from),
    }
}
