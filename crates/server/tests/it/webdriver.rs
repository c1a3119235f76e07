//! The few commands of the W3C WebDriver protocol that the browser tests need, spoken to
//! chromedriver over loopback. A whole client library would bring fifty crates.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(30);
const ELEMENT_KEY: &str = "element-6066-11e4-a52e-4f735466cecf";
const SHADOW_KEY: &str = "shadow-6066-11e4-a52e-4f735466cecf";
/// Between the selector of a component and that of a part of it.
const INSIDE: &str = " >>> ";

/// Keys by their WebDriver code points.
pub(crate) const TAB: char = '\u{E004}';
pub(crate) const ENTER: char = '\u{E007}';
pub(crate) const ESCAPE: char = '\u{E00C}';

/// Ends chromedriver and the browser as soon as its input ends, which it does however the test dies. Chromedriver
/// alone would leave the browser behind; the browser's process is named by the lock in its profile.
const KEEPER: &str = r#"
chromedriver --port=0 & driver=$!
cat > /dev/null
browser=$(readlink "$0/SingletonLock")
kill $driver ${browser##*-}
"#;

/// A running chromedriver with its browser; ended when dropped.
struct Driver {
    keeper: Child,
    port: u16,
    /// Open as long as the process runs, which would fail on a closed pipe.
    _output: BufReader<ChildStdout>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// One browser window.
pub(crate) struct Browser {
    driver: Driver,
    session: String,
    _profile: tempfile::TempDir,
    /// One browser at a time: several at once make each other time out on a small machine.
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::new(());

fn port_told(output: &mut impl BufRead) -> u16 {
    let mut lines = output.lines().map_while(Result::ok);
    lines
        .find_map(|line| {
            let (_, port) = line.rsplit_once("successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        })
        .expect("chromedriver tells its port")
}

impl Browser {
    /// A headless Chromium with extra arguments; `None` with a printed reason if there is none
    /// and `LIFESIGN_TEST_REQUIRE_BROWSER` does not ask for one.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let found = Command::new("chromedriver").arg("--version").output();
        if let Err(error) = found {
            let required = std::env::var_os("LIFESIGN_TEST_REQUIRE_BROWSER").is_some();
            assert!(!required, "chromedriver cannot be started: {error}");
            eprintln!("skipped: chromedriver cannot be started ({error})");
            return None;
        }
        let profile = tempfile::TempDir::new().unwrap();
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER])
            .arg(profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(keeper.stdout.take().unwrap());
        let port = port_told(&mut output);
        let mut all = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--window-size=1280,1000".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        all.extend(arguments.iter().map(|&a| a.to_owned()));
        let mut browser = Self {
            driver: Driver {
                keeper,
                port,
                _output: output,
            },
            _turn: turn,
            session: String::new(),
            _profile: profile,
        };
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": all},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = browser.request("POST", "/session", &wanted);
        browser.session = session["sessionId"].as_str().unwrap().to_owned();
        Some(browser)
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.driver.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        answer.read_exact(&mut body).unwrap();
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        let value = body["value"].take();
        assert!(value.get("error").is_none(), "{method} {path}: {value}");
        value
    }

    fn command(&self, path: &str, body: Value) -> Value {
        self.request("POST", &format!("/session/{}{path}", self.session), &body)
    }

    fn query(&self, path: &str) -> Value {
        self.request(
            "GET",
            &format!("/session/{}{path}", self.session),
            &Value::Null,
        )
    }

    pub(crate) fn open(&self, url: &str) {
        self.command("/url", json!({ "url": url }));
    }

    /// The value of a JavaScript expression.
    pub(crate) fn eval(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.command("/execute/sync", json!({ "script": script, "args": [] }))
    }

    /// Waits until a JavaScript expression is true.
    pub(crate) fn until(&self, expression: &str) {
        let since = Instant::now();
        while self.eval(&format!("Boolean({expression})")) != true {
            if since.elapsed() > PATIENCE {
                let says = self.eval("document.body.innerText");
                let complaints = self.complaints();
                panic!(
                    "never true: {expression}; the page says {says}, the console {complaints:?}"
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// By a CSS selector; `component >>> part` looks inside of a component.
    fn element(&self, selector: &str) -> String {
        let mut from = String::new();
        let mut parts = selector.split(INSIDE).peekable();
        while let Some(part) = parts.next() {
            let wanted = json!({ "using": "css selector", "value": part });
            let element = self.command(&format!("{from}/element"), wanted);
            let element = element[ELEMENT_KEY].as_str().unwrap();
            if parts.peek().is_none() {
                return element.to_owned();
            }
            let shadow = self.query(&format!("/element/{element}/shadow"));
            from = format!("/shadow/{}", shadow[SHADOW_KEY].as_str().unwrap());
        }
        unreachable!("a split has at least one part")
    }

    /// Runs a script in every page from now on, before the page's own.
    pub(crate) fn prepare(&self, script: &str) {
        self.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": script }),
        );
    }

    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.command(&format!("/element/{element}/click"), json!({}));
    }

    /// Visible text.
    pub(crate) fn text(&self, selector: &str) -> String {
        let element = self.element(selector);
        let text = self.query(&format!("/element/{element}/text"));
        text.as_str().unwrap().to_owned()
    }

    /// The role that a screen reader hears.
    pub(crate) fn role(&self, selector: &str) -> String {
        let element = self.element(selector);
        let role = self.query(&format!("/element/{element}/computedrole"));
        role.as_str().unwrap().to_owned()
    }

    /// The name that a screen reader hears.
    pub(crate) fn label(&self, selector: &str) -> String {
        let element = self.element(selector);
        let label = self.query(&format!("/element/{element}/computedlabel"));
        label.as_str().unwrap().to_owned()
    }

    /// Gives a file input a file.
    pub(crate) fn choose_file(&self, selector: &str, file: &Path) {
        let element = self.element(selector);
        let path = file.to_str().unwrap();
        self.command(
            &format!("/element/{element}/value"),
            json!({ "text": path }),
        );
    }

    /// Types a text into an empty or filled field.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.command(&format!("/element/{element}/clear"), json!({}));
        self.command(
            &format!("/element/{element}/value"),
            json!({ "text": text }),
        );
    }

    /// Presses keys, one after the other, on whatever has the focus.
    pub(crate) fn press(&self, keys: &[char]) {
        let actions: Vec<Value> = keys
            .iter()
            .flat_map(|key| {
                let key = key.to_string();
                [
                    json!({ "type": "keyDown", "value": key }),
                    json!({ "type": "keyUp", "value": key }),
                ]
            })
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.command("/actions", json!({ "actions": [keyboard] }));
    }

    /// A command of Chromium's own protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.command("/goog/cdp/execute", body)
    }

    /// A viewport of this width, as a phone has it.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 }),
        );
    }

    /// Errors and warnings of the console, refused loads among them.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.command("/se/log", json!({ "type": "browser" }));
        let entries = log.as_array().unwrap().iter();
        entries
            .filter(|entry| entry["level"] != "INFO" && entry["level"] != "DEBUG")
            .map(|entry| entry["message"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Saves the whole page as a PNG file, if `LIFESIGN_TEST_SCREENSHOTS` names a folder.
    pub(crate) fn screenshot(&self, name: &str) {
        let Some(folder) = std::env::var_os("LIFESIGN_TEST_SCREENSHOTS") else {
            return;
        };
        let shot = self.devtools(
            "Page.captureScreenshot",
            json!({ "captureBeyondViewport": true }),
        );
        let png = BASE64_STANDARD
            .decode(shot["data"].as_str().unwrap())
            .unwrap();
        std::fs::write(Path::new(&folder).join(name), png).unwrap();
    }
}
