//! Which patch did it: what each patch of a series contributes to each metric, in each group of
//! cells that differ in their state only; which patches help only together; and which cells a
//! patch is for. `render` gets these shapes and nothing else; `docs/attribution.md` explains them.

mod attribute;
mod interaction;
mod latest;
mod purpose;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;

pub use attribute::{AttributionInput, attribute};
pub use latest::latest;

use super::comparison::{Interval, Verdict};
use super::summary::Statistic;
use crate::collect::record::{SeriesPatchRecord, SeriesRecord};
use crate::config::SeriesKind;
use crate::measurement::{Scope, Unit};
use crate::outcome::Outcome;
use crate::plan::CellId;

/// Version of an attribution's shape as JSON.
pub const SCHEMA: u32 = 1;

/// What the patches of a run's series contribute.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attribution {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The run.
    pub run: String,
    /// The name that the run was given.
    pub name: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// One for each state that was taken apart.
    pub series: Vec<SeriesAttribution>,
    /// What a reader should know beside that, such as a calibration that could not be used.
    pub notes: Vec<String>,
}

/// One series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesAttribution {
    /// The state with all of the patches, which has the series' name.
    pub state: String,
    /// In which way it was taken apart.
    pub kind: SeriesKind,
    /// The patches in the order in which they are applied.
    pub patches: Vec<PatchAttribution>,
    /// Cells that are alike but for their state, in matrix order.
    pub groups: Vec<Group>,
    /// States that could not be made.
    pub unapplied: Vec<Unapplied>,
}

/// One patch, over all groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PatchAttribution {
    /// What it is called.
    pub label: String,
    /// The source that it changes.
    pub source: String,
    /// The file's name.
    pub file: String,
    /// The groups that it is for, by metric: those in which it made the metric better. Metrics
    /// that it makes better nowhere are there too, with no cell.
    pub purpose: IndexMap<String, Purpose>,
}

/// Which groups a patch is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Purpose {
    /// Ids of the groups, in matrix order.
    pub groups: Vec<String>,
    /// How many groups were measured with it and without it.
    pub of: usize,
    /// In how many of these it can't be told.
    pub unclear: usize,
    /// The values that these groups have and no other group: `backend`, and `mysql`. Empty if it is
    /// for all groups, for none, or for some that no values tell apart.
    pub values: IndexMap<String, Vec<String>>,
}

/// Cells that are alike but for their state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Their common values, joined by `/`: `mysql/json`. Empty if the matrix has no other axis.
    pub id: String,
    /// Their common values by axis.
    pub values: IndexMap<String, String>,
    /// The series' states in this group.
    pub states: IndexMap<String, GroupState>,
    /// Metrics that the state with all patches or the one without any has.
    pub metrics: IndexMap<String, MetricAttribution>,
}

/// A cell of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupState {
    /// The cell; `None` if the run has none.
    pub cell: Option<CellId>,
    /// How it ended; `None`: never ran.
    pub outcome: Option<Outcome>,
    /// Why, unless it is `ok`.
    pub reason: Option<String>,
}

/// One metric of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricAttribution {
    /// What it counts.
    pub unit: Unit,
    /// Whose it is.
    pub scope: Scope,
    /// All patches together, against none.
    pub total: Contribution,
    /// Each patch, in the order of the series: with the others there, or after those before it.
    pub patches: Vec<Contribution>,
    /// What the contributions of single patches do not add up to, in the unit: the total less
    /// their sum. 0 (but for rounding) for a cumulative series.
    pub remainder: Option<Amount>,
    /// Pairs of patches that do more, or less, together.
    pub interactions: Vec<Interaction>,
}

/// What one step does: from the state without to the state with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contribution {
    /// The state without it.
    pub without: String,
    /// The state with it.
    pub with: String,
    /// The metric there; `None` if it has no value.
    pub before: Option<Statistic>,
    /// The metric here.
    pub after: Option<Statistic>,
    /// What it takes away, in the unit: `before − after` of the medians. Negative if it adds.
    pub amount: Option<Amount>,
    /// `after / before`.
    pub ratio: Option<f64>,
    /// The amount as a share of the total's; `None` if all patches together don't help.
    pub share: Option<f64>,
    /// As a comparison of the two states has it: *improved* if it helps.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
}

/// An amount, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Amount {
    /// In the unit.
    pub value: f64,
    /// Bootstrap interval, from three repeats on.
    pub interval: Option<Interval>,
}

/// Two patches that do not simply add up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interaction {
    /// Their labels.
    pub patches: (String, String),
    /// In which way.
    pub kind: InteractionKind,
    /// At least so much of the total needs both (or, for an overlap, either): in the unit.
    pub amount: Amount,
    /// The same as a share of the total.
    pub share: f64,
    /// In one sentence.
    pub reason: String,
}

/// How two patches go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InteractionKind {
    /// Leaving out either loses (nearly) all of the gain.
    OnlyTogether,
    /// A part of the gain needs both.
    MoreTogether,
    /// A part of the gain is there with either of the two.
    Overlap,
}

/// A state of the series whose patches could not be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unapplied {
    /// The state.
    pub state: String,
    /// Labels of the patches that it does not have.
    pub absent: Vec<String>,
    /// The label of the patch that could not be applied without them, if that is known.
    pub patch: Option<String>,
    /// The whole reason.
    pub reason: String,
}

impl SeriesRecord {
    /// The state that has just these patches.
    fn state(&self, having: &[usize]) -> Option<&str> {
        let state = self.states.iter().find(|(_, its)| its.as_slice() == having);
        state.map(|(name, _)| name.as_str())
    }

    /// The states between which patch number `index` makes the difference: without it, and with it.
    fn step(&self, index: usize) -> Option<(&str, &str)> {
        let all: Vec<usize> = (0..self.patches.len()).collect();
        match self.kind {
            SeriesKind::LeaveOneOut => {
                let others: Vec<usize> = all.iter().copied().filter(|it| *it != index).collect();
                Some((self.state(&others)?, self.state(&all)?))
            }
            SeriesKind::Cumulative => {
                Some((self.state(&all[..index])?, self.state(all.get(..=index)?)?))
            }
        }
    }

    /// The states between which all patches make the difference.
    fn whole(&self) -> Option<(&str, &str)> {
        Some((self.state(&[])?, self.state(&Vec::from_iter(0..self.patches.len()))?))
    }

    fn labels(&self) -> impl Iterator<Item = &String> {
        self.patches.iter().map(|SeriesPatchRecord { label, .. }| label)
    }
}
