//! What is measured, and what is needed for it: the arguments of all commands that measure cells.

use clap::Args;

use super::selection::SelectionArgs;

/// Which cells, and whether it matters that they are there.
#[derive(Clone, Debug, Args)]
pub(super) struct MeasureArgs {
    /// Which cells.
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    /// Install what is missing first (Debian packages; needs root or sudo)
    #[arg(long)]
    pub(super) with_deps: bool,
    /// Fail if a cell is unavailable
    #[arg(long)]
    pub(super) strict: bool,
}
