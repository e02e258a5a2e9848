//! What a night leaves beside the index, and what it tells the CI system that runs it.

use std::io::Write as _;
use std::path::PathBuf;

use crate::analyse::summary::Summary;
use crate::cli::Global;
use crate::collect::whole_file;
use crate::error::{Context, Result};
use crate::render::output::Format;
use crate::render::terminal::Look;
use crate::render::{comparison, run};

use super::super::output;
use super::super::project::Project;
use super::NightlyArgs;
use super::judging::Judged;

/// Files beside the index, of the latest night.
const FILES: [(&str, Format); 3] = [
    ("nightly.md", Format::Markdown),
    ("nightly.json", Format::Json),
    ("nightly.xml", Format::Junit),
];

/// A night as its readers want it: the comparison, or what was measured if there was nothing to
/// compare it with.
struct Report<'a> {
    global: &'a Global,
    args: &'a NightlyArgs,
    summary: &'a Summary,
    judged: &'a Judged,
    /// The metrics that the matrix declares.
    declared: Vec<String>,
}

/// Writes the reports, and prints what was asked for. Returns the files.
pub(super) fn write(
    global: &Global,
    args: &NightlyArgs,
    project: &Project,
    summary: &Summary,
    judged: &Judged,
) -> Result<Vec<PathBuf>> {
    let declared = project.config.metrics.keys().cloned().collect();
    let report = Report { global, args, summary, judged, declared };
    let mut written = Vec::new();
    for (name, format) in FILES {
        let file = project.config.reports.join(name);
        whole_file::write(&file, report.render(format, Look::default())?.as_bytes())?;
        written.push(file);
    }
    summarise_job(&report.render(Format::Markdown, Look::default())?)?;
    if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        // The runner reads commands from both streams, and stdout may be for a program.
        output::say(report.render(Format::Github, Look::default())?.trim_end());
    }
    report.print()?;
    Ok(written)
}

impl Report<'_> {
    fn render(&self, format: Format, look: Look) -> Result<String> {
        let matrix = Some(self.global.matrix.display().to_string());
        if let Some(comparison) = &self.judged.comparison {
            let options = comparison::Options { look, matrix, ..Default::default() };
            return comparison::render(comparison, format, &options);
        }
        let sentence = self.judged.sentence();
        let (strict, metrics) = (self.args.measure.strict, self.declared.clone());
        let options = run::Options { look, matrix, strict, metrics, ..Default::default() };
        let before = match format {
            Format::Markdown => format!("{sentence}\n\n"),
            Format::Github => format!("::notice title=memgrid nightly::{sentence}\n"),
            Format::Table | Format::Json | Format::Junit => String::new(),
        };
        Ok(before + &run::render(&self.judged.run, self.summary, format, &options)?)
    }

    fn print(&self) -> Result<()> {
        match &self.judged.comparison {
            Some(comparison) => self.args.output.write(self.global, comparison),
            None => {
                let outputs = &self.args.output.outputs;
                outputs.write(self.global, |format, look| self.render(format, look))
            }
        }
    }
}

/// Adds to the summary of a GitHub job, which other steps may have begun.
fn summarise_job(markdown: &str) -> Result<()> {
    let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) else {
        return Ok(());
    };
    let open = || fs_err::File::options().append(true).create(true).open(PathBuf::from(file));
    let written = open().and_then(|mut summary| writeln!(summary, "{markdown}"));
    written.context(|| "the job's summary can't be written to".to_owned())
}
