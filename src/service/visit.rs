//! An attempt's use of a service.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use super::instance::Instance;
use super::log_name;
use crate::error::Result;
use crate::growing_log::GrowingLog;

/// What is kept of what a service printed during one attempt, in bytes.
const MOST_LOG: u64 = 1 << 20;

/// A service, for the time of an attempt. A fresh one ends with it.
#[derive(Debug)]
pub struct Visit {
    instance: Arc<Instance>,
    is_shared: bool,
    /// Where its log stood at the start.
    offset: u64,
}

impl Visit {
    pub(super) fn new(instance: Arc<Instance>, is_shared: bool) -> Self {
        let offset = if is_shared { length(instance.log()) } else { 0 };
        Self { instance, is_shared, offset }
    }

    /// The service's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.instance.name()
    }

    /// Whether other attempts may use it at the same time.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Variables by which a workload finds it.
    pub fn env(&self) -> impl Iterator<Item = (&String, &String)> {
        self.instance.env()
    }

    /// The process whose descendants the service consists of.
    #[must_use]
    pub fn process(&self) -> Option<i32> {
        self.instance.process()
    }

    /// What it prints, of which no more than the end will be read; `None` if it can't be opened.
    pub(crate) fn growing_log(&self) -> Option<GrowingLog> {
        let file = fs_err::OpenOptions::new().write(true).open(self.instance.log()).ok()?;
        Some(GrowingLog::new(file, 0, MOST_LOG))
    }

    /// How it ended, with the last lines that it printed; `None` as long as it runs.
    #[must_use]
    pub fn ended(&self) -> Option<String> {
        self.instance.ended()
    }

    /// Ends the attempt's use of it, and keeps what it printed meanwhile in `folder`.
    ///
    /// # Errors
    /// When a fresh one does not end, or its log can't be written.
    pub fn leave(self, folder: &Path) -> Result<()> {
        let Self { instance, offset, .. } = self;
        let name = log_name(instance.name());
        let log = instance.log().to_owned();
        let stopped = Arc::into_inner(instance).map_or(Ok(()), Instance::stop);
        let said = read_from(&log, offset);
        if !said.is_empty() {
            fs_err::write(folder.join(name), said)?;
        }
        stopped
    }
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// What stands in the file from `offset` on; of too much, the end.
fn read_from(path: &Path, offset: u64) -> Vec<u8> {
    let mut said = Vec::new();
    let from = offset.max(length(path).saturating_sub(MOST_LOG));
    if let Ok(mut file) = std::fs::File::open(path)
        && file.seek(SeekFrom::Start(from)).is_ok()
    {
        // A log that can't be read to its end is kept as far as it could be.
        let _ = file.take(MOST_LOG).read_to_end(&mut said);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_is_kept_from_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        std::fs::write(&log, "before during").unwrap();
        assert_eq!(read_from(&log, 7), b"during");
        assert_eq!(read_from(&folder.path().join("none"), 0), b"");
        std::fs::write(&log, [vec![b'a'; 10], vec![b'b'; 1 << 20]].concat()).unwrap();
        assert_eq!(read_from(&log, 0), vec![b'b'; 1 << 20]);
    }
}
