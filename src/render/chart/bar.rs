//! A peak before and after as one bar: an outline, and what is left of it filled. Bars of one scale
//! stand below each other, so that what is best, worst and unchanged is seen without reading.

use std::fmt::Write;

use super::Axis;
use super::svg::percent;

/// A figure, and what it was.
#[derive(Clone, Copy, Debug)]
pub struct Bar<'a> {
    /// What all bars share.
    pub scale: &'a Axis,
    /// What it was in the baseline, drawn as an outline.
    pub before: Option<f64>,
    /// What it is, drawn filled.
    pub after: f64,
    /// Where `after` would lie in 95 of 100 cases, if repeats can tell.
    pub interval: Option<(f64, f64)>,
    /// The look of the curve that it stands for.
    pub look: usize,
}

/// The bar as an `svg` element, which the figures beside it say in words.
#[must_use]
pub fn render(bar: &Bar<'_>) -> String {
    let place = |value| percent(bar.scale.place(value));
    let mut svg = String::from(r#"<svg class="peaks" aria-hidden="true">"#);
    let mut rect = |class: &str, value| {
        let width = place(value);
        let _ = write!(svg, r#"<rect class="{class}" width="{width}"/>"#);
    };
    rect(&format!("is s{}", bar.look), bar.after);
    if let Some(before) = bar.before {
        rect("was", before);
    }
    if let Some((low, high)) = bar.interval {
        let (low, high) = (place(low), place(high));
        let _ = write!(svg, r#"<line x1="{low}" x2="{high}" y1="50%" y2="50%"/>"#);
    }
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_of_one_scale_can_be_held_against_each_other() {
        let scale = Axis { end: 400.0, ticks: Vec::new(), unit: "MiB" };
        let bar = Bar { scale: &scale, before: None, after: 100.0, interval: None, look: 2 };
        assert_eq!(
            render(&bar),
            r#"<svg class="peaks" aria-hidden="true"><rect class="is s2" width="25%"/></svg>"#
        );
        let judged = render(&Bar { before: Some(400.0), interval: Some((90.0, 500.0)), ..bar });
        assert!(judged.contains(r#"<rect class="was" width="100%""#), "{judged}");
        assert!(judged.contains(r#"x1="22.5%" x2="100%""#), "{judged}");
    }
}
