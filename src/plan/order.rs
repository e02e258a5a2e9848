//! The order of a run's attempts: rounds in which every cell comes once, shuffled, so that what
//! changes slowly on a machine (heat, caches, other load) meets all cells alike.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::{CellId, Pass};

/// One execution of a cell that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The cell.
    pub cell: CellId,
    /// Counts from 1 within the cell, warm-ups included.
    pub number: u32,
    /// Whether it is left out of every figure.
    pub warmup: bool,
    /// What it looks for, if it is none that gives figures.
    pub pass: Option<Pass>,
}

/// All attempts of `cells`, warm-up rounds first. The same seed gives the same order on every
/// machine and in every version.
#[must_use]
pub fn order(cells: &[CellId], warmup: u32, repeats: u32, seed: u64) -> Vec<Attempt> {
    let mut generator = generator(seed);
    let rounds = (1..=repeats.saturating_add(warmup)).flat_map(|number| {
        let mut round = cells.to_vec();
        shuffle(&mut round, &mut generator);
        round.into_iter().map(move |cell| {
            let warmup = number <= warmup;
            Attempt { cell, number, warmup, pass: None }
        })
    });
    rounds.collect()
}

/// The seed's bytes are the key: no mixing function of a library stands between, which another
/// version might change.
fn generator(seed: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// Fisher and Yates' shuffle (Knuth, The Art of Computer Programming, vol. 2, algorithm P).
/// Written out, since rand reserves the right to change what its shuffle yields for a seed.
fn shuffle<T>(items: &mut [T], generator: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        let chosen = below(last as u64 + 1, generator);
        items.swap(last, chosen as usize);
    }
}

/// A uniform number below `bound`: draws from the incomplete last interval are thrown away.
fn below(bound: u64, generator: &mut ChaCha8Rng) -> u64 {
    let whole = u64::MAX - u64::MAX % bound;
    loop {
        let draw = generator.next_u64();
        if draw < whole {
            return draw % bound;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use proptest::prelude::*;

    use super::*;

    fn cells(count: usize) -> Vec<CellId> {
        (0..count).map(|number| CellId::from_values([format!("c{number}").as_str()])).collect()
    }

    #[test]
    fn the_order_of_a_seed_never_changes() {
        let attempts = order(&cells(6), 1, 2, 10301);
        let ids: Vec<_> = attempts.iter().map(|attempt| attempt.cell.as_str()).collect();
        insta::assert_snapshot!(ids.join(" "), @"c2 c1 c0 c5 c3 c4 c2 c0 c5 c1 c4 c3 c2 c4 c5 c1 c0 c3");
    }

    #[test]
    fn every_order_of_three_is_about_equally_frequent() {
        let mut seen: HashMap<Vec<CellId>, usize> = HashMap::new();
        for seed in 0..6_000 {
            let attempts = order(&cells(3), 0, 1, seed);
            *seen.entry(attempts.into_iter().map(|attempt| attempt.cell).collect()).or_default() +=
                1;
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|count| (850..1_150).contains(count)), "{seen:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn each_round_holds_every_cell_once(
            count in 0..20_usize, warmup in 0..3_u32, repeats in 1..4_u32, seed: u64,
        ) {
            let cells = cells(count);
            let attempts = order(&cells, warmup, repeats, seed);
            prop_assert_eq!(attempts.len(), count * (warmup + repeats) as usize);
            for (index, round) in attempts.chunks(count.max(1)).enumerate() {
                let number = index as u32 + 1;
                let ids: HashSet<_> = round.iter().map(|attempt| &attempt.cell).collect();
                prop_assert_eq!(ids.len(), count);
                prop_assert!(round.iter().all(|attempt| attempt.number == number));
                prop_assert!(round.iter().all(|attempt| attempt.warmup == (number <= warmup)));
            }
        }

        #[test]
        fn the_same_seed_gives_the_same_order(seed: u64) {
            prop_assert_eq!(order(&cells(18), 1, 3, seed), order(&cells(18), 1, 3, seed));
        }
    }
}
