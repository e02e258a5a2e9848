//! Python's bytecode for a worktree, made once and before anything is measured.
//!
//! Compiling costs time and memory, and Python does it on whichever import comes first: left
//! alone, the first attempt of a run would pay for all others. With the bytecode in place,
//! attempts run with `PYTHONDONTWRITEBYTECODE=1`: all alike, and none writes anywhere.
//!
//! Paths are recorded relative to the worktree, since one state's bytecode may be another's
//! ([`super::sibling`]): Python puts the real path in their place at import, in all states alike.

use std::path::Path;

use crate::event::step;
use crate::fingerprint::Fingerprint;
use crate::prepare::Blocked;
use crate::prepare::tool::{Tool, ToolError};

use super::Context;

/// Compiles the Python files of `worktree` for `python`, unless that was done before; `whom` says
/// to people which states it is for. Files that are no valid Python are passed over: trees have
/// such among their tests.
///
/// # Errors
/// When the interpreter can't be run, or on an interrupt.
pub(super) fn compile(
    python: &Path,
    worktree: &Path,
    whom: &str,
    context: Context<'_>,
) -> Result<(), Blocked> {
    let print = Fingerprint::of("bytecode").part(python.as_os_str().as_encoded_bytes()).short();
    let done = worktree.with_file_name(format!("compiled-{print}"));
    if done.exists() {
        return Ok(());
    }
    let what = format!("compiling Python files{whom}");
    step(context.observer, &what, || {
        // `-j 0`: as many workers as there are processors.
        let compileall = ["-m", "compileall", "-q", "-q", "-j", "0", "-d", "."];
        match Tool::new(python).args(compileall).arg(worktree).run(context.interrupt) {
            Ok(_) | Err(ToolError::Failed { .. }) => {}
            Err(error) => return Err(error.blocked("compiling Python files", None)),
        }
        fs_err::write(&done, "").map_err(crate::error::Error::from)?;
        Ok(((), "done".to_owned()))
    })
}
