//! Curves without scales, labels or marks: one of very many small pictures, each of which is to be
//! light.

use std::fmt::Write;

use super::path::Area;
use super::{Axis, Line};

/// Width and height in coordinates: more than such a picture has pixels.
const SIZE: (f64, f64) = (400.0, 100.0);

/// The lines of `lines`, the lowest layer first, as an `svg` element. What stands around it says
/// in words what it shows.
#[must_use]
pub fn sketch(x: &Axis, y: &Axis, lines: &[Line<'_>]) -> String {
    let area = Area { x, y, size: SIZE };
    let (width, height) = SIZE;
    let mut svg = format!(
        r#"<svg class="chart small" viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">"#
    );
    for line in lines {
        if let Some(path) = area.path(line.points) {
            let _ = write!(svg, r#"<path class="line s{}" d="{}"/>"#, line.look, path.d);
        }
    }
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_is_its_lines_alone() {
        let axis = |end| Axis { end, ticks: Vec::new(), unit: "s" };
        let points = [(0.0, 0.0), (5.0, 8.0), (10.0, 8.0)];
        let line = Line { look: 1, points: &points, area: Some(&points), peak: None };
        assert_eq!(
            sketch(&axis(10.0), &axis(10.0), &[line]),
            r#"<svg class="chart small" viewBox="0 0 400 100" preserveAspectRatio="none" aria-hidden="true"><path class="line s1" d="M0 100l200-80h200"/></svg>"#
        );
    }
}
