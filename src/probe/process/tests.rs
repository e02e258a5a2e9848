use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::*;

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

/// A program that holds 64 MiB for a moment, and afterwards just what it held before, each time
/// that it is told to.
const RETURNING: &str = "import mmap, sys\nprint(flush=True)\nfor line in sys.stdin:\n    \
    block = mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n    \
    block[::4096] = bytes(64 << 8)\n    block.close()\n    print(flush=True)";

/// One of these programs, and how to tell it to go on.
struct Told {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    tell: ChildStdin,
    process: Process,
    buffer: Vec<u8>,
}

impl Told {
    fn start(program: &str) -> Self {
        let mut command = Command::new("python3");
        command.args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let tell = child.stdin.take().unwrap();
        said.next();
        let mut buffer = vec![0; BUFFER];
        let process = Process::open(i32::try_from(child.id()).unwrap(), &mut buffer).unwrap();
        Self { child, said, tell, process, buffer }
    }

    fn go_on(&mut self) {
        self.tell.write_all(b"\n").unwrap();
        self.said.next();
    }

    fn rise(&mut self, look: Look) -> u64 {
        self.process.read(look, &mut self.buffer).unwrap();
        let rise = self.process.recent_rise();
        self.process.forget_high(true).unwrap();
        rise
    }

    fn end(mut self) {
        drop(self.tell);
        self.child.wait().unwrap();
    }
}

#[test]
fn a_peak_is_told_once() {
    let mut told = Told::start(SPIKE);
    told.rise(Look::Sizes);
    told.go_on();
    assert!(told.rise(Look::Sizes) > 32 << 20);
    assert_eq!(told.rise(Look::Sizes), 0);
    told.end();
}

#[test]
fn what_came_and_went_is_told_by_its_faults() {
    let mut told = Told::start(RETURNING);
    // The first time also leaves what the interpreter keeps.
    for _ in 0..2 {
        told.go_on();
        told.rise(Look::Everything);
    }
    told.rise(Look::Faults);
    assert!(!told.process.is_fresh, "at rest there is nothing to read");
    let sizes = told.process.sizes;
    told.go_on();
    let rise = told.rise(Look::Sizes) + told.rise(Look::Faults);
    assert!(rise > 32 << 20, "{rise}");
    assert_eq!(told.process.sizes, sizes, "its sizes tell nothing");
    told.end();
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
