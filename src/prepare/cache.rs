//! Where memgrid keeps what it can make again.
//!
//! Several memgrids may use one cache at the same time, and any of them may be killed at any
//! moment. So whatever is made appears under its own name only when it is whole
//! ([`Cache::publish`]), work that must not be done twice is guarded by a lock that dies with
//! its process ([`Cache::lock`]), and what a killed process left half-made is recognised by the
//! same means: each process holds a lock on a file of its own for as long as it lives
//! ([`Cache::sweep`]). File locks, unlike process ids, also mean the right thing between
//! containers that share a cache.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::error::{Context, Error, ErrorKind, Result};
use crate::event::{Event, Observer};
use crate::interrupt::Interrupt;

/// Names the cache's folder; wins over every default.
pub const VARIABLE: &str = "MEMGRID_CACHE";

/// Where root's cache is. Not in root's home: private servers run as an unprivileged user, who
/// can't reach that.
const ROOTS_OWN: &str = "/var/cache/memgrid";
/// What begins the names of files and folders that are not whole yet.
const UNFINISHED: &str = ".unfinished-";
/// After how long a wait is worth a word.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often a waiting process looks whether a lock is free, or the user has had enough.
const LOOK: Duration = Duration::from_millis(50);

/// The cache's folder.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
    presence: Arc<OnceLock<Presence>>,
}

/// Says by a held lock that this process lives.
#[derive(Debug)]
struct Presence {
    token: String,
    path: PathBuf,
    _locked: File,
    made: AtomicUsize,
}

impl Drop for Presence {
    fn drop(&mut self) {
        // While we still hold its lock, so that nobody can take the name for a dead process's.
        let _ = fs_err::remove_file(&self.path);
    }
}

/// Held until it is dropped, or its process ends in whatever way.
#[derive(Debug)]
#[must_use]
pub struct Lock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

impl Cache {
    /// A cache at `root`, which is made if it is not there.
    ///
    /// # Errors
    /// When the folder can't be made; the error names it.
    pub fn at(root: impl Into<PathBuf>) -> Result<Self> {
        let root = std::path::absolute(root.into())?;
        let hint = || format!("set {VARIABLE} to a folder that can be written to");
        let new = fs_err::read_dir(&root).map_or(true, |mut entries| entries.next().is_none());
        fs_err::create_dir_all(&root).map_err(|error| Error::from(error).hint(hint()))?;
        if new {
            fs_err::write(root.join(clean::TAG), clean::TAG_TEXT)
                .map_err(|error| Error::from(error).hint(hint()))?;
        }
        if root == Path::new(ROOTS_OWN) {
            open_to_servers(&root)?;
        }
        Ok(Self { root, presence: Arc::default() })
    }

    /// Where the cache is unless the user says otherwise: [`VARIABLE`], else for root
    /// `/var/cache/memgrid`, else `$XDG_CACHE_HOME/memgrid`, else `~/.cache/memgrid`.
    ///
    /// # Errors
    /// When there is not even a home.
    pub fn default_root(env: &dyn Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
        default_root(env, rustix::process::geteuid().is_root())
    }

    /// The cache's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A folder in it, such as `worktrees`; made if it is not there.
    ///
    /// # Errors
    /// When the folder can't be made; the error names it.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.root.join(name);
        fs_err::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Waits until nobody else holds the lock `name` (a valid file name), and takes it. Says so
    /// when it has to wait for another process or thread.
    ///
    /// # Errors
    /// When the lock's file can't be made, or on an interrupt.
    pub fn lock(&self, name: &str, observer: &dyn Observer, interrupt: &Interrupt) -> Result<Lock> {
        let path = self.folder("locks")?.join(format!("{name}.lock"));
        let file = fs_err::OpenOptions::new().create(true).append(true).open(&path)?.into_file();
        let (began, mut told) = (Instant::now(), false);
        while !try_lock(&file, &path)? {
            if interrupt.is_raised() {
                return Err(Error::new(
                    ErrorKind::Interrupted,
                    format!("interrupted while waiting for the lock {}", path.display()),
                ));
            }
            if !told && began.elapsed() >= PATIENCE {
                let text = format!("waiting for another memgrid that is at work on {name}");
                observer.event(Event::Notice { text });
                told = true;
            }
            std::thread::sleep(LOOK);
        }
        Ok(Lock(file))
    }

    /// Makes `target` (a file or a folder in the cache) so that it appears only when it is whole:
    /// `make` gets an unused path beside it, and what it leaves there is renamed. If another
    /// process was faster, its `target` stays and ours is thrown away.
    ///
    /// # Errors
    /// What `make` returns, or that renaming failed; nothing is left behind in either case.
    pub fn publish<E: From<Error>>(
        &self,
        target: &Path,
        make: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        let unfinished = self.unfinished(target)?;
        let made = make(&unfinished).and_then(|()| Ok(rename_or_yield(&unfinished, target)?));
        if made.is_err() {
            remove(&unfinished).unwrap_or_default();
        }
        made
    }

    /// Removes `target`, so that nobody ever sees it half-removed.
    ///
    /// # Errors
    /// When it can't be renamed or removed.
    pub fn discard(&self, target: &Path) -> Result<()> {
        let unfinished = self.unfinished(target)?;
        match fs_err::rename(target, &unfinished) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(remove(&unfinished)?),
        }
    }

    /// Removes what dead processes left unfinished in `folder` (one of [`Cache::folder`]'s), and
    /// returns how many things that were.
    ///
    /// # Errors
    /// When the folder can't be read or something in it can't be removed.
    pub fn sweep(&self, folder: &str) -> Result<usize> {
        let mut removed = 0;
        for entry in fs_err::read_dir(self.folder(folder)?)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(token) = name.strip_prefix(UNFINISHED).and_then(|rest| rest.get(..TOKEN))
            else {
                continue;
            };
            if self.is_dead(token)? {
                remove(&entry.path())?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// A path beside `target` that nobody uses and that [`Cache::sweep`] knows as ours.
    fn unfinished(&self, target: &Path) -> Result<PathBuf> {
        let presence = self.presence()?;
        let number = presence.made.fetch_add(1, Ordering::Relaxed);
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{UNFINISHED}{}-{number}-{name}", presence.token);
        Ok(target.with_file_name(name))
    }

    fn presence(&self) -> Result<&Presence> {
        if let Some(presence) = self.presence.get() {
            return Ok(presence);
        }
        let presence = Presence::announce(&self.folder("processes")?)?;
        Ok(self.presence.get_or_init(|| presence))
    }

    fn is_dead(&self, token: &str) -> Result<bool> {
        if self.presence.get().is_some_and(|presence| presence.token == token) {
            return Ok(false);
        }
        let path = self.folder("processes")?.join(token);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error).context(|| path.display().to_string()),
        };
        let dead = try_lock(&file, &path)?;
        if dead {
            // Whoever is last to look at a dead process's leftovers finds none.
            let _ = fs_err::remove_file(&path);
        }
        Ok(dead)
    }
}

/// Length of a token's random part.
const TOKEN: usize = 12;

impl Presence {
    fn announce(folder: &Path) -> Result<Self> {
        // A file that exists must be locked, or a sweep would take its owner for dead: so it is
        // locked before it gets its name.
        let file = tempfile::NamedTempFile::new_in(folder)
            .context(|| format!("{} can't be written to", folder.display()))?;
        if !try_lock(file.as_file(), file.path())? {
            return Err(Error::bug("somebody else locked a file that we have just made"));
        }
        let mut token =
            crate::fingerprint::sha256(format!("{:?}{:?}", file.path(), jiff::Timestamp::now()));
        token.truncate(TOKEN);
        let path = folder.join(&token);
        let locked = file
            .persist_noclobber(&path)
            .context(|| format!("{} can't be made", path.display()))?;
        Ok(Self { token, path, _locked: locked, made: AtomicUsize::new(0) })
    }
}

fn default_root(env: &dyn Fn(&str) -> Option<OsString>, is_root: bool) -> Result<PathBuf> {
    let folder = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(chosen) = folder(VARIABLE) {
        return Ok(chosen);
    }
    if is_root {
        return Ok(PathBuf::from(ROOTS_OWN));
    }
    // The XDG specification: a relative path is invalid and must be ignored.
    if let Some(caches) = folder("XDG_CACHE_HOME").filter(|path| path.is_absolute()) {
        return Ok(caches.join("memgrid"));
    }
    if let Some(home) = folder("HOME") {
        return Ok(home.join(".cache/memgrid"));
    }
    Err(Error::usage("neither HOME nor XDG_CACHE_HOME is set: there is no place for a cache")
        .hint(format!("set {VARIABLE} to a folder")))
}

/// Whatever the umask: the unprivileged user of a private server must be able to pass through.
fn open_to_servers(root: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs_err::metadata(root)?.permissions().mode();
    if mode & 0o111 != 0o111 {
        fs_err::set_permissions(root, PermissionsExt::from_mode(mode | 0o111))?;
    }
    Ok(())
}

fn try_lock(file: &File, path: &Path) -> Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => {
            Err(error).context(|| format!("{} can't be locked", path.display()))
        }
    }
}

fn rename_or_yield(from: &Path, to: &Path) -> Result<()> {
    // Files would be replaced and empty folders too: yield to whoever was first.
    let taken = fs_err::symlink_metadata(to).is_ok();
    match if taken { Ok(()) } else { fs_err::rename(from, to) } {
        Ok(()) if taken => Ok(remove(from)?),
        Ok(()) => Ok(()),
        Err(_) if fs_err::symlink_metadata(to).is_ok() => Ok(remove(from)?),
        Err(error) => Err(error.into()),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs_err::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(data) if data.is_dir() => fs_err::remove_dir_all(path),
        Ok(_) => fs_err::remove_file(path),
    }
}

mod clean;
#[cfg(test)]
mod tests;

pub use clean::Content;
