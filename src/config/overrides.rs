//! What the command line changes in a configuration.

use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;

use super::dataset::MOST_ROWS;
use super::measure::{MOST_ATTEMPTS, MOST_JOBS, SHORTEST_PERIOD};
use super::model::{Config, Content};
use super::series::SeriesChoice;
use crate::error::{Error, Result};
use crate::plan::Pass;

/// Values that replace those of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Rows of a generated dataset.
    pub rows: Option<u64>,
    /// Measured attempts of each cell.
    pub repeats: Option<u32>,
    /// Attempts of each cell before those.
    pub warmup: Option<u32>,
    /// Time between two samples.
    pub period: Option<Duration>,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// Attempts at the same time.
    pub jobs: Option<usize>,
    /// How much memory an attempt may hold, in bytes of RSS.
    pub memory_limit: Option<u64>,
    /// Whether live heap is counted.
    pub heap: Option<bool>,
    /// The passes to make.
    pub passes: Option<Vec<Pass>>,
    /// Seed of the order of attempts.
    pub seed: Option<u64>,
    /// Revisions by source name. A state that has a revision of its own keeps it.
    pub revisions: IndexMap<String, String>,
    /// States whose patches are taken apart: for [`super::load_with`].
    pub series: Vec<SeriesChoice>,
    /// Where runs and the index go. An absolute path.
    pub reports: Option<PathBuf>,
}

impl Overrides {
    /// These, and where they say nothing what `other` says.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        Self {
            rows: self.rows.or(other.rows),
            repeats: self.repeats.or(other.repeats),
            warmup: self.warmup.or(other.warmup),
            period: self.period.or(other.period),
            timeout: self.timeout.or(other.timeout),
            jobs: self.jobs.or(other.jobs),
            memory_limit: self.memory_limit.or(other.memory_limit),
            heap: self.heap.or(other.heap),
            passes: self.passes.or(other.passes),
            seed: self.seed.or(other.seed),
            revisions: other.revisions.into_iter().chain(self.revisions).collect(),
            series: if self.series.is_empty() { other.series } else { self.series },
            reports: self.reports.or(other.reports),
        }
    }
}

impl Config {
    /// This configuration with `overrides` in place of its own values.
    ///
    /// # Errors
    /// When a value makes no sense, a series was asked for that [`super::load_with`] could not make, or there are no generated rows whose number it could change;
    /// the error names the option.
    pub fn with(mut self, overrides: &Overrides) -> Result<Self> {
        self.check_series(&overrides.series)?;
        let measure = &mut self.measure;
        within("--repeats", overrides.repeats, 1, MOST_ATTEMPTS)?;
        within("--warmup", overrides.warmup, 0, MOST_ATTEMPTS)?;
        within("--jobs", overrides.jobs.map(|jobs| jobs as u64), 1, MOST_JOBS)?;
        within("--memory-limit", overrides.memory_limit, 1, u64::MAX)?;
        replace(&mut measure.repeats, overrides.repeats);
        replace(&mut measure.warmup, overrides.warmup);
        replace(&mut measure.jobs, overrides.jobs);
        replace(&mut measure.heap, overrides.heap);
        replace(&mut measure.period, long_enough("--period", overrides.period)?);
        replace(&mut measure.timeout, long_enough("--timeout", overrides.timeout)?);
        measure.memory_limit = overrides.memory_limit.or(measure.memory_limit);
        measure.seed = overrides.seed.or(measure.seed);
        if let Some(chosen) = &overrides.passes {
            if chosen.contains(&Pass::Objects) && self.passes.objects.is_empty() {
                return Err(Error::usage("--pass objects: the matrix names no class")
                    .hint("add objects = [\"app.models.Record\"] to `[passes]`"));
            }
            self.passes.chosen = Some(chosen.clone());
        }
        if let Some(reports) = &overrides.reports {
            self.reports.clone_from(reports);
        }
        if let Some(rows) = overrides.rows {
            self.set_rows(rows)?;
        }
        for (source, revision) in &overrides.revisions {
            self.set_revision(source, revision)?;
        }
        Ok(self)
    }

    fn set_rows(&mut self, wanted: u64) -> Result<()> {
        within("--rows", Some(wanted), 0, MOST_ROWS)?;
        match self.dataset.as_mut().map(|dataset| &mut dataset.content) {
            Some(Content::Generated { rows, .. }) => *rows = wanted,
            Some(Content::Fixture { .. }) => {
                return Err(Error::usage(
                    "--rows: the dataset is a fixture, which has its own rows",
                )
                .hint("leave --rows out"));
            }
            None => {
                return Err(
                    Error::usage("--rows: the matrix has no dataset").hint("leave --rows out")
                );
            }
        }
        Ok(())
    }
}

fn replace<T: Copy>(place: &mut T, value: Option<T>) {
    *place = value.unwrap_or(*place);
}

fn within(option: &str, value: Option<impl Into<u64>>, least: u64, most: u64) -> Result<()> {
    match value.map(Into::into) {
        Some(value) if !(least..=most).contains(&value) => {
            Err(Error::usage(format!("{option} must be between {least} and {most}, not {value}")))
        }
        _ => Ok(()),
    }
}

fn long_enough(option: &str, value: Option<Duration>) -> Result<Option<Duration>> {
    match value {
        Some(value) if value < SHORTEST_PERIOD => {
            Err(Error::usage(format!("{option} must be at least 1ms")))
        }
        value => Ok(value),
    }
}
