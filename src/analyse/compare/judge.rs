//! One metric of one cell: how it changed, what is known of its noise, and what follows.

use super::words;
use crate::analyse::comparison::{Interval, MetricComparison, Noise, NoiseSource, Verdict};
use crate::analyse::noise::{NoiseFloors, Scale, of_repeats};
use crate::analyse::summary::Statistic;
use crate::collect::record::AttemptRecord;
use crate::config::{Limit, Rule};
use crate::measurement::{Better, Directions, Metric, Precision, Scope, Unit};
use crate::plan::CellId;
use crate::statistics::{CONFIDENCE, least_p_value, rank_test, ratio_interval, spread};

/// A difference must be this unlikely to be chance.
const SIGNIFICANT: f64 = 0.05;
/// Without a rule: a smaller change is not worth a word.
const NOTICEABLE: f64 = 0.01;
/// The same of what is counted in bytes a row.
const NOTICEABLE_SLOPE: f64 = 16.0;
const SLOPE: &str = "B/row";
/// What is taken for the noise of exact memory if there is nothing to measure it by. In 16 attempts
/// of each of the default matrix's cells, with and without `steady`, peaks of one cell were never
/// farther apart than 1%; programs with threads may do worse.
const ASSUMED_EXACT: f64 = 0.25;
/// The same of everything else. On a busy machine wall times of one cell were up to 17 times apart.
const ASSUMED: f64 = 24.0;

/// What is asked of a metric.
pub(in crate::analyse) struct Question<'a> {
    pub(in crate::analyse) cell: &'a CellId,
    pub(in crate::analyse) name: &'a str,
    pub(in crate::analyse) rule: Option<&'a Rule>,
    /// Why the two sides can't be compared.
    pub(in crate::analyse) obstacle: Option<&'a str>,
    pub(in crate::analyse) floors: Option<&'a NoiseFloors>,
    pub(in crate::analyse) directions: &'a Directions,
}

/// The answer.
pub(in crate::analyse) struct Judgement {
    pub(in crate::analyse) metric: MetricComparison,
    /// Whether it became worse than its rule allows, with too few repeats to tell.
    pub(in crate::analyse) doubtful: bool,
}

impl Question<'_> {
    fn better(&self, scope: Scope) -> Option<Better> {
        self.directions.of(self.name, scope)
    }
}

/// The values of both sides, which can be compared.
struct Sides {
    before: Vec<f64>,
    after: Vec<f64>,
    medians: (f64, f64),
    /// Whether it is memory of which no moment was missed.
    exact: bool,
}

/// Judges the metric over the measured attempts of both sides, of which one at least has it.
pub(in crate::analyse) fn judge(
    question: &Question<'_>,
    before: &[&AttemptRecord],
    after: &[&AttemptRecord],
) -> Judgement {
    let metric = |attempts: &[&AttemptRecord]| -> Option<Metric> {
        let mut having = attempts.iter().filter_map(|attempt| attempt.metric(question.name));
        let first = having.next()?.clone();
        Some(
            having.find(|it| first.value.is_none() && it.value.is_some()).cloned().unwrap_or(first),
        )
    };
    let (old, new) = (metric(before), metric(after));
    let values = |attempts: &[&AttemptRecord]| -> Vec<f64> {
        let metrics = attempts.iter().filter_map(|attempt| attempt.metric(question.name)?.value);
        metrics.filter(|value| value.is_finite()).collect()
    };
    let (before, after) = (values(before), values(after));
    let shape = new.as_ref().or(old.as_ref());
    let mut found = MetricComparison {
        unit: shape.map_or(Unit::Count, |it| it.unit.clone()),
        scope: shape.map_or(Scope::Tree, |it| it.scope),
        better: shape.and_then(|it| question.better(it.scope)),
        before: old.as_ref().and_then(|it| statistic(it, &before)),
        after: new.as_ref().and_then(|it| statistic(it, &after)),
        ratio: None,
        difference: None,
        interval: None,
        p_value: None,
        noise: None,
        rule: question.rule.cloned(),
        beyond_limit: false,
        verdict: Verdict::NotComparable,
        reason: String::new(),
    };
    let medians = found.before.as_ref().zip(found.after.as_ref());
    let (Some((one, other)), None) = (medians, obstacle(question, old.as_ref(), new.as_ref()))
    else {
        found.reason = obstacle(question, old.as_ref(), new.as_ref()).unwrap_or_default();
        return Judgement { metric: found, doubtful: false };
    };
    let is_exact = |it: &Metric| it.precision == Precision::Exact && it.unit == Unit::Bytes;
    let exact = [&old, &new].into_iter().flatten().all(is_exact);
    let medians = (one.median, other.median);
    let sides = Sides { before, after, medians, exact };
    let doubtful = decide(question, &sides, &mut found);
    Judgement { metric: found, doubtful }
}

/// Why the metric can't be compared; `None` if it can.
fn obstacle(question: &Question<'_>, old: Option<&Metric>, new: Option<&Metric>) -> Option<String> {
    let lacks = |side: Option<&Metric>, when: &str| {
        let why = side.map(|it| it.unavailable.clone().unwrap_or_default());
        match (side.and_then(|it| it.value), why.filter(|why| !why.is_empty())) {
            (Some(_), _) => None,
            (None, Some(why)) => Some(format!("has no value {when}: {why}")),
            (None, None) => Some(format!("has no value {when}")),
        }
    };
    let other_kind = || {
        let (old, new) = old.zip(new)?;
        let same = old.unit == new.unit && old.scope == new.scope;
        (!same).then(|| "was read in another unit or scope".to_owned())
    };
    let other_unit = || match &question.rule?.limit {
        Limit::Absolute { unit, .. } if *unit != new?.unit => {
            Some("is in another unit than its rule".to_owned())
        }
        _ => None,
    };
    let no_direction = || {
        let unknown = question.rule.is_some() && question.better(new?.scope).is_none();
        unknown.then(|| {
            let name = question.name;
            format!("has a rule, but nothing says which way it is better: [metrics.{name}] can")
        })
    };
    (question.obstacle.map(str::to_owned))
        .or_else(|| lacks(old, "before"))
        .or_else(|| lacks(new, "on the judged side"))
        .or_else(other_kind)
        .or_else(other_unit)
        .or_else(no_direction)
}

fn statistic(metric: &Metric, values: &[f64]) -> Option<Statistic> {
    Statistic::of(metric.unit.clone(), metric.scope, values.iter().copied())
}

/// Fills in figures, verdict and reason. Returns whether it is doubtful.
fn decide(question: &Question<'_>, sides: &Sides, found: &mut MetricComparison) -> bool {
    let (before, after) = sides.medians;
    found.difference = Some(after - before);
    found.ratio = (before > 0.0).then(|| after / before);
    let (scale, limit) = yardstick(question.rule, &found.unit);
    let Some(change) = change(&scale, sides.medians) else {
        return decide_without_ratio(sides.medians, found);
    };
    let rises = after > before;
    let worse = found.better.is_some_and(|better| better.is_worse(before, after));
    let beyond = change > limit;
    let carried = least_p_value(sides.before.len(), sides.after.len()) <= SIGNIFICANT;
    found.beyond_limit = question.rule.is_some() && worse && beyond;
    found.interval = ratio_interval(&sides.before, &sides.after).map(|(low, high)| Interval {
        low,
        high,
        confidence: CONFIDENCE,
    });
    found.p_value =
        rank_test(&sides.before, &sides.after).filter(|_| carried).map(|test| test.p_value);
    let noise = noise(question, sides, &scale, carried);
    let case = Case {
        change: scale.limit(change),
        limit: scale.limit(limit),
        ruled: question.rule.is_some(),
        noise: &noise,
        rises,
        repeats: words::repeats(sides.before.len(), sides.after.len()),
    };
    let within_noise = change <= noise.size.amount();
    let assumed = noise.source == NoiseSource::Assumed;
    let (verdict, reason) = if found.better.is_none() {
        (Verdict::NotJudged, case.changed())
    } else if !beyond {
        match found.interval.filter(|_| carried && scale == Scale::Relative) {
            Some(interval) if reaches_beyond(interval, limit) => {
                (Verdict::Inconclusive, case.may_be_more(interval))
            }
            _ => (Verdict::Unchanged, case.within_limit()),
        }
    } else if within_noise && assumed {
        (Verdict::Inconclusive, case.too_few())
    } else if within_noise {
        (Verdict::Inconclusive, case.within_noise())
    } else if found.p_value.is_some_and(|p_value| p_value > SIGNIFICANT) {
        (Verdict::Inconclusive, case.overlaps(found.p_value))
    } else if !carried
        && change <= assumed_noise(sides, &scale)
        && is_disturbed(question, sides, &scale)
    {
        (Verdict::Inconclusive, case.disturbed())
    } else if worse {
        (Verdict::Regressed, case.beyond())
    } else {
        (Verdict::Improved, case.beyond())
    };
    (found.verdict, found.reason, found.noise) = (verdict, reason, Some(noise.clone()));
    let known_noise = within_noise && !assumed;
    found.beyond_limit && verdict == Verdict::Inconclusive && !carried && !known_noise
}

/// By what changes are measured, and the smallest that matters.
fn yardstick(rule: Option<&Rule>, unit: &Unit) -> (Scale, f64) {
    match rule.map(|rule| &rule.limit) {
        Some(Limit::Relative(share)) => (Scale::Relative, *share),
        Some(Limit::Absolute { value, unit }) => (Scale::Absolute(unit.clone()), *value),
        None if matches!(unit, Unit::Other(unit) if unit == SLOPE) => {
            (Scale::Absolute(unit.clone()), NOTICEABLE_SLOPE)
        }
        None => (Scale::Relative, NOTICEABLE),
    }
}

/// The size of the change, whatever its direction: as a share, 5% more and back again are the same
/// size. `None` if there is no ratio.
fn change(scale: &Scale, (before, after): (f64, f64)) -> Option<f64> {
    match scale {
        Scale::Absolute(_) => Some((after - before).abs()),
        Scale::Relative if before > 0.0 && after > 0.0 => {
            Some(before.max(after) / before.min(after) - 1.0)
        }
        Scale::Relative => None,
    }
}

/// What has no ratio is the same, or it can't be told how much it changed.
fn decide_without_ratio((before, after): (f64, f64), found: &mut MetricComparison) -> bool {
    if before == after {
        (found.verdict, found.reason) = (Verdict::Unchanged, "stayed the same".to_owned());
        return false;
    }
    let amounts = |value| words::amount(value, &found.unit);
    found.reason = format!(
        "went from {} to {}, of which there is no ratio; a rule with a unit instead of % can judge it",
        amounts(before),
        amounts(after)
    );
    found.verdict = Verdict::Inconclusive;
    let worse = found.better.is_some_and(|better| better.is_worse(before, after));
    found.beyond_limit = found.rule.is_some() && worse;
    found.beyond_limit
}

fn noise(question: &Question<'_>, sides: &Sides, scale: &Scale, carried: bool) -> Noise {
    let repeats = (sides.before.len(), sides.after.len());
    let calibrated =
        question.floors.and_then(|it| it.floor(question.cell, question.name, repeats, scale));
    if let Some(noise) = calibrated {
        return noise;
    }
    let seen = of_repeats(&sides.before, &sides.after, scale);
    match seen {
        Some(size) if carried => Noise { size: scale.limit(size), source: NoiseSource::Repeats },
        _ => {
            let size = assumed_noise(sides, scale).max(seen.unwrap_or_default());
            Noise { size: scale.limit(size), source: NoiseSource::Assumed }
        }
    }
}

fn assumed_noise(sides: &Sides, scale: &Scale) -> f64 {
    let share = if sides.exact { ASSUMED_EXACT } else { ASSUMED };
    match scale {
        Scale::Relative => share,
        // The same change, seen from the larger one.
        Scale::Absolute(_) => {
            share / (1.0 + share) * sides.medians.0.abs().max(sides.medians.1.abs())
        }
    }
}

/// Whether the repeats of one side are farther apart than the calibration says single values are.
fn is_disturbed(question: &Question<'_>, sides: &Sides, scale: &Scale) -> bool {
    let Some(floors) = question.floors else { return false };
    let single = floors.floor(question.cell, question.name, (1, 1), scale);
    let apart = |values: &[f64]| {
        let spread = spread(values.iter().copied())?;
        change(scale, (spread.min, spread.max))
    };
    single.is_some_and(|single| {
        let far = |values| apart(values).is_some_and(|apart| apart > single.size.amount());
        far(&sides.before) || far(&sides.after)
    })
}

fn reaches_beyond(interval: Interval, limit: f64) -> bool {
    interval.high > 1.0 + limit || interval.low < 1.0 / (1.0 + limit)
}

/// What reasons are made of.
struct Case<'a> {
    change: Limit,
    limit: Limit,
    ruled: bool,
    noise: &'a Noise,
    rises: bool,
    repeats: String,
}

impl Case<'_> {
    fn changed(&self) -> String {
        if self.change.amount() == 0.0 {
            return "stayed the same".to_owned();
        }
        let share = self.change.amount();
        match (&self.change, self.rises) {
            (_, true) => format!("rose by {}", words::size(&self.change)),
            // Said of what it was before, as people do: half of it is 50% less.
            (Limit::Relative(_), false) => {
                format!("fell by {}", words::size(&Limit::Relative(share / (1.0 + share))))
            }
            (Limit::Absolute { .. }, false) => format!("fell by {}", words::size(&self.change)),
        }
    }

    fn allowed(&self) -> String {
        let limit = words::size(&self.limit);
        if self.ruled { format!("the {limit} allowed") } else { limit }
    }

    fn noise(&self) -> String {
        let source = match self.noise.source {
            NoiseSource::Cell => "calibrated",
            NoiseSource::Machine => "calibrated, of the noisiest cell",
            NoiseSource::Repeats => "of the repeats",
            NoiseSource::Assumed => "assumed",
        };
        format!("the noise of {} ({source})", words::size(&self.noise.size))
    }

    fn within_limit(&self) -> String {
        format!("{}, within {}", self.changed(), self.allowed())
    }

    fn may_be_more(&self, interval: Interval) -> String {
        let end = |ratio: f64| format!("{:+.1}%", (ratio - 1.0) * 100.0).replace('-', "−");
        let (low, high) = (end(interval.low), end(interval.high));
        let allowed = self.allowed();
        format!("{}, but it may be {low} to {high}: too far apart for {allowed}", self.changed())
    }

    fn beyond(&self) -> String {
        format!("{}, more than {} and {}", self.changed(), self.allowed(), self.noise())
    }

    fn within_noise(&self) -> String {
        format!("{}, more than {}, but within {}", self.changed(), self.allowed(), self.noise())
    }

    fn overlaps(&self, p_value: Option<f64>) -> String {
        let p_value = p_value.unwrap_or(1.0);
        let changed = self.changed();
        format!("{changed}, more than {}, but the sides overlap (p = {p_value:.2})", self.allowed())
    }

    fn disturbed(&self) -> String {
        let (changed, repeats) = (self.changed(), &self.repeats);
        format!("{changed}, but its {repeats} are farther apart than is normal: measure again")
    }

    fn too_few(&self) -> String {
        let (changed, allowed, repeats) = (self.changed(), self.allowed(), &self.repeats);
        format!(
            "{changed}, more than {allowed}, but {repeats} without a calibration can't tell: \
             use --confirm 5, --repeats 5, or memgrid calibrate"
        )
    }
}
