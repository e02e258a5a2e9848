//! The machine that a run is measured on, as far as figures depend on it.

use std::thread::available_parallelism;

use super::record::Machine;
use crate::fingerprint::Fingerprint;

/// What is known of this machine. A part that can't be had is `unknown` (or 0): no run fails for it.
#[must_use]
pub fn machine() -> Machine {
    let uname = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    let mut machine = Machine {
        id: String::new(),
        hostname: text(uname.nodename()),
        kernel: [uname.sysname(), uname.release(), uname.machine()].map(text).join(" "),
        os: read("/etc/os-release").and_then(|file| os_name(&file)).unwrap_or_else(unknown),
        cpu: read("/proc/cpuinfo").and_then(|file| cpu_model(&file)).unwrap_or_else(unknown),
        cpus: available_parallelism().map_or(0, usize::from),
        memory: read("/proc/meminfo").and_then(|file| memory_bytes(&file)).unwrap_or(0),
        load: read("/proc/loadavg").and_then(|file| one_minute_load(&file)).unwrap_or(0.0),
        huge_pages: read("/sys/kernel/mm/transparent_hugepage/enabled")
            .and_then(|file| bracketed(&file)),
    };
    machine.id = id(&machine);
    machine
}

/// The fingerprint of what stays the same from one run to the next. The host's name is left out,
/// since containers draw a new one each time; memory is rounded, since kernels reserve a little
/// more or less of it at each boot.
fn id(machine: &Machine) -> String {
    const STEP: u64 = 256 << 20;
    Fingerprint::of("machine")
        .part(&machine.kernel)
        .part(&machine.os)
        .part(&machine.cpu)
        .part(machine.cpus.to_string())
        .part((machine.memory.saturating_add(STEP / 2) / STEP).to_string())
        .part(machine.huge_pages.as_deref().unwrap_or_default())
        .short()
}

fn read(path: &str) -> Option<String> {
    fs_err::read_to_string(path).ok()
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn os_name(os_release: &str) -> Option<String> {
    let value = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(value.trim_matches('"').to_owned())
}

/// The first CPU's model. ARM's kernels name none; the part's number is what there is.
fn cpu_model(cpuinfo: &str) -> Option<String> {
    let field = |name: &str| {
        cpuinfo.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        })
    };
    field("model name").or_else(|| {
        Some(format!("implementer {} part {}", field("CPU implementer")?, field("CPU part")?))
    })
}

fn memory_bytes(meminfo: &str) -> Option<u64> {
    let value = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn one_minute_load(loadavg: &str) -> Option<f64> {
    loadavg.split_whitespace().next()?.parse().ok()
}

/// The chosen one of `always [madvise] never`.
fn bracketed(choices: &str) -> Option<String> {
    let (_, rest) = choices.split_once('[')?;
    Some(rest.split_once(']')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_and_stays_the_same() {
        let (first, second) = (machine(), machine());
        assert_eq!(first.id, second.id);
        assert!(first.kernel.starts_with("Linux "), "{}", first.kernel);
        assert!(first.cpus > 0 && first.memory > 64 << 20, "{first:?}");
    }

    #[test]
    fn a_changed_load_or_name_is_the_same_machine_and_more_memory_is_not() {
        let this = Machine { memory: 8 << 30, ..machine() };
        let busy = Machine { load: 99.0, hostname: "other".into(), ..this.clone() };
        assert_eq!(id(&this), id(&busy));
        let rebooted = Machine { memory: this.memory - 4096, ..this.clone() };
        assert_eq!(id(&this), id(&rebooted));
        let larger = Machine { memory: 16 << 30, ..this.clone() };
        assert_ne!(id(&this), id(&larger));
    }

    #[test]
    fn proc_files_of_other_machines_are_understood() {
        let arm = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n";
        assert_eq!(cpu_model(arm).as_deref(), Some("implementer 0x41 part 0xd0c"));
        assert_eq!(cpu_model("model name\t: A: B\n").as_deref(), Some("A: B"));
        assert_eq!(memory_bytes("MemTotal:       2048 kB\n"), Some(2048 * 1024));
        assert_eq!(bracketed("always [madvise] never\n").as_deref(), Some("madvise"));
        assert_eq!(os_name("NAME=x\nPRETTY_NAME=\"Debian 12\"\n").as_deref(), Some("Debian 12"));
    }
}
