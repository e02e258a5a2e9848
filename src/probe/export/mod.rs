//! `memprobe export`: a stored sample file for other tools, as CSV or Parquet.

#[cfg(feature = "parquet")]
mod parquet;

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use lexopt::{Arg, Parser, ValueExt as _};

use super::{stored, whole_file};
use crate::measurement::SampleFile;
use crate::measurement::sample_file::csv;
use crate::same_file::is_same_file;

pub(super) const HELP: &str = "\
Writes what a sample file holds for other tools: a column for each field, and
one for the marks (see docs/sample-format.md).

Usage: memprobe export [OPTIONS] FILE

Arguments:
  FILE                   A samples.jsonl, or a folder that has one

Options:
      --format FORMAT    csv, or parquet if this memprobe was built with it
                         [default: by the output's name, or csv]
      --output FILE      Where to write [default: stdout]
  -h, --help             Print this help
";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Request {
    Help,
    Write(Export),
}

/// What to write where.
#[derive(Debug, PartialEq)]
pub(super) struct Export {
    file: PathBuf,
    format: Format,
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    Csv,
    Parquet,
}

/// Reads the arguments after `export`.
pub(super) fn parse(mut parser: Parser) -> Result<Request, lexopt::Error> {
    let (mut file, mut format, mut output) = (None, None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("format") => format = Some(Format::parse(&parser.value()?.string()?)?),
            Arg::Long("output") => output = Some(PathBuf::from(parser.value()?)),
            Arg::Short('h') | Arg::Long("help") => return Ok(Request::Help),
            Arg::Value(path) if file.is_none() => file = Some(path.into()),
            unknown => return Err(unknown.unexpected()),
        }
    }
    let file = file.ok_or("which file? as in `memprobe export samples.jsonl`")?;
    let format = format.unwrap_or_else(|| Format::by_name(output.as_deref()));
    Ok(Request::Write(Export { file, format, output }))
}

impl Format {
    fn parse(text: &str) -> Result<Self, lexopt::Error> {
        match text {
            "csv" => Ok(Self::Csv),
            "parquet" => Ok(Self::Parquet),
            _ => Err(format!("--format {text}: it is csv or parquet").into()),
        }
    }

    fn by_name(output: Option<&Path>) -> Self {
        let extension = output.and_then(Path::extension);
        if extension.is_some_and(|extension| extension.eq_ignore_ascii_case("parquet")) {
            Self::Parquet
        } else {
            Self::Csv
        }
    }

    fn write(self, file: &SampleFile, out: &mut (impl Write + Send)) -> io::Result<()> {
        match self {
            Self::Csv => csv::write(file, out),
            #[cfg(feature = "parquet")]
            Self::Parquet => parquet::write(file, out),
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "this memprobe was built without Parquet\nhint: write CSV, or build memprobe with \
                 `cargo build --release --bin memprobe --features parquet`",
            )),
        }
    }
}

/// Does it; the text for stdout, if it is only that.
///
/// # Errors
/// When it can't be read or written; says why, and what to do.
pub(super) fn run(request: Request) -> Result<String, String> {
    match request {
        Request::Help => Ok(HELP.to_owned()),
        Request::Write(export) => write(&export).map(|()| String::new()),
    }
}

fn write(export: &Export) -> Result<(), String> {
    let file = stored::open(&export.file)?;
    let Some(path) = &export.output else {
        return to_stdout(&file, export.format);
    };
    if is_same_file(path, &stored::file(&export.file)) {
        let path = path.display();
        return Err(format!("{path} is the file to export\nhint: --output another one"));
    }
    let written = whole_file::write(path, |out| buffered(&file, export.format, out));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

fn to_stdout(file: &SampleFile, format: Format) -> Result<(), String> {
    if format == Format::Parquet && io::stdout().is_terminal() {
        return Err("Parquet is nothing for a terminal\nhint: --output FILE".to_owned());
    }
    match buffered(file, format, &mut io::stdout()) {
        // A reader that has gone away (`| head`) is no failure.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("stdout: {error}")),
        _ => Ok(()),
    }
}

fn buffered(file: &SampleFile, format: Format, out: &mut (impl Write + Send)) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(256 << 10, out);
    format.write(file, &mut out)?;
    out.flush()
}
