//! What the gate says: above all, that it can't be green because nothing ran.

use super::*;

#[test]
fn a_quiet_night_passes() {
    let comparison = Night::quiet().compare();
    assert_eq!((comparison.gate, &comparison.reasons), (Gate::Passed, &Vec::new()));
    assert_eq!(comparison.cells.len(), 18);
    assert!(comparison.cells.iter().all(|cell| cell.verdict == Verdict::Unchanged));
}

#[test]
fn a_regression_names_exactly_its_cells_and_beats_what_is_missing() {
    let mut night = Night::quiet();
    for id in ["sqlite/yaml/patched", "postgresql/yaml/patched"] {
        scale(&mut night.after, id, 40.0);
    }
    end(&mut night.after, "mysql/xml/patched", Outcome::TimedOut);
    let comparison = night.compare();
    assert_eq!(comparison.gate, Gate::Regressed);
    assert_eq!(
        comparison.reasons,
        [
            "2 cells regressed: sqlite/yaml/patched, postgresql/yaml/patched",
            "1 cell ended timed-out: mysql/xml/patched",
        ]
    );
}

#[test]
fn an_empty_run_does_not_pass() {
    let mut night = Night::quiet();
    night.after.cells.clear();
    let comparison = night.compare();
    assert_eq!(comparison.gate, Gate::Incomplete);
    assert!(comparison.reasons.contains(&"nothing was compared".to_owned()));
    night.after.manifest.cells.clear();
    let comparison = night.compare();
    assert_eq!((comparison.gate, comparison.unpaired.len()), (Gate::Incomplete, 18));
    night.before = night.after.clone();
    assert_eq!(night.compare().gate, Gate::Incomplete);
    night.cells.clear();
    let comparison = night.compare();
    assert_eq!((comparison.gate, comparison.cells.len()), (Gate::Incomplete, 0));
}

#[test]
fn an_interrupted_run_does_not_pass() {
    let mut night = Night::quiet();
    night.after.manifest.finished = None;
    let comparison = night.compare();
    assert_eq!(comparison.gate, Gate::Incomplete);
    assert_eq!(comparison.reasons, ["run 20261122-221530-aaaa did not come to its end"]);
    let mut night = Night::quiet();
    night.after.cells.iter_mut().find(|(id, _)| id.as_str() == CELL).unwrap().1.record = None;
    assert_eq!(night.compare().reasons, ["1 cell ended interrupted: sqlite/json/patched"]);
}

#[test]
fn every_outcome_but_ok_is_incomplete_on_the_judged_side() {
    for outcome in Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Ok) {
        let mut night = Night::quiet();
        end(&mut night.after, CELL, outcome);
        let comparison = night.compare();
        assert_eq!(comparison.gate, Gate::Incomplete, "{outcome}");
        assert_eq!(cell(&comparison, CELL).verdict, Verdict::NotComparable);
    }
}

#[test]
fn what_was_unavailable_before_counts_under_strict_only() {
    let mut night = Night::quiet();
    end(&mut night.before, CELL, Outcome::Unavailable);
    assert_eq!(night.compare().gate, Gate::Passed);
    end(&mut night.after, CELL, Outcome::Unavailable);
    assert_eq!(night.compare().gate, Gate::Passed);
    night.strict = true;
    assert_eq!(night.compare().gate, Gate::Incomplete);
}

#[test]
fn a_failure_before_leaves_nothing_to_compare_with() {
    let mut night = Night::quiet();
    end(&mut night.before, CELL, Outcome::Failed);
    let comparison = night.compare();
    assert_eq!(comparison.gate, Gate::Incomplete);
    assert!(comparison.reasons[0].contains("on the other side it was: failed"));
}

#[test]
fn other_conditions_are_named_and_nothing_is_judged() {
    let mut night = Night::quiet();
    night.after.manifest.measure.jobs = 2;
    night.after.manifest.machine.id = "another".to_owned();
    let comparison = night.compare();
    assert_eq!(comparison.gate, Gate::Incomplete);
    assert_eq!(
        comparison.reasons,
        [
            "nothing can be compared: measured in another run with another machine and number of jobs"
        ]
    );
    let peak = &cell(&comparison, CELL).metrics["peak_rss"];
    assert_eq!((peak.verdict, peak.ratio), (Verdict::NotComparable, None));
    assert!(peak.before.is_some() && peak.after.is_some());
}

#[test]
fn a_figure_that_a_rule_names_can_not_get_lost() {
    let mut night = Night::quiet().ruled(&["peak_rss>3%", "peak_pss>5%"]);
    let results = night.after.cells.iter_mut().find(|(id, _)| id.as_str() == CELL).unwrap().1;
    let metrics = &mut results.attempts[0].result.as_mut().unwrap().metrics;
    metrics["peak_pss"].value = None;
    metrics["peak_pss"].unavailable = Some("no smaps_rollup".to_owned());
    let comparison = night.compare();
    assert_eq!(comparison.gate, Gate::Incomplete);
    assert_eq!(comparison.reasons, ["1 cell lost a figure that a rule names: sqlite/json/patched"]);
    let reason = &cell(&comparison, CELL).metrics["peak_pss"].reason;
    assert_eq!(reason, "has no value on the judged side: no smaps_rollup");
}

#[test]
fn a_rule_that_judges_nothing_is_no_pass() {
    let comparison = Night::quiet().ruled(&["peak_rss>3%", "latency>5%"]).compare();
    assert_eq!(comparison.gate, Gate::Incomplete);
    assert_eq!(
        comparison.reasons,
        ["the rule `latency>5%` judged nothing: no cell has that metric"]
    );
    let elsewhere = Night::quiet().ruled(&["peak_rss>3%", "other/*:latency>5%"]).compare();
    assert_eq!(elsewhere.gate, Gate::Passed);
    // That nothing is to be judged was somebody's wish.
    assert_eq!(Night::quiet().ruled(&[]).compare().gate, Gate::Passed);
}
