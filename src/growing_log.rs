//! A log that another process writes. It is a plain file, so that nobody ever waits for us, however
//! much is printed; what nobody will read is given back to the file system as a hole.

use fs_err::File;
use rustix::fs::{FallocateFlags, fallocate};

/// Holes consist of whole blocks.
const BLOCK: u64 = 4096;

/// The log of a process that runs.
#[derive(Debug)]
pub(crate) struct GrowingLog {
    file: File,
    /// How much is kept of its beginning, in bytes.
    head: u64,
    /// How much is kept of its end, in bytes.
    tail: u64,
    /// Where the hole ends.
    hole_end: u64,
}

impl GrowingLog {
    /// `file` is what the process writes to.
    pub(crate) const fn new(file: File, head: u64, tail: u64) -> Self {
        Self { file, head, tail, hole_end: 0 }
    }

    /// Gives back what is neither in the beginning nor in the end. Where the file system has no holes
    /// it can't be helped.
    pub(crate) fn trim(&mut self) {
        let length = self.file.metadata().map_or(0, |data| data.len());
        let start = self.head.next_multiple_of(BLOCK).max(self.hole_end);
        let end = length.saturating_sub(self.tail) / BLOCK * BLOCK;
        if end <= start {
            return;
        }
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        match fallocate(&self.file, hole, start, end - start) {
            Ok(()) => self.hole_end = end,
            Err(error) => {
                tracing::debug!("{} can't be trimmed: {error}", self.file.path().display());
                self.hole_end = u64::MAX;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::*;

    #[test]
    fn both_ends_stay_where_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let writer = std::fs::File::create(&path).unwrap();
        let open = File::options().write(true).open(&path).unwrap();
        let mut log = GrowingLog::new(open, BLOCK, 2 * BLOCK);
        for part in 0..8 {
            writer.write_all_at(&[b'a' + part; 4096], u64::from(part) * BLOCK).unwrap();
            log.trim();
        }
        let text = std::fs::read(&path).unwrap();
        let kept: Vec<u8> = text.chunks(4096).map(|block| block[0]).collect();
        assert_eq!(kept, [b'a', 0, 0, 0, 0, 0, b'g', b'h'], "or there are no holes here");
    }
}
