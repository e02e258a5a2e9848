//! Documents against the schema that users get.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::analyse::comparison::sample;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../docs/comparison.schema.json")).unwrap()
});

/// The schema, with every key that it doesn't describe an error. Users' schema lets them pass, so
/// that a later version may have more.
static STRICT: LazyLock<Validator> = LazyLock::new(|| {
    let mut schema = SCHEMA.clone();
    close(&mut schema);
    validator(&schema)
});

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap()
}

fn close(schema: &mut Value) {
    if let Value::Object(object) = schema {
        if object
            .get("properties")
            .is_some_and(|keys| keys.get("type").is_none_or(Value::is_object))
        {
            object.insert("additionalProperties".to_owned(), json!(false));
        }
        object.values_mut().for_each(close);
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(close);
    }
}

fn document(comparison: &Comparison) -> Value {
    let text = render(comparison).unwrap();
    assert!(text.ends_with("}\n"));
    serde_json::from_str(&text).unwrap()
}

fn problems(document: &Value) -> Vec<String> {
    let problem =
        |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    STRICT.iter_errors(document).map(problem).collect()
}

#[test]
fn the_schema_is_one_and_describes_every_key() {
    jsonschema::meta::validate(&SCHEMA).unwrap();
    fn check(schema: &Value) {
        if let Some(Value::Object(properties)) = schema.get("properties") {
            for (key, described) in properties {
                assert!(described["description"].is_string(), "{key} is not described");
            }
        }
        match schema {
            Value::Object(object) => object.values().for_each(check),
            Value::Array(items) => items.iter().for_each(check),
            _ => {}
        }
    }
    check(&SCHEMA);
}

#[test]
fn a_night_keeps_to_the_schema() {
    for comparison in [sample::night(), sample::quiet_night()] {
        assert_eq!(problems(&document(&comparison)), Vec::<String>::new());
    }
}

#[test]
fn the_schema_refuses_what_is_none() {
    let whole = document(&sample::night());
    let changes: [(&str, Value); 6] = [
        ("/gate", json!("green")),
        ("/cells/0/verdict", json!("better")),
        ("/cells/0/metrics/peak_rss/before/median", json!(null)),
        ("/cells/0/metrics/peak_rss/ratio", json!("1")),
        ("/before/started", json!("yesterday")),
        ("/unpaired/0", json!({"id": "a", "side": "left", "outcome": null})),
    ];
    for (place, wrong) in changes {
        let mut document = whole.clone();
        *document.pointer_mut(place).unwrap() = wrong;
        assert!(!problems(&document).is_empty(), "{place}");
        assert!(!validator(&SCHEMA).is_valid(&document), "{place}");
    }
}

#[test]
fn keys_say_what_was_found() {
    let document = document(&sample::night());
    let cells = document["cells"].as_array().unwrap();
    let cell = |id: &str| cells.iter().find(|cell| cell["id"] == id).unwrap();
    let buffers = cell("sqlite/yaml/patched");
    assert_eq!(buffers["verdict"], "regressed");
    assert_eq!(buffers["confirmed"], true);
    let peak = &buffers["metrics"]["peak_rss"];
    assert!((peak["ratio"].as_f64().unwrap() - 392.0 / 52.4).abs() < 1e-9);
    assert_eq!((&peak["rule"], &peak["unit"]), (&json!("peak_rss>3%"), &json!("B")));
    assert_eq!(buffers["growth"]["rss"]["after"]["shape"], "linear");
    assert_eq!(cell("mysql/yaml/patched")["outcome"], json!({"before": "ok", "after": "failed"}));
    assert_eq!(cell("mysql/yaml/patched")["metrics"]["peak_rss"]["after"], Value::Null);
    assert_eq!(document["unpaired"][1]["side"], "before");
    assert_eq!(document["rules"][0]["limit"], json!({"relative": 0.03}));
}

#[test]
fn a_number_is_never_infinite() {
    let mut night = sample::night();
    let peak = &mut night.cells[0].metrics["peak_rss"];
    (peak.ratio, peak.difference) = (Some(f64::INFINITY), Some(f64::NAN));
    peak.interval = Some(Interval { low: 1.0, high: f64::INFINITY, confidence: 0.95 });
    peak.before.as_mut().unwrap().median = f64::NAN;
    let document = document(&night);
    assert_eq!(problems(&document), Vec::<String>::new());
    let peak = &document["cells"][0]["metrics"]["peak_rss"];
    for key in ["ratio", "difference", "interval", "before"] {
        assert_eq!(peak[key], Value::Null, "{key}");
    }
    night.rules[0].limit = Limit::Relative(f64::INFINITY);
    assert!(render(&night).unwrap_err().to_string().contains("peak_rss>inf%"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_comparison_keeps_to_the_schema(comparison in sample::any()) {
        prop_assert_eq!(problems(&document(&comparison)), Vec::<String>::new());
    }
}
