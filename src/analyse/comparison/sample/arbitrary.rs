//! Comparisons of any shape, with names that try to break what they are written into.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::super::*;
use crate::config::Limit;

/// Pieces that mean something to one of the formats.
const PIECES: [&str; 44] = [
    "|",
    "`",
    "``",
    "```",
    "\\",
    "\\|",
    "*",
    "_",
    "~~",
    "#",
    "<",
    ">",
    "&",
    "&amp;",
    "\"",
    "'",
    "]]>",
    "<!--",
    "-->",
    "<script>",
    "</details>",
    "</code>",
    "<b>",
    "@octocat",
    "@a/b",
    "a@b.de",
    "http://x.de/",
    "www.x.de",
    "[a](b)",
    "![a](b)",
    "#12",
    "::error::",
    "%0A",
    "%",
    ":",
    ",",
    "\n",
    "\r\n",
    "\u{0}",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{fffe}",
    "- ",
    "    ",
];

/// Text of such pieces, and of anything else.
pub(crate) fn hostile_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned),
        2 => "[a-z0-9 ./]{1,6}",
        1 => prop::arbitrary::any::<String>().prop_map(|text| text.chars().take(8).collect()),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A comparison of any shape; figures are any finite numbers.
pub(crate) fn any() -> impl Strategy<Value = Comparison> {
    let said = || vec(hostile_text(), 0..3);
    let judgement = (vec(rule(), 0..3), gate(), said(), said());
    let parts = (side(), side(), vec(cell(), 0..6), vec(unpaired(), 0..4), judgement);
    parts.prop_map(|(before, after, cells, unpaired, (rules, gate, reasons, notes))| Comparison {
        schema: SCHEMA,
        before,
        after,
        rules,
        cells,
        unpaired,
        gate,
        reasons,
        notes,
    })
}

/// Config lets no control characters into names, but files from elsewhere may hold anything.
fn cell_id() -> impl Strategy<Value = CellId> {
    vec(hostile_text(), 1..4)
        .prop_map(|values| CellId::from_values(values.iter().map(String::as_str)))
}

fn gate() -> impl Strategy<Value = Gate> {
    prop::sample::select(vec![Gate::Passed, Gate::Regressed, Gate::Incomplete])
}

fn verdict() -> impl Strategy<Value = Verdict> {
    use Verdict::{Improved, Inconclusive, NotComparable, NotJudged, Regressed, Unchanged};
    prop::sample::select(vec![
        Improved,
        Inconclusive,
        NotComparable,
        NotJudged,
        Regressed,
        Unchanged,
    ])
}

fn outcome() -> impl Strategy<Value = Option<Outcome>> {
    option::weighted(0.9, prop::sample::select(&Outcome::ALL[..]))
}

fn finite() -> impl Strategy<Value = f64> {
    use prop::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![0.0..1e10, POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO]
}

fn unit() -> impl Strategy<Value = Unit> {
    prop_oneof![
        Just(Unit::Bytes),
        Just(Unit::Seconds),
        Just(Unit::Count),
        hostile_text().prop_map(Unit::Other),
    ]
}

/// Every scope: one that is missing here is an error of the compiler's.
fn scope() -> impl Strategy<Value = Scope> {
    let next = |scope: &Scope| match scope {
        Scope::Process => Some(Scope::Tree),
        Scope::Tree => Some(Scope::Cgroup),
        Scope::Cgroup => Some(Scope::Server),
        Scope::Server => Some(Scope::Workload),
        Scope::Workload => None,
    };
    let all = std::iter::successors(Some(Scope::Process), next);
    prop::sample::select(all.collect::<Vec<_>>())
}

fn limit() -> impl Strategy<Value = Limit> {
    prop_oneof![
        finite().prop_map(Limit::Relative),
        (finite(), unit()).prop_map(|(value, unit)| Limit::Absolute { value, unit }),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    (option::of(hostile_text()), hostile_text(), limit()).prop_map(|(cells, metric, limit)| Rule {
        cells,
        metric,
        limit,
    })
}

fn side() -> impl Strategy<Value = Side> {
    let sources = vec((hostile_text(), hostile_text()), 0..2);
    let revisions = vec((hostile_text(), sources), 0..2).prop_map(|states| {
        let states = states.into_iter();
        states.map(|(state, sources)| (state, sources.into_iter().collect())).collect()
    });
    let value = option::of((hostile_text(), hostile_text()));
    let name = option::of(hostile_text());
    (hostile_text(), hostile_text(), name, 0..4_000_000_000_i64, value, revisions).prop_map(
        |(label, run, name, started, value, revisions)| Side {
            label,
            run,
            name,
            started: Timestamp::from_second(started).unwrap(),
            value,
            revisions,
        },
    )
}

fn unpaired() -> impl Strategy<Value = Unpaired> {
    (cell_id(), prop::bool::ANY, outcome()).prop_map(|(id, after, outcome)| Unpaired {
        id,
        after,
        outcome,
    })
}

fn cell() -> impl Strategy<Value = CellComparison> {
    let name = prop_oneof![Just("peak_rss".to_owned()), hostile_text()];
    let metrics = vec((name, metric()), 0..4);
    let growth = vec((hostile_text(), growth()), 0..2);
    let judged = (verdict(), hostile_text(), prop::bool::ANY);
    ((cell_id(), cell_id()), (outcome(), outcome()), judged, metrics, growth).prop_map(
        |((id, before), outcomes, (verdict, reason, confirmed), metrics, growth)| CellComparison {
            id,
            before,
            outcomes,
            verdict,
            reason,
            metrics: metrics.into_iter().collect(),
            growth: growth.into_iter().collect(),
            confirmed,
        },
    )
}

fn statistic(unit: Unit, scope: Scope) -> impl Strategy<Value = Statistic> {
    (1..20_usize, finite(), finite(), finite()).prop_map(move |(count, median, min, max)| {
        let (mean, standard_deviation) = (min.midpoint(max), None);
        Statistic { unit: unit.clone(), scope, count, median, min, max, mean, standard_deviation }
    })
}

fn metric() -> impl Strategy<Value = MetricComparison> {
    (unit(), scope()).prop_flat_map(|(unit, scope)| {
        let sides = (
            option::of(statistic(unit.clone(), scope)),
            option::of(statistic(unit.clone(), scope)),
        );
        let interval = (finite(), finite(), 0.0..1.0)
            .prop_map(|(low, high, confidence)| Interval { low, high, confidence });
        use NoiseSource::{Assumed, Cell, Machine, Repeats};
        let source = vec![Assumed, Cell, Machine, Repeats];
        let noise = (limit(), prop::sample::select(source))
            .prop_map(|(size, source)| Noise { size, source });
        let evidence = (option::of(interval), option::of(0.0..=1.0), option::of(noise));
        let change = (option::of(finite()), option::of(finite()));
        let judged = (option::of(rule()), prop::bool::ANY, verdict(), hostile_text());
        (sides, change, evidence, judged).prop_map(
            move |((before, after), (ratio, difference), evidence, judged)| {
                let (rule, beyond_limit, verdict, reason) = judged;
                MetricComparison {
                    better: None,
                    unit: unit.clone(),
                    scope,
                    before,
                    after,
                    ratio,
                    difference,
                    interval: evidence.0,
                    p_value: evidence.1,
                    noise: evidence.2,
                    rule,
                    beyond_limit,
                    verdict,
                    reason,
                }
            },
        )
    })
}

fn growth() -> impl Strategy<Value = Growth> {
    let shape = || prop::sample::select(vec![Shape::Flat, Shape::Linear, Shape::Uneven]);
    let slope = move || {
        (shape(), finite(), hostile_text()).prop_map(|(shape, bytes_per_row, evidence)| Slope {
            shape,
            bytes_per_row,
            evidence,
        })
    };
    (option::of(slope()), option::of(slope())).prop_map(|(before, after)| Growth { before, after })
}
