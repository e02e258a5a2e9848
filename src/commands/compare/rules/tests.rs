use super::*;
use crate::analyse::comparison::sample::{night, quiet_night};
use crate::collect::sample::leave_run;
use crate::config::Limit;
use crate::error::ErrorKind;

fn rules(texts: &[&str]) -> Vec<Rule> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn shown(rules: &[Rule]) -> Vec<String> {
    rules.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_typed_comes_after_the_file_and_none_forgets() {
    let folder = tempfile::tempdir().unwrap();
    let run = leave_run(folder.path(), 0, &[("a/x", Some(Outcome::Ok))]).read().unwrap();
    let file = rules(&["peak_rss>3%"]);
    let in_force = |file: Option<&[Rule]>, typed: &[&str]| {
        let typed: Vec<FailOn> = typed.iter().map(|text| text.parse().unwrap()).collect();
        shown(&in_force(file, &typed, [&run, &run]))
    };
    assert_eq!(in_force(Some(&file), &["peak_rss>5%"]), ["peak_rss>3%", "peak_rss>5%"]);
    assert_eq!(in_force(Some(&file), &["none", "wall_time>5%"]), ["wall_time>5%"]);
    assert!(in_force(Some(&file), &["none"]).is_empty() && in_force(Some(&[]), &[]).is_empty());
    assert_eq!(in_force(None, &["wall_time>5%"]), ["wall_time>5%"]);
    // The run's attempts have no live heap.
    assert_eq!(in_force(None, &[]), ["peak_rss>3%"]);
}

fn unapplied_of(comparison: Comparison, rule: &str, further: &[CellId]) -> Result<Vec<String>> {
    let ids = comparison.cells.iter().map(|cell| cell.id.clone());
    let known: Vec<CellId> = ids.chain(further.iter().cloned()).collect();
    unapplied(&Comparison { rules: rules(&[rule]), ..comparison }, &known, false)
}

#[test]
fn a_rule_that_looks_at_nothing_is_a_reason() {
    let none: [String; 0] = [];
    let of = |rule: &str| unapplied_of(quiet_night(), rule, &[]).unwrap();
    assert_eq!(of("peak_rss>3%"), none);
    assert_eq!(of("*/yaml/*:peak_rss>3%"), none);
    assert!(of("peak_server>3%")[0].contains("no cell has that metric"));
    let other = CellId::from_values(["sqlite", "csv", "patched"]);
    let idle = unapplied_of(quiet_night(), "*/csv/*:peak_rss>3%", &[other]).unwrap();
    assert!(idle[0].contains("none of the cells that were compared"), "{idle:?}");
}

#[test]
fn a_rule_that_could_never_be_applied_is_wrong_usage() {
    let refused = |comparison: Comparison, rule: &str| {
        let error = unapplied_of(comparison, rule, &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        format!("{error}: {}", error.hint_text().unwrap_or_default())
    };
    assert!(refused(quiet_night(), "rows_done>3").contains("nothing is called `rows_done`"));
    assert!(refused(quiet_night(), "*/ymal/*:peak_rss>3%").contains("none matches `*/ymal/*`"));
    // Where cells failed, it may be that they would have sent it.
    assert_eq!(unapplied_of(night(), "rows_done>3", &[]).unwrap().len(), 1);
    let seconds = Limit::Absolute { value: 1.0, unit: Unit::Seconds };
    let rule = Rule { limit: seconds, ..rules(&["peak_rss>3%"]).remove(0) };
    let comparison = Comparison { rules: vec![rule], ..quiet_night() };
    let error = unapplied(&comparison, &[], false).unwrap_err();
    assert!(error.to_string().contains("another unit"), "{error}");
}
