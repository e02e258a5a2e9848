//! Python distributions: downloaded by the user's own pip (with its indexes, proxies and
//! credentials) and imported as one commit, which is the same on every machine.

use std::path::{Path, PathBuf};

use git2::{Index, IndexEntry, IndexTime, Repository, Time};

use crate::error::{Context as _, Error};
use crate::fingerprint::Fingerprint;
use crate::prepare::Blocked;
use crate::prepare::patch::refuse_leading_out;
use crate::prepare::tool::Tool;

use super::archive::{self, Member, MemberKind};
use super::{Context, Pinned, worktree};

/// The branch that the one commit is on.
const BRANCH: &str = "refs/heads/main";
/// When the commit was made, as far as git is told: 1980-01-01, the earliest that zip files know.
const WHEN: i64 = 315_532_800;

/// The distribution's commit, downloaded if it is not in the cache; and how it went.
pub(super) fn ensure(
    name: &str,
    version: &str,
    context: Context<'_>,
) -> Result<(Pinned, String), Blocked> {
    let python = context.python.unwrap_or(Path::new("python3"));
    let pinned = format!("{}-{version}", normalised(name));
    let folder = context.cache.folder("distributions")?;
    // A wheel that holds machine code is for one interpreter only.
    let own = Fingerprint::of("interpreter").part(python.to_string_lossy().as_bytes()).short();
    let places =
        [format!("{pinned}.git"), format!("{pinned}-{own}.git")].map(|name| folder.join(name));
    if let Some(pinned) = places.iter().find_map(|place| open(place)) {
        return Ok((pinned, "cached".to_owned()));
    }
    let _lock = context.cache.lock(&pinned, context.observer, context.interrupt)?;
    if let Some(pinned) = places.iter().find_map(|place| open(place)) {
        return Ok((pinned, "cached".to_owned()));
    }
    let downloads = context.cache.folder("downloads")?;
    let download = tempfile::tempdir_in(&downloads)
        .context(|| format!("{} can't be written to", downloads.display()))?;
    let archive = fetch(python, name, version, download.path(), context)?;
    let file = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let universal = !file.ends_with(".whl") || file.ends_with("-any.whl");
    let place = &places[usize::from(!universal)];
    context.cache.discard(place)?;
    context
        .cache
        .publish(place, |unfinished| import(&archive, &format!("{name}=={version}"), unfinished))?;
    let pinned = open(place)
        .ok_or_else(|| Blocked::unavailable(format!("{} can't be read", place.display())))?;
    Ok((pinned, file))
}

fn open(place: &Path) -> Option<Pinned> {
    let repository = Repository::open_bare(place).ok()?;
    let commit = repository.find_reference(BRANCH).ok()?.target()?;
    Some(Pinned { repository: place.to_owned(), commit })
}

/// As package indexes compare names (PEP 503).
fn normalised(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

fn fetch(
    python: &Path,
    name: &str,
    version: &str,
    into: &Path,
    context: Context<'_>,
) -> Result<PathBuf, Blocked> {
    let requirement = format!("{name}=={version}");
    let pip = Tool::new(python)
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-input"])
        .args(["--disable-pip-version-check", "--dest"])
        .arg(into)
        .arg(&requirement)
        .env("PIP_REQUIRE_VIRTUALENV", "0");
    pip.run(context.interrupt).map_err(|error| {
        let without_pip = error.to_string().contains("No module named pip");
        let help = (without_pip
            || matches!(error, crate::prepare::tool::ToolError::Missing { .. }))
        .then(|| "memgrid setup".to_owned());
        error.blocked(&format!("{requirement} could not be downloaded"), help)
    })?;
    let mut files = fs_err::read_dir(into).map_err(Error::from)?;
    match files.next() {
        Some(file) => Ok(file.map_err(Error::from)?.path()),
        None => Err(Blocked::unavailable(format!("pip downloaded nothing for {requirement}"))),
    }
}

/// Makes a bare repository of an archive: one commit, with a stable author and date.
fn import(archive: &Path, message: &str, place: &Path) -> Result<(), Blocked> {
    let repository = Repository::init_bare(place)?;
    let mut index = Index::new()?;
    archive::read(archive, &mut |member| {
        let entry = entry(&repository, member)?;
        let path = String::from_utf8_lossy(&entry.path).into_owned();
        index.add(&entry).context(|| path)
    })?;
    let tree = repository.find_tree(index.write_tree_to(&repository)?)?;
    let who = worktree::author(Time::new(WHEN, 0))?;
    repository.commit(Some(BRANCH), &who, &who, message, &tree, &[])?;
    repository.set_head(BRANCH)?;
    Ok(())
}

fn entry(repository: &Repository, member: Member) -> crate::error::Result<IndexEntry> {
    let Member { path, kind, content } = member;
    if kind == MemberKind::Link
        && let Err(why) = refuse_leading_out(&path, &content)
    {
        return Err(Error::usage(format!("{path}: {why}")));
    }
    let id = repository.blob(&content).context(|| path.clone())?;
    let mode = match kind {
        MemberKind::File => 0o100_644,
        MemberKind::Executable => 0o100_755,
        MemberKind::Link => 0o120_000,
    };
    let never = IndexTime::new(0, 0);
    Ok(IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.into_bytes(),
    })
}
