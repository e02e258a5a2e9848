//! What is left behind: a run's folder, written atomically, and read again; the machine and
//! allocator that it was measured on; and the names of runs to measure against.

pub mod allocator;
pub mod baselines;
pub mod curves;
pub mod machine;
pub mod night;
pub mod noise;
pub mod record;
pub mod run_dir;

mod conditions;
mod read;
mod removal;
mod run_id;
mod stamps;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod whole_file;

pub use allocator::allocator;
pub use conditions::Conditions;
pub use machine::machine;
pub use removal::{size_on_disk, sweep_removed};
pub use run_dir::{RunDir, StagedAttempt};
pub use stamps::stamps;
