//! A dataset in a database: whether it is there and whole, and if not, how it gets there.
//!
//! A small table of our own, `memgrid_dataset`, notes which tables memgrid made and what must be
//! in them. The note is made before the table, and completed only after the rows were read back:
//! so a table that a killed memgrid left half-written is known as such, and a table without a note
//! is somebody else's.

use super::session::Session;
use crate::collect::record::DatasetRecord;
use crate::config::Dataset;
use crate::dataset::{Checksum, RESERVED, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observer};
use crate::interrupt::Interrupt;

/// Whose database it is: decides what may be removed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Nobody but memgrid uses it.
    Memgrid,
    /// Tables in it that memgrid did not make, or that were changed since, are left alone.
    User,
}

/// What is known of a table that memgrid made.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Note {
    /// Fingerprint of the dataset in it.
    fingerprint: String,
    /// Rows, checksum and the database's own quick check; `None` while it is being written.
    whole: Option<Whole>,
}

/// What must be in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Whole {
    rows: u64,
    checksum: String,
    quick: String,
}

/// How a dataset came to be in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was there.
    Cached,
    /// It was written.
    Written,
}

/// What [`ensure`] works with.
pub(super) struct Work<'a> {
    pub(super) name: &'a str,
    pub(super) dataset: &'a Dataset,
    /// The dataset's.
    pub(super) fingerprint: &'a str,
    pub(super) owner: Owner,
    pub(super) observer: &'a dyn Observer,
    pub(super) interrupt: &'a Interrupt,
}

/// Sees to it that the dataset is in the database, whole.
pub(super) fn ensure(
    session: &mut dyn Session,
    work: &Work<'_>,
) -> Result<(DatasetRecord, Origin)> {
    lock(session)?;
    let record = |rows| DatasetRecord {
        fingerprint: work.fingerprint.to_owned(),
        table: work.dataset.table.clone(),
        rows,
    };
    if let Some(whole) = examine(session, work)? {
        return Ok((record(whole.rows), Origin::Cached));
    }
    let rows = write(session, work)?;
    Ok((record(rows), Origin::Written))
}

/// What the table holds, if that is the wanted dataset. Otherwise the table is gone afterwards,
/// unless it isn't ours to remove.
fn examine(session: &mut dyn Session, work: &Work<'_>) -> Result<Option<Whole>> {
    let table = &work.dataset.table;
    let tables = session.query(session.dialect().tables)?;
    let has = |name: &str| tables.iter().flatten().flatten().any(|table| table == name);
    let note = if has(RESERVED) { read_note(session, table)? } else { None };
    if !has(table) {
        return Ok(None);
    }
    match note {
        Some(Note { fingerprint, whole: Some(whole) }) => {
            let same = fingerprint == work.fingerprint;
            if unchanged(session, work, same, &whole)? {
                if same {
                    return Ok(Some(whole));
                }
            } else {
                changed(work)?;
            }
        }
        // Made by us and never finished.
        Some(Note { whole: None, .. }) => {}
        None if work.owner == Owner::Memgrid => {}
        None => return Err(not_ours(work)),
    }
    session.execute(&format!("DROP TABLE {}", session.dialect().name(table)))?;
    Ok(None)
}

/// Whether the table still holds what was written. The quick check may be from another version of
/// the server; only then, or if something is wrong indeed, all rows are read.
fn unchanged(
    session: &mut dyn Session,
    work: &Work<'_>,
    same: bool,
    whole: &Whole,
) -> Result<bool> {
    let table = &work.dataset.table;
    let quick = session.quick(table)?;
    if quick == whole.quick {
        return Ok(true);
    }
    if !same {
        return Ok(false);
    }
    let source = Source::open(work.dataset)?;
    // Columns that are gone or of another type are a change too, not an error.
    let sum = session.sum(source.table()).map(|sum| sum.to_string()).unwrap_or_default();
    if sum != whole.checksum {
        return Ok(false);
    }
    let whole = Whole { quick, ..whole.clone() };
    write_note(session, work, Some(&whole))?;
    Ok(true)
}

fn changed(work: &Work<'_>) -> Result<()> {
    let table = &work.dataset.table;
    if work.owner == Owner::User {
        let message =
            format!("table {table} of backend {} was changed since memgrid wrote it", work.name);
        return Err(Error::usage(message)
            .hint("memgrid does not remove it: drop the table yourself, or use another database"));
    }
    let text =
        format!("{}: table {table} was changed since it was written; written again", work.name);
    work.observer.event(Event::Notice { text });
    Ok(())
}

fn not_ours(work: &Work<'_>) -> Error {
    let table = &work.dataset.table;
    let message = format!(
        "table {table} of backend {} is there already, and memgrid did not make it",
        work.name
    );
    Error::usage(message)
        .hint("memgrid does not touch it: use another database, or another `table` in [dataset]")
}

fn write(session: &mut dyn Session, work: &Work<'_>) -> Result<u64> {
    let table = &work.dataset.table;
    let source = Source::open(work.dataset)?;
    write_note(session, work, None)?;
    let stored = transfer(session, work, &source)?;
    let quick = session.quick(table)?;
    let whole = Whole { rows: stored.rows(), checksum: stored.to_string(), quick };
    write_note(session, work, Some(&whole))?;
    Ok(whole.rows)
}

/// Makes the table, writes the rows, and reads them back.
pub(super) fn transfer(
    session: &mut dyn Session,
    work: &Work<'_>,
    source: &Source,
) -> Result<Checksum> {
    let mut sent = Checksum::default();
    let mut chunks = source.chunks().map(|chunk| {
        if work.interrupt.is_raised() {
            let message = format!("interrupted while the rows of {} were written", work.name);
            return Err(Error::new(ErrorKind::Interrupted, message));
        }
        chunk.inspect(|chunk| sent.merge(chunk.checksum()))
    });
    session.fill(source.table(), &mut chunks)?;
    drop(chunks);
    let stored = session.sum(source.table())?;
    if stored == sent {
        return Ok(stored);
    }
    let message = format!(
        "backend {} did not keep the rows of table {}: {} rows with checksum {sent} were written, \
         {} with checksum {stored} read back",
        work.name,
        source.table().name(),
        sent.rows(),
        stored.rows(),
    );
    Err(Error::usage(message).hint("look at the server's character set and limits"))
}

/// Keeps two memgrids from writing into one database at once.
fn lock(session: &mut dyn Session) -> Result<()> {
    let Some(sql) = session.dialect().lock else { return Ok(()) };
    let answer: String = session.query(sql)?.into_iter().flatten().flatten().collect();
    if answer == "0" {
        return Err(Error::usage("another memgrid is writing into this database")
            .hint("wait for it to end, then try again"));
    }
    Ok(())
}

/// The note on a table. The table of notes must be there.
fn read_note(session: &mut dyn Session, table: &str) -> Result<Option<Note>> {
    let sql = format!(
        "SELECT fingerprint, row_count, checksum, quick FROM {RESERVED} WHERE table_name = {}",
        session.dialect().literal(table)
    );
    let Some(row) = session.query(&sql)?.pop() else { return Ok(None) };
    let mut fields = row.into_iter();
    let mut next = || fields.next().flatten();
    let fingerprint = next().unwrap_or_default();
    let whole = match (next().and_then(|rows| rows.parse().ok()), next(), next()) {
        (Some(rows), Some(checksum), Some(quick)) => Some(Whole { rows, checksum, quick }),
        _ => None,
    };
    Ok(Some(Note { fingerprint, whole }))
}

fn write_note(session: &mut dyn Session, work: &Work<'_>, whole: Option<&Whole>) -> Result<()> {
    session.execute(&format!(
        "CREATE TABLE IF NOT EXISTS {RESERVED} (table_name varchar(255) NOT NULL PRIMARY KEY, \
         fingerprint varchar(64) NOT NULL, row_count varchar(20), checksum varchar(64), quick text)"
    ))?;
    let dialect = session.dialect();
    let or_null =
        |text: Option<&str>| text.map_or_else(|| "NULL".to_owned(), |text| dialect.literal(text));
    let key = dialect.literal(&work.dataset.table);
    let rows = whole.map(|whole| whole.rows.to_string());
    let insert = format!(
        "INSERT INTO {RESERVED} VALUES ({key}, {}, {}, {}, {})",
        dialect.literal(work.fingerprint),
        or_null(rows.as_deref()),
        or_null(whole.map(|whole| whole.checksum.as_str())),
        or_null(whole.map(|whole| whole.quick.as_str())),
    );
    session.execute(&format!("DELETE FROM {RESERVED} WHERE table_name = {key}"))?;
    session.execute(&insert)
}
