//! Which cell is compared with which.

use super::*;

const STATES: [(&str, &str); 2] = [("state", "unpatched"), ("state", "patched")];

#[test]
fn two_states_of_one_run_are_paired_by_twins() {
    let mut night = Night::quiet();
    night.after = night.before.clone();
    let comparison = night.compare_values(Some(STATES));
    assert_eq!((comparison.cells.len(), comparison.unpaired.len()), (9, 0));
    let yaml = cell(&comparison, "mysql/yaml/patched");
    assert_eq!(yaml.before.as_str(), "mysql/yaml/unpatched");
    assert!(comparison.cells.iter().all(|cell| cell.metrics["peak_rss"].ratio.unwrap() < 1.0));
    assert_eq!(comparison.after.value, Some(("state".to_owned(), "patched".to_owned())));
}

#[test]
fn a_cell_without_a_twin_in_the_matrix_is_listed_and_no_failure() {
    let mut night = Night::quiet();
    night.cells.retain(|cell| cell.id.as_str() != CELL);
    night.before.cells.retain(|id, _| id.as_str() != CELL);
    night.before.manifest.cells.retain(|id| id.as_str() != CELL);
    night.after = night.before.clone();
    let comparison = night.compare_values(Some(STATES));
    assert_eq!((comparison.cells.len(), comparison.unpaired.len()), (8, 1));
    assert_eq!(comparison.unpaired[0].id.as_str(), "sqlite/json/unpatched");
    assert_eq!(comparison.gate, Gate::Passed);
}

#[test]
fn a_new_cell_is_listed_and_passes() {
    let mut night = Night::quiet();
    night.before.cells.retain(|id, _| id.as_str() != CELL);
    night.before.manifest.cells.retain(|id| id.as_str() != CELL);
    let comparison = night.compare();
    assert_eq!((comparison.cells.len(), comparison.gate), (17, Gate::Passed));
    assert!(comparison.unpaired[0].after && comparison.unpaired[0].id.as_str() == CELL);
    night.strict = true;
    assert_eq!(night.compare().gate, Gate::Incomplete);
    night.strict = false;
    end(&mut night.after, CELL, Outcome::Failed);
    assert_eq!(night.compare().gate, Gate::Incomplete);
}

#[test]
fn a_cell_that_the_matrix_no_longer_has_is_listed_and_passes() {
    let mut night = Night::quiet();
    night.after.cells.retain(|id, _| id.as_str() != CELL);
    night.after.manifest.cells.retain(|id| id.as_str() != CELL);
    assert_eq!(
        night.compare().reasons,
        ["1 cell never ran on the judged side: sqlite/json/patched"]
    );
    night.cells.retain(|cell| cell.id.as_str() != CELL);
    let comparison = night.compare();
    assert_eq!((comparison.unpaired.len(), comparison.gate), (1, Gate::Passed));
    assert!(!comparison.unpaired[0].after);
}

#[test]
fn cells_keep_the_order_of_the_matrix() {
    let mut night = Night::quiet();
    night.before.cells.reverse();
    night.after.cells.sort_keys();
    let comparison = night.compare();
    assert!(
        comparison.cells.iter().map(|cell| &cell.id).eq(night.cells.iter().map(|cell| &cell.id))
    );
}

#[test]
fn cells_that_were_measured_again_say_so() {
    let night = Night::quiet();
    let confirmed = HashSet::from([night.cells[0].id.clone()]);
    let side = |run| CompareSide { label: "", run, value: None };
    let comparison = compare(&CompareInput {
        before: side(&night.before),
        after: side(&night.after),
        expected: &[],
        rules: &night.rules,
        directions: &night.directions,
        noise: None,
        confirmed: &confirmed,
        strict: false,
    });
    assert_eq!(comparison.cells.iter().filter(|cell| cell.confirmed).count(), 1);
    assert_eq!(comparison.after.revisions["patched"]["subject"].len(), 40);
}
