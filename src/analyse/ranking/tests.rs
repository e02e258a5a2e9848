//! Rankings of figures that are known.

use proptest::prelude::*;

use super::*;
use crate::analyse::sample::{Sample, run};
use crate::measurement::{Metric, Precision, Scope};

/// Competitors `a`, `b`, … with these wall times (s).
fn times(times: &[&[f64]]) -> Sample {
    let names: Vec<String> = (0..times.len()).map(|number| format!("c{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut sample = Sample::new(&[("method", &names)], None);
    sample.runs = vec![run("20261121-221530-3f9a")];
    for (cell, times) in sample.cells.clone().iter().zip(times) {
        let attempts: Vec<_> = times.iter().map(|time| (50.0, *time)).collect();
        sample.measure(0, &cell.id, &attempts);
        for attempt in sample.attempts(0, cell.id.as_str()) {
            attempt.result.as_mut().unwrap().output_digest = Some("aa".to_owned());
        }
    }
    sample
}

fn ranked_by(sample: &Sample, metric: &str, directions: &Directions) -> Option<Ranking> {
    rank(&RankInput {
        summary: &sample.summary(),
        axis: "method",
        metric,
        directions,
        same_output: true,
        noise: None,
    })
}

fn ranking(sample: &Sample) -> Group {
    let mut ranking = ranked_by(sample, "wall_time", &Directions::default()).unwrap();
    assert_eq!(ranking.groups.len(), 1);
    ranking.groups.remove(0)
}

fn ranks(group: &Group) -> Vec<(&str, usize)> {
    group.ranked.iter().map(|it| (it.value.as_str(), it.rank)).collect()
}

const FAST: [f64; 5] = [1.0, 1.01, 1.02, 0.99, 1.0];

fn scaled(factor: f64) -> Vec<f64> {
    FAST.iter().map(|time| time * factor).collect()
}

#[test]
fn clear_differences_have_ranks_of_their_own() {
    let group = ranking(&times(&[&scaled(4.0), &FAST, &scaled(2.0)]));
    assert_eq!(ranks(&group), [("c1", 1), ("c2", 2), ("c0", 3)]);
    let of_best: Vec<f64> = group.ranked.iter().filter_map(|it| it.of_best).collect();
    assert_eq!(of_best, [1.0, 2.0, 4.0]);
    let bars: Vec<f64> = group.ranked.iter().map(|it| it.bar).collect();
    assert_eq!(bars, [0.25, 0.5, 1.0]);
    assert!((group.ranked[0].figure.mean - 1.004).abs() < 1e-12);
    assert!((group.ranked[0].figure.standard_deviation.unwrap() - 0.0114).abs() < 1e-4);
    assert_eq!(group.answers, Answers::Same);
}

#[test]
fn small_differences_are_said_to_be_small() {
    let group = ranking(&times(&[&scaled(2.0), &scaled(1.004), &FAST]));
    assert_eq!(ranks(&group), [("c2", 1), ("c1", 1), ("c0", 3)]);
    let tie = group.ranked[1].tie.as_ref().unwrap();
    assert_eq!((tie.with.as_str(), group.is_shared(1)), ("c2", true));
    assert!(tie.reason.contains("rose by 0.40%"), "{}", tie.reason);
}

#[test]
fn one_repeat_tells_nothing_of_times() {
    let group = ranking(&times(&[&[1.5], &[1.0]]));
    assert_eq!(ranks(&group), [("c1", 1), ("c0", 1)]);
    assert!(group.ranked[1].tie.as_ref().unwrap().reason.contains("1 repeat"));
}

#[test]
fn whoever_failed_stands_at_the_end_with_the_reason() {
    let mut sample = times(&[&FAST, &scaled(2.0), &FAST, &scaled(3.0)]);
    sample.end(0, "c0", Outcome::Failed, "exit status 3", None);
    for attempt in sample.attempts(0, "c2") {
        attempt.result.as_mut().unwrap().output_digest = Some("bb".to_owned());
    }
    let group = ranking(&sample);
    assert_eq!(ranks(&group), [("c1", 1), ("c3", 2)]);
    let reasons: Vec<_> =
        group.unranked.iter().map(|it| (it.value.as_str(), it.reason.as_str())).collect();
    assert_eq!(
        reasons,
        [("c0", "failed: exit status 3"), ("c2", "wrong output: it differs from that of c1")]
    );
}

#[test]
fn who_need_not_write_the_same_is_ranked_and_that_is_said() {
    let mut sample = times(&[&FAST, &scaled(2.0)]);
    sample.attempts(0, "c1").iter_mut().for_each(|attempt| {
        attempt.result.as_mut().unwrap().output_digest = Some("bb".to_owned());
    });
    let (summary, directions) = (sample.summary(), Directions::default());
    let (axis, metric) = ("method", "wall_time");
    let input = RankInput {
        summary: &summary,
        axis,
        metric,
        directions: &directions,
        same_output: false,
        noise: None,
    };
    let group = &rank(&input).unwrap().groups[0];
    assert_eq!((group.ranked.len(), group.answers), (2, Answers::Different));
}

#[test]
fn more_is_better_of_what_says_so_and_nothing_is_ranked_by_what_does_not() {
    let mut sample = times(&[&FAST, &FAST]);
    for (id, rate) in [("c0", 10.0), ("c1", 20.0)] {
        for attempt in sample.attempts(0, id) {
            let metric =
                Metric::new(rate, Unit::Other("1/s".into()), Scope::Workload, Precision::Exact);
            attempt.result.as_mut().unwrap().metrics.insert("rate".to_owned(), metric);
        }
    }
    assert_eq!(ranked_by(&sample, "rate", &Directions::default()), None);
    let directions = Directions::new([("rate".to_owned(), Better::Higher)]);
    let group = ranked_by(&sample, "rate", &directions).unwrap().groups.remove(0);
    assert_eq!(ranks(&group), [("c1", 1), ("c0", 2)]);
    assert_eq!(group.ranked[1].of_best, Some(0.5));
}

#[test]
fn other_axes_make_groups() {
    let sample = Sample::default_matrix();
    let rank = |axis| {
        rank(&RankInput {
            summary: &sample.summary(),
            axis,
            metric: "peak_rss",
            directions: &Directions::default(),
            same_output: false,
            noise: None,
        })
        .unwrap()
    };
    let ranking = rank("state");
    assert_eq!((ranking.groups.len(), ranking.is_complete()), (9, true));
    assert_eq!(ranking.groups[0].shared["format"], "json");
    assert!(ranking.groups.iter().all(|group| group.ranked[0].value == "patched"));
    assert_eq!(rank("backend").groups.len(), 6);
    assert!(rank("colour").groups.is_empty() && !rank("colour").is_complete());
}

fn competitors() -> impl Strategy<Value = Vec<Vec<f64>>> {
    prop::collection::vec(prop::collection::vec(0.5..2.0_f64, 1..6), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Medians and ranks go the same way, a rank is the place of its best, and nobody is lost.
    #[test]
    fn ranks_follow_the_medians(values in competitors()) {
        let slices: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
        let group = ranking(&times(&slices));
        prop_assert_eq!(group.ranked.len() + group.unranked.len(), values.len());
        for (place, it) in group.ranked.iter().enumerate() {
            prop_assert!(it.rank <= place + 1 && it.rank >= 1);
            prop_assert_eq!(it.rank == place + 1, it.tie.is_none());
            prop_assert!(it.of_best.unwrap() >= 1.0 && (0.0..=1.0).contains(&it.bar));
        }
        for pair in group.ranked.windows(2) {
            prop_assert!(pair[0].figure.median <= pair[1].figure.median);
            prop_assert!(pair[0].rank <= pair[1].rank);
        }
    }
}
