//! The labels of a time axis: which of them stand in a picture whose width only the browser knows. Pure.

use super::{Axis, Tick};

/// Whether a tick's label ends at it, for want of room behind it.
pub(super) fn is_last(tick: &Tick) -> bool {
    tick.at > 0.94
}

/// What stands at a tick.
pub(super) fn time_label(tick: &Tick, unit: &str) -> String {
    if tick.at == 0.0 { "0".to_owned() } else { format!("{} {unit}", tick.label) }
}

/// How wide a chart of `class` is at least, in CSS pixels, where the style sheet shows all labels that
/// are there.
pub(super) fn narrowest(class: &str) -> f64 {
    if class.starts_with("small") { 145.0 } else { 580.0 }
}

/// The least such that each label of so many stands clear of the one before it on `x`, which is `width`
/// wide. A script that draws the chart again measures them.
pub(super) fn stride(x: &Axis, width: f64) -> usize {
    /// No character is wider on average, in CSS pixels; and the gap between two labels.
    const CHARACTER: f64 = 7.0;
    const GAP: f64 = 3.0;
    let room = |tick: &Tick| {
        let (at, long) = (tick.at * width, time_label(tick, x.unit).len() as f64 * CHARACTER);
        if is_last(tick) { (at - long, at) } else { (at - long / 2.0, at + long / 2.0) }
    };
    let rooms: Vec<_> = x.ticks.iter().map(room).collect();
    let is_clear = |stride: &usize| {
        let shown: Vec<_> = rooms.iter().step_by(*stride).collect();
        shown.windows(2).all(|pair| pair[0].1 + GAP <= pair[1].0)
    };
    (1..rooms.len()).find(is_clear).unwrap_or(rooms.len().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_time_stand_clear_of_each_other() {
        let shown = |end, width| {
            let x = Axis::seconds(end, 4);
            let labels = x.ticks.iter().map(|tick| time_label(tick, x.unit));
            labels.step_by(stride(&x, width)).collect::<Vec<_>>()
        };
        assert_eq!(shown(4.2, 145.0), ["0", "1 s", "2 s", "3 s", "4 s"]);
        // The last one ends at its tick: it would run into the one before it.
        assert_eq!(shown(0.103, 145.0), ["0", "40 ms", "80 ms"]);
        assert_eq!(shown(0.103, 580.0), ["0", "20 ms", "40 ms", "60 ms", "80 ms", "100 ms"]);
        assert_eq!(stride(&Axis { end: 1.0, ticks: Vec::new(), unit: "s" }, 145.0), 1);
    }
}
