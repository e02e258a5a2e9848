//! `memprobe plot`: the chart of a stored sample file.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use lexopt::{Arg, Parser, ValueExt as _};

use super::curve::Curve;
use super::draw::{self, Plot};
use super::in_use;
use crate::measurement::{SampleFile, Unit};
use crate::probe::stored;
use crate::probe::summary;
use crate::probe::terminal::Look;

const HELP: &str = "\
Draws what a sample file holds as a chart, in the terminal's width.

Usage: memprobe plot [OPTIONS] FILE

Arguments:
  FILE                 A samples.jsonl, or a folder that has one

Options:
      --metric NAME    What to draw: rss (with live heap, if it was counted), heap, anon, pss, …
                       (any field in bytes) [default: rss]
  -h, --help           Print this help
";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(in crate::probe) enum Request {
    Help,
    Draw { file: PathBuf, metric: String },
}

/// Reads the arguments after `plot`.
pub(in crate::probe) fn parse(mut parser: Parser) -> Result<Request, lexopt::Error> {
    let mut file = None;
    let mut metric = "rss".to_owned();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("metric") => metric = parser.value()?.string()?,
            Arg::Short('h') | Arg::Long("help") => return Ok(Request::Help),
            Arg::Value(path) if file.is_none() => file = Some(path.into()),
            unknown => return Err(unknown.unexpected()),
        }
    }
    let file = file.ok_or("which file? as in `memprobe plot samples.jsonl`")?;
    Ok(Request::Draw { file, metric })
}

/// The text for stdout.
///
/// # Errors
/// When there is nothing to draw; says why, and what to do.
pub(in crate::probe) fn run(request: Request) -> Result<String, String> {
    match request {
        Request::Help => Ok(HELP.to_owned()),
        Request::Draw { file, metric } => {
            let samples = stored::open(&file)?;
            chart(&samples, &metric, Look::of(io::stdout()))
                .map_err(|why| format!("{}: {why}", name(&file)))
        }
    }
}

fn name(file: &Path) -> String {
    file.display().to_string()
}

fn chart(file: &SampleFile, metric: &str, look: Look) -> Result<String, String> {
    let bytes = file.header.fields.iter().filter(|field| field.unit == Unit::Bytes);
    let names: Vec<&str> = bytes.map(|field| field.name.as_str()).collect();
    if !names.contains(&metric) {
        let names = names.join(", ");
        return Err(format!("it has no `{metric}` in bytes\nhint: --metric is one of {names}"));
    }
    let curve = curve(file, metric);
    let marks: Vec<_> = file.marks.iter().map(|mark| (mark.t, mark.name.clone())).collect();
    let heap = curve_of_heap(file, metric);
    let plot = Plot {
        title: metric,
        spans: curve.spans(),
        part: in_use(&heap),
        marks: &marks,
        more_marks: 0,
        end: file.footer.map_or(0.0, |footer| footer.t),
    };
    if plot.spans.len() < 2 {
        return Err(format!("there are no two readings of `{metric}`"));
    }
    let chart = draw::draw(&plot, look)
        .ok_or_else(|| format!("{} columns are too few to draw in", look.width))?;
    Ok(format!("{}{chart}", heading(file)))
}

/// `rss` has the highest between two samples beside it; other metrics are what was read.
fn curve(file: &SampleFile, metric: &str) -> Curve {
    let mut curve = Curve::default();
    let column = |name| file.column(name).unwrap_or_default();
    if metric != "rss" {
        for (t, value) in file.points(metric) {
            curve.step(t, value);
        }
        if let (Some((_, last)), Some(footer)) = (file.points(metric).last(), file.footer) {
            curve.step(footer.t, last);
        }
        return curve;
    }
    let values = column(metric);
    let peaks = file.column("rss_peak").unwrap_or(values);
    for ((t, value), peak) in column("t").iter().zip(values).zip(peaks) {
        if t.is_finite() && value.is_finite() {
            curve.add(*t, *value, *peak);
        } else {
            curve.skip();
        }
    }
    curve
}

/// Live heap, which is drawn with RSS.
fn curve_of_heap(file: &SampleFile, metric: &str) -> Curve {
    let mut curve = Curve::default();
    if metric == "rss" {
        for (t, value) in file.points("heap") {
            curve.add(t, value, value);
        }
    }
    curve
}

/// What was measured, and how it ended. Writing to a String can't fail.
fn heading(file: &SampleFile) -> String {
    let command: String = file
        .header
        .command
        .join(" ")
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    let mut text = format!("{command}\n  ");
    let _ = match file.footer {
        Some(footer) => write!(text, "{} after {:.3} s", summary::outcome(footer.end), footer.t),
        None => write!(text, "its end is missing: memprobe was killed, or still runs"),
    };
    let _ = writeln!(text, ", {} samples", file.len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look { width: 60, unicode: true };

    fn file(samples: &str) -> SampleFile {
        let header = r#"{"schema":1,"program":"memprobe","started":"","pid":1,"command":["x","y"],"period":0.01,"fields":[{"name":"t","unit":"s","scope":"tree"},{"name":"rss","unit":"B","scope":"tree"},{"name":"rss_peak","unit":"B","scope":"tree"},{"name":"threads","unit":"1","scope":"tree"}]}"#;
        SampleFile::read(format!("{header}\n{samples}").as_bytes()).unwrap()
    }

    #[test]
    fn a_cut_file_is_drawn_up_to_where_it_ends() {
        let file =
            file("[0,1048576,1048576,1]\n[1,2097152,9437184,1]\n{\"mark\":\"m\",\"t\":1}\n[2,20");
        let text = chart(&file, "rss", LOOK).unwrap();
        assert!(text.starts_with("x y\n  its end is missing"), "{text}");
        assert!(text.contains("2 samples") && text.contains("m ▲"), "{text}");
        assert!(text.contains('░'), "the peak between the samples is shown: {text}");
    }

    #[test]
    fn what_cannot_be_drawn_says_why() {
        let file = file("[0,1048576,1048576,1]\n");
        let error = chart(&file, "threads", LOOK).unwrap_err();
        assert!(error.contains("one of rss, rss_peak"), "{error}");
        assert!(chart(&file, "rss", LOOK).unwrap_err().contains("no two readings"));
        let file = self::file("[0,1048576,1048576,1]\n[1,2097152,9437184,1]\n");
        let narrow = Look { width: 12, unicode: true };
        let error = chart(&file, "rss", narrow).unwrap_err();
        assert_eq!(error, "12 columns are too few to draw in");
    }
}
