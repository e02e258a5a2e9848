//! `memgrid history`: the runs, newest first.

use clap::Args;
use serde_json::{Value, json};

use super::Format;
use crate::commands::output;
use crate::error::Result;
use crate::exit_code;
use crate::history::{History, PastRun};
use crate::render::format;

/// Arguments of `memgrid history`, and of `memgrid history list`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// How many runs, the newest first
    #[arg(long, value_name = "N", default_value_t = 20)]
    runs: u32,
    /// All runs
    #[arg(long, conflicts_with = "runs")]
    all: bool,
    /// How to print them on stdout
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

/// Lists.
pub(super) fn run(args: &ListArgs, history: &mut History) -> Result<u8> {
    let runs = history.runs(if args.all { u32::MAX } else { args.runs })?;
    let count = history.count()?;
    match args.format {
        Format::Json => {
            let runs: Vec<Value> = runs.iter().map(document).collect();
            output::json(&json!({ "schema": 1, "count": count, "runs": runs }))?;
        }
        Format::Table => {
            let shown = runs.len() as u64;
            let rows = runs.into_iter().map(row);
            output::data(&output::table(&["Run", "Name", "Began", "Cells"], rows))?;
            if shown < count {
                output::say(&format!("The newest {shown} of {count} runs; --all lists them all."));
            }
        }
    }
    Ok(exit_code::DONE)
}

fn document(run: &PastRun) -> Value {
    json!({
        "run": run.run,
        "name": run.name,
        "started": run.started,
        "finished": run.finished,
        "memgrid": run.memgrid,
        "outcomes": run.outcomes,
    })
}

fn row(run: PastRun) -> Vec<String> {
    let outcomes = run.outcomes.iter().map(|(outcome, cells)| format!("{cells} {outcome}"));
    let mut cells = outcomes.collect::<Vec<_>>().join(", ");
    if run.finished.is_none() {
        cells.push_str(" (has not ended)");
    }
    vec![run.run, run.name.unwrap_or_default(), format::timestamp(run.started), cells]
}
