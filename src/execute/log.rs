//! The last words of a workload, for the reason why an attempt failed.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// How many lines are quoted.
const LINES: usize = 10;
/// How many characters of each.
const WIDTH: usize = 300;
/// How much of the file's end is looked at.
const BYTES: u64 = 16 << 10;

/// The last lines of a log that are not empty; none if it can't be read.
pub(super) fn tail(path: &Path) -> Vec<String> {
    let Ok(bytes) = last_bytes(path) else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<String> =
        text.lines().rev().map(printable).filter(|line| !line.is_empty()).take(LINES).collect();
    lines.reverse();
    lines
}

fn last_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = fs_err::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
    let mut bytes = Vec::new();
    file.take(BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A line that can be printed on any terminal: no control characters, and not endless.
fn printable(line: &str) -> String {
    let clean = line.trim_end().chars().filter(|c| *c == '\t' || !c.is_control());
    let mut shown: String = clean.clone().take(WIDTH).collect();
    if clean.count() > WIDTH {
        shown.push('…');
    }
    shown
}

/// One line that says what happened, then the last lines of the log.
pub(super) fn explain(what: &str, tail: &[String]) -> String {
    let Some(last) = tail.last() else { return what.to_owned() };
    let mut text = format!("{what}: {}", last.trim());
    if tail.len() > 1 {
        for line in tail {
            text.push('\n');
            text.push_str(line);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_short_printable_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("stderr.log");
        let mut text: Vec<u8> =
            (0..5000).flat_map(|n| format!("line {n}\n\n").into_bytes()).collect();
        text.extend_from_slice(b"\x1b[31mred\xff\n");
        std::fs::write(&log, text).unwrap();
        let tail = tail(&log);
        assert_eq!(tail.len(), LINES);
        assert_eq!(tail[0], "line 4991");
        assert_eq!(tail[LINES - 1], "[31mred\u{fffd}");
    }

    #[test]
    fn a_log_that_is_not_there_has_no_tail() {
        assert!(tail(Path::new("/does/not/exist")).is_empty());
        assert_eq!(explain("exit status 1", &[]), "exit status 1");
    }

    #[test]
    fn the_first_line_says_it_all() {
        let tail = ["Traceback:".to_owned(), "ValueError: boom".to_owned()];
        let reason = explain("exit status 1", &tail);
        assert_eq!(reason.lines().next(), Some("exit status 1: ValueError: boom"));
        assert_eq!(reason.lines().count(), 3);
    }
}
