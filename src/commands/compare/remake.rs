//! A project as a run recorded it, so that the same can be measured again: the matrix file as it
//! was, how it was measured, the commits, and the patches, whatever became of the files since.

use std::path::Path;

use crate::cli::Global;
use crate::collect::record::{PatchRecord, RunManifest};
use crate::collect::{RunDir, machine};
use crate::config::{Config, Overrides, PatchFile, PathKind};
use crate::error::{Context, Error, Result};

use super::super::project::{Project, look_up};
use super::super::resume;

/// The project of `run`, of whose cells each is to be measured `repeats` times. Patches are laid
/// out below `scratch`, which must stay until the cells have been measured.
///
/// # Errors
/// When the run's folder does not say enough, or was made on another machine.
pub(super) fn project(
    global: &Global,
    run: &RunDir,
    manifest: &RunManifest,
    repeats: u32,
    scratch: &Path,
) -> Result<Project> {
    if machine().id != manifest.machine.id {
        return Err(Error::usage(format!("run {} was measured on another machine", manifest.run)));
    }
    let text = run.read_matrix().context(|| {
        format!("run {} does not hold the matrix file that it was made with", manifest.run)
    })?;
    // Patches are taken from the run, so it does not matter whether their files are still there.
    let exists = |path: &Path| Some(look_up(path).unwrap_or(PathKind::File));
    let load = |overrides: &Overrides| {
        Project::of_text(global, global.matrix.clone(), text.clone(), overrides, &exists)
    };
    let config = load(&Overrides::default())?.config;
    let recorded = resume::overrides(&config, manifest);
    let overrides = Overrides { repeats: Some(repeats), seed: None, ..recorded };
    let mut project = load(&overrides)?;
    project.config.pin(&manifest.commits());
    restore_patches(&mut project.config, run, manifest, scratch)?;
    Ok(project)
}

fn restore_patches(
    config: &mut Config,
    run: &RunDir,
    manifest: &RunManifest,
    scratch: &Path,
) -> Result<()> {
    for (state_name, record) in &manifest.states {
        let Some(state) = config.states.get_mut(state_name) else { continue };
        for (source, record) in &record.sources {
            let folder = scratch.join(state_name).join(source);
            let patches = record.patches.iter().enumerate();
            let patches =
                patches.map(|(index, patch)| lay_out(run, patch, &folder.join(index.to_string())));
            let patches = patches.collect::<Result<Vec<PatchFile>>>()?;
            if !patches.is_empty() {
                let change = state.changes.entry(source.clone()).or_default();
                change.patches = patches;
            }
        }
    }
    Ok(())
}

/// A patch under the names that it had, which stand in what is said about it.
fn lay_out(run: &RunDir, patch: &PatchRecord, folder: &Path) -> Result<PatchFile> {
    let text = fs_err::read(run.patch_path(&patch.sha256))
        .context(|| format!("run {} does not hold its patch {}", run.id(), patch.name))?;
    let name = Path::new(&patch.name).file_name().unwrap_or("patch".as_ref());
    fs_err::create_dir_all(folder)?;
    fs_err::write(folder.join(name), text)?;
    Ok(PatchFile { path: folder.join(name), label: patch.label.clone() })
}
