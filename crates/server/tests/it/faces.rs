//! Faces against faces, through the real router with the real engine: comparisons, galleries, whose they are.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use lifesign_contracts::{Checked, Failure, FailureKind};
use lifesign_server::service::admin::TenantCredentials;
use lifesign_store::Rules;
use serde_json::{Value, json};

use crate::support::ask::{BOUNDARY, Field, form, json_post, plain};
use crate::support::document::{conforms, document};
use crate::support::site::{Ground, Site, vault};
use crate::support::{Answer, Fake, Setup, base64, real_checker, sample};

const COMPARE: &str = "/v1/faces/compare";

/// A server with one tenant, and the tenant's key.
async fn site() -> (Site, TenantCredentials) {
    let ground = Ground::new().await;
    let tenant = ground.tenant("bank").await;
    (ground.open(real_checker()).await, tenant)
}

fn asked(path: &str, key: &str, body: &Value) -> Request<Body> {
    json_post(path, &[("x-api-key", key)], body)
}

fn two(first: &str, second: &str) -> Value {
    json!({ "image1": base64(&sample(first)), "image2": base64(&sample(second)) })
}

/// Sends and holds the answer against the document.
async fn sent(site: &Site, method: &str, documented: &str, request: Request<Body>) -> Answer {
    let answer = site.call(request).await;
    let document = document(&site.client).await;
    conforms(&document, method, documented, &answer).unwrap();
    answer
}

async fn compared(site: &Site, key: &str, body: &Value) -> Answer {
    sent(site, "post", COMPARE, asked(COMPARE, key, body)).await
}

async fn enrolled(site: &Site, key: &str, gallery: &str, body: &Value) -> Answer {
    let path = format!("/v1/galleries/{gallery}/faces");
    let documented = "/v1/galleries/{name}/faces";
    sent(site, "post", documented, asked(&path, key, body)).await
}

async fn searched(site: &Site, key: &str, gallery: &str, body: &Value) -> Answer {
    let path = format!("/v1/galleries/{gallery}/search");
    let documented = "/v1/galleries/{name}/search";
    sent(site, "post", documented, asked(&path, key, body)).await
}

fn result(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.envelope()["result"].clone()
}

fn image(name: &str) -> Value {
    json!({ "image": base64(&sample(name)) })
}

fn face(name: &str, id: &str) -> Value {
    json!({ "image": base64(&sample(name)), "face_id": id })
}

/// Identifiers of the matches, the best first.
fn matches(answer: &Answer) -> Vec<String> {
    let result = result(answer);
    let matches = result["matches"].as_array().unwrap();
    let id = |found: &Value| found["face_id"].as_str().unwrap().to_owned();
    matches.iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pictures_of_one_person_match_and_of_two_do_not() {
    let (site, tenant) = site().await;
    let key = tenant.api_key.as_str();
    let same = result(&compared(&site, key, &two("astronaut.jpg", "astronaut_rolled.jpg")).await);
    assert_eq!(same["same_person"], true);
    assert_eq!(same["threshold"], 65);
    assert!(same["score"].as_u64().unwrap() >= 65, "{same}");
    let other = result(&compared(&site, key, &two("astronaut.jpg", "grace_hopper.jpg")).await);
    assert_eq!(other["same_person"], false);
    assert!(other["score"].as_u64().unwrap() < 50, "{other}");
    // Each face tells what it is worth.
    let faces = same["faces"].as_array().unwrap();
    assert_eq!(
        (&faces[0]["image"], &faces[1]["image"]),
        (&json!("image1"), &json!("image2"))
    );
    for face in faces {
        assert_eq!(face["face_count"], 1);
        assert!(face["quality"].as_array().unwrap().len() > 5);
    }
    let codes = |face: &Value| face["reasons"].to_string();
    // Of several faces the largest is compared, and that is said.
    let crowd = result(&compared(&site, key, &two("two_faces.jpg", "astronaut.jpg")).await);
    assert_eq!(crowd["faces"][0]["face_count"], 2);
    assert!(codes(&crowd["faces"][0]).contains("several_faces"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_read_as_json_is() {
    let (site, tenant) = site().await;
    let field = |name, file: &str| Field {
        name,
        file_name: Some("a.jpg"),
        content_type: Some("image/jpeg"),
        data: sample(file),
    };
    let body = form(&[
        field("image1", "astronaut.jpg"),
        field("image2", "astronaut_rolled.jpg"),
    ]);
    let request = Request::post(COMPARE)
        .header("x-api-key", &tenant.api_key)
        .header(
            "content-type",
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(Body::from(body))
        .unwrap();
    let by_form = result(&sent(&site, "post", COMPARE, request).await);
    let by_json = two("astronaut.jpg", "astronaut_rolled.jpg");
    assert_eq!(
        by_form,
        result(&compared(&site, &tenant.api_key, &by_json).await)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_the_picture() {
    let (site, tenant) = site().await;
    let key = tenant.api_key.as_str();
    for (first, second, field) in [
        ("coffee.jpg", "astronaut.jpg", "`image1`"),
        ("astronaut.jpg", "chelsea.jpg", "`image2`"),
    ] {
        let answer = compared(&site, key, &two(first, second)).await;
        let message = answer.refusal(422, "NO_FACE_DETECTED");
        assert!(message.contains(field), "{message}");
    }
    let astronaut = base64(&sample("astronaut.jpg"));
    for (body, says) in [
        (json!({ "image1": astronaut }), "`image2` is missing"),
        (
            json!({ "image1": astronaut, "image2": "bm8=" }),
            "`image2`: ",
        ),
        (json!({ "image1": "§", "image2": astronaut }), "`image1`: "),
    ] {
        let message = compared(&site, key, &body)
            .await
            .refusal(422, "INVALID_REQUEST");
        assert!(message.contains(says), "{message}");
    }
    let picture = Request::post(COMPARE)
        .header("x-api-key", key)
        .header("content-type", "image/jpeg")
        .body(Body::from(sample("astronaut.jpg")))
        .unwrap();
    sent(&site, "post", COMPARE, picture)
        .await
        .refusal(415, "UNSUPPORTED_MEDIA_TYPE");
    site.call(plain("GET", COMPARE, key))
        .await
        .refusal(405, "METHOD_NOT_ALLOWED");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_asks_without_credentials_or_over_a_limit() {
    let ground = Ground::new().await;
    ground.tenant("bank").await;
    let scoped = |scope: &str| Rules {
        scopes: vec![scope.to_owned()],
        ..Rules::default()
    };
    let (_, reader) = ground.native_key("bank", &scoped("read")).await;
    let (_, checker) = ground.native_key("bank", &scoped("check")).await;
    let quota = Rules {
        quota_per_month: Some(1),
        ..Rules::default()
    };
    let (_, counted) = ground.native_key("bank", &quota).await;
    let site = ground.open(real_checker()).await;
    let body = two("astronaut.jpg", "grace_hopper.jpg");
    compared(&site, "nobody's", &body)
        .await
        .refusal(401, "UNAUTHORIZED");
    let message = compared(&site, &reader, &body)
        .await
        .refusal(403, "FORBIDDEN");
    assert!(message.contains("scope `check`"), "{message}");
    // Who may ask who somebody is may not say so.
    let message = enrolled(&site, &checker, "staff", &image("astronaut.jpg")).await;
    let message = message.refusal(403, "FORBIDDEN");
    assert!(message.contains("scope `enrol`"), "{message}");
    for (method, path) in [
        ("GET", "/v1/galleries"),
        ("GET", "/v1/galleries/staff"),
        ("DELETE", "/v1/galleries/staff"),
        ("DELETE", "/v1/galleries/staff/faces/a"),
    ] {
        site.call(plain(method, path, &checker))
            .await
            .refusal(403, "FORBIDDEN");
        site.call(plain(method, path, "nobody's"))
            .await
            .refusal(401, "UNAUTHORIZED");
    }
    assert_eq!(compared(&site, &counted, &body).await.status, 200);
    compared(&site, &counted, &body)
        .await
        .refusal(429, "QUOTA_EXCEEDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gallery_finds_its_faces_and_forgets_those_that_were_erased() {
    let (site, tenant) = site().await;
    let key = tenant.api_key.as_str();
    searched(&site, key, "crew", &image("astronaut.jpg"))
        .await
        .refusal(404, "NOT_FOUND");
    let collins = json!({
        "image": base64(&sample("astronaut.jpg")),
        "face_id": "collins",
        "label": "Eileen Collins",
        "reference": "case 7",
    });
    let first = result(&enrolled(&site, key, "crew", &collins).await);
    assert_eq!(
        (&first["face_id"], &first["faces"]),
        (&json!("collins"), &json!(1))
    );
    enrolled(&site, key, "crew", &collins)
        .await
        .refusal(409, "FACE_EXISTS");
    let second = result(&enrolled(&site, key, "crew", &image("grace_hopper.jpg")).await);
    let made = second["face_id"].as_str().unwrap().to_owned();
    assert!(made.starts_with("face_") && made.len() == 21, "{made}");
    assert_eq!(second["faces"], 2);

    let found = searched(&site, key, "crew", &image("astronaut_rolled.jpg")).await;
    assert_eq!(matches(&found), ["collins"]);
    let found = result(&found);
    assert_eq!(
        (&found["faces"], &found["threshold"]),
        (&json!(2), &json!(65))
    );
    assert_eq!(found["matches"][0]["label"], "Eileen Collins");
    assert_eq!(found["matches"][0]["reference"], "case 7");
    assert!(found["matches"][0]["score"].as_u64().unwrap() >= 65);
    let everybody = json!({ "image": base64(&sample("grace_hopper.jpg")), "threshold": 0 });
    let all = searched(&site, key, "crew", &everybody).await;
    assert_eq!(matches(&all), [made.clone(), "collins".to_owned()]);
    assert_eq!(result(&all)["matches"][0]["score"], 100);
    let mut best = everybody.clone();
    best["limit"] = json!(1);
    assert_eq!(matches(&searched(&site, key, "crew", &best).await), [made]);

    // A face that comes after the gallery was searched is found, one that went is not.
    result(&enrolled(&site, key, "crew", &face("astronaut_rolled.jpg", "rolled")).await);
    let found = searched(&site, key, "crew", &image("astronaut.jpg")).await;
    assert_eq!(matches(&found), ["collins", "rolled"]);
    let path = "/v1/galleries/{name}/faces/{face_id}";
    let erase = || plain("DELETE", "/v1/galleries/crew/faces/collins", key);
    let erased = result(&sent(&site, "delete", path, erase()).await);
    assert_eq!(erased, json!({ "erased": { "faces": 1 } }));
    sent(&site, "delete", path, erase())
        .await
        .refusal(404, "NOT_FOUND");
    let found = searched(&site, key, "crew", &image("astronaut.jpg")).await;
    assert_eq!(matches(&found), ["rolled"]);

    let path = "/v1/galleries/{name}";
    let listed = plain("GET", "/v1/galleries", key);
    let listed = result(&sent(&site, "get", "/v1/galleries", listed).await);
    assert_eq!(listed["galleries"][0]["name"], "crew");
    assert_eq!(listed["galleries"][0]["faces"], 2);
    let one = result(&sent(&site, "get", path, plain("GET", "/v1/galleries/crew", key)).await);
    assert_eq!(one, listed["galleries"][0]);
    let gone = plain("DELETE", "/v1/galleries/crew", key);
    let gone = result(&sent(&site, "delete", path, gone).await);
    assert_eq!(gone, json!({ "erased": { "faces": 2 } }));
    for method in ["GET", "DELETE"] {
        let again = plain(method, "/v1/galleries/crew", key);
        let again = sent(&site, &method.to_lowercase(), path, again).await;
        again.refusal(404, "NOT_FOUND");
    }
    // The same name again is a gallery without the old faces.
    result(&enrolled(&site, key, "crew", &face("grace_hopper.jpg", "hopper")).await);
    assert!(matches(&searched(&site, key, "crew", &image("astronaut.jpg")).await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_usable_face_enters_a_gallery() {
    let (site, tenant) = site().await;
    let key = tenant.api_key.as_str();
    let several = enrolled(&site, key, "crew", &image("two_faces.jpg")).await;
    let message = several.refusal(422, "SEVERAL_FACES");
    assert!(message.contains("2 faces"), "{message}");
    let none = enrolled(&site, key, "crew", &image("coffee.jpg")).await;
    assert!(none.refusal(422, "NO_FACE_DETECTED").contains("`image`"));
    let name = format!("/v1/galleries/{}/faces", "%C3%A4");
    let refused = site.call(asked(&name, key, &image("astronaut.jpg"))).await;
    refused.refusal(422, "INVALID_REQUEST");
    let broken = site.call(plain("GET", "/v1/galleries/%FF", key)).await;
    broken.refusal(422, "INVALID_REQUEST");
    let listed = result(&site.call(plain("GET", "/v1/galleries", key)).await);
    assert_eq!(listed, json!({ "galleries": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gallery_takes_as_many_faces_as_are_searched() {
    let mut setup = Setup::new();
    setup.config.gallery_memory_bytes = 600;
    let ground = Ground::of(setup).await;
    let tenant = ground.tenant("bank").await;
    let site = ground.open(real_checker()).await;
    let key = tenant.api_key.as_str();
    result(&enrolled(&site, key, "crew", &face("astronaut.jpg", "a")).await);
    let full = enrolled(&site, key, "crew", &face("grace_hopper.jpg", "b")).await;
    assert!(full.refusal(409, "GALLERY_FULL").contains("1 faces"));
    assert_eq!(
        matches(&searched(&site, key, "crew", &image("astronaut.jpg")).await),
        ["a"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_the_gallery_of_another() {
    let ground = Ground::new().await;
    let one = ground.tenant("one").await;
    let other = ground.tenant("other").await;
    let site = ground.open(real_checker()).await;
    let (mine, theirs) = (one.api_key.as_str(), other.api_key.as_str());
    let mut collins = face("astronaut.jpg", "collins");
    collins["reference"] = json!("case 7");
    result(&enrolled(&site, mine, "crew", &collins).await);
    let picture = image("astronaut.jpg");
    assert_eq!(
        matches(&searched(&site, mine, "crew", &picture).await),
        ["collins"]
    );
    // Neither before nor after they have a gallery of that name.
    searched(&site, theirs, "crew", &picture)
        .await
        .refusal(404, "NOT_FOUND");
    result(&enrolled(&site, theirs, "crew", &face("grace_hopper.jpg", "hopper")).await);
    assert!(matches(&searched(&site, theirs, "crew", &picture).await).is_empty());
    let path = "/v1/galleries/crew/faces/collins";
    site.call(plain("DELETE", path, theirs))
        .await
        .refusal(404, "NOT_FOUND");
    let erased = site
        .call(plain("DELETE", "/v1/checks?reference=case+7", theirs))
        .await;
    assert_eq!(erased.json()["erased"]["faces"], 0);
    assert_eq!(
        site.call(plain("DELETE", "/v1/galleries/crew", theirs))
            .await
            .status,
        200
    );
    assert_eq!(
        matches(&searched(&site, mine, "crew", &picture).await),
        ["collins"]
    );
    // Their own reference reaches it.
    let erased = site
        .call(plain("DELETE", "/v1/checks?reference=case+7", mine))
        .await;
    assert_eq!(erased.json()["erased"]["faces"], 1);
    assert!(matches(&searched(&site, mine, "crew", &picture).await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_store_see_the_same_gallery() {
    let (site, tenant) = site().await;
    let key = tenant.api_key.as_str();
    result(&enrolled(&site, key, "crew", &face("astronaut.jpg", "a")).await);
    let app = site.ground.app(real_checker()).await;
    let twin = crate::support::Client {
        router: lifesign_server::router(app),
        _data: None,
    };
    let search = |picture| asked("/v1/galleries/crew/search", key, &image(picture));
    assert_eq!(matches(&twin.call(search("astronaut.jpg")).await), ["a"]);
    result(&enrolled(&site, key, "crew", &face("grace_hopper.jpg", "b")).await);
    assert_eq!(matches(&twin.call(search("grace_hopper.jpg")).await), ["b"]);
    site.call(plain("DELETE", "/v1/galleries/crew/faces/a", key))
        .await;
    assert!(matches(&twin.call(search("astronaut.jpg")).await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_sealed_and_opens_for_its_own_face_alone() {
    let (site, tenant) = site().await;
    let key = tenant.api_key.as_str();
    result(&enrolled(&site, key, "crew", &face("astronaut.jpg", "collins")).await);
    let store = &site.ground.store;
    let id = store.tenant("bank").await.unwrap().unwrap().id;
    let gallery = store.gallery(&id, "crew").await.unwrap().unwrap();
    let kept = store.sealed_faces(&gallery.id, 0, 10).await.unwrap();
    // Version, nonce and tag around the embedder's number and 128 values.
    assert_eq!(kept[0].sealed.len(), 1 + 12 + 1 + 4 * 128 + 16);
    let context = format!("face\0{id}\0crew\0collins");
    assert!(vault().open(context.as_bytes(), &kept[0].sealed).is_ok());
    let other = format!("face\0{id}\0crew\0hopper");
    assert!(vault().open(other.as_bytes(), &kept[0].sealed).is_err());
    // A row that was put in another's place is a fault, not a match.
    let act = crate::support::site::act();
    let moved = lifesign_store::NewFace {
        tenant_id: id.clone(),
        gallery: "crew".to_owned(),
        fresh_gallery_id: "unused".to_owned(),
        face_id: "hopper".to_owned(),
        label: None,
        reference: None,
        sealed: kept[0].sealed.clone(),
    };
    store.add_face(&moved, 100, &act).await.unwrap();
    searched(&site, key, "crew", &image("astronaut.jpg"))
        .await
        .refusal(500, "SERVER_ERROR");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_in_the_log_without_the_person() {
    let (site, tenant) = site().await;
    let key = tenant.api_key.as_str();
    let mut named = face("astronaut.jpg", "Geheimkennung");
    named["reference"] = json!("Geheimnummer");
    result(&enrolled(&site, key, "crew", &named).await);
    site.call(plain(
        "DELETE",
        "/v1/galleries/crew/faces/Geheimkennung",
        key,
    ))
    .await;
    site.call(plain("DELETE", "/v1/galleries/crew", key)).await;
    let log = site.ground.store.audit(None, 3).await.unwrap();
    let actions = Vec::from_iter(log.iter().map(|line| line.action.as_str()));
    assert_eq!(
        actions,
        ["gallery.erase", "gallery.face.erase", "gallery.face.add"]
    );
    assert!(log.iter().all(|line| line.actor.starts_with("key:")));
    assert!(!format!("{log:?}").contains("Geheim"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_and_a_failing_engine_are_no_answer() {
    let mut setup = Setup::new();
    (setup.config.workers, setup.config.queue) = (1, 0);
    let ground = Ground::of(setup).await;
    let tenant = ground.tenant("bank").await;
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let waits = Fake(move |_: &[u8]| -> Result<Checked, Failure> {
        let _ = gate.lock().unwrap().recv();
        Err(Failure::new(FailureKind::Inference, "the analysis failed"))
    });
    let site = Arc::new(ground.open(Arc::new(waits)).await);
    let body = two("astronaut.jpg", "grace_hopper.jpg");
    let (first, _) = tokio::join!(compared(&site, &tenant.api_key, &body), async {
        site.client.until("lifesign_checks_in_flight", 1.0).await;
        let refused = compared(&site, &tenant.api_key, &body).await;
        refused.refusal(503, "OVERLOADED");
        drop(open);
    });
    let message = first.refusal(200, "INFERENCE_ERROR");
    assert!(message.starts_with("`image1`: "), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn development_mode_needs_no_key() {
    let client = Setup::new().client(real_checker()).await;
    let body = two("astronaut.jpg", "astronaut_rolled.jpg");
    let answer = client.call(json_post(COMPARE, &[], &body)).await;
    assert_eq!(result(&answer)["same_person"], true);
    let unreadable = json!({ "image1": base64(&sample("astronaut.jpg")), "image2": "" });
    let refused = client.call(json_post(COMPARE, &[], &unreadable)).await;
    refused.refusal(422, "INVALID_REQUEST");
}
