//! What is left behind: a run's folder, written atomically, and read again; and the machine and
//! allocator that it was measured on.

pub mod allocator;
pub mod machine;
pub mod record;
pub mod run_dir;

mod read;
mod run_id;
mod whole_file;

pub use allocator::allocator;
pub use machine::machine;
pub use run_dir::{RunDir, StagedAttempt};
