//! One measurement from start to end: starts the workload, sleeps until a sample is due or
//! something happens, and stops what has to be stopped.

mod farewell;

use std::time::Duration;

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, getpgid, getpgrp, wait, waitid,
};

use super::awaited::{self, Awaited, Ended, Woken};
use super::clock::{Deadlines, Stopwatch};
use super::ending::{Cause, Ending};
use super::group::Group;
use super::heap::Heap;
use super::look::{Look, Looks};
use super::marks::{self, Marks};
use super::members::Reading;
use super::options::Options;
use super::passes::Passes;
use super::process;
use super::procfs::{self, Stat};
use super::record::{Record, Sample};
use super::report::{self, Files};
use super::rollup::{Schedule, Signs};
use super::said::Said;
use super::server::Servers;
use super::signals::{self, Signals, Stop};
use super::spawn::Started;
use super::tree::Tree;
use super::{EXIT_PROBE_FAILED, complain, spawn, usage};

/// Measures as `options` say; the exit code.
pub(super) fn run(options: &Options) -> u8 {
    measure(options).unwrap_or_else(|message| {
        complain(&message);
        EXIT_PROBE_FAILED
    })
}

fn measure(options: &Options) -> Result<u8, String> {
    let failed = |what: &'static str| move |error: std::io::Error| format!("{what}: {error}");
    // First, while low descriptors are free.
    let (marks, inherited) =
        marks::channel().map_err(|error| failed("making a pipe for marks")(error.into()))?;
    let mut files = Files::prepare(options)?;
    let signals = Signals::listen().map_err(failed("listening for signals"))?;
    if let Some(parent) = options.parent {
        signals::end_with(parent).map_err(failed("watching the parent process"))?;
    }
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(|error| failed("becoming the workload's subreaper")(error.into()))?;
    let awaited = Awaited::new(signals.awaited(), marks.awaited())
        .map_err(|error| failed("waiting for signals and marks")(error.into()))?;
    let (group, no_group) = match Group::make() {
        Ok(group) => (Some(group), None),
        Err(why) => (None, Some(why)),
    };
    let mut tree = Tree::new(!options.keep_high_water, group);
    let mut notes = Vec::new();
    if options.steady
        && let Err(why) = spawn::hold_addresses()
    {
        notes.push(format!("address randomisation could not be switched off: {why}"));
    }
    let heap = options.heap.then(Heap::prepare);
    let passes = Passes::prepare(&options.passes)?;
    let mut environment = Vec::new();
    if let Some(Ok(heap)) = &heap {
        environment.extend(heap.environment());
        environment.extend(passes.iter().flat_map(Passes::environment));
    }
    // The workload may run before we do again: its time begins here.
    let began = Stopwatch::start();
    let started = spawn::spawn(&options.command, &inherited, &environment, tree.group());
    drop(inherited);
    let Started { main, outside } = match started {
        Ok(started) => started,
        Err(not_started) => return Ok(report::not_started(options, files, not_started)),
    };
    if outside.is_some() {
        tree.leave_group();
    }
    // Every process of the tree keeps descriptors open. After the start, so that the workload
    // doesn't inherit it.
    raise_descriptor_limit();
    signals::unblock_child();
    let mut session = Session {
        options,
        main,
        began,
        tree,
        no_group: no_group.or(outside),
        servers: Servers::following(!options.keep_high_water, &options.servers),
        heap,
        passes,
        signals,
        marks,
        awaited,
        said: Said::default(),
        record: Record::new(None),
        deadlines: Deadlines::new(options.period),
        looks: Looks::default(),
        rollups: Schedule::new(),
        rollup_refused: None,
        faults: 0,
        reaped: Stat::default(),
        last: Reading::default(),
        rests_until: Duration::ZERO,
        ending: None,
        from_terminal: None,
        main_stat: None,
        had_orphans: false,
        lets_go: false,
        notes,
    };
    // Before the file's header is written: the workload may be gone by then.
    let first = session.read(session.now(), false);
    session.record = Record::new(files.start_samples(options, main));
    session.record.plot = files.plot();
    session.record(&first, false);
    let status = session.watch();
    let measured = session.finish(status);
    Ok(report::finished(options, files, measured))
}

struct Session<'a> {
    options: &'a Options,
    main: Pid,
    began: Stopwatch,
    tree: Tree,
    /// Why the workload has no cgroup of its own.
    no_group: Option<String>,
    servers: Servers,
    /// The accounts of live heap, or why there are none; `None` if they are not wanted.
    heap: Option<Result<Heap, String>>,
    passes: Option<Passes>,
    signals: Signals,
    marks: Marks,
    /// Both of them.
    awaited: Awaited,
    said: Said,
    record: Record,
    deadlines: Deadlines,
    looks: Looks,
    rollups: Schedule,
    /// Why PSS could not be read.
    rollup_refused: Option<rustix::io::Errno>,
    /// Minor page faults of the tree, as read last.
    faults: u64,
    /// CPU time and faults of processes that we waited for ourselves.
    reaped: Stat,
    last: Reading,
    /// Until when a sample without news of the tree is the last one once more.
    rests_until: Duration,
    ending: Option<Ending>,
    /// What a terminal sent to the command and to us, and we left to the command.
    from_terminal: Option<i32>,
    /// The first process's own account, from just before we waited for it.
    main_stat: Option<Stat>,
    /// Processes that the first one did not wait for.
    had_orphans: bool,
    /// The first process's children could end without anybody waiting for them.
    lets_go: bool,
    notes: Vec<String>,
}

impl Session<'_> {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Samples until the first process has ended.
    fn watch(&mut self) -> WaitStatus {
        loop {
            let woken = self.sleep();
            let arrived =
                if woken.by_signal { self.signals.take() } else { signals::Arrived::default() };
            if let Some(stop) = arrived.stop {
                self.interrupt(stop);
            }
            if arrived.child
                && let Some(status) = self.reap()
            {
                return status;
            }
            if woken.by_marks {
                self.listen();
            }
            let now = self.now();
            if now >= self.deadlines.next() {
                self.deadlines.meet(now);
                self.sample(now);
            }
            self.enforce_limits(now);
        }
    }

    fn next_event(&self, now: Duration) -> Duration {
        let mut next = self.deadlines.next();
        let kill_at = self.ending.as_ref().map(|ending| ending.kill_at).filter(|at| *at > now);
        let timeout = self.options.timeout.filter(|_| self.ending.is_none());
        for event in [self.marks.rests_until(now), kill_at, timeout].into_iter().flatten() {
            next = next.min(event);
        }
        next
    }

    /// Sleeps until there is something to do, a signal, or a mark.
    fn sleep(&self) -> Woken {
        let now = self.now();
        let time = self.next_event(now).saturating_sub(now);
        if self.marks.rests_until(now).is_none() {
            return self.awaited.sleep(time);
        }
        let by_signal = awaited::sleep_for(self.signals.awaited(), time) != Ended::ByTime;
        Woken { by_signal, by_marks: false }
    }

    /// Takes the sample that is due. Of a program at rest it is the last one once more.
    fn sample(&mut self, now: Duration) {
        let look = self.looks.take(now, false);
        let has_news = self.tree.look(now, look);
        if !has_news && now < self.rests_until {
            self.record.repeat(now);
            return;
        }
        let sample = self.collect(now, look, false);
        self.record(&sample, false);
    }

    /// Reads everything that is due, if `at_mark` all that there is.
    fn read(&mut self, t: Duration, at_mark: bool) -> Sample {
        let look = self.looks.take(t, at_mark);
        self.tree.look(t, look);
        self.collect(t, look, at_mark)
    }

    fn collect(&mut self, t: Duration, look: Look, at_mark: bool) -> Sample {
        let tree = self.tree.take_reading();
        self.last = tree;
        let server = self.servers.read(t, look, |id| self.tree.contains(id));
        let heap = match &mut self.heap {
            Some(Ok(heap)) => heap.read(&self.tree, t),
            _ => None,
        };
        let stat = (look >= Look::Faults).then(|| self.read_stat());
        let rollup = self.read_rollup(t, at_mark);
        self.rests_until = self.until_others_are_due();
        Sample { t, tree, heap, rollup, stat, progress: self.said.progress, server }
    }

    /// Until when the sizes of the tree are all that there is to read; zero if there is always more.
    fn until_others_are_due(&self) -> Duration {
        if !self.servers.is_empty() || matches!(self.heap, Some(Ok(_))) || self.passes.is_some() {
            return Duration::ZERO;
        }
        self.looks.closer_at().min(self.rollups.due(&self.signs()))
    }

    /// Adds a sample to the record, with what passes have found since the last one.
    fn record(&mut self, sample: &Sample, at_mark: bool) {
        let tree = &self.tree;
        let found = self.passes.as_mut();
        let found = found.map(|passes| passes.read(at_mark, |id| tree.contains(id)));
        self.record.sample(sample, &found.unwrap_or_default());
    }

    fn read_stat(&mut self) -> Stat {
        let living = self.tree.stat();
        let stat = Stat {
            user: living.user + self.reaped.user,
            system: living.system + self.reaped.system,
            minor_faults: living.minor_faults + self.reaped.minor_faults,
            major_faults: living.major_faults + self.reaped.major_faults,
            ..living
        };
        self.faults = stat.minor_faults;
        stat
    }

    /// PSS and USS, if it is time for them.
    fn read_rollup(&mut self, now: Duration, at_mark: bool) -> Option<procfs::Rollup> {
        let signs = self.signs();
        let may_be = at_mark && self.rollups.is_affordable(now);
        if !may_be && !self.rollups.is_due(now, &signs) {
            return None;
        }
        let began = self.now();
        let rollup = self.tree.rollup();
        self.rollups.done(began, self.now(), signs);
        if let Err(error) = rollup
            && error != rustix::io::Errno::SRCH
        {
            self.rollup_refused = Some(error);
        }
        rollup.ok()
    }

    fn signs(&self) -> Signs {
        // A page that is copied after a fork changes no RSS: a fault is all that there is to see.
        let faults = if self.last.processes > 1 { self.faults } else { 0 };
        let copied = faults.saturating_mul(rustix::param::page_size() as u64);
        let Reading { anon, file, shmem, .. } = self.last;
        Signs { held: [anon, file, shmem], copied, changes: self.tree.changes() }
    }

    /// Takes what the workload says. A mark gets a sample of its own.
    fn listen(&mut self) {
        let now = self.now();
        let said = &mut self.said;
        self.marks.read(now, &mut |message| said.hear(message));
        self.rests_until = Duration::ZERO;
        for line in std::mem::take(&mut self.said.new_servers) {
            self.servers.hear(line);
        }
        if self.said.new_marks.is_empty() {
            return;
        }
        let sample = self.read(now, true);
        self.record(&sample, true);
        for name in std::mem::take(&mut self.said.new_marks) {
            self.record.mark(name, now);
        }
    }

    /// Waits for children that have ended; the first process's status, if it is among them.
    fn reap(&mut self) -> Option<WaitStatus> {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if let Ok(Some(_)) = waitid(WaitId::Pid(self.main), look) {
            self.main_stat = self.tree.stat_of(self.main);
            self.lets_go = process::ignores_children(self.main);
        }
        let mut status = None;
        while let Ok(Some((pid, ended))) = wait(WaitOptions::NOHANG) {
            if pid == self.main {
                status = Some(ended);
            } else {
                self.had_orphans = true;
            }
        }
        self.reaped = usage::of_children().as_ticks();
        status
    }

    fn enforce_limits(&mut self, now: Duration) {
        if let Some(ending) = &self.ending {
            if now >= ending.kill_at {
                self.tree.kill();
            }
        } else if let Some(timeout) = self.options.timeout.filter(|timeout| now >= *timeout) {
            let message = format!("took longer than its timeout of {timeout:?}");
            self.end(Cause::TimedOut, message, |_| true);
        } else if let Some(limit) = self.options.memory_limit
            && self.last.peak > limit
        {
            self.end(Cause::OverLimit, report::over_limit(self.last.peak, limit), |_| true);
        }
    }

    /// A first signal is passed on, a second one means: at once. A terminal's is left to the command.
    fn interrupt(&mut self, Stop { signal, is_typed }: Stop) {
        let now = self.now();
        if let Some(ending) = &mut self.ending {
            ending.kill_at = now;
            return;
        }
        // What a terminal sends reaches all of its foreground group: the command has it too, and may
        // handle it, as an interpreter does that reads lines.
        let own_group = getpgrp();
        if is_typed && getpgid(Some(self.main)) == Ok(own_group) {
            self.from_terminal = Some(signal);
            return;
        }
        let cause = Cause::Interrupted(signal);
        let message = format!("memprobe was stopped by {}", report::signal_name(signal));
        self.end(cause, message, |pid| !(is_typed && getpgid(Some(pid)) == Ok(own_group)));
    }

    fn end(&mut self, cause: Cause, message: String, wanted: impl Fn(Pid) -> bool) {
        let now = self.now();
        self.tree.look(now, Look::Everything);
        let sample = self.collect(now, Look::Everything, false);
        self.record(&sample, false);
        self.rests_until = Duration::ZERO;
        self.tree.signal(cause.signal(), wanted);
        // What is stopped can't handle anything else.
        self.tree.signal(Signal::CONT, |_| true);
        self.ending = Some(Ending::new(cause, message, self.now()));
    }
}

fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Without it trees of some hundred processes can't be followed; their sum will say so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}
