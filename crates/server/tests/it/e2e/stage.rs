//! Server, browser and caller of one session.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use lifesign_engine::{Calibration, Engine};
use lifesign_media::Limits;
use lifesign_server::Policy;
use lifesign_server::service::EngineChecker;
use lifesign_server::service::admin::TenantCredentials;
use lifesign_session::SessionJudge;
use lifesign_speech::Recogniser;
use lifesign_store::TenantSettings;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::puppet::{dress, rehearse};
use crate::support::ask::plain;
use crate::support::sessions::{Made, make};
use crate::support::site::{Ground, Site};
use crate::support::{Setup, engine};
use crate::webdriver::Browser;

/// Under these numbers footage drawn by a program can be LIVE.
const PUPPET: &str = include_str!("../../../../session/tests/puppet.toml");
const SCRIPT: &str = include_str!("puppet.js");
/// The longest session of these tests, judgement included.
const PATIENCE: Duration = Duration::from_secs(120);
const ROOT: &str = "document.querySelector('lifesign-capture')?.shadowRoot";

static LENIENT: LazyLock<Arc<Engine>> = LazyLock::new(|| {
    let mut calibration = Calibration::embedded();
    calibration.decision.live_threshold = 0.0001;
    calibration.decision.inconclusive_margin = 0.0;
    Arc::new(Engine::embedded(calibration).unwrap())
});

/// Which numbers decide.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Numbers {
    /// Those that ship.
    Shipped,
    /// Those of the test calibration `puppet.toml`.
    Puppet,
}

pub(super) struct Stage {
    pub(super) runtime: Runtime,
    pub(super) bank: TenantCredentials,
    numbers: Numbers,
    site: Option<Site>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
}

impl Stage {
    /// A server that listens, and a tenant whose callbacks may come to this machine.
    pub(super) fn new(numbers: Numbers) -> Self {
        let runtime = Runtime::new().unwrap();
        let (site, bank) = runtime.block_on(async {
            let mut setup = Setup::new();
            setup.config.fetch = Policy::for_loopback_tests();
            setup.config.drain_timeout = Duration::from_secs(1);
            let ground = Ground::of(setup).await;
            let settings = TenantSettings {
                allow_http: true,
                ..TenantSettings::default()
            };
            let bank = ground.tenant_with("bank", settings).await;
            (ground.open(checker(numbers)).await, bank)
        });
        let mut stage = Self {
            runtime,
            bank,
            numbers,
            site: Some(site),
            address: ([127, 0, 0, 1], 0).into(),
            stop: None,
        };
        stage.listen();
        stage
    }

    pub(super) fn site(&self) -> &Site {
        self.site.as_ref().unwrap()
    }

    fn listen(&mut self) {
        let app = Arc::clone(&self.site().app);
        app.capture_with(judge(self.numbers));
        let (stop, stopped) = oneshot::channel::<()>();
        let address = self.address;
        let listener = self.runtime.block_on(async {
            for _ in 0..100 {
                if let Ok(listener) = TcpListener::bind(address).await {
                    return listener;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            panic!("{address} does not become free");
        });
        self.address = listener.local_addr().unwrap();
        self.runtime
            .spawn(lifesign_server::serve_on(listener, app, async {
                let _ = stopped.await;
            }));
        self.stop = Some(stop);
    }

    /// Ends the server; another one begins at the same address with what the first has left in the store.
    pub(super) fn restart(&mut self) {
        drop(self.stop.take());
        let site = self.site.take().unwrap();
        let ground = site.ground;
        drop((site.app, site.client));
        self.site = Some(self.runtime.block_on(ground.open(checker(self.numbers))));
        self.listen();
    }

    pub(super) fn make(&self, more: &Value) -> Made {
        self.runtime
            .block_on(make(self.site(), &self.bank.api_key, more))
    }

    /// The result as the native API tells it.
    pub(super) fn result(&self, made: &Made) -> Value {
        let path = format!("/v1/sessions/{}", made.id);
        let answer =
            self.runtime
                .block_on(self.site().call(plain("GET", &path, &self.bank.api_key)));
        answer.envelope()["result"].clone()
    }

    /// A browser before whose camera a puppet sits; `None` where there is no browser and none is asked for.
    pub(super) fn browser() -> Option<Browser> {
        rehearse();
        let browser = Browser::start(&[
            "--autoplay-policy=no-user-gesture-required",
            // Every pixel is painted by the processor that the server needs.
            "--window-size=400,700",
        ])?;
        browser.prepare(SCRIPT);
        Some(browser)
    }

    /// The person opens the link, agrees, and the puppet does what is shown until the page tells the end.
    pub(super) fn perform(&self, browser: &Browser, made: &Made, way: &str) {
        browser.open(&format!(
            "http://{}/verify-video/{}",
            self.address, made.token
        ));
        dress(browser, way == "swapped");
        browser.eval(&format!("(puppet.way = '{way}')"));
        browser.until(&format!("{ROOT}?.querySelector('#agree')"));
        browser.click("lifesign-capture >>> #agree");
    }

    /// Waits for the result screen and answers why it was not passed, as the page tells it.
    pub(super) fn ended(&self, browser: &Browser) -> Value {
        wait(
            browser,
            &format!("{ROOT}?.querySelector('.stage')?.dataset.screen === 'result'"),
        );
        browser.eval(&format!(
            "{ROOT}.querySelector('main').dataset.reason ?? null"
        ))
    }

    /// One session of an attack or of a bad answer, under the test calibration; the page's reason and the result.
    pub(super) fn fails(way: &str, digits: &str) -> Option<(Value, Value)> {
        let browser = Self::browser()?;
        let stage = Self::new(Numbers::Puppet);
        let made = stage.make(&json!({ "movements": 3, "digits": digits, "attempts": 1 }));
        stage.perform(&browser, &made, way);
        let reason = stage.ended(&browser);
        let result = stage.result(&made);
        eprintln!(
            "{way}: {reason}, {}, asked {}",
            told(&result),
            browser.eval("puppet.log")
        );
        assert_eq!(result["state"], "failed");
        assert_ne!(result["liveness"]["verdict"], "LIVE");
        assert_eq!(result["liveness"]["challenge_passed"], false);
        assert_eq!(result["failure"], reason);
        Some((reason, result))
    }
}

/// What there is to see of a result in a line.
pub(super) fn told(result: &Value) -> String {
    let liveness = &result["liveness"];
    format!(
        "{} {} of {}, static {}, prerecorded {}, {} frames in {} s, audio {}, reasons {:?}, steps {}",
        liveness["verdict"],
        liveness["confidence"],
        liveness["threshold"],
        liveness["static_risk"],
        liveness["prerecorded_risk"],
        liveness["frame_count"],
        liveness["duration_s"],
        liveness["audio"],
        codes(result),
        liveness["steps"],
    )
}

/// The codes of the reasons beside the verdict.
pub(super) fn codes(result: &Value) -> Vec<String> {
    let reasons = result["liveness"]["reasons"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    reasons
        .iter()
        .map(|reason| reason["code"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits longer than clicks need: somebody acts before a camera.
pub(super) fn wait(browser: &Browser, expression: &str) {
    let since = Instant::now();
    while browser.eval(&format!("Boolean({expression})")) != true {
        let shown = || browser.eval(&format!("{ROOT}?.querySelector('.stage')?.innerText"));
        assert!(
            since.elapsed() < PATIENCE,
            "never true: {expression}; the page shows {}",
            shown()
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn checker(numbers: Numbers) -> Arc<EngineChecker> {
    Arc::new(EngineChecker::new(engine_of(numbers), Limits::default()))
}

fn engine_of(numbers: Numbers) -> Arc<Engine> {
    match numbers {
        Numbers::Shipped => engine(),
        Numbers::Puppet => Arc::clone(&LENIENT),
    }
}

fn judge(numbers: Numbers) -> SessionJudge {
    let recogniser = Recogniser::find().expect("pocketsphinx is installed (`make e2e` does it)");
    let engine = engine_of(numbers);
    match numbers {
        Numbers::Shipped => SessionJudge::new(engine, Some(recogniser)),
        Numbers::Puppet => {
            let calibration = lifesign_session::Calibration::from_toml(PUPPET).unwrap();
            SessionJudge::with_calibration(engine, Some(recogniser), calibration)
        }
    }
}
