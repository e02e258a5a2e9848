//! A run's folder through crashes, clashes and other versions.

use std::path::Path;

use indexmap::IndexMap;
use tempfile::TempDir;

use super::*;
use crate::collect::record::SCHEMA;
use crate::collect::sample::{self, cell};

fn manifest(cells: &[&str]) -> RunManifest {
    sample::manifest(cells, 0, false)
}

fn cell_record(id: &str) -> CellRecord {
    sample::cell_record(id, Outcome::Ok)
}

fn attempt(id: &str, number: u32, outcome: Outcome) -> AttemptRecord {
    AttemptRecord {
        schema: SCHEMA,
        cell: cell(id),
        number,
        warmup: false,
        pass: None,
        started: "2026-11-21T22:15:31Z".parse().unwrap(),
        outcome,
        reason: None,
        csv: false,
        left_out: IndexMap::new(),
        derived: crate::measurement::Derived::default(),
        command: vec!["true".into()],
        env: IndexMap::new(),
        result: None,
    }
}

/// A run of `a/b` with one cell record and two attempts.
fn small_run(reports: &Path) -> RunDir {
    let run = RunDir::create(reports, &mut manifest(&["a/b"])).unwrap();
    for number in [1, 2] {
        commit(&run, &attempt("a/b", number, Outcome::Ok)).unwrap();
    }
    run.write_cell(&cell_record("a/b")).unwrap();
    run
}

fn commit(run: &RunDir, record: &AttemptRecord) -> Result<PathBuf> {
    let staged = run.stage_attempt(&record.cell, record.number).unwrap();
    run.commit_attempt(&staged, record)
}

#[test]
fn what_is_written_is_read_again() {
    let reports = TempDir::new().unwrap();
    let mut manifest = manifest(&["a/b", "a/c"]);
    let run = RunDir::create(reports.path(), &mut manifest).unwrap();
    commit(&run, &attempt("a/b", 10, Outcome::Ok)).unwrap();
    commit(&run, &attempt("a/b", 9, Outcome::Failed)).unwrap();
    run.write_cell(&cell_record("a/b")).unwrap();
    manifest.finished = Some("2026-11-21T22:16:00Z".parse().unwrap());
    run.write_manifest(&manifest).unwrap();

    let read = RunDir::open(reports.path(), run.id()).unwrap().read().unwrap();
    assert_eq!(read.manifest, manifest);
    let results = &read.cells[&cell("a/b")];
    assert_eq!(results.record, Some(cell_record("a/b")));
    assert_eq!(results.attempts.iter().map(|a| a.number).collect::<Vec<_>>(), [9, 10]);
    assert_eq!(read.cells[&cell("a/c")], crate::collect::record::CellResults::default());
}

#[test]
fn ids_are_unique_and_the_newest_run_comes_first() {
    let reports = TempDir::new().unwrap();
    let mut ids = Vec::new();
    for millisecond in 0..40 {
        let mut manifest = manifest(&["a"]);
        manifest.started += jiff::SignedDuration::from_millis(millisecond);
        let run = RunDir::create(reports.path(), &mut manifest).unwrap();
        assert_eq!(manifest.run, run.id());
        ids.push(manifest.run);
    }
    ids.reverse();
    assert_eq!(RunDir::list(reports.path()).unwrap(), ids);
}

#[test]
fn an_empty_folder_has_no_runs() {
    let reports = TempDir::new().unwrap();
    assert!(RunDir::list(reports.path()).unwrap().is_empty());
    let error = RunDir::open(reports.path(), "20261121-221530-3f9a").unwrap_err();
    assert!(error.to_string().contains("20261121-221530-3f9a"), "{error}");
    assert!(RunDir::open(reports.path(), "..").is_err());
}

#[test]
fn a_run_is_running_while_its_memgrid_holds_it() {
    let reports = TempDir::new().unwrap();
    let run = small_run(reports.path());
    let seen = RunDir::open(reports.path(), run.id()).unwrap();
    assert!(run.is_running() && seen.is_running());
    assert!(RunDir::resume(reports.path(), seen.id()).is_err());
    drop(run);
    assert!(!seen.is_running());
    let resumed = RunDir::resume(reports.path(), seen.id()).unwrap();
    assert!(seen.is_running());
    drop(resumed);
}

#[test]
fn an_interrupted_attempt_may_be_run_again_and_a_complete_one_stays() {
    let reports = TempDir::new().unwrap();
    let run = small_run(reports.path());
    let error = commit(&run, &attempt("a/b", 2, Outcome::Ok)).unwrap_err();
    assert!(error.to_string().contains("a/b/attempts/2"), "{error}");
    commit(&run, &attempt("a/b", 3, Outcome::Interrupted)).unwrap();
    commit(&run, &attempt("a/b", 3, Outcome::Ok)).unwrap();
    let attempts = run.read().unwrap().cells[0].attempts.clone();
    assert_eq!(attempts.len(), 3);
    assert!(attempts.iter().all(|attempt| attempt.outcome == Outcome::Ok));
}

#[test]
fn stray_temporaries_are_not_seen() {
    let reports = TempDir::new().unwrap();
    let run = small_run(reports.path());
    let whole = run.read().unwrap();
    let staged = run.stage_attempt(&cell("a/b"), 3).unwrap();
    std::fs::write(staged.path().join(SAMPLES), "{").unwrap();
    std::fs::write(run.path().join(".manifest.json.1.tmp"), "{").unwrap();
    std::fs::create_dir(run.path().with_file_name(".20261121-221530-0000.tmp")).unwrap();
    assert_eq!(run.read().unwrap(), whole);
    assert_eq!(RunDir::list(reports.path()).unwrap(), [run.id()]);
    let again = run.stage_attempt(&cell("a/b"), 3).unwrap();
    assert_eq!(std::fs::read_dir(again.path()).unwrap().count(), 0);
}

#[test]
fn a_run_cut_off_at_any_byte_is_readable_or_named() {
    let reports = TempDir::new().unwrap();
    let run = small_run(reports.path());
    let files = [
        run.cell_dir(&cell("a/b")).join(CELL),
        run.attempt_dir(&cell("a/b"), 1).join(ATTEMPT),
        run.path().join(MANIFEST),
    ];
    for file in files {
        let whole = std::fs::read(&file).unwrap();
        for length in 0..whole.trim_ascii_end().len() {
            std::fs::write(&file, &whole[..length]).unwrap();
            match run.read() {
                Ok(read) => {
                    let results = &read.cells[0];
                    assert!(results.record.is_none() || results.attempts.len() == 1);
                }
                Err(error) => {
                    assert!(file.ends_with(MANIFEST));
                    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
                }
            }
        }
        std::fs::write(&file, &whole).unwrap();
    }
}

#[test]
fn another_versions_record_is_named_and_not_misread() {
    let reports = TempDir::new().unwrap();
    let run = small_run(reports.path());
    let file = run.attempt_dir(&cell("a/b"), 1).join(ATTEMPT);
    std::fs::write(&file, r#"{"schema": 99, "outcome": "something new"}"#).unwrap();
    let error = run.read().unwrap_err();
    assert!(error.to_string().contains("attempts/1/attempt.json has schema 99"), "{error}");
    assert!(error.hint_text().is_some());
    std::fs::write(&file, r#"{"schema": 1, "outcome": "something new"}"#).unwrap();
    assert!(run.read().unwrap_err().to_string().contains("attempt.json"));
}
