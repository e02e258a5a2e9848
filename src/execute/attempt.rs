//! One attempt: memprobe is started on the workload, and what it found becomes a record.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufWriter, Write as _};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use jiff::Timestamp;

use super::log_limit;
use super::process::{self, Ending, Spawn};
use super::secrets::Secrets;
use super::services::{Served, logs};
use super::stop::Stop;
use super::{PassSettings, Settings, Task, log};
use crate::collect::curves;
use crate::collect::record::{AttemptRecord, SCHEMA};
use crate::collect::run_dir::{RunDir, SAMPLES, STDERR, STDOUT, StagedAttempt, TABLE};
use crate::error::Result;
use crate::growing_log::GrowingLog;
use crate::measurement::sample_file::csv;
use crate::measurement::{Curves, Derived, ProbeOutcome, ProbeResult, SampleFile};
use crate::outcome::Outcome;
use crate::plan::{Attempt, Pass};
use crate::server::DatabaseServer;

/// Where memprobe writes its result; the record takes it in.
const RESULT: &str = "result.json";
/// How much longer than the workload memprobe may take before it counts as stuck.
const SAFETY: Duration = Duration::from_secs(5);

/// How an attempt ended, and why.
struct Verdict {
    outcome: Outcome,
    reason: Option<String>,
    result: Option<ProbeResult>,
}

impl Verdict {
    const fn without_result(outcome: Outcome, reason: String) -> Self {
        Self { outcome, reason: Some(reason), result: None }
    }

    /// A service or the database server broke down: what was measured with it does not count.
    fn blame(&mut self, why: &str) {
        if matches!(self.outcome, Outcome::Ok | Outcome::Failed) {
            let own = self.reason.take().map(|own| format!("\nthe command: {own}"));
            self.outcome = Outcome::Failed;
            self.reason = Some(format!("{why}{}", own.unwrap_or_default()));
        }
    }
}

/// Runs one attempt and keeps its record. A workload that fails is no error.
pub(super) fn run(
    attempt: &Attempt,
    task: &Task,
    settings: &Settings,
    run: &RunDir,
    stop: &Stop<'_>,
) -> Result<AttemptRecord> {
    let staged = run.stage_attempt(&attempt.cell, attempt.number)?;
    let secrets = Secrets::new(&task.secrets);
    let mark = format!("{}/{}/{}", run.id(), attempt.cell, attempt.number);
    let started = Timestamp::now();
    let mut task = task.clone();
    let served = Served::enter(&mut task, settings.jobs);
    let ended = match &served {
        Ok(served) => {
            spawn(attempt, &task, served, settings, &mark, &staged, stop)?.map_err(|error| {
                format!("memprobe could not be started in {}: {error}", task.cwd.display())
            })
        }
        Err(error) => Err(error.to_string()),
    };
    let broken = served.ok().and_then(|served| served.leave(staged.path()));
    if !staged.path().join(RESULT).exists() {
        process::sweep(&mark);
    }
    let mut left_out = IndexMap::new();
    for file in [STDOUT, STDERR].map(str::to_owned).into_iter().chain(logs(&task)) {
        let path = staged.path().join(&file);
        let bytes = log_limit::cut(&path, settings.log_limit)?;
        secrets.mask_file(&path)?;
        if bytes > 0 {
            left_out.insert(file, bytes);
        }
    }
    secrets.mask_file(&staged.path().join(SAMPLES))?;
    let mut verdict = match ended {
        Ok((ending, status)) => judge(ending, status, staged.path(), settings)?,
        Err(_) if stop.is_raised() => {
            Verdict::without_result(Outcome::Interrupted, "interrupted".to_owned())
        }
        Err(why) => Verdict::without_result(Outcome::Failed, why),
    };
    let ended = || task.server.as_ref().and_then(DatabaseServer::ended);
    if let Some(why) = broken.or_else(ended) {
        verdict.blame(&why);
    }
    verdict.reason = verdict.reason.map(|reason| secrets.mask(&reason));
    if let Some(result) = &mut verdict.result {
        result.message = result.message.take().map(|message| secrets.mask(&message));
    }
    let (derived, csv) = from_samples(staged.path());
    let record = AttemptRecord {
        schema: SCHEMA,
        cell: attempt.cell.clone(),
        number: attempt.number,
        warmup: attempt.warmup,
        pass: attempt.pass,
        started,
        outcome: verdict.outcome,
        reason: verdict.reason,
        command: secrets.mask_all(&task.command),
        env: secrets.mask_values(&task.env),
        result: verdict.result,
        csv,
        left_out,
        derived,
    };
    run.commit_attempt(&staged, &record)?;
    Ok(record)
}

/// What follows from the samples, and whether they were written as CSV too; and what is drawn of them
/// is kept: now, since they are read now, and no page that is rendered later has to. Nothing if there
/// are none that can be read.
fn from_samples(folder: &Path) -> (Derived, bool) {
    let file = match SampleFile::open(&folder.join(SAMPLES)) {
        Ok(file) => file,
        Err(error) => {
            tracing::debug!("nothing follows from the samples: {error}");
            return (Derived::default(), false);
        }
    };
    curves::keep(folder, &Curves::of(&file));
    (Derived::of(&file), write_table(&file, &folder.join(TABLE)))
}

/// Writes the samples as CSV; says whether it could. They are whole without it.
fn write_table(file: &SampleFile, path: &Path) -> bool {
    let write = || -> std::io::Result<()> {
        let mut out = BufWriter::with_capacity(256 << 10, fs_err::File::create(path)?);
        csv::write(file, &mut out)?;
        out.flush()
    };
    let written = write();
    if let Err(error) = &written {
        tracing::warn!("{} can't be written: {error}", path.display());
        let _ = fs_err::remove_file(path);
    }
    written.is_ok()
}

/// Runs memprobe to its end. The inner error is one of starting it: the attempt's, not the run's.
fn spawn(
    attempt: &Attempt,
    task: &Task,
    served: &Served,
    settings: &Settings,
    mark: &str,
    staged: &StagedAttempt,
    stop: &Stop<'_>,
) -> Result<std::io::Result<(Ending, ExitStatus)>> {
    let spawn = Spawn {
        program: &settings.memprobe,
        arguments: &arguments(attempt.pass, task, served, settings, staged.path()),
        env: &environment(task, mark),
        cwd: &task.cwd,
        stdout: fs_err::File::create(staged.path().join(STDOUT))?,
        stderr: fs_err::File::create(staged.path().join(STDERR))?,
    };
    let half = settings.log_limit / 2;
    let log = |file: &fs_err::File| Ok(GrowingLog::new(file.try_clone()?, half, half));
    let mut logs: Vec<GrowingLog> =
        [&spawn.stdout, &spawn.stderr].into_iter().map(log).collect::<Result<_>>()?;
    logs.extend(served.logs());
    let deadline = Instant::now() + settings.timeout.saturating_add(SAFETY);
    Ok(process::run(spawn, deadline, stop, &mut || logs.iter_mut().for_each(GrowingLog::trim)))
}

fn arguments(
    pass: Option<Pass>,
    task: &Task,
    served: &Served,
    settings: &Settings,
    folder: &Path,
) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec![
        "--quiet".into(),
        "--parent".into(),
        std::process::id().to_string().into(),
        "--period".into(),
        format!("{}us", settings.period.as_micros()).into(),
        "--timeout".into(),
        format!("{}ms", settings.timeout.as_millis()).into(),
        "--out".into(),
        folder.into(),
        "--json".into(),
        folder.join(RESULT).into(),
    ];
    if let Some(limit) = settings.memory_limit {
        arguments.extend(["--memory-limit".into(), limit.to_string().into()]);
    }
    for process in served.processes() {
        arguments.extend(["--server".into(), process.to_string().into()]);
    }
    if settings.steady {
        arguments.push("--steady".into());
    }
    if settings.heap {
        arguments.push("--heap".into());
    }
    let PassSettings { objects, lines } = &settings.passes;
    match pass {
        Some(Pass::Objects) => {
            arguments.extend(objects.iter().flat_map(|class| ["--objects".into(), class.into()]));
        }
        Some(Pass::Lines) => arguments.extend(["--lines".into(), lines.to_string().into()]),
        None => {}
    }
    arguments.push("--".into());
    arguments.extend(task.command.iter().map(OsString::from));
    arguments
}

/// The user's environment, the task's variables, and the mark.
fn environment(task: &Task, mark: &str) -> BTreeMap<OsString, OsString> {
    let task = task.env.iter().map(|(name, value)| (name.into(), value.into()));
    std::env::vars_os().chain(task).chain([(process::MARK.into(), mark.into())]).collect()
}

/// What became of the attempt, from what memprobe left in `folder`.
fn judge(
    ending: Ending,
    status: ExitStatus,
    folder: &Path,
    settings: &Settings,
) -> Result<Verdict> {
    let tail = || log::tail(&folder.join(STDERR));
    let file = folder.join(RESULT);
    let Ok(text) = fs_err::read(&file) else {
        return Ok(judge_without_result(ending, status, &tail(), settings));
    };
    let result: ProbeResult = match serde_json::from_slice(&text) {
        Ok(result) => result,
        Err(error) => {
            let reason = format!("memprobe's result can't be read: {error}");
            return Ok(Verdict::without_result(Outcome::Failed, reason));
        }
    };
    fs_err::remove_file(&file)?;
    let outcome = match result.outcome {
        ProbeOutcome::Ok => Outcome::Ok,
        ProbeOutcome::Failed => Outcome::Failed,
        ProbeOutcome::TimedOut => Outcome::TimedOut,
        ProbeOutcome::OverLimit => Outcome::OverLimit,
        ProbeOutcome::Interrupted if ending == Ending::TimedOut => Outcome::TimedOut,
        ProbeOutcome::Interrupted => Outcome::Interrupted,
    };
    let message = || result.message.clone().unwrap_or_else(|| described(&result));
    let reason = match outcome {
        Outcome::Ok => None,
        Outcome::Failed => Some(log::explain(&message(), &tail())),
        _ => Some(message()),
    };
    Ok(Verdict { outcome, reason, result: Some(result) })
}

/// memprobe never ends without a result unless it is killed or broken.
fn judge_without_result(
    ending: Ending,
    status: ExitStatus,
    tail: &[String],
    settings: &Settings,
) -> Verdict {
    match ending {
        Ending::Interrupted => {
            Verdict::without_result(Outcome::Interrupted, "interrupted".to_owned())
        }
        Ending::TimedOut => Verdict::without_result(
            Outcome::TimedOut,
            format!("took longer than {:?}, and memprobe did not end it", settings.timeout),
        ),
        Ending::Own => {
            let how = match (status.code(), status.signal()) {
                (Some(code), _) => format!("memprobe ended with exit status {code}"),
                (_, Some(signal)) => format!("memprobe was killed by signal {signal}"),
                _ => "memprobe ended".to_owned(),
            };
            let what = format!("{how} and left no result");
            Verdict::without_result(Outcome::Failed, log::explain(&what, tail))
        }
    }
}

fn described(result: &ProbeResult) -> String {
    match (result.outcome, result.exit_code, result.signal) {
        (ProbeOutcome::TimedOut, ..) => "took longer than its timeout".to_owned(),
        (ProbeOutcome::OverLimit, ..) => "used more memory than its limit".to_owned(),
        (ProbeOutcome::Interrupted, ..) => "interrupted".to_owned(),
        (_, Some(code), _) => format!("exit status {code}"),
        (_, _, Some(signal)) => format!("killed by signal {signal}"),
        _ => "failed".to_owned(),
    }
}
