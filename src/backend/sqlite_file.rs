//! SQLite databases of our own: a folder a dataset in the cache, made whole or not at all.
//!
//! Beside the database is a stamp of the file as it was when its rows were last verified: as long
//! as the stamp fits, nobody has written to the file.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::open::Request;
use super::session::Session;
use super::sqlite::{Sharing, SqliteFile};
use super::store::{self, Origin, Owner, Work};
use crate::collect::record::DatasetRecord;
use crate::config::Dataset;
use crate::dataset::{Checksum, Source, fingerprint};
use crate::error::{Context, Error, Result};
use crate::event::Event;

/// Part of the name of each folder: changes when files are written in another way than before.
const LAYOUT: &str = "v1";
const FOLDER: &str = "datasets";
const DATABASE: &str = "data.sqlite3";
const STAMP: &str = "stamp.json";

/// A database file that is whole.
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) version: String,
    pub(super) record: DatasetRecord,
    pub(super) origin: Origin,
}

/// What the file was like when its rows were last read and found right.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    rows: u64,
    /// Version of the library that wrote it.
    sqlite: String,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: u64,
    /// After a power cut a file may have the right size and time, and other content.
    boot: String,
}

/// The file that holds the dataset.
pub(super) fn ensure(request: &Request<'_>, dataset: &Dataset) -> Result<File> {
    let print = fingerprint(dataset)?;
    let folder = request.cache.folder(FOLDER)?.join(format!("sqlite-{LAYOUT}-{print:.16}"));
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let _lock = request.cache.lock(&name, request.observer, request.interrupt)?;
    request.cache.sweep(FOLDER)?;
    let file = |stamp: Stamp, origin| {
        let table = dataset.table.clone();
        let record = DatasetRecord { fingerprint: print.clone(), table, rows: stamp.rows };
        File { path: folder.join(DATABASE), version: stamp.sqlite, record, origin }
    };
    if folder.exists() {
        if let Some(stamp) = verified(&folder, dataset)? {
            return Ok(file(stamp, Origin::Cached));
        }
        let text = format!("{}: {} was changed: written again", request.name, folder.display());
        request.observer.event(Event::Notice { text });
        request.cache.discard(&folder)?;
    }
    request.cache.publish(&folder, |folder| build(folder, dataset, &print, request))?;
    // Renaming the folder left the file's own times as they were.
    let stamp = read_stamp(&folder)
        .ok_or_else(|| Error::bug(format!("{} was made without a stamp", folder.display())))?;
    Ok(file(stamp, Origin::Written))
}

fn build(folder: &Path, dataset: &Dataset, fingerprint: &str, request: &Request<'_>) -> Result<()> {
    let Request { name, observer, interrupt, .. } = *request;
    fs_err::create_dir_all(folder)?;
    let path = folder.join(DATABASE);
    let mut session: Box<dyn Session> = Box::new(SqliteFile::open(&path, Sharing::Private)?);
    let work = Work { name, dataset, fingerprint, owner: Owner::Memgrid, observer, interrupt };
    let sum = store::transfer(&mut *session, &work, &Source::open(dataset)?)?;
    let version = session.version()?;
    session.close()?;
    write_stamp(folder, sum.rows(), version)?;
    Ok(())
}

/// The stamp, if the file is what it was; else its rows are read once more.
fn verified(folder: &Path, dataset: &Dataset) -> Result<Option<Stamp>> {
    let path = folder.join(DATABASE);
    if let Some(stamp) = read_stamp(folder) {
        let now = Stamp::of(&path, stamp.rows, stamp.sqlite.clone());
        if now.is_ok_and(|now| now == stamp) {
            return Ok(Some(stamp));
        }
    }
    let source = Source::open(dataset)?;
    // A file that can't even be read is not what it was.
    let Ok((found, version)) = read(&path, &source) else { return Ok(None) };
    if found == source.checksum()? {
        return write_stamp(folder, found.rows(), version).map(Some);
    }
    Ok(None)
}

fn read(path: &Path, source: &Source) -> Result<(Checksum, String)> {
    let mut session = SqliteFile::open(path, Sharing::ReadOnly)?;
    let read = session.sum(source.table()).and_then(|sum| Ok((sum, session.version()?)));
    Box::new(session).close()?;
    read
}

fn read_stamp(folder: &Path) -> Option<Stamp> {
    serde_json::from_slice(&std::fs::read(folder.join(STAMP)).ok()?).ok()
}

/// Stamps a file whose rows were just read back.
fn write_stamp(folder: &Path, rows: u64, sqlite: String) -> Result<Stamp> {
    let stamp = Stamp::of(&folder.join(DATABASE), rows, sqlite)?;
    let text = serde_json::to_vec(&stamp).context(|| "the stamp can't be written".to_owned())?;
    fs_err::write(folder.join(STAMP), text)?;
    Ok(stamp)
}

impl Stamp {
    fn of(path: &Path, rows: u64, sqlite: String) -> Result<Self> {
        let data = fs_err::metadata(path)?;
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Ok(Self {
            rows,
            sqlite,
            size: data.size(),
            modified: (data.mtime(), data.mtime_nsec()),
            changed: (data.ctime(), data.ctime_nsec()),
            inode: data.ino(),
            boot: boot.trim().to_owned(),
        })
    }
}
