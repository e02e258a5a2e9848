//! Wheels and source distributions, read file by file. Nothing is ever unpacked to disk: what
//! they hold goes into a git tree, which can't hold a path outside of itself.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

use crate::error::{Context, Error, Result};

/// How many bytes a distribution may unpack to: far above any real one, far below a disk.
const MOST_BYTES: u64 = 4 << 30;

/// A file in a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Where it is, relative to the distribution's root.
    pub(super) path: String,
    /// What it is.
    pub(super) kind: MemberKind,
    /// Its bytes, or a link's target.
    pub(super) content: Vec<u8>,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberKind {
    File,
    Executable,
    Link,
}

/// Reads a wheel (`.whl`), or a source distribution (`.tar.gz`, `.zip`) without the folder that
/// is around everything in it, and gives each file to `take`.
pub(super) fn read(archive: &Path, take: &mut dyn FnMut(Member) -> Result<()>) -> Result<()> {
    let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut budget = MOST_BYTES;
    let mut within_budget = |member: Member| {
        budget = budget.checked_sub(member.content.len() as u64).ok_or_else(too_much)?;
        take(member)
    };
    let read = if name.ends_with(".whl") {
        read_zip(archive, &mut |mut member| {
            member.path = wheel_path(&member.path);
            within_budget(member)
        })
    } else if name.ends_with(".zip") {
        read_zip(archive, &mut |member| sdist_member(member, &mut within_budget))
    } else if name.ends_with(".tar.gz") || name.ends_with(".tgz") {
        read_tar(archive, &mut |member| sdist_member(member, &mut within_budget))
    } else {
        Err(Error::usage("neither a wheel nor a .tar.gz or .zip file"))
    };
    read.context(|| name)
}

fn too_much() -> Error {
    Error::usage(format!("it unpacks to more than {} GiB", MOST_BYTES >> 30))
}

fn read_zip(archive: &Path, take: &mut dyn FnMut(Member) -> Result<()>) -> Result<()> {
    let mut zip = zip::ZipArchive::new(fs_err::File::open(archive)?)
        .context(|| "not a readable zip file".to_owned())?;
    for index in 0..zip.len() {
        let file = zip.by_index(index).context(|| "not a readable zip file".to_owned())?;
        if file.is_dir() {
            continue;
        }
        let name = file.name().context(|| "a file's name can't be read".to_owned())?;
        let path = plain_path(&name)?;
        let mode = file.unix_mode().unwrap_or(0);
        let kind = match mode & 0o170_000 {
            0o120_000 => MemberKind::Link,
            _ if mode & 0o111 != 0 => MemberKind::Executable,
            _ => MemberKind::File,
        };
        let content = read_all(file, &path)?;
        take(Member { path, kind, content })?;
    }
    Ok(())
}

fn read_tar(archive: &Path, take: &mut dyn FnMut(Member) -> Result<()>) -> Result<()> {
    let mut tar = tar::Archive::new(GzDecoder::new(fs_err::File::open(archive)?));
    let unreadable = || "not a readable .tar.gz file".to_owned();
    for entry in tar.entries().context(unreadable)? {
        let entry = entry.context(unreadable)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mode = entry.header().mode().unwrap_or(0);
        let kind = match entry.header().entry_type() {
            tar::EntryType::Regular | tar::EntryType::Continuous if mode & 0o111 != 0 => {
                MemberKind::Executable
            }
            tar::EntryType::Regular | tar::EntryType::Continuous => MemberKind::File,
            tar::EntryType::Symlink => MemberKind::Link,
            tar::EntryType::Directory | tar::EntryType::XGlobalHeader | tar::EntryType::XHeader => {
                continue;
            }
            other => {
                return Err(Error::usage(format!("{path} is no file, but a {other:?}")));
            }
        };
        let path = plain_path(&path)?;
        let content = match kind {
            MemberKind::Link => {
                entry.link_name_bytes().map(|name| name.into_owned()).unwrap_or_default()
            }
            _ => read_all(entry, &path)?,
        };
        take(Member { path, kind, content })?;
    }
    Ok(())
}

/// Reads no more than a distribution may hold, whatever its headers say.
fn read_all(file: impl Read, path: &str) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut content).context(|| path.to_owned())?;
    if content.len() as u64 > MOST_BYTES { Err(too_much()) } else { Ok(content) }
}

fn plain_path(path: &str) -> Result<String> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let plain = |part: &str| {
        !matches!(part, "" | "." | "..")
            && !part.eq_ignore_ascii_case(".git")
            && !part.contains('\0')
    };
    if path.split('/').all(plain) {
        return Ok(path.to_owned());
    }
    Err(Error::usage(format!("{path:?} is not a path below the distribution's root")))
}

/// A source distribution is one folder; what is beside it (`pax_global_header`) is not its own.
fn sdist_member(mut member: Member, take: &mut dyn FnMut(Member) -> Result<()>) -> Result<()> {
    match member.path.split_once('/') {
        Some((_, path)) => {
            member.path = path.to_owned();
            take(member)
        }
        None => Ok(()),
    }
}

/// A wheel's `NAME.data/purelib` and `platlib` belong beside its packages, where an installer puts them.
fn wheel_path(path: &str) -> String {
    let inner = path.split_once(".data/").filter(|(name, _)| !name.contains('/'));
    let library = |(_, path): (&str, &str)| {
        let path = path.strip_prefix("purelib/").or_else(|| path.strip_prefix("platlib/"))?;
        Some(path.to_owned())
    };
    inner.and_then(library).unwrap_or_else(|| path.to_owned())
}
