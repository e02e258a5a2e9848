//! How fast memgrid answers when there is a long history: 10,000 runs of 18 cells, each question
//! asked of the real binary, from its start to its end. The goal is 100 ms.
//!
//! The runs' folders are real, and the index is made from them by the first question. What their
//! cells left is shared, by a link from each folder to that of one of a few runs that were measured:
//! twenty million small files would take longer to write than anything here to measure.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use memgrid::collect::RunDir;
use memgrid::collect::record::RunManifest;

const GOAL: f64 = 100.0;
/// Runs that are measured.
const MEASURED: usize = 3;
const CELL: &str = "4/patched";

fn main() {
    let (runs, repeats) = if common::quick() { (100, 1) } else { (10_000, 15) };
    let folder = tempfile::tempdir().unwrap();
    let project = Project { folder: folder.path() };
    project.lay_out();
    project.multiply(runs);
    println!("A history of {runs} runs of 18 cells (goal: under {GOAL} ms an answer)");
    let began = Instant::now();
    project.ask(&["history"]);
    println!("the index made from all folders: {:.1} s", began.elapsed().as_secs_f64());
    for question in [
        &["history"][..],
        &["history", "--all"],
        &["history", "trend", CELL],
        &["history", "trend", CELL, "--runs", "10000", "--format", "json"],
        &["history", "baseline", "main", "latest~1"],
        &["compare", "latest~1", "latest", "--fail-on", "none"],
    ] {
        let milliseconds: Vec<f64> = (0..repeats).map(|_| project.ask(question) * 1e3).collect();
        common::row(&format!("memgrid {}", question.join(" ")), "ms", &milliseconds);
    }
}

struct Project<'a> {
    folder: &'a Path,
}

impl Project<'_> {
    /// 18 cells of a source with a few commits, measured a few times.
    fn lay_out(&self) {
        let mut matrix = "[matrix]\nsize = [1, 2, 3, 4, 5, 6, 7, 8, 9]\n".to_owned();
        matrix
            .push_str("state = [\"unpatched\", \"patched\"]\n[state.unpatched]\n[state.patched]\n");
        matrix.push_str("[subject]\ngit = \"source\"\n");
        matrix.push_str("[workload]\ncommand = [\"ls\", \"{subject}\"]\n");
        write!(matrix, "[measure]\nrepeats = 3\n").unwrap();
        std::fs::write(self.folder.join("matrix.toml"), matrix).unwrap();
        let source = self.folder.join("source");
        std::fs::create_dir(&source).unwrap();
        self.git(&["init", "--quiet"]);
        for _ in 0..MEASURED {
            let message = "Change nothing";
            self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
            self.ask(&["run"]);
        }
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.current_dir(self.folder.join("source")).args(arguments);
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "bench").env(format!("GIT_{role}_EMAIL"), "b@x");
        }
        common::time(&mut git);
    }

    /// Adds older runs until there are so many.
    fn multiply(&self, runs: usize) {
        let reports = self.folder.join("reports");
        let measured: Vec<RunDir> = RunDir::list(&reports)
            .unwrap()
            .iter()
            .map(|id| RunDir::open(&reports, id).unwrap())
            .collect();
        let manifests: Vec<RunManifest> =
            measured.iter().map(|run| run.read_manifest().unwrap()).collect();
        let began: Timestamp = manifests.iter().map(|manifest| manifest.started).min().unwrap();
        for night in 1..=runs - measured.len() {
            let like = night % measured.len();
            let mut manifest = manifests[like].clone();
            manifest.started = began - SignedDuration::from_hours(6 * night as i64);
            manifest.finished = Some(manifest.started + SignedDuration::from_mins(10));
            let run = RunDir::create(&reports, &mut manifest).unwrap();
            let cells: PathBuf = ["..", measured[like].id(), "cells"].iter().collect();
            std::os::unix::fs::symlink(cells, run.path().join("cells")).unwrap();
        }
    }

    /// Seconds that an answer takes.
    fn ask(&self, question: &[&str]) -> f64 {
        let mut command = common::memgrid(self.folder, &self.folder.join("cache"));
        common::time(command.args(question)).as_secs_f64()
    }
}
