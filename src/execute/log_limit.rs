//! What a workload prints is bounded on disk: the beginning and the end of each log are kept.
//!
//! While it runs, [`GrowingLog`](crate::growing_log::GrowingLog) leaves a hole in the middle of what has
//! outgrown its limit; when it has ended, the file is written again without the hole.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use bytesize::ByteSize;

use crate::error::Result;

/// Leaves the beginning and the end of a log that is longer than `limit` bytes, in whole lines if it has
/// such, and between them a line that says what is left out. How many bytes that are.
pub(super) fn cut(path: &Path, limit: u64) -> Result<u64> {
    let length = match fs_err::metadata(path) {
        Ok(data) if data.len() > limit => data.len(),
        _ => return Ok(0),
    };
    let half = limit / 2;
    let mut file = fs_err::File::open(path)?;
    let mut head = Vec::new();
    Read::by_ref(&mut file).take(half).read_to_end(&mut head)?;
    if let Some(end) = head.iter().rposition(|byte| *byte == b'\n') {
        head.truncate(end + 1);
    }
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(length - half))?;
    file.take(half).read_to_end(&mut tail)?;
    let line_end = tail.iter().position(|byte| *byte == b'\n');
    let begin = line_end.map(|end| end + 1).filter(|begin| *begin < tail.len()).unwrap_or(0);
    let kept = head.len() + tail.len() - begin;
    let left_out = length.saturating_sub(kept as u64);
    let said = format!(
        "[memgrid left out {} here, since this log is longer than log_limit = {}]\n",
        ByteSize(left_out).display().iec(),
        ByteSize(limit).display().iec()
    );
    if head.last().is_some_and(|last| *last != b'\n') {
        head.push(b'\n');
    }
    let shorter = path.with_extension("cut.tmp");
    let mut output = fs_err::File::create(&shorter)?;
    for part in [&head, said.as_bytes(), &tail[begin..]] {
        output.write_all(part)?;
    }
    fs_err::rename(&shorter, path)?;
    Ok(left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_stay_in_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stdout.log");
        let text: String = (0..1000).map(|line| format!("line {line:03}\n")).collect();
        std::fs::write(&path, &text).unwrap();
        assert_eq!(cut(&path, text.len() as u64).unwrap(), 0);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        let left_out = cut(&path, 100).unwrap();
        let kept = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = kept.lines().collect();
        assert_eq!((lines[0], lines[4], lines.len()), ("line 000", "line 004", 11));
        assert!(lines[5].starts_with("[memgrid left out 8.7 KiB here"), "{}", lines[5]);
        assert_eq!((lines[6], lines[10]), ("line 995", "line 999"));
        assert_eq!(left_out, 9000 - 90);
        assert_eq!(cut(&folder.path().join("none"), 100).unwrap(), 0);
    }

    #[test]
    fn one_endless_line_is_cut_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stdout.log");
        std::fs::write(&path, "x".repeat(1000)).unwrap();
        assert_eq!(cut(&path, 100).unwrap(), 900);
        let kept = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<usize> = kept.lines().map(str::len).collect();
        assert_eq!((lines[0], lines[2]), (50, 50));
    }
}
