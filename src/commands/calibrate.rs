//! `memgrid calibrate [CELL…]`: measures cells against themselves, and keeps what spread is normal
//! on this machine, so that comparisons can tell a change from noise.

use clap::Args;

use crate::analyse::noise::{NoiseFloors, Scale};
use crate::cli::Global;
use crate::collect::record::RunRecord;
use crate::collect::{RunDir, noise};
use crate::config::{Limit, Overrides, Rule};
use crate::error::{Error, Result};
use crate::event::{Event, Observer};
use crate::exit_code;
use crate::measurement::Unit;
use crate::plan::CellId;
use crate::render::format;
use crate::statistics::median;

use super::job::{Job, Measured, Surroundings};
use super::measure_args::MeasureArgs;
use super::overrides::OverrideArgs;
use super::project::Project;
use super::run_reference::parse_name;
use super::{conclusion, index, nights, output};

/// Attempts of each cell unless it was said how many: a spread is not known from a few.
const REPEATS: u32 = 10;
/// Metrics that are shown beside those that rules are about.
const SHOWN: [&str; 3] = ["peak_rss", "peak_heap", "wall_time"];
/// Numbers of repeats that a reader chooses from.
const CHOICES: [usize; 4] = [1, 3, 5, 10];

/// Arguments of `memgrid calibrate`.
#[derive(Debug, Args)]
pub struct CalibrateArgs {
    /// What is measured.
    #[command(flatten)]
    measure: MeasureArgs,
    /// Show this metric; repeatable [default: those that rules are about, peak RSS and wall time]
    #[arg(long = "metric", value_name = "METRIC")]
    metrics: Vec<String>,
    /// A name for the run [default: calibrate- and the date]
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    name: Option<String>,
    // Last, since its heading would otherwise stand above what follows.
    /// How; `--repeats` is 10 unless it is given, or the matrix asks for more.
    #[command(flatten)]
    overrides: OverrideArgs,
}

/// Measures, keeps, shows.
pub(super) fn run(global: &Global, args: &CalibrateArgs) -> Result<u8> {
    let typed = args.overrides.to_overrides();
    let own = Project::load(global, &typed)?.config.measure.repeats;
    let repeats = Some(typed.repeats.unwrap_or_else(|| own.max(REPEATS)));
    let project = Project::load(global, &Overrides { repeats, ..typed })?;
    let name = args.name.clone().unwrap_or_else(|| nights::dated("calibrate"));
    let job = Job::new(project, &args.measure.selection.to_selection(), Some(name))?;
    let around = Surroundings::of(global)?;
    let Measured { run, installed } = job.measure(args.measure.with_deps, &around)?;
    around.progress.finish();

    let (summary, _) = index::publish(&job.project, &run, &around)?;
    around.check(&run)?;
    let measured = run.read()?;
    let floors = keep(&job.project, &measured, &around.progress)?;
    show(global, args, &job.project, &measured, &floors)?;
    let incomplete = !installed || conclusion::is_incomplete(&summary, args.measure.strict);
    Ok(if incomplete { exit_code::INCOMPLETE } else { exit_code::DONE })
}

/// Writes the machine's floors: from this run, the earlier calibrations of the same sources, and
/// what is known of other cells.
fn keep(project: &Project, run: &RunRecord, observer: &dyn Observer) -> Result<NoiseFloors> {
    let reports = &project.config.reports;
    let machine = &run.manifest.machine.id;
    let earlier: Option<NoiseFloors> = noise::get(reports, machine)?;
    let before = earlier.iter().flat_map(|floors| &floors.runs);
    let mut runs: Vec<RunRecord> = before
        .filter_map(|id| RunDir::open(reports, id).ok()?.read().ok())
        .filter(|earlier| is_same_code(earlier, run))
        .collect();
    runs.push(run.clone());
    let nothing = || Error::bug("a run that was measured is no measure of noise");
    let measured = NoiseFloors::measure(&runs).ok_or_else(nothing)?;
    let floors = match earlier.map(|earlier| (measured.with_others(earlier.clone()), earlier)) {
        None => measured,
        Some((Some(all), _)) => all,
        Some((None, earlier)) => {
            let difference =
                earlier.conditions.difference(&measured.conditions).unwrap_or_default();
            let text = format!(
                "what was known before is forgotten: it was measured with another {difference}"
            );
            observer.event(Event::Notice { text });
            measured
        }
    };
    noise::put(reports, machine, &floors)?;
    Ok(floors)
}

/// Between two runs of different code it is not noise that differs.
fn is_same_code(one: &RunRecord, other: &RunRecord) -> bool {
    one.manifest.run != other.manifest.run && one.manifest.states == other.manifest.states
}

fn show(
    global: &Global,
    args: &CalibrateArgs,
    project: &Project,
    run: &RunRecord,
    floors: &NoiseFloors,
) -> Result<()> {
    let rules = project.config.compare.fail_on.clone();
    let rules = rules.unwrap_or_else(|| Rule::defaults().to_vec());
    let mut rows = Vec::new();
    for cell in &run.manifest.cells {
        for metric in shown(args, &rules, floors, cell) {
            rows.extend(row(cell, metric, floors, &rules));
        }
    }
    let counts = CHOICES.map(|count| match count {
        1 => "1 repeat".to_owned(),
        count => format!("{count} repeats"),
    });
    let head = ["Cell", "Metric", "Median"].into_iter().chain(counts.iter().map(String::as_str));
    let head: Vec<&str> = head.chain(["Rule"]).collect();
    output::data(&output::table(&head, rows))?;
    if !global.quiet {
        output::say(
            "Differences up to the given size are normal between two medians of so many repeats.",
        );
    }
    Ok(())
}

/// The metrics to show for a cell, of those that it has.
fn shown<'a>(
    args: &CalibrateArgs,
    rules: &[Rule],
    floors: &'a NoiseFloors,
    cell: &CellId,
) -> Vec<&'a String> {
    let series = floors.cells.get(cell).into_iter().flatten();
    let is_shown = |metric: &String| match args.metrics.as_slice() {
        [] => SHOWN.contains(&metric.as_str()) || Rule::find(rules, cell, metric).is_some(),
        named => named.contains(metric),
    };
    series.map(|(metric, _)| metric).filter(|metric| is_shown(metric)).collect()
}

fn row(cell: &CellId, metric: &str, floors: &NoiseFloors, rules: &[Rule]) -> Option<Vec<String>> {
    let series = floors.cells.get(cell)?.get(metric)?;
    let typical = median(series.values.iter().flatten().copied())?;
    let floor = |count: usize| {
        let of = |scale| floors.floor(cell, metric, (count, count), &scale);
        let noise = of(Scale::Relative).or_else(|| of(Scale::Absolute(series.unit.clone())))?;
        Some(noise.size)
    };
    let mut row = vec![cell.to_string(), metric.to_owned(), format::value(&series.unit, typical)];
    row.extend(CHOICES.map(|count| {
        floor(count).map_or_else(|| "too few attempts".to_owned(), |size| size_text(&size))
    }));
    let rule = Rule::find(rules, cell, metric);
    row.push(rule.map(|rule| advice(rule, typical, &series.unit, &floor)).unwrap_or_default());
    Some(row)
}

fn size_text(size: &Limit) -> String {
    match size {
        Limit::Relative(share) => format!("{:.1}%", share * 100.0),
        Limit::Absolute { value, unit } => format::value(unit, *value),
    }
}

/// How many repeats it takes for noise to be smaller than what a rule looks for.
fn advice(
    rule: &Rule,
    typical: f64,
    unit: &Unit,
    floor: &dyn Fn(usize) -> Option<Limit>,
) -> String {
    let allowed = rule.limit.allowance(typical, unit);
    let is_enough = |count: &usize| {
        let noise = floor(*count).and_then(|size| size.allowance(typical, unit));
        noise.zip(allowed).is_some_and(|(noise, allowed)| noise <= allowed)
    };
    match CHOICES.iter().find(|count| is_enough(count)) {
        Some(1) => format!("{rule}: 1 repeat is enough"),
        Some(count) => format!("{rule}: needs {count} repeats"),
        None => format!("{rule}: too noisy"),
    }
}
