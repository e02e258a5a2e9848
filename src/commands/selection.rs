//! Which cells: the arguments that `run` and `plan` share.

use clap::Args;

use crate::plan::{self, Selection};

/// Cells by id or glob, and filters by axis.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct SelectionArgs {
    /// Cells by id or glob: sqlite/json/patched 'mysql/*/patched' [default: all]
    #[arg(value_name = "CELL")]
    cells: Vec<String>,
    /// Only cells with this value of an axis; a glob, and repeatable: --axis backend=sqlite
    #[arg(long = "axis", value_name = "AXIS=VALUE", value_parser = plan::parse_filter)]
    axes: Vec<(String, String)>,
}

impl SelectionArgs {
    /// What was typed, as what `plan` takes.
    pub(super) fn to_selection(&self) -> Selection {
        Selection { patterns: self.cells.clone(), filters: self.axes.clone() }
    }
}
