//! The curves of stored attempts, from their sample files. What the grid draws of them is kept, so
//! that the next rendering need not read all samples again: a file for each attempt, named by what
//! it depends on, below `.cache/curves` in the reports folder.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::analyse::CurveSource;
use crate::analyse::curve::{GRID, PAGE, of_samples, thinned};
use crate::analyse::summary::{Curve, Summary};
use crate::collect::RunDir;
use crate::collect::run_dir::SAMPLES;
use crate::collect::whole_file;
use crate::error::Result;
use crate::fingerprint::Fingerprint;
use crate::measurement::SampleFile;
use crate::plan::CellId;

/// Another text whenever the same samples give other sketches, or in another form.
const KIND: &str = "sketch 1";

/// The curves of the attempts below a reports folder.
pub(super) struct StoredCurves<'a> {
    reports: &'a Path,
    kept: PathBuf,
}

impl<'a> StoredCurves<'a> {
    pub(super) fn new(reports: &'a Path) -> Self {
        Self { reports, kept: reports.join(".cache").join("curves") }
    }

    /// Removes what is kept of attempts that `summary` doesn't show.
    pub(super) fn keep_only(&self, summary: &Summary) -> Result<()> {
        let keys = summary.cells.iter().flat_map(|cell| &cell.readings);
        let shown: HashSet<&str> = keys.map(|readings| readings.key.as_str()).collect();
        let Ok(entries) = fs_err::read_dir(&self.kept) else { return Ok(()) };
        for entry in entries {
            let entry = entry?;
            if !entry.file_name().to_str().is_some_and(|name| shown.contains(name)) {
                fs_err::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn samples(&self, run: &str, cell: &CellId, attempt: u32) -> Option<PathBuf> {
        let folder = RunDir::open(self.reports, run).ok()?.attempt_dir(cell, attempt);
        Some(folder.join(SAMPLES))
    }

    fn keep(&self, file: &Path, curves: &[Curve]) -> Result<()> {
        fs_err::create_dir_all(&self.kept)?;
        let bytes = postcard::to_stdvec(curves).map_err(std::io::Error::other)?;
        whole_file::write(file, &bytes)
    }
}

impl CurveSource for StoredCurves<'_> {
    fn key(&self, run: &str, cell: &CellId, attempt: u32) -> Option<String> {
        let file = fs_err::metadata(self.samples(run, cell, attempt)?).ok()?;
        let key = Fingerprint::of(KIND).part(run).part(cell.as_str()).part(attempt.to_le_bytes());
        let changed = format!("{:?}", file.modified().ok());
        Some(key.part(file.len().to_le_bytes()).part(changed).hex())
    }

    /// Samples that can't be read leave a page without a curve, not the index without a page.
    fn curves(&self, run: &str, cell: &CellId, attempt: u32) -> Vec<Curve> {
        let Some(file) = self.samples(run, cell, attempt).filter(|file| file.exists()) else {
            return Vec::new();
        };
        match SampleFile::open(&file) {
            Ok(samples) => thinned(&of_samples(attempt, &samples), PAGE),
            Err(error) => {
                tracing::warn!("{run}, {cell}, attempt {attempt}: {error}");
                Vec::new()
            }
        }
    }

    fn sketch(&self, run: &str, cell: &CellId, attempt: u32) -> Vec<Curve> {
        let Some(key) = self.key(run, cell, attempt) else { return Vec::new() };
        let file = self.kept.join(key);
        let kept = fs_err::read(&file).ok().and_then(|bytes| postcard::from_bytes(&bytes).ok());
        kept.unwrap_or_else(|| {
            let curves = thinned(&self.curves(run, cell, attempt), GRID);
            if let Err(error) = self.keep(&file, &curves) {
                tracing::debug!("a sketch is not kept: {error}");
            }
            curves
        })
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
