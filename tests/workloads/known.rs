//! A program whose memory behaviour is known to the page. memprobe's tests build it with rustc
//! alone; memory is mapped rather than allocated, so that no allocator has a say.
//!
//! `known MODE [NUMBER]…`: see `main`. Sizes are in MiB, times in milliseconds.

use std::ffi::{c_int, c_long, c_void};
use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, exit};
use std::sync::Barrier;
use std::time::Duration;
use std::{env, ptr, slice, thread};

unsafe extern "C" {
    fn mmap(
        at: *mut c_void,
        len: usize,
        prot: c_int,
        flags: c_int,
        fd: c_int,
        off: c_long,
    ) -> *mut c_void;
    fn madvise(at: *mut c_void, len: usize, advice: c_int) -> c_int;
    fn munmap(at: *mut c_void, len: usize) -> c_int;
    fn fork() -> c_int;
    fn clone(
        run: extern "C" fn(*mut c_void) -> c_int,
        stack: *mut c_void,
        flags: c_int,
        arg: *mut c_void,
    ) -> c_int;
    fn setsid() -> c_int;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn waitid(kind: c_int, id: c_int, info: *mut c_void, options: c_int) -> c_int;
    fn signal(number: c_int, handler: usize) -> usize;
    fn raise(number: c_int) -> c_int;
    fn syscall(number: c_long, ...) -> c_long;
    fn getppid() -> c_int;
    fn clock_gettime(clock: c_int, time: *mut c_long) -> c_int;
}

const PAGE: usize = 4096;

/// Mapped memory, every page of which has been written to.
struct Block(*mut u8, usize);

impl Block {
    fn new(mib: u64) -> Self {
        Self::mapped(mib, 0x02)
    }

    /// As a database's buffers are: MAP_SHARED.
    fn shared(mib: u64) -> Self {
        Self::mapped(mib, 0x01)
    }

    /// Of a file that has no name any more.
    fn of_file(mib: u64) -> Self {
        let path = env::current_exe().expect("our path").with_extension(std::process::id().to_string());
        let file = File::options().create_new(true).read(true).write(true).open(&path);
        let file = file.expect("a file beside us");
        std::fs::remove_file(path).expect("our own file");
        file.set_len(mib << 20).expect("room");
        Self::untouched((mib as usize) << 20, 0x01, file.as_raw_fd()).touched()
    }

    fn mapped(mib: u64, flag: c_int) -> Self {
        // Anonymous.
        Self::untouched((mib as usize) << 20, flag | 0x20, -1).touched()
    }

    fn untouched(len: usize, flags: c_int, file: c_int) -> Self {
        if len == 0 {
            return Self(ptr::null_mut(), 0);
        }
        // Readable and writable.
        let at = unsafe { mmap(ptr::null_mut(), len, 3, flags, file, 0) };
        assert!(!at.is_null() && at as isize != -1, "mmap");
        // Pages of 4 KiB, whatever this machine prefers (MADV_NOHUGEPAGE).
        unsafe { madvise(at, len, 15) };
        Self(at.cast(), len)
    }

    fn touched(self) -> Self {
        self.write(0, self.1);
        self
    }

    /// Writes to every page from `from` up to `to`.
    fn write(&self, from: usize, to: usize) {
        if self.1 > 0 {
            let bytes = unsafe { slice::from_raw_parts_mut(self.0, self.1) };
            (from..to).step_by(PAGE).for_each(|place| bytes[place] = 1);
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if self.1 > 0 {
            unsafe { munmap(self.0.cast(), self.1) };
        }
    }
}

fn sleep(ms: u64) {
    thread::sleep(Duration::from_millis(ms));
}

fn marks() -> File {
    let number = env::var("MEMPROBE_FD").expect("MEMPROBE_FD").parse().expect("a number");
    unsafe { File::from_raw_fd(number) }
}

/// Of this process (CLOCK_PROCESS_CPUTIME_ID).
fn cpu_time() -> Duration {
    let mut time: [c_long; 2] = [0, 0];
    unsafe { clock_gettime(2, time.as_mut_ptr()) };
    Duration::new(time[0] as u64, time[1] as u32)
}

fn spin(ms: u64) {
    while cpu_time() < Duration::from_millis(ms) {}
}

/// Runs `child` in a forked process and returns its id.
fn forked(child: impl FnOnce()) -> c_int {
    match unsafe { fork() } {
        0 => {
            child();
            exit(0);
        }
        id => id,
    }
}

fn wait_for(ids: &[c_int]) {
    for id in ids {
        unsafe { waitpid(*id, ptr::null_mut(), 0) };
    }
}

extern "C" fn wait_and_exit(ms: *mut c_void) -> c_int {
    // In the parent's memory: nothing but a system call.
    let time = [ms as c_long / 1000, ms as c_long % 1000 * 1_000_000];
    unsafe { syscall(35, time.as_ptr(), ptr::null::<c_void>()) };
    0
}

fn main() {
    let mut arguments = env::args().skip(1);
    let mode = arguments.next().expect("a mode");
    let numbers: Vec<u64> = arguments.map(|number| number.parse().expect("a number")).collect();
    let numbers: &'static [u64] = numbers.leak();
    let n = move |place: usize| numbers.get(place).copied().unwrap_or(0);
    match mode.as_str() {
        // hold MIB MS: the same all the time.
        "hold" => {
            let _block = Block::new(n(0));
            sleep(n(1));
        }
        // sawtooth MIB COUNT MS: peaks as short as can be, MS apart.
        "sawtooth" => {
            for _ in 0..n(1) {
                sleep(n(2));
                drop(Block::new(n(0)));
            }
            sleep(n(2));
        }
        // high-water MIB MS: a peak, and MS later what the kernel says was the highest, in KiB.
        "high-water" => {
            drop(Block::new(n(0)));
            sleep(n(1));
            let status = std::fs::read_to_string("/proc/self/status").expect("our status");
            let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("VmHWM");
            println!("{}", line.split_whitespace().nth(1).expect("a number"));
        }
        // forks COUNT MIB MS: children that share all with their parent.
        "forks" => {
            let _block = Block::new(n(1));
            let ids: Vec<_> = (0..n(0)).map(|_| forked(|| sleep(n(2)))).collect();
            wait_for(&ids);
        }
        // file MIB MS, shared MIB MS: not anonymous.
        "file" => {
            let _block = Block::of_file(n(0));
            sleep(n(1));
        }
        "shared" => {
            let _block = Block::shared(n(0));
            sleep(n(1));
        }
        // leak BYTES ROWS: BYTES more with each row, which it reports.
        "leak" => {
            let (mut marks, row) = (marks(), n(0) as usize);
            let block = Block::untouched(row * n(1) as usize, 0x22, -1);
            for done in 1..=n(1) as usize {
                block.write((done - 1) * row, done * row);
                if done % 10_000 == 0 {
                    writeln!(marks, "progress {done}").expect("a line");
                    // Longer than a busy machine keeps memprobe waiting.
                    sleep(120);
                }
            }
        }
        // threads COUNT MIB MS: threads with MIB each, all at the same time.
        "threads" => {
            let all: &'static Barrier = Box::leak(Box::new(Barrier::new(n(0) as usize)));
            let hold = move || {
                let block = Block::new(n(1));
                all.wait();
                sleep(n(2));
                all.wait();
                drop(block);
            };
            let threads: Vec<_> = (0..n(0)).map(|_| thread::spawn(hold)).collect();
            threads.into_iter().for_each(|thread| thread.join().expect("a thread"));
        }
        // cow MIB PART MS: a child that shares MIB with its parent, but for PART that it writes to.
        "cow" => {
            let block = Block::new(n(0));
            let id = forked(|| {
                block.write(0, (n(1) as usize) << 20);
                sleep(n(2));
            });
            wait_for(&[id]);
        }
        // zombies COUNT MIB MS: children that have held MIB and ended, and that nobody waits for.
        "zombies" => {
            let ids: Vec<_> = (0..n(0)).map(|_| forked(|| drop(Block::new(n(1))))).collect();
            for id in ids {
                // Until it has ended (WEXITED), without taking it away (WNOWAIT).
                unsafe { waitid(1, id, ptr::null_mut(), 4 | 0x0100_0000) };
            }
            writeln!(marks(), "mark ended").expect("a mark");
            sleep(n(2));
        }
        // unwaited COUNT MS: children that use MS of CPU time, and that nobody can wait for.
        "unwaited" => {
            unsafe { signal(17, 1) };
            for _ in 0..n(0) {
                forked(|| spin(n(1)));
            }
            // Returns when there are none any more.
            wait_for(&[-1]);
        }
        // renamed MIB MS: under a name that reads like more of a line in /proc.
        "renamed" => {
            std::fs::write("/proc/self/comm", "x) R 1\nVmRSS: 1").expect("our name");
            let _block = Block::new(n(0));
            sleep(n(1));
        }
        // reuse MIB MORE MS: a child with MIB, and then one with MORE and the same id.
        "reuse" => {
            let hold = |mib| {
                let id = forked(|| {
                    let _block = Block::new(mib);
                    sleep(n(2));
                });
                wait_for(&[id]);
                id
            };
            let first = hold(n(0));
            std::fs::write("/proc/sys/kernel/ns_last_pid", (first - 1).to_string()).expect("its id");
            println!("{first} {}", hold(n(1)));
        }
        // hopper: a daemon that is another process each millisecond, and its session.
        "hopper" => {
            let id = forked(|| {
                println!("{}", unsafe { setsid() });
                for _ in 0..10_000 {
                    if unsafe { fork() } > 0 {
                        exit(0);
                    }
                    sleep(1);
                }
            });
            wait_for(&[id]);
            sleep(20);
        }
        // children COUNT MIB MS: children with memory of their own, one after the other.
        "children" => {
            for _ in 0..n(0) {
                let id = forked(|| {
                    let _block = Block::new(n(1));
                    sleep(n(2));
                });
                wait_for(&[id]);
            }
        }
        // daemon MIB MS_DAEMON MS: a process that has fled from its parent and its session.
        "daemon" => {
            let id = forked(|| {
                unsafe { setsid() };
                forked(|| {
                    println!("{}", std::process::id());
                    let _block = Block::new(n(0));
                    sleep(n(1));
                });
            });
            wait_for(&[id]);
            sleep(n(2));
        }
        // vfork MIB MS: a process in its parent's memory, as before exec.
        "vfork" => {
            let _block = Block::new(n(0));
            let mut stack = vec![0_u64; 8192];
            // CLONE_VM, CLONE_VFORK, SIGCHLD; the stack grows down.
            let top = unsafe { stack.as_mut_ptr().add(8192) }.cast();
            let id = unsafe { clone(wait_and_exit, top, 0x100 | 0x4000 | 17, n(1) as *mut c_void) };
            wait_for(&[id]);
        }
        // thread-child MIB MS: a child of a thread that is not the first.
        "thread-child" => {
            let spawn = move || {
                let id = forked(|| {
                    let _block = Block::new(n(0));
                    sleep(n(1));
                });
                wait_for(&[id]);
            };
            thread::spawn(spawn).join().expect("the thread");
        }
        // leaderless MIB MS: the first thread ends before the others.
        "leaderless" => {
            thread::spawn(move || {
                let _block = Block::new(n(0));
                sleep(n(1));
                exit(0);
            });
            unsafe { syscall(60, 0) };
        }
        // exec MIB MS: becomes another program that holds it.
        "exec" => {
            let mib = n(0).to_string();
            let known = env::current_exe().expect("our path");
            panic!("{}", Command::new(known).args(["hold", &mib, &n(1).to_string()]).exec());
        }
        // spin MS: uses this much CPU time, however long that takes.
        "spin" => spin(n(0)),
        "exit" => exit(n(0) as i32),
        "signal" => {
            unsafe { raise(n(0) as c_int) };
        }
        // stubborn SIGNAL MS: ignores a signal.
        "stubborn" => {
            unsafe { signal(n(0) as c_int, 1) };
            println!("{}", std::process::id());
            sleep(n(1));
        }
        // ignores SIGNAL: whether it was started with this signal ignored.
        "ignores" => exit(i32::from(unsafe { signal(n(0) as c_int, 1) } == 1)),
        // marks MS: everything that can be said, MS apart.
        "marks" => {
            let mut marks = marks();
            for line in [
                "mark start",
                "progress 10",
                "metric latency 2 s",
                "metric latency 4 s",
                "metric peak_rss 1 B",
                "nonsense",
                "progress 20",
                "digest AB12",
                "mark end",
            ] {
                writeln!(marks, "{line}").expect("a mark");
                sleep(n(0));
            }
        }
        // serve MIB MORE SHORT SHARED: holds MIB, after a line on stdin SHORT for a moment, and then
        // MORE and SHARED until the next line.
        "serve" => {
            let _before = Block::new(n(0));
            println!("ready");
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).expect("a line");
            drop(Block::new(n(2)));
            let _more = (Block::new(n(1)), Block::shared(n(3)));
            std::io::stdin().read_line(&mut line).expect("another line");
        }
        // flood MIB: junk, as fast as can be, and one good line behind it.
        "flood" => {
            let mut marks = marks();
            let junk: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
            for _ in 0..n(0) {
                marks.write_all(&junk).expect("junk");
            }
            for _ in 0..50_000 {
                marks.write_all(b"mark x\nprogress 1\nmetric m 1 s\n").expect("a flood");
            }
            marks.write_all(b"\ndigest 00ff\n").expect("a line");
        }
        // killer: kills memprobe, as nothing else can.
        "killer" => {
            let mut marks = marks();
            sleep(n(0));
            writeln!(marks, "mark last").expect("a mark");
            sleep(n(0));
            let parent = unsafe { getppid() };
            let _ = Command::new("kill").args(["-KILL", &parent.to_string()]).status();
        }
        other => panic!("unknown mode {other}"),
    }
}
