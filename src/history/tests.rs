//! The index against real folders and real SQLite files.

use std::sync::Mutex;

use indexmap::IndexMap;
use tempfile::TempDir;

use super::*;
use crate::collect::sample::{cell, leave_named_run, leave_run};
use crate::event::Silent;
use crate::measurement::Unit;
use crate::outcome::Outcome;

/// Keeps the notices.
#[derive(Default)]
struct Notices(Mutex<Vec<String>>);

impl Observer for Notices {
    fn event(&self, event: Event) {
        if let Event::Notice { text } = event {
            self.0.lock().unwrap().push(text);
        }
    }
}

/// Every row that matters, as text.
fn dump(history: &mut History) -> Vec<String> {
    let mut rows: Vec<String> =
        history.runs(u32::MAX).unwrap().iter().map(|run| format!("{run:?}")).collect();
    for id in ["a/x", "a/y"] {
        let trend = history.trend(&cell(id), "peak_rss", u32::MAX).unwrap();
        rows.extend(trend.iter().map(|point| format!("{point:?}")));
    }
    rows
}

#[test]
fn recording_and_rebuilding_give_the_same() {
    let reports = TempDir::new().unwrap();
    let mut history = History::open(reports.path(), &Silent).unwrap();
    for minute in 0..3 {
        let run = leave_run(
            reports.path(),
            minute,
            &[("a/x", Some(Outcome::Ok)), ("a/y", Some(Outcome::Failed))],
        );
        history.record(&run.read().unwrap()).unwrap();
        history.record(&run.read().unwrap()).unwrap();
    }
    let recorded = dump(&mut history);
    assert_eq!(recorded.len(), 3 + 2 * 3);
    assert_eq!(history.rebuild(&Silent).unwrap(), 3);
    assert_eq!(dump(&mut history), recorded);
    drop(history);
    std::fs::remove_file(reports.path().join(FILE)).unwrap();
    assert_eq!(dump(&mut History::open(reports.path(), &Silent).unwrap()), recorded);
}

#[test]
fn cells_of_several_runs_have_a_past() {
    let reports = TempDir::new().unwrap();
    leave_run(reports.path(), 0, &[("a/x", Some(Outcome::Ok)), ("a/y", Some(Outcome::Ok))]);
    leave_run(reports.path(), 1, &[("a/x", None), ("a/z", Some(Outcome::Failed))]);
    leave_run(reports.path(), 2, &[("a/z", Some(Outcome::Failed))]);
    let mut history = History::open(reports.path(), &Silent).unwrap();
    let asked = ["a/z", "a/unknown", "a/y", "a/x"].map(cell);
    let several = |history: &mut History, id| {
        history.trend(&cell(id), "peak_rss", u32::MAX).unwrap().len() > 1
    };
    let wanted: Vec<_> =
        asked.iter().filter(|id| several(&mut history, id.as_str())).cloned().collect();
    assert_eq!(history.with_past(&asked).unwrap(), wanted);
    assert_eq!(wanted, ["a/z", "a/x"].map(cell));
}

#[test]
fn the_newest_result_is_neither_interrupted_nor_unreached() {
    let reports = TempDir::new().unwrap();
    let oldest = leave_run(
        reports.path(),
        0,
        &[("a/x", Some(Outcome::Ok)), ("a/y", Some(Outcome::Unavailable))],
    );
    let middle = leave_run(reports.path(), 1, &[("a/x", Some(Outcome::Failed))]);
    let newest =
        leave_run(reports.path(), 2, &[("a/x", Some(Outcome::Interrupted)), ("a/y", None)]);
    let mut history = History::open(reports.path(), &Silent).unwrap();
    let results = history.newest_results(&[cell("a/y"), cell("a/z"), cell("a/x")]).unwrap();
    let found: Vec<_> =
        results.iter().map(|r| (r.cell.as_str(), r.run.as_str(), r.outcome)).collect();
    assert_eq!(
        found,
        [("a/y", oldest.id(), Outcome::Unavailable), ("a/x", middle.id(), Outcome::Failed)]
    );
    let runs = history.runs(u32::MAX).unwrap();
    assert_eq!(runs[0].run, newest.id());
    assert_eq!(runs[0].outcomes, IndexMap::from([(Outcome::Interrupted, 2)]));
    assert_eq!(runs[0].finished, None);
}

#[test]
fn a_matrix_without_states_has_sources_too() {
    let reports = TempDir::new().unwrap();
    let run = leave_named_run(reports.path(), 1, None, &[("a", Some(Outcome::Ok))]);
    let mut manifest = run.read_manifest().unwrap();
    let state = manifest.states["patched"].clone();
    manifest.states = IndexMap::from([(String::new(), state)]);
    run.write_manifest(&manifest).unwrap();
    let mut record = crate::collect::sample::cell_record("a", Outcome::Ok);
    record.cell.axes.clear();
    run.write_cell(&record).unwrap();
    let mut history = History::open(reports.path(), &Silent).unwrap();
    let trend = history.trend(&cell("a"), "peak_rss", 1).unwrap();
    assert_eq!(trend[0].sources["subject"].revision, Some("c".repeat(40)));
}

#[test]
fn a_trend_tells_values_and_what_they_depend_on() {
    let reports = TempDir::new().unwrap();
    for (minute, outcome) in [(5, Outcome::Ok), (3, Outcome::Ok), (4, Outcome::Failed)] {
        let name = (minute == 5).then_some("last");
        let ids: &[&str] = if minute == 4 { &["a/x"] } else { &["a/patched", "a/x"] };
        let cells: Vec<_> = ids.iter().map(|id| (*id, Some(outcome))).collect();
        leave_named_run(reports.path(), minute, name, &cells);
    }
    let mut history = History::open(reports.path(), &Silent).unwrap();
    let trend = history.trend(&cell("a/x"), "peak_rss", 2).unwrap();
    let told: Vec<_> = trend.iter().map(|p| (p.name.as_deref(), p.outcome)).collect();
    assert_eq!(told, [(Some("last"), Some(Outcome::Ok)), (None, Some(Outcome::Failed))]);
    let figure = trend[0].figure.as_ref().unwrap();
    // The warm-up, half as large, is left out.
    assert_eq!((&figure.unit, figure.values.as_slice()), (&Unit::Bytes, &[200_000_005.0][..]));
    assert!(trend[0].sources.is_empty() && trend[0].conditions == trend[1].conditions);
    let trend = history.trend(&cell("a/patched"), "speed", u32::MAX).unwrap();
    assert_eq!(trend.len(), 2);
    assert_eq!(trend[0].sources["subject"].revision, Some("c".repeat(40)));
    assert_eq!(trend[0].figure.as_ref().unwrap().unit, Unit::Other("rows/s".to_owned()));
    let without = history.trend(&cell("a/x"), "peak_pss", u32::MAX).unwrap();
    assert!(without.len() == 3 && without.iter().all(|point| point.figure.is_none()));
    assert!(history.trend(&cell("a/z"), "peak_rss", 9).unwrap().is_empty());
    assert_eq!(history.metrics(&cell("a/x")).unwrap(), ["peak_rss", "wall_time", "speed"]);
}

#[test]
fn folders_that_come_go_or_change_are_noticed() {
    let reports = TempDir::new().unwrap();
    let first = leave_run(reports.path(), 0, &[("a/x", Some(Outcome::Ok))]);
    drop(History::open(reports.path(), &Silent).unwrap());
    let second = leave_run(reports.path(), 1, &[("a/x", Some(Outcome::Ok))]);
    let third = leave_run(reports.path(), 2, &[("a/x", None)]);
    std::fs::remove_dir_all(first.path()).unwrap();
    let ids = |history: &mut History| -> Vec<String> {
        history.runs(u32::MAX).unwrap().into_iter().map(|run| run.run).collect()
    };
    let mut history = History::open(reports.path(), &Silent).unwrap();
    assert_eq!(ids(&mut history), [third.id(), second.id()]);
    // A killed run is resumed and ends, but its memgrid is killed before it can say so here.
    let mut manifest = third.read_manifest().unwrap();
    manifest.finished = Some(manifest.started);
    third.write_manifest(&manifest).unwrap();
    drop(history);
    history = History::open(reports.path(), &Silent).unwrap();
    assert!(history.runs(u32::MAX).unwrap()[0].finished.is_some());
    // It goes on once more.
    let id = third.id().to_owned();
    drop(third);
    drop(history);
    let _resumed = RunDir::resume(reports.path(), &id).unwrap();
    history = History::open(reports.path(), &Silent).unwrap();
    assert!(history.runs(u32::MAX).unwrap()[0].finished.is_none());
}

#[test]
fn a_run_that_cannot_be_read_is_told_and_left_out() {
    let reports = TempDir::new().unwrap();
    let bad = leave_run(reports.path(), 0, &[("a/x", Some(Outcome::Ok))]);
    let good = leave_run(reports.path(), 1, &[("a/x", Some(Outcome::Ok))]);
    std::fs::write(bad.path().join("manifest.json"), "{\"schema\": 99}").unwrap();
    let notices = Notices::default();
    let mut history = History::open(reports.path(), &notices).unwrap();
    assert_eq!(history.runs(u32::MAX).unwrap().len(), 1);
    assert_eq!(history.runs(u32::MAX).unwrap()[0].run, good.id());
    let notices = notices.0.into_inner().unwrap();
    assert!(notices.len() == 1 && notices[0].contains(bad.id()), "{notices:?}");
}

#[test]
fn an_unusable_file_is_put_aside_and_made_again() {
    let reports = TempDir::new().unwrap();
    let file = reports.path().join(FILE);
    leave_run(reports.path(), 0, &[("a/x", Some(Outcome::Ok))]);
    let mut history = History::open(reports.path(), &Silent).unwrap();
    let expected = dump(&mut history);
    drop(history);
    let whole = std::fs::read(&file).unwrap();
    let mut garbled = whole.clone();
    garbled[100..].fill(0xa5);
    let mut garbled_rows = whole.clone();
    garbled_rows[4096..].fill(0xa5);
    let other_tables = {
        let path = reports.path().join("other.db");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let options =
                sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query("CREATE TABLE runs (x)").execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
        std::fs::read(path).unwrap()
    };
    let damages: [(&str, &[u8]); 5] = [
        ("no database", b"this is no database at all, but a text of some length"),
        ("garbled", &garbled),
        ("garbled rows", &garbled_rows),
        ("truncated", &whole[..whole.len() / 2]),
        ("other tables", &other_tables),
    ];
    for (name, content) in damages {
        std::fs::write(&file, content).unwrap();
        let notices = Notices::default();
        let mut history = History::open(reports.path(), &notices)
            .unwrap_or_else(|error| panic!("{name}: {error} {error:?}"));
        assert_eq!(dump(&mut history), expected, "{name}");
        let notices = notices.0.into_inner().unwrap();
        assert!(notices.len() == 1 && notices[0].contains("history.damaged.db"), "{notices:?}");
    }
    // An empty file is what a memgrid leaves that was killed at once: nothing is lost with it.
    std::fs::write(&file, "").unwrap();
    assert_eq!(dump(&mut History::open(reports.path(), &Silent).unwrap()), expected);
}

#[test]
fn an_index_that_cannot_be_kept_is_held_in_memory() {
    let reports = TempDir::new().unwrap();
    leave_run(reports.path(), 0, &[("a/x", Some(Outcome::Ok))]);
    let expected = dump(&mut History::open(reports.path(), &Silent).unwrap());
    // What root can't write either.
    for file in [FILE, ".history.lock"] {
        let path = reports.path().join(file);
        let _ = std::fs::remove_file(&path);
        std::fs::create_dir(&path).unwrap();
        let notices = Notices::default();
        let mut history = History::open(reports.path(), &notices).unwrap();
        assert_eq!(dump(&mut history), expected);
        let notices = notices.0.into_inner().unwrap();
        assert!(notices.len() == 1 && notices[0].contains(file), "{notices:?}");
        std::fs::remove_dir(&path).unwrap();
    }
}

#[test]
fn two_memgrids_may_write_at_once() {
    let reports = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let reports = reports.path();
            scope.spawn(move || {
                let mut history = History::open(reports, &Silent).unwrap();
                for minute in 0..3 {
                    let run =
                        leave_run(reports, thread * 10 + minute, &[("a/x", Some(Outcome::Ok))]);
                    history.record(&run.read().unwrap()).unwrap();
                }
            });
        }
    });
    let mut history = History::open(reports.path(), &Silent).unwrap();
    assert_eq!(history.runs(u32::MAX).unwrap().len(), 12);
}

#[test]
fn references_stand_for_runs() {
    const OK: (&str, Option<Outcome>) = ("a/x", Some(Outcome::Ok));
    let reports = TempDir::new().unwrap();
    let mut history = History::open(reports.path(), &Silent).unwrap();
    assert_eq!(history.find("latest").unwrap(), Found::Nothing(vec![]));
    let names = [Some("night"), None, Some("night"), None];
    for (minute, name) in (0..).zip(names) {
        // The last one was killed: it counts all the same.
        let cell = if minute == 3 { ("a/x", None) } else { OK };
        leave_named_run(reports.path(), minute, name, &[cell]);
    }
    history = History::open(reports.path(), &Silent).unwrap();
    let ids: Vec<String> = history.runs(u32::MAX).unwrap().into_iter().map(|run| run.run).collect();
    let is = |history: &mut History, reference: &str, position: usize| {
        let found = history.find(reference).unwrap();
        assert_eq!(found, Found::Run(ids[position].clone()), "{reference}");
    };
    is(&mut history, "latest", 0);
    is(&mut history, "latest~0", 0);
    is(&mut history, "latest~3", 3);
    is(&mut history, "night", 1);
    is(&mut history, &ids[2], 2);
    is(&mut history, &ids[2][..ids[2].len() - 1], 2);
    assert_eq!(history.find("20").unwrap(), Found::Several(ids.clone()));
    assert_eq!(history.find("nihgt").unwrap(), Found::Nothing(vec!["night".to_owned()]));
    for nothing in ["latest~4", "", "%", "*", "' OR 1"] {
        let found = history.find(nothing).unwrap();
        assert!(matches!(&found, Found::Nothing(_)), "{nothing}: {found:?}");
    }
}
