//! Summaries of made-up runs, from which each rule can be read.

use super::super::sample::{Sample, run};
use super::*;
use crate::analyse::comparison::Verdict;
use crate::analyse::{CompareInput, CompareSide, compare};

const CELL: &str = "sqlite/json/patched";

fn id(text: &str) -> CellId {
    CellId::from_values(text.split('/'))
}

fn with_second_run() -> Sample {
    let mut sample = Sample::default_matrix();
    sample.runs.insert(0, run("20261122-081201-77aa"));
    sample
}

#[test]
fn twins_are_compared() {
    let summary = Sample::default_matrix().summary();
    assert_eq!(summary.cells.len(), 18);
    let cell = summary.cell(&id(CELL)).unwrap();
    assert_eq!(cell.twin, Some(id("sqlite/json/unpatched")));
    let change = &cell.changes["peak_rss"];
    assert!((change.ratio.unwrap() - 51.6 / 121.0).abs() < 1e-9);
    assert_eq!(change.not_comparable, None);
    let twin = summary.cell(&id("sqlite/json/unpatched")).unwrap();
    assert!(twin.twin.is_none() && twin.changes.is_empty());
}

#[test]
fn a_cell_measured_again_replaces_itself_alone() {
    let mut sample = with_second_run();
    sample.measure(0, &id(CELL), &[(60.0, 2.0), (50.0, 2.0), (55.0, 2.0)]);
    let summary = sample.summary();
    let cell = summary.cell(&id(CELL)).unwrap();
    assert_eq!(cell.run.as_deref(), Some("20261122-081201-77aa"));
    let peak = &cell.metrics["peak_rss"];
    let mib = |value: f64| (value / 1024.0 / 1024.0).round();
    assert_eq!((peak.count, mib(peak.min), mib(peak.median), mib(peak.max)), (3, 50.0, 55.0, 60.0));
    assert_eq!(cell.typical_attempt(), Some(3));
    assert_eq!(cell.earlier.len(), 1);
    let others =
        summary.cells.iter().filter(|cell| cell.run.as_deref() == Some("20261121-221530-3f9a"));
    assert_eq!(others.count(), 17);
    let runs: Vec<_> = summary.runs.iter().map(|run| run.run.as_str()).collect();
    assert_eq!(runs, ["20261122-081201-77aa", "20261121-221530-3f9a"]);
}

#[test]
fn an_interrupted_result_is_only_taken_if_there_is_no_other() {
    let mut sample = with_second_run();
    sample.end(0, CELL, Outcome::Interrupted, "Ctrl-C", None);
    let summary = sample.summary();
    let cell = summary.cell(&id(CELL)).unwrap();
    assert_eq!(cell.outcome, Some(Outcome::Ok));
    assert_eq!(cell.earlier[0].outcome, Outcome::Interrupted);
    sample.runs.truncate(1);
    let summary = sample.summary();
    assert_eq!(summary.cell(&id(CELL)).unwrap().outcome, Some(Outcome::Interrupted));
}

#[test]
fn a_cell_whose_run_was_killed_counts_as_interrupted() {
    let mut sample = Sample::default_matrix();
    sample.runs[0].cells.get_mut(&id(CELL)).unwrap().record = None;
    let summary = sample.summary();
    let cell = summary.cell(&id(CELL)).unwrap();
    assert_eq!(cell.outcome, Some(Outcome::Interrupted));
    assert!(cell.reason.is_some());
}

#[test]
fn a_cell_that_never_ran_has_no_outcome() {
    let mut sample = Sample::default_matrix();
    sample.runs.clear();
    let summary = sample.summary();
    assert!(summary.cells.iter().all(|cell| cell.outcome.is_none() && cell.run.is_none()));
    assert!(summary.runs.is_empty());
}

#[test]
fn what_differs_between_runs_is_named() {
    let mut sample = with_second_run();
    sample.measure(0, &id(CELL), &[(50.0, 2.0)]);
    sample.runs[0].manifest.measure.jobs = 2;
    sample.runs[0].manifest.machine.id = "another".to_owned();
    let summary = sample.summary();
    let change = &summary.cell(&id(CELL)).unwrap().changes["peak_rss"];
    assert_eq!(change.ratio, None);
    let why = change.not_comparable.as_deref();
    assert_eq!(why, Some("measured in another run with another machine and number of jobs"));
}

#[test]
fn warm_ups_and_failures_stay_out_of_the_figures() {
    let mut sample = Sample::default_matrix();
    sample.measure(0, &id(CELL), &[(900.0, 2.0), (50.0, 2.0), (700.0, 2.0)]);
    let attempts = sample.attempts(0, CELL);
    attempts[0].warmup = true;
    attempts[2].outcome = Outcome::Failed;
    let summary = sample.summary();
    let cell = summary.cell(&id(CELL)).unwrap();
    assert_eq!(cell.metrics["peak_rss"].count, 1);
    assert_eq!(cell.attempts.len(), 3);
    assert!(cell.curves.iter().all(|curve| curve.attempt != 1));
}

#[test]
fn a_metric_that_could_not_be_had_has_a_reason_and_no_figure() {
    let mut sample = Sample::default_matrix();
    let attempt = &mut sample.attempts(0, CELL)[0];
    let metric = attempt.result.as_mut().unwrap().metrics.get_mut("peak_pss").unwrap();
    (metric.value, metric.unavailable) = (None, Some("smaps_rollup can't be read".to_owned()));
    let summary = sample.summary();
    let cell = summary.cell(&id(CELL)).unwrap();
    assert!(!cell.metrics.contains_key("peak_pss") && !cell.changes.contains_key("peak_pss"));
    assert_eq!(cell.unavailable["peak_pss"], "smaps_rollup can't be read");
}

#[test]
fn a_steady_run_is_not_compared_with_one_that_is_not_nor_two_allocators() {
    let mut sample = with_second_run();
    sample.measure(0, &id(CELL), &[(50.0, 2.0)]);
    let why = |sample: &Sample| {
        let summary = sample.summary();
        summary.cell(&id(CELL)).unwrap().changes["peak_rss"].not_comparable.clone()
    };
    sample.runs[0].manifest.allocator = None;
    assert_eq!(why(&sample), None, "what is not known is not known to differ");
    sample.runs[0].manifest.allocator = sample.runs[1].manifest.allocator.clone();
    let settings = &mut sample.runs[0].manifest.allocator.as_mut().unwrap().settings;
    settings.insert("MALLOC_ARENA_MAX".to_owned(), "1".to_owned());
    sample.runs[0].manifest.measure.steady = false;
    let expected = "measured in another run with another setting of `steady` and allocator";
    assert_eq!(why(&sample).as_deref(), Some(expected));
}

#[test]
fn a_manifest_from_before_is_read_as_not_steady() {
    let manifest = Sample::default_matrix().runs[0].manifest.clone();
    let mut json = serde_json::to_value(&manifest).unwrap();
    json.as_object_mut().unwrap().remove("allocator");
    json["measure"].as_object_mut().unwrap().remove("steady");
    let read: RunManifest = serde_json::from_value(json).unwrap();
    assert_eq!((read.measure.steady, read.allocator), (false, None));
}

#[test]
fn other_bytes_than_the_twin_are_wrong_output_even_from_another_run() {
    let mut sample = with_second_run();
    sample.measure(0, &id(CELL), &[(50.0, 2.0)]);
    let digest = |sample: &mut Sample| {
        let result = sample.attempts(0, CELL)[0].result.as_mut().unwrap();
        result.output_digest = Some("00".to_owned());
    };
    digest(&mut sample);
    let summary = sample.summary();
    let cell = summary.cell(&id(CELL)).unwrap();
    assert_eq!(cell.outcome, Some(Outcome::WrongOutput));
    assert!(cell.reason.as_ref().unwrap().contains("sqlite/json/unpatched"));
    assert_eq!(cell.changes["peak_rss"].not_comparable.as_deref(), Some("its output is wrong"));
    sample.runs[0].manifest.dataset = None;
    let summary = sample.summary();
    assert_eq!(
        summary.cell(&id(CELL)).unwrap().outcome,
        Some(Outcome::Ok),
        "other rows, other bytes"
    );
}

#[test]
fn twins_are_judged_as_a_comparison_of_the_two_values_judges_them() {
    let mut sample = Sample::default_matrix();
    for (cell, peaks) in [
        ("sqlite/json/patched", [51.0, 51.2, 51.1, 51.4, 51.3]),
        ("sqlite/json/unpatched", [121.0, 121.5, 121.2, 121.1, 121.3]),
    ] {
        sample.measure(0, &id(cell), &peaks.map(|peak| (peak, 2.0)));
    }
    sample.end(0, "mysql/xml/patched", Outcome::Failed, "exit status 1", None);
    let run = &sample.runs[0];
    let side = |value| CompareSide { label: value, run, value: Some(("state", value)) };
    let compared = compare(&CompareInput {
        before: side("unpatched"),
        after: side("patched"),
        expected: &sample.cells,
        directions: &Directions::default(),
        rules: &Rule::defaults(),
        noise: None,
        confirmed: &HashSet::new(),
        strict: false,
    });
    let summary = sample.summary();
    assert_eq!(compared.cells.len(), 9);
    for cell in &compared.cells {
        assert_eq!(summary.cell(&cell.id).unwrap().comparison.as_ref(), Some(cell));
        assert!(summary.cell(&cell.before).unwrap().comparison.is_none());
    }
    let judged = summary.cell(&id("sqlite/json/patched")).unwrap().comparison.as_ref().unwrap();
    assert_eq!(judged.verdict, Verdict::Improved);
    assert!(judged.metrics["peak_rss"].interval.is_some_and(|interval| interval.high < 0.43));
}
