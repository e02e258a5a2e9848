//! Attempts after and beside each other.

use std::time::Duration;

use memgrid::event::{Event, Silent};
use memgrid::execute::{PassSettings, execute};
use memgrid::outcome::Outcome;
use memgrid::plan::{Attempt, Pass};

use super::{Bench, Watch, attempt, id};

#[test]
fn attempts_run_strictly_in_order_and_never_overlap_with_one_job() {
    let script = "echo $MEMGRID_ATTEMPT >> order; mkdir here && sleep 0.02 && rmdir here";
    let bench = Bench::new().script("a", script).script("b", script).script("c", script);
    let attempts = ["b1", "a1", "c1", "a2", "c2", "b2"]
        .map(|name| attempt(&name[..1], name[1..].parse().unwrap()));
    let records = bench.run(&attempts);
    assert!(records.iter().all(|record| record.outcome == Outcome::Ok), "{records:?}");
    let order: Vec<_> = records.iter().map(|r| format!("{}/{}", r.cell, r.number)).collect();
    assert_eq!(order, ["b/1", "a/1", "c/1", "a/2", "c/2", "b/2"]);
    let ran = std::fs::read_to_string(bench.folder.path().join("order")).unwrap();
    let prefix = format!("{}/", bench.run.id());
    let ran: Vec<_> = ran.lines().map(|line| line.strip_prefix(&prefix).unwrap()).collect();
    assert_eq!(ran, order);
}

#[test]
fn a_pass_that_fails_stops_nothing_and_is_kept_apart() {
    let mut bench = Bench::new().script("a", "echo ran >> times; test \"$(wc -l < times)\" != 2");
    bench.settings.passes = PassSettings { objects: vec!["a.B".to_owned()], lines: 5 };
    let pass = |number, pass| Attempt { pass: Some(pass), ..attempt("a", number) };
    let attempts = [attempt("a", 1), pass(2, Pass::Objects), pass(3, Pass::Lines)];
    let records = bench.run(&attempts);
    let outcomes: Vec<_> = records.iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Failed, Outcome::Ok]);
    let results = bench.run.read().unwrap().cells[&id("a")].clone();
    assert_eq!((&results.attempts[..], &results.passes[..]), (&records[..1], &records[1..]));
}

#[test]
fn two_jobs_overlap() {
    // Each waits for the other: alone, neither would end.
    let wait = |own: &str, other: &str| {
        format!("touch {own}; while ! test -e {other}; do sleep 0.01; done")
    };
    let mut bench = Bench::new().script("a", &wait("a", "b")).script("b", &wait("b", "a"));
    bench.settings.jobs = 2;
    bench.settings.timeout = Duration::from_secs(10);
    let records = bench.run(&[attempt("a", 1), attempt("b", 1)]);
    let outcomes: Vec<_> = records.iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Ok]);
}

#[test]
fn a_failing_cells_repeats_are_skipped_and_told() {
    let bench = Bench::new().script("a", "exit 1").script("b", "true");
    let watch = Watch::default();
    let attempts: Vec<_> =
        (1..=3).flat_map(|number| [attempt("a", number), attempt("b", number)]).collect();
    let records = bench.observed(&attempts, &watch);
    let outcomes: Vec<_> = records.iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Failed, Outcome::Ok, Outcome::Ok, Outcome::Ok]);
    assert_eq!(watch.count(|event| matches!(event, Event::AttemptSkipped { .. })), 2);
    assert_eq!(watch.count(|event| matches!(event, Event::AttemptFinished { .. })), 4);
    let first = watch.0.lock().unwrap()[0].clone();
    assert_eq!(first, Event::AttemptsStarted { attempts: 6, cells: 2 });
}

#[test]
fn an_attempt_that_cannot_be_recorded_ends_the_run_and_keeps_what_was() {
    let bench = Bench::new().script("a", "true").script("b", "true");
    bench.run(&[attempt("a", 1)]);
    let Bench { tasks, settings, run, interrupt, .. } = &bench;
    let attempts = [attempt("b", 1), attempt("a", 1), attempt("b", 2)];
    let error = execute(tasks, &attempts, settings, run, &Silent, interrupt).unwrap_err();
    assert!(error.to_string().contains("a/attempts/1"), "{error}");
    let read = run.read().unwrap();
    assert_eq!(read.cells[&id("a")].attempts.len(), 1);
    assert_eq!(read.cells[&id("b")].attempts.len(), 1);
}
