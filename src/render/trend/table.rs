//! A trend in the terminal: a line of blocks, a row for each run, and what changed between them.

use std::fmt::Write as _;

use anstyle::Style;
use comfy_table::{Attribute, Cell as Field, Color};
use indexmap::IndexSet;

use super::{SourceHistory, spark};
use crate::analyse::summary::{Change, Statistic};
use crate::analyse::trend::{Step, Trend};
use crate::history::PastSource;
use crate::outcome::Outcome;
use crate::prepare::source::{Commits, short};
use crate::render::format;
use crate::render::terminal::{Look, empty_table, right};

/// The trend as text, oldest run first. Ends with a newline.
#[must_use]
pub fn table(trend: &Trend, changes: &[SourceHistory], look: Look) -> String {
    let mut text = head(trend, look);
    text.push_str(&rows(trend, look));
    for change in changes {
        text.push_str(&history(change, look));
    }
    text
}

fn head(trend: &Trend, look: Look) -> String {
    let strong = strong(look);
    let medians: Vec<Option<f64>> =
        trend.steps.iter().map(|step| step.figure.as_ref().map(|figure| figure.median)).collect();
    let low = least(trend, |one, other| one.median < other.median);
    let high = least(trend, |one, other| one.median > other.median);
    let range = low.zip(high).map(|(low, high)| {
        format!(
            "  {} to {}",
            format::value(&low.unit, low.median),
            format::value(&high.unit, high.median)
        )
    });
    format!(
        "{strong}{}: {}{strong:#}\n{}{}\n\n",
        trend.cell,
        format::metric(&trend.metric),
        spark::line(&medians),
        range.unwrap_or_default()
    )
}

fn least(trend: &Trend, before: impl Fn(&Statistic, &Statistic) -> bool) -> Option<&Statistic> {
    let figures = trend.measured().map(|(_, figure)| figure);
    figures.reduce(|found, figure| if before(figure, found) { figure } else { found })
}

fn rows(trend: &Trend, look: Look) -> String {
    let named = trend.steps.iter().any(|step| step.name.is_some());
    let repeated = trend.measured().any(|(_, figure)| figure.count > 1);
    let sources: IndexSet<&str> =
        trend.steps.iter().flat_map(|step| step.sources.keys().map(String::as_str)).collect();
    let mut table = empty_table(look);
    let mut header = vec![Field::new("run")];
    header.extend(named.then(|| Field::new("name")));
    header.extend([Field::new("began"), right("median")]);
    header.extend(repeated.then(|| right("range")));
    header.push(right("change"));
    header.extend(sources.iter().map(Field::new));
    header.push(Field::new("outcome"));
    table.set_header(header.into_iter().map(|field| field.add_attribute(Attribute::Bold)));
    for step in &trend.steps {
        let mut row = vec![Field::new(&step.run)];
        row.extend(named.then(|| Field::new(step.name.as_deref().unwrap_or_default())));
        row.push(Field::new(format::timestamp(step.started)));
        row.push(right(&median(step.figure.as_ref())));
        row.extend(repeated.then(|| right(&range(step.figure.as_ref()))));
        row.push(change(step.change.as_ref()));
        row.extend(
            sources
                .iter()
                .map(|source| Field::new(step.sources.get(*source).map_or("", PastSource::label))),
        );
        row.push(outcome(step));
        table.add_row(row);
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn median(figure: Option<&Statistic>) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format::value(&figure.unit, figure.median))
}

fn range(figure: Option<&Statistic>) -> String {
    let Some(figure) = figure.filter(|figure| figure.count > 1) else { return String::new() };
    let show = |value| format::value(&figure.unit, value);
    format!("{} to {}", show(figure.min), show(figure.max))
}

fn change(change: Option<&Change>) -> Field {
    let Some(change) = change else { return right("") };
    let Some(ratio) = change.ratio else {
        let why = change.not_comparable.as_deref().unwrap_or("from 0");
        return right(why).fg(Color::Yellow);
    };
    let direction = format::Direction::of(ratio);
    let field = right(&format!("{} {}", direction.sign(), format::change(ratio)));
    match direction.toned(change.better) {
        format::Direction::Less => field.fg(Color::Green),
        format::Direction::Same => field,
        format::Direction::More => field.fg(Color::Red),
    }
}

fn outcome(step: &Step) -> Field {
    let color = match step.outcome {
        Some(Outcome::Ok) => Color::Green,
        None | Some(Outcome::Unavailable | Outcome::Interrupted) => Color::Yellow,
        Some(_) => Color::Red,
    };
    Field::new(step.outcome.unwrap_or(Outcome::Interrupted).as_str()).fg(color)
}

/// What changed between two runs.
fn history(change: &SourceHistory, look: Look) -> String {
    let strong = strong(look);
    let SourceHistory { run, since, source, before, after, .. } = change;
    let mut text = format!("\n{strong}{source} between {since} and {run}{strong:#}\n");
    if before.origin != after.origin {
        let _ = writeln!(
            text,
            "  {} → {}",
            format::visible(&before.origin),
            format::visible(&after.origin)
        );
    }
    if before.patches != after.patches {
        let _ =
            writeln!(text, "  its patches changed: {}", patches(&before.patches, &after.patches));
    }
    if let Some(lying) = &change.commits {
        commits(&mut text, "+", &lying.added);
        commits(&mut text, "−", &lying.gone);
    }
    if let Some(why) = &change.unknown {
        let _ = writeln!(text, "  {why}");
    }
    text
}

/// How many came and went; if none did, their order changed.
fn patches(before: &[String], after: &[String]) -> String {
    let new = after.iter().filter(|patch| !before.contains(patch)).count();
    let gone = before.iter().filter(|patch| !after.contains(patch)).count();
    match (new, gone) {
        (0, 0) => "another order".to_owned(),
        (new, gone) => format!("{new} new, {gone} gone"),
    }
}

fn commits(text: &mut String, sign: &str, commits: &Commits) {
    for commit in &commits.listed {
        let _ = writeln!(
            text,
            "  {sign} {} {} {}, {}",
            short(&commit.commit),
            commit.date.get(..10).unwrap_or_default(),
            format::visible(&commit.subject),
            format::visible(commit.author_name())
        );
    }
    let more = commits.count - commits.listed.len();
    if more > 0 {
        let _ = writeln!(text, "  {sign} and {more} more");
    }
}

fn strong(look: Look) -> Style {
    if look.color { Style::new().bold() } else { Style::new() }
}
