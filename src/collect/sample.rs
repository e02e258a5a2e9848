//! Folders of runs as real runs leave them, for tests.

use std::path::Path;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::record::{
    AttemptRecord, CellRecord, MeasureRecord, PatchRecord, RunManifest, SCHEMA, SourceRecord,
    StateRecord,
};
use super::{RunDir, machine};
use crate::measurement::{Metric, Precision, ProbeOutcome, ProbeResult, Scope, Unit};
use crate::outcome::Outcome;
use crate::plan::{Cell, CellId};

/// A cell's id from its text.
pub(crate) fn cell(id: &str) -> CellId {
    CellId::from_values(id.split('/'))
}

/// A run of these cells that began so many minutes after a certain time.
pub(crate) fn manifest(cells: &[&str], minute: i64, finished: bool) -> RunManifest {
    let started = Timestamp::from_second(1_795_000_000 + minute * 60).unwrap();
    let patch = PatchRecord {
        name: "a.patch".into(),
        label: Some("a".into()),
        sha256: "ab".repeat(32),
        subject: "A".into(),
    };
    let source = SourceRecord {
        origin: "Django==5.2.19".into(),
        commit: Some("c".repeat(40)),
        patches: vec![patch],
    };
    let state =
        StateRecord { description: None, sources: IndexMap::from([("subject".into(), source)]) };
    RunManifest {
        schema: SCHEMA,
        run: String::new(),
        name: None,
        memgrid: "0.1.0".into(),
        started,
        finished: finished.then_some(started),
        arguments: vec!["run".into()],
        cells: cells.iter().map(|id| cell(id)).collect(),
        matrix_sha256: "m".into(),
        baseline: None,
        measure: MeasureRecord {
            period: 0.01,
            repeats: 1,
            warmup: 0,
            timeout: 60.0,
            jobs: 1,
            memory_limit: None,
            steady: true,
            heap: false,
            passes: Vec::new(),
            seed: 1,
        },
        machine: machine(),
        allocator: None,
        versions: IndexMap::new(),
        states: IndexMap::from([("patched".into(), state)]),
        series: IndexMap::new(),
        refused: IndexMap::new(),
        revisions: IndexMap::new(),
        dataset: None,
        workload_sha256: "w".into(),
    }
}

/// How a cell ended; the last part of its id is its state.
pub(crate) fn cell_record(id: &str, outcome: Outcome) -> CellRecord {
    let state = id.rsplit('/').next().unwrap_or(id).to_owned();
    let axes = IndexMap::from([(crate::config::STATE_AXIS.to_owned(), state)]);
    let cell = Cell { id: cell(id), axes, extra: IndexMap::new() };
    CellRecord { schema: SCHEMA, cell, outcome, reason: None, help: None }
}

/// An attempt that ended well; the first is a warm-up.
pub(crate) fn attempt(id: &str, number: u32, peak: f64) -> AttemptRecord {
    let metric = |value, unit| Metric::new(value, unit, Scope::Tree, Precision::Exact);
    let metrics = IndexMap::from([
        ("peak_rss".to_owned(), metric(peak, Unit::Bytes)),
        ("wall_time".to_owned(), metric(2.0, Unit::Seconds)),
        ("speed".to_owned(), metric(1.5, Unit::Other("rows/s".into()))),
        (
            "peak_pss".to_owned(),
            Metric::unavailable(Unit::Bytes, Scope::Tree, Precision::Sampled, "no smaps_rollup"),
        ),
    ]);
    let result = serde_json::json!({
        "schema": 1, "outcome": ProbeOutcome::Ok, "exit_code": 0, "metrics": metrics,
        "output_digest": "feed", "samples": 3,
    });
    AttemptRecord {
        schema: SCHEMA,
        cell: cell(id),
        number,
        warmup: number == 1,
        pass: None,
        started: Timestamp::from_second(1_795_000_001).unwrap(),
        outcome: Outcome::Ok,
        reason: None,
        csv: false,
        left_out: IndexMap::new(),
        derived: crate::measurement::Derived::default(),
        command: vec![],
        env: IndexMap::new(),
        result: Some(serde_json::from_value::<ProbeResult>(result).unwrap()),
    }
}

/// Leaves the folder of a run in which each cell ended as told, with a warm-up and an attempt.
pub(crate) fn leave_run(reports: &Path, minute: i64, cells: &[(&str, Option<Outcome>)]) -> RunDir {
    leave_named_run(reports, minute, None, cells)
}

/// As [`leave_run`], with a name.
pub(crate) fn leave_named_run(
    reports: &Path,
    minute: i64,
    name: Option<&str>,
    cells: &[(&str, Option<Outcome>)],
) -> RunDir {
    let ids: Vec<_> = cells.iter().map(|(id, _)| *id).collect();
    let finished = cells.iter().all(|(_, outcome)| outcome.is_some());
    let mut manifest = manifest(&ids, minute, finished);
    manifest.name = name.map(str::to_owned);
    let run = RunDir::create(reports, &mut manifest).unwrap();
    for &(id, outcome) in cells {
        for number in [1, 2] {
            let record = attempt(id, number, f64::from(number) * 1e8 + minute as f64);
            let staged = run.stage_attempt(&record.cell, number).unwrap();
            run.commit_attempt(&staged, &record).unwrap();
        }
        if let Some(outcome) = outcome {
            run.write_cell(&cell_record(id, outcome)).unwrap();
        }
    }
    run
}
