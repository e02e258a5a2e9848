//! Sample files that were stored earlier.

use std::path::Path;

use super::complain;
use crate::measurement::SampleFile;

/// Reads the sample file at `path`, or the one in the folder `path`. Lines that can't be read are
/// left out, which is said.
pub(super) fn open(path: &Path) -> Result<SampleFile, String> {
    let inside = path.join("samples.jsonl");
    let path = if path.is_dir() { &inside } else { path };
    let file = SampleFile::open(path).map_err(|error| {
        format!("{error}\nhint: `memprobe --out DIR -- COMMAND` writes DIR/samples.jsonl")
    })?;
    if file.bad_lines > 0 {
        let (path, count) = (path.display(), file.bad_lines);
        complain(&format!("{path}: {count} lines can't be read and were left out"));
    }
    Ok(file)
}
