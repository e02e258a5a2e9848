//! Pairs of patches that do not simply add up, as far as leaving out one at a time can show it.
//!
//! Let `v(S)` be what the patches `S` of all `N` take away. Leaving out one shows
//! `L(i) = v(N) − v(N∖i)`. If what remains without both, `v(N∖ij)`, is nothing or more, then
//! `v(N) − v(N∖i) − v(N∖j) + v(N∖ij)`, which is how much the pair does beyond what each of the two
//! does alone, is at least `L(i) + L(j) − v(N)`. So whatever both lose beyond the whole needs both.
//! That is a lower bound, and it needs no state that leaves out two. If other patches are seen to make
//! things worse, `v(N∖ij)` may be less than nothing by that much, and the bound is lowered by it.
//! For a series of two patches it is exact, and below zero it is an overlap: what either of the two
//! does as well as both.

use super::attribute::Members;
use super::*;

/// Less than this share of the total is not worth a word.
const NOTICEABLE: f64 = 0.1;
/// Leaving out either loses at least this share of the total: nearly all of it.
const NEARLY_ALL: f64 = 0.9;

/// The pairs of which something is to be said, in the order of the series. `noises` says for the
/// whole and for each patch how far medians may be apart when nothing changed.
pub(super) fn interactions(
    name: &str,
    members: &Members<'_>,
    record: &SeriesRecord,
    metric: &MetricAttribution,
    noises: (Option<f64>, &[Option<f64>]),
) -> Vec<Interaction> {
    if record.kind != SeriesKind::LeaveOneOut || metric.total.verdict != Verdict::Improved {
        return Vec::new();
    }
    let labels: Vec<&String> = record.labels().collect();
    let pairs = (0..labels.len()).flat_map(|one| (one + 1..labels.len()).map(move |it| (one, it)));
    let whole = Whole { name, members, metric, noises };
    let found = pairs.filter_map(|(one, other)| {
        let (kind, amount) = whole.interaction(one, other)?;
        let share = amount.value / metric.total.amount?.value.abs();
        let patches = (labels[one].clone(), labels[other].clone());
        let lost = (metric.patches[one].share?, metric.patches[other].share?);
        let reason = reason(kind, share, &patches, lost);
        Some(Interaction { patches, kind, amount, share, reason })
    });
    found.collect()
}

/// All that is known of a metric in a group.
struct Whole<'a> {
    name: &'a str,
    members: &'a Members<'a>,
    metric: &'a MetricAttribution,
    noises: (Option<f64>, &'a [Option<f64>]),
}

/// `Σ weight × median` over states, and how far that may be from 0 when nothing changed.
struct Contrast<'a> {
    weights: IndexMap<&'a str, f64>,
    value: f64,
    noise: f64,
}

impl<'a> Contrast<'a> {
    fn add(&mut self, sign: f64, step: &'a Contribution, noise: Option<f64>) -> Option<()> {
        *self.weights.entry(&step.without).or_default() += sign;
        *self.weights.entry(&step.with).or_default() -= sign;
        self.value += sign * step.amount?.value;
        self.noise += noise?;
        Some(())
    }
}

impl Whole<'_> {
    fn interaction(&self, one: usize, other: usize) -> Option<(InteractionKind, Amount)> {
        let (total, patches) = (&self.metric.total, &self.metric.patches);
        let mut beyond = Contrast { weights: IndexMap::new(), value: 0.0, noise: 0.0 };
        beyond.add(-1.0, total, self.noises.0)?;
        for index in [one, other] {
            beyond.add(1.0, &patches[index], self.noises.1[index])?;
        }
        for index in (0..patches.len()).filter(|index| ![one, other].contains(index)) {
            if patches[index].amount?.value * total.amount?.value < 0.0 {
                beyond.add(1.0, &patches[index], self.noises.1[index])?;
            }
        }
        let whole = total.amount?.value;
        if beyond.value.abs() <= beyond.noise.max(NOTICEABLE * whole.abs()) {
            return None;
        }
        let sign = beyond.value.signum();
        // Where more is better, what helps has an amount below zero.
        let is_beyond = sign == whole.signum();
        let found = self.members.contrast(self.name, &beyond.weights, sign, beyond.value.abs());
        if found.interval.is_some_and(|interval| interval.low <= 0.0) {
            return None;
        }
        if !is_beyond {
            return (patches.len() == 2).then_some((InteractionKind::Overlap, found));
        }
        let pair = [&patches[one], &patches[other]];
        let nearly_all = |it: &&Contribution| it.share.is_some_and(|share| share >= NEARLY_ALL);
        let kind = match pair.iter().all(nearly_all) {
            true => InteractionKind::OnlyTogether,
            false => InteractionKind::MoreTogether,
        };
        pair.iter().all(|it| it.verdict == Verdict::Improved).then_some((kind, found))
    }
}

fn reason(
    kind: InteractionKind,
    share: f64,
    (one, other): &(String, String),
    lost: (f64, f64),
) -> String {
    let percent = |share: f64| format!("{:.0}%", share * 100.0);
    match kind {
        InteractionKind::OnlyTogether => format!(
            "{one} and {other} help only together: without {one} {} of the gain is lost, \
             without {other} {}",
            percent(lost.0),
            percent(lost.1)
        ),
        InteractionKind::MoreTogether => format!(
            "{one} and {other} help more together: at least {} of the gain needs both",
            percent(share)
        ),
        InteractionKind::Overlap => format!(
            "{one} and {other} overlap: {} of the gain is there with either of the two",
            percent(share)
        ),
    }
}
