//! Series with known effects: what was put in is found, and nothing else.

use proptest::prelude::*;

use super::sample::{PATCHES, SeriesSample, record};
use super::*;

const MIB: f64 = 1024.0 * 1024.0;
const AXES: [(&str, &[&str]); 1] = [("format", &["json"])];

fn peak(series: &SeriesAttribution, group: &str) -> MetricAttribution {
    let group = series.groups.iter().find(|it| it.id == group).unwrap();
    group.metrics["peak_rss"].clone()
}

fn amounts(metric: &MetricAttribution) -> Vec<f64> {
    metric.patches.iter().map(|it| it.amount.unwrap().value / MIB).collect()
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-6 * (1.0 + one.abs())
}

#[test]
fn the_default_matrix_shows_what_each_patch_is_for() {
    let series = SeriesSample::default_matrix().series();
    assert_eq!(series.groups.len(), 9);
    let purpose = |index: usize| series.patches[index].purpose["peak_rss"].clone();
    let all = purpose(0);
    assert_eq!((all.groups.len(), all.of, all.values.len()), (9, 9, 0));
    let yaml = purpose(1);
    assert_eq!(yaml.groups, ["sqlite/yaml", "postgresql/yaml", "mysql/yaml"]);
    assert_eq!(yaml.values, IndexMap::from([("format".to_owned(), vec!["yaml".to_owned()])]));
    let mysql = purpose(2);
    assert_eq!(mysql.values, IndexMap::from([("backend".to_owned(), vec!["mysql".to_owned()])]));
    assert!(close(amounts(&peak(&series, "sqlite/json"))[0], 69.4));
    assert_eq!(peak(&series, "sqlite/json").patches[2].verdict, Verdict::Unchanged);
}

#[test]
fn patches_that_need_each_other_are_found() {
    let series = SeriesSample::default_matrix().series();
    let found = |group: &str| -> Vec<String> {
        peak(&series, group).interactions.into_iter().map(|it| it.reason).collect()
    };
    assert_eq!(found("sqlite/json"), Vec::<String>::new());
    insta::assert_debug_snapshot!(found("mysql/json"), @r#"
    [
        "5423 and 16614 help only together: without 5423 100% of the gain is lost, without 16614 100%",
    ]
    "#);
    insta::assert_debug_snapshot!(found("sqlite/yaml"), @r#"
    [
        "5423 and yaml help more together: at least 17% of the gain needs both",
    ]
    "#);
    // What yaml alone does hides there that the other two need each other.
    assert_eq!(found("mysql/yaml").len(), 2);
}

#[test]
fn a_contribution_has_its_interval_and_its_share() {
    let metric = peak(&SeriesSample::default_matrix().series(), "mysql/json");
    let whole = metric.total.amount.unwrap();
    assert!(close(whole.value / MIB, 161.0 - 51.6) && metric.total.share == Some(1.0));
    let interval = whole.interval.unwrap();
    assert!(interval.low <= whole.value && whole.value <= interval.high);
    assert!((interval.high - interval.low) / MIB < 1.0);
    assert!(close(metric.patches[2].share.unwrap(), 1.0));
    assert!(close(metric.remainder.unwrap().value / MIB, -109.4));
}

#[test]
fn with_one_repeat_only_what_is_beyond_all_doubt_is_said() {
    let of = |alone: f64| {
        let sample = SeriesSample::new(SeriesKind::LeaveOneOut, &["a", "b"], &AXES, |_, having| {
            vec![if having.len() == 2 { alone } else { 100.0 }]
        });
        peak(&sample.series(), "json")
    };
    let clear = of(20.0);
    assert_eq!(clear.interactions[0].kind, InteractionKind::OnlyTogether);
    assert_eq!(clear.interactions[0].amount.interval, None);
    let doubtful = of(90.0);
    assert!(doubtful.interactions.is_empty());
    assert_eq!(doubtful.patches[0].verdict, Verdict::Inconclusive);
}

#[test]
fn either_of_two_that_do_the_same_is_enough() {
    let sample = SeriesSample::new(SeriesKind::LeaveOneOut, &["a", "b"], &AXES, |_, having| {
        vec![if having.is_empty() { 100.0 } else { 40.0 }; 5]
    });
    let metric = peak(&sample.series(), "json");
    assert!(metric.patches.iter().all(|it| it.verdict == Verdict::Unchanged));
    assert_eq!(metric.interactions[0].kind, InteractionKind::Overlap);
    assert!(close(metric.interactions[0].share, 1.0));
    assert!(metric.interactions[0].reason.contains("100% of the gain is there with either"));
}

#[test]
fn a_patch_that_makes_things_worse_is_one() {
    let sample = SeriesSample::new(SeriesKind::Cumulative, &["a", "b"], &AXES, |_, having| {
        vec![[100.0, 40.0, 90.0][having.len()]; 5]
    });
    let metric = peak(&sample.series(), "json");
    assert_eq!(metric.patches[0].verdict, Verdict::Improved);
    assert_eq!(metric.patches[1].verdict, Verdict::Regressed);
    assert!(close(amounts(&metric)[1], -50.0));
}

#[test]
fn a_patch_that_needs_another_is_a_finding() {
    let mut sample = SeriesSample::default_matrix();
    let reason = "yaml.patch: serializers/base.py: hunk 1 of 2 does not apply";
    for cell in sample.cells.clone() {
        if cell.state() == Some("patched-without-5423") {
            sample.end(cell.id.as_str(), Outcome::PatchFailed, reason);
        }
    }
    let series = sample.series();
    let expected = Unapplied {
        state: "patched-without-5423".to_owned(),
        absent: vec!["5423".to_owned()],
        patch: Some("yaml".to_owned()),
        reason: reason.to_owned(),
    };
    assert_eq!(series.unapplied, [expected]);
    let metric = peak(&series, "mysql/json");
    assert_eq!(metric.patches[0].verdict, Verdict::NotComparable);
    assert_eq!(metric.patches[0].reason, "patch-failed before");
    assert!(metric.interactions.is_empty() && metric.remainder.is_none());
    assert_eq!(metric.patches[2].verdict, Verdict::Improved);
    assert_eq!(series.patches[0].purpose["peak_rss"].of, 0);
}

#[test]
fn cells_that_the_run_lacks_cost_their_own_figures_only() {
    let mut sample = SeriesSample::default_matrix();
    sample.cells.retain(|cell| cell.id.as_str() != "sqlite/json/patched-without-yaml");
    sample.run.cells.retain(|id, _| id.as_str() != "sqlite/json/patched-without-yaml");
    let metric = peak(&sample.series(), "sqlite/json");
    assert_eq!(metric.patches[1].reason, "the run has not both cells");
    assert_eq!(metric.patches[0].verdict, Verdict::Improved);
    sample.run.manifest.series.clear();
    assert!(sample.attribute().series.is_empty());
}

#[test]
fn a_cell_that_was_measured_again_counts_and_another_series_does_not() {
    let old = SeriesSample::default_matrix().run;
    let mut again = old.clone();
    again.manifest.run = "20261122-000000-aaaa".to_owned();
    again.cells.retain(|id, _| id.as_str() == "sqlite/json/patched");
    let merged = latest(&[again.clone(), old.clone()]).unwrap();
    assert_eq!(merged.cells.len(), old.cells.len());
    assert_eq!(merged.manifest.run, again.manifest.run);
    let mut other = old.clone();
    other.manifest.series =
        [("patched".to_owned(), record(SeriesKind::Cumulative, &PATCHES))].into();
    // The states that both have are recorded as the same.
    let known: Vec<String> = other.manifest.states.keys().cloned().collect();
    assert_eq!(known, ["unpatched", "patched"]);
    let merged = latest(&[again, other]).unwrap();
    assert!(merged.cells.keys().all(|id| !id.as_str().contains("without")));
    assert!(merged.cells.len() > 1);
    let mut plain = old;
    plain.manifest.series.clear();
    assert_eq!(latest(&[plain]), None);
}

/// What patches do: alone, and in pairs together.
fn effects(count: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-20.0..60.0_f64, count)
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn cumulative_steps_sum_to_the_total(peaks in prop::collection::vec(10.0..900.0_f64, 3..6)) {
        let labels = &NAMES[..peaks.len() - 1];
        let sample = SeriesSample::new(SeriesKind::Cumulative, labels, &AXES, |_, having| {
            let peak = peaks[having.len()];
            vec![peak, peak * 1.01, peak * 0.995]
        });
        let metric = peak(&sample.series(), "json");
        let total = metric.total.amount.unwrap().value / MIB;
        prop_assert!(close(amounts(&metric).iter().sum(), total));
        prop_assert!(metric.remainder.unwrap().value.abs() < 1.0);
        prop_assert!(metric.interactions.is_empty());
    }

    #[test]
    fn what_simply_adds_up_is_recovered_and_nothing_is_made_of_it(effects in effects(3)) {
        let of = |kind| SeriesSample::new(kind, &NAMES[..3], &AXES, |_, having| {
            let peak = 300.0 - having.iter().map(|it| effects[*it]).sum::<f64>();
            vec![peak, peak + 0.05, peak - 0.05, peak + 0.02, peak - 0.02]
        });
        for kind in SeriesKind::ALL {
            let metric = peak(&of(kind).series(), "json");
            for (found, effect) in amounts(&metric).iter().zip(&effects) {
                prop_assert!(close(*found, *effect), "{found} is not {effect}");
            }
            for (contribution, effect) in metric.patches.iter().zip(&effects) {
                let interval = contribution.amount.unwrap().interval.unwrap();
                prop_assert!(interval.low / MIB <= *effect + 1e-6 && *effect <= interval.high / MIB + 1e-6);
            }
            prop_assert!(metric.interactions.is_empty(), "{:?}", metric.interactions);
        }
    }

    #[test]
    fn two_that_need_each_other_are_detected_among_three(
        gain in 40.0..200.0_f64,
        alone in 0.0..20.0_f64,
        spare in 0..3_usize,
    ) {
        let sample = SeriesSample::new(SeriesKind::LeaveOneOut, &NAMES[..3], &AXES, |_, having| {
            let both = (0..3).filter(|it| *it != spare).all(|it| having.contains(&it));
            let peak = 300.0 - if both { gain } else { 0.0 }
                - if having.contains(&spare) { alone } else { 0.0 };
            vec![peak, peak + 0.05, peak - 0.05, peak + 0.02, peak - 0.02]
        });
        let metric = peak(&sample.series(), "json");
        let pair: Vec<&str> = (0..3).filter(|it| *it != spare).map(|it| NAMES[it]).collect();
        let found: Vec<_> = metric.interactions.iter().map(|it| (it.patches.0.as_str(), it.patches.1.as_str())).collect();
        prop_assert_eq!(found, [(pair[0], pair[1])]);
        // The bound is the gain less what the third does alone.
        let bound = metric.interactions[0].amount.value / MIB;
        prop_assert!(close(bound, gain - alone), "{bound} is not {gain} less {alone}");
    }
}

#[test]
fn what_cannot_be_told_is_not_said_to_be_nothing() {
    let sample = SeriesSample::new(SeriesKind::LeaveOneOut, &["a", "b"], &AXES, |_, having| {
        vec![if having.len() == 2 { 90.0 } else { 100.0 }]
    });
    let purpose = sample.series().patches[0].purpose["peak_rss"].clone();
    assert_eq!((purpose.groups.len(), purpose.of, purpose.unclear), (0, 1, 1));
}
