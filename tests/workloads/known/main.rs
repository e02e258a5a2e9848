//! A program whose memory behaviour is known to the page. memprobe's tests build it with rustc
//! alone; memory is mapped rather than allocated, so that no allocator has a say.
//!
//! `known MODE [NUMBER]…`: see `main`. Sizes are in MiB, times in milliseconds.

mod block;
mod system;

use std::env;
use std::ffi::{c_int, c_long, c_void};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, exit};
use std::sync::Barrier;
use std::{ptr, thread};

use block::Block;
use system::*;

extern "C" fn wait_and_exit(ms: *mut c_void) -> c_int {
    // In the parent's memory: nothing but a system call.
    let time = [ms as c_long / 1000, ms as c_long % 1000 * 1_000_000];
    unsafe { syscall(NANOSLEEP, time.as_ptr(), ptr::null::<c_void>()) };
    0
}

fn main() {
    let mut arguments = env::args().skip(1).peekable();
    // account MODE …: says at the end what it has used, as the kernel told it.
    let tells = arguments.next_if_eq("account").is_some();
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
        // phases MIB TIMES MS: a peak between two marks, MS after the one and just before the other.
        "phases" => {
            let mut marks = marks();
            for _ in 0..n(1) {
                writeln!(marks, "mark before").expect("a mark");
                sleep(n(2));
                drop(Block::new(n(0)));
                writeln!(marks, "mark after").expect("a mark");
                sleep(n(2));
            }
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
        // unwaited COUNT MS BEFORE: children that use MS of CPU time, and that nobody can wait for,
        // BEFORE ms after the start.
        "unwaited" => {
            unsafe { signal(17, 1) };
            sleep(n(2));
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
            std::fs::write("/proc/sys/kernel/ns_last_pid", (first - 1).to_string())
                .expect("its id");
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
            unsafe { syscall(EXIT, 0) };
        }
        // exec MIB MS: becomes another program that holds it.
        "exec" => {
            let mib = n(0).to_string();
            let known = env::current_exe().expect("our path");
            panic!("{}", Command::new(known).args(["hold", &mib, &n(1).to_string()]).exec());
        }
        // spin MS COUNT: uses this much CPU time, however long that takes, with COUNT threads more.
        "spin" => {
            let threads: Vec<_> = (0..n(1)).map(|_| thread::spawn(move || spin(n(0)))).collect();
            spin(n(0));
            threads.into_iter().for_each(|thread| thread.join().expect("a thread"));
        }
        // cold MIB: reads a file that has to come from the disk.
        "cold" => Block::of_cold_file(n(0)).read(),
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
        // MORE and SHARED until the next line. There is a file as soon as it has taken all of it.
        "serve" => {
            let _before = Block::new(n(0));
            println!("ready");
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).expect("a line");
            drop(Block::new(n(2)));
            let _more = (Block::new(n(1)), Block::shared(n(3)));
            std::fs::write("taken", "").expect("a file");
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
    if tells {
        println!("{}", account());
    }
}
