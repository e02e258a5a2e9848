//! From what each file of the index was rendered, so that it need not be rendered again. A stamp
//! counts only while the file is as it was left: whatever else was done to it, or to the stamps,
//! at worst costs a rendering.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::site;
use crate::error::{Error, Result};

/// Below the reports folder; hidden, so that what publishes the index may leave it behind.
const FILE: &str = ".cache/pages.json";

/// One file of the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    /// Fingerprint of its inputs.
    inputs: String,
    /// Its bytes.
    size: u64,
    /// When it was written: seconds and nanoseconds since 1970.
    modified: (i64, i64),
}

/// All stamps, as an earlier rendering left them.
#[derive(Debug)]
pub(super) struct Stamps {
    root: PathBuf,
    known: HashMap<String, Stamp>,
}

/// A file of the index that is now as it should be.
#[derive(Debug)]
pub(super) struct Made {
    /// Relative to the reports folder.
    pub(super) path: String,
    /// Fingerprint of what it was made from.
    pub(super) inputs: String,
    /// Whether it had changed.
    pub(super) written: bool,
}

impl Stamps {
    /// Those of the reports folder `root`; none if there are none that can be read.
    pub(super) fn read(root: &Path) -> Self {
        let text = fs_err::read(root.join(FILE)).unwrap_or_default();
        let known = serde_json::from_slice(&text).unwrap_or_default();
        Self { root: root.to_owned(), known }
    }

    /// Whether the file at `path` was made from these inputs, and not touched since.
    pub(super) fn hold(&self, path: &str, inputs: &str) -> bool {
        let known = self.known.get(path).filter(|stamp| stamp.inputs == inputs);
        known.is_some_and(|stamp| of_file(&self.root, path, inputs).as_ref() == Some(stamp))
    }
}

/// Notes what all files were made from.
///
/// # Errors
/// When that can't be written; the error names the file.
pub(super) fn write(root: &Path, made: &[Made]) -> Result<()> {
    let stamp = |file: &Made| Some((file.path.clone(), of_file(root, &file.path, &file.inputs)?));
    let stamps: BTreeMap<String, Stamp> = made.iter().filter_map(stamp).collect();
    let text = serde_json::to_vec(&stamps)
        .map_err(|error| Error::bug("stamps can't be serialised").because(error))?;
    site::write(&root.join(FILE), &text).map(|_| ())
}

fn of_file(root: &Path, path: &str, inputs: &str) -> Option<Stamp> {
    let file = fs_err::metadata(root.join(path)).ok()?;
    let modified = (file.mtime(), file.mtime_nsec());
    Some(Stamp { inputs: inputs.to_owned(), size: file.size(), modified })
}
