//! Which commit to measure next when the first bad one is looked for.
//!
//! As in `git bisect`: of the commits that may be the first bad one, the next to be measured is
//! the one whose ancestry halves them best, over the full history and not along one line of
//! parents. What can't be measured is passed over; if the best is such a one, the next is
//! chosen some way off, since its neighbours often can't be measured either.
//!
//! > C. Couder: *Fighting regressions with git bisect.* Documentation of git, 2009.

use indexmap::IndexMap;
use serde::Serialize;

#[cfg(test)]
mod tests;

/// What was found out about a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// It is as the good end is.
    Good,
    /// It is as the bad end is.
    Bad,
    /// It can't be measured.
    Skipped,
}

/// Findings by commit.
pub type Findings = IndexMap<String, Finding>;

/// The commits that the bad end has and the good end has not: one of them is the first bad one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspects {
    /// Parents by commit, as indices, so far as they are suspects; parents come first. The bad
    /// end is the last.
    parents: IndexMap<String, Vec<usize>>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Measure a commit: what would tell something, the most telling first.
    Measure(Vec<String>),
    /// This is the first bad commit.
    Found(String),
    /// It is one of these, oldest first, and nothing that could be measured tells which.
    OneOf(Vec<String>),
}

impl Suspects {
    /// From commits and their parents, in an order in which parents come before their children
    /// and the bad end last. Parents that are not in the list are good.
    pub fn new(commits: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        let mut parents: IndexMap<String, Vec<usize>> = IndexMap::new();
        for (commit, own) in commits {
            let known = own.iter().filter_map(|parent| parents.get_index_of(parent)).collect();
            parents.insert(commit, known);
        }
        Self { parents }
    }

    /// How many commits there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Whether the bad end has nothing that the good end has not.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// How many measurements a search needs about, if nothing is skipped.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.len().max(1).next_power_of_two().ilog2()
    }

    /// What to do next after these findings. The bad end counts as found bad; a finding about a
    /// commit that can't be the first bad one any more is ignored.
    #[must_use]
    pub fn next(&self, findings: &Findings) -> Step {
        let left = self.left(findings);
        let skipped = |&index: &usize| self.finding(findings, index) == Some(Finding::Skipped);
        let mut weighed = self.weigh(&left);
        weighed.retain(|&(index, _)| {
            !matches!(self.finding(findings, index), Some(Finding::Good | Finding::Bad))
                && index + 1 != self.len()
        });
        weighed.sort_by_key(|&(index, weight)| (std::cmp::Reverse(weight), index));
        let best_is_skipped = weighed.first().is_some_and(|(index, _)| skipped(index));
        weighed.retain(|(index, _)| !skipped(index));
        if best_is_skipped && !weighed.is_empty() {
            let away = rank_away(weighed.len());
            weighed[..=away].rotate_right(1);
        }
        let names = |indices: &mut dyn Iterator<Item = usize>| -> Vec<String> {
            indices.map(|index| self.name(index)).collect()
        };
        match (weighed.as_slice(), left.iter().filter(|left| **left).count()) {
            ([], 1) => Step::Found(self.name(left.iter().position(|left| *left).unwrap_or(0))),
            ([], _) => Step::OneOf(names(&mut (0..self.len()).filter(|index| left[*index]))),
            (weighed, _) => Step::Measure(names(&mut weighed.iter().map(|(index, _)| *index))),
        }
    }

    fn name(&self, index: usize) -> String {
        self.parents.get_index(index).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    fn finding(&self, findings: &Findings, index: usize) -> Option<Finding> {
        findings.get(self.parents.get_index(index)?.0).copied()
    }

    /// Which commits may still be the first bad one: what all bad ones have and no good one has.
    fn left(&self, findings: &Findings) -> Vec<bool> {
        let mut left = vec![true; self.len()];
        for (commit, finding) in findings {
            let Some(index) = self.parents.get_index_of(commit) else { continue };
            if !left[index] {
                continue;
            }
            let has = self.ancestry(index, &left);
            match finding {
                Finding::Good => left.iter_mut().zip(has).for_each(|(left, has)| *left &= !has),
                Finding::Bad => left.iter_mut().zip(has).for_each(|(left, has)| *left &= has),
                Finding::Skipped => {}
            }
        }
        left
    }

    /// The commit and all its ancestors among those that are left.
    fn ancestry(&self, index: usize, left: &[bool]) -> Vec<bool> {
        let mut has = vec![false; self.len()];
        let mut open = vec![index];
        while let Some(index) = open.pop() {
            if left[index] && !std::mem::replace(&mut has[index], true) {
                open.extend(&self.parents[index]);
            }
        }
        has
    }

    /// For each commit that is left, how many it rules out at least, whichever way it turns out.
    fn weigh(&self, left: &[bool]) -> Vec<(usize, usize)> {
        let all = left.iter().filter(|left| **left).count();
        let mut has = vec![0; self.len()];
        let mut weighed = Vec::with_capacity(all);
        for index in (0..self.len()).filter(|index| left[*index]) {
            let parents: Vec<usize> =
                self.parents[index].iter().copied().filter(|parent| left[*parent]).collect();
            // Only where lines of history meet could something be counted twice.
            has[index] = match parents.as_slice() {
                [] => 1,
                [parent] => has[*parent] + 1,
                _ => self.ancestry(index, left).into_iter().filter(|has| *has).count(),
            };
            weighed.push((index, has[index].min(all - has[index])));
        }
        weighed
    }
}

/// A place in a list of so many, more often near its beginning than near its end, and always the
/// same for the same number: a resumed search goes the same way.
fn rank_away(count: usize) -> usize {
    let drawn = (count as u64).wrapping_mul(1_103_515_245).wrapping_add(12_345);
    let share = ((drawn >> 16) % 32_768) as f64 / 32_768.0;
    ((count as f64 * share * share.sqrt()) as usize).min(count - 1)
}
