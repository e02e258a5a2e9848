//! From attempts to figures: curves, statistics, summaries. Pure.
//!
//! `docs/statistics.md` says what each figure means and where its method comes from.

pub mod attribution;
pub mod behind;
pub mod bisection;
pub mod change;
pub mod compare;
pub mod comparison;
pub mod conclusion;
pub mod noise;
pub mod output;
pub mod ranking;
#[cfg(test)]
pub(crate) mod sample;
mod summarise;
pub mod summary;
mod told_apart;
pub mod trend;

pub use compare::{CellSide, CompareInput, CompareSide, Standard, compare, compare_cell};
pub use noise::NoiseFloors;
pub use ranking::{RankInput, rank};
pub use summarise::{CurveSource, IN_GRID, SummaryInput, summarise};
pub use told_apart::told_apart;
