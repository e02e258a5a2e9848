//! What figures of two runs must share to be held against each other.

use serde::{Deserialize, Serialize};

use super::record::{Allocator, RunManifest};

/// All but the source under test that memory and time depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// The machine's id.
    pub machine: String,
    /// The dataset's fingerprint, if there is one.
    pub dataset: Option<String>,
    /// Seconds between two samples.
    pub period: f64,
    /// Attempts at the same time.
    pub jobs: usize,
    /// Whether address randomisation was off.
    pub steady: bool,
    /// Whether live heap was counted.
    pub heap: bool,
    /// Where programs get their memory from, if that is known.
    pub allocator: Option<Allocator>,
    /// SHA-256 over the workload's files.
    pub workload_sha256: String,
}

impl Conditions {
    /// The conditions of a run.
    #[must_use]
    pub fn of(run: &RunManifest) -> Self {
        Self {
            machine: run.machine.id.clone(),
            dataset: run.dataset.as_ref().map(|data| data.fingerprint.clone()),
            period: run.measure.period,
            jobs: run.measure.jobs,
            steady: run.measure.steady,
            heap: run.measure.heap,
            allocator: run.allocator.clone(),
            workload_sha256: run.workload_sha256.clone(),
        }
    }

    /// What is not the same, for a sentence: `machine and dataset`; `None` if all is.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<String> {
        // One that is not known is not known to be another.
        let allocators = self.allocator.as_ref().zip(other.allocator.as_ref());
        let different = [
            ("machine", self.machine != other.machine),
            ("dataset", self.dataset != other.dataset),
            ("sampling period", self.period != other.period),
            ("number of jobs", self.jobs != other.jobs),
            ("setting of `steady`", self.steady != other.steady),
            ("setting of `heap`", self.heap != other.heap),
            ("allocator", allocators.is_some_and(|(one, other)| one != other)),
            ("workload", self.workload_sha256 != other.workload_sha256),
        ];
        let named: Vec<_> =
            different.iter().filter(|(_, differs)| *differs).map(|(what, _)| *what).collect();
        let (last, rest) = named.split_last()?;
        Some(if rest.is_empty() {
            (*last).to_owned()
        } else {
            format!("{} and {last}", rest.join(", "))
        })
    }
}
