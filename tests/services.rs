//! General services, with a small server of our own under the real binaries: started when they are
//! needed, found by their variables, measured, and never left behind.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::TestEnvironment;
use serde_json::Value;

/// A matrix with the axis `wish`, whose cells say it to the service `echo`.
fn matrix(wishes: &[&str], service: &str) -> TestEnvironment {
    let server = format!("{}/tests/workloads/server.py", env!("CARGO_MANIFEST_DIR"));
    let text = format!(
        r#"
[matrix]
wish = {wishes:?}
[workload]
command = ["python3", "{server}", "ask", "{{wish}}"]
services = ["echo"]
[service.echo]
{}
"#,
        service.replace("SERVER", &server)
    );
    TestEnvironment::new(&text)
}

const BY_SOCKET: &str = r#"command = ["python3", "SERVER", "socket", "{socket}"]"#;

fn said(environment: &TestEnvironment, cell: &str, attempt: u32) -> String {
    let run = environment.runs().pop().unwrap();
    environment.read(&format!("reports/runs/{run}/cells/{cell}/attempts/{attempt}/stdout.log"))
}

/// Processes that carry the environment's folder in their variables or arguments.
fn processes(of: &Path) -> Vec<String> {
    let wanted = of.as_os_str().as_encoded_bytes();
    let holds = |text: &[u8]| text.windows(wanted.len()).any(|window| window == wanted);
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| {
        let file = |name: &str| std::fs::read(format!("/proc/{id}/{name}")).unwrap_or_default();
        let line = String::from_utf8_lossy(&file("cmdline")).replace('\0', " ");
        (holds(&file("environ")) || holds(line.as_bytes())).then_some(line)
    })
    .collect()
}

/// What a service's slot still holds.
fn data_folders(environment: &TestEnvironment) -> usize {
    let slots = environment.path().join("cache/servers/service-echo");
    let Ok(slots) = std::fs::read_dir(slots) else { return 0 };
    slots.filter(|slot| slot.as_ref().unwrap().path().join("data").exists()).count()
}

#[test]
fn cells_share_a_runs_service_and_what_it_holds_is_measured() {
    let environment = matrix(&["pid", "grow 64", "env GREETING"], BY_SOCKET);
    let text = environment.read("matrix.toml")
        + "env = { GREETING = \"hello from {socket}\" }\nversion = [\"python3\", \"--version\"]\n";
    environment.write("matrix.toml", &text);
    let result = environment.run(&["run", "--format", "json", "--repeats", "2"]).exits(0).json();
    let pids = [1, 2].map(|attempt| said(&environment, "pid", attempt));
    assert_eq!(pids[0], pids[1]);
    assert!(said(&environment, "env GREETING", 1).starts_with("hello from /"));
    let cell = |id: &str| {
        let cells = result["cells"].as_array().unwrap();
        cells.iter().find(|cell| cell["id"] == id).unwrap().clone()
    };
    let run = environment.runs().pop().unwrap();
    let record =
        environment.read(&format!("reports/runs/{run}/cells/grow 64/attempts/1/attempt.json"));
    let record: Value = serde_json::from_str(&record).unwrap();
    let held = record["result"]["metrics"]["peak_server"]["value"].as_f64().unwrap();
    assert!((60e6..75e6).contains(&held), "{held} in {}", cell("grow 64"));
    assert_eq!(record["result"]["metrics"]["peak_server"]["scope"], "server");
    let manifest = environment.read(&format!("reports/runs/{run}/manifest.json"));
    assert!(manifest.contains("\"echo\": \"Python 3"), "{manifest}");
    assert_eq!(processes(environment.path()), Vec::<String>::new());
    assert_eq!(data_folders(&environment), 0);
}

#[test]
fn each_attempt_gets_a_fresh_one_which_is_asked_to_end() {
    let service = r#"command = ["python3", "SERVER", "socket", "{socket}", "{root}/farewells"]
per = "attempt""#;
    let environment = matrix(&["pid"], service);
    environment.run(&["run", "--repeats", "2"]).exits(0);
    assert_ne!(said(&environment, "pid", 1), said(&environment, "pid", 2));
    assert_eq!(environment.read("farewells"), "farewell\nfarewell\n");
    let run = environment.runs().pop().unwrap();
    let log = format!("reports/runs/{run}/cells/pid/attempts/2/service-echo.log");
    assert_eq!(environment.read(&log), "listening\n");
    assert_eq!(processes(environment.path()), Vec::<String>::new());
}

#[test]
fn commands_tell_that_it_is_ready_and_end_it() {
    let service = r#"command = ["python3", "SERVER", "port", "{port}"]
ready = ["python3", "SERVER", "ask", "pid"]
stop = ["sh", "-c", "echo told > {root}/told; python3 SERVER ask die"]
env = { ECHO_PORT = "{port}" }"#;
    let environment = matrix(&["pid"], service);
    environment.run(&["run"]).exits(0);
    assert_eq!(environment.read("told"), "told\n");
    assert_eq!(processes(environment.path()), Vec::<String>::new());
}

#[test]
fn a_service_that_is_not_there_makes_its_cells_unavailable() {
    let environment = matrix(&["pid"], "command = [\"memgrid-no-server\", \"{socket}\"]");
    let text = environment.read("matrix.toml") + "packages = [\"redis-server\"]\n";
    environment.write("matrix.toml", &text);
    let result = environment.run(&["run", "--format", "json"]).exits(0);
    assert_eq!(result.outcomes(), [("pid".to_owned(), "unavailable".to_owned())]);
    let cell = &result.json()["cells"][0];
    assert!(cell.to_string().contains("memgrid-no-server"), "{cell}");
    assert!(cell.to_string().contains("memgrid setup"), "{cell}");
    environment.run(&["doctor", "--strict"]).exits(5).says("memgrid-no-server (for service echo)");
}

#[test]
fn one_that_does_not_start_says_why() {
    let service = r#"command = ["sh", "-c", "echo 'FATAL: bad {socket}'; exit 3"]"#;
    let environment = matrix(&["pid"], service);
    let result = environment.run(&["run", "--format", "json"]).exits(0);
    assert_eq!(result.outcomes()[0].1, "unavailable");
    let text = result.json()["cells"][0].to_string();
    assert!(text.contains("exit status: 3") && text.contains("FATAL: bad /"), "{text}");
    assert_eq!(data_folders(&environment), 0);
}

#[test]
fn one_that_ends_takes_its_attempt_with_it_and_no_other() {
    let environment = matrix(&["die", "pid"], BY_SOCKET);
    let result = environment.run(&["run", "--format", "json", "--seed", "1"]).exits(5);
    let outcomes: Vec<_> = result.outcomes().into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(outcomes, ["failed", "ok"]);
    let text = result.json()["cells"][0].to_string();
    assert!(text.contains("the service echo ended during the attempt"), "{text}");
    assert!(text.contains("told to die"), "{text}");
}

#[test]
fn a_killed_memgrid_leaves_no_service() {
    let environment = matrix(&["pid"], BY_SOCKET);
    let text =
        environment.read("matrix.toml").replace("\"ask\", \"{wish}\"", "\"socket\", \"{root}/s\"");
    environment.write("matrix.toml", &text);
    let mut memgrid = environment.memgrid(&["run"]);
    let mut memgrid = memgrid.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // The workload itself is a server that never ends, so both run once its socket is there.
    wait_until(|| environment.path().join("s").exists());
    assert_eq!(data_folders(&environment), 1);
    memgrid.kill().unwrap();
    memgrid.wait().unwrap();
    wait_until(|| processes(environment.path()).is_empty());
    // The next one finds its folder by the lease in the slot.
    environment
        .write("matrix.toml", &text.replace("\"socket\", \"{root}/s\"]", "\"ask\", \"pid\"]"));
    environment.run(&["run"]).exits(0);
    assert_eq!(data_folders(&environment), 0);
}

#[track_caller]
fn wait_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "that took too long");
        std::thread::sleep(Duration::from_millis(20));
    }
}
