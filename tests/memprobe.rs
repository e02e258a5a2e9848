//! Drives the real memprobe with a program whose memory behaviour is known
//! (`tests/workloads/known/main.rs`).

#![expect(clippy::unwrap_used, reason = "this is a test")]

#[path = "memprobe/ending.rs"]
mod ending;
#[path = "memprobe/exact.rs"]
mod exact;
#[path = "memprobe/group.rs"]
mod group;
#[path = "memprobe/marks.rs"]
mod marks;
mod probed;
#[path = "memprobe/server.rs"]
mod server;
mod skip;
#[path = "memprobe/steady.rs"]
mod steady;
#[path = "memprobe/stored.rs"]
mod stored;
#[path = "memprobe/surroundings.rs"]
mod surroundings;
#[path = "memprobe/tree.rs"]
mod tree;

use std::fs;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use memgrid::measurement::{Precision, ProbeOutcome, SampleFile};
use probed::{Probed, memprobe};
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};

const MIB: f64 = 1_048_576.0;

/// Builds the known program once, for all tests of this process.
fn known() -> &'static Path {
    static KNOWN: OnceLock<PathBuf> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/workloads/known/main.rs");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let built = folder.join(format!("known.{}", std::process::id()));
        let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
        let mut command = Command::new(rustc);
        command.args(["--edition=2024", "-Copt-level=1", "-Awarnings", "-o"]).arg(&built);
        assert!(command.arg(source).status().unwrap().success(), "rustc {source}");
        // Another test process may be doing the same.
        fs::rename(&built, folder.join("known")).unwrap();
        folder.join("known")
    })
}

fn probe(options: &[&str], arguments: &str) -> Probed {
    let mut command = vec![known().to_str().unwrap()];
    command.extend(arguments.split_whitespace());
    probed::probe(options, &command)
}

/// For as long as it takes, up to some seconds, with `MS` for that time in `arguments`: PSS is read
/// seldom, and the more seldom the busier the machine is.
fn probe_until(arguments: &str, seen: impl Fn(&Probed) -> bool) -> Probed {
    let probe = |ms: &str| probe(&[], &arguments.replace("MS", ms));
    let mut tries = ["300", "1200"].into_iter().map(probe);
    tries.find(seen).unwrap_or_else(|| probe("5000"))
}

fn is_near(found: f64, wanted: f64, tolerance: f64) -> bool {
    (found - wanted).abs() <= tolerance
}

/// What the known program holds without being told to hold anything.
fn baseline() -> f64 {
    static BASELINE: OnceLock<f64> = OnceLock::new();
    *BASELINE.get_or_init(|| probe(&[], "hold 0 50").mib("peak_rss"))
}

#[track_caller]
fn assert_near(found: f64, wanted: f64, tolerance: f64) {
    assert!(is_near(found, wanted, tolerance), "{found} is not {wanted} ± {tolerance}");
}

#[test]
fn what_is_held_is_measured() {
    let metrics = ["peak_anon", "peak_pss", "peak_uss"];
    let probed = probe_until("hold 100 MS", |probed| {
        metrics.iter().all(|metric| is_near(probed.mib(metric), 101.0, 1.5))
    });
    assert_eq!(probed.result.outcome, ProbeOutcome::Ok);
    assert!(probed.status.success());
    let peak = &probed.result.metrics["peak_rss"];
    assert_eq!(peak.precision, Precision::Exact, "{:?}", probed.result);
    assert_near(probed.mib("peak_rss"), 100.0 + baseline(), 1.0);
    for metric in metrics {
        assert_near(probed.mib(metric), 101.0, 1.5);
    }
    assert!(probed.value("minor_faults") > 0.0 && probed.value("processes") == 1.0);
    assert!(probed.stderr.contains("peak RSS") && probed.stderr.contains("memprobe: ok"));
}

#[test]
fn the_sample_file_agrees_with_the_result() {
    let probed = probe(&["--period", "5ms"], "hold 20 300");
    let file = probed.samples();
    assert_eq!(file.bad_lines, 0);
    assert_eq!(file.len() as u64, probed.result.samples);
    let footer = file.footer.unwrap();
    assert_eq!((footer.end, footer.samples), (ProbeOutcome::Ok, file.len() as u64));
    assert!(file.column("t").unwrap().is_sorted());
    let sampling = probed.result.sampling.unwrap();
    assert!(file.len() as u64 + sampling.missed >= 60, "{} {sampling:?}", file.len());
    let highest = file.points("rss_peak").map(|(_, bytes)| bytes).fold(0.0, f64::max);
    assert_near(highest / MIB, probed.mib("peak_rss"), 0.5);
    // On its way out a process has no memory to read.
    assert!(file.points("rss").count() + 1 >= file.len());
    assert_eq!(file.header.period, 0.005);
    assert!(file.header.program.contains(memgrid::probe::BUILD));
    let readings = |file: &SampleFile| file.points("pss").count();
    let file = probe_until("hold 20 MS", |probed| readings(&probed.samples()) >= 3).samples();
    assert!(readings(&file) >= 3 && readings(&file) < file.len());
}

#[test]
fn a_peak_of_a_millisecond_does_not_fall_between_two_samples() {
    // Where the machine is so busy that a peak lasts, samples fall into it rather than around it.
    let mut tries = (0..4).map(|_| probe(&["--period", "100ms"], "sawtooth 50 8 50"));
    let shown = |probed: &Probed| {
        assert_near(probed.mib("peak_rss"), 50.0 + baseline(), 0.5);
        if probed.notes().contains("could not be reset") {
            skip::say("clear_refs can't be written here");
            return true;
        }
        peaks_between_samples(&probed.samples()) >= 3
    };
    assert!(tries.any(|probed| shown(&probed)), "every interval shows its own peak");
}

/// In how many samples only the high-water mark shows a peak of 50 MiB.
fn peaks_between_samples(file: &SampleFile) -> usize {
    let (rss, peak) = (file.column("rss").unwrap(), file.column("rss_peak").unwrap());
    let between = |(rss, peak): &(&f64, &f64)| **rss < 25.0 * MIB && **peak > 50.0 * MIB;
    rss.iter().zip(peak).filter(between).count()
}

#[test]
fn the_high_water_mark_can_be_left_alone() {
    // What the workload itself finds in its VmHWM, 200 ms after its peak.
    let own_peak = |options: &[&str]| {
        let probed = probe(options, "high-water 50 200");
        assert_near(probed.mib("peak_rss"), 50.0 + baseline(), 0.5);
        let kib: f64 = probed.stdout.trim().parse().unwrap();
        (kib / 1024.0, probed.notes().contains("could not be reset"))
    };
    assert!(own_peak(&["--keep-high-water"]).0 > 50.0);
    let (peak, refused) = own_peak(&[]);
    assert!(peak < 25.0 || refused, "{peak}");
}

#[test]
fn what_lives_shorter_than_a_period_is_measured() {
    // On a busy machine the first reading may come so late that it has PSS too.
    let mut tries = (0..4).map(|_| probe(&["--period", "10s"], "hold 30 1"));
    let has_none = |probed: &Probed| {
        assert_near(probed.mib("peak_rss"), 30.0 + baseline(), 0.5);
        let metrics =
            ["peak_pss", "peak_uss", "peak_anon"].map(|name| &probed.result.metrics[name]);
        metrics.iter().all(|metric| metric.value.is_none() && metric.unavailable.is_some())
    };
    assert!(tries.any(|probed| has_none(&probed)));
}

#[test]
fn neither_memprobe_nor_who_starts_it_is_a_floor() {
    let ballast = vec![1_u8; 200 << 20];
    let probed = probed::probe(&[], &["true"]);
    assert!(ballast.iter().all(|byte| *byte == 1));
    let (peak, own) = (probed.mib("peak_rss"), probed.result.sampling.unwrap().probe_rss.unwrap());
    assert!(peak > 0.1 && peak < 8.0, "{peak} MiB, memprobe {own} B");
}

#[test]
fn the_exit_status_is_the_workloads() {
    let probed = probe(&["--quiet"], "exit 7");
    assert_eq!((probed.status.code(), probed.result.exit_code), (Some(7), Some(7)));
    assert_eq!(probed.result.outcome, ProbeOutcome::Failed);
    assert_eq!(probed.stderr, "");
    let probed = probe(&[], "signal 10");
    assert_eq!((probed.status.code(), probed.result.signal), (Some(138), Some(10)));
    assert!(probed.result.message.unwrap().contains("SIGUSR1"));
}

#[test]
fn what_cannot_be_started_is_told_apart() {
    let plain = tempfile::NamedTempFile::new().unwrap();
    for (command, code) in [("no-such-command", 127), (plain.path().to_str().unwrap(), 126)] {
        let probed = probed::probe(&[], &[command]);
        assert_eq!(probed.status.code(), Some(code), "{}", probed.stderr);
        assert_eq!(probed.result.outcome, ProbeOutcome::Failed);
        assert!(probed.result.message.unwrap().contains(command));
        assert!(probed.stderr.contains(command));
        assert!(probed.result.metrics.values().all(|metric| metric.unavailable.is_some()));
    }
}

#[test]
fn a_script_whose_interpreter_is_missing_is_not_said_to_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let probed = probed::probe(&[], &[script.to_str().unwrap()]);
    assert_eq!(probed.status.code(), Some(127));
    assert!(probed.stderr.contains("it is there, but the interpreter"), "{}", probed.stderr);
}

#[test]
fn wrong_usage_is_memprobes_own_failure() {
    let exe = env!("CARGO_BIN_EXE_memprobe");
    for arguments in [&["--period", "soon", "true"][..], &[], &["--json", "/no/folder/x", "true"]] {
        let output = Command::new(exe).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(125), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("memprobe: "));
    }
}

#[test]
fn standard_streams_pass_through() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = memprobe(folder.path(), &["--quiet"]);
    let script = "cat; echo out; echo err >&2";
    let mut child = command.args(["sh", "-c", script]).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"in\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((&output.stdout[..], &output.stderr[..]), (&b"in\nout\n"[..], &b"err\n"[..]));
}

#[test]
fn a_timeout_ends_even_what_ignores_sigterm() {
    let began = Instant::now();
    let probed = probe(&["--timeout", "200ms"], "stubborn 15 60000");
    assert_eq!((probed.status.code(), probed.result.outcome), (Some(124), ProbeOutcome::TimedOut));
    assert_eq!(probed.result.signal, Some(9));
    let took = began.elapsed();
    assert!(took > Duration::from_secs(2) && took < Duration::from_secs(10), "{took:?}");
    assert_eq!(probed.samples().footer.unwrap().end, ProbeOutcome::TimedOut);
    let probed = probe(&["--timeout", "100ms"], "hold 5 60000");
    assert_eq!((probed.result.outcome, probed.result.signal), (ProbeOutcome::TimedOut, Some(15)));
}

#[test]
fn a_memory_limit_holds_for_the_tree_and_for_short_peaks() {
    for (arguments, limit) in
        [("hold 60 60000", "50MiB"), ("forks 3 30 60000", "100MiB"), ("hold 60 1", "50MiB")]
    {
        let probed = probe(&["--memory-limit", limit], arguments);
        assert_eq!(probed.result.outcome, ProbeOutcome::OverLimit, "{arguments}");
        assert_eq!(probed.status.code(), Some(137));
        assert!(probed.result.message.unwrap().contains("memory limit"));
    }
    let probed = probe(&["--memory-limit", "1GiB"], "hold 60 50");
    assert_eq!(probed.result.outcome, ProbeOutcome::Ok);
}

/// Starts memprobe in a group of its own, waits until the workload prints its id, then `stop`s it.
fn interrupted(arguments: &[&str], stop: impl Fn(Pid)) -> (Probed, Pid) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = memprobe(folder.path(), &[]);
    let mut child = command.arg(known()).args(arguments).process_group(0).spawn().unwrap();
    let mut line = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    stop(Pid::from_child(&child));
    let output = child.wait_with_output().unwrap();
    (Probed::read(folder, output), Pid::from_raw(line.trim().parse().unwrap()).unwrap())
}

#[test]
fn an_interrupt_ends_the_workload_and_keeps_what_was_measured() {
    // Ignores a signal that has nothing to do with it.
    let (probed, pid) =
        interrupted(&["stubborn", "12", "60000"], |pid| kill_process(pid, Signal::TERM).unwrap());
    assert_eq!(probed.status.code(), Some(143));
    assert_eq!(probed.result.outcome, ProbeOutcome::Interrupted);
    assert!(probed.value("peak_rss") > 0.0 && probed.samples().footer.is_some());
    assert!(test_kill_process(pid).is_err());
}

#[test]
fn a_second_interrupt_does_not_wait() {
    // A busy machine may take as long as memprobe waits after the first.
    let mut tries = (0..4).map(|_| {
        let began = std::cell::Cell::new(Instant::now());
        let (probed, pid) = interrupted(&["stubborn", "2", "60000"], |pid| {
            began.set(Instant::now());
            kill_process_group(pid, Signal::INT).unwrap();
            std::thread::sleep(Duration::from_millis(200));
            kill_process_group(pid, Signal::INT).unwrap();
        });
        assert_eq!((probed.status.code(), probed.result.signal), (Some(130), Some(9)));
        assert!(test_kill_process(pid).is_err());
        began.get().elapsed()
    });
    assert!(tries.any(|took| took < Duration::from_millis(1900)));
}

#[test]
fn what_was_ignored_stays_ignored() {
    // The bits of SIGHUP, SIGPIPE and SIGCHLD.
    for (how, wanted) in [("--ignore-signal", 0x1_1001), ("--default-signal", 0)] {
        let mut command = Command::new("env");
        command.args(["HUP", "PIPE", "CHLD"].map(|signal| format!("{how}={signal}")));
        command.args([env!("CARGO_BIN_EXE_memprobe"), "--quiet", "--"]);
        let output = command.args(["grep", "SigIgn", "/proc/self/status"]).output().unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        let mask = u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap();
        assert_eq!(mask & 0x1_1001, wanted, "{line}");
    }
}

#[test]
fn an_earlier_result_does_not_pass_for_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let result = folder.path().join("result.json");
    for expected in [true, false] {
        let mut command = memprobe(folder.path(), &[]);
        let arguments = if expected { ["exit", "0"] } else { ["killer", "1"] };
        command.arg(known()).args(arguments).status().unwrap();
        assert_eq!(result.exists(), expected);
    }
}

#[test]
fn a_flood_disturbs_nothing() {
    let probed = probe(&[], "flood 20");
    assert_eq!(probed.result.outcome, ProbeOutcome::Ok);
    assert_eq!(probed.result.output_digest.as_deref(), Some("00ff"), "{}", probed.notes());
    assert_eq!(probed.samples().marks.len(), 10_000);
    assert_eq!(probed.result.metrics["m"].distribution.unwrap().count, 50_000);
    let own = probed.result.sampling.unwrap().probe_rss.unwrap();
    assert!(own < 16 << 20, "{own}");
}

#[test]
fn a_killed_memprobe_leaves_what_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = memprobe(folder.path(), &[]);
    let status = command.arg(known()).args(["killer", "400"]).status().unwrap();
    assert_eq!(status.signal(), Some(9));
    let file = SampleFile::open(&folder.path().join("samples.jsonl")).unwrap();
    assert!(file.footer.is_none() && file.len() > 5 && file.bad_lines <= 1);
    assert_eq!(file.marks.len(), 1);
}

#[test]
fn the_version_tells_the_build() {
    let output = Command::new(env!("CARGO_BIN_EXE_memprobe")).arg("--version").output().unwrap();
    let wanted = format!("{}\n", memgrid::probe::version());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), wanted);
    assert!(wanted.contains(&format!("(build {})", memgrid::probe::BUILD)));
}

#[test]
fn the_environment_keeps_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let variables = ["ZEBRA=1", "APPLE=2", "PATH=/usr/bin:/bin", "LD_PRELOAD=", "MANGO=3"];
    let mut command = Command::new("env");
    command.arg("-i").args(variables).arg(memprobe(folder.path(), &[]).get_program());
    let command = command.arg("--out").arg(folder.path()).args(["--", "env"]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let probed = Probed::read(folder, output);
    let lines: Vec<&str> = probed.stdout.lines().collect();
    let (last, inherited) = lines.split_last().unwrap();
    assert_eq!(inherited, variables);
    assert!(last.starts_with("MEMPROBE_FD="), "{last}");
}
