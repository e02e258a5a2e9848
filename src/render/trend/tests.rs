//! A trend as a person and as a program reads it.

use super::sample::trend;
use super::*;
use crate::render::terminal::Look;

const MIB: f64 = 1024.0 * 1024.0;

#[test]
fn it_reads_well_without_colour() {
    let (trend, changes) = trend();
    let table = table(&trend, &changes, Look { color: false, width: Some(140) });
    insta::assert_snapshot!(table);
}

#[test]
fn colour_only_adds_colour() {
    let (trend, changes) = trend();
    let of = |color| table(&trend, &changes, Look { color, width: None });
    assert!(!of(false).contains('\u{1b}') && of(true).contains('\u{1b}'));
    let stripped = anstream::adapter::strip_str(&of(true)).to_string();
    assert_eq!(stripped.replace(' ', ""), of(false).replace(' ', ""));
}

#[test]
fn json_has_every_run_and_what_changed() {
    let (trend, changes) = trend();
    let json = serde_json::to_value(document(&trend, &changes)).unwrap();
    assert_eq!(json["runs"].as_array().unwrap().len(), 5);
    assert_eq!(json["runs"][3]["figure"]["median"], 121.0 * MIB);
    assert_eq!(json["runs"][4]["change"]["not_comparable"], "another machine");
    assert_eq!(json["changes"][0]["commits"]["added"]["count"], 40);
    assert_eq!(json["changes"][1]["unknown"], "the cache has no clone");
}
