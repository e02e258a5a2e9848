//! Why cells have no figure, or none to be trusted, and the command that helps: said where the
//! figure would stand.

use indexmap::IndexMap;
use serde::Serialize;

use super::names;
use super::overview::Overview;
use super::view::OutcomeView;
use crate::analyse::summary::{CellSummary, Summary};
use crate::outcome::Outcome;
use crate::render::format;

/// Cells with the same trouble.
#[derive(Debug, Serialize)]
pub(super) struct TroubleView {
    /// Which of a field's cells; none if it is all of them.
    cells: Vec<CellLink>,
    outcome: OutcomeView,
    reason: Option<String>,
    help: Option<String>,
    /// The page with the log, where there is one to be read.
    log: Option<String>,
}

#[derive(Debug, Serialize)]
struct CellLink {
    name: String,
    href: String,
}

/// Those of `cells` that are not `ok`, those with the same trouble together.
pub(super) fn troubles(all: &Overview<'_>, cells: &[&CellSummary]) -> Vec<TroubleView> {
    let mut alike: IndexMap<_, Vec<&CellSummary>> = IndexMap::new();
    for cell in cells.iter().filter(|cell| cell.outcome != Some(Outcome::Ok)) {
        alike.entry((cell.outcome, &cell.reason, &cell.help)).or_default().push(cell);
    }
    let view = |(_, troubled): (_, Vec<&CellSummary>)| view(all, &troubled, cells.len());
    alike.into_iter().filter_map(view).collect()
}

fn view(all: &Overview<'_>, troubled: &[&CellSummary], everyone: usize) -> Option<TroubleView> {
    let first = troubled.first()?;
    let link = |cell: &&CellSummary| CellLink {
        name: all.short_name(cell).to_owned(),
        href: names::cell_page(&cell.cell.id),
    };
    let has_log = troubled.iter().find(|cell| !cell.attempts.is_empty());
    Some(TroubleView {
        cells: if troubled.len() == everyone {
            Vec::new()
        } else {
            troubled.iter().map(link).collect()
        },
        outcome: OutcomeView::new(first.outcome),
        reason: first.reason.clone(),
        help: first.help.clone().or_else(|| help(all.summary, troubled)),
        log: has_log.map(|cell| format!("{}#log", names::cell_page(&cell.cell.id))),
    })
}

/// The command that helps where the run itself knew none.
fn help(summary: &Summary, cells: &[&CellSummary]) -> Option<String> {
    let first = cells.first()?;
    let measure = first.run.as_deref().and_then(|run| summary.run(run)).map(|run| &run.measure);
    let again = |options: &str| {
        let twin = first.twin.iter().filter(|_| first.outcome == Some(Outcome::WrongOutput));
        let ids = twin.chain(cells.iter().map(|cell| &cell.cell.id));
        let ids = format::shell(ids.map(|id| id.as_str()));
        format!("memgrid run {ids}{options}")
    };
    Some(match first.outcome {
        Some(Outcome::Ok) => return None,
        Some(Outcome::Interrupted) => "memgrid run --resume".to_owned(),
        Some(Outcome::Unavailable) => "memgrid doctor".to_owned(),
        Some(Outcome::TimedOut) => match measure {
            Some(measure) => again(&format!(" --timeout {:.0}s", measure.timeout * 2.0)),
            None => again(""),
        },
        Some(Outcome::OverLimit) => match measure.and_then(|measure| measure.memory_limit) {
            Some(limit) => again(&format!(" --memory-limit {}B", limit.saturating_mul(2))),
            None => again(""),
        },
        Some(Outcome::Failed | Outcome::PatchFailed | Outcome::WrongOutput) | None => again(""),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::sample::Sample;

    /// What is tried if this cell of the default matrix ended so, without a help of the run's own.
    fn tried(outcome: Outcome) -> Option<String> {
        let mut sample = Sample::default_matrix();
        sample.runs[0].manifest.measure.memory_limit = Some(1 << 30);
        sample.end(0, "sqlite/json/patched", outcome, "so it was", None);
        let summary = sample.summary();
        let id = crate::plan::CellId::from_values(["sqlite", "json", "patched"]);
        help(&summary, &[summary.cell(&id).unwrap()])
    }

    #[test]
    fn each_trouble_has_a_command_that_helps() {
        for outcome in Outcome::ALL {
            assert_eq!(tried(outcome).is_none(), outcome == Outcome::Ok, "{outcome}");
        }
        let run = |options| Some(format!("memgrid run sqlite/json/patched{options}"));
        assert_eq!(tried(Outcome::Failed), run(""));
        assert_eq!(tried(Outcome::TimedOut), run(" --timeout 1200s"));
        assert_eq!(tried(Outcome::OverLimit), run(" --memory-limit 2147483648B"));
        assert_eq!(
            tried(Outcome::WrongOutput).as_deref(),
            Some("memgrid run sqlite/json/unpatched sqlite/json/patched"),
            "what it is held against is measured again too"
        );
    }
}
