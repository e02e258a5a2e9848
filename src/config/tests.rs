//! Whole files: the default matrix, and small ones with a bit of everything.

mod problems;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::error::{Error, ErrorKind};
use crate::measurement::Better;
use crate::plan::expand;

const ROOT: &str = "/project";

/// Everything below the root exists, but for what is called `missing…`; what has an extension is
/// a file, or a pipe if it is called `pipe…`.
fn look_up(path: &Path) -> Option<PathKind> {
    assert!(path.is_absolute(), "{path:?} is asked for");
    let name = path.file_name()?.to_str()?;
    match name {
        _ if name.starts_with("missing") => None,
        _ if name.starts_with("pipe") => Some(PathKind::Other),
        _ if name.contains('.') => Some(PathKind::File),
        _ => Some(PathKind::Folder),
    }
}

fn read(text: &str) -> Result<Config, Problems> {
    load("matrix.toml", text, Path::new(ROOT), &look_up)
}

/// What is rendered without the part that repeats the file.
fn messages(text: &str) -> Vec<String> {
    let Err(problems) = read(text) else { return Vec::new() };
    let message = |problem: &Problem| {
        let marked = problem.span.clone().map_or("", |span| &text[span]);
        let hint = problem.hint.as_deref().unwrap_or("-");
        format!("{marked} | {} | {hint}", problem.message)
    };
    problems.as_slice().iter().map(message).collect()
}

const SMALL: &str = "[matrix]\nformat = [\"json\", \"xml\"]\n[workload]\ncommand = [\"true\"]\n";

/// [`SMALL`] with more to it.
fn with(more: &str) -> String {
    format!("{SMALL}{more}\n")
}

#[test]
fn the_default_matrix_has_eighteen_cells() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = include_str!("../../matrix.toml");
    let on_disk = |path: &Path| {
        let metadata = path.metadata().ok()?;
        Some(if metadata.is_dir() { PathKind::Folder } else { PathKind::File })
    };
    let config = load("matrix.toml", text, root, &on_disk).unwrap_or_else(|p| panic!("{p}"));
    let ids: Vec<_> = expand(&config.matrix).iter().map(|cell| cell.id.to_string()).collect();
    insta::assert_snapshot!(ids.join("\n"), @"
    sqlite/json/unpatched
    sqlite/json/patched
    sqlite/xml/unpatched
    sqlite/xml/patched
    sqlite/yaml/unpatched
    sqlite/yaml/patched
    postgresql/json/unpatched
    postgresql/json/patched
    postgresql/xml/unpatched
    postgresql/xml/patched
    postgresql/yaml/unpatched
    postgresql/yaml/patched
    mysql/json/unpatched
    mysql/json/patched
    mysql/xml/unpatched
    mysql/xml/patched
    mysql/yaml/unpatched
    mysql/yaml/patched
    ");
    assert_eq!(config.compare.axis.as_deref(), Some("state"));
    assert_eq!(config.compare.baseline.as_deref(), Some("unpatched"));
    assert_eq!(config.measure, Measure::default());
    assert_eq!(config.states["patched"].changes[SUBJECT].patches.len(), 3);
    assert_eq!(config.states["unpatched"].changes.len(), 0);
    assert_eq!(config.backends["mysql"].kind, BackendKind::Mysql);
    assert_eq!(config.workload.files[1], root.join("workload/serialize.py"));
}

/// The blocks of a document that are TOML.
fn examples(document: &str) -> Vec<&str> {
    document.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The reference's first example claims to be complete; the one about `include` shows ids.
#[test]
fn the_examples_of_the_reference_are_right() {
    let examples = examples(include_str!("../../docs/matrix.md"));
    let ids = |text: &str| -> Vec<String> {
        let config = read(text).unwrap_or_else(|problems| panic!("{problems}"));
        expand(&config.matrix).iter().map(|cell| cell.id.to_string()).collect()
    };
    assert_eq!(ids(examples[0]), ["1000", "100000"]);
    let start = self::examples(include_str!("../../docs/start.md"))[0];
    assert_eq!(ids(start), ["10000/main", "10000/change", "300000/main", "300000/change"]);
    let fruit = format!("{}\n[workload]\ncommand = [\"true\"]", examples[1]);
    assert_eq!(ids(&fruit), ["apple/cat", "apple/dog", "pear/cat", "pear/dog", "banana"]);
}

#[test]
fn a_small_matrix_needs_no_more_than_axes_and_a_command() {
    let config = read(SMALL).unwrap();
    assert_eq!(expand(&config.matrix).len(), 2);
    let none = Compare { axis: None, baseline: None, same_output: true, fail_on: None, rank: None };
    assert_eq!(config.compare, none);
    assert_eq!(config.reports, Path::new("/project/reports"));
    assert!(config.python.is_none() && config.dataset.is_none());
}

#[test]
fn paths_become_absolute_and_arguments_with_a_dot_do_too() {
    let text = r#"
        [matrix]
        format = ["json"]
        [subject]
        git = "../django"
        [sources.driver]
        git = "git@example.org:driver.git"
        rev = "v1"
        [workload]
        command = ["./run.sh", "./{format}.py", "other.py", "{subject}", "{source:driver}"]
        files = ["./data"]
    "#;
    let root = Path::new("/a{b}/c");
    let config = load("matrix.toml", text, root, &look_up).unwrap();
    assert_eq!(config.workload.command[0], "/a{{b}}/c/run.sh");
    assert_eq!(config.workload.command[1], "/a{{b}}/c/{format}.py");
    assert_eq!(config.workload.command[2], "other.py");
    let files = ["data", "run.sh", "json.py"].map(|name| root.join(name));
    assert_eq!(config.workload.files, files);
    let origin = |name: &str| config.sources[name].origin.clone();
    let git = |repository: &str, rev: &str| Origin::Git {
        repository: repository.to_owned(),
        rev: rev.to_owned(),
    };
    assert_eq!(origin(SUBJECT), git("/a{b}/c/../django", "HEAD"));
    assert_eq!(origin("driver"), git("git@example.org:driver.git", "v1"));
}

#[test]
fn values_of_any_scalar_type_are_text_as_written() {
    let text = "[matrix]\nv = [3.10, 50_000, true, \"x\"]\n[workload]\ncommand = [\"true\"]";
    assert_eq!(read(text).unwrap().matrix.axes["v"], ["3.10", "50000", "true", "x"]);
}

#[test]
fn measure_and_values_are_read() {
    let config = read(&with(
        r#"
        [format.json]
        env = { INDENT = 2, NAME = "{cell}" }
        [format.xml]
        [measure]
        period = "1.5 s"
        repeats = 3
        warmup = 1
        timeout = "2h"
        jobs = 2
        memory_limit = "512MiB"
        log_limit = "1MiB"
        steady = false
        heap = true
        seed = 7
        "#,
    ))
    .unwrap();
    assert_eq!(config.values["format"]["json"].env["INDENT"], "2");
    let expected = Measure {
        period: Duration::from_millis(1_500),
        repeats: 3,
        warmup: 1,
        timeout: Duration::from_secs(7_200),
        jobs: 2,
        memory_limit: Some(512 << 20),
        log_limit: 1 << 20,
        steady: false,
        heap: true,
        seed: Some(7),
    };
    assert_eq!(config.measure, expected);
}

#[test]
fn rules_are_read() {
    let rules = |more: &str| read(&with(&format!("[compare]\n{more}"))).unwrap().compare.fail_on;
    let read = rules(r#"fail_on = ["peak_rss > 3%", "j*:growth_rss>16B/row"]"#).unwrap();
    let read: Vec<_> = read.iter().map(ToString::to_string).collect();
    assert_eq!(read, ["peak_rss>3%", "j*:growth_rss>16B/row"]);
    assert_eq!(rules("fail_on = []"), Some(Vec::new()));
    assert_eq!(rules(""), None);
}

#[test]
fn a_matrix_may_consist_of_include_alone() {
    let text = "[[matrix.include]]\nstate = \"a\"\nbackend = \"sqlite\"\n[state.a]\n[backend.sqlite]\n\
                [workload]\ncommand = [\"{state}\", \"{database_url}\"]";
    let config = read(text).unwrap_or_else(|problems| panic!("{problems}"));
    let cells = expand(&config.matrix);
    assert_eq!(cells[0].id.as_str(), "a/sqlite");
    assert_eq!((cells[0].state(), cells[0].backend()), (Some("a"), Some("sqlite")));
    let bad = text.replace("state = \"a\"", "state = \"../a\"");
    assert!(messages(&bad)[0].contains("can't be part of a cell's id"));
}

#[test]
fn a_matrix_beyond_measure_is_refused() {
    let values = (0..100).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let axes: String = (0..30).map(|axis| format!("axis{axis} = [{values}]\n")).collect();
    let messages = messages(&format!("[matrix]\n{axes}[workload]\ncommand = [\"true\"]"));
    assert!(messages[0].contains("more than 100000 cells"), "{messages:?}");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_read() {
    let text = format!("\u{feff}{}", SMALL.replace('\n', "\r\n"));
    assert!(read(&text).is_ok());
}

#[test]
fn overrides_replace_what_the_file_says() {
    let config = read(SMALL).unwrap();
    let overrides = Overrides {
        repeats: Some(5),
        seed: Some(1),
        period: Some(Duration::from_millis(2)),
        reports: Some(PathBuf::from("/elsewhere")),
        ..Overrides::default()
    };
    let config = config.with(&overrides).unwrap();
    assert_eq!((config.measure.repeats, config.measure.seed), (5, Some(1)));
    assert_eq!(config.measure.period, Duration::from_millis(2));
    assert_eq!(config.measure.jobs, 1);
    assert_eq!(config.reports, Path::new("/elsewhere"));
}

#[test]
fn overrides_that_make_no_sense_name_the_option() {
    let refused = |overrides: Overrides| {
        let error = read(SMALL).unwrap().with(&overrides).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        error.to_string()
    };
    let none = Overrides::default;
    assert!(refused(Overrides { repeats: Some(0), ..none() }).starts_with("--repeats"));
    assert!(refused(Overrides { jobs: Some(0), ..none() }).starts_with("--jobs"));
    assert!(refused(Overrides { period: Some(Duration::ZERO), ..none() }).starts_with("--period"));
    assert!(refused(Overrides { rows: Some(5), ..none() }).starts_with("--rows"));
}

proptest::proptest! {
    #[test]
    fn reading_never_panics(text in "(\\[{1,2}(matrix|state|state.a|workload|dataset|measure)\\]{1,2}\n|[a-z]{1,6} = |\"[^\"]{0,4}\"\n|[0-9]{1,3}\n|\\[|\\]|\\{|\\}|,|\n|é|command|exclude|=){0,30}") {
        if let Err(problems) = read(&text) {
            proptest::prop_assert!(!problems.as_slice().is_empty());
            proptest::prop_assert!(!problems.render(false).is_empty());
        }
    }
}

fn with_metrics(text: &str) -> Result<Config, Problems> {
    read(&format!("{SMALL}\n{text}"))
}

#[test]
fn metrics_say_which_way_they_are_better() {
    let text = r#"
        [metrics.requests_per_second]
        better = "higher"
        description = "Answered requests"
        [metrics."latency p99"]
        better = "lower"
        [compare]
        fail_on = ["requests_per_second>5%"]
        rank = "format"
    "#;
    let config = with_metrics(&text.replace("latency p99", "latency.p99")).unwrap();
    assert_eq!(config.metrics["requests_per_second"].better, Better::Higher);
    assert_eq!(config.directions().of_name("latency.p99"), Some(Better::Lower));
    let rank = config.compare.rank.unwrap();
    assert_eq!((rank.axis.as_str(), rank.metrics.len()), ("format", 2));
    let problems = with_metrics(text).unwrap_err().to_string();
    assert!(problems.contains("can't be a metric's name"), "{problems}");
}

#[test]
fn what_can_not_be_judged_or_ranked_is_told_why() {
    for (text, said) in [
        ("[metrics.a]", "`[metrics.a]` needs `better`"),
        ("[metrics.a]\nbetter = \"hihger\"", "did you mean `higher`?"),
        ("[metrics.peak_rss]\nbetter = \"lower\"", "is memgrid's own metric"),
        ("[compare]\nfail_on = [\"speed>5%\"]", "[metrics.speed]"),
        (
            "[metrics.speed]\nbetter = \"higher\"\n[compare]\nfail_on = [\"sped>5%\"]",
            "did you mean `speed`?",
        ),
        ("[compare]\nrank = \"formats\"", "did you mean `format`?"),
        ("[compare]\nrank = \"format\"\nrank_by = [\"speed\"]", "[metrics.speed]"),
        ("[compare]\nrank = \"format\"\nrank_by = []", "names no metric"),
        ("[compare]\nrank_by = [\"peak_rss\"]", "rank = \"AXIS\""),
    ] {
        let problems = with_metrics(text).unwrap_err().to_string();
        assert!(problems.contains(said), "{text}: {problems}");
    }
}
