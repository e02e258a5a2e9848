//! A figure over runs as SVG text: a point for each run, side by side however long lies between
//! them, with the range of its attempts; a cross for a run that has no figure.

use std::fmt::Write;

use super::Axis;
use super::svg::{self, percent};
use crate::render::escape::escaped;

/// Dates at the axis, at most: more overlap on a phone.
const DATES: usize = 3;
/// Width and height of the line's own coordinates.
const WIDTH: f64 = 2000.0;
const HEIGHT: f64 = 1000.0;

/// A run's place in the chart.
#[derive(Clone, Debug)]
pub struct Dot {
    /// What it says when it is pointed at.
    pub title: String,
    /// The day, under the axis.
    pub date: String,
    /// Least, middle and largest value; `None` if there is none.
    pub values: Option<(f64, f64, f64)>,
}

/// The chart as an `svg` element; `title` says what it shows, in a sentence. All text in it is
/// escaped.
#[must_use]
pub fn render(title: &str, y: &Axis, dots: &[Dot]) -> String {
    let mut svg = format!(
        r#"<svg class="chart large trend" role="img"><title>{}</title><g class="scale" aria-hidden="true">"#,
        escaped(title)
    );
    svg::y_scale(&mut svg, y);
    dates(&mut svg, dots);
    svg.push_str("</g>");
    line(&mut svg, y, dots);
    for (position, dot) in dots.iter().enumerate() {
        mark(&mut svg, y, dot, place(position, dots));
    }
    svg.push_str("</svg>");
    svg
}

/// The middle of a run's share of the width.
fn place(position: usize, dots: &[Dot]) -> f64 {
    (position as f64 + 0.5) / dots.len().max(1) as f64
}

fn dates(svg: &mut String, dots: &[Dot]) {
    let shown = dots.len().min(DATES);
    let mut last = "";
    for number in 0..shown {
        let position = if shown > 1 { number * (dots.len() - 1) / (shown - 1) } else { 0 };
        let date = dots[position].date.as_str();
        if date == last {
            continue;
        }
        last = date;
        let (at, class) = match number {
            0 => ("0%".to_owned(), "start"),
            _ if number + 1 == shown => ("100%".to_owned(), "end"),
            _ => (percent(place(position, dots)), "middle"),
        };
        let _ = write!(
            svg,
            r#"<text class="{class}" x="{at}" y="100%" dy="1.35em">{}</text>"#,
            escaped(date)
        );
    }
}

fn line(svg: &mut String, y: &Axis, dots: &[Dot]) {
    let _ = write!(
        svg,
        r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><path class="line s1" d=""#
    );
    let mut command = 'M';
    for (position, dot) in dots.iter().enumerate() {
        if let Some((_, middle, _)) = dot.values {
            let (x, y) = (place(position, dots) * WIDTH, (1.0 - y.place(middle)) * HEIGHT);
            let _ = write!(svg, "{command}{x:.0} {y:.0}");
            command = 'L';
        }
    }
    svg.push_str(r#""/></svg>"#);
}

fn mark(svg: &mut String, y: &Axis, dot: &Dot, at: f64) {
    let (x, title) = (percent(at), escaped(&dot.title));
    let height = |value| percent(1.0 - y.place(value));
    let _ = match dot.values {
        Some((low, middle, high)) => write!(
            svg,
            r#"<g><title>{title}</title><line class="range" x1="{x}" x2="{x}" y1="{}" y2="{}"/><circle class="peak s1" cx="{x}" cy="{}" r="3.5"/></g>"#,
            height(low),
            height(high),
            height(middle)
        ),
        None => write!(
            svg,
            r#"<g><title>{title}</title><text class="gap" x="{x}" y="100%" dy="-.3em">×</text></g>"#
        ),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(day: u32, values: Option<(f64, f64, f64)>) -> Dot {
        Dot { title: format!("night <{day}>"), date: format!("2026-11-{day:02}"), values }
    }

    #[test]
    fn every_run_has_a_mark_and_few_have_a_date() {
        let dots: Vec<Dot> =
            (1..=20).map(|day| dot(day, (day != 7).then_some((1e6, 2e6, 3e6)))).collect();
        let svg = render("RSS & more", &Axis::bytes(3e6, 5), &dots);
        assert_eq!(svg.matches("<circle").count(), 19);
        assert_eq!(svg.matches("×").count(), 1);
        assert_eq!(svg.matches("2026-11-").count(), DATES);
        assert!(svg.contains("2026-11-01") && svg.contains("2026-11-20"));
        assert!(svg.contains("night &lt;7&gt;") && svg.contains("RSS &amp; more"));
    }

    #[test]
    fn one_run_and_none_are_drawn_too() {
        let axis = Axis::seconds(1.0, 5);
        assert_eq!(render("t", &axis, &[dot(1, None)]).matches("2026").count(), 1);
        assert!(render("t", &axis, &[]).ends_with("</svg>"));
    }
}
