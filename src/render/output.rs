//! The readers of a result, each of whom wants it in a format of their own.

use clap::ValueEnum;

/// Who a result is rendered for: a run's, a comparison, an attribution or a ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum Format {
    /// For people, in a terminal.
    Table,
    /// For a comment on a pull request, or a job's summary.
    Markdown,
    /// For programs; docs/output.md describes it.
    Json,
    /// For the test reports of CI systems.
    Junit,
    /// For a GitHub workflow's log: commands that annotate.
    Github,
}
