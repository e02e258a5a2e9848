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

/// Bytes of all members together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) live: u64,
    /// The most since the reading before, if one member alone rose meanwhile.
    pub(super) highest: u64,
}

/// The sum of `members`, which are in the order of their beginnings: no child stands before its
/// parent.
pub(super) fn sum(members: impl Iterator<Item = Member>) -> Sum {
    let mut families: Vec<(u64, u64)> = Vec::new();
    let (mut beyond, mut rise) = (0, 0);
    for member in members {
        rise = member.rise.max(rise);
        match families.iter_mut().find(|(family, _)| *family == member.family) {
            Some((_, shared)) => {
                *shared = member.live.min(member.inherited).max(*shared);
                beyond += member.live.saturating_sub(member.inherited);
            }
            None => families.push((member.family, member.live)),
        }
    }
    let live = families.iter().map(|(_, shared)| shared).sum::<u64>() + beyond;
    Sum { live, highest: live + rise }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn member(family: u64, live: u64, inherited: u64) -> Member {
        Member { family, live, inherited, rise: 0 }
    }

    fn live<const N: usize>(members: [Member; N]) -> u64 {
        sum(members.into_iter()).live
    }

    #[test]
    fn what_was_inherited_counts_once() {
        let parent = member(1, 200, 0);
        let child = member(1, 230, 200);
        assert_eq!(live([parent, child, child]), 260);
        assert_eq!(live([child, child]), 260, "also when the parent has ended");
        assert_eq!(live([parent, member(1, 50, 200)]), 200, "its copies are no gain");
        let freed = member(1, 10, 0);
        assert_eq!(live([freed, child, child]), 260, "the children have kept theirs");
    }

    #[test]
    fn other_programs_count_in_full() {
        assert_eq!(live([member(1, 200, 0), member(2, 30, 0)]), 230);
        assert_eq!(live([member(1, 200, 0), member(2, 230, 200)]), 430, "its parent has ended");
        assert_eq!(live([]), 0);
    }

    #[test]
    fn the_largest_rise_is_added() {
        let risen = |rise| Member { rise, ..member(1, 20, 0) };
        let other = Member { family: 2, ..risen(7) };
        assert_eq!(sum([risen(5), other].into_iter()), Sum { live: 40, highest: 47 });
    }
}
