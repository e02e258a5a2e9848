//! Rows on their way from a thread that makes them to the one that writes them.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::checksum::Checksum;
use super::value::Row;
use crate::error::Result;

/// How many chunks may wait: enough to keep a writer busy, few enough to need little memory.
const WAITING: usize = 4;

/// A few hundred rows and their checksum.
#[derive(Clone, Debug)]
pub struct Chunk {
    rows: Vec<Row>,
    checksum: Checksum,
}

impl Chunk {
    /// Sums the rows up: done here, so that it happens in the thread that makes them.
    #[must_use]
    pub fn new(rows: Vec<Row>) -> Self {
        let mut checksum = Checksum::default();
        for row in &rows {
            checksum.add(row);
        }
        Self { rows, checksum }
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Their checksum.
    #[must_use]
    pub const fn checksum(&self) -> Checksum {
        self.checksum
    }
}

/// Where a producer puts its chunks. `false`: nobody reads any more.
pub(super) type Sink<'a> = dyn FnMut(Chunk) -> bool + 'a;

/// The chunks of a dataset. The first error is the last item.
#[derive(Debug)]
pub struct Chunks(Receiver<Result<Chunk>>);

impl Chunks {
    /// Runs `produce` in a thread of its own. The thread ends when the chunks are dropped.
    pub(super) fn spawn(
        produce: impl FnOnce(&mut Sink<'_>) -> Result<()> + Send + 'static,
    ) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        // A plain thread, not rayon's pool: its workers may be the ones that wait for these chunks.
        std::thread::spawn(move || feed(&sender, produce));
        Self(receiver)
    }
}

fn feed(sender: &SyncSender<Result<Chunk>>, produce: impl FnOnce(&mut Sink<'_>) -> Result<()>) {
    if let Err(error) = produce(&mut |chunk| sender.send(Ok(chunk)).is_ok()) {
        let _ = sender.send(Err(error));
    }
}

impl Iterator for Chunks {
    type Item = Result<Chunk>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.recv().ok()
    }
}
