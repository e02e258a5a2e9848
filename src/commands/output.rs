//! stdout is data, stderr is everything else; both go through here.

use std::error::Error as _;
use std::io::Write;

use anstyle::{AnsiColor, Style};

use crate::cli::Global;
use crate::config::Problems;
use crate::error::{Error, ErrorKind, Result};
use crate::render::document;
use crate::render::terminal::Look;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Writes to stdout. A reader that has gone away (`| head`) is no error of ours.
///
/// # Errors
/// When stdout can't be written for another reason.
pub(super) fn data(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::usage("stdout can't be written").because(error))
        }
        _ => Ok(()),
    }
}

/// Whether an error is only that the reader of stdout has gone away.
#[must_use]
pub(super) fn is_broken_pipe(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        let io = cause.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe) {
            return true;
        }
        source = cause.source();
    }
    false
}

/// How the table at the end of a run is to be drawn.
#[must_use]
pub(super) fn look(global: &Global) -> Look {
    let stdout = std::io::stdout();
    let width = || rustix::termios::tcgetwinsize(&stdout).ok().map(|size| size.ws_col);
    Look { color: global.color_on(&stdout), width: width().filter(|width| *width > 0) }
}

/// Writes a line for people to stderr.
pub(super) fn say(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Tells a person what went wrong: message, causes, hint.
pub fn report_error(error: &Error) {
    let mut err = anstream::stderr().lock();
    let mut source = error.source();
    if let Some(problems) = source.and_then(|source| source.downcast_ref::<Problems>()) {
        // anstream takes the colours out again where they don't belong.
        let _ = writeln!(err, "{}\n", problems.render(true));
        source = None;
    }
    let _ = writeln!(err, "{ERROR}error:{ERROR:#} {error}");
    while let Some(cause) = source {
        let _ = writeln!(err, "  because {cause}");
        source = cause.source();
    }
    if let Some(hint) = error.hint_text() {
        let _ = writeln!(err, "{HINT}hint:{HINT:#} {hint}");
    }
    if error.kind() == ErrorKind::Bug {
        let _ = writeln!(err, "This is a bug in memgrid: please report it with the command line.");
    }
}

/// Writes a value as indented JSON to stdout.
///
/// # Errors
/// When it can't be written.
pub(super) fn json(value: &impl serde::Serialize) -> Result<()> {
    let text = document::json(value)
        .map_err(|error| Error::bug("a result can't be written as JSON").because(error))?;
    data(&text)
}

/// A plain table without lines.
#[must_use]
pub(super) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(head.iter().copied());
    table.add_rows(rows);
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
