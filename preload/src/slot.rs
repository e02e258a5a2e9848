//! This process's account: live bytes and the most of them, in a slot that memprobe reads.
//!
//! A forked child must not write to its parent's slot. So the slot is found through a page that
//! the kernel wipes at fork, whoever calls it and however; a child that finds nothing there takes
//! a slot of its own. A child of vfork runs in its parent's memory, and counts there.

use core::cell::UnsafeCell;
use core::ffi::c_char;
use core::ptr::{self, null_mut};
use core::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU64, Ordering};

use Ordering::{Relaxed, Release};

use crate::layout::{self, SLOT_WORDS, SLOTS};
use crate::sys;

/// One slot, or the header, as `layout` describes them.
#[repr(C, align(128))]
pub(crate) struct Slot([AtomicI64; SLOT_WORDS]);

impl Slot {
    const fn new() -> Self {
        Self([const { AtomicI64::new(0) }; SLOT_WORDS])
    }

    #[inline]
    const fn word(&self, place: usize) -> &AtomicI64 {
        &self.0[place]
    }

    fn set(&self, place: usize, value: u64) {
        self.word(place).store(value.cast_signed(), Relaxed);
    }

    /// Fills in what the kernel calls the process.
    fn name(&self) {
        let name: *const AtomicI64 = self.word(layout::NAME);
        // SAFETY: two words of the slot, which is nobody else's yet.
        unsafe { sys::own_name(name.cast_mut().cast::<[u8; layout::NAME_SIZE]>()) };
    }

    /// Written last: what was filled in is true.
    fn publish(&self) {
        // SAFETY: never fails.
        let process = unsafe { sys::getpid() };
        self.word(layout::PROCESS).store(process.into(), Release);
    }
}

/// Counts until the constructor runs, and for good where there is no memprobe.
static PRIVATE: Slot = Slot::new();
/// Stands where the page will be that is wiped at fork, as long as there is none.
static FIRST_HOLDER: AtomicPtr<Slot> = AtomicPtr::new((&raw const PRIVATE).cast_mut());
/// The page that is wiped at fork: holds the address of our slot.
static HOLDER: AtomicPtr<AtomicPtr<Slot>> = AtomicPtr::new((&raw const FIRST_HOLDER).cast_mut());
/// The file's header, behind which the slots are.
static FILE: AtomicPtr<Slot> = AtomicPtr::new(null_mut());
/// Our slot in this process or, in a child that has none yet, our parent's.
static LATEST: AtomicPtr<Slot> = AtomicPtr::new(null_mut());
/// Live bytes just before the fork that is going on.
static AT_FORK: AtomicI64 = AtomicI64::new(0);
/// The same for Python's blocks.
static PYTHON_AT_FORK: AtomicI64 = AtomicI64::new(0);
static FORKING: AtomicBool = AtomicBool::new(false);

/// glibc's `__libc_single_threaded`, or a byte that is 0.
struct SingleThreaded(UnsafeCell<*const c_char>);
// SAFETY: written by the constructor, while there is one thread.
unsafe impl Sync for SingleThreaded {}
static NEVER: c_char = 0;
static SINGLE_THREADED: SingleThreaded = SingleThreaded(UnsafeCell::new(&raw const NEVER));

#[inline]
fn is_single_threaded() -> bool {
    // SAFETY: points to a byte that lives as long as the process. glibc writes it while there is
    // one thread.
    unsafe { (*SINGLE_THREADED.0.get()).read_volatile() != 0 }
}

#[inline]
fn current() -> &'static Slot {
    // SAFETY: holders and slots are never unmapped.
    unsafe {
        let holder = &*HOLDER.load(Relaxed);
        let slot = holder.load(Relaxed);
        if slot.is_null() { adopt(holder) } else { &*slot }
    }
}

/// Adds `bytes` to an account and, if they are more and not less, keeps the most that it ever was.
#[inline(always)]
fn add<const MORE: bool>(account: &AtomicI64, peak: &AtomicI64, bytes: i64) {
    let sum = account.load(Relaxed) + bytes;
    account.store(sum, Relaxed);
    if MORE && sum > peak.load(Relaxed) {
        peak.store(sum, Relaxed);
    }
}

/// The same where other threads may do so too: it costs several times as much.
#[inline(always)]
fn add_among_threads(account: &AtomicI64, peak: &AtomicI64, bytes: i64) {
    let sum = account.fetch_add(bytes, Relaxed) + bytes;
    if sum > peak.load(Relaxed) {
        peak.fetch_max(sum, Relaxed);
    }
}

#[inline(always)]
fn count_all<const MORE: bool>(bytes: i64) {
    let slot = current();
    let (live, peak) = (slot.word(layout::LIVE), slot.word(layout::PEAK));
    if is_single_threaded() {
        add::<MORE>(live, peak, bytes);
    } else {
        add_among_threads(live, peak, bytes);
    }
}

/// `bytes` more are live, or less.
#[inline]
pub(crate) fn count(bytes: i64) {
    count_all::<true>(bytes);
}

/// `bytes` less are live.
#[inline]
pub(crate) fn count_freed(bytes: i64) {
    count_all::<false>(-bytes);
}

#[inline(always)]
fn count_python_too<const MORE: bool>(bytes: i64) {
    let slot = current();
    let (live, peak) = (slot.word(layout::LIVE), slot.word(layout::PEAK));
    let (python, python_peak) = (slot.word(layout::PYTHON), slot.word(layout::PYTHON_PEAK));
    if is_single_threaded() {
        add::<MORE>(python, python_peak, bytes);
        add::<MORE>(live, peak, bytes);
    } else {
        add_among_threads(python, python_peak, bytes);
        add_among_threads(live, peak, bytes);
    }
}

/// The same as `count` for one of CPython's own blocks.
#[inline]
pub(crate) fn count_python(bytes: i64) {
    count_python_too::<true>(bytes);
}

/// The same as `count_freed` for one of CPython's own blocks.
#[inline]
pub(crate) fn count_python_freed(bytes: i64) {
    count_python_too::<false>(-bytes);
}

/// Live bytes now.
pub(crate) fn live() -> i64 {
    current().word(layout::LIVE).load(Relaxed)
}

/// Takes what is live now for the most, after what the self-test held for a moment.
pub(crate) fn forget_peak() {
    let slot = current();
    slot.word(layout::PEAK).store(slot.word(layout::LIVE).load(Relaxed), Relaxed);
}

/// Says why the figures are not to be believed. The first reason stays.
pub(crate) fn refuse(reason: u64) {
    let reason = reason.cast_signed();
    let _ = current().word(layout::REFUSED).compare_exchange(0, reason, Relaxed, Relaxed);
}

/// Says what is known of the interpreter.
pub(crate) fn set_interpreter(what: u64) {
    current().set(layout::INTERPRETER, what);
}

/// The same, unless something is known already.
pub(crate) fn see_interpreter(what: u64) {
    let what = what.cast_signed();
    let word = current().word(layout::INTERPRETER);
    let _ = word.compare_exchange(0, what, Relaxed, Relaxed);
}

/// Takes a slot in memprobe's file, if there is one, and hands it what was counted so far.
pub(crate) fn begin() {
    // SAFETY: names that end with 0; what is found is glibc's variable of this name.
    let (single_threaded, path) = unsafe {
        let single_threaded = sys::dlsym(sys::RTLD_DEFAULT, c"__libc_single_threaded".as_ptr());
        (single_threaded, sys::getenv(c"MEMPROBE_HEAP".as_ptr()))
    };
    if !single_threaded.is_null() {
        // SAFETY: there is one thread yet.
        unsafe { *SINGLE_THREADED.0.get() = single_threaded.cast() };
    }
    if path.is_null() {
        return;
    }
    let (Some(slot), Some(holder)) = (open(path), map_holder()) else { return };
    let live = PRIVATE.word(layout::LIVE).load(Relaxed);
    slot.word(layout::LIVE).store(live, Relaxed);
    slot.word(layout::PEAK).store(PRIVATE.word(layout::PEAK).load(Relaxed), Relaxed);
    // SAFETY: a fresh page of ours.
    unsafe { (*holder).store((&raw const *slot).cast_mut(), Relaxed) };
    LATEST.store((&raw const *slot).cast_mut(), Relaxed);
    HOLDER.store(holder, Relaxed);
}

/// Says in a slot of the file `path` why this program is left alone. Calls no library.
pub(crate) fn decline(path: *const c_char, reason: u64) {
    if let Some(slot) = open(path) {
        slot.set(layout::REFUSED, reason);
        slot.publish();
    }
}

/// Takes a slot in the file `path`, and fills in who the program is.
fn open(path: *const c_char) -> Option<&'static Slot> {
    FILE.store(map_file(path)?, Relaxed);
    let (slot, place) = take()?;
    slot.set(layout::FAMILY, place as u64 + 1);
    slot.name();
    if let Some(program) = sys::file(sys::OWN_PROGRAM) {
        slot.set(layout::DEVICE, program.device);
        slot.set(layout::INODE, program.inode);
    }
    Some(slot)
}

/// What was filled in is true: memprobe may read the slot.
pub(crate) fn publish() {
    current().publish();
}

/// The path tells of a descriptor of memprobe's. In another process namespace, or after memprobe's
/// end, it may be anybody's: then it is not even opened.
fn map_file(path: *const c_char) -> Option<*mut Slot> {
    if sys::file(path)?.size != Some(layout::FILE_SIZE as u64) {
        return None;
    }
    // SAFETY: the path ends with 0; the mapping is ours, and checked before it is used. The
    // descriptor is closed before the program begins.
    unsafe {
        let file = sys::open(path, sys::O_RDWR | sys::O_CLOEXEC)?;
        let at = sys::map(layout::FILE_SIZE, sys::MAP_SHARED, file);
        sys::close(file);
        let header = at?.cast::<Slot>();
        ((*header).word(0).load(Relaxed) == layout::MAGIC.cast_signed()).then_some(header)
    }
}

fn map_holder() -> Option<*mut AtomicPtr<Slot>> {
    const PAGE: usize = 4096;
    // SAFETY: a fresh page; all zeros are a null pointer.
    unsafe {
        let page = sys::map(PAGE, sys::MAP_PRIVATE | sys::MAP_ANONYMOUS, -1)?;
        // Linux 4.14. Before that our handler at fork does it, for those who call fork itself.
        sys::madvise(page, PAGE, sys::MADV_WIPEONFORK);
        Some(page.cast())
    }
}

fn take() -> Option<(&'static Slot, usize)> {
    let file = FILE.load(Relaxed);
    if file.is_null() {
        return None;
    }
    // SAFETY: the file is mapped for good, and `place` is inside.
    unsafe {
        let place = (*file).word(layout::TAKEN).fetch_add(1, Relaxed).cast_unsigned() as usize;
        (place < SLOTS).then(|| (&*file.add(place + 1), place))
    }
}

/// In a forked child: takes a slot of its own, which begins with what was live at the fork.
#[cold]
#[inline(never)]
fn adopt(holder: &AtomicPtr<Slot>) -> &'static Slot {
    let parent = LATEST.load(Relaxed);
    // SAFETY: slots are never unmapped.
    let parent = if parent.is_null() { &PRIVATE } else { unsafe { &*parent } };
    let of_parent = |place| parent.word(place).load(Relaxed);
    let (live, python) = if FORKING.load(Relaxed) {
        (AT_FORK.load(Relaxed), PYTHON_AT_FORK.load(Relaxed))
    } else {
        (of_parent(layout::LIVE), of_parent(layout::PYTHON))
    };
    // Without a slot it counts for itself: a sum without it is memprobe's to notice.
    let slot = take().map_or(&PRIVATE, |(slot, _)| slot);
    let same = [
        layout::FAMILY,
        layout::DEVICE,
        layout::INODE,
        layout::REFUSED,
        layout::INTERPRETER,
        layout::NAME,
        layout::NAME + 1,
    ];
    for place in same {
        slot.word(place).store(of_parent(place), Relaxed);
    }
    slot.word(layout::LIVE).store(live, Relaxed);
    slot.word(layout::PEAK).store(live, Relaxed);
    slot.word(layout::INHERITED).store(live, Relaxed);
    for place in [layout::PYTHON, layout::PYTHON_PEAK, layout::PYTHON_INHERITED] {
        slot.word(place).store(python, Relaxed);
    }
    let address = (&raw const *slot).cast_mut();
    holder.store(address, Relaxed);
    LATEST.store(address, Relaxed);
    publish();
    slot
}

/// Just before a fork.
pub(crate) fn before_fork() {
    let slot = current();
    AT_FORK.store(slot.word(layout::LIVE).load(Relaxed), Relaxed);
    PYTHON_AT_FORK.store(slot.word(layout::PYTHON).load(Relaxed), Relaxed);
    FORKING.store(true, Relaxed);
}

/// After a fork, in the parent.
pub(crate) fn after_fork_in_parent() {
    FORKING.store(false, Relaxed);
}

/// After a fork, in the child.
pub(crate) fn after_fork_in_child() {
    let holder = HOLDER.load(Relaxed);
    if !ptr::eq(holder, &raw const FIRST_HOLDER) {
        // SAFETY: our page. A kernel that wipes it has done so; or an earlier handler of this
        // child's has allocated, and it has its slot already.
        unsafe {
            let process = i64::from(sys::getpid());
            let slot = (*holder).load(Relaxed);
            let is_own = !slot.is_null() && (*slot).word(layout::PROCESS).load(Relaxed) == process;
            if !is_own {
                (*holder).store(null_mut(), Relaxed);
                current();
            }
        }
    }
    FORKING.store(false, Relaxed);
}

const _: () = assert!(size_of::<Slot>() == SLOT_WORDS * layout::WORD);
const _: () = assert!(size_of::<AtomicU64>() == layout::WORD);
