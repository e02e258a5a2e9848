//! What is told of all samples in the end, without keeping them.

use super::Sample;
use crate::probe::members::Reading;
use crate::probe::procfs::Rollup;

/// The highest over all samples.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::probe) struct Peaks {
    pub(in crate::probe) samples: u64,
    /// Samples in which a process had memory to read.
    pub(in crate::probe) readings: u64,
    /// The largest sum that was read.
    pub(in crate::probe) rss: u64,
    /// With what moved between samples.
    pub(in crate::probe) rss_peak: u64,
    /// What the peak can't have been above.
    pub(in crate::probe) ceiling: u64,
    pub(in crate::probe) anon: u64,
    pub(in crate::probe) swap: u64,
    /// `None` if live heap was never read.
    pub(in crate::probe) retained: Option<u64>,
    pub(in crate::probe) rollup: Option<Rollup>,
    /// Samples that have PSS and USS.
    pub(in crate::probe) rollups: u64,
    pub(in crate::probe) processes: u64,
    pub(in crate::probe) threads: u64,
}

impl Peaks {
    /// Counts a sample that is none of the highest.
    pub(super) fn repeat(&mut self, sample: &Sample) {
        self.samples += 1;
        self.readings += u64::from(sample.tree.threads > 0);
    }

    /// Takes the highest RSS of what was read without a sample.
    pub(in crate::probe) fn rise(&mut self, tree: &Reading) {
        self.rss = self.rss.max(tree.rss);
        self.rss_peak = self.rss_peak.max(tree.peak);
        self.ceiling = self.ceiling.max(tree.ceiling);
    }

    pub(super) fn add(&mut self, sample: &Sample) {
        let tree = &sample.tree;
        self.repeat(sample);
        self.rise(tree);
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
