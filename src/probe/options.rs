//! The command line of memprobe.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use jiff::SignedDuration;
use lexopt::{Arg, Parser, ValueExt as _};
use rustix::process::Pid;

use super::export;
use super::passes::Wanted;
use super::plot::{self, When};

pub(super) const HELP: &str = "\
Runs a command and measures the memory of its whole process tree.

Usage: memprobe [OPTIONS] [--] COMMAND [ARGUMENT]...
       memprobe plot FILE...   draws what --out left; `memprobe plot --help`
       memprobe export FILE    makes a table of it; `memprobe export --help`

Options:
      --period TIME        Time between two samples, from 1ms [default: 10ms]
      --out DIR            Write DIR/samples.jsonl, and DIR/result.json unless
                           --json is given
      --json FILE          Write the result as JSON to FILE
      --timeout TIME       End the command after this time: 90s, 10m, 1h 30m
      --memory-limit SIZE  End the command when its tree's RSS is larger:
                           512MiB, 2GiB
      --heap               Count the command's live heap, by a library that is
                           loaded into it
      --objects CLASS      Count the live instances of this class of a Python
                           program, and what they hold together:
                           app.models.Record; may be given several times
      --lines N            Show the N lines of a Python program that had
                           allocated most at the peak
      --keep-high-water    Don't reset the command's VmHWM at every sample, for
                           commands that report their own peak memory, such as
                           time -v (see docs/sample-format.md)
      --steady             Start the command with address randomisation off, so
                           that its figures differ less from time to time
      --parent PID         End the command when the process that started
                           memprobe ends; PID is that process's own, in case it
                           ended before memprobe could look
      --server PID         Read the memory of all that descends from this
                           process, without itself, with every sample, as the
                           server's; may be given several times
      --plot WHEN          Draw RSS over time, with live heap if it is counted,
                           under the summary: auto (if stderr is a terminal),
                           always, never [default: auto]
  -q, --quiet              No summary and no plot on stderr
  -h, --help               Print this help
  -V, --version            Print the version

A command that is itself called `plot` or `export` follows `--`.
The command's standard streams pass through. The summary goes to stderr.
The command can send marks and metrics, one line each, to the descriptor in
MEMPROBE_FD:
`mark NAME`, `progress N`, `metric NAME VALUE UNIT`, `digest HEX`,
`server pid N [NAME]`, `server memory N [B]`, `server unavailable REASON`.

Exit status: the command's own, or 128 + N if signal N ended it; 124 after
--timeout, 137 above --memory-limit, 126 or 127 if the command can't be run or
found, 125 if memprobe itself failed.
";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Request {
    Help,
    Version,
    Measure(Options),
    Plot(plot::Request),
    Export(export::Request),
}

/// How to measure what.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Options {
    pub(super) period: Duration,
    pub(super) out: Option<PathBuf>,
    pub(super) json: Option<PathBuf>,
    pub(super) timeout: Option<Duration>,
    /// Bytes.
    pub(super) memory_limit: Option<u64>,
    /// Also if a pass is wanted, which is made by the same library.
    pub(super) heap: bool,
    pub(super) passes: Wanted,
    pub(super) keep_high_water: bool,
    /// Address randomisation is off for the command.
    pub(super) steady: bool,
    /// The process with which we end.
    pub(super) parent: Option<Pid>,
    /// Processes whose descendants serve the command.
    pub(super) servers: Vec<Pid>,
    pub(super) plot: When,
    pub(super) quiet: bool,
    /// Program and arguments; never empty.
    pub(super) command: Vec<OsString>,
}

impl Options {
    fn new() -> Self {
        Self {
            period: Duration::from_millis(10),
            out: None,
            json: None,
            timeout: None,
            memory_limit: None,
            heap: false,
            passes: Wanted::default(),
            keep_high_water: false,
            steady: false,
            parent: None,
            servers: Vec::new(),
            plot: When::Auto,
            quiet: false,
            command: Vec::new(),
        }
    }
}

/// What the command line asks for: what memprobe does besides measuring is told by the first
/// argument alone.
///
/// # Errors
/// What is wrong with it, and where help is.
pub(super) fn parse(mut parser: Parser) -> Result<Request, String> {
    let mut first_is = |name: &str| {
        let first = parser.try_raw_args();
        first.is_some_and(|mut first| first.next_if(|argument| argument == name).is_some())
    };
    if first_is("plot") {
        return plot::parse(parser).map(Request::Plot).map_err(see("memprobe plot --help"));
    }
    if first_is("export") {
        return export::parse(parser).map(Request::Export).map_err(see("memprobe export --help"));
    }
    measurement(parser).map_err(see("memprobe --help"))
}

fn see(help: &str) -> impl Fn(lexopt::Error) -> String {
    move |error| format!("{error}\nhint: `{help}` shows the options")
}

/// Options end at `--` or at the command, so that the command's own options are its own.
fn measurement(mut parser: Parser) -> Result<Request, lexopt::Error> {
    let mut options = Options::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("period") => options.period = period(&parser.value()?.string()?)?,
            Arg::Long("out") => options.out = Some(parser.value()?.into()),
            Arg::Long("json") => options.json = Some(parser.value()?.into()),
            Arg::Long("timeout") => options.timeout = Some(time(&parser.value()?.string()?)?),
            Arg::Long("memory-limit") => {
                options.memory_limit = Some(size(&parser.value()?.string()?)?);
            }
            Arg::Long("heap") => options.heap = true,
            Arg::Long("objects") => options.passes.add_class(parser.value()?.string()?)?,
            Arg::Long("lines") => options.passes.set_lines(&parser.value()?.string()?)?,
            Arg::Long("keep-high-water") => options.keep_high_water = true,
            Arg::Long("steady") => options.steady = true,
            Arg::Long("parent") => options.parent = Some(pid(&parser.value()?.string()?)?),
            Arg::Long("server") => options.servers.push(pid(&parser.value()?.string()?)?),
            Arg::Long("plot") => options.plot = When::parse(&parser.value()?.string()?)?,
            Arg::Short('q') | Arg::Long("quiet") => options.quiet = true,
            Arg::Short('h') | Arg::Long("help") => return Ok(Request::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Request::Version),
            Arg::Value(program) => {
                options.command.push(program);
                options.command.extend(parser.raw_args()?);
                options.heap |= options.passes.any();
                return Ok(Request::Measure(options));
            }
            unknown => return Err(unknown.unexpected()),
        }
    }
    Err("there is no command to run".into())
}

fn pid(text: &str) -> Result<Pid, lexopt::Error> {
    let pid = text.parse().ok().filter(|pid| *pid > 0).and_then(Pid::from_raw);
    pid.ok_or_else(|| format!("`{text}` is no process's id").into())
}

fn period(text: &str) -> Result<Duration, lexopt::Error> {
    let period = time(text)?;
    if period < Duration::from_millis(1) {
        return Err(format!("--period {text}: 1ms is the shortest").into());
    }
    Ok(period)
}

fn time(text: &str) -> Result<Duration, lexopt::Error> {
    let time = SignedDuration::from_str(text)
        .ok()
        .and_then(|time| Duration::try_from(time).ok())
        .filter(|time| !time.is_zero());
    time.ok_or_else(|| format!("`{text}` is no time; write it as 10ms, 90s or 1h 30m").into())
}

fn size(text: &str) -> Result<u64, lexopt::Error> {
    match ByteSize::from_str(text) {
        Ok(ByteSize(bytes)) if bytes > 0 => Ok(bytes),
        _ => Err(format!("`{text}` is no size; write it as 512MiB or 2GiB").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Request, String> {
        parse(Parser::from_args(arguments))
    }

    fn measure(arguments: &[&str]) -> Options {
        match parsed(arguments) {
            Ok(Request::Measure(options)) => options,
            other => panic!("{arguments:?}: {other:?}"),
        }
    }

    #[test]
    fn the_commands_options_are_its_own() {
        for arguments in [&["--quiet", "--", "ls", "-q"][..], &["-q", "ls", "-q"]] {
            let options = measure(arguments);
            assert!(options.quiet);
            assert_eq!(options.command, ["ls", "-q"]);
        }
        assert_eq!(measure(&["--", "--version"]).command, ["--version"]);
        assert_eq!(measure(&["a", "--", "b"]).command, ["a", "--", "b"]);
    }

    #[test]
    fn only_the_first_argument_is_no_command() {
        assert!(matches!(parsed(&["plot", "a"]), Ok(Request::Plot(_))));
        assert!(parsed(&["plot"]).unwrap_err().contains("which file"));
        assert!(matches!(parsed(&["export", "a", "--format=csv"]), Ok(Request::Export(_))));
        assert!(parsed(&["export", "a", "--format=xls"]).unwrap_err().contains("csv or parquet"));
        for command in ["plot", "export"] {
            let error = parsed(&[command, "--no-such-option"]).unwrap_err();
            assert!(error.contains(&format!("`memprobe {command} --help`")), "{error}");
        }
        assert_eq!(measure(&["--", "plot", "a"]).command, ["plot", "a"]);
        assert_eq!(measure(&["--plot", "never", "plot"]).command, ["plot"]);
    }

    #[test]
    fn times_and_sizes_are_read_as_people_write_them() {
        let options = measure(&["--period=2ms", "--timeout", "10m", "--memory-limit", "2GiB", "a"]);
        assert_eq!(options.period, Duration::from_millis(2));
        assert_eq!(options.timeout, Some(Duration::from_secs(600)));
        assert_eq!(options.memory_limit, Some(2 << 30));
    }

    #[test]
    fn help_fits_a_usual_terminal() {
        for help in [HELP, plot::HELP, export::HELP] {
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }

    #[test]
    fn wrong_usage_says_what_is_wrong() {
        for (arguments, wanted) in [
            (&["--period", "0.2ms", "a"][..], "shortest"),
            (&["--period", "fast", "a"], "`fast` is no time"),
            (&["--timeout", "-1s", "a"], "`-1s` is no time"),
            (&["--memory-limit", "much", "a"], "`much` is no size"),
            (&["--perod", "1ms", "a"], "--perod"),
            (&["--plot", "no", "a"], "auto, always or never"),
            (&["--objects", "Record", "a"], "app.models.Record"),
            (&["--objects", "a.b c", "a"], "`a.b c` is no class"),
            (&["--lines", "0", "a"], "from 1 to 200"),
            (&["--quiet"], "no command"),
            (&["--"], "no command"),
        ] {
            let error = parsed(arguments).unwrap_err();
            assert!(error.contains(wanted), "{arguments:?}: {error}");
        }
    }
}
