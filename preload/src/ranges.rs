//! A set of addresses as sorted ranges that neither touch nor overlap. It never allocates.

/// From `start` up to `end`, which is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Range {
    const EMPTY: Self = Self { start: 0, end: 0 };

    const fn len(self) -> usize {
        self.end - self.start
    }
}

/// There is no room for another range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// At most `N` ranges.
pub(crate) struct Ranges<const N: usize> {
    len: usize,
    items: [Range; N],
}

impl<const N: usize> Ranges<N> {
    pub(crate) const fn new() -> Self {
        Self { len: 0, items: [Range::EMPTY; N] }
    }

    fn ranges(&self) -> &[Range] {
        self.items.get(..self.len).unwrap_or_default()
    }

    /// Adds what is not in the set yet. How many bytes that was.
    pub(crate) fn insert(&mut self, new: Range) -> Result<usize, Full> {
        if new.start >= new.end {
            return Ok(0);
        }
        // What touches it becomes one with it.
        let first = self.ranges().partition_point(|range| range.end < new.start);
        let last = self.ranges().partition_point(|range| range.start <= new.end);
        let touched = self.ranges().get(first..last).unwrap_or_default();
        let mut whole = new;
        let mut before = 0;
        for range in touched {
            whole.start = whole.start.min(range.start);
            whole.end = whole.end.max(range.end);
            before += range.len();
        }
        self.replace(first, last, [whole, Range::EMPTY])?;
        Ok(whole.len() - before)
    }

    /// Takes out what is in the set. How many bytes that was.
    pub(crate) fn remove(&mut self, old: Range) -> Result<usize, Full> {
        if old.start >= old.end {
            return Ok(0);
        }
        let (first, last) = self.overlapping(old);
        let touched = self.ranges().get(first..last).unwrap_or_default();
        let (Some(head), Some(tail)) = (touched.first(), touched.last()) else { return Ok(0) };
        let before = Range { start: head.start, end: head.start.max(old.start) };
        let after = Range { start: tail.end.min(old.end), end: tail.end };
        let held: usize = touched.iter().map(|range| range.len()).sum();
        self.replace(first, last, [before, after])?;
        Ok(held - before.len() - after.len())
    }

    /// Calls `each` with every part of `within` that is in the set.
    pub(crate) fn each(&self, within: Range, mut each: impl FnMut(Range)) {
        let (first, last) = self.overlapping(within);
        for range in self.ranges().get(first..last).unwrap_or_default() {
            let (start, end) = (range.start.max(within.start), range.end.min(within.end));
            each(Range { start, end });
        }
    }

    /// Whether any part of `other` is in the set.
    pub(crate) fn meets(&self, other: Range) -> bool {
        let (first, last) = self.overlapping(other);
        first < last
    }

    fn overlapping(&self, other: Range) -> (usize, usize) {
        let first = self.ranges().partition_point(|range| range.end <= other.start);
        let last = self.ranges().partition_point(|range| range.start < other.end);
        (first, last.max(first))
    }

    /// Puts those of `new` that are not empty in the place of `first..last`.
    fn replace(&mut self, first: usize, last: usize, new: [Range; 2]) -> Result<(), Full> {
        let count = new.iter().filter(|range| range.len() > 0).count();
        let len = self.len - (last - first) + count;
        if len > N {
            return Err(Full);
        }
        self.items.copy_within(last..self.len, first + count);
        let filled = self.items.iter_mut().skip(first);
        for (item, range) in filled.zip(new.into_iter().filter(|range| range.len() > 0)) {
            *item = range;
        }
        self.len = len;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn range(start: usize, end: usize) -> Range {
        Range { start, end }
    }

    #[test]
    fn ranges_that_touch_become_one() {
        let mut set = Ranges::<8>::new();
        assert_eq!(set.insert(range(10, 20)), Ok(10));
        assert_eq!(set.insert(range(30, 40)), Ok(10));
        assert_eq!(set.insert(range(20, 30)), Ok(10));
        assert_eq!(set.ranges(), [range(10, 40)]);
        assert_eq!(set.insert(range(15, 45)), Ok(5));
        assert_eq!(set.insert(range(5, 5)), Ok(0));
    }

    #[test]
    fn what_is_taken_from_the_middle_leaves_two() {
        let mut set = Ranges::<2>::new();
        set.insert(range(0, 100)).unwrap();
        assert_eq!(set.remove(range(40, 60)), Ok(20));
        assert_eq!(set.ranges(), [range(0, 40), range(60, 100)]);
        assert_eq!(set.remove(range(10, 20)), Err(Full), "there is no room for a third");
        assert_eq!(set.remove(range(30, 70)), Ok(20));
        assert_eq!(set.remove(range(200, 300)), Ok(0));
        assert_eq!(set.remove(range(0, 500)), Ok(60));
        assert_eq!(set.ranges(), []);
    }

    /// Against a set of bytes, with every operation that a small space has.
    #[test]
    fn it_is_the_set_of_its_bytes() {
        let mut set = Ranges::<16>::new();
        let mut bytes = [false; 24];
        let mut state = 7_usize;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..20_000 {
            let start = random(24);
            let wanted = range(start, start + random(25 - start));
            let add = random(2) == 0;
            let changed =
                bytes[wanted.start..wanted.end].iter().filter(|held| **held != add).count();
            bytes[wanted.start..wanted.end].fill(add);
            let done = if add { set.insert(wanted) } else { set.remove(wanted) };
            assert_eq!(done, Ok(changed));
            let mut held = [false; 24];
            set.each(range(0, 24), |part| held[part.start..part.end].fill(true));
            assert_eq!(held, bytes);
            if wanted.len() > 0 {
                assert_eq!(set.meets(wanted), add);
                let mut parts = Vec::new();
                set.each(wanted, |part| parts.push(part));
                assert_eq!(parts, if add { vec![wanted] } else { Vec::new() });
            }
            assert!(set.ranges().windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }
}
