//! How cells are measured, and how they are compared.

use std::time::Duration;

use crate::config::rule::Rule;
use crate::measurement::Better;
use crate::plan::Pass;

/// `[measure]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Time between two samples.
    pub period: Duration,
    /// Measured attempts of each cell.
    pub repeats: u32,
    /// Attempts of each cell before those, run and recorded, but left out of every figure.
    pub warmup: u32,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Attempts at the same time.
    pub jobs: usize,
    /// How much memory the process tree of an attempt may hold, in bytes of RSS.
    pub memory_limit: Option<u64>,
    /// How much is kept of each log of an attempt, in bytes.
    pub log_limit: u64,
    /// Attempts run with address randomisation off and a fixed hash seed.
    pub steady: bool,
    /// Whether live heap is counted.
    pub heap: bool,
    /// Seed of the order of attempts; `None` draws one for each run (and records it).
    pub seed: Option<u64>,
}

impl Default for Measure {
    fn default() -> Self {
        Self {
            period: Duration::from_millis(10),
            repeats: 1,
            warmup: 0,
            timeout: Duration::from_secs(600),
            jobs: 1,
            memory_limit: None,
            log_limit: 10 << 20,
            steady: true,
            heap: true,
            seed: None,
        }
    }
}

/// `[passes]`: attempts that look into a Python workload, and give no figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passes {
    /// Classes whose live instances are counted over time.
    pub objects: Vec<String>,
    /// How many of the lines are wanted that had allocated most at the peak.
    pub lines: Option<u32>,
    /// Whether every run makes them, or only one that is asked to.
    pub always: bool,
    /// Those that the command line asks for; `None` if it says nothing of them.
    pub chosen: Option<Vec<Pass>>,
}

impl Default for Passes {
    fn default() -> Self {
        Self { objects: Vec::new(), lines: None, always: true, chosen: None }
    }
}

impl Passes {
    /// Lines of a pass that the command line alone asks for.
    const LINES: u32 = 20;

    /// Those that a run makes, in order.
    #[must_use]
    pub fn wanted(&self) -> Vec<Pass> {
        let named = |pass: &Pass| match pass {
            Pass::Objects => !self.objects.is_empty(),
            Pass::Lines => self.lines.is_some(),
        };
        let is_wanted = |pass: &Pass| match &self.chosen {
            Some(chosen) => chosen.contains(pass),
            None => self.always && named(pass),
        };
        Pass::ALL.into_iter().filter(is_wanted).collect()
    }

    /// How many lines a pass of lines gives.
    #[must_use]
    pub fn line_count(&self) -> u32 {
        self.lines.unwrap_or(Self::LINES)
    }
}

/// `[metrics.NAME]`: a metric that the workload sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredMetric {
    /// Which way it is better.
    pub better: Better,
    /// One sentence for people, if given.
    pub description: Option<String>,
}

/// `[compare]`: which cells are twins, and what a comparison fails on.
#[derive(Clone, Debug, PartialEq)]
pub struct Compare {
    /// The axis along which twins differ (`state` if there is one).
    pub axis: Option<String>,
    /// The value of that axis that is compared against (its first value unless told otherwise).
    pub baseline: Option<String>,
    /// Whether twins must write the same bytes; if they don't, the outcome is `wrong-output`.
    pub same_output: bool,
    /// The gate's rules; `None` if the file says nothing of them: [`Rule::defaults`].
    pub fail_on: Option<Vec<Rule>>,
    /// How competitors are ranked, if the file asks for it.
    pub rank: Option<Rank>,
}

/// `rank` and `rank_by` of `[compare]`: the competition that every run ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rank {
    /// The axis whose values compete.
    pub axis: String,
    /// What they are ranked by, most important first; never empty.
    pub metrics: Vec<String>,
}
