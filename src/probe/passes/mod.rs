//! Passes over a Python program, which the preloaded library makes (`preload/src/passes`): the live
//! instances of classes over time, and the lines that had allocated most at the peak. The library
//! writes what it finds to the end of a file of ours, a line of JSON a reading.

mod wanted;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::fs::MemfdFlags;
use serde::Deserialize;

pub(super) use wanted::Wanted;

use super::heap::Account;
use crate::measurement::sample_file::Field;
use crate::measurement::{
    AllocationLine, AllocationLines, Metric, Precision, Scope, Unit, objects, objects_size,
};

/// One line of the library's.
#[derive(Debug, Deserialize)]
struct Reading {
    process: i32,
    /// For each class in order.
    #[serde(default)]
    objects: Vec<Option<Instances>>,
    /// Bytes that were live.
    #[serde(default)]
    live: u64,
    /// Bytes in blocks that Python asked for.
    #[serde(default)]
    python: u64,
    /// File, line, bytes, blocks.
    lines: Option<Vec<(String, u32, u64, u64)>>,
    no_lines: Option<String>,
    refused: Option<String>,
}

/// What was found of a class: number and bytes; or why not.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Instances {
    Are(u64, u64),
    Refused(String),
}

/// The readings so far.
#[derive(Debug)]
pub(super) struct Passes {
    wanted: Wanted,
    file: OwnedFd,
    read: u64,
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
    /// By process, what was found last, for each class.
    instances: BTreeMap<i32, Vec<Option<(u64, u64)>>>,
    /// For each class: the most instances, and the largest size.
    most: Vec<Option<(u64, u64)>>,
    /// For each class: why it could not be looked at.
    refused: Vec<Option<String>>,
    readings: u64,
    /// The reading of lines when most was live, by process.
    lines: BTreeMap<i32, AllocationLines>,
    no_lines: Option<String>,
    no_pass: Option<String>,
}

impl Passes {
    pub(super) fn prepare(wanted: &Wanted) -> Result<Option<Self>, String> {
        if !wanted.any() {
            return Ok(None);
        }
        let file = rustix::fs::memfd_create("memprobe-passes", MemfdFlags::CLOEXEC)
            .map_err(|error| format!("memory for what passes find: {error}"))?;
        Ok(Some(Self {
            wanted: wanted.clone(),
            file,
            read: 0,
            rest: Vec::new(),
            instances: BTreeMap::new(),
            most: vec![None; wanted.classes.len()],
            refused: vec![None; wanted.classes.len()],
            readings: 0,
            lines: BTreeMap::new(),
            no_lines: None,
            no_pass: None,
        }))
    }

    /// The variables that tell the library what is wanted.
    pub(super) fn environment(&self) -> Vec<(&'static str, OsString)> {
        let own = rustix::process::getpid();
        let file = format!("/proc/{own}/fd/{}", self.file.as_raw_fd());
        let mut variables = self.wanted.environment();
        variables.push(("MEMPROBE_PASSES", file.into()));
        variables
    }

    /// What stands in a sample for [`fields`]: nothing but when there was a reading since the last
    /// one, or at a mark, before which there always is one. `is_alive` says which processes'
    /// instances still are.
    #[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53")]
    pub(super) fn read(
        &mut self,
        at_mark: bool,
        is_alive: impl Fn(i32) -> bool,
    ) -> Vec<Option<f64>> {
        let is_new = self.take() || at_mark;
        self.instances.retain(|process, _| is_alive(*process));
        let classes = 0..self.wanted.classes.len();
        let sums = classes.map(|class| self.sum(class).filter(|_| is_new));
        let values = sums.flat_map(|sum| [sum.map(|it| it.0 as f64), sum.map(|it| it.1 as f64)]);
        values.collect()
    }

    /// Over all processes.
    fn sum(&self, class: usize) -> Option<(u64, u64)> {
        let of_class = self.instances.values().filter_map(|found| *found.get(class)?);
        of_class.reduce(|sum, found| (sum.0 + found.0, sum.1 + found.1))
    }

    /// Takes what was written since. Whether it had instances.
    fn take(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        let mut is_new = false;
        while let Ok(length @ 1..) = rustix::io::pread(&self.file, &mut buffer, self.read) {
            self.read += length as u64;
            self.rest.extend_from_slice(&buffer[..length]);
            while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                if let Ok(reading) = serde_json::from_slice(&line) {
                    is_new |= self.hear(reading);
                }
            }
        }
        is_new
    }

    fn hear(&mut self, reading: Reading) -> bool {
        let Reading { process, objects, live, python, lines, no_lines, refused } = reading;
        self.no_pass = self.no_pass.take().or(refused);
        self.no_lines = self.no_lines.take().or(no_lines);
        if let Some(lines) = lines {
            self.lines.insert(process, at_peak(live, python, lines));
        }
        if objects.is_empty() {
            return false;
        }
        self.readings += 1;
        let found = objects.into_iter().enumerate().map(|(class, found)| match found? {
            Instances::Are(count, size) => Some((count, size)),
            Instances::Refused(why) => {
                *self.refused.get_mut(class)? = Some(why);
                None
            }
        });
        let found = found.collect();
        self.instances.insert(process, found);
        for class in 0..self.most.len() {
            if let Some((count, size)) = self.sum(class) {
                let most = self.most[class].get_or_insert((0, 0));
                *most = (most.0.max(count), most.1.max(size));
            }
        }
        true
    }

    /// The figures, when the command has ended. `heap` is the account of the library's, and
    /// `peak_of` the most that a process has held by it.
    pub(super) fn finish(
        mut self,
        heap: Option<&Result<Account, String>>,
        peak_of: impl Fn(i32) -> Option<u64>,
    ) -> Outcome {
        self.take();
        let reason = self.no_pass.take().unwrap_or_else(|| no_reading(heap));
        let metrics = self.metrics(&reason);
        let lines = self.wanted.lines.map(|_| {
            let highest = self.lines.into_iter().max_by_key(|(_, lines)| lines.live);
            let Some((process, mut lines)) = highest else {
                return AllocationLines::unavailable(self.no_lines.unwrap_or(reason));
            };
            lines.peak = peak_of(process).unwrap_or(lines.live).max(lines.live);
            lines
        });
        Outcome { metrics, lines, readings: self.readings }
    }

    #[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53")]
    fn metrics(&self, reason: &str) -> Vec<(String, Metric)> {
        let metric = |name: String, value: Result<u64, &str>, unit| {
            let metric = match value {
                Ok(value) => Metric::new(value as f64, unit, Scope::Tree, Precision::Sampled),
                Err(why) => Metric::unavailable(unit, Scope::Tree, Precision::Sampled, why),
            };
            (format!("peak_{name}"), metric)
        };
        let classes = self.wanted.classes.iter().enumerate().flat_map(|(class, name)| {
            let why = match &self.refused[class] {
                Some(why) => why,
                None if self.readings > 0 => "no class of this name was loaded",
                None => reason,
            };
            let most = self.most[class].ok_or(why);
            [
                metric(objects(name), most.map(|most| most.0), Unit::Count),
                metric(objects_size(name), most.map(|most| most.1), Unit::Bytes),
            ]
        });
        classes.collect()
    }
}

/// What passes have found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) metrics: Vec<(String, Metric)>,
    pub(super) lines: Option<AllocationLines>,
    /// How often objects were looked at.
    pub(super) readings: u64,
}

/// What samples have beyond their other fields.
pub(super) fn fields(wanted: &Wanted) -> Vec<Field> {
    let field = |name, unit| Field { name, unit, scope: Scope::Tree };
    let of_class =
        |name: &String| [field(objects(name), Unit::Count), field(objects_size(name), Unit::Bytes)];
    wanted.classes.iter().flat_map(of_class).collect()
}

/// Why nothing was read.
fn no_reading(heap: Option<&Result<Account, String>>) -> String {
    match heap {
        Some(Err(why)) => why.clone(),
        Some(Ok(account)) => match account.python {
            Some(Err(why)) => why.to_owned(),
            Some(Ok(_)) => "the command ended before it could be looked at".to_owned(),
            None => "the command ran no CPython that could be looked at".to_owned(),
        },
        None => "the library that looks was not loaded".to_owned(),
    }
}

/// Lines of one number and file are one, whichever code objects they are from.
fn at_peak(live: u64, python: u64, found: Vec<(String, u32, u64, u64)>) -> AllocationLines {
    let mut top: Vec<AllocationLine> = Vec::with_capacity(found.len());
    for (file, line, bytes, blocks) in found {
        match top.iter_mut().find(|other| other.line == line && other.file == file) {
            Some(same) => {
                same.bytes += bytes;
                same.blocks += blocks;
            }
            None => top.push(AllocationLine { file, line, bytes, blocks }),
        }
    }
    top.sort_by_key(|line| std::cmp::Reverse(line.bytes));
    AllocationLines { live, peak: live, python, top, unavailable: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(lines: Option<u32>) -> Passes {
        let wanted = Wanted { classes: vec!["a.A".to_owned(), "a.B".to_owned()], lines };
        Passes::prepare(&wanted).unwrap().unwrap()
    }

    fn write(passes: &Passes, text: &str) {
        rustix::io::write(&passes.file, text.as_bytes()).unwrap();
    }

    #[test]
    fn a_sample_has_what_was_read_since_the_last_one() {
        let mut passes = passes(None);
        assert_eq!(passes.read(false, |_| true), [None; 4]);
        write(&passes, "{\"process\":7,\"objects\":[[3,300],null],\"took\":1}\n{\"process\":8,");
        assert_eq!(passes.read(false, |_| true), [Some(3.0), Some(300.0), None, None]);
        write(&passes, "\"objects\":[[2,50],\"why\"],\"took\":1}\nnonsense\n");
        assert_eq!(passes.read(false, |_| true), [Some(5.0), Some(350.0), None, None]);
        write(&passes, "{\"process\":8,\"objects\":[[1,20],null],\"took\":1}\n");
        assert_eq!(passes.read(false, |id| id == 8), [Some(1.0), Some(20.0), None, None]);
        assert_eq!(passes.read(false, |_| true), [None; 4]);
        assert_eq!(passes.read(true, |id| id == 8), [Some(1.0), Some(20.0), None, None]);
        let outcome = passes.finish(None, |_| None);
        let values: Vec<_> = outcome.metrics.iter().map(|(_, metric)| metric.value).collect();
        assert_eq!(values, [Some(5.0), Some(350.0), None, None]);
        assert_eq!(outcome.metrics[2].1.unavailable.as_deref(), Some("why"));
        assert_eq!((outcome.readings, outcome.lines), (3, None));
    }

    #[test]
    fn lines_are_those_of_the_largest_process() {
        let passes = passes(Some(5));
        let line = |process, live| {
            format!(
                "{{\"process\":{process},\"live\":{live},\"python\":90,\
                 \"lines\":[[\"a.py\",3,20,1],[\"b.py\",4,30,2],[\"a.py\",3,15,4]]}}\n"
            )
        };
        write(&passes, &(line(7, 100) + &line(8, 40) + &line(7, 200)));
        let lines = passes.finish(None, |id| (id == 7).then_some(202)).lines.unwrap();
        assert_eq!((lines.live, lines.peak, lines.python), (200, 202, 90));
        let top: Vec<_> = lines.top.iter().map(|line| (&line.file[..], line.bytes)).collect();
        assert_eq!(top, [("a.py", 35), ("b.py", 30)]);
    }

    #[test]
    fn without_a_reading_there_is_a_reason() {
        let passes = passes(Some(5));
        write(&passes, "{\"process\":7,\"refused\":\"too old\"}\n");
        let outcome = passes.finish(None, |_| None);
        assert_eq!(outcome.lines.unwrap().unavailable.as_deref(), Some("too old"));
        assert_eq!(outcome.metrics[0].1.unavailable.as_deref(), Some("too old"));
    }
}
