//! The part of a curve in which the work was done: from the moment that the workload named `start`,
//! or else its first `progress`, to the one that it named `end`. A workload that names
//! neither is at work from its first sample to its last.

use super::{Curve, SampleFile};

/// The mark at which the work begins.
const START: &str = "start";
/// The mark at which it ends.
const END: &str = "end";

/// A curve during the work.
pub(super) struct Work {
    /// What was held when the work began, in bytes; `None` if nobody said when that was.
    pub(super) before: Option<f64>,
    /// Seconds, and what was held then.
    pub(super) held: Vec<(f64, f64)>,
    /// Rows done, and the most that was held since the sample before. Without samples from before
    /// the first `progress`.
    pub(super) rows: Vec<(f64, f64)>,
    /// The most that was held from the start of the work to its end.
    highest: f64,
}

impl Work {
    pub(super) fn of(file: &SampleFile, curve: &Curve) -> Self {
        let mark = |name: &str| file.marks.iter().find(|mark| mark.name == name).map(|mark| mark.t);
        let progress: Vec<_> = file.points("progress").collect();
        let start = mark(START).or(progress.first().map(|first| first.0));
        let from = start.unwrap_or(0.0);
        let to = mark(END).filter(|end| *end >= from).unwrap_or(f64::INFINITY);
        let during = |points: &[(f64, f64)]| -> Vec<_> {
            points.iter().copied().filter(|(time, _)| (from..=to).contains(time)).collect()
        };
        let before = start.and_then(|_| before(&curve.held, from));
        let mut most = during(&curve.most);
        // The most since the sample before was then held before the work.
        for first in most.iter_mut().take_while(|(time, _)| *time <= from) {
            first.1 = before.unwrap_or(first.1);
        }
        Self {
            before,
            held: during(&curve.held),
            rows: by_rows(&progress, &most),
            highest: most.iter().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max),
        }
    }

    /// How much more was held at most than when the work began.
    pub(super) fn rise(&self) -> Result<f64, String> {
        match self.before {
            Some(before) if self.highest.is_finite() => Ok(self.highest - before),
            Some(_) => Err("there is no sample during the work".to_owned()),
            None => Err(format!("the workload sent neither `mark {START}` nor `progress`")),
        }
    }
}

/// What was held at a moment: the sample that was taken for its mark, or the one before.
fn before(held: &[(f64, f64)], moment: f64) -> Option<f64> {
    let later = held.partition_point(|(time, _)| *time <= moment);
    held.get(later.saturating_sub(1)).map(|point| point.1)
}

/// Puts the number of rows done in the place of the time. Both are in the order of time.
fn by_rows(progress: &[(f64, f64)], most: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let done = |time: f64| {
        let place = progress.binary_search_by(|(known, _)| known.total_cmp(&time)).ok()?;
        Some(progress[place].1)
    };
    most.iter().filter_map(|(time, bytes)| Some((done(*time)?, *bytes))).collect()
}
