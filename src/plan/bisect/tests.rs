use proptest::prelude::*;

use super::*;

/// Commits `0..` with these parents.
fn suspects(parents: &[Vec<usize>]) -> Suspects {
    let name = |index: &usize| index.to_string();
    Suspects::new(
        parents
            .iter()
            .enumerate()
            .map(|(index, own)| (name(&index), own.iter().map(name).collect::<Vec<_>>())),
    )
}

fn line(length: usize) -> Suspects {
    suspects(
        &(0..length).map(|index| index.checked_sub(1).into_iter().collect()).collect::<Vec<_>>(),
    )
}

/// Searches for `culprit`, where some commits can't be measured. Returns the end and how many
/// commits were measured.
fn search(suspects: &Suspects, culprit: usize, skipped: &[usize]) -> (Step, usize) {
    let all = vec![true; suspects.len()];
    let mut findings = Findings::new();
    loop {
        match suspects.next(&findings) {
            Step::Measure(best) => {
                let index: usize = best[0].parse().unwrap();
                let finding = match suspects.ancestry(index, &all)[culprit] {
                    _ if skipped.contains(&index) => Finding::Skipped,
                    true => Finding::Bad,
                    false => Finding::Good,
                };
                let known = findings.insert(best[0].clone(), finding);
                assert_eq!(known, None, "{index} is measured twice");
            }
            end => return (end, findings.len()),
        }
    }
}

/// A history of random shape in which each commit but the last has a child.
fn histories() -> impl Strategy<Value = Vec<Vec<usize>>> {
    prop::collection::vec((any::<u32>(), any::<u32>(), 0..4_u8), 1..60).prop_map(|drawn| {
        let count = drawn.len();
        let mut parents: Vec<Vec<usize>> = Vec::new();
        for (index, (one, other, kind)) in drawn.into_iter().enumerate() {
            let mut own = match (index, kind) {
                (0, _) => vec![],
                (_, 0) => vec![one as usize % index, other as usize % index],
                (_, 1) => vec![one as usize % index],
                _ => vec![index - 1],
            };
            if index + 1 == count {
                let has_child = |commit: &usize| parents.iter().any(|own| own.contains(commit));
                own.extend((0..index).filter(|commit| !has_child(commit)));
            }
            own.sort_unstable();
            own.dedup();
            parents.push(own);
        }
        parents
    })
}

#[test]
fn one_suspect_needs_no_measurement() {
    assert_eq!(line(1).next(&Findings::new()), Step::Found("0".to_owned()));
    assert_eq!((line(1).steps(), line(2).steps(), line(1000).steps()), (0, 1, 10));
}

#[test]
fn a_line_is_halved() {
    for length in 1..70 {
        for culprit in 0..length {
            let (end, measured) = search(&line(length), culprit, &[]);
            assert_eq!(end, Step::Found(culprit.to_string()));
            assert!(
                measured <= line(length).steps() as usize,
                "{measured} for {culprit} of {length}"
            );
        }
    }
}

#[test]
fn both_sides_of_a_merge_are_searched() {
    // 0 ── 1 ── 2 ──────── 6
    //  └── 3 ── 4 ── 5 ───┘
    let parents: Vec<Vec<usize>> =
        vec![vec![], vec![0], vec![1], vec![0], vec![3], vec![4], vec![2, 5]];
    for culprit in 0..7 {
        let (end, measured) = search(&suspects(&parents), culprit, &[]);
        assert_eq!(end, Step::Found(culprit.to_string()));
        assert!(measured <= 4, "{measured} for {culprit}");
    }
}

#[test]
fn what_cannot_be_told_apart_is_listed() {
    let (end, measured) = search(&line(16), 8, &[6, 7, 8]);
    // 9 is bad and 5 is good; between them nothing can be measured.
    assert_eq!(end, Step::OneOf(["6", "7", "8", "9"].map(str::to_owned).to_vec()));
    assert!(measured <= 8, "{measured}");
}

#[test]
fn a_wide_stretch_that_cannot_be_measured_is_left_quickly() {
    let skipped: Vec<usize> = (200..800).collect();
    let (end, measured) = search(&line(1000), 900, &skipped);
    assert_eq!(end, Step::Found("900".to_owned()));
    assert!(measured < 30, "{measured}");
}

#[test]
fn what_is_already_known_is_used_if_it_still_tells_something() {
    let findings = Findings::from([
        ("7".to_owned(), Finding::Bad),
        ("5".to_owned(), Finding::Good),
        // It contradicts, and can't be the first bad one any more.
        ("2".to_owned(), Finding::Bad),
        ("not a suspect".to_owned(), Finding::Bad),
    ]);
    assert_eq!(line(10).next(&findings), Step::Measure(vec!["6".to_owned()]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_culprit_is_found_in_any_history(parents in histories(), drawn in any::<prop::sample::Index>()) {
        let suspects = suspects(&parents);
        let culprit = drawn.index(suspects.len());
        let (end, measured) = search(&suspects, culprit, &[]);
        prop_assert_eq!(end, Step::Found(culprit.to_string()));
        prop_assert!(measured <= suspects.len());
    }

    #[test]
    fn the_culprit_is_among_what_is_left(
        parents in histories(),
        drawn in any::<prop::sample::Index>(),
        skipped in prop::collection::vec(0..60_usize, 0..30),
    ) {
        let suspects = suspects(&parents);
        let culprit = drawn.index(suspects.len());
        match search(&suspects, culprit, &skipped).0 {
            Step::Found(found) => prop_assert_eq!(found, culprit.to_string()),
            Step::OneOf(left) => {
                prop_assert!(left.contains(&culprit.to_string()));
                // At most one of them was measured: the one that is known to be bad.
                let could = left.iter().filter(|one| !skipped.contains(&one.parse().unwrap()));
                prop_assert!(could.count() <= 1, "{:?} of {:?}", left, skipped);
            }
            Step::Measure(_) => unreachable!(),
        }
    }
}
