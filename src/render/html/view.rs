//! What several pages show alike: outcomes, figures, changes, runs.

use serde::Serialize;

use super::{names, verdict};
use crate::analyse::comparison::Verdict;
use crate::analyse::summary::{CellSummary, Change, Statistic, Summary};
use crate::collect::record::RunManifest;
use crate::measurement::Unit;
use crate::outcome::Outcome;
use crate::render::comparison::wording;
use crate::render::facts::{self, Fact};
use crate::render::format;

/// An outcome as a word with its CSS class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct OutcomeView {
    pub(super) word: String,
    /// `good`, `absent` or `bad`.
    pub(super) class: &'static str,
    pub(super) ok: bool,
}

impl OutcomeView {
    pub(super) fn new(outcome: Option<Outcome>) -> Self {
        let class = match outcome {
            Some(Outcome::Ok) => "good",
            None | Some(Outcome::Unavailable | Outcome::Interrupted) => "absent",
            Some(_) => "bad",
        };
        let word = outcome.map_or("not run", Outcome::as_str).to_owned();
        Self { word, class, ok: outcome == Some(Outcome::Ok) }
    }
}

/// How many cells ended in one way.
#[derive(Serialize)]
pub(super) struct OutcomeCount {
    outcome: OutcomeView,
    pub(super) count: u64,
}

impl OutcomeCount {
    pub(super) fn new(outcome: Option<Outcome>, count: u64) -> Self {
        Self { outcome: OutcomeView::new(outcome), count }
    }
}

/// A change against the twin, or against an earlier run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ChangeView {
    /// `−57%`, or `not comparable`.
    pub(super) figure: String,
    /// `57% less`, or `not comparable`.
    pub(super) words: String,
    /// `−58…−56%`, if there are repeats enough to tell.
    pub(super) interval: Option<String>,
    /// The verdict as a word, if somebody judged it.
    pub(super) verdict: Option<&'static str>,
    /// Why the two can't be compared.
    pub(super) why: Option<String>,
    /// A sign that needs no colour.
    pub(super) sign: &'static str,
    /// `less`, `same`, `more` or `none`; of a verdict as [`verdict::class`] has it.
    pub(super) class: &'static str,
    /// `121 → 51.6 MiB`.
    pub(super) from_to: String,
}

impl ChangeView {
    /// The change of one metric of `cell` as it was judged, if its twin has that metric too.
    pub(super) fn new(cell: &CellSummary, metric: &str) -> Option<Self> {
        let judged = cell.comparison.as_ref()?.metrics.get(metric)?;
        let (before, after) = (judged.before.as_ref()?, judged.after.as_ref()?);
        let from_to = format::from_to_in(&judged.unit, before.median, after.median);
        let not_comparable = judged.verdict == Verdict::NotComparable;
        let figure = match wording::change(judged).filter(|_| !not_comparable) {
            Some(figure) => figure,
            None => wording::verdict(judged.verdict).to_owned(),
        };
        Some(Self {
            words: judged.ratio.map_or_else(|| figure.clone(), format::change_in_words),
            figure,
            interval: judged.interval.map(wording::interval),
            verdict: Some(wording::verdict(judged.verdict)),
            why: not_comparable.then(|| judged.reason.clone()),
            sign: wording::sign(judged.verdict),
            class: verdict::class(judged.verdict),
            from_to,
        })
    }

    /// A change of a metric in this unit, which nobody judged.
    pub(super) fn of(change: &Change, unit: &Unit) -> Self {
        let from_to = format::from_to_in(unit, change.before, change.after);
        let (interval, verdict) = (None, None);
        match change.ratio {
            Some(ratio) => {
                let direction = format::Direction::of(ratio);
                Self {
                    figure: format::change(ratio),
                    words: format::change_in_words(ratio),
                    interval,
                    verdict,
                    why: None,
                    sign: direction.sign(),
                    class: direction.toned(change.better).class(),
                    from_to,
                }
            }
            None => Self {
                figure: "not comparable".to_owned(),
                words: "not comparable".to_owned(),
                interval,
                verdict,
                why: change.not_comparable.clone().or_else(|| Some("it was 0".to_owned())),
                sign: "≠",
                class: "none",
                from_to,
            },
        }
    }
}

/// What stands beside RSS: live heap, since freed memory is not always given back; and what the
/// server held, so that memory which was only moved there doesn't look free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct SideView {
    pub(super) name: &'static str,
    /// `1.9 → 121 MiB`, or `121 MiB` if there is no twin's or that is the same.
    pub(super) figure: String,
    /// Why the two can't be compared, if it isn't what keeps RSS from being compared.
    pub(super) why: Option<String>,
    pub(super) sign: &'static str,
    /// `less`, `same`, `more` or `none`.
    pub(super) class: &'static str,
}

impl SideView {
    /// Those figures that `cell` has.
    pub(super) fn of(cell: &CellSummary) -> Vec<Self> {
        let heap = Self::new(cell, "live heap", "peak_heap", |before, after| {
            if before > 0.0 {
                format::Direction::of(after / before)
            } else {
                format::Direction::Same
            }
        });
        // A few pages are no ratio to speak of: what counts is what the machine must hold.
        let server =
            Self::new(cell, "server", "peak_server", |before, after| match after - before {
                difference if difference >= format::MIB => format::Direction::More,
                difference if difference <= -format::MIB => format::Direction::Less,
                _ => format::Direction::Same,
            });
        heap.into_iter().chain(server).collect()
    }

    fn new(
        cell: &CellSummary,
        name: &'static str,
        metric: &str,
        direction: fn(f64, f64) -> format::Direction,
    ) -> Option<Self> {
        let figure = cell.metrics.get(metric)?;
        let Some(change) = cell.changes.get(metric) else {
            let figure = format::value(&figure.unit, figure.median);
            return Some(Self { name, figure, why: None, sign: "", class: "none" });
        };
        let figure = match [change.before, change.after].map(format::bytes) {
            [before, after] if before == after => after,
            _ => format::from_to(change.before, change.after),
        };
        if let Some(why) = &change.not_comparable {
            // What keeps RSS from being compared stands there already.
            let of_rss = cell.changes.get("peak_rss").and_then(|rss| rss.not_comparable.as_ref());
            let why = Some(why).filter(|why| of_rss != Some(why)).cloned();
            return Some(Self { name, figure, why, sign: "≠", class: "none" });
        }
        let direction = direction(change.before, change.after);
        Some(Self { name, figure, why: None, sign: direction.sign(), class: direction.class() })
    }
}

/// One line of a table of figures.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FigureView {
    pub(super) name: String,
    pub(super) median: String,
    /// `119 to 122 MiB`, if there were several attempts.
    pub(super) range: Option<String>,
    pub(super) scope: String,
    pub(super) change: Option<ChangeView>,
}

impl FigureView {
    pub(super) fn new(name: &str, figure: &Statistic, change: Option<ChangeView>) -> Self {
        let show = |value| format::value(&figure.unit, value);
        Self {
            name: format::metric(name),
            median: show(figure.median),
            range: (figure.count > 1)
                .then(|| format!("{} to {}", show(figure.min), show(figure.max))),
            scope: format!("{:?}", figure.scope).to_lowercase(),
            change,
        }
    }
}

/// One figure of a cell, shown.
pub(super) fn figure(cell: &CellSummary, metric: &str) -> Option<String> {
    cell.metrics.get(metric).map(|figure| format::value(&figure.unit, figure.median))
}

/// A run and all that it depended on.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RunView {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) started: String,
    pub(super) folder: String,
    /// Its own page.
    pub(super) page: String,
    pub(super) facts: Vec<Fact>,
}

impl RunView {
    /// `root` leads from the page to the reports folder.
    pub(super) fn new(run: &RunManifest, root: &str) -> Self {
        Self {
            id: run.run.clone(),
            name: run.name.clone(),
            started: format::timestamp(run.started),
            folder: format!("{root}{}", names::url(&format!("runs/{}", run.run))),
            page: format!("{root}{}", names::run_page(&run.run)),
            facts: facts::of_run(run),
        }
    }
}

/// What was measured: the subject's name and version, or the matrix's axes.
pub(super) fn subject(summary: &Summary) -> Option<String> {
    let states = summary.runs.first()?.states.values();
    let source = states.flat_map(|state| state.sources.get(crate::config::SUBJECT)).next()?;
    Some(source.origin.replacen("==", " ", 1))
}
