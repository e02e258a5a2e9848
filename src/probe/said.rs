//! What the workload has said about itself so far.

use super::protocol::{Junk, Message, ServerLine};
use super::values::Values;
use crate::measurement::{is_objects, known_metrics};

/// Marks beyond these are dropped: a flood may not fill the disk.
const MOST_MARKS: u64 = 10_000;

/// All that came in on the marks' pipe.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// As sent last.
    pub(super) progress: Option<f64>,
    /// As sent last.
    pub(super) digest: Option<String>,
    pub(super) values: Values,
    /// Names of marks that were not written yet.
    pub(super) new_marks: Vec<String>,
    /// What was said about its server and not looked at yet.
    pub(super) new_servers: Vec<ServerLine>,
    marks: u64,
    junk: u64,
    first_junk: Option<String>,
    refused: u64,
}

impl Said {
    /// Takes one line.
    pub(super) fn hear(&mut self, message: Result<Message, Junk>) {
        match message {
            Ok(Message::Mark(name)) => {
                self.marks += 1;
                if self.marks <= MOST_MARKS {
                    self.new_marks.push(name);
                }
            }
            Ok(Message::Progress(progress)) => self.progress = Some(progress),
            Ok(Message::Digest(digest)) => self.digest = Some(digest),
            Ok(Message::Server(line)) => self.new_servers.push(line),
            Ok(Message::Metric { name, value, unit }) => {
                let own = known_metrics().any(|known| known == name) || is_objects(&name);
                if own || !self.values.add(name, value, &unit) {
                    self.refused += 1;
                }
            }
            Err(Junk(shown)) => {
                self.junk += 1;
                self.first_junk.get_or_insert(shown);
            }
        }
    }

    /// What a reader should know about what was not taken.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(first) = &self.first_junk {
            let count = self.junk;
            let lines = if count == 1 { "line was" } else { "lines were" };
            notes.push(format!("MEMPROBE_FD: {count} {lines} not understood, first: {first}"));
        }
        if self.refused > 0 {
            let metrics = if self.refused == 1 { "metric was" } else { "metrics were" };
            notes.push(format!(
                "MEMPROBE_FD: {} {metrics} dropped: a name of memprobe's own, another unit than \
                 before, or more than 1,000 names",
                self.refused
            ));
        }
        if self.marks > MOST_MARKS {
            let dropped = self.marks - MOST_MARKS;
            notes.push(format!(
                "MEMPROBE_FD: {dropped} marks after the first {MOST_MARKS} were dropped"
            ));
        }
        if self.values.dropped_values() {
            notes.push("MEMPROBE_FD: medians are of the first 100,000 values".to_owned());
        }
        notes
    }
}
