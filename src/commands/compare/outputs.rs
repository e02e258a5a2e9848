//! What is shown of a comparison, and where it goes.

use clap::Args;
use indexmap::IndexSet;

use crate::analyse::attribution::Attribution;
use crate::analyse::comparison::Comparison;
use crate::analyse::ranking::Ranking;
use crate::cli::Global;
use crate::config::suggest::did_you_mean;
use crate::error::{Error, Result};
use crate::render::comparison::{self, Options};
use crate::render::output::Format;
use crate::render::{attribution, ranking};

use super::super::outputs::Outputs;

/// Which metrics, in which formats.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(in crate::commands) struct OutputArgs {
    /// Show this metric; repeatable [default: those that rules name, the headline ones, and the workload's own]
    #[arg(long = "metric", value_name = "NAME")]
    metrics: Vec<String>,
    /// Show every metric
    #[arg(long, conflicts_with = "metrics")]
    all_metrics: bool,
    /// Where it goes.
    #[command(flatten)]
    pub(in crate::commands) outputs: Outputs,
}

/// What goes there.
pub(in crate::commands) trait Shown {
    /// The metrics that any cell has.
    fn metrics(&self) -> IndexSet<&String>;
    /// Itself in a format.
    fn render(&self, format: Format, options: &Options) -> Result<String>;
}

impl Shown for Comparison {
    fn metrics(&self) -> IndexSet<&String> {
        self.cells.iter().flat_map(|cell| cell.metrics.keys()).collect()
    }

    fn render(&self, format: Format, options: &Options) -> Result<String> {
        comparison::render(self, format, options)
    }
}

impl Shown for Attribution {
    fn metrics(&self) -> IndexSet<&String> {
        attribution::metrics(self)
    }

    fn render(&self, format: Format, options: &Options) -> Result<String> {
        attribution::render(self, format, options)
    }
}

impl OutputArgs {
    /// Refuses metrics that no cell has.
    pub(super) fn check(&self, shown: &impl Shown) -> Result<()> {
        let names = shown.metrics();
        // Of a comparison that found nothing the reader is told why, and not that it has no metric.
        let unknown =
            self.metrics.iter().find(|name| !names.contains(name)).filter(|_| !names.is_empty());
        match unknown {
            None => Ok(()),
            Some(name) => {
                let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
                Err(Error::usage(format!("no cell that was compared has a metric `{name}`"))
                    .hint(did_you_mean(name, &names)))
            }
        }
    }

    /// The metrics that were asked for by name.
    pub(super) fn metrics(&self) -> &[String] {
        &self.metrics
    }

    /// Writes rankings, which have one metric each.
    pub(super) fn write_rankings(&self, global: &Global, rankings: &[Ranking]) -> Result<()> {
        self.outputs.write(global, |format, look| ranking::render(rankings, format, look))
    }

    /// Writes what is shown, with the metrics that were asked for.
    pub(in crate::commands) fn write(&self, global: &Global, shown: &impl Shown) -> Result<()> {
        let metrics: Vec<String> = match self.all_metrics {
            true => shown.metrics().into_iter().cloned().collect(),
            false => self.metrics.clone(),
        };
        let matrix = Some(global.matrix.display().to_string());
        self.outputs.write(global, |format, look| {
            let options = Options { look, metrics: metrics.clone(), matrix: matrix.clone() };
            shown.render(format, &options)
        })
    }
}
