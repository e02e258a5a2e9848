//! memprobe's live heap, in programs that are built or written for it (`tests/workloads`).

#![expect(clippy::unwrap_used, reason = "this is a test")]

mod allocators;
mod known;
#[path = "../probed/mod.rs"]
mod probed;
mod python;
mod refused;
mod sanitized;
#[path = "../skip/mod.rs"]
mod skip;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use memgrid::measurement::Precision;
use probed::Probed;

const MIB: f64 = 1_048_576.0;
/// What a program and its C library allocate for themselves: buffers, the environment.
const OWN: f64 = 65_536.0;
const PAGE: f64 = 4096.0;

/// Builds a C program; `None` without a C compiler.
fn built(source: &str, options: &[&str], name: &str) -> Option<PathBuf> {
    static BUILT: AtomicUsize = AtomicUsize::new(0);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workloads").join(source);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Other tests, also those of another process, may be doing the same.
    let number = BUILT.fetch_add(1, Ordering::Relaxed);
    let built = folder.join(format!("{name}.{}.{number}", std::process::id()));
    let status = Command::new("cc")
        .args(["-O1", "-pthread", "-o"])
        .arg(&built)
        .arg(source)
        .args(options)
        .status();
    status.ok().filter(std::process::ExitStatus::success)?;
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

/// The bytes that the program says it holds.
fn said(probed: &Probed) -> f64 {
    probed.stdout.trim().parse().unwrap_or_else(|error| panic!("{error}: {:?}", probed.stdout))
}

fn points(probed: &Probed, field: &str) -> Vec<f64> {
    probed.samples().points(field).map(|(_, value)| value).collect()
}

fn probe(options: &[&str], command: &[&str]) -> Probed {
    probed::probe(&[&["--heap"], options].concat(), command)
}

/// Runs the known program; `None` without one.
fn known(options: &[&str], arguments: &str) -> Option<Probed> {
    let mut command = vec![program()?.to_str().unwrap()];
    command.extend(arguments.split_whitespace());
    let probed = probe(options, &command);
    assert_eq!(probed.code(), Some(0), "{arguments}: {}", probed.stderr);
    Some(probed)
}

#[track_caller]
fn assert_near(found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() <= tolerance, "{found} is not {wanted} ± {tolerance}");
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
