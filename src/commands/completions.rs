//! `memgrid completions SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::Result;
use crate::exit_code;

use super::output;

/// Arguments of `memgrid completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Prints the script.
pub(super) fn run(args: &CompletionsArgs) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "memgrid", &mut script);
    output::data(&String::from_utf8_lossy(&script))?;
    Ok(exit_code::DONE)
}
