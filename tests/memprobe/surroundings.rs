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

#[test]
fn a_place_that_cannot_be_written_to_is_told_before_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("file"), "").unwrap();
    for (option, place) in [
        ("--out", path("file")),
        ("--json", path("")),
        ("--json", path("no/result.json")),
        // Nobody may make a file there, not even root.
        ("--json", "/proc/result.json".to_owned()),
    ] {
        let output = in_shell("exec \"$@\"", &[option, &place], &["touch", &path("ran")]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(125), "{said}");
        assert!(said.starts_with(&format!("memprobe: {option}: {place}")), "{said}");
        assert!(!fs::exists(path("ran")).unwrap(), "{option} {place}");
    }
    // What was measured earlier stays if nothing can be measured now.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_earlier_result_stays_where_samples_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let result = folder.path().join("result.json");
    fs::write(&result, "earlier").unwrap();
    fs::create_dir(folder.path().join("samples.jsonl")).unwrap();
    let output = memprobe(folder.path(), &[]).arg("true").output().unwrap();
    assert_eq!(output.status.code(), Some(125), "{output:?}");
    assert_eq!(fs::read_to_string(result).unwrap(), "earlier");
}

#[test]
fn what_cannot_be_started_says_why_in_plain_words() {
    for (command, why) in [
        ("no-such-command", "there is no such command"),
        ("/no/such/program", "No such file"),
        ("/proc/self/status", "it is not executable"),
        ("/proc", "it is a folder"),
    ] {
        let probed = probed::probe(&[], &[command]);
        let wanted = format!("memprobe: `{command}` could not be started: {why}");
        assert!(probed.stderr.starts_with(&wanted), "{}", probed.stderr);
    }
}

/// Types Ctrl-C once `script` has said something, in a terminal in which memprobe measures it.
fn typed(script: &str) -> Option<Probed> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("script"), script).unwrap();
    // Without `exec` some shells stay between, and answer the keys themselves.
    let measured = format!("exec {} --out . -- sh script", env!("CARGO_BIN_EXE_memprobe"));
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", &measured, "/dev/null"]);
    terminal.current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = terminal.stderr(Stdio::piped()).spawn() else {
        skip::say("there is no script(1)");
        return None;
    };
    let mut keys = child.stdin.take().unwrap();
    let mut screen = std::io::BufReader::new(child.stdout.take().unwrap());
    // Bytes, since the key takes away what the terminal has not shown yet, from within a letter too.
    let mut shown = Vec::new();
    for _ in 0..2 {
        std::io::BufRead::read_until(&mut screen, b'\n', &mut shown).unwrap();
        // Ignored when the script is over already.
        let _ = std::io::Write::write_all(&mut keys, b"\x03");
    }
    std::io::Read::read_to_end(&mut screen, &mut shown).unwrap();
    drop(keys);
    let output = child.wait_with_output().unwrap();
    Some(Probed::read(folder, output))
}

#[test]
fn what_is_typed_is_the_commands_to_handle() {
    let script = "trap 'echo again' INT; echo ready; sleep 5; sleep 5; sleep 0.1; exit 3";
    let Some(probed) = typed(script) else { return };
    assert_eq!((probed.code(), probed.result.exit_code), (Some(3), Some(3)), "{:?}", probed.result);
    assert_eq!(probed.result.outcome, ProbeOutcome::Failed);
    assert!(probed.notes().contains("SIGINT came from the terminal"), "{}", probed.notes());
    let Some(probed) = typed("echo ready; exec sleep 5") else { return };
    assert_eq!((probed.code(), probed.result.signal), (Some(130), Some(2)));
    assert_eq!(probed.result.outcome, ProbeOutcome::Interrupted);
}

#[test]
fn what_is_sent_to_memprobe_alone_is_passed_on_in_a_terminal_too() {
    let Some(probed) = typed("(sleep 0.2; kill -INT $PPID) & exec sleep 60") else { return };
    assert_eq!((probed.code(), probed.result.signal), (Some(130), Some(2)), "{:?}", probed.result);
    assert_eq!(probed.result.outcome, ProbeOutcome::Interrupted);
    assert!(!probed.notes().contains("terminal"), "{}", probed.notes());
}

/// With `limit` descriptors, of which each process of the tree needs some; `None` if it can't start.
fn with_few_descriptors(limit: u32) -> Option<Probed> {
    let folder = tempfile::tempdir().unwrap();
    let options = ["--out", folder.path().to_str().unwrap()];
    let command = [known().to_str().unwrap(), "forks", "12", "1", "100"];
    let script = format!("ulimit -n {limit}; exec \"$@\"");
    let output = in_shell(&script, &options, &command);
    output.status.success().then(|| Probed::read(folder, output))
}

#[test]
fn a_tree_that_few_descriptors_cannot_hold_is_told() {
    // How few suffice to start depends on how many are inherited and on whether there is a cgroup.
    let enough = (10..60).find(|limit| with_few_descriptors(*limit).is_some()).unwrap();
    for limit in enough..enough + 4 {
        let probed = with_few_descriptors(limit).expect("more suffice too");
        assert!(probed.notes().contains("(`ulimit -n`): sums lack it"), "{}", probed.notes());
    }
}

#[test]
fn without_proc_the_reason_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["--out", folder.path().to_str().unwrap()];
    let hidden = "exec unshare --user --map-root-user --mount sh -c \
                  'mount -t tmpfs none /proc || exit 99; exec \"$@\"' sh \"$@\"";
    let output = in_shell(hidden, &options, &["sleep", "0.1"]);
    if !fs::exists(folder.path().join("result.json")).unwrap() {
        skip::say("there are no user namespaces here");
        return;
    }
    let probed = Probed::read(folder, output);
    assert_eq!(probed.result.outcome, ProbeOutcome::Ok);
    for metric in ["processes", "peak_anon"] {
        assert!(probed.why_not(metric).contains("there is no /proc"), "{:?}", probed.result);
    }
}
