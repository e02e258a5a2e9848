//! One program's account, as the library keeps it in a slot. Pure.

use super::family::Member;
use super::layout::{self, NAME_SIZE, WORD};

/// One program's account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) process: i32,
    /// What the kernel calls it, filled up with zeros.
    name: [u8; NAME_SIZE],
    /// All of its live heap.
    pub(super) all: Amount,
    /// The part of it that is in CPython's small blocks.
    pub(super) python: Amount,
    /// The same for all that descend from one program by fork alone.
    pub(super) family: u64,
    /// Device and inode.
    pub(super) program: (u64, u64),
    /// Why it is not to be believed; 0 if it is.
    pub(super) refused: u64,
    /// What is known of the interpreter; 0 if there is none.
    pub(super) interpreter: u64,
}

/// Live bytes of some kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) live: u64,
    /// The most at one time.
    pub(super) peak: u64,
    /// What was live when the process was forked.
    inherited: u64,
    /// The peak at the reading before this one.
    known_peak: u64,
}

impl Slot {
    /// The slot in `bytes`.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let amount = |live, peak, inherited| Amount {
            live: signed(bytes, live),
            peak: signed(bytes, peak),
            inherited: signed(bytes, inherited),
            known_peak: 0,
        };
        Self {
            process: i32::try_from(word(bytes, layout::PROCESS)).unwrap_or(0),
            name: bytes
                .get(layout::NAME * WORD..)
                .and_then(|rest| rest.first_chunk().copied())
                .unwrap_or_default(),
            all: amount(layout::LIVE, layout::PEAK, layout::INHERITED),
            python: amount(layout::PYTHON, layout::PYTHON_PEAK, layout::PYTHON_INHERITED),
            family: word(bytes, layout::FAMILY),
            program: (word(bytes, layout::DEVICE), word(bytes, layout::INODE)),
            refused: word(bytes, layout::REFUSED),
            interpreter: word(bytes, layout::INTERPRETER),
        }
    }

    /// Why it is not to be believed, and whose it is.
    pub(super) fn refusal(&self) -> Option<String> {
        let why = reason(self.refused)?;
        let name = self.name.split(|byte| *byte == 0).next().unwrap_or_default();
        Some(format!("{} is not counted: {why}", String::from_utf8_lossy(name)))
    }

    /// What is read now, with what is known from the reading before.
    pub(super) fn update(&mut self, now: Self) {
        let (all, python) = (self.all.known_peak, self.python.known_peak);
        *self = Self { all: now.all.knowing(all), python: now.python.knowing(python), ..now };
    }

    /// Its part in the sum of all live heap.
    pub(super) fn member(&self) -> Member {
        self.all.member(self.family)
    }

    /// Its part in the sum of all CPythons' small blocks.
    pub(super) fn python_member(&self) -> Member {
        self.python.member(self.family)
    }

    /// Peaks up to now count as known.
    pub(super) const fn forget_rise(&mut self) {
        self.all.known_peak = self.all.peak;
        self.python.known_peak = self.python.peak;
    }
}

impl Amount {
    fn knowing(self, peak: u64) -> Self {
        Self { known_peak: peak.max(self.inherited), ..self }
    }

    fn member(&self, family: u64) -> Member {
        let highest = if self.peak > self.known_peak { self.peak } else { self.live };
        Member {
            family,
            live: self.live,
            inherited: self.inherited,
            rise: highest.saturating_sub(self.live),
        }
    }
}

fn reason(code: u64) -> Option<String> {
    let known = match code {
        0 => return None,
        layout::OWN_MALLOC => "it brings an allocator of its own",
        layout::GO => "a Go program's heap does not go through libc",
        layout::SELF_TEST_FAILED => {
            "the self-test failed: what its allocator hands out is not what the library counts"
        }
        layout::OWN_OPERATORS => {
            "its allocator has C++'s `new` and `delete` of its own, which do not go through malloc"
        }
        layout::MAPPINGS_LOST => "it has more mappings than can be followed",
        _ => {
            let place = code.checked_sub(layout::SANITIZER).and_then(|at| usize::try_from(at).ok());
            let sanitizer = place.and_then(|place| layout::SANITIZERS.get(place));
            return Some(match sanitizer {
                Some((_, name)) => format!(
                    "it runs with {name}, which has an allocator of its own and must be loaded first"
                ),
                None => "for a reason of its library's that this memprobe does not know".into(),
            });
        }
    };
    Some(known.into())
}

/// The word at `place`; 0 where there is none.
pub(super) fn word(bytes: &[u8], place: usize) -> u64 {
    let bytes = bytes.get(place * WORD..).and_then(|rest| rest.first_chunk());
    bytes.copied().map_or(0, u64::from_ne_bytes)
}

/// An amount that may be below 0 for a moment: what was allocated before it was counted may be
/// freed after.
fn signed(bytes: &[u8], place: usize) -> u64 {
    u64::try_from(word(bytes, place).cast_signed()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(words: &[(usize, i64)]) -> Vec<u8> {
        let mut all = vec![0; layout::SLOT_WORDS * WORD];
        for (place, value) in words {
            all[place * WORD..][..WORD].copy_from_slice(&value.to_ne_bytes());
        }
        all
    }

    #[test]
    fn each_word_is_read_from_its_place() {
        let places = [
            layout::PROCESS,
            layout::LIVE,
            layout::PEAK,
            layout::INHERITED,
            layout::PYTHON,
            layout::PYTHON_PEAK,
            layout::PYTHON_INHERITED,
            layout::FAMILY,
            layout::DEVICE,
            layout::INODE,
            layout::REFUSED,
            layout::INTERPRETER,
        ];
        let words: Vec<(usize, i64)> = places.into_iter().zip(1..).collect();
        let amount = |live| Amount { live, peak: live + 1, inherited: live + 2, known_peak: 0 };
        let wanted = Slot {
            process: 1,
            name: [0; NAME_SIZE],
            all: amount(2),
            python: amount(5),
            family: 8,
            program: (9, 10),
            refused: 11,
            interpreter: 12,
        };
        assert_eq!(Slot::parse(&bytes(&words)), wanted);
    }

    #[test]
    fn a_rise_counts_once() {
        let read = |peak| {
            let all = [(layout::LIVE, 10), (layout::PEAK, peak), (layout::INHERITED, 4)];
            let python = [(layout::PYTHON, 5), (layout::PYTHON_PEAK, peak)];
            Slot::parse(&bytes(&[&all[..], &python].concat()))
        };
        let mut slot = Slot::default();
        slot.update(read(30));
        assert_eq!(slot.member(), Member { family: 0, live: 10, inherited: 4, rise: 20 });
        assert_eq!(slot.python_member(), Member { family: 0, live: 5, inherited: 0, rise: 25 });
        slot.forget_rise();
        slot.update(read(30));
        assert_eq!(slot.member().rise, 0, "nothing rose since");
        assert_eq!(slot.python_member().rise, 0);
        slot.update(read(35));
        assert_eq!(slot.member().rise, 25);
        assert_eq!(slot.python_member().rise, 30);
    }

    #[test]
    fn what_a_child_inherited_is_no_rise_of_its_own() {
        let words = [(layout::LIVE, 90), (layout::PEAK, 100), (layout::INHERITED, 100)];
        let mut slot = Slot::default();
        slot.update(Slot::parse(&bytes(&words)));
        assert_eq!(slot.member(), Member { family: 0, live: 90, inherited: 100, rise: 0 });
    }

    #[test]
    fn a_refusal_names_the_program() {
        let name = i64::from_ne_bytes(*b"a.out\0\0\0");
        let of = |code| {
            let words = [(layout::REFUSED, code), (layout::NAME, name)];
            Slot::parse(&bytes(&words)).refusal()
        };
        assert_eq!(of(0), None);
        let refusal = of(layout::OWN_MALLOC.cast_signed()).unwrap();
        assert_eq!(refusal, "a.out is not counted: it brings an allocator of its own");
        assert!(of(layout::SANITIZER.cast_signed() + 1).unwrap().contains("ThreadSanitizer"));
        for unknown in [9, layout::SANITIZER.cast_signed() + 99, i64::MAX] {
            assert!(of(unknown).unwrap().contains("does not know"));
        }
    }

    #[test]
    fn what_is_below_zero_or_cut_off_is_nothing() {
        assert_eq!(Slot::parse(&bytes(&[(layout::LIVE, -5)])).all.live, 0);
        assert_eq!(Slot::parse(&[1, 2, 3]), Slot::default());
    }
}
