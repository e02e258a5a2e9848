//! Writes down all that a run depends on, before its first attempt.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use jiff::Timestamp;
use walkdir::WalkDir;

use crate::collect;
use crate::collect::record::{
    DatasetRecord, MeasureRecord, RunManifest, SCHEMA, SeriesPatchRecord, SeriesRecord,
};
use crate::config::{Config, Dataset, PatchFile, Series, SeriesPatch};
use crate::dataset::{self, Source};
use crate::error::{Context, Result};
use crate::fingerprint::{Fingerprint, sha256};
use crate::plan::Cell;

use super::project::Project;
use super::staging::Stage;

/// The manifest of a run over `cells` that begins now.
pub(super) fn write(
    project: &Project,
    cells: &[Cell],
    stage: &Stage,
    name: Option<String>,
    seed: u64,
) -> Result<RunManifest> {
    let states = stage.states().map(|(name, state)| (name.clone(), state.record.clone()));
    let open = stage.backends().find_map(|(_, backend)| backend.dataset().cloned());
    let outline = outline(project, cells)?;
    Ok(RunManifest {
        name,
        measure: MeasureRecord { seed, ..outline.measure },
        versions: versions(stage),
        states: states.collect(),
        refused: stage.refused().map(|(name, state)| (name.clone(), state.0.clone())).collect(),
        dataset: open.or(outline.dataset),
        ..outline
    })
}

/// The same as far as it is known without preparing anything: no versions and no states.
pub(super) fn outline(project: &Project, cells: &[Cell]) -> Result<RunManifest> {
    let config = &project.config;
    Ok(RunManifest {
        schema: SCHEMA,
        // The run's folder gives it its id.
        run: String::new(),
        name: None,
        memgrid: env!("CARGO_PKG_VERSION").to_owned(),
        started: Timestamp::now(),
        finished: None,
        arguments: std::env::args().skip(1).collect(),
        cells: cells.iter().map(|cell| cell.id.clone()).collect(),
        matrix_sha256: sha256(&project.text),
        baseline: config.compare.axis.clone().zip(config.compare.baseline.clone()),
        measure: measure(config),
        machine: collect::machine(),
        allocator: collect::allocator(),
        versions: IndexMap::new(),
        states: IndexMap::new(),
        series: config.series.iter().map(|(name, it)| (name.clone(), series(it))).collect(),
        refused: IndexMap::new(),
        revisions: project.revisions.clone(),
        dataset: config.dataset.as_ref().map(describe).transpose()?,
        workload_sha256: workload_sha256(&config.root, &config.workload.files)?,
    })
}

/// The SHA-256 of the patches of each source in a state, as they are now.
pub(super) fn patches(config: &Config, state: &str) -> Result<IndexMap<String, Vec<String>>> {
    let state = config.states.get(state);
    let of_source = |source: &String| {
        let change = state.and_then(|state| state.changes.get(source));
        let files = change.map_or(&[][..], |change| change.patches.as_slice());
        let digest = |file: &PatchFile| -> Result<String> {
            Ok(sha256(fs_err::read(&file.path).context(|| "a patch can't be read".to_owned())?))
        };
        Ok((source.clone(), files.iter().map(digest).collect::<Result<Vec<_>>>()?))
    };
    config.sources.keys().map(of_source).collect()
}

fn series(series: &Series) -> SeriesRecord {
    let patch = |patch: &SeriesPatch| SeriesPatchRecord {
        label: patch.label.clone(),
        source: patch.source.clone(),
        name: patch.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    SeriesRecord {
        kind: series.kind,
        patches: series.patches.iter().map(patch).collect(),
        states: series.states.clone(),
    }
}

fn measure(config: &Config) -> MeasureRecord {
    let measure = &config.measure;
    MeasureRecord {
        period: measure.period.as_secs_f64(),
        repeats: measure.repeats,
        warmup: measure.warmup,
        timeout: measure.timeout.as_secs_f64(),
        jobs: measure.jobs,
        memory_limit: measure.memory_limit,
        steady: measure.steady,
        heap: measure.heap,
        passes: config.passes.wanted(),
        seed: 0,
    }
}

/// Servers by their backend's name, then what the Python environments hold.
fn versions(stage: &Stage) -> IndexMap<String, String> {
    let mut versions: IndexMap<String, String> = stage
        .backends()
        .map(|(name, backend)| (name.clone(), backend.version().to_owned()))
        .collect();
    for (name, version) in stage.pythons().flat_map(|python| &python.versions) {
        versions.entry(name.clone()).or_insert_with(|| version.clone());
    }
    versions
}

/// What a dataset is when no backend could be opened to hold it.
fn describe(dataset: &Dataset) -> Result<DatasetRecord> {
    Ok(DatasetRecord {
        fingerprint: dataset::fingerprint(dataset)?,
        table: dataset.table.clone(),
        rows: Source::open(dataset)?.rows(),
    })
}

/// SHA-256 over the names and contents of the workload's files, so that runs of different
/// workloads are not taken for comparable.
fn workload_sha256(root: &Path, files: &[PathBuf]) -> Result<String> {
    let mut fingerprint = Fingerprint::of("workload");
    for file in files.iter().flat_map(|file| contents(file)) {
        let name = file.strip_prefix(root).unwrap_or(&file);
        let content = fs_err::read(&file)
            .context(|| format!("the workload's file {} can't be read", file.display()))?;
        fingerprint = fingerprint.part(name.to_string_lossy().as_bytes()).part(content);
    }
    Ok(fingerprint.hex())
}

fn contents(path: &Path) -> Vec<PathBuf> {
    // Python leaves compiled modules beside the sources; they are no part of the workload.
    WalkDir::new(path)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.file_name() != "__pycache__")
        .filter_map(|entry| entry.ok().filter(|entry| entry.file_type().is_file()))
        .map(walkdir::DirEntry::into_path)
        .collect()
}
