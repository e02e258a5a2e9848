//! The search itself: two ends, and what to measure next until only one commit is left.

use std::cell;

use indexmap::IndexMap;

use crate::analyse::bisection::{Bisection, SCHEMA, Tested};
use crate::cli::Global;
use crate::config::{Overrides, Rule};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observer};
use crate::history::History;
use crate::measurement::Unit;
use crate::outcome::Outcome;
use crate::plan::bisect::{Finding, Findings, Step, Suspects};
use crate::plan::{self, Cell, Selection};
use crate::prepare::Blocked;
use crate::prepare::source::Lineage;
use crate::render::format;
use crate::statistics::median;

use super::super::job::Surroundings;
use super::super::project::Project;
use super::super::resume;
use super::BisectArgs;
use super::ends::End;
use super::measuring::{Bench, Found, is_of_the_commit};
use super::scale::{self, Scale};

/// Attempts of each commit unless it was said how many: fewer could lie on the wrong side.
const REPEATS: u32 = 3;

/// A search that is about to begin.
pub(super) struct Search<'a> {
    bench: Bench<'a>,
    lineage: Lineage,
    suspects: Suspects,
    good: Point,
    bad: Point,
    metric: Option<String>,
}

/// An end's commit, and the run that it was named by.
struct Point {
    commit: String,
    run: Option<String>,
}

impl<'a> Search<'a> {
    /// Finds out what lies between the two ends.
    pub(super) fn prepare(
        global: &Global,
        args: &BisectArgs,
        around: &'a Surroundings,
    ) -> Result<Self> {
        let typed = args.overrides.to_overrides();
        let project = Project::load(global, &typed)?;
        let cell = the_cell(&project, &args.cell)?;
        let (good, bad) = ends(&project, args, &cell, around)?;
        let project = as_the_run_was(global, &project, &typed, &bad)?;
        let origin = project.config.sources.get(&args.source).ok_or_else(|| {
            Error::usage(format!("the matrix has no source `{}`", args.source))
                .hint("--source NAME says whose commits are searched")
        })?;
        let revisions = [good.revision(&cell, &args.source)?, bad.revision(&cell, &args.source)?];
        let [good_revision, bad_revision] = &revisions;
        let (lineage, commits) = around
            .lineage(&origin.origin, &[good_revision, bad_revision])
            .map_err(|blocked| unreachable(&blocked))?;
        let mut commits = commits.into_iter();
        let mut next =
            || commits.next().unwrap_or_else(|| Err(Blocked::unavailable("nothing was fetched")));
        let good_commit = next().map_err(|blocked| no_commit(&blocked))?;
        let bad_commit = next().map_err(|blocked| no_commit(&blocked))?;
        let good = Point { commit: good_commit, run: good.run().map(str::to_owned) };
        let bad = Point { commit: bad_commit, run: bad.run().map(str::to_owned) };
        let good = common(good, &bad, &lineage, &around.progress)?;
        let between =
            lineage.between(&good.commit, &bad.commit).map_err(|why| unreachable(&why))?;
        let bench = Bench {
            project,
            cell,
            source: args.source.clone(),
            around,
            with_deps: cell::Cell::new(args.with_deps),
        };
        let suspects = Suspects::new(between);
        Ok(Self { bench, lineage, suspects, good, bad, metric: args.metric.clone() })
    }

    /// Measures until it is known, or can't be known.
    pub(super) fn run(&self) -> Result<Bisection> {
        self.say(format!(
            "{} commits may have made {} worse: about {} have to be measured",
            self.suspects.len(),
            self.bench.cell.id,
            self.suspects.steps()
        ));
        let good = self.end(&self.good, "good")?;
        let bad = self.end(&self.bad, "bad")?;
        let scale = self.scale(&good, &bad)?;
        let mut tested = IndexMap::new();
        for (point, found, finding) in
            [(&self.good, good, Finding::Good), (&self.bad, bad, Finding::Bad)]
        {
            let values = found.values(&scale.metric);
            let tested_end = self.tested(&point.commit, finding, values, &[found], None)?;
            tested.insert(point.commit.clone(), tested_end);
        }
        loop {
            let findings: Findings =
                tested.iter().map(|(commit, tested)| (commit.clone(), tested.finding)).collect();
            match self.suspects.next(&findings) {
                Step::Measure(best) => {
                    let next = self.test(&best, &scale)?;
                    tested.insert(next.commit.commit.clone(), next);
                }
                Step::Found(commit) => return self.conclude(&scale, tested, &[commit]),
                Step::OneOf(left) => return self.conclude(&scale, tested, &left),
            }
        }
    }

    /// The first of `best` that was measured before, or else the very first, measured now.
    fn test(&self, best: &[String], scale: &Scale) -> Result<Tested> {
        for commit in best {
            if let Some(found) = self.bench.stored(commit, None)? {
                return self.judge(commit, found, scale);
            }
        }
        let commit = best.first().ok_or_else(|| Error::bug("there is nothing to measure"))?;
        let info = self.lineage.info(commit).map_err(|why| unreachable(&why))?;
        self.say(format!("measuring {} {}", short(commit), info.subject));
        let found = self.bench.measure(commit)?;
        self.judge(commit, found, scale)
    }

    fn judge(&self, commit: &str, found: Found, scale: &Scale) -> Result<Tested> {
        let mut values = found.values(&scale.metric);
        let (outcome, reason) = found.outcome();
        let mut runs = vec![found];
        let mut note = None;
        if !scale.ends.is_clear(&values) {
            self.say(format!("{} is on both sides of the middle: once more", short(commit)));
            let again = self.bench.measure(commit)?;
            values.extend(again.values(&scale.metric));
            runs.push(again);
            note = Some("its attempts are on both sides; the median decides".to_owned());
        }
        let (finding, note) = match scale.ends.side(&values) {
            Some(finding) => (finding, note),
            None => {
                let no_value = format!("it has no value of `{}`", scale.metric);
                let why =
                    if outcome == Outcome::Ok { no_value } else { format!("{outcome}: {reason}") };
                (Finding::Skipped, Some(why))
            }
        };
        let tested = self.tested(commit, finding, values, &runs, note)?;
        self.say(line(&tested, &scale.unit));
        Ok(tested)
    }

    /// An end, as its run measured it if that would be the same now.
    fn end(&self, point: &Point, which: &str) -> Result<Found> {
        let found = match self.bench.stored(&point.commit, point.run.as_deref())? {
            Some(found) => found,
            None => {
                self.say(format!("measuring the {which} end, {}", short(&point.commit)));
                self.bench.measure(&point.commit)?
            }
        };
        let (outcome, reason) = found.outcome();
        if is_of_the_commit(outcome) {
            let message = format!(
                "the {which} end, {}, can't be measured: {outcome}: {reason}",
                short(&point.commit)
            );
            return Err(Error::new(ErrorKind::Incomplete, message)
                .hint(format!("name another with --{which}")));
        }
        Ok(found)
    }

    fn scale(&self, good: &Found, bad: &Found) -> Result<Scale> {
        let rules = self.bench.project.config.compare.fail_on.clone();
        let rules = rules.unwrap_or_else(|| Rule::defaults().to_vec());
        let cell = &self.bench.cell.id;
        let directions = self.bench.project.config.directions();
        scale::choose(&rules, &directions, cell, self.metric.as_deref(), good, bad).map_err(
            |seen| {
                if seen.is_empty() {
                    let message = format!("{cell} has no value of what is to tell good from bad");
                    return Error::usage(message).hint("--metric METRIC names what does");
                }
                let message = format!(
                    "{cell} is not clearly worse at {} than at {}: {}",
                    short(&self.bad.commit),
                    short(&self.good.commit),
                    seen.join(", ")
                );
                Error::usage(message).hint("name other ends, another --metric, or more --repeats")
            },
        )
    }

    fn tested(
        &self,
        commit: &str,
        finding: Finding,
        values: Vec<f64>,
        runs: &[Found],
        reason: Option<String>,
    ) -> Result<Tested> {
        Ok(Tested {
            commit: self.lineage.info(commit).map_err(|why| unreachable(&why))?,
            finding,
            median: median(values.iter().copied()),
            values,
            runs: runs.iter().map(|found| found.run.clone()).collect(),
            reused: runs.iter().all(|found| found.reused),
            reason,
        })
    }

    fn conclude(
        &self,
        scale: &Scale,
        tested: IndexMap<String, Tested>,
        left: &[String],
    ) -> Result<Bisection> {
        let mut infos = Vec::new();
        for commit in left {
            infos.push(self.lineage.info(commit).map_err(|why| unreachable(&why))?);
        }
        // The last that was found good, and the last that was found bad: next to what is left.
        let last = |finding| {
            let of_kind = tested.values().filter(move |tested| tested.finding == finding);
            of_kind.filter_map(|tested| tested.median).next_back().unwrap_or(f64::NAN)
        };
        let (before, after) = (last(Finding::Good), last(Finding::Bad));
        let found = if infos.len() == 1 { infos.pop() } else { None };
        Ok(Bisection {
            schema: SCHEMA,
            cell: self.bench.cell.id.clone(),
            source: self.bench.source.clone(),
            metric: scale.metric.clone(),
            unit: scale.unit.clone(),
            suspects: self.suspects.len(),
            found,
            candidates: infos,
            before,
            after,
            measured: tested.into_values().collect(),
        })
    }

    fn say(&self, text: String) {
        self.bench.around.progress.event(Event::Notice { text });
    }
}

fn the_cell(project: &Project, id: &str) -> Result<Cell> {
    let selection = Selection { patterns: vec![id.to_owned()], ..Selection::default() };
    let mut cells = plan::select(&project.cells, &selection)?;
    match (cells.pop(), cells.is_empty()) {
        (Some(cell), true) => Ok(cell),
        _ => Err(Error::usage(format!("`{id}` is more than one cell"))
            .hint("a search is for one: name it by its id")),
    }
}

fn ends(
    project: &Project,
    args: &BisectArgs,
    cell: &Cell,
    around: &Surroundings,
) -> Result<(End, End)> {
    let reports = &project.config.reports;
    let mut history = History::open(reports, &around.progress)?;
    let bad = match &args.bad {
        Some(bad) => End::typed(reports, &mut history, bad)?,
        None => End::newest(reports, cell)?,
    };
    let good = match &args.good {
        Some(good) => End::typed(reports, &mut history, good)?,
        None => End::last_good(reports, &bad, cell)?,
    };
    Ok((good, bad))
}

/// The project with the bad run's rows, repeats and so on, and with its other sources' commits.
fn as_the_run_was(
    global: &Global,
    project: &Project,
    typed: &Overrides,
    bad: &End,
) -> Result<Project> {
    let least = |repeats: u32| Some(typed.repeats.unwrap_or_else(|| repeats.max(REPEATS)));
    let End::Run(manifest) = bad else {
        let repeats = least(project.config.measure.repeats);
        return Project::load(global, &Overrides { repeats, ..typed.clone() });
    };
    let recorded = resume::overrides(&project.config, manifest);
    let overrides = typed.clone().over(recorded);
    let repeats = least(manifest.measure.repeats);
    let mut project = Project::load(global, &Overrides { repeats, seed: typed.seed, ..overrides })?;
    project.config.pin(&manifest.commits());
    Ok(project)
}

/// The good end, or where the two lines of history parted if the bad end does not descend from it.
fn common(good: Point, bad: &Point, lineage: &Lineage, observer: &dyn Observer) -> Result<Point> {
    if good.commit == bad.commit {
        return Err(Error::usage(format!("both ends are {}", short(&bad.commit)))
            .hint("name two ends: --good RUN|REV --bad RUN|REV"));
    }
    let base = lineage.merge_base(&good.commit, &bad.commit).map_err(|why| unreachable(&why))?;
    match base {
        Some(base) if base == good.commit => Ok(good),
        Some(base) if base == bad.commit => Err(Error::usage(format!(
            "the bad end, {}, comes before the good end, {}",
            short(&bad.commit),
            short(&good.commit)
        ))
        .hint("name as --good what the bad one descends from")),
        Some(base) => {
            let text = format!(
                "{} does not descend from {}: measuring from {}, where the two parted",
                short(&bad.commit),
                short(&good.commit),
                short(&base)
            );
            observer.event(Event::Notice { text });
            Ok(Point { commit: base, run: None })
        }
        None => Err(Error::usage("the two ends have no commit in common")
            .hint("name two ends of one history")),
    }
}

/// A commit as people write it.
fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

fn line(tested: &Tested, unit: &Unit) -> String {
    let finding = match tested.finding {
        Finding::Good => "good",
        Finding::Bad => "bad",
        Finding::Skipped => "skipped",
    };
    let value = tested.median.map(|median| format!(", {}", format::value(unit, median)));
    let reason = tested.reason.as_ref().map(|reason| format!(" ({reason})"));
    let commit = short(&tested.commit.commit);
    format!("{commit} is {finding}{}{}", value.unwrap_or_default(), reason.unwrap_or_default())
}

fn unreachable(blocked: &Blocked) -> Error {
    match blocked.outcome {
        Outcome::Interrupted => Error::new(ErrorKind::Interrupted, blocked.to_string()),
        _ => Error::new(ErrorKind::Incomplete, blocked.to_string()),
    }
}

fn no_commit(blocked: &Blocked) -> Error {
    Error::usage(blocked.to_string()).hint("an end is a run, or a branch, tag or commit")
}
