//! Trends with the commits between their runs: for the terminal and for the index.

use crate::analyse::trend::{SourceChange, Trend};
use crate::prepare::source::{Between, ChangeLog};
use crate::render::trend::{Lying, SourceHistory};

/// What changed between a trend's runs.
pub(super) fn changes(trend: &Trend, log: &mut ChangeLog<'_>) -> Vec<SourceHistory> {
    let mut changes = Vec::new();
    for step in &trend.steps {
        for (source, change) in &step.changed {
            changes.push(history(&step.run, source, change, log));
        }
    }
    changes
}

fn history(
    run: &str,
    source: &str,
    change: &SourceChange,
    log: &mut ChangeLog<'_>,
) -> SourceHistory {
    let SourceChange { since, before, after } = change;
    let between = match (&before.revision, &after.revision) {
        (Some(from), Some(to)) if before.origin == after.origin && from != to => {
            Some(log.between(&after.origin, from, to))
        }
        _ => None,
    };
    let (commits, unknown) = match between {
        Some(Between::Commits { added, gone }) => (Some(Lying { added, gone }), None),
        Some(Between::Unknown(why)) => (None, Some(why)),
        None => (None, None),
    };
    SourceHistory {
        run: run.to_owned(),
        since: since.clone(),
        source: source.to_owned(),
        before: before.clone(),
        after: after.clone(),
        commits,
        unknown,
    }
}
