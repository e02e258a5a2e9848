//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Replaces `path` by what `write` writes. Something like `/dev/fd/3` can only be written to.
pub(super) fn write(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return File::create(path).and_then(|mut file| write(&mut file));
    }
    let temporary = temporary(path);
    let written = File::create(&temporary)
        .and_then(|mut file| write(&mut file))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Whether [`write`] will get as far as its contents.
pub(super) fn check(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return File::options().write(true).open(path).map(drop);
    }
    let temporary = temporary(path);
    File::create(&temporary).and_then(|_| fs::remove_file(&temporary))
}

fn temporary(path: &Path) -> PathBuf {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".partial");
    temporary.into()
}
