//! What the kernel says about a process in `/proc`, as numbers. Pure: text in, values out.
//! Amounts of memory are in bytes.

use std::time::Duration;

/// From `status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// The letter: `R`, `S`, `D`, `Z`, …
    pub(super) state: u8,
    /// The parent's id.
    pub(super) parent: i32,
    pub(super) threads: u64,
    /// `None` for what has no memory of its own any more: a process on its way out, a zombie.
    pub(super) memory: Option<Memory>,
}

/// The memory of one process. Two processes in which all of it is equal share it (vfork).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) rss: u64,
    pub(super) anon: u64,
    pub(super) file: u64,
    pub(super) shmem: u64,
    pub(super) swap: u64,
    /// The highest `rss` since the start or the last reset.
    pub(super) high: u64,
    /// Address space.
    pub(super) size: u64,
    /// Page tables.
    pub(super) tables: u64,
}

/// From `stat`: what the process and the children that it waited for have used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stat {
    /// User time in clock ticks.
    pub(super) user: u64,
    /// System time in clock ticks.
    pub(super) system: u64,
    pub(super) minor_faults: u64,
    pub(super) major_faults: u64,
    /// Minor faults of the children alone: more than 0 once a child has been waited for.
    pub(super) children_minor_faults: u64,
    /// Threads that it has now.
    pub(super) threads: u64,
}

impl Stat {
    /// What stays the same in a process that touches no memory that it has not touched before.
    pub(super) const fn activity(&self) -> [u64; 3] {
        [self.minor_faults, self.major_faults, self.threads]
    }
}

/// From `smaps_rollup`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rollup {
    /// Each page divided by the number of processes that map it.
    pub(super) pss: u64,
    /// Pages that no other process maps.
    pub(super) uss: u64,
}

/// How many there are in [`Memory`].
const AMOUNTS: usize = 8;

/// Reads `/proc/PID/status`; `None` if it is not one.
pub(super) fn status(text: &[u8]) -> Option<Status> {
    let mut status = Status::default();
    let mut memory = Memory::default();
    let (mut found, mut rest) = (0, text);
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let line;
        (line, rest) = (&rest[..end], &rest[end + 1..]);
        // The beginnings of the wanted lines differ in as much as can be compared at once.
        let Some(key) = line.first_chunk::<7>() else { continue };
        let place = match key {
            [b'S', b't', b'a', b't', b'e', b':', _] => {
                status.state = *line[6..].trim_ascii_start().first()?;
                continue;
            }
            [b'P', b'P', b'i', b'd', b':', ..] => {
                status.parent = i32::try_from(number(&line[5..])).ok()?;
                continue;
            }
            b"Threads" => {
                status.threads = number(&line[7..]);
                break;
            }
            b"VmSize:" => &mut memory.size,
            b"VmHWM:\t" => &mut memory.high,
            b"VmRSS:\t" => &mut memory.rss,
            b"RssAnon" => &mut memory.anon,
            b"RssFile" => &mut memory.file,
            b"RssShme" => &mut memory.shmem,
            b"VmPTE:\t" => &mut memory.tables,
            b"VmSwap:" => &mut memory.swap,
            _ => continue,
        };
        *place = number(&line[7..]) * 1024;
        found += 1;
    }
    // What is not there is not known, which is not the same as 0.
    status.memory = (found == AMOUNTS).then_some(memory);
    (status.state != 0 && status.threads > 0).then_some(status)
}

/// Reads `/proc/PID/stat`; `None` if it is not one.
pub(super) fn stat(text: &[u8]) -> Option<Stat> {
    // The name before it can hold spaces and parentheses.
    let after_name = text.iter().rposition(|byte| *byte == b')')?;
    let mut fields = text[after_name + 1..].split(|byte| *byte == b' ').skip(8);
    let mut next = || fields.next().map(number);
    let minor_faults = next()?;
    let children_minor_faults = next()?;
    let major_faults = next()? + next()?;
    let (user, system) = (next()?, next()?);
    let (children_user, children_system) = (next()?, next()?);
    let threads = fields.nth(2).map(number)?;
    Some(Stat {
        user: user + children_user,
        system: system + children_system,
        minor_faults: minor_faults + children_minor_faults,
        major_faults,
        children_minor_faults,
        threads,
    })
}

/// From `/proc/PID/stat`: when the process started, in clock ticks since the machine did.
pub(super) fn start(text: &[u8]) -> Option<u64> {
    let after_name = text.iter().rposition(|byte| *byte == b')')?;
    text[after_name + 1..].split(|byte| *byte == b' ').nth(20).map(number)
}

/// Reads a cgroup's `cpu.stat`: user and system time.
pub(super) fn group_cpu(text: &[u8]) -> Option<(Duration, Duration)> {
    let micros = |name: &[u8]| {
        let line = text.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(name))?;
        Some(Duration::from_micros(number(line)))
    };
    Some((micros(b"user_usec ")?, micros(b"system_usec ")?))
}

/// Reads `/proc/PID/smaps_rollup`; `None` if it is not one.
pub(super) fn rollup(text: &[u8]) -> Option<Rollup> {
    let mut rollup = Rollup::default();
    let mut found = false;
    for line in text.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let bytes = || number(&line[colon + 1..]) * 1024;
        match &line[..colon] {
            b"Pss" => {
                rollup.pss = bytes();
                found = true;
            }
            b"Private_Clean" | b"Private_Dirty" => rollup.uss += bytes(),
            _ => {}
        }
    }
    found.then_some(rollup)
}

/// Reads `/proc/PID/task/TID/children`: process ids with a space after each.
pub(super) fn children(text: &[u8]) -> impl Iterator<Item = i32> {
    text.split(u8::is_ascii_whitespace).filter_map(process_id)
}

/// Reads a process id, such as a name in `/proc`.
pub(super) fn process_id(text: &[u8]) -> Option<i32> {
    std::str::from_utf8(text).ok()?.parse().ok().filter(|id| *id > 0)
}

/// Which signals are ignored, from a hexadecimal mask such as `SigIgn` in `status`.
pub(super) fn ignored_signals(status: &[u8]) -> u64 {
    status
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(b"SigIgn:"))
        .and_then(|mask| std::str::from_utf8(mask.trim_ascii()).ok())
        .and_then(|mask| u64::from_str_radix(mask, 16).ok())
        .unwrap_or(0)
}

/// The first number in `text`, or 0.
fn number(text: &[u8]) -> u64 {
    let digits = text.iter().skip_while(|byte| !byte.is_ascii_digit());
    digits
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |sum: u64, byte| sum.wrapping_mul(10).wrapping_add(u64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const STATUS: &[u8] = b"Name:\ta: VmRSS:\\n9\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t7\n\
        PPid:\t3\nVmPeak:\t 9000 kB\nVmSize:\t 8000 kB\nVmHWM:\t 600 kB\nVmRSS:\t 500 kB\n\
        RssAnon:\t 300 kB\nRssFile:\t 150 kB\nRssShmem:\t 50 kB\nVmPTE:\t 44 kB\nVmSwap:\t 8 kB\n\
        Threads:\t12\nSigIgn:\t0000000000001001\n";

    #[test]
    fn a_status_is_read() {
        let memory = Memory {
            rss: 500 * 1024,
            anon: 300 * 1024,
            file: 150 * 1024,
            shmem: 50 * 1024,
            swap: 8 * 1024,
            high: 600 * 1024,
            size: 8000 * 1024,
            tables: 44 * 1024,
        };
        let wanted = Status { state: b'S', parent: 3, threads: 12, memory: Some(memory) };
        assert_eq!(status(STATUS), Some(wanted));
        assert_eq!(ignored_signals(STATUS), 0x1001);
    }

    #[test]
    fn a_zombie_has_no_memory_and_an_empty_file_is_no_status() {
        let zombie = b"Name:\tx\nState:\tZ (zombie)\nPPid:\t1\nThreads:\t1\n";
        let read = status(zombie).unwrap();
        assert_eq!((read.state, read.memory), (b'Z', None));
        for text in [&b""[..], b"Name:\tx\nPPid:\t1\n", b"State:\tS\n", b"PPid:\t1\nThreads:\t1\n"]
        {
            assert_eq!(status(text), None);
        }
        assert_eq!(stat(b""), None);
        assert_eq!(rollup(b""), None);
    }

    #[test]
    fn an_amount_that_is_missing_is_not_0() {
        for key in ["VmSize", "VmHWM", "VmRSS", "RssAnon", "RssFile", "RssShmem", "VmPTE", "VmSwap"]
        {
            let is_other = |line: &&[u8]| !line.starts_with(key.as_bytes());
            let lines: Vec<&[u8]> = STATUS.split(|byte| *byte == b'\n').filter(is_other).collect();
            assert_eq!(status(&lines.join(&b'\n')).unwrap().memory, None, "{key}");
        }
    }

    #[test]
    fn a_stat_is_read_behind_a_name_with_parentheses() {
        let text = b"7 (a) S 1) S 3 7 7 0 -1 4194560 100 20 3 4 50 6 7 8 20 0 1 0 99 1 2";
        let wanted = Stat {
            user: 57,
            system: 14,
            minor_faults: 120,
            major_faults: 7,
            children_minor_faults: 20,
            threads: 1,
        };
        assert_eq!(stat(text), Some(wanted));
    }

    #[test]
    fn a_start_is_read_behind_a_name_with_parentheses() {
        let text = b"7 (a) S 1) S 3 7 7 0 -1 4194560 100 20 3 4 50 6 7 8 20 0 1 0 99 1 2";
        assert_eq!(start(text), Some(99));
        assert_eq!(start(b"7 (a) S 3"), None);
    }

    #[test]
    fn a_groups_time_is_read() {
        let text = b"usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 0\n";
        let wanted = (Duration::from_micros(1000), Duration::from_micros(500));
        assert_eq!(group_cpu(text), Some(wanted));
        assert_eq!(group_cpu(b""), None);
    }

    #[test]
    fn a_rollup_is_read() {
        let text = b"55de-7ffc ---p 00000000 00:00 0 [rollup]\nRss: 10 kB\nPss: 5 kB\n\
            Pss_Dirty: 1 kB\nPrivate_Clean: 2 kB\nPrivate_Dirty: 1 kB\nPrivate_Hugetlb: 9 kB\n";
        assert_eq!(rollup(text), Some(Rollup { pss: 5 * 1024, uss: 3 * 1024 }));
    }

    #[test]
    fn children_are_read() {
        assert_eq!(children(b"12 345 ").collect::<Vec<_>>(), [12, 345]);
        assert_eq!(children(b"0 -1 x 99999999999").count(), 0);
    }

    #[test]
    fn this_kernels_own_files_are_read() {
        let own = status(&fs::read("/proc/self/status").unwrap()).unwrap();
        let memory = own.memory.unwrap();
        assert!(memory.rss > 0 && memory.high >= memory.rss && memory.anon < memory.rss);
        assert!(stat(&fs::read("/proc/self/stat").unwrap()).unwrap().minor_faults > 0);
        let rollup = rollup(&fs::read("/proc/self/smaps_rollup").unwrap()).unwrap();
        assert!(rollup.pss > 0 && rollup.uss <= rollup.pss);
    }
}
