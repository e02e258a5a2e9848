//! A headless Chromium that tests talk to over a pipe, in its own protocol: no port, no driver
//! program, no download.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Names under which distributions install it.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// How long a page may take to become what a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How Chromium refuses an expression whose page gives way to the next one.
const GIVING_WAY: [&str; 3] = [
    "Inspected target navigated or closed",
    "Cannot find context with specified id",
    "Execution context was destroyed",
];

/// Where it is, if it is installed.
pub fn locate() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let candidates = PROGRAMS.iter().flat_map(|name| folders.iter().map(move |f| f.join(name)));
    candidates.into_iter().find(|file| file.is_file())
}

/// One page in a browser of its own.
pub struct Page {
    browser: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    session: Option<String>,
    last: u64,
    /// What went wrong in the page, and what it asked the network for.
    pub complaints: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Page {
    /// An empty page of this size in CSS pixels.
    pub fn open(program: &Path, width: u32, height: u32) -> Self {
        let profile = tempfile::tempdir().unwrap();
        // The browser reads requests from descriptor 3 and writes answers to 4.
        let mut browser = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"])
            .args(["--no-first-run", "--disable-background-networking", "--disable-sync"])
            .args(["--disable-component-update", "--hide-scrollbars", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = browser.stdin.take().unwrap();
        let answers = BufReader::new(browser.stdout.take().unwrap());
        let mut page = Self {
            browser,
            requests,
            answers,
            session: None,
            last: 0,
            complaints: Vec::new(),
            _profile: profile,
        };
        let target = page.ask("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = page.ask("Target.attachToTarget", &attach);
        page.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.ask(&format!("{domain}.enable"), &json!({}));
        }
        page.resize(width, height);
        page
    }

    /// Changes the size of the page.
    pub fn resize(&mut self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Light or dark.
    pub fn scheme(&mut self, name: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": name }]);
        self.ask("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// How it would stand on paper, or `screen` again.
    pub fn media(&mut self, name: &str) {
        self.ask("Emulation.setEmulatedMedia", &json!({ "media": name }));
    }

    /// Switches the page's own scripts on or off, from the next page on.
    pub fn scripts(&mut self, on: bool) {
        self.ask("Emulation.setScriptExecutionDisabled", &json!({ "value": !on }));
    }

    /// Runs a script in every page from the next one on, before the page's own.
    #[allow(dead_code, reason = "only the benchmark asks for it")]
    pub fn before_scripts(&mut self, source: &str) {
        self.ask("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": source }));
    }

    /// Goes to a file (and what follows `#`) and waits until it is loaded.
    pub fn go(&mut self, file: &Path, fragment: &str) {
        // From elsewhere, since a change of the fragment alone loads nothing.
        self.ask("Page.navigate", &json!({ "url": "about:blank" }));
        let url = format!("file://{}{fragment}", file.display());
        self.ask("Page.navigate", &json!({ "url": url }));
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// The value of an expression in the page; promises are waited for.
    #[track_caller]
    pub fn value(&mut self, expression: &str) -> Value {
        self.evaluate(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// The value of an expression, or the error with which Chromium refuses it.
    #[track_caller]
    fn evaluate(&mut self, expression: &str) -> Result<Value, Value> {
        let request =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.try_ask("Runtime.evaluate", &request)?;
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer:#}");
        Ok(answer["result"]["value"].clone())
    }

    /// The value of an expression, as text.
    #[track_caller]
    pub fn text(&mut self, expression: &str) -> String {
        self.value(expression).as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn until(&mut self, expression: &str) {
        let start = Instant::now();
        loop {
            match self.evaluate(&format!("Boolean({expression})")) {
                Ok(value) if value == true => return,
                Ok(_) => {}
                // A click before may have gone elsewhere, and the page that was asked may be gone.
                Err(error) => {
                    let message = error["message"].as_str().unwrap_or_default();
                    let gives_way = GIVING_WAY.iter().any(|text| message.contains(text));
                    assert!(gives_way, "{expression}: {error}");
                }
            }
            assert!(start.elapsed() < PATIENCE, "never true: {expression}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Moves the mouse to a share of an element's width, on half of its height.
    #[track_caller]
    pub fn hover(&mut self, selector: &str, share: f64) {
        self.mouse("mouseMoved", selector, share);
    }

    /// Drags the mouse over an element, from one share of its width to another.
    #[track_caller]
    pub fn drag(&mut self, selector: &str, from: f64, to: f64) {
        self.mouse("mouseMoved", selector, from);
        self.mouse("mousePressed", selector, from);
        for step in 1..=4 {
            self.mouse("mouseMoved", selector, from + (to - from) * f64::from(step) / 4.0);
        }
        self.mouse("mouseReleased", selector, to);
    }

    /// Clicks on the middle of an element.
    #[track_caller]
    pub fn click(&mut self, selector: &str) {
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            self.mouse(kind, selector, 0.5);
        }
    }

    #[track_caller]
    fn mouse(&mut self, kind: &str, selector: &str, share: f64) {
        let selector = Value::from(selector);
        let place = self.value(&format!(
            "(() => {{ const e = document.querySelector({selector}); e.scrollIntoView({{ block: 'center' }});\
             const b = e.getBoundingClientRect(); return [b.x + b.width * {share}, b.y + b.height / 2]; }})()"
        ));
        let button = if kind == "mouseMoved" { "none" } else { "left" };
        let buttons = i32::from(kind == "mousePressed");
        let event = json!({ "type": kind, "x": place[0], "y": place[1], "button": button, "buttons": buttons, "clickCount": 1 });
        self.ask("Input.dispatchMouseEvent", &event);
    }

    /// Presses a key on the element that has the focus.
    pub fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            self.ask("Input.dispatchKeyEvent", &json!({ "type": kind, "key": key }));
        }
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.try_ask(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The result of a request, or the error that it is answered with.
    fn try_ask(&mut self, method: &str, parameters: &Value) -> Result<Value, Value> {
        self.last += 1;
        let mut request = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            request["sessionId"] = session.clone().into();
        }
        self.requests.write_all(request.to_string().as_bytes()).unwrap();
        self.requests.write_all(b"\0").unwrap();
        loop {
            let mut message = Vec::new();
            let length = self.answers.read_until(0, &mut message).unwrap();
            assert!(length > 0, "Chromium ended while it was asked for {method}");
            message.pop();
            let message: Value = serde_json::from_slice(&message).unwrap();
            if message["id"] == self.last {
                return match &message["error"] {
                    Value::Null => Ok(message["result"].clone()),
                    error => Err(error.clone()),
                };
            }
            self.listen(&message);
        }
    }

    fn listen(&mut self, event: &Value) {
        let parameters = &event["params"];
        let complaint = match event["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" => Some(parameters["exceptionDetails"].to_string()),
            "Runtime.consoleAPICalled" => Some(parameters["args"].to_string()),
            "Page.javascriptDialogOpening" => Some(format!("a dialog: {}", parameters["message"])),
            "Log.entryAdded" => Some(parameters["entry"].to_string()),
            "Network.requestWillBeSent" => {
                let url = parameters["request"]["url"].as_str().unwrap_or_default();
                let own = ["file:", "data:", "about:"].iter().any(|start| url.starts_with(start));
                (!own).then(|| format!("a request for {url}"))
            }
            _ => None,
        };
        self.complaints.extend(complaint);
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}
