//! `memgrid dataset`: writes, verifies, imports and exports the rows.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use crate::backend::OpenBackend;
use crate::cli::Global;
use crate::collect::whole_file;
use crate::config::{Content, Dataset, Overrides};
use crate::dataset::{Format, Source, export};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::exit_code;
use crate::interrupt::Interrupt;
use crate::same_file::is_same_file;

use super::output;
use super::project::{self, Project};
use super::staging::Setting;

/// Arguments of `memgrid dataset`.
#[derive(Debug, Args)]
pub struct DatasetArgs {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

/// What to do with the rows.
#[derive(Debug, Subcommand)]
enum Action {
    /// Write the rows into every backend, unless they are there
    Write {
        /// Rows of the generated dataset
        #[arg(long, value_name = "N")]
        rows: Option<u64>,
    },
    /// Read every row back from every backend, and compare count and checksum
    Verify {
        /// Rows of the generated dataset
        #[arg(long, value_name = "N")]
        rows: Option<u64>,
    },
    /// Load a fixture of yours (Django's JSON, or CSV with a header) into every backend
    Import {
        /// The fixture
        file: PathBuf,
        /// The table that it goes to [default: the dataset's]
        #[arg(long, value_name = "NAME")]
        table: Option<String>,
    },
    /// Write the rows as a fixture
    Export {
        /// The fixture's format [default: that of FILE's name, or json]
        #[arg(long, value_name = "FORMAT")]
        format: Option<FixtureFormat>,
        /// Where to write it [default: stdout]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Rows of the generated dataset
        #[arg(long, value_name = "N")]
        rows: Option<u64>,
    },
}

/// The formats of fixtures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FixtureFormat {
    /// Django's JSON fixture.
    Json,
    /// CSV with a header.
    Csv,
}

/// Does it.
pub(super) fn run(global: &Global, args: &DatasetArgs) -> Result<u8> {
    match &args.action {
        Action::Write { rows } => in_every_backend(global, &load(global, *rows)?, false),
        Action::Verify { rows } => in_every_backend(global, &load(global, *rows)?, true),
        Action::Import { file, table } => import(global, file, table.as_deref()),
        Action::Export { format, output, rows } => {
            export_rows(&load(global, *rows)?, *format, output.as_deref())
        }
    }
}

fn load(global: &Global, rows: Option<u64>) -> Result<Project> {
    let project = Project::load(global, &Overrides { rows, ..Overrides::default() })?;
    dataset(&project)?;
    Ok(project)
}

fn dataset(project: &Project) -> Result<&Dataset> {
    project.config.dataset.as_ref().ok_or_else(|| {
        Error::usage(format!("{} has no [dataset]", project.file.display()))
            .hint("docs/matrix.md says how to describe one")
    })
}

fn import(global: &Global, file: &Path, table: Option<&str>) -> Result<u8> {
    let mut project = Project::load(global, &Overrides::default())?;
    let path = std::path::absolute(file)
        .context(|| format!("{} can't be made an absolute path", file.display()))?;
    let table = table
        .map(str::to_owned)
        .or_else(|| project.config.dataset.as_ref().map(|dataset| dataset.table.clone()));
    let table = table.ok_or_else(|| {
        Error::usage("the fixture's table isn't known").hint("name it with --table")
    })?;
    project.config.dataset =
        Some(Dataset { table: table.clone(), content: Content::Fixture { path } });
    let code = in_every_backend(global, &project, false)?;
    if code == exit_code::DONE {
        output::say("To measure with these rows, put this into the matrix file:");
        output::data(&format!("[dataset]\ntable = {table:?}\nfixture = {:?}\n", file.display()))?;
    }
    Ok(code)
}

fn in_every_backend(global: &Global, project: &Project, verify: bool) -> Result<u8> {
    let (cache, interrupt) = (project::cache(global)?, Interrupt::listen()?);
    let progress = project::progress(global);
    let setting = Setting {
        config: &project.config,
        cells: &project.cells,
        cache: &cache,
        observer: &progress,
        interrupt: &interrupt,
    };
    let opened = setting.backends();
    progress.finish();
    let mut whole = true;
    let mut rows = Vec::new();
    for (name, backend) in opened {
        let (state, fine) = match backend {
            Ok(backend) => describe(backend, verify)?,
            Err(why) => (why.reason, false),
        };
        whole &= fine;
        rows.push(vec![name, state]);
    }
    output::data(&output::table(&["Backend", "Rows"], rows))?;
    if interrupt.is_raised() {
        return Err(Error::new(
            ErrorKind::Interrupted,
            "interrupted; what was written whole is kept",
        ));
    }
    Ok(if whole { exit_code::DONE } else { exit_code::INCOMPLETE })
}

/// What a backend holds, and whether that is what it should.
fn describe(backend: OpenBackend, verify: bool) -> Result<(String, bool)> {
    let rows = backend.dataset().map_or(0, |record| record.rows);
    let report = if verify { backend.verify()? } else { None };
    backend.close()?;
    Ok(match report {
        None => (format!("{rows} rows are there"), true),
        Some(report) if report.is_whole() => {
            (format!("{rows} rows, checksum as it should be"), true)
        }
        Some(report) => {
            let ((expected, sum), (found, is)) = (&report.expected, &report.found);
            (format!("{found} rows of {expected}, checksum {is} instead of {sum}"), false)
        }
    })
}

fn export_rows(
    project: &Project,
    format: Option<FixtureFormat>,
    file: Option<&Path>,
) -> Result<u8> {
    let dataset = dataset(project)?;
    let source = Source::open(dataset)?;
    let by_name = file.and_then(Path::extension).is_some_and(|extension| extension == "csv");
    let format = match format {
        Some(FixtureFormat::Csv) => Format::Csv,
        None if by_name => Format::Csv,
        Some(FixtureFormat::Json) | None => Format::Json,
    };
    let Some(file) = file else {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        return match export(&source, format, &mut out) {
            Err(error) if output::is_broken_pipe(&error) => Ok(exit_code::DONE),
            written => written.map(|_| exit_code::DONE),
        };
    };
    if let Content::Fixture { path } = &dataset.content
        && is_same_file(file, path)
    {
        let message = format!("{} is the fixture that the rows are read from", file.display());
        return Err(Error::usage(message).hint("--output another file"));
    }
    let rows = whole_file::write_with(file, |out| export(&source, format, out))?;
    output::say(&format!("{rows} rows are in {}.", file.display()));
    Ok(exit_code::DONE)
}
