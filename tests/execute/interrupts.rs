//! Signals, and what is left when they end a run.

use std::process::Stdio;
use std::time::{Duration, Instant};

use memgrid::collect::record::AttemptRecord;
use memgrid::event::Event;
use memgrid::interrupt::Interrupt;
use memgrid::outcome::Outcome;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::common::hearing_signals;
use super::{Bench, Watch, attempt, id, is_gone};

/// Runs `a` (quick), then `b`, which leaves its session and is interrupted once it runs, with `c`
/// after it. `prelude` is what the shell of `b` does first.
fn interrupted(prelude: &str, requests: usize) -> (Bench, Vec<AttemptRecord>, Duration) {
    let long = format!("{prelude} setsid sleep 61 & echo $! > pid; sleep 60; sleep 60");
    let bench = Bench::new().script("a", "true").script("b", &long).script("c", "true");
    let watch = Watch::default();
    let attempts = ["a", "b", "c"].map(|cell| attempt(cell, 1));
    let (records, took) = std::thread::scope(|scope| {
        let running = scope.spawn(|| bench.observed(&attempts, &watch));
        bench.wait_for("pid");
        (0..requests).for_each(|_| bench.interrupt.raise());
        let raised = Instant::now();
        (running.join().unwrap(), raised.elapsed())
    });
    assert_eq!(watch.count(|event| *event == Event::Interrupted), 1);
    (bench, records, took)
}

#[test]
fn an_interrupt_ends_what_runs_and_keeps_what_is_complete() {
    let (bench, records, took) = interrupted("", 1);
    let outcomes: Vec<_> = records.iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Interrupted]);
    assert!(records[1].result.is_some(), "memprobe writes what it has");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(is_gone(&bench.wait_for("pid")));
    let read = bench.run.read().unwrap();
    assert_eq!(read.cells[&id("a")].attempts, records[..1]);
    assert_eq!(read.cells[&id("b")].attempts, records[1..]);
    assert!(read.cells[&id("c")].attempts.is_empty());
}

#[test]
fn a_workload_that_ignores_signals_is_ended_all_the_same() {
    let (bench, records, took) = interrupted("trap '' TERM INT HUP;", 1);
    assert_eq!(records[1].outcome, Outcome::Interrupted);
    assert!(took < Duration::from_secs(7), "{took:?}");
    assert!(is_gone(&bench.wait_for("pid")));
}

#[test]
fn a_second_interrupt_ends_everything_at_once() {
    let (bench, records, took) = interrupted("trap '' TERM INT HUP;", 2);
    assert_eq!(records[1].outcome, Outcome::Interrupted);
    assert!(took < Duration::from_millis(1800), "memprobe alone would take two seconds: {took:?}");
    assert!(is_gone(&bench.wait_for("pid")));
}

/// What [`signals_are_counted_and_the_third_is_the_end`] sends its signals to.
#[test]
#[ignore = "runs in a process of its own"]
fn wait_for_signals() {
    let interrupt = Interrupt::listen().unwrap();
    let wait_until = |seen: &dyn Fn() -> bool, word: &str| {
        while !seen() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::fs::write(std::env::var_os("SAY").unwrap(), format!("{word}\n")).unwrap();
    };
    wait_until(&|| true, "listening");
    wait_until(&|| interrupt.is_raised(), "raised");
    wait_until(&|| interrupt.is_urgent(), "urgent");
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn signals_are_counted_and_the_third_is_the_end() {
    let folder = TempDir::new().unwrap();
    let said = folder.path().join("said");
    let mut child = hearing_signals(std::env::current_exe().unwrap())
        .args(["--exact", "interrupts::wait_for_signals", "--ignored"])
        .env("SAY", &said)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let signals = [("listening", Signal::TERM), ("raised", Signal::INT), ("urgent", Signal::HUP)];
    for (word, signal) in signals {
        let began = Instant::now();
        while std::fs::read_to_string(&said).unwrap_or_default() != format!("{word}\n") {
            assert!(began.elapsed() < Duration::from_secs(10), "never {word}");
            std::thread::sleep(Duration::from_millis(2));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
