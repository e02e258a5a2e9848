use proptest::prelude::*;

use super::*;
use crate::config::Matrix;
use crate::plan::expand;

fn default_cells() -> Vec<Cell> {
    let axis = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    expand(&Matrix {
        axes: IndexMap::from([
            ("backend".to_owned(), axis(&["sqlite", "postgresql", "mysql"])),
            ("format".to_owned(), axis(&["json", "xml", "yaml"])),
            ("state".to_owned(), axis(&["unpatched", "patched"])),
        ]),
        ..Matrix::default()
    })
}

fn selection(patterns: &[&str], filters: &[(&str, &str)]) -> Selection {
    let own = |text: &&str| (*text).to_owned();
    Selection {
        patterns: patterns.iter().map(own).collect(),
        filters: filters.iter().map(|(axis, glob)| (own(axis), own(glob))).collect(),
    }
}

fn ids(patterns: &[&str], filters: &[(&str, &str)]) -> Vec<String> {
    let cells = select(&default_cells(), &selection(patterns, filters)).unwrap();
    cells.into_iter().map(|cell| cell.id.to_string()).collect()
}

fn error(patterns: &[&str], filters: &[(&str, &str)]) -> (ErrorKind, String, String) {
    let error = select(&default_cells(), &selection(patterns, filters)).unwrap_err();
    (error.kind(), error.to_string(), error.hint_text().unwrap_or_default().to_owned())
}

#[test]
fn an_empty_selection_is_everything() {
    assert_eq!(ids(&[], &[]).len(), 18);
}

#[test]
fn exact_ids_and_globs_in_matrix_order_and_each_once() {
    assert_eq!(
        ids(&["mysql/xml/unpatched", "sqlite/*/patched", "sqlite/json/patched"], &[]),
        ["sqlite/json/patched", "sqlite/xml/patched", "sqlite/yaml/patched", "mysql/xml/unpatched"]
    );
    assert_eq!(ids(&["mysql/**"], &[]).len(), 6);
    assert_eq!(ids(&["**/patched"], &[]).len(), 9);
    assert_eq!(ids(&["{sqlite,mysql}/json/*"], &[]).len(), 4);
}

#[test]
fn a_star_does_not_cross_a_slash() {
    let (kind, message, hint) = error(&["sqlite/*"], &[]);
    assert_eq!(kind, ErrorKind::NothingSelected);
    assert_eq!(message, "no cell matches `sqlite/*`");
    assert_eq!(hint, "`sqlite/**` selects all cells below it (`memgrid plan` lists all 18)");
}

#[test]
fn filters_of_one_axis_are_alternatives_and_of_several_must_all_match() {
    assert_eq!(
        ids(&[], &[("backend", "sqlite"), ("backend", "my*"), ("format", "json")]),
        [
            "sqlite/json/unpatched",
            "sqlite/json/patched",
            "mysql/json/unpatched",
            "mysql/json/patched"
        ]
    );
    assert_eq!(ids(&["sqlite/**"], &[("state", "patched")]).len(), 3);
}

#[test]
fn a_pattern_that_matches_nothing_is_an_error_beside_others_that_match() {
    let (kind, message, hint) = error(&["sqlite/json/patched", "sqlite/jsn/patched", "mysql"], &[]);
    assert_eq!(kind, ErrorKind::NothingSelected);
    insta::assert_snapshot!(message, @"no cell matches `sqlite/jsn/patched`, `mysql`");
    insta::assert_snapshot!(
        hint,
        @"nearest to `sqlite/jsn/patched`: `sqlite/json/patched`, `sqlite/json/unpatched`, `sqlite/xml/patched`; `mysql/**` selects all cells below it (`memgrid plan` lists all 18)"
    );
}

#[test]
fn patterns_and_filters_that_share_no_cell_are_an_error() {
    let (kind, message, _) = error(&["sqlite/**"], &[("backend", "mysql")]);
    assert_eq!(kind, ErrorKind::NothingSelected);
    assert_eq!(message, "the selection matches no cell");
}

#[test]
fn filters_name_what_there_is() {
    let (kind, message, hint) = error(&[], &[("backend", "postgres")]);
    assert_eq!(kind, ErrorKind::NothingSelected);
    assert_eq!(message, "no cell has a value of `backend` that matches `postgres`");
    assert_eq!(hint, "did you mean `postgresql`?");
    let (kind, message, hint) = error(&[], &[("backnd", "sqlite")]);
    assert_eq!(kind, ErrorKind::Usage);
    assert_eq!(message, "the matrix has no axis `backnd`");
    assert_eq!(hint, "did you mean `backend`?");
}

#[test]
fn a_bad_glob_is_wrong_usage() {
    assert_eq!(error(&["sqlite/[json"], &[]).0, ErrorKind::Usage);
}

#[test]
fn a_value_that_looks_like_a_glob_can_be_named() {
    let axes = IndexMap::from([("v".to_owned(), vec!["[a]".to_owned(), "a".to_owned()])]);
    let cells = expand(&Matrix { axes, ..Matrix::default() });
    let selected = select(&cells, &selection(&["[a]"], &[])).unwrap();
    assert_eq!(selected[0].id.as_str(), "[a]");
    assert_eq!(selected.len(), 1);
}

#[test]
fn filters_are_written_with_an_equals_sign() {
    assert_eq!(parse_filter("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
    assert!(
        parse_filter("a").is_err() && parse_filter("=b").is_err() && parse_filter("a=").is_err()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_selection_is_a_part_of_the_matrix_in_its_order(
        chosen in prop::collection::vec(0..18_usize, 1..6),
        star in 0..3_usize,
    ) {
        let cells = default_cells();
        let starred = |id: &str| {
            let mut parts: Vec<&str> = id.split('/').collect();
            parts[star] = "*";
            parts.join("/")
        };
        let patterns = chosen.iter().map(|index| starred(cells[*index].id.as_str())).collect();
        let selection = Selection { patterns, ..Selection::default() };
        let selected = select(&cells, &selection).unwrap();
        let place = |cell: &Cell| cells.iter().position(|other| other == cell);
        let places: Vec<_> = selected.iter().map(place).collect();
        prop_assert!(places.iter().all(Option::is_some));
        prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(chosen.iter().all(|index| places.contains(&Some(*index))));
        prop_assert_eq!(select(&selected, &selection).unwrap(), selected, "idempotent");
    }
}
