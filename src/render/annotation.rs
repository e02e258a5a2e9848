//! Workflow commands, which a GitHub workflow's log turns into annotations.
//!
//! > GitHub Docs, *Workflow commands for GitHub Actions*, and the escapes of `actions/toolkit`,
//! > `packages/core/src/command.ts`.

use super::format;
#[cfg(test)]
pub(super) mod reader;

/// How many annotations of each kind GitHub shows of one step.
const SHOWN: usize = 10;
/// Longest message, in characters.
const LONGEST: usize = 2000;

/// An annotation: what is said first, and all of it.
pub(super) struct Note {
    pub(super) title: String,
    pub(super) message: String,
}

/// Commands for all notes, attached to `file`, a path within the repository.
pub(super) fn commands(
    errors: Vec<Note>,
    warnings: Vec<Note>,
    notices: Vec<Note>,
    file: Option<&str>,
) -> String {
    let kinds = [("error", errors), ("warning", warnings), ("notice", notices)];
    kinds.into_iter().map(|(kind, notes)| shown(kind, notes, file)).collect()
}

/// As many as GitHub shows; if there are more, the last one says how many.
fn shown(kind: &str, mut notes: Vec<Note>, file: Option<&str>) -> String {
    if notes.len() > SHOWN {
        let rest = notes.split_off(SHOWN - 1).len();
        notes.push(Note {
            title: format!("memgrid: {rest} more"),
            message: format!("{rest} more, which GitHub would not show; the log has them all"),
        });
    }
    notes.iter().map(|note| command(kind, note, file)).collect()
}

fn command(kind: &str, note: &Note, file: Option<&str>) -> String {
    let file = file.map(|file| format!("file={},", property(file))).unwrap_or_default();
    let title = property(&note.title);
    format!("::{kind} {file}title={title}::{}\n", data(&note.message))
}

/// A message, in which only what would end the line has to be escaped.
fn data(text: &str) -> String {
    let text = format::visible(text);
    let text = match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    };
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, which a colon or a comma would end too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
