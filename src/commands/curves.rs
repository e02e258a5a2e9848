//! The curves of stored attempts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::analyse::summary::Curve;
use crate::analyse::{CurveSource, IN_GRID};
use crate::collect::{RunDir, curves};
use crate::measurement::curves::PROGRESS;
use crate::plan::CellId;

/// The curves of the attempts below a reports folder.
pub(super) struct StoredCurves<'a> {
    reports: &'a Path,
    /// The folder of each run that was asked for, if it is there.
    runs: Mutex<HashMap<String, Option<RunDir>>>,
}

impl<'a> StoredCurves<'a> {
    pub(super) fn new(reports: &'a Path) -> Self {
        Self { reports, runs: Mutex::default() }
    }

    fn folder(&self, run: &str, cell: &CellId, attempt: u32) -> Option<PathBuf> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if !runs.contains_key(run) {
            runs.insert(run.to_owned(), RunDir::open(self.reports, run).ok());
        }
        Some(runs.get(run)?.as_ref()?.attempt_dir(cell, attempt))
    }

    /// Samples that can't be read leave a page without a curve, not the index without a page.
    fn read(
        &self,
        run: &str,
        cell: &CellId,
        attempt: u32,
        wanted: impl Fn(&str) -> bool,
    ) -> Vec<Curve> {
        let Some(folder) = self.folder(run, cell, attempt) else { return Vec::new() };
        match curves::read(&folder, wanted) {
            Ok(found) => Curve::of(attempt, found.unwrap_or_default()),
            Err(error) => {
                tracing::warn!("{run}, {cell}, attempt {attempt}: {error}");
                Vec::new()
            }
        }
    }
}

impl CurveSource for StoredCurves<'_> {
    fn key(&self, run: &str, cell: &CellId, attempt: u32) -> Option<String> {
        curves::key(&self.folder(run, cell, attempt)?)
    }

    fn curves(&self, run: &str, cell: &CellId, attempt: u32) -> Vec<Curve> {
        self.read(run, cell, attempt, |_| true)
    }

    fn sketch(&self, run: &str, cell: &CellId, attempt: u32) -> Vec<Curve> {
        let curves =
            self.read(run, cell, attempt, |metric| IN_GRID.contains(&metric) || metric == PROGRESS);
        curves.into_iter().map(Curve::sketched).collect()
    }
}

/// For whoever wants figures alone.
pub(super) struct NoCurves;

impl CurveSource for NoCurves {
    fn key(&self, _: &str, _: &CellId, _: u32) -> Option<String> {
        None
    }

    fn curves(&self, _: &str, _: &CellId, _: u32) -> Vec<Curve> {
        Vec::new()
    }

    fn sketch(&self, _: &str, _: &CellId, _: u32) -> Vec<Curve> {
        Vec::new()
    }
}
