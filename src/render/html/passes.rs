//! What passes have found, on a cell's page: how many instances of a class live and what they hold
//! together, over time and beside the twin's; and the lines that had allocated most at the peak.

use serde::Serialize;

use super::curves::LegendView;
use super::names;
use super::overview::Overview;
use crate::analyse::summary::{CellSummary, Curve, PassResult};
use crate::measurement::{AllocationLines, objects, objects_size};
use crate::outcome::Outcome;
use crate::plan::Pass;
use crate::render::chart::{self, Axis, Chart, Line, Peak};
use crate::render::format;

#[derive(Serialize)]
pub(super) struct PassesView {
    charts: Vec<PassChart>,
    lines: Option<LinesView>,
    /// Why a pass has no result.
    troubles: Vec<String>,
    /// The runs that these are from, if another than the cell's.
    runs: Vec<String>,
}

#[derive(Serialize)]
struct PassChart {
    heading: String,
    legend: Vec<LegendView>,
    svg: String,
}

#[derive(Serialize)]
struct LinesView {
    /// How near to the peak, and of how much.
    caption: String,
    rows: Vec<LineView>,
    other: String,
    other_share: String,
}

#[derive(Serialize)]
struct LineView {
    /// `django/db/models/base.py:584`
    place: String,
    /// The whole path.
    file: String,
    bytes: String,
    share: String,
    blocks: String,
}

/// What the newest passes over `cell` have found; `None` if there were none.
pub(super) fn view(all: &Overview<'_>, cell: &CellSummary) -> Option<PassesView> {
    let (objects, lines) = (pass(cell, Pass::Objects), pass(cell, Pass::Lines));
    let both = || objects.iter().chain(&lines);
    both().next()?;
    let found = lines.and_then(|pass| pass.attempt.result.as_ref()?.lines.as_ref());
    let elsewhere = both().filter(|pass| cell.run.as_ref() != Some(&pass.run));
    let mut runs: Vec<String> = elsewhere.map(|pass| pass.run.clone()).collect();
    runs.dedup();
    Some(PassesView {
        charts: objects.map(|pass| charts(all, cell, pass)).unwrap_or_default(),
        lines: found.filter(|lines| lines.unavailable.is_none()).map(lines_view),
        troubles: both().flat_map(|pass| troubles(pass)).collect(),
        runs,
    })
}

fn pass(cell: &CellSummary, wanted: Pass) -> Option<&PassResult> {
    cell.passes.iter().find(|pass| pass.pass == wanted)
}

/// Why a pass found nothing.
fn troubles(pass: &PassResult) -> Vec<String> {
    let name = pass.pass.as_str();
    let attempt = &pass.attempt;
    let mut troubles = Vec::new();
    if attempt.outcome != Outcome::Ok {
        let why = attempt.reason.as_deref().unwrap_or("no reason was recorded");
        troubles.push(format!("The pass `{name}` ended {}: {why}", attempt.outcome));
    }
    let Some(result) = &attempt.result else { return troubles };
    let lines = result.lines.as_ref().and_then(|lines| lines.unavailable.as_ref());
    troubles.extend(lines.map(|why| format!("Lines are unavailable: {why}")));
    for (metric, found) in &result.metrics {
        if let (Some(class), Some(why)) =
            (metric.strip_prefix("peak_objects:"), found.unavailable.as_ref())
        {
            troubles.push(format!("Instances of {class} are unavailable: {why}"));
        }
    }
    troubles
}

/// For each class its number and its size.
fn charts(all: &Overview<'_>, cell: &CellSummary, own: &PassResult) -> Vec<PassChart> {
    let counts = own.curves.iter().filter_map(|curve| curve.metric.strip_prefix(&objects("")));
    let of_class = |class: &str| {
        let name = class.rsplit('.').next().unwrap_or(class);
        let twin = if twin_of(all, cell).is_some() { ", with its twin's" } else { "" };
        let number = Shown {
            heading: format!("Live instances of {name}{twin}"),
            metric: objects(class),
            axis: Axis::count,
            label: |value| format::thousands(value as i64),
        };
        let size = Shown {
            heading: format!("What they hold together{twin}"),
            metric: objects_size(class),
            axis: Axis::bytes,
            label: format::bytes,
        };
        [number, size].map(|shown| draw(all, cell, own, &shown))
    };
    counts.flat_map(of_class).flatten().collect()
}

/// One chart's subject.
struct Shown {
    heading: String,
    metric: String,
    axis: fn(f64, usize) -> Axis,
    label: fn(f64) -> String,
}

fn twin_of<'a>(
    all: &Overview<'a>,
    cell: &CellSummary,
) -> Option<(&'a CellSummary, &'a PassResult)> {
    let twin = all.cell(cell.twin.as_ref()?)?;
    Some((twin, pass(twin, Pass::Objects)?))
}

fn draw(
    all: &Overview<'_>,
    cell: &CellSummary,
    own: &PassResult,
    shown: &Shown,
) -> Option<PassChart> {
    let of = |pass: &PassResult| -> Option<Curve> {
        pass.curves.iter().find(|curve| curve.metric == shown.metric).cloned()
    };
    let twin = twin_of(all, cell).and_then(|(twin, pass)| Some((twin, of(pass)?)));
    let href = twin.as_ref().map(|(twin, _)| format!("../{}", names::cell_page(&twin.cell.id)));
    let mut curves = Vec::new();
    curves.extend(twin.map(|(twin, curve)| (twin, curve, href)));
    curves.push((cell, of(own)?, None));
    let most = |value: fn(&(f64, f64)) -> f64| {
        curves.iter().flat_map(|(_, curve, _)| &curve.points).map(value).fold(0.0, f64::max)
    };
    let (x, y) = (Axis::seconds(most(|point| point.0), 5), (shown.axis)(most(|point| point.1), 5));
    let highest = |curve: &Curve| curve.points.iter().map(|point| point.1).fold(0.0, f64::max);
    let lines: Vec<_> = curves
        .iter()
        .map(|(cell, curve, _)| Line {
            look: all.look(cell),
            points: &curve.points,
            area: Some(&curve.points),
            peak: Peak::of(&curve.points, shown.label),
        })
        .collect();
    let peaks = curves.iter().map(|(cell, curve, _)| {
        format!("{} up to {}", cell.cell.id, (shown.label)(highest(curve)))
    });
    let title = format!("{}: {}", shown.heading, peaks.collect::<Vec<_>>().join(", "));
    let marks = own.curves.first().map_or(&[][..], |curve| &curve.marks);
    let svg =
        chart::render(&Chart { class: "large", title: &title, x: &x, y: &y, lines: &lines, marks });
    let legend = curves.iter().map(|(cell, _, href)| LegendView {
        name: cell.cell.id.to_string(),
        swatch: chart::swatch(all.look(cell)),
        href: href.clone(),
    });
    let legend = legend.collect();
    Some(PassChart { heading: shown.heading.clone(), legend, svg })
}

#[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53")]
fn lines_view(found: &AllocationLines) -> LinesView {
    let share = |bytes: u64| format!("{:.1}%", 100.0 * bytes as f64 / found.live.max(1) as f64);
    let rows = found.top.iter().map(|line| LineView {
        place: place(&line.file, line.line),
        file: line.file.clone(),
        bytes: format::bytes(line.bytes as f64),
        share: share(line.bytes),
        blocks: format::thousands(i64::try_from(line.blocks).unwrap_or(i64::MAX)),
    });
    let other = found.live.saturating_sub(found.top.iter().map(|line| line.bytes).sum());
    LinesView {
        caption: format!(
            "What each line had allocated and not freed, at {:.1}% of the peak of live heap ({}).",
            100.0 * found.nearness(),
            format::bytes(found.live as f64)
        ),
        rows: rows.collect(),
        other: format::bytes(other as f64),
        other_share: share(other),
    }
}

/// `django/db/utils.py:98`; an instruction that the compiler has added may have no line.
fn place(file: &str, line: u32) -> String {
    let file = shortened(file);
    if line == 0 { file.to_owned() } else { format!("{file}:{line}") }
}

/// A file's name within the source tree, the environment or Python's own library that it is in.
fn shortened(file: &str) -> &str {
    for folder in ["/site-packages/", "/dist-packages/"] {
        if let Some((_, rest)) = file.rsplit_once(folder) {
            return rest;
        }
    }
    if let Some((_, rest)) = file.rsplit_once("/worktrees/") {
        let inside = rest.split_once('/').map_or(rest, |(_, rest)| rest);
        return inside.strip_prefix("tree/").unwrap_or(inside);
    }
    if let Some((_, rest)) = file.rsplit_once("/lib/python3") {
        return rest.split_once('/').map_or(file, |(_, rest)| rest);
    }
    // Its folder and its name.
    let mut slashes = file.rmatch_indices('/').map(|(place, _)| place);
    slashes.nth(1).map_or(file, |place| &file[place + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_as_people_know_them() {
        for (file, wanted) in [
            ("/c/worktrees/0f/tree/django/db/models/base.py", "django/db/models/base.py"),
            ("/e/lib/python3.11/site-packages/yaml/nodes.py", "yaml/nodes.py"),
            ("/usr/lib/python3/dist-packages/yaml/nodes.py", "yaml/nodes.py"),
            ("/usr/lib/python3.11/json/encoder.py", "json/encoder.py"),
            ("/home/a/project/workload/serialize.py", "workload/serialize.py"),
            ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"),
            ("x.py", "x.py"),
        ] {
            assert_eq!(shortened(file), wanted);
        }
    }
}
