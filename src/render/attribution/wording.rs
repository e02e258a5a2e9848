//! What all formats say alike of patches: verdicts, amounts, what a patch is for, which of them go
//! together.

use indexmap::{IndexMap, IndexSet};

use crate::analyse::attribution::{
    Amount, Attribution, Contribution, Group, Interaction, InteractionKind, MetricAttribution,
    PatchAttribution, Purpose, SeriesAttribution, Unapplied,
};
use crate::analyse::comparison::Verdict;
use crate::config::SeriesKind;
use crate::measurement::{Scope, Unit};
use crate::outcome::Outcome;
use crate::render::comparison::wording::HEADLINES;
pub(in crate::render) use crate::render::comparison::wording::sign;
use crate::render::format;

/// The metrics to show: those that were `asked` for, or the headline ones and what workloads send
/// and can be judged.
pub(in crate::render) fn shown_metrics<'a>(
    series: &'a SeriesAttribution,
    asked: &[String],
) -> Vec<&'a str> {
    let all = series.groups.iter().flat_map(|group| &group.metrics);
    let is_wanted = |name: &str, metric: &MetricAttribution| match asked {
        [] => {
            let is_judged = !matches!(metric.total.verdict, Verdict::NotJudged);
            HEADLINES.contains(&name) || (metric.scope == Scope::Workload && is_judged)
        }
        asked => asked.iter().any(|asked| asked == name),
    };
    let names: IndexSet<&str> = all
        .filter(|(name, metric)| is_wanted(name, metric))
        .map(|(name, _)| name.as_str())
        .collect();
    names.into_iter().collect()
}

/// The names of all metrics.
#[must_use]
pub fn metrics(attribution: &Attribution) -> IndexSet<&String> {
    let groups = attribution.series.iter().flat_map(|series| &series.groups);
    groups.flat_map(|group| group.metrics.keys()).collect()
}

/// What a verdict means for a patch.
pub(in crate::render) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotJudged => "not judged",
        Verdict::Improved => "helps",
        Verdict::Unchanged => "no effect",
        Verdict::Inconclusive => "can't be told",
        Verdict::NotComparable => "not measured",
        Verdict::Regressed => "makes it worse",
    }
}

/// How the figures of single patches are to be read.
pub(in crate::render) const fn kind(kind: SeriesKind) -> &'static str {
    match kind {
        SeriesKind::LeaveOneOut => "leave-one-out: what each patch does when the others are there",
        SeriesKind::Cumulative => "cumulative: what each patch does after those before it",
    }
}

/// A group's name; a matrix whose only axis is the states has one without.
pub(in crate::render) fn group(group: &Group) -> &str {
    name(&group.id)
}

fn name(id: &str) -> &str {
    if id.is_empty() { "all cells" } else { id }
}

/// `121 → 51.6 MiB`.
pub(in crate::render) fn from_to(contribution: &Contribution, unit: &Unit) -> String {
    let (before, after) = (&contribution.before, &contribution.after);
    match before.as_ref().zip(after.as_ref()) {
        Some((before, after)) => format::from_to_in(unit, before.median, after.median),
        None => "–".to_owned(),
    }
}

/// `−69.4 MiB`: by how much the metric changes. What is nothing, as far as can be told, is 0.
pub(in crate::render) fn amount(contribution: &Contribution, unit: &Unit) -> Option<String> {
    let amount = contribution.amount?;
    if contribution.verdict == Verdict::Unchanged {
        return Some("0".to_owned());
    }
    Some(signed(-amount.value, unit))
}

/// `−69.6…−69.2 MiB`; `None` without an interval, and where nothing changed.
pub(in crate::render) fn interval(contribution: &Contribution, unit: &Unit) -> Option<String> {
    let Amount { interval, .. } = contribution.amount?;
    let interval = interval.filter(|_| contribution.verdict != Verdict::Unchanged)?;
    let (from, to) = (signed(-interval.high, unit), signed(-interval.low, unit));
    let short = from.rsplit_once(' ').zip(to.rsplit_once(' '));
    Some(match short {
        _ if from == to => from,
        Some(((number, one), (_, other))) if one == other => format!("{number}…{to}"),
        _ => format!("{from}…{to}"),
    })
}

fn signed(value: f64, unit: &Unit) -> String {
    let sign = if value < 0.0 { "−" } else { "+" };
    format!("{sign}{}", format::value(unit, value.abs()))
}

/// `69% of the gain`, where there is one.
pub(in crate::render) fn share(contribution: &Contribution) -> Option<String> {
    let share = contribution.share.filter(|_| contribution.verdict == Verdict::Improved)?;
    Some(percent(share))
}

/// `161 MiB without it`, or `122 → 51.6 MiB` after the patches before it; `None` where nothing changed.
pub(in crate::render) fn without(
    contribution: &Contribution,
    unit: &Unit,
    kind: SeriesKind,
) -> Option<String> {
    let before = contribution.before.as_ref().filter(|_| contribution.amount.is_some())?;
    let changed = contribution.verdict != Verdict::Unchanged;
    changed.then(|| match kind {
        SeriesKind::LeaveOneOut => {
            format!("{} without it", format::value(unit, before.median))
        }
        SeriesKind::Cumulative => from_to(contribution, unit),
    })
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// What became of a patch in a group, in a word or two: the verdict's, or how the cell ended that
/// would tell.
pub(in crate::render) fn judged(group: &Group, contribution: &Contribution) -> String {
    let outcome = |state: &String| group.states.get(state).and_then(|state| state.outcome);
    let ended = [&contribution.without, &contribution.with].map(|state| match outcome(state) {
        Some(Outcome::Ok) => None,
        other => Some(other.map_or("not run", Outcome::as_str)),
    });
    match ended.into_iter().flatten().next() {
        Some(ended) if contribution.verdict == Verdict::NotComparable => ended.to_owned(),
        _ => word(contribution.verdict).to_owned(),
    }
}

/// `is for 3 of 9: format yaml`.
pub(in crate::render) fn purpose(patch: &PatchAttribution, metric: &str) -> String {
    let none = Purpose::default();
    let purpose = patch.purpose.get(metric).unwrap_or(&none);
    let (count, of, unclear) = (purpose.groups.len(), purpose.of, purpose.unclear);
    let rest = if unclear > 0 { format!("; {unclear} can't be told") } else { String::new() };
    match (count, of) {
        (_, 0) => "can't be told: nothing was measured without it".to_owned(),
        (0, of) if unclear == of => "can't be told: too few repeats, or too far apart".to_owned(),
        (0, of) => format!("helps in none of {of}{rest}"),
        (1, 1) => "helps".to_owned(),
        (count, of) if count == of => format!("helps in all {of}"),
        (count, of) => format!("helps in {count} of {of}: {}{rest}", which(purpose)),
    }
}

/// The groups that a patch is for, by their values if those tell them apart.
fn which(purpose: &Purpose) -> String {
    match purpose.values.is_empty() {
        true => purpose.groups.join(", "),
        false => format::values(&purpose.values),
    }
}

/// A pair of patches that go together in the same way in several groups.
struct Pair<'a> {
    patches: &'a (String, String),
    kind: InteractionKind,
    groups: Vec<&'a str>,
    /// The smallest and the largest share of the gain.
    shares: (f64, f64),
}

/// What is to be said of pairs of patches, each once: in one sentence, and the groups' names.
pub(in crate::render) fn together<'a>(
    series: &'a SeriesAttribution,
    metric: &str,
) -> Vec<(String, Vec<&'a str>)> {
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    for group in &series.groups {
        let interactions = group.metrics.get(metric).map(|it| it.interactions.as_slice());
        for Interaction { patches, kind, share, .. } in interactions.unwrap_or_default() {
            let known = pairs.iter_mut().find(|it| it.patches == patches && it.kind == *kind);
            match known {
                Some(pair) => {
                    pair.groups.push(name(&group.id));
                    pair.shares = (pair.shares.0.min(*share), pair.shares.1.max(*share));
                }
                None => pairs.push(Pair {
                    patches,
                    kind: *kind,
                    groups: vec![name(&group.id)],
                    shares: (*share, *share),
                }),
            }
        }
    }
    pairs.sort_by_key(|pair| pair.kind);
    pairs.into_iter().map(|pair| (pair.sentence(), pair.groups)).collect()
}

impl Pair<'_> {
    fn sentence(&self) -> String {
        let range = match (percent(self.shares.0), percent(self.shares.1)) {
            (least, most) if least == most => least,
            (least, most) => format!("{least} to {most}"),
        };
        let (one, other) = self.patches;
        match self.kind {
            InteractionKind::OnlyTogether => {
                format!("{one} and {other} help only together: without either nearly all is lost")
            }
            InteractionKind::MoreTogether => {
                format!("{one} and {other} help more together: at least {range} needs both")
            }
            InteractionKind::Overlap => {
                format!("{one} and {other} overlap: {range} is there with either of the two")
            }
        }
    }
}

/// `yaml can't be applied without 5423`.
pub(in crate::render) fn unapplied(state: &Unapplied) -> String {
    let absent = state.absent.join(", ");
    match &state.patch {
        Some(patch) => format!("{patch} can't be applied without {absent}"),
        None => format!("the patches can't be applied without {absent}"),
    }
}

/// Cells without which something can't be told: how they ended, and their names.
pub(in crate::render) fn lacking(
    series: &SeriesAttribution,
) -> IndexMap<&'static str, Vec<String>> {
    let mut lacking: IndexMap<&'static str, Vec<String>> = IndexMap::new();
    for group in &series.groups {
        for (state, cell) in &group.states {
            if matches!(cell.outcome, Some(Outcome::Ok | Outcome::PatchFailed)) {
                continue;
            }
            let named = || match group.id.as_str() {
                "" => state.clone(),
                id => format!("{id}, {state}"),
            };
            let name = cell.cell.as_ref().map_or_else(named, ToString::to_string);
            lacking.entry(cell.outcome.map_or("not run", Outcome::as_str)).or_default().push(name);
        }
    }
    lacking
}

/// Which verdicts occur, for a legend.
pub(in crate::render) fn verdicts(series: &SeriesAttribution, metric: &str) -> IndexSet<Verdict> {
    const ORDER: [Verdict; 6] = [
        Verdict::Improved,
        Verdict::Unchanged,
        Verdict::Regressed,
        Verdict::Inconclusive,
        Verdict::NotComparable,
        Verdict::NotJudged,
    ];
    let metrics = || series.groups.iter().filter_map(|group| group.metrics.get(metric));
    let occurs = |verdict: &Verdict| {
        metrics().flat_map(|metric| &metric.patches).any(|it| it.verdict == *verdict)
    };
    ORDER.into_iter().filter(occurs).collect()
}
