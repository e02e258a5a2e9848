//! One file a subcommand: its arguments beside thin wiring of the stages. Only this module sees
//! every stage, and only here is anything printed to stdout.

pub mod bisect;
pub mod calibrate;
pub mod clean;
pub mod compare;
pub mod completions;
pub mod dataset;
pub mod doctor;
pub mod history;
pub mod nightly;
pub mod plan;
pub mod report;
pub mod run;
pub mod setup;

mod apart;
mod conclusion;
mod curves;
mod index;
mod installing;
mod job;
mod manifest;
mod measure_args;
mod measuring;
mod nights;
mod output;
mod outputs;
mod overrides;
mod project;
mod rankings;
mod resume;
mod run_pages;
mod run_reference;
mod selection;
mod serving;
mod staging;
mod trends;

use crate::cli::{Cli, Command};
use crate::error::Result;

pub use output::report_error;

/// Runs the subcommand; `Ok` carries the exit code.
///
/// # Errors
/// Whatever kept the subcommand from doing its work; the error's kind decides the exit code.
pub fn dispatch(cli: Cli) -> Result<u8> {
    let Cli { global, command } = cli;
    match command {
        Command::Run(args) => run::run(&global, &args),
        Command::Compare(args) => compare::run(&global, &args),
        Command::Plan(args) => plan::run(&global, &args),
        Command::Calibrate(args) => calibrate::run(&global, &args),
        Command::Nightly(args) => nightly::run(&global, &args),
        Command::Bisect(args) => bisect::run(&global, &args),
        Command::Report(args) => report::run(&global, &args),
        Command::History(args) => history::run(&global, &args),
        Command::Dataset(args) => dataset::run(&global, &args),
        Command::Doctor(args) => doctor::run(&global, &args),
        Command::Setup(args) => setup::run(&global, &args),
        Command::Clean(args) => clean::run(&global, &args),
        Command::Completions(args) => completions::run(&args),
    }
}
