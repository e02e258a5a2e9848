//! `[service.NAME]` in whole files.

use std::path::Path;
use std::time::Duration;

use super::super::{Config, PathKind, Problem, load};
use super::model::{Per, Ready, Stop, StopSignal};

const CACHES: &str = r#"
[matrix]
cache = ["redis", "memcached", "none"]
[cache.redis]
services = ["redis"]
packages = ["redis-tools"]
[cache.memcached]
services = ["memcached", "proxy"]
[cache.none]
[workload]
command = ["sh", "-c", "true"]
"#;

fn read(services: &str) -> Result<Config, Vec<String>> {
    let text = format!("{CACHES}{services}");
    let look_up = |path: &Path| (!path.ends_with("missing.py")).then_some(PathKind::File);
    load("matrix.toml", &text, Path::new("/project"), &look_up).map_err(|problems| {
        let message = |problem: &Problem| {
            let marked = problem.span.clone().map_or("", |span| &text[span]);
            format!("{marked} | {} | {}", problem.message, problem.hint.as_deref().unwrap_or("-"))
        };
        problems.as_slice().iter().map(message).collect()
    })
}

#[test]
fn each_cell_has_the_services_of_its_values() {
    let config = read(
        r#"
[service.redis]
command = ["redis-server", "--unixsocket", "{socket}", "--dir", "{dir}"]
stop = "SIGINT"
stop_timeout = "3s"
per = "attempt"
[service.memcached]
command = ["memcached", "-l", "127.0.0.1:{port}"]
env = { CACHE = "127.0.0.1:{port}/{cache}" }
packages = ["memcached"]
[service.proxy]
command = ["./proxy.py", "{root}"]
ready = ["nc", "-z", "{port}"]
stop = ["kill", "it"]
as_root = false
"#,
    )
    .unwrap_or_else(|problems| panic!("{problems:#?}"));
    let cells = crate::plan::expand(&config.matrix);
    let services: Vec<_> = cells.iter().map(|cell| config.services_of(cell)).collect();
    assert_eq!(services, [vec!["redis"], vec!["memcached", "proxy"], vec![]]);
    assert_eq!(config.packages_of(&cells[0]), ["redis-tools"]);
    let redis = &config.services["redis"];
    assert_eq!((&redis.ready, redis.per), (&Ready::Socket, Per::Attempt));
    assert_eq!(redis.stop, Stop::Signal(StopSignal::Int));
    assert_eq!(redis.stop_timeout, Duration::from_secs(3));
    assert_eq!(config.services["memcached"].ready, Ready::Port);
    let proxy = &config.services["proxy"];
    assert_eq!(proxy.command[0], "/project/proxy.py");
    assert!(!proxy.as_root && matches!(&proxy.ready, Ready::Command(_)));
}

#[test]
fn every_problem_with_a_service_is_told_with_its_place() {
    let problems = read(
        r#"
[service.reddis]
command = ["redis-server", "{soket}"]
[service.memcached]
command = []
ready = "sometimes"
stop = "TREM"
per = "cell"
colour = "red"
packages = ["Memcached 1.6"]
[service.proxy]
command = ["./missing.py", "{cache}"]
ready = "port"
[service.spare]
command = ["spare", "{port}"]
"#,
    )
    .unwrap_err();
    let wanted = [
        "\"redis\" | no table defines the service `redis` | did you mean `reddis`?",
        "\"{soket}\" | `{soket}` has no value here",
        "nothing says when `[service.reddis]` is ready",
        "[] | `command` names no program",
        "\"sometimes\" | `sometimes` is no way to tell that a service is ready",
        "\"TREM\" | `TREM` is no signal to stop a service with | did you mean `TERM`?",
        "\"cell\" | a service is there per run or per attempt, not per `cell`",
        "colour | unknown key `colour` in `[service.memcached]`",
        "\"Memcached 1.6\" | \"Memcached 1.6\" is no Debian package",
        "\"./missing.py\" | the service's file `missing.py` does not exist",
        "\"port\" | the service is never told its port",
        "spare | nothing uses `[service.spare]`",
    ];
    for wanted in wanted {
        assert!(problems.iter().any(|problem| problem.contains(wanted)), "{wanted}\n{problems:#?}");
    }
    assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
}

#[test]
fn only_a_service_has_places() {
    let problems = read("env = { WHERE = \"{socket}\" }").unwrap_err();
    assert!(
        problems.iter().any(|problem| problem.contains("only services have it")),
        "{problems:?}"
    );
}
