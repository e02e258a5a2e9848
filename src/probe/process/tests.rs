use std::process::Command;

use super::*;
use crate::probe::told::{RETURNING, Told};

#[test]
fn what_has_changed_is_read_again() {
    let id = rustix::process::getpid().as_raw_nonzero().get();
    let mut buffer = vec![0; BUFFER];
    let mut process = Process::open(id, &mut buffer).unwrap();
    let before = process.memory().unwrap().rss;
    let block = std::hint::black_box(vec![1_u8; 64 << 20]);
    process.read(Look::Sizes, &mut buffer).unwrap();
    // Other tests run in this process, and may give something back meanwhile.
    assert!(process.memory().unwrap().rss > before + (32 << 20));
    drop(block);
}

#[test]
fn one_that_was_ending_is_found_to_have_ended() {
    let mut child = Command::new("true").spawn().unwrap();
    let mut buffer = vec![0; BUFFER];
    let id = i32::try_from(child.id()).unwrap();
    let mut process = loop {
        let process = Process::open(id, &mut buffer).unwrap();
        if process.status.state == b'Z' {
            break process;
        }
    };
    // As it is read in the moment before.
    process.status.state = b'R';
    process.read(Look::Sizes, &mut buffer).unwrap();
    assert_eq!(process.status.state, b'Z');
    child.wait().unwrap();
}

/// A program that holds 1 MiB more, after a moment with 64, when it is told to.
const SPIKE: &str = "import sys; print(flush=True); sys.stdin.readline(); \
    high = bytearray(64 << 20); del high; held = bytearray(1 << 20); print(flush=True); \
    sys.stdin.readline()";

/// One of these programs, as it is read.
struct Watched {
    told: Told,
    process: Process,
    buffer: Vec<u8>,
}

impl Watched {
    fn start(program: &str) -> Self {
        let told = Told::python(program);
        let mut buffer = vec![0; BUFFER];
        let process = Process::open(told.id(), &mut buffer).unwrap();
        Self { told, process, buffer }
    }

    fn rise(&mut self, look: Look) -> u64 {
        self.process.read(look, &mut self.buffer).unwrap();
        let rise = self.process.recent_rise();
        self.process.forget_high(true).unwrap();
        rise
    }
}

#[test]
fn a_peak_is_told_once() {
    let mut watched = Watched::start(SPIKE);
    watched.rise(Look::Sizes);
    watched.told.go_on();
    assert!(watched.rise(Look::Sizes) > 32 << 20);
    assert_eq!(watched.rise(Look::Sizes), 0);
    watched.told.end();
}

#[test]
fn what_came_and_went_is_told_by_its_faults() {
    let mut watched = Watched::start(RETURNING);
    // The first time also leaves what the interpreter keeps.
    for _ in 0..2 {
        watched.told.go_on();
        watched.rise(Look::Everything);
    }
    watched.rise(Look::Faults);
    assert!(!watched.process.is_fresh, "at rest there is nothing to read");
    let sizes = watched.process.sizes;
    watched.told.go_on();
    let rise = watched.rise(Look::Sizes) + watched.rise(Look::Faults);
    assert!(rise > 32 << 20, "{rise}");
    assert_eq!(watched.process.sizes, sizes, "its sizes tell nothing");
    watched.told.end();
}

#[test]
fn a_process_that_has_ended_is_told() {
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    let mut buffer = vec![0; BUFFER];
    let mut process = Process::open(i32::try_from(child.id()).unwrap(), &mut buffer).unwrap();
    process.read(Look::Sizes, &mut buffer).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    process.read(Look::Sizes, &mut buffer).unwrap_err();
}
