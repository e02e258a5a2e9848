//! What is drawn of an attempt's samples: curves with few points and every peak. They follow from
//! the sample file alone, so whoever keeps them must be able to tell whether they still do.

mod differences;
mod packed;
mod straight;
mod thin;

use super::{SampleFile, Unit, objects};

pub use differences::Differences;
pub use packed::FORMAT;
pub use straight::straight;
pub use thin::thin;

/// Points of a curve on a page: enough for a chart as wide as the page.
pub const PAGE: usize = 1200;
/// Points of a curve in the grid: about as many as a field has pixels.
pub const GRID: usize = 240;
/// How far the work was, in the workload's own count: a curve that others are drawn over.
pub const PROGRESS: &str = "progress";

/// Moments are told in so many parts of a second: ten times as fine as the fastest sampling.
pub const TICKS: f64 = 10_000.0;

/// Readings over time: seconds since exec, and the value.
pub type Points = Vec<(f64, f64)>;

/// The curves of one attempt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// Moments that the workload named: seconds since exec, and the name.
    pub marks: Vec<(f64, String)>,
    /// What was read, and its readings; in the order of the sample file.
    pub curves: Vec<(String, Points)>,
}

impl Curves {
    /// One for each field of `file` that counts bytes, the work done, or a class's instances, and
    /// was read at least once; with at most [`PAGE`] points each.
    #[must_use]
    pub fn of(file: &SampleFile) -> Self {
        let fields = file.header.fields.iter();
        let drawn = fields.filter(|field| field.unit == Unit::Bytes || is_other(&field.name));
        let curve = |name: &String| {
            let readings: Points = file.points(name).collect();
            let told = |(time, value)| (rounded(time), value);
            (name.clone(), straight(thin(&readings, PAGE)).into_iter().map(told).collect())
        };
        let curves = drawn.map(|field| curve(&field.name));
        Self {
            marks: file.marks.iter().map(|mark| (mark.t, mark.name.clone())).collect(),
            curves: curves.filter(|(_, points): &(_, Points)| !points.is_empty()).collect(),
        }
    }

    /// As bytes: see [`FORMAT`].
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        packed::write(self)
    }

    /// What [`to_bytes`](Self::to_bytes) wrote; `None` if it wasn't that. Curves that are not
    /// `wanted` are left without points.
    pub fn from_bytes(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> Option<Self> {
        packed::read(bytes, wanted)
    }
}

/// Whether a curve is made of what counts no bytes.
fn is_other(field: &str) -> bool {
    field == PROGRESS || field.starts_with(&objects(""))
}

fn rounded(seconds: f64) -> f64 {
    (seconds * TICKS).round() / TICKS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_become_a_curve_a_field() {
        let file = r#"{"schema":1,"program":"memprobe","started":"","pid":1,"command":[],"period":0.01,"fields":[{"name":"t","unit":"s","scope":"tree"},{"name":"rss","unit":"B","scope":"tree"},{"name":"pss","unit":"B","scope":"tree"}]}
[0,1024,null]
{"mark":"start","t":0.005}
[0.01004,2048,null]
"#;
        let curves = Curves::of(&SampleFile::read(file.as_bytes()).unwrap());
        let wanted = Curves {
            marks: vec![(0.005, "start".to_owned())],
            curves: vec![("rss".to_owned(), vec![(0.0, 1024.0), (0.01, 2048.0)])],
        };
        assert_eq!(curves, wanted);
    }
}
