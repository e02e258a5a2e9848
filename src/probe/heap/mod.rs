//! Live heap: what the program and its children have allocated and not freed, counted by a library
//! of ours that is loaded into them (`preload/`) and read here, without stopping anyone.
//!
//! The library lies in a folder of this measurement's own; the accounts are in memory that has no
//! name but our descriptor's, so nothing of them outlives us.

mod accounts;
mod family;
#[path = "../../../preload/src/layout.rs"]
#[allow(dead_code, reason = "the library's half of it")]
mod layout;
mod library;
mod program;
mod slot;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::tree::Tree;
use accounts::{Accounts, Placed};
use family::Sum;
use layout::SLOTS;
use library::Library;
use slot::Slot;

/// A process that has no account after this time will not get one.
const PATIENCE: Duration = Duration::from_millis(100);
/// The same for one that was started with the library: it may wait for a processor.
const LONGEST_START: Duration = Duration::from_secs(2);

/// The accounts of all programs that the measured processes run.
#[derive(Debug)]
pub(super) struct Heap {
    library: Library,
    accounts: Accounts,
    /// By process, when it was first seen without an account.
    waiting: BTreeMap<i32, Duration>,
    /// Why a sum would not be the tree's.
    missing: Option<String>,
    highest: Highest,
}

/// The highest sums so far, in bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Highest {
    live: u64,
    python: Option<u64>,
}

/// Live bytes of the tree at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Live {
    pub(super) heap: u64,
    /// The part of it that is in CPython's small blocks, if all interpreters' are counted.
    pub(super) python: Option<u64>,
}

/// What is known of the whole measurement when it has ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Account {
    /// The most live bytes at one time.
    pub(super) peak: u64,
    /// Whether all of it was one process.
    pub(super) is_alone: bool,
    /// Live bytes of the first process when it ended.
    pub(super) at_end: u64,
    /// The most live bytes in CPython's small blocks, or why they are not known; `None` if no
    /// CPython was seen.
    pub(super) python: Option<Result<u64, &'static str>>,
}

impl Heap {
    /// Lays out the library and the accounts.
    ///
    /// # Errors
    /// Why live heap can't be had here.
    pub(super) fn prepare() -> Result<Self, String> {
        let library = Library::lay_out()?;
        let accounts =
            Accounts::make().map_err(|error| format!("memory for its accounts: {error}"))?;
        Ok(Self {
            library,
            accounts,
            waiting: BTreeMap::new(),
            missing: None,
            highest: Highest::default(),
        })
    }

    /// The variables with which a program is counted.
    pub(super) fn environment(&self) -> [(&'static str, OsString); 2] {
        let mut preload = self.library.path().into_os_string();
        // First: an allocator that is preloaded too is then behind ours, and counted. The colon
        // stays where there are no others but the variable: the library may have to put it back.
        if let Some(others) = std::env::var_os("LD_PRELOAD") {
            preload.push(":");
            preload.push(others);
        }
        [("LD_PRELOAD", preload), (layout::VARIABLES[0], self.accounts.path().into())]
    }

    /// Live bytes of `tree`, as its processes were read last, `now` since the start. `None` while
    /// one of them has no account that can be believed.
    pub(super) fn read(&mut self, tree: &Tree, now: Duration) -> Option<Live> {
        self.accounts.read(|id| tree.contains(id) || exists(id));
        self.note_shortage();
        self.waiting.retain(|id, _| tree.contains(*id));
        let mut members = Vec::with_capacity(tree.size());
        let mut complete = true;
        for (id, process) in tree.with_memory() {
            let of_this = |found: &&mut Placed| process.program() == Some(found.slot.program);
            match self.accounts.of(id).filter(of_this) {
                Some(found) => {
                    self.waiting.remove(&id);
                    complete &= found.slot.refused == 0;
                    members.push(*found);
                }
                None => {
                    complete = false;
                    let since = *self.waiting.entry(id).or_insert(now);
                    if now >= since + PATIENCE && self.missing.is_none() {
                        let is_late = now >= since + LONGEST_START;
                        self.missing = program::without_account(id, is_late);
                    }
                }
            }
        }
        if !complete || members.is_empty() {
            return None;
        }
        members.sort_unstable_by_key(|member| member.place);
        Some(self.sum(&members))
    }

    fn sum(&mut self, members: &[Placed]) -> Live {
        let slots = || members.iter().map(|member| &member.slot);
        let all = family::sum(slots().map(Slot::member));
        let python = python_of(slots());
        self.highest.live = self.highest.live.max(all.highest);
        self.highest.python = self.highest.python.max(python.map(|sum| sum.highest));
        for member in members {
            if let Some(account) = self.accounts.of(member.slot.process) {
                account.slot.forget_rise();
            }
        }
        Live { heap: all.live, python: python.map(|sum| sum.live) }
    }

    fn note_shortage(&mut self) {
        if self.accounts.ran_out() {
            self.missing.get_or_insert_with(|| format!("more than {SLOTS} programs were run"));
        }
    }

    /// By process, the most live bytes of its program at one time, so far.
    pub(super) fn peaks(&mut self) -> BTreeMap<i32, u64> {
        // A later program of the same process replaces an earlier one.
        self.accounts.all().iter().map(|slot| (slot.process, slot.all.peak)).collect()
    }

    /// The whole account, when `main` and all others have ended.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn finish(mut self, main: Pid) -> Result<Account, String> {
        let slots = self.accounts.all();
        self.note_shortage();
        let main = main.as_raw_nonzero().get();
        // Before what is missing: what a program starts that was left alone has no account either.
        if let Some(refusal) = slots.iter().find_map(Slot::refusal) {
            return Err(refusal);
        }
        let Some(last) = slots.iter().rfind(|slot| slot.process == main) else {
            return Err(self.missing.unwrap_or_else(|| program::NO_ACCOUNT.to_owned()));
        };
        if let Some(missing) = self.missing {
            return Err(missing);
        }
        // What lived between two samples left its account.
        let most = |of: fn(&Slot) -> u64| slots.iter().map(of).max().unwrap_or(0);
        let mut interpreters = slots.iter().filter(|slot| slot.interpreter != 0);
        let seen = interpreters.clone().next().is_some();
        let unknown = interpreters.find_map(|slot| uncounted(slot.interpreter));
        let python = self.highest.python.unwrap_or(0).max(most(|slot| slot.python.peak));
        Ok(Account {
            peak: self.highest.live.max(most(|slot| slot.all.peak)),
            is_alone: slots.iter().all(|slot| slot.process == main),
            at_end: last.all.live,
            python: seen.then(|| unknown.map_or(Ok(python), Err)),
        })
    }
}

/// Whether there is a process `id`, be it of the tree or not: a new one isn't known at once.
fn exists(id: i32) -> bool {
    Pid::from_raw(id).is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// The sum of all interpreters' small blocks; `None` if there are none, or some are not counted.
fn python_of<'a>(slots: impl Iterator<Item = &'a Slot> + Clone) -> Option<Sum> {
    let interpreters = slots.filter(|slot| slot.interpreter != 0);
    let mut uncounted =
        interpreters.clone().filter(|slot| slot.interpreter != layout::PYTHON_COUNTED);
    let counts = interpreters.clone().next().is_some() && uncounted.next().is_none();
    counts.then(|| family::sum(interpreters.map(Slot::python_member)))
}

const fn uncounted(code: u64) -> Option<&'static str> {
    match code {
        layout::PYTHON_COUNTED => None,
        layout::PYTHON_FREE_THREADED => {
            Some("a free-threaded CPython's allocator is not counted block by block")
        }
        layout::PYTHON_BYPASSED => {
            Some("the interpreter was told to use another allocator (PYTHONMALLOC)")
        }
        layout::PYTHON_OTHER_POOLS => {
            Some("this CPython's pools are not as those of known versions")
        }
        _ => Some("this version of CPython is not known"),
    }
}
