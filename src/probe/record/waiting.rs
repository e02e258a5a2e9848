//! Samples on their way to the file. They are turned into text together: a program that was just woken
//! up does everything slowly, and many times more so what it has not done for a while.

use std::time::Duration;

use super::Sample;

/// Samples that are not in the writer yet.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Samples with the values of further fields.
    values: Vec<(Sample, Vec<Option<f64>>)>,
    /// Times with an index of what was found then: at rest that is the same again and again.
    rows: Vec<(Duration, usize)>,
    /// Whether the last of these values are what is held.
    ends_held: bool,
}

impl Waiting {
    /// Adds a sample with values of `further` fields.
    pub(super) fn push(&mut self, sample: &Sample, further: &[Option<f64>]) {
        self.rows.push((sample.t, self.values.len()));
        self.values.push((*sample, further.to_vec()));
        self.ends_held = false;
    }

    /// Adds what is `held` once more, at `t`.
    pub(super) fn repeat(&mut self, t: Duration, held: &Sample) {
        if self.ends_held {
            self.rows.push((t, self.values.len() - 1));
        } else {
            self.push(held, &[]);
            self.ends_held = true;
        }
    }

    /// All, as the times at which a sample holds, the sample, and its further values.
    pub(super) fn samples(
        &self,
    ) -> impl Iterator<Item = (impl Iterator<Item = Duration>, &Sample, &[Option<f64>])> {
        self.rows.chunk_by(|(_, one), (_, other)| one == other).map(|rows| {
            let (sample, further) = &self.values[rows[0].1];
            (rows.iter().map(|(t, _)| *t), sample, &further[..])
        })
    }

    /// Forgets all, and keeps their place.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.values.clear();
        self.ends_held = false;
    }
}
