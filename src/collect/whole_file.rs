//! Files that are either there in full or not at all: written under a temporary name in the same
//! folder, then renamed. No fsync: a run has hundreds of these files, and what a power failure
//! leaves damaged is recognised when it is read.

use std::path::Path;

use serde::Serialize;

use crate::error::{Context, Result};

/// Replaces `path` by `content`, whole.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    fs_err::write(&temporary, content)?;
    Ok(fs_err::rename(&temporary, path)?)
}

/// Replaces `path` by `value` as JSON, whole.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    write(path, &to_json(path, value)?)
}

/// `value` as indented JSON with a newline at its end; `path` is for the error's sake.
pub(super) fn to_json(path: &Path, value: &impl Serialize) -> Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(value)
        .context(|| format!("{} can't be written as JSON", path.display()))?;
    json.push(b'\n');
    Ok(json)
}
