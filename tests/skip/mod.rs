//! What a test does that can't run on this machine: it says so, or fails if
//! `MEMGRID_REQUIRE_SERVERS=1` asks for everything.

#![allow(dead_code, reason = "not every test needs every part")]
#![allow(missing_docs, unreachable_pub, reason = "this is a test")]

use std::io::Write;

use memgrid::backend;
use memgrid::config::BackendKind;

/// Whether a server of this kind is there. If not, the test is to be skipped for it.
pub fn has_server(kind: BackendKind) -> bool {
    let found = kind == BackendKind::Sqlite || backend::locate(kind).is_some();
    if !found {
        need(&format!("no {} server is installed", kind.as_str()));
    }
    found
}

/// Something that the test needs is missing, and the test is to be skipped.
pub fn need(what: &str) {
    let required = std::env::var_os("MEMGRID_REQUIRE_SERVERS").is_some_and(|value| value == "1");
    assert!(!required, "MEMGRID_REQUIRE_SERVERS=1, and {what}");
    say(what);
}

/// Says why a test is skipped. The test harness keeps what `eprintln!` writes to itself unless a
/// test fails; this gets through.
pub fn say(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "{test} is skipped: {why}");
}
