//! `--with-deps` and `memgrid setup`: installs what the machine lacks for the selected cells.

use crate::config::Config;
use crate::event::{Event, Observer};
use crate::plan::Cell;
use crate::prepare::system::{self, Finding, Needs};

/// What the machine has and lacks for `cells`.
pub(super) fn survey(config: &Config, cells: &[Cell]) -> Vec<Finding> {
    system::survey(config, &Needs::of(config, cells))
}

/// Installs what is missing. Returns whether all of it is there now: a run goes on without, so
/// that what can be measured is.
pub(super) fn install_missing(config: &Config, cells: &[Cell], observer: &dyn Observer) -> bool {
    let missing: Vec<Finding> =
        survey(config, cells).into_iter().filter(Finding::is_missing).collect();
    if missing.is_empty() {
        return true;
    }
    if let Err(error) = system::install(&missing, observer) {
        let hint = error.hint_text().map(|hint| format!(" ({hint})")).unwrap_or_default();
        observer.event(Event::Notice { text: format!("{error}{hint}") });
    }
    let still = survey(config, cells).into_iter().filter(Finding::is_missing);
    let still: Vec<String> = still.map(|finding| finding.name).collect();
    if !still.is_empty() {
        observer.event(Event::Notice { text: format!("still missing: {}", still.join(", ")) });
    }
    still.is_empty()
}
