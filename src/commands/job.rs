//! What is to be measured, new or resumed, and measuring it: what every command that makes a run
//! does alike.

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::cli::Global;
use crate::collect::RunDir;
use crate::collect::record::{AttemptRecord, RunManifest};
use crate::config::{Config, Origin};
use crate::error::{Error, ErrorKind, Result};
use crate::execute::{self, PassSettings, Settings, Task};
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::plan::{self, Attempt, Cell, CellId, Selection};
use crate::prepare::Blocked;
use crate::prepare::cache::Cache;
use crate::prepare::source::{Lineage, Resolved};
use crate::prepare::system::Packages;
use crate::progress::Progress;

use super::project::{self, Project};
use super::resume::{self, Resumed};
use super::serving::{self, Services};
use super::staging::{Setting, Stage};
use super::{conclusion, installing, manifest, measuring};

/// What is to be measured.
pub(super) struct Job {
    /// The matrix.
    pub(super) project: Project,
    cells: Vec<Cell>,
    attempts: Vec<Attempt>,
    resumed: Option<Resumed>,
    seed: u64,
    name: Option<String>,
}

/// What a command measures with: one for all of its runs.
pub(super) struct Surroundings {
    /// What was fetched and built before.
    pub(super) cache: Cache,
    /// Ctrl-C.
    pub(super) interrupt: Interrupt,
    /// Shows what happens.
    pub(super) progress: Progress,
}

/// What a job left.
pub(super) struct Measured {
    /// The run.
    pub(super) run: RunDir,
    /// Whether everything that was to be installed is there.
    pub(super) installed: bool,
}

/// A job for which all is prepared, and whose run has a folder.
pub(super) struct OpenJob<'a> {
    job: &'a Job,
    stage: Stage,
    services: Services,
    run: RunDir,
    manifest: RunManifest,
    tasks: Tasks,
}

impl Surroundings {
    /// Those that the options name.
    pub(super) fn of(global: &Global) -> Result<Self> {
        let cache = project::cache(global)?;
        let interrupt = Interrupt::listen()?;
        Ok(Self { cache, interrupt, progress: project::progress(global) })
    }

    /// What lies between revisions of a source, brought up to date.
    pub(super) fn lineage(
        &self,
        origin: &Origin,
        revisions: &[&str],
    ) -> Result<(Lineage, Resolved), Blocked> {
        Lineage::open(origin, revisions, &self.cache, &self.progress, &self.interrupt)
    }

    /// The error that a command ends with when `run` was interrupted.
    pub(super) fn check(&self, run: &RunDir) -> Result<()> {
        if !self.interrupt.is_raised() {
            return Ok(());
        }
        let message = format!("run {} was interrupted; what was complete is kept", run.id());
        Err(Error::new(ErrorKind::Interrupted, message)
            .hint("`memgrid run --resume` goes on with it"))
    }
}

impl Job {
    /// A new run over the selected cells.
    pub(super) fn new(
        project: Project,
        selection: &Selection,
        name: Option<String>,
    ) -> Result<Self> {
        let cells = plan::select(&project.cells, selection)?;
        let ids: Vec<CellId> = cells.iter().map(|cell| cell.id.clone()).collect();
        let measure = &project.config.measure;
        let seed = measure.seed.unwrap_or_else(draw_seed);
        let mut attempts = plan::order(&ids, measure.warmup, measure.repeats, seed);
        let last = measure.warmup.saturating_add(measure.repeats);
        attempts.extend(plan::passes(&ids, &project.config.passes.wanted(), last));
        Ok(Self { cells, attempts, seed, name, resumed: None, project })
    }

    /// The rest of the last run that is incomplete, of the sources as they were then.
    pub(super) fn resumed(global: &Global, selection: &Selection) -> Result<Self> {
        let resumed = Resumed::find(global)?;
        let mut project = Project::load(global, &resumed.overrides)?;
        resumed.check_matrix(&project)?;
        project.config.pin(&resumed.record.manifest.commits());
        let cells = plan::select(&resumed.unfinished(&project.cells), selection)?;
        let seed = resumed.record.manifest.measure.seed;
        let attempts = resumed.attempts(&cells);
        Ok(Self { cells, attempts, seed, name: None, resumed: Some(resumed), project })
    }

    /// Prepares, measures and concludes. What can't be measured is recorded as that.
    pub(super) fn measure(&self, with_deps: bool, around: &Surroundings) -> Result<Measured> {
        let config = &self.project.config;
        let installed =
            !with_deps || installing::install_missing(config, &self.cells, &around.progress);
        let open = self.open(around, &|_| Ok(()))?;
        open.execute(&self.attempts, around)?;
        Ok(Measured { run: open.close()?, installed })
    }

    /// The attempts that are to be made, in their order.
    pub(super) fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// Prepares all that the cells need and makes the run's folder, unless `check` refuses a run
    /// that depends on what its manifest says.
    pub(super) fn open(
        &self,
        around: &Surroundings,
        check: &dyn Fn(&RunManifest) -> Result<()>,
    ) -> Result<OpenJob<'_>> {
        let stage = Stage::set_up(&Setting {
            config: &self.project.config,
            cells: &self.cells,
            cache: &around.cache,
            observer: &around.progress,
            interrupt: &around.interrupt,
        })?;
        let (tasks, blocked, services) = self.tasks(&stage, around)?;
        let mut manifest =
            manifest::write(&self.project, &self.cells, &stage, self.name.clone(), self.seed)?;
        for (name, version) in services.versions() {
            manifest.versions.insert(name.clone(), version.clone());
        }
        check(&manifest)?;
        let run = self.open_run(&mut manifest, &stage)?;
        for (cell, why) in &blocked {
            conclusion::write_blocked(&run, cell, why)?;
        }
        Ok(OpenJob { job: self, stage, services, run, manifest, tasks })
    }

    fn settings(&self, stage: &Stage) -> Settings {
        let Config { measure, passes, .. } = &self.project.config;
        Settings {
            memprobe: stage.memprobe.clone(),
            period: measure.period,
            timeout: measure.timeout,
            memory_limit: measure.memory_limit,
            log_limit: measure.log_limit,
            steady: measure.steady,
            heap: measure.heap,
            passes: PassSettings { objects: passes.objects.clone(), lines: passes.line_count() },
            jobs: measure.jobs,
        }
    }

    /// The folder of a new run; or that of the resumed one, whose manifest then stays as it was.
    fn open_run(&self, manifest: &mut RunManifest, stage: &Stage) -> Result<RunDir> {
        let reports = &self.project.config.reports;
        if let Some(resumed) = &self.resumed {
            let before = resumed.record.manifest.clone();
            resume::check_same(&before, manifest)?;
            let states = std::mem::take(&mut manifest.states);
            let refused = std::mem::take(&mut manifest.refused);
            let versions = std::mem::take(&mut manifest.versions);
            *manifest = before;
            // What was unavailable then may be there now.
            manifest.states.extend(states);
            manifest.refused = refused;
            manifest.versions.extend(versions);
            let run = RunDir::resume(reports, &manifest.run)?;
            keep_patches(&run, stage)?;
            return Ok(run);
        }
        let run = RunDir::create(reports, manifest)?;
        run.write_matrix(&self.project.text)?;
        keep_patches(&run, stage)?;
        Ok(run)
    }

    /// What is run in each cell that has all it needs, what keeps the others from it, and the
    /// services that were opened for them.
    fn tasks(
        &self,
        stage: &Stage,
        around: &Surroundings,
    ) -> Result<(Tasks, Vec<Obstacle<'_>>, Services)> {
        let config = &self.project.config;
        let packages = Packages::look(config, &self.cells);
        let mut ready = Vec::new();
        let mut blocked = Vec::new();
        for cell in &self.cells {
            match packages.check(config, cell).and_then(|()| stage.props(config, cell)) {
                Ok(props) => ready.push((cell, measuring::services(config, cell, &props)?, props)),
                Err(why) => blocked.push((cell, why)),
            }
        }
        let specs = ready.iter().flat_map(|(_, specs, _)| specs.clone()).collect();
        let services = Services::open(
            specs,
            &serving::Setting {
                cache: &around.cache,
                memprobe: stage.memprobe.clone(),
                observer: &around.progress,
                interrupt: &around.interrupt,
            },
        );
        let mut tasks = IndexMap::new();
        for (cell, specs, props) in ready {
            match services.get(&specs) {
                Ok(services) => {
                    let task = measuring::task(config, cell, &props)?;
                    tasks.insert(cell.id.clone(), Task { services, ..task });
                }
                Err(why) => blocked.push((cell, why)),
            }
        }
        if around.interrupt.is_raised() {
            blocked.iter_mut().for_each(|(_, why)| why.outcome = Outcome::Interrupted);
        }
        Ok((tasks, blocked, services))
    }
}

impl OpenJob<'_> {
    /// Makes these attempts, but for those of cells that can't be measured.
    pub(super) fn execute(
        &self,
        attempts: &[Attempt],
        around: &Surroundings,
    ) -> Result<Vec<AttemptRecord>> {
        let is_possible = |attempt: &&Attempt| self.tasks.contains_key(&attempt.cell);
        let attempts: Vec<_> = attempts.iter().filter(is_possible).cloned().collect();
        if attempts.is_empty() || around.interrupt.is_raised() {
            return Ok(Vec::new());
        }
        let (progress, interrupt) = (&around.progress, &around.interrupt);
        let settings = self.job.settings(&self.stage);
        execute::execute(&self.tasks, &attempts, &settings, &self.run, progress, interrupt)
    }

    /// Concludes, and stops what was started for the run.
    pub(super) fn close(mut self) -> Result<RunDir> {
        let is_measured = |cell: &&Cell| self.tasks.contains_key(&cell.id);
        let measured: Vec<&Cell> = self.job.cells.iter().filter(is_measured).collect();
        conclusion::write_measured(&self.job.project.config, &self.run, &measured)?;
        self.manifest.finished = Some(Timestamp::now());
        self.run.write_manifest(&self.manifest)?;
        // Tasks share the services, and would keep them.
        self.tasks.clear();
        let closed = self.services.close();
        self.stage.close()?;
        closed?;
        Ok(self.run)
    }
}

type Tasks = IndexMap<CellId, Task>;
/// A cell, and why it can't be measured.
type Obstacle<'a> = (&'a Cell, Blocked);

/// A seed for a run that was given none; it is recorded, so the order can be had again.
pub(super) fn draw_seed() -> u64 {
    let drawn = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), "order");
    // What is shown and typed again should be short, and exact in every JSON reader.
    drawn % 1_000_000
}

fn keep_patches(run: &RunDir, stage: &Stage) -> Result<()> {
    let patches = stage.states().flat_map(|(_, state)| &state.patches);
    let refused = stage.refused().flat_map(|(_, (_, patches))| patches);
    patches.chain(refused).try_for_each(|(sha256, text)| run.write_patch(sha256, text))
}
