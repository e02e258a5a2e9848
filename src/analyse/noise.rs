//! Noise floors: how far a cell's figures are from themselves on one machine, from series of
//! attempts between which nothing changed (A/A). `memgrid calibrate` measures them.
//!
//! A floor is a prediction limit over the series (see [`crate::statistics`]), so it fits the number
//! of repeats that are compared: medians of five are closer to each other than single values. If
//! the series are from several runs, the largest distance between two runs' medians is added in
//! quadrature: what differs from night to night, no repeats take away.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::comparison::{Noise, NoiseSource};
use crate::collect::Conditions;
use crate::collect::record::{AttemptRecord, RunManifest, RunRecord};
use crate::config::Limit;
use crate::measurement::{Scope, Unit};
use crate::outcome::Outcome;
use crate::plan::CellId;
use crate::statistics::{Deviation, deviation, median, prediction_limit};

/// Version of the file's shape.
pub const SCHEMA: u32 = 1;
/// Fewer values than these make no floor.
const FEWEST: usize = 3;
/// No floor is lower, as a share of the median: ten equal peaks don't show that the eleventh is.
pub const LEAST: f64 = 0.001;

/// Series of one machine that nothing changed in, from which floors are computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoiseFloors {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When the newest of the runs began.
    pub measured: Timestamp,
    /// What the series hold for.
    pub conditions: Conditions,
    /// The runs that the series are from.
    pub runs: Vec<String>,
    /// Series by cell and metric.
    pub cells: IndexMap<CellId, IndexMap<String, Series>>,
}

/// One metric's values in one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// What it counts.
    pub unit: Unit,
    /// Whose it is.
    pub scope: Scope,
    /// The values of each run's measured attempts that ended well, in the order of the runs.
    pub values: Vec<Vec<f64>>,
}

/// Whether differences are seen as shares of the median or as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As shares: for what is never 0 or less.
    Relative,
    /// As they are, in this unit.
    Absolute(Unit),
}

impl NoiseFloors {
    /// Takes the series out of `runs`. `None` if there is no run. Runs that were measured under
    /// other conditions than the last one are left out.
    #[must_use]
    pub fn measure(runs: &[RunRecord]) -> Option<Self> {
        let newest = &runs.last()?.manifest;
        let conditions = Conditions::of(newest);
        let alike =
            |run: &&RunRecord| Conditions::of(&run.manifest).difference(&conditions).is_none();
        let mut floors = Self {
            schema: SCHEMA,
            measured: newest.started,
            runs: Vec::new(),
            cells: IndexMap::new(),
            conditions: conditions.clone(),
        };
        for run in runs.iter().filter(alike) {
            floors.measured = floors.measured.max(run.manifest.started);
            floors.runs.push(run.manifest.run.clone());
            for (cell, results) in &run.cells {
                let series = floors.cells.entry(cell.clone()).or_default();
                add(series, &results.attempts);
            }
        }
        floors.cells.retain(|_, series| !series.is_empty());
        Some(floors)
    }

    /// These, with what `earlier` has of other cells. `None` if `earlier` holds for other
    /// conditions.
    #[must_use]
    pub fn with_others(&self, earlier: Self) -> Option<Self> {
        if self.conditions.difference(&earlier.conditions).is_some() {
            return None;
        }
        let mut all = self.clone();
        let others = earlier.cells.into_iter().filter(|(cell, _)| !self.cells.contains_key(cell));
        all.cells.extend(others);
        let new = earlier.runs.into_iter().filter(|run| !self.runs.contains(run));
        all.runs.splice(0..0, new);
        Some(all)
    }

    /// Why they say nothing about a run; `None` if they do.
    #[must_use]
    pub fn obstacle(&self, run: &RunManifest) -> Option<String> {
        let difference = self.conditions.difference(&Conditions::of(run))?;
        Some(format!("measured with another {difference}"))
    }

    /// How far the medians of so many repeats of `metric` in `cell` may be apart when nothing
    /// changed: from the cell's own series, or else the machine's noisiest cell. `None` if no
    /// series has enough values.
    #[must_use]
    pub fn floor(
        &self,
        cell: &CellId,
        metric: &str,
        repeats: (usize, usize),
        scale: &Scale,
    ) -> Option<Noise> {
        let of = |series: &IndexMap<String, Series>| series.get(metric)?.floor(repeats, scale);
        let noise = |size: f64, source| Noise { size: scale.limit(size), source };
        if let Some(size) = self.cells.get(cell).and_then(of) {
            return Some(noise(size, NoiseSource::Cell));
        }
        let noisiest = self.cells.values().filter_map(of).reduce(f64::max)?;
        Some(noise(noisiest, NoiseSource::Machine))
    }
}

impl Series {
    /// How far medians of so many values may be apart: as a share, or in the unit. `None` if the
    /// values are too few, or have no shares.
    fn floor(&self, repeats: (usize, usize), scale: &Scale) -> Option<f64> {
        let count: usize = self.values.iter().map(Vec::len).sum();
        if count < FEWEST {
            return None;
        }
        let runs = scale.places(&self.values)?;
        let groups = || runs.iter().map(Vec::as_slice);
        let within = prediction_limit(deviation(groups())?, repeats.0, repeats.1);
        let medians: Vec<_> = groups().filter_map(|run| median(run.iter().copied())).collect();
        let between =
            medians.iter().copied().reduce(f64::max)? - medians.iter().copied().reduce(f64::min)?;
        let level = median(self.values.iter().flatten().copied())?;
        Some(scale.size(within.hypot(between), level))
    }
}

impl Scale {
    /// The values where differences are what the scale sees: logarithms, or as they are. `None` if
    /// a value has no logarithm.
    fn places(&self, groups: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
        let place = |value: &f64| match self {
            Self::Relative => (*value > 0.0).then(|| value.ln()),
            Self::Absolute(_) => Some(*value),
        };
        groups.iter().map(|group| group.iter().map(place).collect()).collect()
    }

    /// A distance between places as a share or in the unit, and never less than [`LEAST`].
    fn size(&self, distance: f64, level: f64) -> f64 {
        match self {
            Self::Relative => distance.exp_m1().max(LEAST),
            Self::Absolute(_) => distance.max(LEAST * level.abs()),
        }
    }

    /// A size on this scale, as a rule has it.
    #[must_use]
    pub fn limit(&self, size: f64) -> Limit {
        match self {
            Self::Relative => Limit::Relative(size),
            Self::Absolute(unit) => Limit::Absolute { value: size, unit: unit.clone() },
        }
    }
}

/// How far the medians of `before` and `after` may be apart if their values spread as they do;
/// `None` if neither side has two values, or they have no shares.
#[must_use]
pub fn of_repeats(before: &[f64], after: &[f64], scale: &Scale) -> Option<f64> {
    let sides = scale.places(&[before.to_vec(), after.to_vec()])?;
    let spread: Deviation = deviation(sides.iter().map(Vec::as_slice))?;
    let distance = prediction_limit(spread, before.len(), after.len());
    let level = median(before.iter().chain(after).copied())?;
    Some(scale.size(distance, level))
}

fn add(series: &mut IndexMap<String, Series>, attempts: &[AttemptRecord]) {
    let mut run: IndexMap<&String, Vec<f64>> = IndexMap::new();
    let ok = || attempts.iter().filter(|a| !a.warmup && a.outcome == Outcome::Ok);
    for (name, metric) in ok().flat_map(AttemptRecord::metrics) {
        let Some(value) = metric.value.filter(|value| value.is_finite()) else { continue };
        let new = || Series { unit: metric.unit.clone(), scope: metric.scope, values: Vec::new() };
        let known = series.entry(name.clone()).or_insert_with(new);
        if known.unit == metric.unit && known.scope == metric.scope {
            run.entry(name).or_default().push(value);
        }
    }
    for (name, values) in run {
        if let Some(series) = series.get_mut(name) {
            series.values.push(values);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::sample::{Sample, run};

    const CELL: &str = "sqlite/json/patched";

    fn floor(floors: &NoiseFloors, cell: &str, repeats: usize) -> Option<Noise> {
        let cell = CellId::from_values([cell]);
        floors.floor(&cell, "peak_rss", (repeats, repeats), &Scale::Relative)
    }

    fn share(noise: Option<Noise>) -> (f64, NoiseSource) {
        match noise.map(|noise| (noise.size, noise.source)) {
            Some((Limit::Relative(share), source)) => (share, source),
            other => panic!("{other:?}"),
        }
    }

    /// One run of each list of peaks (MiB), all of one cell.
    fn floors(runs: &[&[f64]]) -> NoiseFloors {
        let mut sample = Sample::default_matrix();
        let id = sample.cells.iter().find(|cell| cell.id.as_str() == CELL).unwrap().id.clone();
        sample.runs.clear();
        for (number, peaks) in runs.iter().enumerate() {
            sample.runs.push(run(&format!("20261121-22153{number}-3f9a")));
            let attempts: Vec<_> = peaks.iter().map(|peak| (*peak, 2.0)).collect();
            sample.measure(number, &id, &attempts);
        }
        NoiseFloors::measure(&sample.runs).unwrap()
    }

    #[test]
    fn a_floor_is_the_cells_own_or_the_noisiest_of_the_machine() {
        let floors = floors(&[&[50.0, 50.1, 49.9, 50.05, 49.95, 50.0]]);
        let (own, source) = share(floor(&floors, CELL, 1));
        assert_eq!(source, NoiseSource::Cell);
        // 0.14% of standard deviation, times 6.9 for five degrees of freedom, times √2.
        assert!((own - 0.0138).abs() < 0.001, "{own}");
        assert_eq!(share(floor(&floors, "mysql/xml/patched", 1)), (own, NoiseSource::Machine));
        assert!(share(floor(&floors, CELL, 5)).0 < 0.6 * own);
    }

    #[test]
    fn what_never_differed_still_has_a_floor() {
        assert_eq!(share(floor(&floors(&[&[50.0; 10]]), CELL, 5)).0, LEAST);
    }

    #[test]
    fn what_differs_between_runs_counts_whole() {
        let shifted = floors(&[&[50.0; 5], &[51.0; 5]]);
        assert!((share(floor(&shifted, CELL, 5)).0 - 0.02).abs() < 1e-9);
    }

    #[test]
    fn few_values_warm_ups_and_other_conditions_make_no_floor() {
        assert_eq!(floor(&floors(&[&[50.0, 50.0]]), CELL, 1), None);
        assert_eq!(NoiseFloors::measure(&[]), None);
        let mut sample = Sample::default_matrix();
        let id = sample.cells[1].id.clone();
        sample.measure(0, &id, &[(50.0, 2.0), (50.0, 2.0), (50.0, 2.0), (500.0, 2.0)]);
        sample.attempts(0, id.as_str())[3].warmup = true;
        let mut other = sample.runs[0].clone();
        other.manifest.run = "another".to_owned();
        other.manifest.measure.steady = false;
        let floors = NoiseFloors::measure(&[other.clone(), sample.runs[0].clone()]).unwrap();
        assert_eq!(floors.runs, ["20261121-221530-3f9a"]);
        assert_eq!(share(floor(&floors, id.as_str(), 1)).0, LEAST);
        let why = floors.obstacle(&other.manifest).unwrap();
        assert_eq!(why, "measured with another setting of `steady`");
    }

    #[test]
    fn slopes_have_floors_in_their_unit() {
        let unit = Unit::Other("B/row".to_owned());
        let series = Series {
            unit: unit.clone(),
            scope: Scope::Tree,
            values: vec![vec![0.4, -0.2, 0.1, 0.0]],
        };
        assert_eq!(series.floor((1, 1), &Scale::Relative), None);
        let size = series.floor((1, 1), &Scale::Absolute(unit)).unwrap();
        assert!(size > 1.0 && size < 10.0, "{size}");
    }

    #[test]
    fn they_can_be_stored() {
        let floors = floors(&[&[50.0, 50.1, 49.9]]);
        let text = serde_json::to_string(&floors).unwrap();
        assert_eq!(serde_json::from_str::<NoiseFloors>(&text).unwrap(), floors);
    }
}
