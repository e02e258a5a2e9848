//! What is left behind: a run's folder, written atomically, and read again.

pub mod record;
