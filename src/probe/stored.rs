//! Sample files that were stored earlier.

use std::path::{Path, PathBuf};

use super::complain;
use crate::measurement::SampleFile;

/// The sample file that `path` means: itself, or the one in the folder `path`.
pub(super) fn file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("samples.jsonl") } else { path.to_owned() }
}

/// Reads the sample file at `path`, or the one in the folder `path`. Lines that can't be read are
/// left out, which is said.
pub(super) fn open(path: &Path) -> Result<SampleFile, String> {
    let path = file(path);
    let file = SampleFile::open(&path).map_err(|error| {
        format!("{error}\nhint: `memprobe --out DIR -- COMMAND` writes DIR/samples.jsonl")
    })?;
    let path = path.display();
    match file.bad_lines {
        0 => {}
        1 => complain(&format!("{path}: 1 line can't be read and was left out")),
        count => complain(&format!("{path}: {count} lines can't be read and were left out")),
    }
    Ok(file)
}
