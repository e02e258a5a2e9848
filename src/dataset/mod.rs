//! The rows that every backend holds: generated from a seed, or read from a fixture.
//!
//! Rows come in [`Chunk`]s, so that a dataset of any size needs little memory; a thread of its own
//! makes them while a backend writes the ones before. This module knows nothing of databases.

mod checksum;
mod chunks;
mod export;
mod fixture;
mod generate;
mod table;
mod value;

pub use checksum::Checksum;
pub use chunks::{Chunk, Chunks};
pub use export::{Format, export};
pub(crate) use table::RESERVED;
pub use table::{Column, ColumnType, Table};
pub use value::{Row, Value};

use crate::config;
use crate::error::Result;
use crate::fingerprint::Fingerprint;

/// Changes when the same `[dataset]` would give other rows or another table than before.
const VERSION: &str = "1";

/// Fingerprint of all that the rows depend on: the same in every backend and on every machine.
///
/// # Errors
/// When the fixture can't be read; the error names it.
pub fn fingerprint(dataset: &config::Dataset) -> Result<String> {
    let print = Fingerprint::of("dataset").part(VERSION).part(&dataset.table);
    let print = match &dataset.content {
        config::Content::Generated { rows, seed, columns } => {
            let print = print.part("generated").part(rows.to_le_bytes()).part(seed.to_le_bytes());
            columns.iter().fold(print, |print, column| {
                let kind = match column.kind {
                    config::ColumnKind::Text { length } => format!("text {length}"),
                    config::ColumnKind::Integer => "integer".to_owned(),
                };
                print.part(&column.name).part(kind)
            })
        }
        config::Content::Fixture { path } => {
            print.part(fixture::kind(path)?.as_str()).part(fixture::digest(path)?)
        }
    };
    Ok(print.hex())
}

/// A dataset that is ready to be read: its table is known, its rows can be made again and again.
#[derive(Clone, Debug)]
pub struct Source {
    table: Table,
    rows: u64,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Generated(generate::Generator),
    Fixture(fixture::Fixture),
}

impl Source {
    /// Finds out what table a dataset needs. A fixture is read once for that.
    ///
    /// # Errors
    /// When the fixture can't be read, or what is in it can't be held by a table; the error names
    /// file and entry.
    pub fn open(dataset: &config::Dataset) -> Result<Self> {
        match &dataset.content {
            config::Content::Generated { rows, seed, columns } => {
                let table = generate::table(&dataset.table, columns)?;
                let generator = generate::Generator::new(*rows, *seed, columns);
                Ok(Self { table, rows: *rows, content: Content::Generated(generator) })
            }
            config::Content::Fixture { path } => {
                let (table, rows, fixture) = fixture::Fixture::open(path, &dataset.table)?;
                Ok(Self { table, rows, content: Content::Fixture(fixture) })
            }
        }
    }

    /// The table that holds the rows.
    #[must_use]
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// How many rows there are.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// All rows, in the order of their keys (fixtures: in the file's order).
    #[must_use]
    pub fn chunks(&self) -> Chunks {
        match &self.content {
            Content::Generated(generator) => {
                let generator = generator.clone();
                Chunks::spawn(move |sink| {
                    generator.run(sink);
                    Ok(())
                })
            }
            Content::Fixture(fixture) => {
                let (fixture, table) = (fixture.clone(), self.table.clone());
                Chunks::spawn(move |sink| fixture.read(&table, sink))
            }
        }
    }

    /// Checksum of all rows.
    ///
    /// # Errors
    /// When a fixture can no longer be read.
    pub fn checksum(&self) -> Result<Checksum> {
        let mut sum = Checksum::default();
        for chunk in self.chunks() {
            sum.merge(chunk?.checksum());
        }
        Ok(sum)
    }
}
