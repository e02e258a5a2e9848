use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Rule {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn absolute(value: f64, unit: Unit) -> Limit {
    Limit::Absolute { value, unit }
}

fn per_row() -> Unit {
    Unit::Other("B/row".to_owned())
}

#[test]
fn rules_read_as_they_are_typed() {
    let limit = |text: &str| read(text).limit;
    assert_eq!(limit("peak_rss>3%"), Limit::Relative(0.03));
    assert_eq!(limit(" peak_rss > 0.1 % "), Limit::Relative(0.001));
    assert_eq!(limit("peak_rss > 5 MiB"), absolute(f64::from(5 << 20), Unit::Bytes));
    assert_eq!(limit("peak_rss>1.5gb"), absolute(1.5e9, Unit::Bytes));
    assert_eq!(limit("peak_rss>50_000B"), absolute(50_000.0, Unit::Bytes));
    assert_eq!(limit("growth_rss>16B/row"), absolute(16.0, per_row()));
    assert_eq!(limit("growth_rss>2KiB/row"), absolute(2048.0, per_row()));
    assert_eq!(limit("wall_time>7ms"), absolute(0.007, Unit::Seconds));
    assert_eq!(limit("threads>2"), absolute(2.0, Unit::Count));
    assert_eq!(limit("queries>2"), absolute(2.0, Unit::Count));
    assert_eq!(limit("speed>5km/h"), absolute(5.0, Unit::Other("km/h".to_owned())));
    let rule = read("*/yaml/*: peak_rss>5%");
    assert_eq!((rule.cells.as_deref(), rule.metric.as_str()), (Some("*/yaml/*"), "peak_rss"));
    // Values of axes may hold the signs that separate the parts.
    assert_eq!(read("a:b/c>d:peak_rss>5%").cells.as_deref(), Some("a:b/c>d"));
}

#[test]
fn what_is_no_rule_is_told_what_it_lacks() {
    let bad = [
        "",
        "peak_rss",
        "peak_rss<3%",
        "peak_rss>",
        "peak_rss>=3%",
        "peak_rss>much",
        "peak_rss>3",
        "peak_rss>3parsecs",
        "peak_rss>3s",
        "peak_rss>-3%",
        "peak_rss>1.2.3%",
        "peak_rss>inf%",
        "peak_rss>1,5%",
        "peak_rss>3% %",
        "wall_time>5MiB",
        "threads>2B",
        ">3%",
        "*:>3%",
        ":peak_rss>3%",
        "peak rss>3%",
        "[a:peak_rss>3%",
        "peak_rs>3%",
        "Peak-RSS>3%",
        "rss>3%",
        "heap_peak>3%",
        "wall_tiem>3%",
        "x>3 a b",
    ];
    let said = bad.map(|text| match text.parse::<Rule>() {
        Ok(rule) => panic!("{text} was read as {rule}"),
        Err(error) => format!("{text}\n    {error}\n"),
    });
    insta::assert_snapshot!(said.concat());
}

#[test]
fn metrics_of_a_workload_are_no_slips() {
    for metric in ["gpu_time", "call_time", "rows", "peak_bytes", "rss_at_end", "latency_p99"] {
        assert_eq!(read(&format!("{metric}>3%")).metric, metric);
    }
}

#[test]
fn the_last_rule_for_a_cell_and_a_metric_counts() {
    let rules = ["peak_rss>3%", "*/yaml/*:peak_rss>5%", "wall_time>10%", "[a]/b:peak_rss>7%"];
    let rules = rules.map(read);
    let found = |cell: &str, metric: &str| {
        let cell = CellId::from_values(cell.split('/'));
        Rule::find(&rules, &cell, metric).map(ToString::to_string)
    };
    assert_eq!(found("sqlite/json/patched", "peak_rss").as_deref(), Some("peak_rss>3%"));
    assert_eq!(found("sqlite/yaml/patched", "peak_rss").as_deref(), Some("*/yaml/*:peak_rss>5%"));
    assert_eq!(found("sqlite/yaml/a/b", "peak_rss").as_deref(), Some("peak_rss>3%"));
    assert_eq!(found("[a]/b", "peak_rss").as_deref(), Some("[a]/b:peak_rss>7%"));
    assert_eq!(found("sqlite/yaml/patched", "peak_uss"), None);
}

#[test]
fn an_allowance_is_in_the_metrics_unit() {
    let allowance = |text: &str, unit: &Unit| read(text).limit.allowance(200.0, unit);
    assert_eq!(allowance("x>5%", &Unit::Count), Some(10.0));
    assert_eq!(allowance("x>1KiB", &Unit::Bytes), Some(1024.0));
    assert_eq!(allowance("x>3KiB", &Unit::Other("KiB".to_owned())), Some(3.0));
    assert_eq!(allowance("x>2s", &Unit::Other("ms".to_owned())), Some(2000.0));
    assert_eq!(allowance("x>1B/row", &per_row()), Some(1.0));
    assert_eq!(allowance("x>2s", &Unit::Bytes), None);
    assert_eq!(allowance("x>2s", &Unit::Other("apples".to_owned())), None);
}

#[test]
fn a_unit_is_no_second_number() {
    for text in ["a>0 2", "a>0 _", "a>0 ,5", "a>0 -apples"] {
        let message = text.parse::<Rule>().unwrap_err().to_string();
        assert!(message.contains("is no unit"), "{message}");
    }
    "a>1 .5".parse::<Rule>().unwrap_err();
}

#[test]
fn limits_are_written_in_the_unit_that_suits_them() {
    let written = |text: &str| read(text).to_string();
    assert_eq!(written("peak_rss > 5120 KiB"), "peak_rss>5MiB");
    assert_eq!(written("peak_rss>3000kB"), "peak_rss>3MB");
    assert_eq!(written("peak_rss>0B"), "peak_rss>0B");
    assert_eq!(written("peak_rss>0%"), "peak_rss>0%");
    assert_eq!(written("wall_time>250ms"), "wall_time>0.25s");
    assert_eq!(written("a/*:growth_rss>16 B/row"), "a/*:growth_rss>16B/row");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read_again(
        cells in proptest::option::of("[a-z*:>.]{1,4}(/[a-z*]{1,3}){0,2}"),
        metric in "(peak_rss|wall_time|threads|growth_rss|[x-z]_[a-z0-9]{2,6})",
        whole in 0..1_000_000_u32,
        part in proptest::option::of(0..10_000_u32),
        word in "(%|B|kb|KiB|MiB|GB|TiB|s|ms|µs|us|min|h||B/row|MiB/row|apples)",
    ) {
        let cells = cells.map(|cells| format!("{cells}:")).unwrap_or_default();
        let part = part.map(|part| format!(".{part:04}")).unwrap_or_default();
        // Units that the metric can't have are refused, and that is not what is tried here.
        if let Ok(rule) = format!("{cells}{metric}>{whole}{part}{word}").parse::<Rule>() {
            prop_assert_eq!(rule.to_string().parse::<Rule>(), Ok(rule));
        }
    }

    #[test]
    fn reading_never_panics(text in "\\PC{0,24}|[a-z_:*/>%0-9. -]{0,24}") {
        if let Ok(rule) = text.parse::<Rule>() {
            prop_assert_eq!(rule.to_string().parse::<Rule>(), Ok(rule));
        }
    }
}
