//! Where a comparison goes: one format to stdout, and any number to files.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use indexmap::IndexSet;

use crate::analyse::attribution::Attribution;
use crate::analyse::comparison::Comparison;
use crate::analyse::ranking::Ranking;
use crate::cli::Global;
use crate::collect::whole_file;
use crate::config::suggest::did_you_mean;
use crate::error::{Context, Error, Result};
use crate::render::comparison::{self, Format, Options};
use crate::render::terminal::Look;
use crate::render::{attribution, ranking};

use super::super::output;

/// What is shown, and where it goes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(in crate::commands) struct OutputArgs {
    /// Show this metric; repeatable [default: those that rules name, the headline ones, and the workload's own]
    #[arg(long = "metric", value_name = "NAME")]
    metrics: Vec<String>,
    /// Show every metric
    #[arg(long, conflicts_with = "metrics")]
    all_metrics: bool,
    /// How to print the comparison on stdout
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: Format,
    /// Write the comparison to a file too, whole or not at all; repeatable: --output junit=report.xml
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = parse_output)]
    files: Vec<(Format, PathBuf)>,
}

fn parse_output(text: &str) -> std::result::Result<(Format, PathBuf), String> {
    let formats = || {
        let names: Vec<_> =
            Format::value_variants().iter().filter_map(Format::to_possible_value).collect();
        names.iter().map(|name| name.get_name().to_owned()).collect::<Vec<_>>()
    };
    let Some((format, file)) = text.split_once('=').filter(|(_, file)| !file.is_empty()) else {
        return Err("write FORMAT=FILE, such as markdown=comparison.md".to_owned());
    };
    let parsed = Format::from_str(format, false).map_err(|_| {
        let names = formats();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        format!("there is no format `{format}`: {}", did_you_mean(format, &names))
    })?;
    Ok((parsed, PathBuf::from(file)))
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

    /// What stdout is for.
    pub(in crate::commands) const fn format(&self) -> Format {
        self.format
    }

    /// The metrics that were asked for by name.
    pub(super) fn metrics(&self) -> &[String] {
        &self.metrics
    }

    /// Writes the files, then stdout, as [`Self::write`] does.
    pub(super) fn write_rankings(&self, global: &Global, rankings: &[Ranking]) -> Result<()> {
        for (format, file) in &self.files {
            write(file, &ranking::render(rankings, *format, Look::default())?)?;
        }
        output::data(&ranking::render(rankings, self.format, output::look(global))?)
    }

    /// Writes the files, then stdout: whoever reads stdout finds the files there.
    pub(in crate::commands) fn write(&self, global: &Global, shown: &impl Shown) -> Result<()> {
        let metrics = match self.all_metrics {
            true => shown.metrics().into_iter().cloned().collect(),
            false => self.metrics.clone(),
        };
        let matrix = Some(global.matrix.display().to_string());
        let plain = Options { metrics, matrix, ..Options::default() };
        for (format, file) in &self.files {
            write(file, &shown.render(*format, &plain)?)?;
        }
        let options = Options { look: output::look(global), ..plain };
        output::data(&shown.render(self.format, &options)?)
    }
}

/// Whole or not at all, but for what is no ordinary file, such as a pipe.
fn write(file: &Path, text: &str) -> Result<()> {
    let failed = || format!("{} can't be written", file.display());
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs_err::create_dir_all(folder).context(failed)?;
    }
    // A link stays one: what it leads to is replaced.
    let target = fs_err::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    if fs_err::metadata(&target).is_ok_and(|data| !data.is_file()) {
        return fs_err::write(&target, text).context(failed);
    }
    whole_file::write(&target, text.as_bytes()).context(failed)
}
