//! Who may ask a server that starts: everybody on loopback, nobody unknown anywhere else.

use std::sync::Arc;

use lifesign_server::{Memory, Mode, ServeError};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::support::ask::{africa, decentro, plain, syntizen};
use crate::support::pictures::picture;
use crate::support::site::Ground;
use crate::support::{Client, Fake, Setup, base64, engine, live, real_checker, sample};

#[tokio::test(flavor = "multi_thread")]
async fn development_mode_asks_for_no_credentials() {
    let client = Client::real().await;
    let image = sample("astronaut.jpg");
    let none = || String::new();
    let africans = lifesign_server::service::admin::VerifiedAfricaCredentials {
        userid: none(),
        api_key: none(),
    };
    let indians = lifesign_server::service::admin::DecentroCredentials {
        client_id: "anything".to_owned(),
        client_secret: none(),
        module_secret: none(),
    };
    assert_eq!(client.post_image(&image).await.status, 200);
    for request in [
        syntizen("0", "", "1", &base64(&image)),
        africa(&africans, &image, "ORDER-1"),
        decentro(&indians, &picture("bare_image"), "Case 1"),
    ] {
        let answer = client.call(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    // Nothing is paid, and everything is kept for the one tenant that everybody is.
    let page = client.get("/v1/checks").await.json();
    assert_eq!(page["checks"].as_array().unwrap().len(), 4);
    let erased = client
        .call(plain("DELETE", "/v1/checks?reference=1", ""))
        .await;
    assert_eq!(erased.json()["erased"]["checks"], 1);
    let login = crate::support::ask::json_post(
        "/userauthentication",
        &[],
        &serde_json::json!({ "username": "who", "password": "cares" }),
    );
    assert_eq!(client.call(login).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_tenant_ends_development_mode_at_the_next_start() {
    let ground = Ground::new().await;
    let fake = || Arc::new(Fake(|_: &[u8]| Ok(live())));
    let open = Client {
        router: lifesign_server::router(ground.app(fake()).await),
        _data: None,
    };
    assert_eq!(open.post_image(b"x").await.status, 200);
    let id = open.get("/v1/checks").await.json()["checks"][0]["request_id"].clone();
    let bank = ground.tenant("bank").await;
    let site = ground.open(fake()).await;
    site.client
        .post_image(b"x")
        .await
        .refusal(401, "UNAUTHORIZED");
    // What everybody asked before belongs to nobody now.
    let path = format!("/v1/checks/{}", id.as_str().unwrap());
    let answer = site.call(plain("GET", &path, &bank.api_key)).await;
    answer.refusal(404, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_any_address_but_loopback_a_start_needs_a_tenant() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let mut setup = Setup::new();
        setup.config.listen = address.parse().unwrap();
        let config = setup.config.clone();
        let error = lifesign_server::serve(config, engine(), async {}).await;
        let error = error.unwrap_err();
        assert!(matches!(error, ServeError::Open { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("lifesign tenants create"), "{text}");

        // Nor was the tenant of development mode anybody.
        let memory = Memory::open(&setup.config).await.unwrap();
        assert_eq!(memory.mode(), Mode::Development);
        let error = lifesign_server::serve(setup.config.clone(), engine(), async {}).await;
        assert!(matches!(error, Err(ServeError::Open { .. })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_tenant_it_starts_and_lets_in_whom_it_knows() {
    let mut setup = Setup::new();
    // A port that was free a moment ago, because the server does not tell which it got.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = port.local_addr().unwrap();
    drop(port);
    setup.config.listen = ([0, 0, 0, 0], address.port()).into();
    let config = setup.config.clone();
    let ground = Ground::of(setup).await;
    let bank = ground.tenant("bank").await;
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(lifesign_server::serve(config, engine(), async {
        let _ = stopped.await;
    }));
    let say = async |key: &str| {
        let head = format!("GET /v1/checks HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n");
        loop {
            // It listens in a moment; if it never does, the test's runner ends this.
            match crate::support::sockets::say(address, &head).await {
                Ok(answer) => return answer[..12].to_owned(),
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
            }
        }
    };
    assert_eq!(say(&bank.api_key).await, "HTTP/1.1 200");
    assert_eq!(say("lsk_nobody").await, "HTTP/1.1 401");
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_tenant_is_no_reason_to_let_everybody_in() {
    let ground = Ground::new().await;
    let bank = ground.tenant("bank").await;
    let act = crate::support::site::act();
    let store = &ground.store;
    store
        .set_tenant_enabled(&bank.tenant_id, false, &act)
        .await
        .unwrap();
    let site = ground.open(real_checker()).await;
    let refused = site.client.post_image(&sample("astronaut.jpg")).await;
    refused.refusal(401, "UNAUTHORIZED");
}
