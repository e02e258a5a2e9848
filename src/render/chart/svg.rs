//! A chart as SVG text.
//!
//! The outer `svg` is the plot area itself: CSS gives it its size and leaves margins for the
//! labels, which are placed in percent and so keep their size. Only the curves are scaled with the
//! area, without their strokes.

use std::fmt::Write;

use super::Axis;
use super::path::{Area, Path};
use super::time_labels::{is_last, narrowest, stride, time_label};
use crate::render::escape::escaped;

/// Width and height of the curves' own coordinates.
const WIDTH: f64 = 2000.0;
const HEIGHT: f64 = 1000.0;
/// Labels of marks that would overlap on a phone are put on further lines, at most so many.
const MARK_LINES: usize = 4;
/// The share of a phone's width that one character of a label takes.
const CHARACTER: f64 = 0.022;

/// One curve.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Its look: class `s0` (the baseline's), `s1`, …
    pub look: usize,
    /// Seconds and bytes.
    pub points: &'a [(f64, f64)],
    /// The curve below which the chart is filled: the line's own, or that of a part of it.
    pub area: Option<&'a [(f64, f64)]>,
    /// What its highest point is called; the point itself is marked in any case.
    pub peak: Option<Peak>,
}

/// How high a curve was, which may have been between two of its points.
#[derive(Clone, Debug, PartialEq)]
pub struct Peak {
    /// Seconds and bytes.
    pub at: (f64, f64),
    /// Such as `394 MiB`.
    pub label: String,
}

impl Peak {
    /// The share of the vertical axis from which on a point is seen to be above its curve.
    const SEEN: f64 = 0.005;

    /// The highest of `points`; `None` if there are none.
    #[must_use]
    pub fn of(points: &[(f64, f64)], label: impl Fn(f64) -> String) -> Option<Self> {
        let highest = points.iter().max_by(|one, other| one.1.total_cmp(&other.1));
        highest.map(|at| Self { at: *at, label: label(at.1) })
    }

    /// Whether it is seen to be above the highest of `points`, on an axis that ends at `end`.
    #[must_use]
    pub fn is_above(&self, points: &[(f64, f64)], end: f64) -> bool {
        let highest = points.iter().map(|point| point.1).fold(0.0, f64::max);
        self.at.1 - highest > Self::SEEN * end
    }
}

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// CSS class beside `chart`: `small` or `large`.
    pub class: &'a str,
    /// What it shows, in a sentence: read aloud, and shown on hovering.
    pub title: &'a str,
    /// Time.
    pub x: &'a Axis,
    /// Memory.
    pub y: &'a Axis,
    /// Curves, the lowest layer first.
    pub lines: &'a [Line<'a>],
    /// Moments to mark: seconds and name.
    pub marks: &'a [(f64, String)],
}

/// The chart as an `svg` element. All text in it is escaped.
#[must_use]
pub fn render(chart: &Chart<'_>) -> String {
    let mut svg = String::with_capacity(2048);
    let (marks, lines) = marks(chart);
    let _ = write!(
        svg,
        r#"<svg class="chart {} marks-{lines}" role="img"><title>{}</title>"#,
        chart.class,
        escaped(chart.title)
    );
    scales(&mut svg, chart);
    let _ = write!(
        svg,
        r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">"#
    );
    for line in chart.lines {
        curve(&mut svg, chart, line);
    }
    svg.push_str("</svg>");
    svg.push_str(&marks);
    for line in chart.lines {
        peak(&mut svg, chart, line);
    }
    svg.push_str("</svg>");
    svg
}

/// A short piece of a line, for legends.
#[must_use]
pub fn swatch(look: usize) -> String {
    format!(
        r#"<svg class="swatch" aria-hidden="true"><line class="line s{look}" x1="1" y1="5" x2="27" y2="5"/></svg>"#
    )
}

fn scales(svg: &mut String, chart: &Chart<'_>) {
    svg.push_str(r#"<g class="scale" aria-hidden="true">"#);
    y_scale(svg, chart.y);
    let stride = stride(chart.x, narrowest(chart.class));
    for (number, tick) in chart.x.ticks.iter().enumerate() {
        let at = percent(tick.at);
        let _ = write!(svg, r#"<line class="tick" x1="{at}" x2="{at}" y1="100%" y2="100%"/>"#);
        if number % stride == 0 {
            let class = if is_last(tick) { "x last" } else { "x" };
            let label = time_label(tick, chart.x.unit);
            let _ = write!(
                svg,
                r#"<text class="{class}" x="{at}" y="100%" dy="1.35em">{label}</text>"#
            );
        }
    }
    svg.push_str("</g>");
}

/// Lines across at the ticks of the vertical axis, with their labels.
pub(super) fn y_scale(svg: &mut String, y: &Axis) {
    let unit = y.unit;
    for tick in &y.ticks {
        let (at, class) = (percent(1.0 - tick.at), if tick.at == 0.0 { "base" } else { "rule" });
        let _ = write!(
            svg,
            r#"<line class="{class}" x1="0" x2="100%" y1="{at}" y2="{at}"/><text class="y" x="0" y="{at}" dx="-6" dy=".33em">{}<tspan class="unit"> {unit}</tspan></text>"#,
            tick.label
        );
    }
}

fn curve(svg: &mut String, chart: &Chart<'_>, line: &Line<'_>) {
    let look = line.look;
    let area = Area { x: chart.x, y: chart.y, size: (WIDTH, HEIGHT) };
    let path = area.path(line.points);
    let below;
    // Most are filled below themselves.
    let filled = match line.area {
        Some(points) if !std::ptr::eq(points, line.points) => {
            below = area.path(points);
            below.as_ref()
        }
        own => path.as_ref().filter(|_| own.is_some()),
    };
    if let Some(Path { d, first }) = filled {
        let _ = write!(svg, r#"<path class="area s{look}" d="{d}V{HEIGHT}H{first}Z"/>"#);
    }
    if let Some(Path { d, .. }) = &path {
        let _ = write!(svg, r#"<path class="line s{look}" d="{d}"/>"#);
    }
}

fn peak(svg: &mut String, chart: &Chart<'_>, line: &Line<'_>) {
    let highest = line.points.iter().max_by(|one, other| one.1.total_cmp(&other.1));
    let Some(highest) = highest else { return };
    let above = line.peak.as_ref().filter(|peak| peak.is_above(line.points, chart.y.end));
    let (time, value) = above.map_or(*highest, |peak| peak.at);
    let (x, y) = (chart.x.place(time), chart.y.place(value));
    let (cx, cy, look) = (percent(x), percent(1.0 - y), line.look);
    if above.is_some() {
        let next = line.points.partition_point(|point| point.0 < time);
        let foot = line.points.get(next).unwrap_or(highest).1;
        let foot = percent(1.0 - chart.y.place(foot));
        let _ = write!(
            svg,
            r#"<line class="stem s{look}" x1="{cx}" x2="{cx}" y1="{cy}" y2="{foot}"/>"#
        );
    }
    let _ = write!(svg, r#"<circle class="peak s{look}" cx="{cx}" cy="{cy}" r="3"/>"#);
    if let Some(Peak { label, .. }) = &line.peak {
        let (side, dx, dy) = match (above.is_some(), y > 0.93) {
            // Below it is the stem.
            (true, true) if x > 0.8 => ("end", "-.6em", ".35em"),
            (true, true) => ("start", ".6em", ".35em"),
            // Close by: above the plot are the marks' names, and below lies its own curve.
            (false, true) => (side(x), "0", "-.35em"),
            (_, false) => (side(x), "0", "-.7em"),
        };
        let _ = write!(
            svg,
            r#"<text class="value s{look} {side}" x="{cx}" y="{cy}" dx="{dx}" dy="{dy}">{}</text>"#,
            escaped(label)
        );
    }
}

/// The marks, and how many lines their labels take above the plot.
fn marks(chart: &Chart<'_>) -> (String, usize) {
    let mut svg = String::new();
    let mut ends = [f64::NEG_INFINITY; MARK_LINES];
    let mut used = 0;
    for (time, name) in chart.marks {
        let at = chart.x.place(*time);
        let x = percent(at);
        let _ = write!(svg, r#"<g class="mark"><line x1="{x}" x2="{x}" y1="0" y2="100%"/>"#);
        let name = shorten(name);
        let width = name.chars().count() as f64 * CHARACTER;
        let (start, end) = match side(at) {
            "end" => (at - width, at),
            "middle" => (at - width / 2.0, at + width / 2.0),
            _ => (at, at + width),
        };
        if let Some(line) = ends.iter().position(|taken| *taken < start) {
            ends[line] = end;
            used = used.max(line + 1);
            let up = 0.8 + 1.3 * line as f64;
            let _ = write!(
                svg,
                r#"<text class="{}" x="{x}" y="0" dy="-{up:.1}em">{}</text>"#,
                side(at),
                escaped(&name)
            );
        }
        svg.push_str("</g>");
    }
    (svg, used)
}

fn shorten(name: &str) -> String {
    const LONGEST: usize = 24;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// Where a label stands beside its point, so that it stays inside the chart.
fn side(at: f64) -> &'static str {
    match at {
        at if at < 0.2 => "start",
        at if at > 0.8 => "end",
        _ => "middle",
    }
}

pub(super) fn percent(share: f64) -> String {
    format!("{}%", (share * 10_000.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_between_two_points_stands_above_its_curve() {
        let points = [(0.0, 10.0), (1.0, 80.0), (2.0, 40.0)];
        let axis = |end| Axis { end, ticks: Vec::new(), unit: "s" };
        let drawn_to = |end, at: (f64, f64)| {
            let peak = Some(Peak { at, label: format!("{}", at.1) });
            let line = Line { look: 1, points: &points, area: None, peak };
            let (x, y) = (&axis(2.0), &axis(end));
            render(&Chart { class: "large", title: "", x, y, lines: &[line], marks: &[] })
        };
        let drawn = |at| drawn_to(100.0, at);
        let above = drawn((1.5, 90.0));
        assert!(above.contains(r#"<circle class="peak s1" cx="75%" cy="10%" r="3"/>"#), "{above}");
        let stem = r#"<line class="stem s1" x1="75%" x2="75%" y1="10%" y2="60%"/>"#;
        assert!(above.contains(stem) && above.contains(">90<"), "{above}");
        let at = drawn((1.0, 80.0));
        assert!(at.contains(r#"cx="50%" cy="20%""#) && !at.contains("stem"), "{at}");
        let label = |y: &str, dy: &str| format!(r#"x="50%" y="{y}" dx="0" dy="{dy}">80<"#);
        assert!(at.contains(&label("20%", "-.7em")), "{at}");
        assert!(drawn_to(84.0, (1.0, 80.0)).contains(&label("4.76%", "-.35em")));
        // What can't be seen to be above is at the point.
        let near = drawn((1.5, 80.4));
        assert!(drawn((1.5, 96.0)).contains(r#"start" x="75%" y="4%" dx=".6em" dy=".35em">96<"#));
        assert!(near.contains(r#"cx="50%" cy="20%""#) && near.contains(">80.4<"), "{near}");
    }
}
