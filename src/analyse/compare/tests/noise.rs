//! Whether the gate is quiet when nothing changed, and sees what did: over simulated nights whose
//! attempts are real ones, dealt to two sides. `tests/data/noise.csv` says how they were recorded.
//! The seeds are fixed, so the counts are the same every time.

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::collect::record::AttemptRecord;
use crate::measurement::{Metric, Precision, Scope, Unit};

const RECORDED: &str = include_str!("../../../../tests/data/noise.csv");
const NIGHTS: u64 = 200;
const PEAK: [&str; 1] = ["peak_rss"];
const TIMED: [&str; 2] = ["peak_rss", "wall_time"];
/// How often the gate may fail though nothing changed, and how often it may miss a change.
const FALSE_ALARMS: usize = 2;
const MISSES: usize = 4;

/// The recorded attempts, by cell: figures by name.
type Recorded = IndexMap<CellId, Vec<IndexMap<String, f64>>>;

fn recorded(run: &str, metrics: &[&str]) -> Recorded {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(RECORDED.as_bytes());
    let names = reader.headers().unwrap().clone();
    let mut cells = Recorded::new();
    for row in reader.records().map(Result::unwrap).filter(|row| &row[0] == run) {
        let figures = names.iter().zip(&row).filter(|(name, _)| metrics.contains(name));
        let figures = figures.map(|(name, value)| (name.to_owned(), value.parse().unwrap()));
        let id = CellId::from_values(row[1].split('/'));
        cells.entry(id).or_default().push(figures.collect());
    }
    assert_eq!((cells.len(), cells.values().map(Vec::len).min()), (18, Some(16)));
    cells
}

/// Deals `repeats` recorded attempts of each cell to either side, and the rest to a calibration.
fn deal(recorded: &Recorded, repeats: usize, chance: &mut ChaCha8Rng) -> (Night, RunRecord) {
    let mut night = Night::quiet();
    let mut rest = night.before.clone();
    for (id, attempts) in recorded {
        let mut order: Vec<_> = attempts.iter().collect();
        order.shuffle(chance);
        let (before, others) = order.split_at(repeats);
        let (after, others) = others.split_at(repeats);
        for (run, dealt) in
            [(&mut night.before, before), (&mut night.after, after), (&mut rest, others)]
        {
            let attempts = &mut run.cells[id].attempts;
            let template = attempts[0].clone();
            *attempts = dealt.iter().map(|figures| with(&template, figures)).collect();
        }
    }
    (night, rest)
}

fn with(template: &AttemptRecord, figures: &IndexMap<String, f64>) -> AttemptRecord {
    let mut attempt = template.clone();
    let metric = |(name, value): (&String, &f64)| {
        let unit = crate::measurement::unit(name).unwrap_or(Unit::Bytes);
        (name.clone(), Metric::new(*value, unit, Scope::Tree, Precision::Exact))
    };
    attempt.result.as_mut().unwrap().metrics = figures.iter().map(metric).collect();
    attempt
}

/// In how many nights `is_wrong` holds of what the gate finds. `prepare` changes a night first.
fn count(
    run: &str,
    metrics: &[&str],
    repeats: usize,
    prepare: impl Fn(u64, &mut Night, RunRecord),
    is_wrong: impl Fn(u64, &Comparison) -> bool,
) -> usize {
    let recorded = recorded(run, metrics);
    let nights = 0..NIGHTS;
    let wrong = nights.filter(|seed| {
        let mut chance = ChaCha8Rng::seed_from_u64(*seed);
        let (mut night, rest) = deal(&recorded, repeats, &mut chance);
        prepare(*seed, &mut night, rest);
        is_wrong(*seed, &night.compare())
    });
    wrong.count()
}

/// A different cell each night.
fn victim(seed: u64, night: &Night) -> CellId {
    night.cells[seed as usize % night.cells.len()].id.clone()
}

/// Makes one cell 5% worse.
fn worsen(seed: u64, night: &mut Night) {
    let victim = victim(seed, night);
    scale(&mut night.after, victim.as_str(), 1.05);
}

/// Whether anything but that one cell's regression was found.
fn missed(seed: u64, comparison: &Comparison) -> bool {
    let regressed = comparison.cells.iter().filter(|cell| cell.verdict == Verdict::Regressed);
    let victim = victim(seed, &Night::quiet());
    comparison.gate != Gate::Regressed || !regressed.map(|cell| &cell.id).eq([&victim])
}

#[test]
fn the_gate_is_quiet_when_nothing_changed() {
    for run in ["steady", "unsteady"] {
        let alarms = count(run, &PEAK, 5, |_, _, _| {}, |_, it| it.gate != Gate::Passed);
        assert!(alarms <= FALSE_ALARMS, "{run}: {alarms} of {NIGHTS}");
    }
}

#[test]
fn five_repeats_find_a_cell_that_is_five_percent_worse_and_no_other() {
    for run in ["steady", "unsteady"] {
        let misses = count(run, &PEAK, 5, |seed, night, _| worsen(seed, night), missed);
        assert!(misses <= MISSES, "{run}: {misses} of {NIGHTS}");
    }
}

#[test]
fn with_a_calibration_one_repeat_does() {
    let calibrate = |night: &mut Night, rest| night.noise = NoiseFloors::measure(&[rest]);
    for run in ["steady", "unsteady"] {
        let quiet = |_, night: &mut Night, rest| calibrate(night, rest);
        let alarms = count(run, &PEAK, 1, quiet, |_, it| it.gate != Gate::Passed);
        assert!(alarms <= FALSE_ALARMS, "{run}: {alarms} false alarms of {NIGHTS}");
        let worse = |seed, night: &mut Night, rest| {
            calibrate(night, rest);
            worsen(seed, night);
        };
        let misses = count(run, &PEAK, 1, worse, missed);
        assert!(misses <= MISSES, "{run}: {misses} misses of {NIGHTS}");
    }
}

/// The machine was busy: wall times of one cell are up to 17 times apart. A gate that is asked to
/// judge them can't see much, and must not cry wolf either.
#[test]
fn a_noisy_metric_makes_no_false_alarms() {
    for run in ["steady", "unsteady"] {
        let rules = |night: &mut Night| {
            night.rules = vec!["peak_rss>3%".parse().unwrap(), "wall_time>10%".parse().unwrap()];
        };
        let uncalibrated = |_, night: &mut Night, _| rules(night);
        let alarms = count(run, &TIMED, 5, uncalibrated, |_, it| it.gate != Gate::Passed);
        assert!(alarms <= FALSE_ALARMS, "{run}: {alarms} of {NIGHTS}");
        let calibrated = |_, night: &mut Night, rest| {
            rules(night);
            night.noise = NoiseFloors::measure(&[rest]);
        };
        let alarms = count(run, &TIMED, 5, calibrated, |_, it| it.gate != Gate::Passed);
        assert!(alarms <= FALSE_ALARMS, "{run}, calibrated: {alarms} of {NIGHTS}");
    }
}
