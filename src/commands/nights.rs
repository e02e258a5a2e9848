//! The nights so far: runs that `memgrid nightly` made and judged.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::collect::RunDir;
use crate::collect::night::Night;
use crate::error::Result;

/// Judged nights that began before `moment` (all of them without one), newest first. A night
/// whose files are damaged is passed over with a warning: it is no measure.
///
/// # Errors
/// When the folder of runs can't be read.
pub(super) fn before(
    reports: &Path,
    moment: Option<Timestamp>,
) -> Result<impl Iterator<Item = (RunDir, Night)>> {
    let is_before = move |run: &RunDir| {
        let Some(moment) = moment else { return true };
        run.read_manifest().is_ok_and(|manifest| manifest.started < moment)
    };
    let night = |run: RunDir| match Night::of(&run) {
        Ok(night) => Some((run, night?)),
        Err(error) => {
            tracing::warn!("{error}");
            None
        }
    };
    let runs = RunDir::list(reports)?.into_iter();
    let reports = reports.to_owned();
    let runs = runs.filter_map(move |id| RunDir::open(&reports, &id).ok());
    Ok(runs.filter_map(night).filter(move |(run, _)| is_before(run)))
}

/// A name that says on which day, in UTC as runs' ids.
pub(super) fn dated(what: &str) -> String {
    format!("{what}-{}", Timestamp::now().to_zoned(TimeZone::UTC).strftime("%Y-%m-%d"))
}
