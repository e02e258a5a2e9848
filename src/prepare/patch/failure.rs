//! A hunk that fits nowhere, explained.

use std::fmt;

use super::locate::{Endings, locate, nearest_miss};
use super::model::Hunk;

/// How many of a hunk's lines are quoted.
const QUOTED_LINES: usize = 20;

/// Why a hunk failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HunkFailure {
    /// The file in the tree.
    pub path: String,
    /// Which of the file's hunks it is, from 1.
    pub number: usize,
    /// How many hunks the file has in this patch.
    pub total: usize,
    /// The hunk's header.
    pub header: String,
    /// The line of the patch file on which that is, from 1.
    pub line: usize,
    /// The lines that it looked for.
    pub looked_for: Vec<String>,
    /// What it would do is done already.
    pub applied: bool,
    /// The nearest place: a line number, what is there, and what the hunk has instead.
    pub near: Option<(usize, String, String)>,
}

impl HunkFailure {
    /// Finds out about hunk `failed` (an index) of `hunks`, which did not fit into `file`.
    pub(super) fn explain(path: &str, file: &[&[u8]], hunks: &[Hunk], failed: usize) -> Self {
        let hunk = &hunks[failed];
        let old: Vec<_> = hunk.before().collect();
        let reversed: Vec<Hunk> = hunks.iter().map(Hunk::reversed).collect();
        // What only takes lines away leaves none to be found.
        let telling = reversed.iter().all(|hunk| hunk.before().next().is_some());
        let near = nearest_miss(file, hunk).and_then(|(at, index)| {
            Some((at + 1, printable(file.get(at)?), printable(&old.get(index)?.text)))
        });
        Self {
            path: path.to_owned(),
            number: failed + 1,
            total: hunks.len(),
            header: printable(hunk.header.as_bytes()),
            line: hunk.line,
            looked_for: old.iter().map(|line| printable(&line.text)).collect(),
            applied: telling && locate(file, &reversed, Endings::Loose).is_ok(),
            near,
        }
    }
}

impl fmt::Display for HunkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, number, total, header, line, .. } = self;
        write!(f, "{path}: hunk {number} of {total} does not apply: {header} (line {line})")?;
        if self.applied {
            return write!(f, "\nthe lines that it would leave are there: is it applied already?");
        }
        if self.looked_for.is_empty() {
            return write!(f, "\nthe file does not have that many lines");
        }
        write!(f, "\nthese lines are not in the file:")?;
        for line in self.looked_for.iter().take(QUOTED_LINES) {
            write!(f, "\n  | {line}")?;
        }
        if let Some(more) = self.looked_for.len().checked_sub(QUOTED_LINES).filter(|n| *n > 0) {
            write!(f, "\n  … and {more} more")?;
        }
        if let Some((at, found, wanted)) = &self.near {
            write!(
                f,
                "\nnearest is line {at} of the file, which has\n  | {found}\ninstead of\n  | {wanted}"
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for HunkFailure {}

/// A line for people and terminals, without control characters.
pub(super) fn printable(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let clean = |c: char| if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c };
    String::from_utf8_lossy(line).chars().map(clean).collect()
}
