//! memprobe's passes over a Python program whose instances and allocations are known
//! (`tests/workloads/passes.py`).

#![expect(clippy::unwrap_used, reason = "this is a test")]

mod probed;
mod skip;

use std::path::PathBuf;
use std::process::Command;

use memgrid::measurement::SampleFile;
use probed::Probed;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/workloads/passes.py");
const COUNT: &str = "objects:__main__.Plain";
const SIZE: &str = "objects_size:__main__.Plain";
const OBJECTS: [&str; 4] = ["--objects", "__main__.Plain", "--objects", "__main__.Slots"];

/// What the field said at a mark: in the sample that was taken for it.
fn at(samples: &SampleFile, mark: f64, field: &str) -> f64 {
    let reading = samples.points(field).find(|(t, _)| *t >= mark - 1e-6);
    reading.unwrap_or_else(|| panic!("{field} has no reading at {mark}")).1
}

fn probe(options: &[&str], command: &[&str]) -> Probed {
    probed::probe(&[&["--plot", "never"], options].concat(), command)
}

/// Interpreters that passes can be made in: `python3`, and those that `MEMGRID_TEST_PYTHONS` names.
fn pythons() -> Vec<PathBuf> {
    let named = std::env::var_os("MEMGRID_TEST_PYTHONS").unwrap_or_default();
    let mut found: Vec<PathBuf> =
        std::env::split_paths(&named).filter(|path| path.is_absolute()).collect();
    // Not a script that starts one, as version managers have it.
    let print = "import sys; print(sys.executable if sys.version_info >= (3, 11) else '')";
    if let Ok(output) = Command::new("python3").args(["-c", print]).output() {
        let path = String::from_utf8(output.stdout).unwrap();
        found.extend(Some(PathBuf::from(path.trim())).filter(|path| path.is_absolute()));
    }
    found.dedup();
    if found.is_empty() {
        skip::say("there is no python3 from 3.11 on");
    }
    found
}

fn of_each_python(options: &[&str], mode: &str, check: impl Fn(Probed)) {
    for python in pythons() {
        check(probe(options, &[python.to_str().unwrap(), PROGRAM, mode]));
    }
}

#[test]
fn instances_are_counted_at_every_mark() {
    of_each_python(&OBJECTS, "objects", |probed| {
        assert_eq!(probed.code(), Some(0), "{}", probed.stderr);
        let samples = probed.samples();
        assert_eq!(samples.marks.len(), 8);
        for mark in &samples.marks {
            let (plain, slots) = mark.name.split_once(' ').unwrap();
            assert_eq!(at(&samples, mark.t, COUNT), plain.parse::<f64>().unwrap(), "{}", mark.name);
            let found = at(&samples, mark.t, "objects:__main__.Slots");
            assert_eq!(found, slots.parse::<f64>().unwrap(), "{}", mark.name);
        }
        assert_eq!(probed.value("peak_objects:__main__.Plain"), 1500.0);
        assert_eq!(probed.value("peak_objects:__main__.Slots"), 300.0);
        assert!(
            probed.stderr.contains("1500      sampled  of __main__.Plain"),
            "{}",
            probed.stderr
        );
    });
}

/// A reading comes at some place of the interpreter's start, which depends on what was allocated
/// before: so with each argument more it is another.
#[test]
fn no_start_is_disturbed() {
    const STARTS: &str = "n=0; while [ $n -lt 48 ]; do n=$((n + 1)); set -- \"$@\" x; \
                          \"$0\" -I -c pass \"$@\" || exit 9; done; echo $n";
    for python in pythons() {
        let command = ["sh", "-c", STARTS, python.to_str().unwrap()];
        let probed = probe(&["--objects", "__main__.Plain"], &command);
        assert_eq!((probed.code(), &*probed.stdout), (Some(0), "48\n"), "{}", probed.stderr);
    }
}

#[test]
fn a_thread_may_send_the_mark() {
    of_each_python(&OBJECTS, "threads", |probed| {
        let samples = probed.samples();
        assert_eq!(at(&samples, samples.marks[0].t, COUNT), 800.0);
    });
}

#[test]
fn their_size_is_what_the_interpreter_says() {
    of_each_python(&OBJECTS, "size", |probed| {
        let samples = probed.samples();
        let (found, said) = (at(&samples, samples.marks[1].t, SIZE), probed.stdout.trim());
        let said: f64 = said.parse().unwrap();
        // What all share counts once, or not at all: names, small numbers, None.
        assert!((found - said).abs() < 2000.0, "{found} is not {said}");
        // Before anybody asked for their dictionaries: at least the values, of which there are two.
        let before = at(&samples, samples.marks[0].t, SIZE);
        assert!(before < found && before > 1000.0 * (48.0 + 149.0 + 16.0), "{before}, {found}");
    });
}

#[test]
fn the_line_of_the_peak_comes_first() {
    of_each_python(&["--lines", "3"], "line", |probed| {
        assert_eq!(probed.code(), Some(0), "{}", probed.stderr);
        let lines = probed.result.lines.as_ref().unwrap();
        assert_eq!(lines.unavailable, None);
        assert!(lines.nearness() >= 0.95 && lines.live <= lines.peak, "{lines:?}");
        let [first, second, ..] = &lines.top[..] else { panic!("{lines:?}") };
        assert_eq!((&first.file[..], &first.line.to_string()[..]), (PROGRAM, probed.stdout.trim()));
        // 1,033 bytes each, which the C library's allocator makes 1,048 at most, and a list.
        let near = 30_000 * 97 / 100..=30_010;
        assert!(near.contains(&first.blocks), "{first:?}");
        assert!((1033..=1064).contains(&(first.bytes / first.blocks)), "{first:?}");
        assert_eq!((second.line, second.file == PROGRAM), (first.line - 2, true), "{lines:?}");
        assert!((3_000..=3_010).contains(&second.blocks), "{second:?}");
        assert!(lines.python <= lines.live);
    });
}

#[test]
fn both_passes_at_once_leave_the_program_as_it_is() {
    let options = [&OBJECTS[..], &["--lines", "5"]].concat();
    of_each_python(&options, "quiet", |probed| {
        assert_eq!((probed.code(), &probed.stdout[..]), (Some(3), "2000\n"));
        assert!(probed.stderr.starts_with("done\nmemprobe: failed"), "{}", probed.stderr);
        assert!(probed.result.lines.unwrap().top.len() <= 5);
    });
}

#[test]
fn a_child_is_looked_at_too_and_warns_of_nothing() {
    let options = [&OBJECTS[..], &["--lines", "5"]].concat();
    of_each_python(&options, "fork", |probed| {
        assert_eq!((probed.code(), &probed.stdout[..]), (Some(0), "100\n"));
        assert!(probed.stderr.starts_with("memprobe: ok"), "{}", probed.stderr);
    });
}

#[test]
fn what_can_not_be_looked_at_says_why() {
    let missing = ["--objects", "__main__.Typo", "--objects", "builtins.int"];
    of_each_python(&missing, "size", |probed| {
        let why = probed.why_not("peak_objects:__main__.Typo").to_owned();
        assert!(why.contains("no class of this name"), "{why}");
        let why = probed.why_not("peak_objects_size:builtins.int");
        assert!(why.contains("no attributes"), "{why}");
    });
    let probed = probe(&["--objects", "a.B", "--lines", "3"], &["sh", "-c", "exit 4"]);
    assert_eq!(probed.code(), Some(4));
    assert!(probed.why_not("peak_objects:a.B").contains("no CPython"));
    assert!(probed.result.lines.unwrap().unavailable.unwrap().contains("no CPython"));
}
