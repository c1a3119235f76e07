//! Every documented route that names something: to another tenant's key it answers exactly what it answers to a name
//! of nothing. A route that is new has no line here and fails the test.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use lifesign_domain::Verdict;
use lifesign_server::service::admin::TenantCredentials;
use serde_json::{Value, json};

use crate::support::ask::{json_post, native_with, plain, text_of};
use crate::support::document::document;
use crate::support::sessions::{FakeFaces, Made, capture, captured, make, make_decentro};
use crate::support::site::{Ground, Site};
use crate::support::{Answer, base64, real_checker, sample};

const DECENTRO: &str = "/v2/kyc/forensics/active_video_liveness/{decentro_transaction_id}";

/// What lets a caller in.
enum Door {
    /// A native key, beside a body where one is sent.
    Key(Option<Value>),
    /// Decentro's three headers.
    Client,
    /// The path itself: its token or signature is the secret, no key is asked for. Such routes have tests of their
    /// own, `links_open_what_they_name_and_nothing_else` among them.
    Link,
}

/// How to ask each route, methods that only look first.
fn door(method: &str, path: &str) -> Door {
    let image = || json!({ "image": base64(&sample("astronaut.jpg")) });
    match (method, path) {
        ("get" | "delete", "/v1/checks/{id}" | "/v1/sessions/{id}" | "/v1/galleries/{name}")
        | ("delete", "/v1/galleries/{name}/faces/{face_id}") => Door::Key(None),
        ("post", "/v1/galleries/{name}/faces" | "/v1/galleries/{name}/search") => {
            Door::Key(Some(image()))
        }
        ("post", DECENTRO) => Door::Client,
        ("get", "/verify-video/{token}/session" | "/v1/media/{session}/{ordinal}") => Door::Link,
        _ => {
            panic!("{method} {path} names something: say here how another tenant would ask for it")
        }
    }
}

/// What the parameters of a path stand for.
#[derive(Clone)]
struct Names {
    check: String,
    session: String,
    decentro: String,
    gallery: String,
    face: String,
}

impl Names {
    /// Names of the same form that nothing has.
    fn of_nothing(&self) -> Self {
        let other = |name: &String| {
            let (kept, replaced) = name.split_at(name.len() / 2);
            kept.to_owned() + &"0".repeat(replaced.len())
        };
        Self {
            check: other(&self.check),
            session: other(&self.session),
            decentro: other(&self.decentro),
            gallery: other(&self.gallery),
            face: other(&self.face),
        }
    }

    fn fill(&self, path: &str) -> String {
        let id = match path {
            DECENTRO => &self.decentro,
            path if path.starts_with("/v1/sessions") => &self.session,
            _ => &self.check,
        };
        path.replace("{id}", id)
            .replace("{decentro_transaction_id}", id)
            .replace("{name}", &self.gallery)
            .replace("{face_id}", &self.face)
    }

    fn all(&self) -> [&str; 5] {
        let Self {
            check,
            session,
            decentro,
            gallery,
            face,
        } = self;
        [check, session, decentro, gallery, face]
    }
}

fn request(method: &str, path: &str, door: &Door, by: &TenantCredentials) -> Request<Body> {
    match door {
        Door::Key(None) => plain(&method.to_uppercase(), path, &by.api_key),
        Door::Key(Some(body)) => json_post(path, &[("x-api-key", &by.api_key)], body),
        Door::Client => {
            let by = &by.decentro;
            let headers = [
                ("client_id", by.client_id.as_str()),
                ("client_secret", &by.client_secret),
                ("module_secret", &by.module_secret),
            ];
            let wish = json!({ "consent": true, "purpose": "a test", "reference_id": "case 1" });
            json_post(path, &headers, &wish)
        }
        Door::Link => panic!("no key opens a link"),
    }
}

/// Status and body without what every answer has of its own and without the names that were asked for.
fn told(answer: &Answer, asked: &Names) -> (u16, String) {
    let mut body = answer.json();
    if let Some(body) = body.as_object_mut() {
        for own in ["request_id", "timestamp", "decentroTxnId"] {
            body.remove(own);
        }
        // A face that was just enrolled.
        if let Some(result) = body.get_mut("result").and_then(Value::as_object_mut) {
            result.retain(|name, _| name != "face_id" && name != "created_at");
        }
    }
    let mut text = body.to_string();
    for name in asked.all() {
        text = text.replace(name, "NAME");
    }
    (answer.status.as_u16(), text)
}

async fn owner_of_everything(site: &Site, owner: &TenantCredentials) -> Names {
    let key = &owner.api_key;
    let image = sample("astronaut.jpg");
    let check = site.call(native_with(key, "?reference=case-7", &[], &image));
    let face = json!({ "image": base64(&image), "face_id": "commander" });
    let path = "/v1/galleries/astronauts/faces";
    let enrolled = site
        .call(json_post(path, &[("x-api-key", key)], &face))
        .await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.text());
    Names {
        check: text_of(&check.await, "request_id"),
        session: make(site, key, &json!({})).await.id,
        decentro: make_decentro(site, owner, &json!({})).await.id,
        gallery: "astronauts".to_owned(),
        face: "commander".to_owned(),
    }
}

/// Method and path of every documented route: those that look first, those that add next, those that erase last.
async fn routes(site: &Site) -> Vec<(String, String)> {
    let document = document(&site.client).await;
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in ["get", "put", "post", "patch", "delete"] {
            if operations.get(method).is_some() {
                routes.push((method.to_owned(), path.clone()));
            }
        }
    }
    routes.sort_by_key(|(method, path)| match method.as_str() {
        "delete" => 2,
        _ if path.ends_with("/faces") => 1,
        _ => 0,
    });
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn on_every_route_what_is_anothers_is_as_if_it_did_not_exist() {
    let ground = Ground::new().await;
    let (owner, other) = (ground.tenant("owner").await, ground.tenant("other").await);
    let site = ground.open(real_checker()).await;
    let names = owner_of_everything(&site, &owner).await;
    let nothing = names.of_nothing();
    let mut compared = 0;
    for (method, path) in routes(&site).await {
        if !path.contains('{') {
            // A list under another's key names nothing of the owner's.
            if method == "get" && path.starts_with("/v1/") {
                let list = site.call(plain("GET", &path, &other.api_key)).await;
                assert_eq!(list.status, 200, "{path}: {}", list.text());
                for name in names.all() {
                    assert!(!list.text().contains(name), "{path} names {name}");
                }
                compared += 1;
            }
            continue;
        }
        let door = door(&method, &path);
        if matches!(door, Door::Link) {
            continue;
        }
        let ask = async |asked: &Names, by: &TenantCredentials| {
            let request = request(&method, &asked.fill(&path), &door, by);
            told(&site.call(request).await, asked)
        };
        let foreign = ask(&names, &other).await;
        let unknown = ask(&nothing, &other).await;
        assert_eq!(foreign, unknown, "{method} {path}");
        // Or the line above would say nothing.
        if method == "get" || path.ends_with("search") || matches!(door, Door::Client) {
            let own = ask(&names, &owner).await;
            assert_eq!(own.0, 200, "{method} {path}: {}", own.1);
            assert_ne!(own, unknown, "{method} {path}");
        }
        compared += 1;
    }
    assert!(compared >= 12, "{compared} routes");
    // Nothing was erased, changed or added by the other.
    for path in [
        "/v1/checks/{id}",
        "/v1/sessions/{id}",
        "/v1/galleries/{name}",
    ] {
        let request = plain("GET", &names.fill(path), &owner.api_key);
        let kept = site.call(request).await;
        assert_eq!(kept.status, 200, "{path}: {}", kept.text());
        let result = &kept.json()["result"];
        match path {
            "/v1/sessions/{id}" => assert_eq!(result["state"], "created"),
            "/v1/galleries/{name}" => assert_eq!(result["faces"], 1, "{result}"),
            _ => {}
        }
    }
}

/// A link's token and signature are its secret: moved to another session they open nothing.
#[tokio::test(flavor = "multi_thread")]
async fn links_open_what_they_name_and_nothing_else() {
    let ground = Ground::new().await;
    let (owner, other) = (ground.tenant("owner").await, ground.tenant("other").await);
    let site = ground.open(Arc::new(FakeFaces)).await;
    let with_reference = json!({ "face_image_base64s": [base64(b"one")] });
    let link = async |tenant: &TenantCredentials| -> (Made, String) {
        let made = make(&site, &tenant.api_key, &with_reference).await;
        capture(&site.app, &made, captured(Verdict::Live, &[1])).await;
        let path = format!("/v1/sessions/{}", made.id);
        let told = site.call(plain("GET", &path, &tenant.api_key)).await.text();
        let from = told.find("/v1/media/").expect("a link");
        let link = told[from..].split('"').next().unwrap().to_owned();
        (made, link.replace("\\u0026", "&"))
    };
    let (theirs, their_link) = link(&owner).await;
    let (own, own_link) = link(&other).await;
    assert_eq!(site.client.get(&own_link).await.status, 200);
    assert_eq!(site.client.get(&their_link).await.status, 200);
    let moved = site
        .client
        .get(&own_link.replace(&own.id, &theirs.id))
        .await;
    let nowhere = site
        .client
        .get(&own_link.replace(&own.id, &"0".repeat(own.id.len())))
        .await;
    assert_eq!(moved.status, 403, "{}", moved.text());
    assert_eq!(moved.status, nowhere.status);
    assert_eq!(
        moved.json()["error"]["message"],
        nowhere.json()["error"]["message"]
    );
    let unknown = format!("/verify-video/{}/session", "0".repeat(own.token.len()));
    assert_eq!(site.client.get(&unknown).await.status, 404);
    // An identifier is no token.
    let by_id = format!("/verify-video/{}/session", theirs.id);
    assert_eq!(site.client.get(&by_id).await.status, 404);
}
