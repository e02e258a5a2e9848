//! Python's bytecode for a worktree, made once and before anything is measured.
//!
//! Compiling costs time and memory, and Python does it on whichever import comes first: left
//! alone, the first attempt of a run would pay for all others. With the bytecode in place,
//! attempts run with `PYTHONDONTWRITEBYTECODE=1`: all alike, and none writes anywhere.

use std::path::Path;

use crate::event::{Observer, step};
use crate::fingerprint::Fingerprint;
use crate::interrupt::Interrupt;
use crate::prepare::Blocked;
use crate::prepare::tool::{Tool, ToolError};

/// Compiles the Python files of `worktree` (one that [`super::prepare_states`] gave, for the
/// state that `name` names to people) for `python`, unless that was done before. Files that are no valid Python are passed over: trees
/// have such among their tests.
///
/// # Errors
/// When the interpreter can't be run, or on an interrupt.
pub fn compile(
    python: &Path,
    worktree: &Path,
    name: &str,
    observer: &dyn Observer,
    interrupt: &Interrupt,
) -> Result<(), Blocked> {
    let print = Fingerprint::of("bytecode").part(python.as_os_str().as_encoded_bytes()).short();
    let done = worktree.with_file_name(format!("compiled-{print}"));
    if done.exists() {
        return Ok(());
    }
    let what = format!("compiling Python files for {name}");
    step(observer, &what, || {
        // `-j 0`: as many workers as there are processors.
        let compileall = ["-m", "compileall", "-q", "-q", "-j", "0"];
        match Tool::new(python).args(compileall).arg(worktree).run(interrupt) {
            Ok(_) | Err(ToolError::Failed { .. }) => {}
            Err(error) => return Err(error.blocked("compiling Python files", None)),
        }
        fs_err::write(&done, "").map_err(crate::error::Error::from)?;
        Ok(((), "done".to_owned()))
    })
}
