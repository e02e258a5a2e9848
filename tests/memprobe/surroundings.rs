//! What memprobe is started in: limits, blocked signals, terminals, places that can't be written to.

use std::process::Output;

use nix::sys::signal::{SIGCHLD, SigSet};

use super::*;

/// Runs `script`, whose `$@` is memprobe with `options` and then the command.
fn in_shell(script: &str, options: &[&str], command: &[&str]) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh", env!("CARGO_BIN_EXE_memprobe")]).args(options);
    shell.arg("--").args(command).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn a_file_that_may_not_grow_loses_samples_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["--out", folder.path().to_str().unwrap(), "--json", "/dev/stdout"];
    // Exits with 1 where SIGXFSZ is ignored.
    let command = [known().to_str().unwrap(), "ignores", "25"];
    let output = in_shell("ulimit -f 1; exec \"$@\"", &options, &command);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(125), "{said}");
    assert!(said.contains("samples.jsonl: File too large") && said.contains("memprobe: ok"));
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["exit_code"], 0, "{result}");
}

#[test]
fn the_end_is_seen_where_sigchld_is_blocked() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = memprobe(folder.path(), &["--quiet"]);
    command.args(["grep", "SigBlk", "/proc/self/status"]);
    let start = move || {
        SigSet::from(SIGCHLD).thread_block().unwrap();
        command.spawn().unwrap()
    };
    let mut child = std::thread::spawn(start).join().unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() && began.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"SigBlk:\t0000000000010000\n", "it is inherited");
}
