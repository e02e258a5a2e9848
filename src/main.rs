//! The `memgrid` command: sets up, calls, returns an exit code.

use std::process::ExitCode;

use memgrid::cli::Cli;
use memgrid::commands;

fn main() -> ExitCode {
    let cli = Cli::read();
    cli.global.set_up_output();
    match commands::dispatch(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            commands::report_error(&error);
            ExitCode::from(error.kind().exit_code())
        }
    }
}
