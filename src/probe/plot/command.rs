//! `memprobe plot`: the chart of a stored sample file.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt as _};

use super::curve::Curve;
use super::draw::{self, Plot};
use super::in_use;
use crate::measurement::{SampleFile, Unit};
use crate::probe::stored;
use crate::probe::summary;
use crate::probe::terminal::Look;

pub(in crate::probe) const HELP: &str = "\
Draws what a sample file holds as a chart, in the terminal's width. Several
files are drawn one below the other, with the same axes.

Usage: memprobe plot [OPTIONS] FILE...

Arguments:
  FILE                 A samples.jsonl, or a folder that has one

Options:
      --metric NAME    What to draw: rss (with live heap, if it was counted),
                       heap, anon, pss, … (any field in bytes) [default: rss]
  -h, --help           Print this help
";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(in crate::probe) enum Request {
    Help,
    Draw { files: Vec<PathBuf>, metric: String },
}

/// Reads the arguments after `plot`.
pub(in crate::probe) fn parse(mut parser: Parser) -> Result<Request, lexopt::Error> {
    let mut files = Vec::new();
    let mut metric = "rss".to_owned();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("metric") => metric = parser.value()?.string()?,
            Arg::Short('h') | Arg::Long("help") => return Ok(Request::Help),
            Arg::Value(path) => files.push(path.into()),
            unknown => return Err(unknown.unexpected()),
        }
    }
    if files.is_empty() {
        return Err("which file? as in `memprobe plot samples.jsonl`".into());
    }
    Ok(Request::Draw { files, metric })
}

/// The text for stdout.
///
/// # Errors
/// When there is nothing to draw; says why, and what to do.
pub(in crate::probe) fn run(request: Request) -> Result<String, String> {
    match request {
        Request::Help => Ok(HELP.to_owned()),
        Request::Draw { files, metric } => {
            let stored =
                files.iter().map(|file| stored::open(file)).collect::<Result<Vec<_>, _>>()?;
            charts(&files, &stored, &metric, Look::of(io::stdout()))
        }
    }
}

/// A chart for each file, all with the same axes so that they can be compared.
fn charts(
    paths: &[PathBuf],
    files: &[SampleFile],
    metric: &str,
    look: Look,
) -> Result<String, String> {
    let named = |path: &PathBuf, why| format!("{}: {why}", path.display());
    let mut drawn = Vec::with_capacity(files.len());
    for (path, file) in paths.iter().zip(files) {
        drawn.push(Drawn::new(file, metric).map_err(|why| named(path, why))?);
    }
    let end = drawn.iter().map(Drawn::end).fold(0.0, f64::max);
    let top = drawn.iter().map(Drawn::top).fold(0.0, f64::max);
    let mut text = String::new();
    for (path, drawn) in paths.iter().zip(&drawn) {
        if paths.len() > 1 {
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{}", printable(&path.display().to_string()));
        }
        text += &drawn.chart(metric, end, top, look).map_err(|why| named(path, why))?;
    }
    Ok(text)
}

/// What is drawn of a file.
struct Drawn<'a> {
    file: &'a SampleFile,
    curve: Curve,
    heap: Curve,
}

impl<'a> Drawn<'a> {
    fn new(file: &'a SampleFile, metric: &str) -> Result<Self, String> {
        let bytes = file.header.fields.iter().filter(|field| field.unit == Unit::Bytes);
        let names: Vec<&str> = bytes.map(|field| field.name.as_str()).collect();
        if !names.contains(&metric) {
            let names = names.join(", ");
            return Err(format!("it has no `{metric}` in bytes\nhint: --metric is one of {names}"));
        }
        let curve = curve(file, metric);
        if curve.spans().len() < 2 {
            return Err(format!("there are no two readings of `{metric}`"));
        }
        Ok(Self { file, curve, heap: curve_of_heap(file, metric) })
    }

    fn end(&self) -> f64 {
        let last = self.curve.spans().last().map_or(0.0, |span| span.to);
        self.file.footer.map_or(last, |footer| footer.t.max(last))
    }

    fn top(&self) -> f64 {
        let spans = self.curve.spans().iter().chain(self.heap.spans());
        spans.map(|span| span.high).fold(0.0, f64::max)
    }

    fn chart(&self, title: &str, end: f64, top: f64, look: Look) -> Result<String, String> {
        let marks = self.file.marks.iter();
        let marks: Vec<_> = marks.map(|mark| (mark.t, mark.name.clone())).collect();
        let (spans, part) = (self.curve.spans(), in_use(&self.heap));
        let plot = Plot { title, spans, part, marks: &marks, more_marks: 0, end, top };
        let chart = draw::draw(&plot, look)
            .ok_or_else(|| format!("{} columns are too few to draw in", look.width))?;
        Ok(format!("{}{chart}", heading(self.file)))
    }
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
    let mut text = format!("{}\n  ", printable(&file.header.command.join(" ")));
    let _ = match file.footer {
        Some(footer) => write!(text, "{} after {:.3} s", summary::outcome(footer.end), footer.t),
        None => write!(text, "its end is missing: memprobe was killed, or still runs"),
    };
    let _ = writeln!(text, ", {} samples", file.len());
    text
}

/// Nothing that a file says may move the cursor.
fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look { width: 60, unicode: true };

    fn chart(file: &SampleFile, metric: &str, look: Look) -> Result<String, String> {
        charts(&["a".into()], std::slice::from_ref(file), metric, look)
    }

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
        assert!(error.starts_with("a: it has no `threads`"), "{error}");
        assert!(error.contains("one of rss, rss_peak"), "{error}");
        assert!(chart(&file, "rss", LOOK).unwrap_err().contains("no two readings"));
        let file = self::file("[0,1048576,1048576,1]\n[1,2097152,9437184,1]\n");
        let narrow = Look { width: 12, unicode: true };
        let error = chart(&file, "rss", narrow).unwrap_err();
        assert_eq!(error, "a: 12 columns are too few to draw in");
    }

    #[test]
    fn several_files_share_their_axes() {
        let samples = |mib: u32, seconds: u32| {
            let at = |t: u32| format!("[{t},{0},{0},1]\n", mib << 20);
            file(&(0..=seconds).map(at).collect::<String>())
        };
        let files = [samples(10, 30), samples(80, 4)];
        let text = charts(&["a".into(), "b".into()], &files, "rss", LOOK).unwrap();
        let (a, b) = text.split_once("\n\n").unwrap();
        assert!(a.starts_with("a\nx y\n") && b.starts_with("b\nx y\n"), "{text}");
        let axes = |chart: &str| -> Vec<String> {
            let lines = chart.lines().skip(3);
            lines
                .map(|line| line.replace(|char| "▁▂▃▄▅▆▇█".contains(char), "").trim().into())
                .collect()
        };
        assert_eq!(axes(a), axes(b), "{text}");
        let area = |chart: &str| chart.matches('█').count();
        assert!(area(a) > 0 && area(a) < 60 && area(b) > 40 && area(b) < 80, "{text}");
    }
}
