//! memprobe's live heap against programs whose heap is known (`tests/workloads/heap.c`), and
//! against what CPython's own tracer counts.

#![expect(clippy::unwrap_used, reason = "this is a test")]

mod skip;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use memgrid::measurement::{Precision, ProbeResult, SampleFile};

const MIB: f64 = 1_048_576.0;
/// What a program and its C library allocate for themselves: buffers, the environment.
const OWN: f64 = 65_536.0;
const PAGE: f64 = 4096.0;

/// Builds a C program once for all tests of this process; `None` without a C compiler.
fn built(source: &str, options: &[&str], name: &str) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workloads").join(source);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let built = folder.join(format!("{name}.{}", std::process::id()));
    let status = Command::new("cc")
        .args(["-O1", "-pthread", "-o"])
        .arg(&built)
        .arg(source)
        .args(options)
        .status();
    status.ok().filter(std::process::ExitStatus::success)?;
    // Another test process may be doing the same.
    fs::rename(&built, folder.join(name)).unwrap();
    Some(folder.join(name))
}

fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| built("heap.c", &[], "heap"));
    if program.is_none() {
        skip::say("there is no C compiler");
    }
    program.as_deref()
}

struct Probed {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    result: ProbeResult,
    folder: tempfile::TempDir,
}

impl Probed {
    fn value(&self, metric: &str) -> f64 {
        let metric = &self.result.metrics[metric];
        metric.value.unwrap_or_else(|| panic!("{metric:?}"))
    }

    fn why_not(&self, metric: &str) -> &str {
        let metric = &self.result.metrics[metric];
        assert_eq!(metric.value, None);
        metric.unavailable.as_deref().unwrap()
    }

    /// The bytes that the program says it holds.
    fn said(&self) -> f64 {
        self.stdout.trim().parse().unwrap_or_else(|error| panic!("{error}: {:?}", self.stdout))
    }

    fn points(&self, field: &str) -> Vec<f64> {
        let file = SampleFile::open(&self.folder.path().join("samples.jsonl")).unwrap();
        file.points(field).map(|(_, value)| value).collect()
    }
}

fn probe(options: &[&str], command: &[&str]) -> Probed {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_memprobe"))
        .args(["--heap", "--out"])
        .arg(folder.path())
        .args(options)
        .arg("--")
        .args(command)
        .output()
        .unwrap();
    let text = fs::read(folder.path().join("result.json")).unwrap();
    Probed {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        result: serde_json::from_slice(&text).unwrap(),
        folder,
    }
}

/// Runs the known program; `None` without one.
fn known(options: &[&str], arguments: &str) -> Option<Probed> {
    let mut command = vec![program()?.to_str().unwrap()];
    command.extend(arguments.split_whitespace());
    let probed = probe(options, &command);
    assert_eq!(probed.code, Some(0), "{arguments}: {}", probed.stderr);
    Some(probed)
}

#[track_caller]
fn assert_near(found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() <= tolerance, "{found} is not {wanted} ± {tolerance}");
}

#[test]
fn what_is_held_is_counted() {
    let Some(nothing) = known(&[], "hold 0 0") else { return };
    let own = nothing.value("peak_heap");
    for arguments in
        ["hold 50 200", "grow 64 200", "leak 100 200000 1", "spike 80 100", "sawtooth 20 5 60"]
    {
        let Some(probed) = known(&["--period", "50ms"], arguments) else { return };
        assert_eq!(probed.result.metrics["peak_heap"].precision, Precision::Exact);
        assert_near(probed.value("peak_heap"), own + probed.said(), PAGE);
        let is_free = arguments.starts_with('s');
        let at_end = if is_free { own } else { own + probed.said() };
        assert_near(probed.value("heap_at_end"), at_end, PAGE);
        assert!(probed.stderr.contains("peak heap"), "{}", probed.stderr);
        assert!(!probed.result.metrics.contains_key("peak_python_heap"));
    }
}

#[test]
fn what_is_too_short_for_samples_is_counted() {
    let Some(probed) = known(&["--period", "10s"], "hold 20 0") else { return };
    assert_near(probed.value("peak_heap"), probed.said(), OWN);
}

#[test]
fn what_is_freed_is_not_live_though_it_is_resident() {
    let Some(probed) = known(&[], "release 60 300") else { return };
    assert_near(probed.value("peak_heap"), probed.said(), OWN);
    let (heap, rss) = (probed.points("heap"), probed.points("rss"));
    assert!(heap.iter().any(|bytes| (bytes - probed.said()).abs() < OWN));
    assert!(*heap.last().unwrap() < OWN, "{heap:?}");
    assert!(rss[rss.len() - 3] > 60.0 * MIB, "it was not given back");
    let retained = probed.points("retained");
    assert_near(retained[retained.len() - 3], 60.0 * MIB, 2.0 * MIB);
    assert_near(probed.value("peak_retained"), 60.0 * MIB, 2.0 * MIB);
    let early = &retained[retained.len() / 4..retained.len() / 3];
    assert!(early.iter().all(|bytes| *bytes < 2.0 * MIB), "all of it is in use: {early:?}");
}

#[test]
fn a_leak_is_so_many_bytes_a_row() {
    let Some(probed) = known(&[], "leak 200 100000 5") else { return };
    let file = SampleFile::open(&probed.folder.path().join("samples.jsonl")).unwrap();
    let (heap, rows) = (file.column("heap").unwrap(), file.column("progress").unwrap());
    let both = heap.iter().zip(rows).filter(|(heap, rows)| heap.is_finite() && rows.is_finite());
    let both: Vec<_> = both.collect();
    let ((first, begin), (last, end)) = (both[0], both[both.len() - 1]);
    // The program goes on between what it tells and what is read: a thousand rows at most.
    let bytes = (last - first) / (end - begin);
    assert_near(bytes, 208.0 - 8.0, 0.03 * 200.0);
    assert_near(probed.value("heap_at_end"), probed.said(), OWN);
}

#[test]
fn threads_lose_no_count() {
    let Some(probed) = known(&[], "threads 8 200") else { return };
    // Each thread's structures, which stay for the next.
    assert_near(probed.value("heap_at_end"), probed.said(), 2.0 * OWN);
}

#[test]
fn what_a_fork_inherits_counts_once() {
    let Some(probed) = known(&[], "forks 4 50 5 500") else { return };
    assert_near(probed.value("peak_heap"), probed.said(), 8.0 * OWN);
    assert_eq!(probed.result.metrics["peak_heap"].precision, Precision::Sampled);
    assert_near(probed.value("heap_at_end"), 50.0 * MIB, OWN);
    let Some(probed) = known(&[], "orphan 40 400") else { return };
    let file = SampleFile::open(&probed.folder.path().join("samples.jsonl")).unwrap();
    let heap: Vec<_> = file.points("heap").collect();
    let highest = heap.iter().map(|(_, bytes)| *bytes).fold(0.0, f64::max);
    assert_near(highest, probed.said(), 2.0 * OWN);
    // The parent has freed all of it soon; its orphan holds it for another 400 ms.
    let full = heap.iter().find(|(_, bytes)| *bytes > 39.0 * MIB).unwrap().0;
    let mut after = heap.iter().filter(|(t, _)| (full..full + 0.35).contains(t));
    assert!(after.all(|(_, bytes)| *bytes > 39.0 * MIB), "{heap:?}");
}

#[test]
fn exec_begins_anew() {
    let Some(probed) = known(&[], "exec 40 10 300") else { return };
    let said: Vec<f64> = probed.stdout.lines().map(|line| line.parse().unwrap()).collect();
    assert_near(probed.value("peak_heap"), said[0], OWN);
    assert_near(probed.value("heap_at_end"), said[1], OWN);
    let last = probed.points("heap").pop().unwrap();
    assert_near(last, said[1], OWN);
}

#[test]
fn other_programs_are_counted_with_it() {
    let Some(probed) = known(&[], "spawn 20 0") else { return };
    // A shell and sleep need little.
    assert_near(probed.value("peak_heap"), probed.said(), 4.0 * OWN);
    assert!(probed.points("heap").len() > 10);
}

#[test]
fn mappings_count_while_they_can_be_used() {
    let Some(probed) = known(&[], "map 16 200") else { return };
    let highest = probed.points("heap").into_iter().fold(0.0, f64::max);
    assert_near(highest, 8.0 * MIB + 4.0 * MIB + 16.0 * MIB, OWN);
    assert_near(probed.value("heap_at_end"), 20.0 * MIB, OWN);
}

#[test]
fn the_program_sees_nothing_of_it() {
    let Some(counted) = known(&[], "errno") else { return };
    let bare = Command::new(env!("CARGO_BIN_EXE_memprobe"))
        .args(["--quiet", "--", program().unwrap().to_str().unwrap(), "errno"])
        .output()
        .unwrap();
    assert_eq!(counted.stdout.as_bytes(), bare.stdout, "the next free descriptor");
}

#[test]
fn what_cannot_be_counted_says_why() {
    if program().is_none() {
        return;
    }
    let Some(fixed) = built("heap.c", &["-static"], "heap-static") else {
        return skip::say("there is no static C library");
    };
    let probed = probe(&[], &[fixed.to_str().unwrap(), "hold", "10", "300"]);
    assert_eq!(probed.code, Some(0));
    assert!(probed.why_not("peak_heap").contains("linked statically"));
    assert!(probed.why_not("heap_at_end").contains("linked statically"));
    assert!(probed.points("heap").is_empty());
    assert!(probed.value("peak_rss") > 10.0 * MIB, "all else is measured");
    let shell = format!("{} hold 5 300; exit 0", fixed.display());
    let probed = probe(&[], &["sh", "-c", &shell]);
    assert!(probed.why_not("peak_heap").contains("heap-static is not counted"));
}

#[test]
fn an_allocator_of_the_programs_own_is_not_mistaken() {
    if program().is_none() {
        return;
    }
    let Some(own) = built("own_malloc.c", &[], "own-malloc") else { panic!("own_malloc.c") };
    let probed = probe(&[], &[own.to_str().unwrap()]);
    assert_eq!(probed.code, Some(0), "{}", probed.stderr);
    assert!(probed.why_not("peak_heap").contains("allocator of its own"));
}

#[test]
fn a_program_at_a_fixed_place_is_counted() {
    if program().is_none() {
        return;
    }
    let options = ["-fno-pie", "-no-pie", "-DTAKE_ADDRESSES"];
    let Some(fixed) = built("heap.c", &options, "heap-fixed") else {
        return skip::say("this compiler builds no programs at fixed places");
    };
    let probed = probe(&[], &[fixed.to_str().unwrap(), "hold", "10", "50"]);
    assert_eq!(probed.code, Some(0));
    let held = probed.value("peak_heap");
    assert!((held - 10.0 * MIB).abs() < OWN + 0.01 * 10.0 * MIB, "{held}");
}

#[test]
fn a_sanitizer_is_left_alone() {
    if program().is_none() {
        return;
    }
    for (option, name) in
        [("address", "AddressSanitizer"), ("thread", "ThreadSanitizer"), ("leak", "LeakSanitizer")]
    {
        let options = [&format!("-fsanitize={option}")[..]];
        let Some(sanitized) = built("heap.c", &options, &format!("heap-{option}")) else {
            skip::say(&format!("there is no {name}"));
            continue;
        };
        let command = [sanitized.to_str().unwrap(), "sawtooth", "6", "2", "50"];
        let bare = Command::new(command[0]).args(&command[1..]).output().unwrap();
        if !bare.status.success() {
            skip::say(&format!("{name} does not work here"));
            continue;
        }
        let probed = probe(&[], &command);
        assert_eq!(probed.code, Some(0), "{}", probed.stderr);
        assert_eq!(probed.stdout.as_bytes(), bare.stdout);
        assert!(probed.why_not("peak_heap").contains(name), "{}", probed.why_not("peak_heap"));
        assert!(probed.value("peak_rss") > 5.0 * MIB, "all else is measured");
    }
}

/// The interpreter itself: what is called `python3` may be a script that looks for one.
fn python() -> Option<&'static str> {
    static PYTHON: OnceLock<Option<String>> = OnceLock::new();
    let python = PYTHON.get_or_init(|| {
        let script = "import sys; print(sys.executable, end='')";
        let output = Command::new("python3").args(["-c", script]).output().ok()?;
        String::from_utf8(output.stdout).ok().filter(|path| Path::new(path).is_absolute())
    });
    if python.is_none() {
        skip::say("there is no python3");
    }
    python.as_deref()
}

const OBJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/workloads/heap.py");

/// What `field` gained between the two marks.
fn gained(probed: &Probed, field: &str) -> f64 {
    let file = SampleFile::open(&probed.folder.path().join("samples.jsonl")).unwrap();
    let at = |mark: usize| {
        let t = file.marks[mark].t + 0.1;
        file.points(field).filter(|(at, _)| *at <= t).last().unwrap().1
    };
    at(1) - at(0)
}

#[test]
fn pythons_objects_are_counted_as_its_own_tracer_counts_them() {
    let Some(python) = python() else { return };
    let traced = Command::new(python).args([OBJECTS, "trace"]).output().unwrap();
    let traced: f64 = String::from_utf8(traced.stdout).unwrap().trim().parse().unwrap();
    let probed = probe(&[], &[python, OBJECTS]);
    if probed.result.metrics["peak_python_heap"].value.is_none() {
        return skip::say(probed.why_not("peak_python_heap"));
    }
    assert_near(gained(&probed, "heap"), traced, 0.01 * traced);
    let small = gained(&probed, "python_heap");
    assert!(small > 0.1 * traced && small < 0.9 * traced, "{small} of {traced}");
    // With all of it in malloc, which rounds up otherwise.
    let with_malloc = probe(&[], &["env", "PYTHONMALLOC=malloc", python, OBJECTS]);
    assert_near(gained(&with_malloc, "heap"), traced, 0.04 * traced);
    assert!(!with_malloc.result.metrics.contains_key("peak_python_heap"));
    // Other hooks are not ours: then arenas count whole.
    let checked = probe(&[], &["env", "PYTHONMALLOC=pymalloc", python, OBJECTS]);
    assert!(checked.why_not("peak_python_heap").contains("PYTHONMALLOC"));
    assert!(gained(&checked, "heap") > traced);
}

#[test]
fn the_peak_of_pythons_objects_is_what_its_own_tracer_finds() {
    let Some(python) = python() else { return };
    let traced = Command::new(python).args([OBJECTS, "peak", "trace"]).output().unwrap();
    let traced: f64 = String::from_utf8(traced.stdout).unwrap().trim().parse().unwrap();
    // Far apart: no sample sees it.
    let probed = probe(&["--period", "10s"], &[python, OBJECTS, "peak"]);
    let peak = &probed.result.metrics["peak_python_heap"];
    let Some(most) = peak.value else {
        return skip::say(probed.why_not("peak_python_heap"));
    };
    assert_eq!(peak.precision, Precision::Exact);
    let before = probed.points("python_heap");
    let before = before[before.len() - 2];
    assert_near(most - before, traced, 0.01 * traced);
    // The rest of the interpreter's memory is elsewhere, and did not change: no arena counts for
    // the moment in which it is mapped.
    let heap = probed.points("heap");
    assert_near(probed.value("peak_heap") - heap[heap.len() - 2], traced, 0.01 * traced);
}

#[test]
fn what_a_forked_python_inherits_counts_once() {
    let Some(python) = python() else { return };
    let script = "import os, time\nheld = [complex(n) for n in range(100000)]\n\
                  if os.fork() == 0:\n  time.sleep(0.3)\n  os._exit(0)\nos.wait()";
    let probed = probe(&[], &[python, "-c", script]);
    let Some(most) = probed.result.metrics["peak_python_heap"].value else {
        return skip::say(probed.why_not("peak_python_heap"));
    };
    assert!(most < probed.value("peak_heap"), "{most}");
    let together = probed.points("python_heap").into_iter().fold(0.0, f64::max);
    assert!(together < 1.5 * 3_200_000.0 + 3.0 * MIB, "{together}");
}
