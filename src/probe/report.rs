//! The files and the exit code that a measurement leaves.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, WaitStatus};

use super::ending::{Cause, after_signal};
use super::metrics::{self, Measured};
use super::options::Options;
use super::plot::Gathered;
use super::record::{self, seconds};
use super::spawn::NotStarted;
use super::terminal::Look;
use super::{
    EXIT_PROBE_FAILED, complain, passes, process, procfs, summary, usage, version, whole_file,
};
use crate::measurement::sample_file::{self, Footer, Header, Writer};
use crate::measurement::{ProbeOutcome, ProbeResult, Sampling};

/// The version of `result.json`'s shape.
const SCHEMA: u32 = 1;

/// Where results go.
#[derive(Debug)]
pub(super) struct Files {
    samples: Option<(PathBuf, Option<File>)>,
    json: Option<PathBuf>,
    /// Found out before the start, so that the workload's time has no part in it.
    has_plot: bool,
    failed: bool,
}

impl Files {
    /// Finds out before the start whether results can be written.
    pub(super) fn prepare(options: &Options) -> Result<Self, String> {
        let failed = |option, path: &Path, error| format!("{option}: {}: {error}", path.display());
        let mut json = options.json.clone();
        if let Some(out) = &options.out {
            fs::create_dir_all(out).map_err(|error| failed("--out", out, error))?;
            json.get_or_insert_with(|| out.join("result.json"));
        }
        if let Some(json) = &json {
            check_result(json).map_err(|error| failed("--json", json, error))?;
        }
        let mut samples = None;
        if let Some(out) = &options.out {
            let path = out.join("samples.jsonl");
            let file = File::create(&path).map_err(|error| failed("--out", &path, error))?;
            samples = Some((path, Some(file)));
        }
        // Last: whatever else keeps us from measuring, an earlier result stays.
        if let Some(json) = json.as_ref().filter(|json| json.is_file()) {
            // It must not pass for ours if we are killed.
            fs::remove_file(json).map_err(|error| failed("--json", json, error))?;
        }
        let has_plot = !options.quiet && options.plot.applies();
        Ok(Self { samples, json, has_plot, failed: false })
    }

    /// Where to gather what the summary's chart needs, if it will have one.
    pub(super) fn plot(&self) -> Option<Gathered> {
        self.has_plot.then(Gathered::default)
    }

    /// Hands out the sample file with its header, once.
    pub(super) fn start_samples(&mut self, options: &Options, pid: Pid) -> Option<Writer<File>> {
        let (path, file) = self.samples.as_mut()?;
        let file = file.take()?;
        let header = Header {
            schema: sample_file::SCHEMA,
            program: version(),
            started: jiff::Timestamp::now().to_string(),
            pid: pid.as_raw_nonzero().get().unsigned_abs(),
            command: options.command.iter().map(|part| part.to_string_lossy().into()).collect(),
            period: options.period.as_secs_f64(),
            fields: record::fields().into_iter().chain(passes::fields(&options.passes)).collect(),
        };
        match Writer::new(file, &header) {
            Ok(writer) => Some(writer),
            Err(error) => {
                complain(&format!("{}: {error}", path.display()));
                self.failed = true;
                None
            }
        }
    }

    fn note_samples(&mut self, error: Option<io::Error>) {
        if let (Some(error), Some((path, _))) = (error, &self.samples) {
            complain(&format!("{}: {error}; it ends before the command did", path.display()));
            self.failed = true;
        }
    }

    /// Writes the result, and says what the exit code is: `code`, but never success if something
    /// could not be written.
    fn finish(self, options: &Options, result: &ProbeResult, plot: &str, code: u8) -> u8 {
        let mut failed = self.failed;
        if let Some(path) = &self.json
            && let Err(error) = write_result(path, result)
        {
            complain(&format!("{}: {error}", path.display()));
            failed = true;
        }
        if !options.quiet {
            let look = Look::of(io::stderr());
            let width = io::stderr().is_terminal().then_some(look.width);
            let summary = summary::fit(&summary::text(result), look.unicode, width);
            // Nobody is left to tell when stderr is closed.
            let _ = io::stderr().write_all((summary + plot).as_bytes());
        }
        if failed && code == 0 { EXIT_PROBE_FAILED } else { code }
    }
}

/// Finds out whether the result can be written.
fn check_result(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    whole_file::check(path)
}

fn write_result(path: &Path, result: &ProbeResult) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(result)?;
    text.push(b'\n');
    whole_file::write(path, |file| file.write_all(&text))
}

/// Reports a command that could not be started.
pub(super) fn not_started(options: &Options, mut files: Files, not_started: NotStarted) -> u8 {
    // Closed too: descriptors may be what was wanting.
    if let Some((path, _)) = files.samples.take() {
        // It is empty: there is nothing that it could hold.
        let _ = fs::remove_file(path);
    }
    complain(&not_started.message);
    let result = ProbeResult {
        schema: SCHEMA,
        outcome: ProbeOutcome::Failed,
        message: Some(not_started.message),
        exit_code: None,
        signal: None,
        metrics: metrics::without_a_start(),
        lines: None,
        output_digest: None,
        samples: 0,
        sampling: None,
        notes: Vec::new(),
    };
    let quiet = Options { quiet: true, ..options.clone() };
    files.finish(&quiet, &result, "", not_started.exit_code)
}

/// Reports a measurement.
pub(super) fn finished(options: &Options, mut files: Files, mut measured: Measured) -> u8 {
    let peak = metrics::peak_rss(&measured);
    let (outcome, message, code) = judge(options, &measured, peak);
    let footer = Footer {
        end: outcome,
        t: seconds(measured.wall),
        samples: 0,
        marks: 0,
        missed: measured.deadlines.missed(),
    };
    let unwritten = measured.record.finish(footer);
    let mut notes = metrics::notes(&measured);
    if let Some(signal) = measured.from_terminal.filter(|_| outcome != ProbeOutcome::Interrupted) {
        let signal = signal_name(signal);
        notes.push(format!("{signal} came from the terminal, and was for the command to handle"));
    }
    notes.extend(unwritten.iter().map(|error| format!("samples are missing at the end: {error}")));
    files.note_samples(unwritten);
    let result = ProbeResult {
        schema: SCHEMA,
        outcome,
        message,
        exit_code: measured.status.exit_status(),
        signal: measured.status.terminating_signal(),
        metrics: metrics::metrics(&mut measured),
        lines: measured.passes.lines.take(),
        output_digest: measured.said.digest.take(),
        samples: measured.record.peaks.samples,
        sampling: Some(sampling(options, &measured)),
        notes,
    };
    let known_peak = metrics::is_alone(&measured).then_some(peak);
    let plot = measured.record.plot.take().map(|plot| plot.draw(measured.wall, known_peak));
    files.finish(options, &result, &plot.unwrap_or_default(), code)
}

/// How it ended, what to say about it, and the exit code.
fn judge(options: &Options, measured: &Measured, peak: u64) -> (ProbeOutcome, Option<String>, u8) {
    if let Some(ending) = &measured.ending {
        let cause = ending.cause;
        return (cause.outcome(), Some(ending.message.clone()), cause.exit_code());
    }
    // A peak too short for the samples is above the limit all the same.
    if let Some(limit) = options.memory_limit.filter(|limit| peak > *limit) {
        let cause = Cause::OverLimit;
        return (cause.outcome(), Some(over_limit(peak, limit)), cause.exit_code());
    }
    if let Some(signal) = measured.from_terminal.filter(|signal| ended_by(measured.status, *signal))
    {
        let cause = Cause::Interrupted(signal);
        let message = format!("the command was ended by {}", signal_name(signal));
        return (cause.outcome(), Some(message), cause.exit_code());
    }
    match (measured.status.exit_status(), measured.status.terminating_signal()) {
        (Some(0), _) => (ProbeOutcome::Ok, None, 0),
        (Some(code), _) => {
            let message = format!("the command exited with status {code}");
            (ProbeOutcome::Failed, Some(message), u8::try_from(code).unwrap_or(u8::MAX))
        }
        (None, signal) => {
            let signal = signal.unwrap_or_default();
            let message = format!("the command was ended by {}", signal_name(signal));
            (ProbeOutcome::Failed, Some(message), after_signal(signal))
        }
    }
}

/// Whether it was ended by `signal`, or says so with its exit status, as shells do.
fn ended_by(status: WaitStatus, signal: i32) -> bool {
    status.terminating_signal() == Some(signal)
        || status.exit_status() == Some(i32::from(after_signal(signal)))
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn sampling(options: &Options, measured: &Measured) -> Sampling {
    let deadlines = &measured.deadlines;
    let (mean, max) = deadlines.lateness();
    let own = usage::of_ourselves();
    // Not the maximum from getrusage: it includes that of whoever started us.
    let own_status = process::read_own("status").ok();
    let own_memory = own_status.and_then(|text| procfs::status(&text)?.memory);
    Sampling {
        period: options.period.as_secs_f64(),
        rate: (deadlines.met() > 0).then(|| deadlines.met() as f64 / measured.wall.as_secs_f64()),
        missed: deadlines.missed(),
        lateness_mean: seconds(mean),
        lateness_max: seconds(max),
        probe_cpu: seconds(own.user + own.system),
        probe_rss: own_memory.map(|memory| memory.high),
    }
}

/// Says that `peak` was too much.
pub(super) fn over_limit(peak: u64, limit: u64) -> String {
    format!(
        "its RSS reached {}, above its memory limit of {}",
        summary::bytes(peak),
        summary::bytes(limit)
    )
}

/// `SIGTERM`, or `signal 40` for one without a name.
pub(super) fn signal_name(signal: i32) -> String {
    match Signal::from_named_raw(signal) {
        Some(Signal::HUP) => "SIGHUP".into(),
        Some(Signal::INT) => "SIGINT".into(),
        Some(Signal::QUIT) => "SIGQUIT".into(),
        Some(Signal::ILL) => "SIGILL".into(),
        Some(Signal::ABORT) => "SIGABRT".into(),
        Some(Signal::BUS) => "SIGBUS".into(),
        Some(Signal::FPE) => "SIGFPE".into(),
        Some(Signal::KILL) => "SIGKILL".into(),
        Some(Signal::SEGV) => "SIGSEGV".into(),
        Some(Signal::PIPE) => "SIGPIPE".into(),
        Some(Signal::ALARM) => "SIGALRM".into(),
        Some(Signal::TERM) => "SIGTERM".into(),
        Some(Signal::USR1) => "SIGUSR1".into(),
        Some(Signal::USR2) => "SIGUSR2".into(),
        _ => format!("signal {signal}"),
    }
}
