//! What was measured: the samples, on their way to the file, and the peaks over all of them.

use std::fs::File;
use std::io;
use std::time::Duration;

use super::heap::Live;
use super::members::Reading;
use super::plot::Gathered;
use super::procfs::{Rollup, Stat};
use super::server::ServerReading;
use crate::measurement::sample_file::{Field, Footer, Mark, Writer};
use crate::measurement::{Scope, Unit};

/// A crash loses at most this much of the samples.
const FLUSH: Duration = Duration::from_millis(250);

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
#[derive(Clone, Copy, Debug)]
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
    /// Anonymous memory beyond live heap, in bytes: freed and not given back, the allocator's own,
    /// stacks and static data. None is left where more is allocated than was ever written to.
    fn retained(&self) -> Option<u64> {
        let live = self.heap.filter(|_| self.tree.threads > 0)?;
        Some(self.tree.anon.saturating_sub(live.heap))
    }
}

/// The highest of everything.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Peaks {
    pub(super) samples: u64,
    /// Samples in which a process had memory to read.
    pub(super) readings: u64,
    /// The largest sum that was read.
    pub(super) rss: u64,
    /// With what moved between samples.
    pub(super) rss_peak: u64,
    /// What the peak can't have been above.
    pub(super) ceiling: u64,
    pub(super) anon: u64,
    pub(super) swap: u64,
    /// `None` if live heap was never read.
    pub(super) retained: Option<u64>,
    pub(super) rollup: Option<Rollup>,
    /// Samples that have PSS and USS.
    pub(super) rollups: u64,
    pub(super) processes: u64,
    pub(super) threads: u64,
}

/// Takes samples and marks.
#[derive(Debug)]
pub(super) struct Record {
    writer: Option<Writer<File>>,
    error: Option<io::Error>,
    ticks_per_second: f64,
    /// Samples that are not in the writer yet, with the values of further fields. Turned into text
    /// together: a program that was just woken up does everything slowly, and many times more so
    /// what it has not done for a while.
    waiting: Vec<(Sample, Vec<Option<f64>>)>,
    flushed: Duration,
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
            waiting: Vec::new(),
            flushed: Duration::ZERO,
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
            self.waiting.push((*sample, further.to_vec()));
        }
        if sample.t >= self.flushed + FLUSH {
            self.flushed = sample.t;
            self.write_waiting();
            self.write(Writer::flush);
        }
    }

    fn write_waiting(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        for (sample, further) in waiting.drain(..) {
            let row = self.row(&sample);
            if further.is_empty() {
                self.write(|writer| writer.sample(&row));
            } else {
                let row = [&row[..], &further].concat();
                self.write(|writer| writer.sample(&row));
            }
        }
        self.waiting = waiting;
    }

    /// Adds a mark.
    pub(super) fn mark(&mut self, name: String, t: Duration) {
        if let Some(plot) = &mut self.plot {
            plot.mark(&name, t);
        }
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

    #[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53")]
    fn row(&self, sample: &Sample) -> [Option<f64>; 21] {
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
            Some(seconds(sample.t)),
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

impl Peaks {
    fn add(&mut self, sample: &Sample) {
        let tree = &sample.tree;
        self.samples += 1;
        self.readings += u64::from(tree.threads > 0);
        self.rss = self.rss.max(tree.rss);
        self.rss_peak = self.rss_peak.max(tree.peak);
        self.ceiling = self.ceiling.max(tree.ceiling);
        self.anon = self.anon.max(tree.anon);
        self.swap = self.swap.max(tree.swap);
        self.retained = self.retained.max(sample.retained());
        self.processes = self.processes.max(tree.processes);
        self.threads = self.threads.max(tree.threads);
        if let Some(rollup) = sample.rollup {
            let highest = self.rollup.get_or_insert(rollup);
            highest.pss = highest.pss.max(rollup.pss);
            highest.uss = highest.uss.max(rollup.uss);
            self.rollups += 1;
        }
    }
}

/// Seconds, to the microsecond.
pub(super) fn seconds(time: Duration) -> f64 {
    Duration::from_micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_value_for_each_field() {
        let tree = Reading { rss: 7, threads: 1, ..Reading::default() };
        let t = Duration::from_nanos(1_234_567_890);
        let sample =
            Sample { t, tree, heap: None, rollup: None, stat: None, progress: None, server: None };
        let row = Record::new(None).row(&sample);
        assert_eq!(row.len(), fields().len());
        assert_eq!((row[0], row[1], row[7]), (Some(1.234_567), Some(7.0), None));
    }

    #[test]
    fn nothing_to_read_is_not_zero() {
        let tree = Reading { processes: 1, ..Reading::default() };
        let sample = Sample {
            t: Duration::ZERO,
            tree,
            heap: None,
            rollup: None,
            stat: None,
            progress: None,
            server: None,
        };
        let mut record = Record::new(None);
        assert_eq!(record.row(&sample)[1], None);
        record.sample(&sample, &[]);
        assert_eq!((record.peaks.samples, record.peaks.readings), (1, 0));
    }
}
