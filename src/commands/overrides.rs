//! How to measure: the arguments that stand above `[measure]` and `[dataset]` for one run.

use std::time::Duration;

use clap::Args;

use crate::config::{self, Overrides, SeriesChoice};
use crate::plan::Pass;

/// What `run` and `plan` may set otherwise than the matrix does.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Measuring")]
pub(super) struct OverrideArgs {
    /// Rows of the generated dataset
    #[arg(long, value_name = "N")]
    rows: Option<u64>,
    /// Measured attempts of each cell
    #[arg(long, value_name = "N")]
    repeats: Option<u32>,
    /// Attempts of each cell before those, left out of every figure
    #[arg(long, value_name = "N")]
    warmup: Option<u32>,
    /// Attempts at the same time
    #[arg(long, short, value_name = "N")]
    jobs: Option<usize>,
    /// Time between two samples, such as 10ms
    #[arg(long, value_name = "DURATION", value_parser = config::parse_duration)]
    period: Option<Duration>,
    /// How long one attempt may take, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = config::parse_duration)]
    timeout: Option<Duration>,
    /// How much memory an attempt may hold, such as 2GiB
    #[arg(long, value_name = "SIZE", value_parser = config::parse_size)]
    memory_limit: Option<u64>,
    /// Count live heap, which is the default unless the matrix says `heap = false`
    #[arg(long, overrides_with = "no_heap")]
    heap: bool,
    /// Don't count live heap: nothing is loaded into the workload
    #[arg(long, overrides_with = "heap")]
    no_heap: bool,
    /// Make this pass after the measured attempts: objects or lines; may be given twice
    #[arg(long = "pass", value_name = "PASS", value_parser = parse_pass)]
    passes: Vec<Pass>,
    /// Make no pass, whatever the matrix says
    #[arg(long, conflicts_with = "passes")]
    no_passes: bool,
    /// Take the patches of a state apart, to tell what each of them does: leave-one-out or
    /// cumulative; --series STATE=KIND if several states have patches
    #[arg(long, value_name = "[STATE=]KIND")]
    series: Vec<SeriesChoice>,
    /// Seed of the order of attempts [default: drawn for each run]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Measure this branch, tag or commit of the subject, or of another source: --rev NAME=REV
    #[arg(long = "rev", value_name = "[SOURCE=]REV", value_parser = config::parse_revision)]
    revisions: Vec<(String, String)>,
}

impl OverrideArgs {
    /// What was typed, as what `config` takes.
    pub(super) fn to_overrides(&self) -> Overrides {
        Overrides {
            rows: self.rows,
            repeats: self.repeats,
            warmup: self.warmup,
            jobs: self.jobs,
            period: self.period,
            timeout: self.timeout,
            memory_limit: self.memory_limit,
            heap: (self.heap || self.no_heap).then_some(self.heap),
            passes: (self.no_passes || !self.passes.is_empty()).then(|| self.passes.clone()),
            seed: self.seed,
            revisions: self.revisions.iter().cloned().collect(),
            series: self.series.clone(),
            reports: None,
        }
    }

    /// Whether anything was typed.
    pub(super) fn any(&self) -> bool {
        self.to_overrides() != Overrides::default()
    }
}

fn parse_pass(text: &str) -> Result<Pass, String> {
    let found = Pass::ALL.into_iter().find(|pass| pass.as_str() == text);
    found.ok_or_else(|| "it is objects or lines".to_owned())
}
