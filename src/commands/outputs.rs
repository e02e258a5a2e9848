//! Where a result goes: one format to stdout, and any number to files.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rustix::fs::Access;

use crate::cli::Global;
use crate::collect::whole_file;
use crate::config::suggest::did_you_mean;
use crate::error::{Context, Error, Result};
use crate::render::output::Format;
use crate::render::terminal::Look;

use super::output;

/// The formats that a result is wanted in.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Outputs {
    /// How to print the result on stdout
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Write the result to a file too, whole or not at all; repeatable: --output junit=report.xml
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = parse_output)]
    files: Vec<(Format, PathBuf)>,
}

fn parse_output(text: &str) -> std::result::Result<(Format, PathBuf), String> {
    let Some((format, file)) = text.split_once('=').filter(|(_, file)| !file.is_empty()) else {
        return Err("write FORMAT=FILE, such as markdown=result.md".to_owned());
    };
    let parsed = Format::from_str(format, false).map_err(|_| {
        let formats = Format::value_variants().iter().filter_map(Format::to_possible_value);
        let names: Vec<_> = formats.map(|it| it.get_name().to_owned()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        format!("there is no format `{format}`: {}", did_you_mean(format, &names))
    })?;
    Ok((parsed, PathBuf::from(file)))
}

impl Outputs {
    /// What stdout is for.
    pub(super) const fn format(&self) -> Format {
        self.format
    }

    /// Makes the files' folders. For who is about to measure for long: what can't be written
    /// should not cost that.
    pub(super) fn prepare(&self) -> Result<()> {
        self.files.iter().try_for_each(|(_, file)| {
            let folder = make_folder(file)?;
            let refused = || format!("{} can't be written", file.display());
            if file.is_dir() {
                return Err(Error::usage(refused()).hint("it is a folder: name a file in it"));
            }
            rustix::fs::access(folder, Access::WRITE_OK).context(refused)
        })
    }

    /// Writes the files, then stdout: whoever reads stdout finds the files there.
    pub(super) fn write(
        &self,
        global: &Global,
        render: impl Fn(Format, Look) -> Result<String>,
    ) -> Result<()> {
        for (format, file) in &self.files {
            write(file, &render(*format, Look::default())?)?;
        }
        output::data(&render(self.format, output::look(global))?)
    }
}

fn make_folder(file: &Path) -> Result<&Path> {
    let parent = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder).context(|| format!("{} can't be written", file.display()))?;
    Ok(folder)
}

/// Whole or not at all, but for what is no ordinary file, such as a pipe.
fn write(file: &Path, text: &str) -> Result<()> {
    make_folder(file)?;
    let failed = || format!("{} can't be written", file.display());
    // A link stays one: what it leads to is replaced.
    let target = fs_err::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    if fs_err::metadata(&target).is_ok_and(|data| !data.is_file()) {
        return fs_err::write(&target, text).context(failed);
    }
    whole_file::write(&target, text.as_bytes()).context(failed)
}
