//! Exit codes. They are a contract: each has one meaning, and none is used for another.

/// Everything that was asked for was done.
pub const DONE: u8 = 0;
/// memgrid itself is at fault; the message asks for a report.
pub const BUG: u8 = 1;
/// Wrong usage, configuration or surroundings: nothing was measured because of it.
pub const USAGE: u8 = 2;
/// A comparison found a regression.
pub const REGRESSION: u8 = 3;
/// The selection matches no cell.
pub const NOTHING_SELECTED: u8 = 4;
/// A cell failed, timed out, hit a limit, or was unavailable under `--strict`.
pub const INCOMPLETE: u8 = 5;
/// The baseline of a comparison is missing.
pub const BASELINE_MISSING: u8 = 6;
/// Ended by SIGINT or SIGTERM; what was complete is kept.
pub const INTERRUPTED: u8 = 130;
