//! Runs that are kept apart from those that people made, of which the newest is `latest`, and whose
//! newest results are the index. Each kind has a folder below `reports`, in which they lie like any
//! others.

/// Runs of `memgrid bisect`, of commits of its own choice.
pub(super) const BISECT: &str = "bisect";
/// What was suspected and measured again (`compare --confirm`).
pub(super) const CONFIRMATIONS: &str = "confirmations";
/// Baselines of nights, measured again under tonight's conditions.
pub(super) const REMEASURED: &str = "remeasured";
/// All of them.
pub(super) const FOLDERS: [&str; 3] = [BISECT, CONFIRMATIONS, REMEASURED];
