//! Curves as real programs draw them, and what follows.

use super::*;
use crate::measurement::DERIVED_METRICS;

const MIB: f64 = 1024.0 * 1024.0;

/// A sample file as text: `(t, rss, rss_peak, progress)` and marks, in the order of time.
fn file(samples: &[(f64, f64, f64, Option<f64>)], marks: &[(&str, f64)]) -> SampleFile {
    let field =
        |name: &str, unit: &str| format!(r#"{{"name":"{name}","unit":"{unit}","scope":"tree"}}"#);
    let fields =
        [field("t", "s"), field("rss", "B"), field("rss_peak", "B"), field("progress", "1")];
    let mut text = format!(
        r#"{{"schema":1,"program":"","started":"","pid":1,"command":[],"period":0.01,"fields":[{}]}}"#,
        fields.join(",")
    );
    for (name, t) in marks {
        text += &format!("\n{{\"mark\":\"{name}\",\"t\":{t}}}");
    }
    for (t, rss, peak, progress) in samples {
        let progress = progress.map_or("null".to_owned(), |progress| progress.to_string());
        text += &format!("\n[{t},{},{},{progress}]", rss.round(), peak.round());
    }
    text += &format!(
        "\n{{\"end\":\"ok\",\"t\":9,\"samples\":{},\"marks\":{},\"missed\":0}}\n",
        samples.len(),
        marks.len()
    );
    SampleFile::read(text.as_bytes()).unwrap()
}

#[test]
fn nothing_follows_from_a_file_that_was_cut_off() {
    let mut whole = work(|_| 140.0 * MIB);
    whole.footer = None;
    let derived = Derived::of(&whole);
    assert!(derived.growth.is_empty());
    assert!(!derived.metrics.is_empty());
    for (name, metric) in &derived.metrics {
        assert_eq!((metric.value, metric.unavailable.as_deref()), (None, Some(CUT)), "{name}");
    }
}

/// 100 samples before the work, 200 during it, 20 after it: 40 MiB at its start, then
/// `held(rows)` while 100 rows a sample are done.
fn work(held: impl Fn(f64) -> f64) -> SampleFile {
    let sample = |tick: i32| {
        let (t, rows) = (f64::from(tick) / 100.0, f64::from(tick - 100) * 100.0);
        let (bytes, progress) = match tick {
            ..=100 => (40.0 * MIB * f64::from(tick) / 100.0, None),
            101..=300 => (held(rows), Some(rows)),
            _ => (30.0 * MIB, Some(20_000.0)),
        };
        (t, bytes, bytes, progress)
    };
    file(&(0..320).map(sample).collect::<Vec<_>>(), &[("start", 1.0), ("end", 3.0)])
}

fn value(derived: &Derived, name: &str) -> f64 {
    derived.metrics[name].value.unwrap_or_else(|| panic!("{name}: {:?}", derived.metrics[name]))
}

fn why(derived: &Derived, name: &str) -> String {
    derived.metrics[name].unavailable.clone().unwrap()
}

#[test]
fn what_was_highest_before_the_work_is_no_rise() {
    // The sample of the mark has the highest since the one before, when the work had not begun.
    let samples = [(0.0, 10.0, 10.0), (0.5, 10.0, 60.0), (0.8, 12.0, 14.0), (1.0, 12.0, 12.0)];
    let of = |progress: &[Option<f64>; 4], marks| {
        let sample = |((t, rss, peak), rows): (_, &Option<f64>)| (t, rss * MIB, peak * MIB, *rows);
        let samples: Vec<_> = samples.into_iter().zip(progress).map(sample).collect();
        value(&Derived::of(&file(&samples, marks)), "rise_rss") / MIB
    };
    assert_eq!(of(&[None; 4], &[("start", 0.5), ("end", 1.0)]), 4.0);
    assert_eq!(of(&[None, Some(0.0), Some(1.0), Some(2.0)], &[]), 4.0);
}

#[test]
fn rows_that_are_streamed_are_flat_and_steady() {
    let wobbling = |rows: f64| 46.0 * MIB + 4096.0 * (rows / 100.0 % 3.0);
    let derived = Derived::of(&work(wobbling));
    let growth = derived.growth["rss"];
    assert_eq!(growth.shape, Shape::Flat);
    assert!(growth.bytes_per_row.abs() < 0.1, "{growth:?}");
    assert!((value(&derived, "steady_rss") / MIB - 46.0).abs() < 0.1);
    assert!((value(&derived, "rise_rss") / MIB - 6.0).abs() < 0.1);
    assert_eq!(derived.metrics["growth_rss"].unit, Unit::Other("B/row".to_owned()));
}

#[test]
fn rows_that_are_kept_are_a_line() {
    let derived = Derived::of(&work(|rows| 40.0 * MIB + 1500.0 * rows));
    let growth = derived.growth["rss"];
    assert_eq!(growth.shape, Shape::Linear);
    assert!((growth.bytes_per_row - 1500.0).abs() < 1.0, "{growth:?}");
    assert!(why(&derived, "steady_rss").starts_with("it still rises, by "));
    assert!((value(&derived, "time_to_peak") - 3.0).abs() < 1e-9);
}

#[test]
fn rows_that_are_fetched_at_once_are_not_called_flat() {
    let derived = Derived::of(&work(|_| 140.0 * MIB));
    let growth = derived.growth["rss"];
    assert_eq!((growth.shape, growth.bytes_per_row), (Shape::Uneven, 0.0));
    assert!((growth.before_rows.unwrap() / MIB - 100.0).abs() < 0.1);
    assert!((value(&derived, "steady_rss") / MIB - 140.0).abs() < 1e-9);
}

#[test]
fn what_is_taken_after_the_last_row_is_not_called_flat() {
    let dumped = |rows: f64| if rows < 20_000.0 { 45.0 * MIB } else { 90.0 * MIB };
    let growth = Derived::of(&work(dumped)).growth["rss"];
    assert_eq!((growth.shape, growth.bytes_per_row), (Shape::Uneven, 0.0));
    assert!((growth.after_rows / MIB - 45.0).abs() < 0.1);
}

#[test]
fn a_curve_that_bends_is_uneven() {
    let growth = Derived::of(&work(|rows| 40.0 * MIB + rows * rows / 4.0)).growth["rss"];
    assert_eq!(growth.shape, Shape::Uneven);
}

/// Each sample finds memory low, and the kernel saw more in between.
#[test]
fn peaks_between_samples_count() {
    let samples: Vec<_> = (0..100)
        .map(|tick| {
            let peak = if tick == 70 { 90.0 } else { 20.0 };
            (f64::from(tick) / 100.0, 10.0 * MIB, peak * MIB, Some(f64::from(tick)))
        })
        .collect();
    let derived = Derived::of(&file(&samples, &[]));
    assert_eq!(value(&derived, "time_to_peak"), 0.7);
    assert_eq!(value(&derived, "rise_rss"), 80.0 * MIB);
    assert_eq!(value(&derived, "steady_rss"), 10.0 * MIB);
    assert!((value(&derived, "auc_rss") - 0.99 * 10.0 * MIB).abs() < 1.0);
}

#[test]
fn a_workload_that_tells_nothing_has_reasons_instead() {
    let samples: Vec<_> = (0..100).map(|tick| (f64::from(tick) / 100.0, MIB, MIB, None)).collect();
    let derived = Derived::of(&file(&samples, &[]));
    assert_eq!(why(&derived, "growth_rss"), "the workload sent no `progress`");
    assert_eq!(why(&derived, "rise_rss"), "the workload sent neither `mark start` nor `progress`");
    assert_eq!(value(&derived, "steady_rss"), MIB);
    assert!(derived.growth.is_empty());
}

#[test]
fn few_samples_are_no_evidence() {
    let samples = [(0.0, MIB, MIB, Some(1.0)), (0.01, MIB, MIB, Some(2.0))];
    let derived = Derived::of(&file(&samples, &[]));
    assert!(why(&derived, "steady_rss").starts_with("there are only"));
    assert!(why(&derived, "growth_rss").contains("only 2 different numbers"));
    let derived = Derived::of(&file(&samples[..1], &[]));
    assert_eq!(why(&derived, "auc_rss"), "there is one sample only");
    assert_eq!(Derived::of(&file(&[], &[])), Derived::default());
}

#[test]
fn records_keep_it() {
    let derived = Derived::of(&work(|rows| 40.0 * MIB + 1500.0 * rows));
    let text = serde_json::to_string(&derived).unwrap();
    assert_eq!(serde_json::from_str::<Derived>(&text).unwrap(), derived);
    assert_eq!(serde_json::from_str::<Derived>("{}").unwrap(), Derived::default());
}

#[test]
fn every_name_is_known_beforehand() {
    let derived = Derived::of(&work(|_| MIB));
    let rss = DERIVED_METRICS.iter().filter(|name| !name.ends_with("_heap"));
    assert!(derived.metrics.keys().eq(rss), "{:?}", derived.metrics.keys());
}
