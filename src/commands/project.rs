//! What every subcommand that looks at a matrix begins with: the file, its validated
//! configuration, the cells, and where things go.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::cli::Global;
use crate::config::{self, Config, Overrides, PathKind};
use crate::error::{Context, Error, Result};
use crate::plan::{self, Cell};
use crate::prepare::cache::Cache;
use crate::progress::{self, Mode, Progress};

/// A matrix file and all that follows from it.
#[derive(Clone)]
pub(super) struct Project {
    /// The matrix file as it was named.
    pub(super) file: PathBuf,
    /// Its text.
    pub(super) text: String,
    /// What it says, with the command line's overrides.
    pub(super) config: Config,
    /// All its cells, in matrix order.
    pub(super) cells: Vec<Cell>,
    /// Revisions by source name, where the overrides ask for another than the file.
    pub(super) revisions: IndexMap<String, String>,
}

impl Project {
    /// Reads and validates the matrix file.
    pub(super) fn load(global: &Global, overrides: &Overrides) -> Result<Self> {
        let file = global.matrix.clone();
        let text = read_matrix(&file)?;
        Self::of_text(global, file, text, overrides, &look_up)
    }

    /// As [`Self::load`], with this text as if it stood in `file`; `look_up` says what a path is.
    pub(super) fn of_text(
        global: &Global,
        file: PathBuf,
        text: String,
        overrides: &Overrides,
        look_up: &dyn Fn(&Path) -> Option<PathKind>,
    ) -> Result<Self> {
        let located = absolute(&file, "the matrix file")?;
        let root = located.parent().unwrap_or(Path::new("/")).to_owned();
        let name = file.to_string_lossy();
        let config = config::load_with(&name, &text, &root, look_up, &overrides.series)?;
        let mut config = config.with(overrides)?;
        if let Some(reports) = &global.reports {
            config.reports = absolute(reports, "the reports folder")?;
        }
        let cells = plan::expand(&config.matrix);
        Ok(Self { file, text, config, cells, revisions: overrides.revisions.clone() })
    }
}

/// The cache that the options or the environment name.
pub(super) fn cache(global: &Global) -> Result<Cache> {
    let root = match &global.cache {
        Some(root) => root.clone(),
        None => Cache::default_root(&|name| std::env::var_os(name))?,
    };
    Cache::at(absolute(&root, "the cache")?)
}

/// The observer that suits the options and the terminal.
pub(super) fn progress(global: &Global) -> Progress {
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    // Log lines and bars would overwrite one another.
    progress::observer(Mode::choose(global.quiet, ci || global.verbose))
}

/// What a path is, following links.
pub(super) fn look_up(path: &Path) -> Option<PathKind> {
    let kind = fs_err::metadata(path).ok()?.file_type();
    Some(match kind {
        kind if kind.is_dir() => PathKind::Folder,
        kind if kind.is_file() => PathKind::File,
        _ => PathKind::Other,
    })
}

fn read_matrix(file: &Path) -> Result<String> {
    let bytes = fs_err::read(file).map_err(|error| {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        let shown = file.display();
        if missing {
            Error::usage(format!("there is no matrix file {shown}"))
                .hint("run memgrid where matrix.toml is, or name one with --matrix FILE")
        } else {
            Error::usage(format!("the matrix file {shown} can't be read")).because(error)
        }
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Error::usage(format!("{} is not UTF-8: see line {line}", file.display()))
            .hint("save the file as UTF-8")
    })
}

/// `path` made absolute. `what` it is, for people, if its name can't be told to commands, to
/// databases, and in links.
fn absolute(path: &Path, what: &str) -> Result<PathBuf> {
    let absolute = std::path::absolute(path)
        .context(|| format!("{} can't be made an absolute path", path.display()))?;
    if absolute.to_str().is_none() {
        let message = format!("{what} {} has a path that is not UTF-8", absolute.display());
        return Err(Error::usage(message).hint("move or rename it"));
    }
    Ok(absolute)
}
