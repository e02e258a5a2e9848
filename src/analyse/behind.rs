//! Cells that a change left behind: much more stayed there than in the cells beside them, be that
//! an improvement or not. They are the ones to look at when a change is not done yet. Pure.

use std::collections::HashMap;

use super::summary::CellSummary;
use crate::plan::CellId;

/// So many times what stayed in the middle one of the cells beside it is much more: a choice of
/// memgrid's own, beyond what repeats or machines differ by.
const MUCH: f64 = 1.5;
/// A middle of fewer others says nothing.
const FEWEST_OTHERS: usize = 2;

/// What stayed of a metric, as a share of the baseline's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behind {
    /// In the cell.
    pub share: f64,
    /// In the middle one of the cells beside it.
    pub others: f64,
}

/// A cell's `after / before`, and `after` itself.
type Left<'a> = (&'a CellSummary, f64, f64);

/// The cells in which both the value of `metric` and its share of the baseline's are at least
/// [`MUCH`] times the median over the others on a line of the matrix: cells that differ from it on
/// one axis only. Cells along the axis `twins` are not beside each other.
///
/// The share tells a cell that did not gain as the others did; the value keeps one that began low
/// from being one of them.
#[must_use]
pub fn behind<'a>(
    cells: &'a [CellSummary],
    metric: &str,
    twins: &str,
) -> HashMap<&'a CellId, Behind> {
    let left = |cell: &'a CellSummary| {
        let judged = cell.comparison.as_ref()?.metrics.get(metric)?;
        Some((cell, judged.ratio?, judged.after.as_ref()?.median))
    };
    let left: Vec<Left<'_>> = cells.iter().filter_map(left).collect();
    let mut lines: HashMap<_, Vec<Left<'_>>> = HashMap::new();
    for it in &left {
        for axis in it.0.cell.axes.keys().filter(|axis| *axis != twins) {
            lines.entry((axis, it.0.cell.twin_key(axis))).or_default().push(*it);
        }
    }
    lines.values().filter(|line| line.len() > FEWEST_OTHERS).flat_map(|line| on(line)).collect()
}

/// Those of one line.
fn on<'a>(line: &[Left<'a>]) -> Vec<(&'a CellId, Behind)> {
    let sorted = |value: fn(&Left<'_>) -> f64| {
        let mut values: Vec<f64> = line.iter().map(value).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    let (shares, values) = (sorted(|it| it.1), sorted(|it| it.2));
    let is_behind = |(cell, share, value): &Left<'a>| {
        let others = median_without(&shares, *share);
        let much = *share >= MUCH * others && *value >= MUCH * median_without(&values, *value);
        much.then_some((&cell.cell.id, Behind { share: *share, others }))
    };
    line.iter().filter_map(is_behind).collect()
}

/// The median of what is `sorted`, one `value` of it left out.
fn median_without(sorted: &[f64], value: f64) -> f64 {
    let place = sorted.partition_point(|other| *other < value);
    let others = sorted.len() - 1;
    let at = |index: usize| sorted[if index < place { index } else { index + 1 }];
    f64::midpoint(at((others - 1) / 2), at(others / 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::sample::Sample;

    /// The peaks that were measured with these of the three patches left out.
    fn found(peak: impl Fn(&str, &str) -> f64) -> Vec<String> {
        let mut sample = Sample::default_matrix();
        for cell in sample.cells.clone() {
            let (backend, format) = (&cell.axes["backend"], &cell.axes["format"]);
            let mib = match (cell.axes["state"].as_str(), backend.as_str(), format.as_str()) {
                ("patched", ..) => peak(backend, format),
                (_, "mysql", "yaml") => 392.0,
                (_, "postgresql", "yaml") => 411.0,
                (_, _, "yaml") => 395.0,
                (_, "mysql", _) => 161.0,
                (_, "postgresql", _) => 185.0,
                _ => 122.0,
            };
            sample.measure(0, &cell.id, &[(mib, 2.0)]);
        }
        let summary = sample.summary();
        let behind = behind(&summary.cells, "peak_rss", "state");
        let ids = summary.cells.iter().map(|cell| &cell.cell.id);
        ids.filter(|id| behind.contains_key(id)).map(ToString::to_string).collect()
    }

    fn low(backend: &str) -> f64 {
        if backend == "postgresql" { 63.0 } else { 50.0 }
    }

    #[test]
    fn what_a_missing_patch_is_for_stays_behind() {
        assert_eq!(found(|backend, _| low(backend)), Vec::<String>::new());
        let mysql = found(|backend, _| if backend == "mysql" { 161.0 } else { low(backend) });
        assert_eq!(mysql, ["mysql/json/patched", "mysql/xml/patched", "mysql/yaml/patched"]);
        let yaml = found(|backend, format| if format == "yaml" { 383.0 } else { low(backend) });
        assert_eq!(yaml, ["sqlite/yaml/patched", "postgresql/yaml/patched", "mysql/yaml/patched"]);
    }

    #[test]
    fn one_that_began_low_is_not_behind() {
        let all_alike = found(|_, _| 120.0);
        assert_eq!(all_alike, Vec::<String>::new(), "the YAML cells merely began higher");
    }

    #[test]
    fn the_median_leaves_one_out() {
        assert!((median_without(&[1.0, 2.0, 9.0], 9.0) - 1.5).abs() < 1e-9);
        assert!((median_without(&[1.0, 1.0, 9.0, 9.0], 1.0) - 9.0).abs() < 1e-9);
    }
}
