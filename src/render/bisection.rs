//! What a search for the first bad commit found, for a person in a terminal.

use anstyle::{AnsiColor, Style};

use super::format;
use crate::analyse::bisection::{Bisection, Tested};
use crate::measurement::Unit;
use crate::plan::bisect::Finding;
use crate::prepare::source::CommitInfo;

/// How much of a commit's hash is shown where it is not the answer.
const SHORT: usize = 12;

/// The whole text.
#[must_use]
pub fn text(bisection: &Bisection, color: bool) -> String {
    let mut text = match &bisection.found {
        Some(found) => answer(bisection, found, color),
        None => candidates(bisection, color),
    };
    let (metric, unit) = (format::metric(&bisection.metric), &bisection.unit);
    let change = format::from_to_in(unit, bisection.before, bisection.after);
    text += &format!("\n{}: {change}\n", format::visible(&metric));
    let skipped = bisection.measured.iter().filter(|t| t.finding == Finding::Skipped).count();
    let looked = bisection.measured.len();
    text += &format!("\n{looked} commits were looked at, {} may have been it", bisection.suspects);
    text += &match skipped {
        0 => ":\n".to_owned(),
        skipped => format!("; {skipped} could not be measured:\n"),
    };
    for tested in &bisection.measured {
        text += &line(tested, unit, color);
    }
    text
}

fn answer(bisection: &Bisection, found: &CommitInfo, color: bool) -> String {
    let strong = style(Style::new().bold(), color);
    let CommitInfo { commit, author, date, subject } = found;
    format!(
        "{strong}{commit} made {} worse{strong:#}\nAuthor: {}\nDate:   {date}\n\n    {}\n",
        bisection.cell,
        format::visible(author),
        format::visible(subject),
    )
}

fn candidates(bisection: &Bisection, color: bool) -> String {
    let strong = style(Style::new().bold(), color);
    let mut text = format!(
        "{strong}One of these commits made {} worse; what could be measured does not tell which:{strong:#}\n",
        bisection.cell
    );
    for info in &bisection.candidates {
        text += &format!("  {} {}\n", short(&info.commit), format::visible(&info.subject));
    }
    text
}

fn line(tested: &Tested, unit: &Unit, color: bool) -> String {
    let (word, hue) = match tested.finding {
        Finding::Good => ("good", AnsiColor::Green),
        Finding::Bad => ("bad", AnsiColor::Red),
        Finding::Skipped => ("skipped", AnsiColor::Yellow),
    };
    let hue = style(hue.on_default(), color);
    let value = tested.median.map(|median| format::value(unit, median)).unwrap_or_default();
    let commit = short(&tested.commit.commit);
    let subject = format::visible(&tested.commit.subject);
    let reason = match &tested.reason {
        Some(reason) => format!("\n{:29}{}", "", format::visible(first_line(reason))),
        None => String::new(),
    };
    format!("  {hue}{word:7}{hue:#} {commit}  {value:>10}  {subject}{reason}\n")
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn short(commit: &str) -> &str {
    commit.get(..SHORT).unwrap_or(commit)
}

fn style(style: Style, color: bool) -> Style {
    if color { style } else { Style::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::CellId;

    fn tested(commit: char, finding: Finding, median: Option<f64>, reason: Option<&str>) -> Tested {
        Tested {
            commit: info(commit),
            finding,
            values: median.into_iter().collect(),
            median,
            runs: vec!["run".to_owned()],
            reused: false,
            reason: reason.map(str::to_owned),
        }
    }

    fn info(commit: char) -> CommitInfo {
        CommitInfo {
            commit: commit.to_string().repeat(40),
            author: "A <a@example.org>".to_owned(),
            date: "2026-11-20T10:00:00+00:00".to_owned(),
            subject: format!("Change \u{1b}[31m{commit}"),
        }
    }

    fn bisection(found: bool) -> Bisection {
        Bisection {
            schema: 1,
            cell: CellId::from_values(["sqlite", "yaml"]),
            source: "subject".to_owned(),
            metric: "peak_rss".to_owned(),
            unit: Unit::Bytes,
            suspects: 4,
            found: found.then(|| info('c')),
            candidates: if found { vec![] } else { vec![info('b'), info('c')] },
            before: 51.0 * format::MIB,
            after: 92.5 * format::MIB,
            measured: vec![
                tested('a', Finding::Good, Some(51.0 * format::MIB), None),
                tested('d', Finding::Bad, Some(92.5 * format::MIB), None),
                tested('b', Finding::Skipped, None, Some("failed: exit code 1\nmore")),
            ],
        }
    }

    #[test]
    fn the_commit_stands_first_and_what_was_measured_below() {
        insta::assert_snapshot!(text(&bisection(true), false));
        assert!(text(&bisection(true), true).contains("\u{1b}["));
    }

    #[test]
    fn without_one_the_candidates_are_named() {
        let text = text(&bisection(false), false);
        assert!(text.starts_with("One of these commits"), "{text}");
        assert!(text.contains("  bbbbbbbbbbbb Change") && text.contains("  cccccccccccc Change"));
    }
}
