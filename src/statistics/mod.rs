//! Statistics that know nothing of memgrid: numbers in, numbers out. Pure and without chance, so
//! the same figures give the same verdict on any machine.
//!
//! `docs/statistics.md` says where each method comes from and what it is used for.

mod bootstrap;
mod contrast;
mod line;
mod prediction;
mod rank_test;
mod spread;

pub use bootstrap::{CONFIDENCE, ratio_interval};
pub use contrast::contrast_interval;
pub use line::{Line, theil_sen};
pub use prediction::{Deviation, deviation, prediction_limit};
pub use rank_test::{RankTest, least_p_value, rank_test};
pub use spread::{Spread, median, spread};
