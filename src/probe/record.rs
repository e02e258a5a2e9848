//! What was measured: the samples, on their way to the file, and the peaks over all of them.

mod peaks;
mod waiting;

use std::fs::File;
use std::io;
use std::time::Duration;

pub(super) use self::peaks::Peaks;
use self::waiting::Waiting;
use super::heap::Live;
use super::members::Reading;
use super::plot::Gathered;
use super::procfs::{Rollup, Stat};
use super::server::ServerReading;
use crate::measurement::sample_file::{Field, Footer, Mark, Writer};
use crate::measurement::{Scope, Unit};

/// A crash loses at most this much of the samples.
const FLUSH: Duration = Duration::from_millis(250);
/// And of those in which memory stays the same this much.
const FLUSH_AT_REST: Duration = Duration::from_secs(1);

/// What stands in a sample's array, in this order.
pub(super) fn fields() -> Vec<Field> {
    let memory = ["rss", "rss_peak", "anon", "file", "shmem", "swap", "pss", "uss"];
    let mut fields = vec![field("t", Unit::Seconds, Scope::Tree)];
    fields.extend(memory.map(|name| field(name, Unit::Bytes, Scope::Tree)));
    fields.extend(["processes", "threads"].map(|name| field(name, Unit::Count, Scope::Tree)));
    fields.extend(["cpu_user", "cpu_system"].map(|name| field(name, Unit::Seconds, Scope::Tree)));
    let faults = ["minor_faults", "major_faults"];
    fields.extend(faults.map(|name| field(name, Unit::Count, Scope::Tree)));
    fields.push(field("progress", Unit::Count, Scope::Workload));
    let server = ["server_anon", "server_peak"];
    fields.extend(server.map(|name| field(name, Unit::Bytes, Scope::Server)));
    fields.extend(
        ["heap", "python_heap", "retained"].map(|name| field(name, Unit::Bytes, Scope::Tree)),
    );
    fields
}

fn field(name: &str, unit: Unit, scope: Scope) -> Field {
    Field { name: name.to_owned(), unit, scope }
}

/// One sample; what is `None` was not read this time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) t: Duration,
    pub(super) tree: Reading,
    pub(super) heap: Option<Live>,
    pub(super) rollup: Option<Rollup>,
    pub(super) stat: Option<Stat>,
    pub(super) progress: Option<f64>,
    pub(super) server: Option<ServerReading>,
}

impl Sample {
    /// The same once more, if nothing has happened since.
    const fn held(self) -> Self {
        Self { tree: self.tree.held(), rollup: None, stat: None, ..self }
    }

    /// Anonymous memory beyond live heap, in bytes: freed and not given back, the allocator's own,
    /// stacks and static data. None is left where more is allocated than was ever written to.
    fn retained(&self) -> Option<u64> {
        let live = self.heap.filter(|_| self.tree.threads > 0)?;
        Some(self.tree.anon.saturating_sub(live.heap))
    }
}

/// Takes samples and marks.
#[derive(Debug)]
pub(super) struct Record {
    writer: Option<Writer<File>>,
    error: Option<io::Error>,
    ticks_per_second: f64,
    waiting: Waiting,
    /// Whether memory or progress differs in any of them from the one before, or there is a mark.
    has_news: bool,
    flushed: Duration,
    /// What the latest sample is if nothing happens.
    held: Option<Sample>,
    /// What a chart at the end needs, if one is wanted.
    pub(super) plot: Option<Gathered>,
    pub(super) peaks: Peaks,
}

impl Record {
    /// A record that goes to `writer`, if there is one.
    #[expect(clippy::cast_precision_loss, reason = "a hundred, as a rule")]
    pub(super) fn new(writer: Option<Writer<File>>) -> Self {
        Self {
            writer,
            error: None,
            ticks_per_second: rustix::param::clock_ticks_per_second() as f64,
            waiting: Waiting::default(),
            has_news: false,
            flushed: Duration::ZERO,
            held: None,
            plot: None,
            peaks: Peaks::default(),
        }
    }

    /// Adds a sample, with values of `further` fields.
    pub(super) fn sample(&mut self, sample: &Sample, further: &[Option<f64>]) {
        self.peaks.add(sample);
        if let Some(plot) = &mut self.plot {
            plot.sample(sample);
        }
        if self.writer.is_some() {
            self.waiting.push(sample, further);
        }
        let held = sample.held();
        let before = self.held.replace(held).map(|before| Sample { t: held.t, ..before });
        self.has_news |= before != Some(held) || sample.tree != held.tree;
        self.flush_if_due(sample.t);
    }

    /// Adds a sample at `t` that is as the one before: nothing was read since but what tells so.
    pub(super) fn repeat(&mut self, t: Duration) {
        let Some(held) = &mut self.held else { return };
        held.t = t;
        self.peaks.repeat(held);
        if let Some(plot) = &mut self.plot {
            plot.sample(held);
        }
        if self.writer.is_some() {
            self.waiting.repeat(t, held);
        }
        self.flush_if_due(t);
    }

    fn flush_if_due(&mut self, now: Duration) {
        let longest = if self.has_news { FLUSH } else { FLUSH_AT_REST };
        if now >= self.flushed + longest {
            self.flushed = now;
            self.has_news = false;
            self.write_waiting();
            self.write(Writer::flush);
        }
    }

    fn write_waiting(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        for (times, sample, further) in waiting.samples() {
            let row = self.row(sample);
            let times = times.map(seconds);
            if further.is_empty() {
                self.write(|writer| writer.same(times, &row));
            } else {
                let row = [&row[..], further].concat();
                self.write(|writer| writer.same(times, &row));
            }
        }
        waiting.clear();
        self.waiting = waiting;
    }

    /// Adds a mark.
    pub(super) fn mark(&mut self, name: String, t: Duration) {
        if let Some(plot) = &mut self.plot {
            plot.mark(&name, t);
        }
        self.has_news = true;
        self.write_waiting();
        let mark = Mark { name, t: seconds(t) };
        self.write(|writer| writer.mark(&mark));
    }

    /// Ends the file. The error that kept it from being complete, if there was one.
    pub(super) fn finish(&mut self, footer: Footer) -> Option<io::Error> {
        self.write_waiting();
        if let Some(Err(error)) = self.writer.take().map(|writer| writer.finish(footer)) {
            self.error = Some(error);
        }
        self.error.take()
    }

    /// After an error nothing more is written: the file is whole up to there.
    fn write(&mut self, write: impl FnOnce(&mut Writer<File>) -> io::Result<()>) {
        if let Some(Err(error)) = self.writer.as_mut().map(write) {
            self.error = Some(error);
            self.writer = None;
        }
    }

    /// A sample's values for all fields but the first, which is its time.
    #[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53")]
    fn row(&self, sample: &Sample) -> [Option<f64>; 20] {
        let tree = &sample.tree;
        let count = |count: u64| Some(count as f64);
        let stat = |value: fn(&Stat) -> u64| sample.stat.as_ref().map(|stat| value(stat) as f64);
        let time = |value: fn(&Stat) -> u64| stat(value).map(|ticks| ticks / self.ticks_per_second);
        let rollup = |value: fn(&Rollup) -> u64| sample.rollup.as_ref().map(|r| value(r) as f64);
        let server =
            |value: fn(&ServerReading) -> u64| sample.server.as_ref().map(|s| value(s) as f64);
        // While the only process is between two programs or on its way out there is nothing to
        // read, which is not the same as holding nothing.
        let memory = |bytes: u64| (tree.threads > 0).then_some(bytes as f64);
        [
            memory(tree.rss),
            memory(tree.peak),
            memory(tree.anon),
            memory(tree.file),
            memory(tree.shmem),
            memory(tree.swap),
            rollup(|rollup| rollup.pss),
            rollup(|rollup| rollup.uss),
            count(tree.processes),
            count(tree.threads),
            time(|stat| stat.user),
            time(|stat| stat.system),
            stat(|stat| stat.minor_faults),
            stat(|stat| stat.major_faults),
            sample.progress,
            server(|server| server.anon),
            server(|server| server.peak),
            sample.heap.map(|live| live.heap as f64),
            sample.heap.and_then(|live| live.python).map(|bytes| bytes as f64),
            sample.retained().map(|bytes| bytes as f64),
        ]
    }
}

/// Seconds, to the microsecond.
pub(super) fn seconds(time: Duration) -> f64 {
    Duration::from_micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::measurement::ProbeOutcome;
    use crate::measurement::sample_file::Header;

    const EMPTY: Sample = Sample {
        t: Duration::ZERO,
        tree: Reading {
            rss: 0,
            anon: 0,
            file: 0,
            shmem: 0,
            swap: 0,
            peak: 0,
            ceiling: 0,
            processes: 1,
            threads: 0,
        },
        heap: None,
        rollup: None,
        stat: None,
        progress: None,
        server: None,
    };

    fn header() -> Header {
        Header {
            schema: 1,
            program: String::new(),
            started: String::new(),
            pid: 1,
            command: Vec::new(),
            period: 0.1,
            fields: fields(),
        }
    }

    #[test]
    fn a_row_has_a_value_for_each_field() {
        let tree = Reading { rss: 7, threads: 1, ..EMPTY.tree };
        let row = Record::new(None).row(&Sample { tree, ..EMPTY });
        assert_eq!(row.len() + 1, fields().len(), "the time is the first");
        assert_eq!((row[0], row[6]), (Some(7.0), None));
    }

    #[test]
    fn times_are_whole_microseconds() {
        assert_eq!(format!("{}", seconds(Duration::from_nanos(1_234_567_890))), "1.234567");
    }

    #[test]
    fn nothing_to_read_is_not_zero() {
        let mut record = Record::new(None);
        assert_eq!(record.row(&EMPTY)[0], None);
        record.sample(&EMPTY, &[]);
        record.repeat(Duration::from_secs(1));
        assert_eq!((record.peaks.samples, record.peaks.readings), (2, 0));
    }

    #[test]
    fn what_rose_between_two_samples_is_news() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let lines = || std::fs::read_to_string(file.path()).unwrap().lines().count() - 1;
        let mut record = Record::new(Writer::new(file.reopen().unwrap(), &header()).ok());
        let rest = Reading { rss: 7, peak: 7, ceiling: 7, threads: 1, ..EMPTY.tree };
        let mut take = |ms, peak| {
            let tree = Reading { peak, ..rest };
            record.sample(&Sample { t: Duration::from_millis(ms), tree, ..EMPTY }, &[]);
            lines()
        };
        assert_eq!((take(0, 7), take(300, 7)), (0, 2), "the first");
        assert_eq!((take(600, 7), take(900, 7)), (2, 2), "at rest");
        assert_eq!([take(910, 9), take(1000, 9), take(1200, 7)], [5, 5, 7]);
    }

    /// What is on file of `samples`, of which `None` is the one before once more.
    fn written(samples: &[Option<Sample>], repeat: impl Fn(&mut Record, &Sample)) -> String {
        let mut file = tempfile::tempfile().unwrap();
        let mut record = Record::new(Writer::new(file.try_clone().unwrap(), &header()).ok());
        let mut last = EMPTY;
        for (ms, sample) in (0..).step_by(100).zip(samples) {
            let t = Duration::from_millis(ms);
            last = Sample { t, ..sample.unwrap_or_else(|| last.held()) };
            match sample {
                Some(_) => record.sample(&last, &[]),
                None => repeat(&mut record, &last),
            }
            if ms % 700 == 0 {
                record.mark("now".to_owned(), t);
            }
        }
        let footer = Footer { end: ProbeOutcome::Ok, t: 9.0, samples: 0, marks: 0, missed: 0 };
        assert!(record.finish(footer).is_none());
        io::Seek::rewind(&mut file).unwrap();
        io::read_to_string(file).unwrap()
    }

    prop_compose! {
        fn any_sample()(rss in 1..1000_u64, rise in 0..10_u64, read in any::<bool>()) -> Sample {
            let tree = Reading { rss, peak: rss + rise, threads: 1, ..EMPTY.tree };
            let rollup = read.then_some(Rollup { pss: rss, uss: rss });
            let stat = read.then(Stat::default);
            Sample { tree, rollup, stat, ..EMPTY }
        }
    }

    proptest! {
        #[test]
        fn at_rest_the_last_sample_holds(
            samples in prop::collection::vec(prop::option::of(any_sample()), 1..40)
        ) {
            let samples = [&[Some(EMPTY)], &samples[..]].concat();
            let repeated = written(&samples, |record, held| record.repeat(held.t));
            let told = written(&samples, |record, held| record.sample(held, &[]));
            prop_assert_eq!(repeated, told);
        }
    }
}
