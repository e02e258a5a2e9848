//! Which cells a patch is for, in as few words as the matrix allows.

use indexmap::{IndexMap, IndexSet};

use super::*;
use crate::analyse::told_apart;

/// For each metric, the groups in which patch number `index` made it better.
pub(super) fn purpose(groups: &[Group], index: usize) -> IndexMap<String, Purpose> {
    let names: IndexSet<&String> = groups.iter().flat_map(|group| group.metrics.keys()).collect();
    let of = |name: &String| {
        let verdict = |group: &Group| Some(group.metrics.get(name)?.patches.get(index)?.verdict);
        let (mut helped, mut others) = (Vec::new(), Vec::new());
        let mut unclear = 0;
        for group in groups {
            match verdict(group) {
                Some(Verdict::Improved) => helped.push(group),
                Some(Verdict::Unchanged | Verdict::Regressed) => others.push(group),
                Some(Verdict::Inconclusive) => {
                    unclear += 1;
                    others.push(group);
                }
                Some(Verdict::NotComparable | Verdict::NotJudged) | None => {}
            }
        }
        let purpose = Purpose {
            groups: helped.iter().map(|group| group.id.clone()).collect(),
            of: helped.len() + others.len(),
            unclear,
            values: told_apart(&values(&helped), &values(&others)),
        };
        (name.clone(), purpose)
    };
    names.into_iter().map(of).collect()
}

fn values<'a>(groups: &[&'a Group]) -> Vec<&'a IndexMap<String, String>> {
    groups.iter().map(|group| &group.values).collect()
}
