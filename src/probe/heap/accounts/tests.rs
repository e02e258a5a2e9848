use super::*;
use proptest::prelude::*;

impl Accounts {
    /// As a program does in its process: takes a slot, and fills it in.
    fn take(&mut self) -> usize {
        let place = self.taken();
        self.write(0, layout::TAKEN, place as u64 + 1);
        self.window.forget();
        place
    }

    fn sign(&self, place: usize, process: i32, peak: u64) {
        self.write(place + 1, layout::PEAK, peak);
        self.write(place + 1, layout::PROCESS, process.unsigned_abs().into());
    }

    fn write(&self, number: usize, place: usize, value: u64) {
        let offset = (number * SLOT + place * WORD) as u64;
        rustix::io::pwrite(&self.file, &value.to_ne_bytes(), offset).unwrap();
    }

    fn begin(&mut self, process: i32, peak: u64) -> usize {
        let place = self.take();
        self.sign(place, process, peak);
        place
    }

    fn read_now(&mut self, living: &[i32]) {
        self.read(|id| living.contains(&id));
    }

    fn peak_of(&mut self, id: i32) -> Option<(usize, u64)> {
        self.of(id).map(|found| (found.place, found.slot.all.peak))
    }
}

#[test]
fn what_has_ended_is_not_read_again_and_still_counts_at_the_end() {
    let mut accounts = Accounts::make().unwrap();
    accounts.begin(1, 7);
    for child in 2..1002 {
        accounts.begin(child, child.unsigned_abs().into());
        accounts.read_now(&[1, child]);
        assert_eq!(accounts.living.wanted(0).len(), 2, "the first, and the one that lives");
    }
    accounts.read_now(&[1]);
    assert_eq!((accounts.peak_of(1), accounts.peak_of(1001)), (Some((0, 7)), None));
    // It may have grown since it was read last.
    accounts.sign(0, 1, 9);
    let all = accounts.all();
    assert_eq!(all.len(), 1001);
    assert_eq!(all.iter().map(|slot| slot.all.peak).sum::<u64>(), 9 + (2..1002).sum::<u64>());
}

#[test]
fn the_program_after_an_exec_replaces_the_one_before() {
    let mut accounts = Accounts::make().unwrap();
    accounts.begin(5, 100);
    accounts.read_now(&[5]);
    accounts.of(5).unwrap().slot.forget_rise();
    accounts.begin(5, 40);
    accounts.read_now(&[5]);
    assert_eq!(accounts.peak_of(5), Some((1, 40)));
    assert_eq!(accounts.of(5).unwrap().slot.member().rise, 40, "no peak of it was known");
}

#[test]
fn an_account_without_a_name_is_looked_at_until_it_has_one() {
    let mut accounts = Accounts::make().unwrap();
    let place = accounts.take();
    accounts.begin(6, 1);
    accounts.read_now(&[5, 6]);
    assert_eq!((accounts.peak_of(5), accounts.peak_of(6)), (None, Some((1, 1))));
    accounts.sign(place, 5, 3);
    accounts.read_now(&[5, 6]);
    assert_eq!(accounts.peak_of(5), Some((0, 3)));
}

#[test]
fn more_programs_than_slots_are_noted() {
    let mut accounts = Accounts::make().unwrap();
    accounts.write(0, layout::TAKEN, SLOTS as u64);
    assert_eq!(accounts.all().len(), SLOTS);
    assert!(!accounts.ran_out());
    accounts.write(0, layout::TAKEN, SLOTS as u64 + 1);
    accounts.read_now(&[]);
    assert!(accounts.ran_out());
    assert_eq!(accounts.all().len(), SLOTS);
}

/// What a workload may do between two readings; processes by number.
#[derive(Clone, Debug)]
enum Event {
    /// A process starts, forks or executes: its program has a slot.
    Begin(i32),
    /// The same, but the slot isn't signed yet.
    Take(i32),
    Sign,
    Grow(i32),
    End(i32),
    Read,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        (1..9).prop_map(Event::Begin),
        (1..9).prop_map(Event::Take),
        Just(Event::Sign),
        (1..9).prop_map(Event::Grow),
        (1..9).prop_map(Event::End),
        Just(Event::Read),
    ];
    proptest::collection::vec(event, 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Ids are used again all the time here.
    #[test]
    fn every_living_program_is_known_as_its_slot_is(events in events()) {
        let mut accounts = Accounts::make().unwrap();
        let mut living = BTreeMap::new();
        let mut unsigned = Vec::new();
        for (number, event) in (1..).zip(events) {
            match event {
                Event::Begin(id) => drop(living.insert(id, (accounts.begin(id, number), number))),
                Event::Take(id) => unsigned.push((accounts.take(), id, number)),
                Event::Sign => {
                    for (place, id, number) in unsigned.drain(..) {
                        accounts.sign(place, id, number);
                        // One that began later has executed meanwhile, or has its id.
                        if living.get(&id).is_none_or(|(other, _)| *other < place) {
                            living.insert(id, (place, number));
                        }
                    }
                }
                Event::Grow(id) => if let Some((place, peak)) = living.get_mut(&id) {
                    *peak += 1000;
                    accounts.sign(*place, id, *peak);
                },
                Event::End(id) => {
                    living.remove(&id);
                    unsigned.retain(|(_, other, _)| *other != id);
                }
                Event::Read => {
                    let ids: Vec<i32> = living.keys().copied().collect();
                    accounts.read_now(&ids);
                    for (id, program) in &living {
                        prop_assert_eq!(accounts.peak_of(*id), Some(*program));
                    }
                    // What had begun and ended since the reading before was read once.
                    accounts.read_now(&ids);
                    prop_assert!(accounts.living.programs.keys().eq(living.keys()));
                }
            }
        }
    }
}
