//! What readers get of the default matrix's attribution.

use comrak::{Arena, parse_document};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::*;
use crate::analyse::attribution::sample::{PATCHES, SeriesSample};
use crate::config::SeriesKind;
use crate::outcome::Outcome;
use crate::render::markdown::reader::{dialect, intruders, table_rows};

fn sample() -> SeriesSample {
    let mut sample = SeriesSample::default_matrix();
    sample.end("postgresql/xml/patched-without-yaml", Outcome::Failed, "exit code 1");
    sample
}

fn peaks(sample: &SeriesSample, format: Format) -> String {
    let options = Options { metrics: vec!["peak_rss".to_owned()], ..Options::default() };
    render(&sample.attribute(), format, &options).unwrap()
}

#[test]
fn a_person_sees_which_patch_did_it() {
    insta::assert_snapshot!(peaks(&sample(), Format::Table));
}

#[test]
fn a_patch_that_needs_another_is_told_of() {
    let mut sample = SeriesSample::default_matrix();
    for cell in sample.cells.clone() {
        if cell.state() == Some("patched-without-5423") {
            sample.end(cell.id.as_str(), Outcome::PatchFailed, "yaml.patch: pyyaml.py: hunk 1");
        }
    }
    for format in [Format::Table, Format::Markdown] {
        let text = peaks(&sample, format);
        assert!(text.contains("yaml can't be applied without 5423"), "{text}");
        assert!(text.contains("patch-failed ≠"), "{text}");
    }
}

#[test]
fn steps_of_a_cumulative_series_are_said_to_be_that() {
    let axes: [(&str, &[&str]); 0] = [];
    let sample = SeriesSample::new(SeriesKind::Cumulative, &PATCHES, &axes, |_, having| {
        vec![400.0 - 100.0 * having.len() as f64; 3]
    });
    let text = peaks(&sample, Format::Table);
    assert!(text.contains("cumulative: what each patch does after those before it"), "{text}");
    assert!(text.contains("all cells"), "{text}");
}

#[test]
fn markdown_holds_the_same_figures_and_nothing_strange() {
    let mut sample = sample();
    sample.run.manifest.series["patched"].patches[1].label = "<b>|@who #1".to_owned();
    let text = peaks(&sample, Format::Markdown);
    let arena = Arena::new();
    let root = parse_document(&arena, &text, &dialect());
    assert_eq!(intruders(root), Vec::<String>::new(), "{text}");
    let rows = table_rows(root);
    assert_eq!(rows.len(), 9);
    let json = rows.iter().find(|row| row[0] == "mysql/json").unwrap();
    assert_eq!(json[1..4], ["161 → 51.6 MiB", "−68%", "−109 MiB ✓ (−110…−109 MiB)"]);
}

#[test]
fn reports_of_what_passes_or_fails_are_refused() {
    for format in [Format::Junit, Format::Github] {
        let error = render(&sample().attribute(), format, &Options::default()).unwrap_err();
        assert!(error.hint_text().unwrap().contains("markdown"), "{error}");
    }
}

/// The schema, with every key that it doesn't describe an error.
fn strict() -> Validator {
    fn close(schema: &mut Value) {
        if let Value::Object(object) = schema {
            if object
                .get("properties")
                .is_some_and(|it| it.get("type").is_none_or(Value::is_object))
            {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
            object.values_mut().for_each(close);
        } else if let Value::Array(items) = schema {
            items.iter_mut().for_each(close);
        }
    }
    let text = include_str!("../../../docs/attribution.schema.json");
    let mut schema: Value = serde_json::from_str(text).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    close(&mut schema);
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

#[test]
fn json_is_as_its_schema_says() {
    let axes: [(&str, &[&str]); 1] = [("a", &["x"])];
    let single = SeriesSample::new(SeriesKind::Cumulative, &PATCHES, &axes, |_, _| vec![1.0]);
    let mut failed = SeriesSample::default_matrix();
    failed.end("sqlite/json/patched-without-yaml", Outcome::PatchFailed, "yaml.patch: no");
    let validator = strict();
    for sample in [sample(), single, failed] {
        let document: Value = serde_json::from_str(&peaks(&sample, Format::Json)).unwrap();
        let problems: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(problems, Vec::<String>::new());
    }
}
