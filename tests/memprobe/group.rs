//! The cgroup that memprobe makes for the workload, where it can.

use super::*;

/// Whether there was one. Otherwise the test is skipped.
fn has_group(probed: &Probed) -> bool {
    let why = probed.result.metrics["peak_cgroup"].unavailable.as_deref().unwrap_or_default();
    let missing = why.starts_with("there is no cgroup");
    if missing {
        skip::say(why);
    }
    !missing
}

/// The folder of a cgroup of this machine: `0::/name` as `/proc/PID/cgroup` writes it.
fn folder(line: &str) -> PathBuf {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mount = mounts.lines().find(|line| line.contains(" - cgroup2 ")).unwrap();
    let mut fields = mount.split(' ').skip(3);
    let (root, point) = (fields.next().unwrap(), fields.next().unwrap());
    let name = Path::new(line.trim().strip_prefix("0::").unwrap());
    Path::new(point).join(name.strip_prefix(root).unwrap())
}

#[test]
fn the_command_has_a_group_of_its_own_which_goes_with_it() {
    let probed = probed::probe(&[], &["sh", "-c", "grep ^0:: /proc/self/cgroup; exit 3"]);
    if !has_group(&probed) {
        return;
    }
    assert!(probed.stdout.contains("/memprobe-"), "{}", probed.stdout);
    assert_eq!(probed.status.code(), Some(3));
    assert!(!folder(&probed.stdout).exists());
    // Also when nothing was started in it.
    let probed = probed::probe(&[], &["no-such-command"]);
    assert_eq!(probed.status.code(), Some(127));
}

#[test]
fn what_never_stands_still_is_ended() {
    let probed = probe(&[], "hopper");
    assert_eq!(probed.result.outcome, ProbeOutcome::Ok);
    let session = probed.stdout.trim();
    let is_left = fs::read_dir("/proc").unwrap().flatten().any(|process| {
        let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
        let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        after_name.split(' ').nth(3) == Some(session)
    });
    assert!(!is_left, "{}", probed.notes());
}

#[test]
fn children_that_nobody_waits_for_are_in_the_cpu_time() {
    let probed = probe(&["--period", "10s"], "unwaited 4 100");
    if !has_group(&probed) {
        return;
    }
    let own = probe(&[], "unwaited 4 0").value("cpu_time");
    assert_near(probed.value("cpu_time") - own, 0.4, 0.03);
    assert_eq!(probed.result.metrics["peak_rss"].precision, Precision::Sampled);
}

#[test]
fn without_a_group_children_that_nobody_waits_for_may_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    // A place in which no group can be made.
    let script = "mount --bind /proc/self/fd /sys/fs/cgroup && exec \"$@\"";
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]);
    command.args([env!("CARGO_BIN_EXE_memprobe"), "--period", "10s", "--out"]).arg(folder.path());
    let output = command.arg("--").arg(known()).args(["unwaited", "1", "1", "100"]).output();
    let Some(output) = output.ok().filter(|output| output.status.success()) else {
        return skip::say("there can be no user and mount namespaces here");
    };
    let probed = Probed::read(folder, output);
    assert!(probed.why_not("peak_cgroup").starts_with("there is no cgroup"));
    assert_eq!(probed.result.metrics["peak_rss"].precision, Precision::Sampled);
    assert!(probed.notes().contains("ignores SIGCHLD"), "{}", probed.notes());
}

#[test]
fn a_memprobe_can_measure_another() {
    let within = tempfile::tempdir().unwrap();
    let probe_path = env!("CARGO_BIN_EXE_memprobe");
    let (out, known) = (within.path().to_str().unwrap(), known().to_str().unwrap());
    let inner = [probe_path, "--out", out, "--", known, "daemon", "40", "60000", "200"];
    let probed = probed::probe(&[], &inner);
    assert_eq!(probed.status.code(), Some(0), "{}", probed.stderr);
    let inner: memgrid::measurement::ProbeResult =
        serde_json::from_slice(&fs::read(within.path().join("result.json")).unwrap()).unwrap();
    let peak = inner.metrics["peak_rss"].value.unwrap() / MIB;
    assert!(peak > 40.0 && probed.mib("peak_rss") > peak, "{peak}");
    assert!(inner.notes.join("\n").contains("left processes behind"));
    assert_eq!(probed.value("processes"), 3.0, "{}", probed.notes());
}

#[test]
fn what_a_killed_memprobe_left_is_removed_by_the_next() {
    let script = "echo \"$LD_PRELOAD\"; grep ^0:: /proc/self/cgroup; kill -KILL $PPID";
    let folder_of_result = tempfile::tempdir().unwrap();
    let mut command = memprobe(folder_of_result.path(), &["--heap"]);
    let output = command.args(["sh", "-c", script]).output().unwrap();
    assert_eq!(output.status.signal(), Some(9));
    let stdout = String::from_utf8(output.stdout).unwrap();
    // Not every machine has a group to tell.
    let (library, group) = stdout.split_once('\n').unwrap();
    // What it measured may take a moment to end.
    if group.contains("/memprobe-") {
        let processes = folder(group).join("cgroup.procs");
        let is_left = || fs::read_to_string(&processes).is_ok_and(|ids| !ids.is_empty());
        let until = Instant::now() + Duration::from_secs(10);
        while is_left() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let probed = probe(&["--heap"], "hold 0 1");
    if let Some(first) = library.trim().split(':').next().filter(|first| !first.is_empty()) {
        let left = Path::new(first).parent().unwrap();
        assert!(left.to_str().unwrap().contains("memprobe-") && !left.exists(), "{first}");
    }
    if has_group(&probed) {
        assert!(!folder(group).exists(), "{group}");
    }
}
