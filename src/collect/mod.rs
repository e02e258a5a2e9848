//! What is left behind: a run's folder, written atomically, and read again; the machine and
//! allocator that it was measured on; and the names of runs to measure against.

pub mod allocator;
pub mod baselines;
pub mod machine;
pub mod noise;
pub mod record;
pub mod run_dir;

mod read;
mod run_id;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod whole_file;

pub use allocator::allocator;
pub use machine::machine;
pub use run_dir::{RunDir, StagedAttempt};
