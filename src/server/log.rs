//! What a server printed, as far as an error shows it.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// How much of the end of a log is looked through, in bytes.
const TAIL: u64 = 256 << 10;
/// Lines of the log in an error.
const LINES: usize = 12;

/// The lines of the log that say why the server did not do what it should; empty if there are none.
pub(crate) fn tail(log: &Path) -> String {
    telling_lines(&String::from_utf8_lossy(&end_of(log).unwrap_or_default())).join("\n")
}

fn end_of(log: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut end = Vec::new();
    file.take(TAIL).read_to_end(&mut end)?;
    Ok(end)
}

/// The last lines that tell of an error; or, if none does, the last lines.
fn telling_lines(log: &str) -> Vec<&str> {
    let words = ["ERROR", "FATAL", "PANIC", "error:"];
    let all: Vec<_> = log.lines().filter(|line| !line.trim().is_empty()).collect();
    let telling: Vec<_> =
        all.iter().copied().filter(|line| words.iter().any(|word| line.contains(word))).collect();
    let mut lines = if telling.is_empty() { all } else { telling };
    lines.split_off(lines.len().saturating_sub(LINES))
}

#[cfg(test)]
mod tests {
    use super::telling_lines;

    #[test]
    fn what_a_log_tells_is_its_errors() {
        let log = "[Note] a\n[ERROR] no memory\n\n[Note] b\nFATAL: gone\n";
        assert_eq!(telling_lines(log), ["[ERROR] no memory", "FATAL: gone"]);
        assert_eq!(telling_lines("a\n\nb\n"), ["a", "b"]);
        assert_eq!(telling_lines(&"x\n".repeat(50)).len(), 12);
    }
}
