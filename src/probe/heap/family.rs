//! The live heap of several processes. Pure.
//!
//! A forked child begins with a copy of its parent's heap, which takes no memory until one of the
//! two writes to it. It counts once: with the eldest of the family that still lives, or with
//! whoever has kept most of it. The others count with what they hold beyond what they inherited.

/// One living process's account. Amounts in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Member {
    /// The same for all that descend from one program by fork alone.
    pub(super) family: u64,
    pub(super) live: u64,
    /// What was live when it was forked.
    pub(super) inherited: u64,
    /// How much higher it was since the reading before.
    pub(super) rise: u64,
}

/// Live bytes of all `members`, which are in the order of their beginnings: no child stands
/// before its parent.
pub(super) fn sum(members: impl Iterator<Item = Member>) -> u64 {
    let mut families: Vec<(u64, u64)> = Vec::new();
    let mut beyond = 0;
    for member in members {
        match families.iter_mut().find(|(family, _)| *family == member.family) {
            Some((_, shared)) => {
                *shared = member.live.min(member.inherited).max(*shared);
                beyond += member.live.saturating_sub(member.inherited);
            }
            None => families.push((member.family, member.live)),
        }
    }
    families.iter().map(|(_, shared)| shared).sum::<u64>() + beyond
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn member(family: u64, live: u64, inherited: u64) -> Member {
        Member { family, live, inherited, rise: 0 }
    }

    #[test]
    fn what_was_inherited_counts_once() {
        let parent = member(1, 200, 0);
        let child = member(1, 230, 200);
        assert_eq!(sum([parent, child, child].into_iter()), 260);
        assert_eq!(sum([child, child].into_iter()), 260, "also when the parent has ended");
        assert_eq!(sum([parent, member(1, 50, 200)].into_iter()), 200, "its copies are no gain");
        let freed = member(1, 10, 0);
        assert_eq!(sum([freed, child, child].into_iter()), 260, "the children have kept theirs");
    }

    #[test]
    fn other_programs_count_in_full() {
        assert_eq!(sum([member(1, 200, 0), member(2, 30, 0)].into_iter()), 230);
        assert_eq!(sum(std::iter::empty()), 0);
    }
}
