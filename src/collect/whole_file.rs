//! Files that are either there in full or not at all: written under a temporary name in the same
//! folder, then renamed. No fsync: a run has hundreds of these files, and what a power failure
//! leaves damaged is recognised when it is read.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Context, Error, Result};

/// Replaces `path` by `content`, whole.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    let temporary = temporary(path);
    fs_err::write(&temporary, content)?;
    Ok(fs_err::rename(&temporary, path)?)
}

/// Replaces `path` by what `write` writes, whole; as it was if that fails. What is no file, such as a
/// pipe, is written to directly.
pub(crate) fn write_with<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T>,
) -> Result<T> {
    let create = |path: &Path| Ok::<_, Error>(BufWriter::new(fs_err::File::create(path)?));
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        return write(&mut create(path)?);
    }
    let temporary = temporary(path);
    let mut out = create(&temporary)?;
    let written = write(&mut out).and_then(|value| {
        out.flush()?;
        fs_err::rename(&temporary, path)?;
        Ok(value)
    });
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs_err::remove_file(&temporary);
    }
    written
}

fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
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
