//! A curve as the text of an SVG path, no longer than the picture needs: steps instead of places,
//! commands only where they change, and no point that lies on the line between its neighbours.
//!
//! Which points these are is found as U. Ramer ("An iterative procedure for the polygonal
//! approximation of plane curves", 1972) and D. Douglas and T. Peucker (1973) do it: a stretch is
//! drawn as one line if no point of it is further from that line than the eye could tell.

use super::Axis;

/// How far from where it belongs a point may be drawn, in the curve's own coordinates. Charts are
/// drawn with fewer pixels than they have coordinates.
const TOLERANCE: f64 = 0.7;

/// What curves are drawn on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area<'a> {
    pub x: &'a Axis,
    pub y: &'a Axis,
    /// Width and height, in coordinates.
    pub size: (f64, f64),
}

/// A path, and where it begins from left to right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub d: String,
    pub first: i64,
}

impl Area<'_> {
    /// The path through all points; `None` if there are none.
    pub(super) fn path(&self, points: &[(f64, f64)]) -> Option<Path> {
        let place = |(time, value): &(f64, f64)| {
            (self.x.place(*time) * self.size.0, (1.0 - self.y.place(*value)) * self.size.1)
        };
        let places: Vec<_> = points.iter().map(place).collect();
        let round = |(x, y): (f64, f64)| (x.round() as i64, y.round() as i64);
        let mut places: Vec<_> = telling(&places).into_iter().map(round).collect();
        places.dedup();
        let first = *places.first()?;
        let mut d = format!("M{} {}", first.0, first.1);
        if places.len() == 1 {
            d.push_str("h8");
        }
        let (mut command, mut digits) = (' ', itoa::Buffer::new());
        for step in places.windows(2) {
            let (dx, dy) = (step[1].0 - step[0].0, step[1].1 - step[0].1);
            let (next, numbers) = match (dx, dy) {
                (0, _) => ('v', &[dy][..]),
                (_, 0) => ('h', &[dx][..]),
                _ => ('l', &[dx, dy][..]),
            };
            let mut apart = next == command;
            if !apart {
                d.push(next);
            }
            command = next;
            for number in numbers {
                // A minus separates numbers too.
                if apart && *number >= 0 {
                    d.push(' ');
                }
                d.push_str(digits.format(*number));
                apart = true;
            }
        }
        Some(Path { d, first: first.0 })
    }
}

/// The places that are left when those are taken away which lines between the others pass.
fn telling(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept = vec![false; places.len()];
    let mut stretches = vec![(0, places.len().saturating_sub(1))];
    while let Some((from, to)) = stretches.pop() {
        let (Some(start), Some(end)) = (places.get(from), places.get(to)) else { break };
        (kept[from], kept[to]) = (true, true);
        let line = Stretch::new(*start, *end);
        let mut furthest = (0.0, from);
        for (place, at) in (from + 1..).zip(places.get(from + 1..to).unwrap_or_default()) {
            let square = line.square_to(*at);
            if square >= furthest.0 {
                furthest = (square, place);
            }
        }
        let (square, place) = furthest;
        if square > TOLERANCE * TOLERANCE {
            stretches.extend([(from, place), (place, to)]);
        }
    }
    places.iter().zip(kept).filter(|(_, kept)| *kept).map(|(place, _)| *place).collect()
}

/// The straight line between two places. It is asked for each place between them, over and over, so
/// it answers without a division and without a root.
struct Stretch {
    start: (f64, f64),
    /// From its start to its end.
    whole: (f64, f64),
    /// 1 over the square of its length; 0 if it has none.
    scale: f64,
}

impl Stretch {
    fn new(start: (f64, f64), end: (f64, f64)) -> Self {
        let whole = (end.0 - start.0, end.1 - start.1);
        let square = whole.0 * whole.0 + whole.1 * whole.1;
        Self { start, whole, scale: if square > 0.0 { 1.0 / square } else { 0.0 } }
    }

    /// The square of a place's distance from it.
    fn square_to(&self, place: (f64, f64)) -> f64 {
        let (x, y) = (place.0 - self.start.0, place.1 - self.start.1);
        let (dx, dy) = self.whole;
        let along = ((x * dx + y * dy) * self.scale).clamp(0.0, 1.0);
        let (x, y) = (x - along * dx, y - along * dy);
        x * x + y * y
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn axis(end: f64) -> Axis {
        Axis { end, ticks: Vec::new(), unit: "" }
    }

    fn drawn(points: &[(f64, f64)]) -> Option<String> {
        let (x, y) = (axis(100.0), axis(100.0));
        let area = Area { x: &x, y: &y, size: (100.0, 100.0) };
        area.path(points).map(|path| path.d)
    }

    #[test]
    fn commands_and_separators_stand_only_where_they_must() {
        let points = [(0.0, 0.0), (10.0, 50.0), (20.0, 30.0), (25.0, 90.0), (60.0, 90.0)];
        assert_eq!(drawn(&points).as_deref(), Some("M0 100l10-50 10 20 5-60h35"));
        assert_eq!(drawn(&[(5.0, 5.0)]).as_deref(), Some("M5 95h8"));
        assert_eq!(drawn(&[]), None);
    }

    #[test]
    fn what_lies_on_a_line_is_left_out_and_a_peak_never() {
        let line: Vec<_> = (0..=100).map(|n| (f64::from(n), f64::from(n) * 0.5)).collect();
        assert_eq!(drawn(&line).as_deref(), Some("M0 100l100-50"));
        let mut peak = line;
        peak[50].1 = 100.0;
        assert_eq!(drawn(&peak).as_deref(), Some("M0 100l49-24 1-76 1 75 49-25"));
    }

    fn distance(place: (f64, f64), start: (f64, f64), end: (f64, f64)) -> f64 {
        let ((x, y), (dx, dy)) =
            ((place.0 - start.0, place.1 - start.1), (end.0 - start.0, end.1 - start.1));
        let along = ((x * dx + y * dy) / dx.hypot(dy).powi(2)).clamp(0.0, 1.0);
        (x - along * dx).hypot(y - along * dy)
    }

    proptest! {
        #[test]
        fn no_place_is_further_from_the_drawn_line_than_the_eye_can_tell(
            values in prop::collection::vec(0.0..100.0_f64, 2..60),
        ) {
            let places: Vec<_> =
                values.iter().enumerate().map(|(n, value)| (n as f64, *value)).collect();
            let kept = telling(&places);
            for place in &places {
                let from = kept.partition_point(|other| other.0 <= place.0).clamp(1, kept.len() - 1);
                prop_assert!(distance(*place, kept[from - 1], kept[from]) <= TOLERANCE + 1e-9);
            }
        }
    }
}
