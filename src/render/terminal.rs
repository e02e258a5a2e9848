//! The table at the end of a run.

use std::borrow::Borrow;

use anstyle::{AnsiColor, Style};
use comfy_table::{
    Attribute, Cell as Field, CellAlignment, Color, ContentArrangement, LineStyle, Table, presets,
};
use indexmap::IndexMap;

use super::format;
use crate::analyse::summary::{CellSummary, Summary};
use crate::outcome::Outcome;

/// What stands beside RSS where it is known: columns with their metrics.
const BESIDE: [(&str, &str); 2] = [("live heap", "peak_heap"), ("server", "peak_server")];

/// How the table is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Whether to use colours.
    pub color: bool,
    /// Columns of the terminal; `None` if it is none, and lines may be as long as they need to be.
    pub width: Option<u16>,
}

/// The cells for which `shown` holds: cell, outcome, peak, change against the twin, live heap and what
/// the server held if they are known, time. Below it each distinct reason of cells that are not `ok`, with the command that would help. Ends with
/// a newline.
#[must_use]
pub fn table(summary: &Summary, shown: impl Fn(&CellSummary) -> bool, look: Look) -> String {
    let cells: Vec<_> = summary.cells.iter().filter(|cell| shown(cell)).collect();
    let mut table = empty_table(look);
    let against = summary.baseline.as_ref().map(|(_, value)| value.as_str());
    let mut header = vec![Field::new("cell"), Field::new("outcome"), right("peak RSS")];
    if let Some(value) = against {
        header.push(right(&format!("vs {value}")));
    }
    let is_known =
        |(_, metric): &(_, &str)| cells.iter().any(|cell| cell.metrics.contains_key(*metric));
    let beside: Vec<_> = BESIDE.into_iter().filter(is_known).collect();
    header.extend(beside.iter().map(|(name, _)| right(name)));
    header.push(right("time"));
    table.set_header(header.into_iter().map(|field| field.add_attribute(Attribute::Bold)));
    for cell in &cells {
        table.add_row(row(cell, against.is_some(), &beside));
    }
    let table: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    table + &notes(&cells, look)
}

pub(super) fn empty_table(look: Look) -> Table {
    let mut table = Table::new();
    let style = presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));
    table.load_style(style);
    table.force_no_tty().set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = look.width {
        table.set_width(width);
    }
    if look.color {
        table.enforce_styling();
    }
    table
}

pub(super) fn right(text: &str) -> Field {
    Field::new(text).set_alignment(CellAlignment::Right)
}

fn row(cell: &CellSummary, compared: bool, beside: &[(&str, &str)]) -> Vec<Field> {
    let figure = |name: &str| {
        cell.metrics
            .get(name)
            .map_or_else(|| "–".to_owned(), |figure| format::value(&figure.unit, figure.median))
    };
    let mut row = vec![Field::new(&cell.cell.id), outcome(cell), right(&figure("peak_rss"))];
    if compared {
        row.push(change(cell));
    }
    row.extend(beside.iter().map(|(_, metric)| right(&figure(metric))));
    row.push(right(&figure("wall_time")));
    row
}

fn outcome(cell: &CellSummary) -> Field {
    let word = cell.outcome.map_or("not run", Outcome::as_str);
    let color = match cell.outcome {
        Some(Outcome::Ok) => Color::Green,
        None | Some(Outcome::Unavailable | Outcome::Interrupted) => Color::Yellow,
        Some(_) => Color::Red,
    };
    Field::new(word).fg(color)
}

fn change(cell: &CellSummary) -> Field {
    let Some(change) = cell.changes.get("peak_rss") else { return right("") };
    let Some(ratio) = change.ratio else { return right("not comparable").fg(Color::Yellow) };
    let direction = format::Direction::of(ratio);
    let field = right(&format!("{} {}", direction.sign(), format::change(ratio)));
    match direction {
        format::Direction::Less => field.fg(Color::Green),
        format::Direction::Same => field,
        format::Direction::More => field.fg(Color::Red),
    }
}

/// Why cells are not `ok` or not comparable: each distinct reason once, with its cells.
fn notes(cells: &[&CellSummary], look: Look) -> String {
    let mut reasons: IndexMap<(&str, &str, Option<&str>), Vec<String>> = IndexMap::new();
    for cell in cells {
        let id = cell.cell.id.to_string();
        if let (Some(outcome), Some(reason)) = (cell.outcome, cell.reason.as_deref())
            && outcome != Outcome::Ok
        {
            let key = (outcome.as_str(), reason, cell.help.as_deref());
            reasons.entry(key).or_default().push(id.clone());
        }
        if let Some(why) =
            cell.changes.get("peak_rss").and_then(|change| change.not_comparable.as_deref())
            && cell.outcome == Some(Outcome::Ok)
        {
            reasons.entry(("not comparable", why, None)).or_default().push(id);
        }
    }
    reasons
        .into_iter()
        .map(|((word, reason, help), ids)| note(word, reason, help, &ids, look))
        .collect()
}

fn note(word: &str, reason: &str, help: Option<&str>, ids: &[String], look: Look) -> String {
    let strong = if look.color { Style::new().bold() } else { Style::new() };
    let command = if look.color { AnsiColor::Cyan.on_default() } else { Style::new() };
    let reason = format::visible(reason.trim_end()).replace('\n', "\n  ");
    let mut note = format!("\n{strong}{word}{strong:#}: {}\n  {reason}\n", some_of(ids));
    if let Some(help) = help {
        note.push_str(&format!("  try: {command}{help}{command:#}\n"));
    }
    note
}

/// As many ids as are listed where there may be many.
pub(super) const FEW: usize = 6;

/// The first few ids, and how many more there are.
#[must_use]
pub fn some_of<S: Borrow<str>>(ids: &[S]) -> String {
    if ids.len() <= FEW {
        return ids.join(", ");
    }
    format!("{} and {} more", ids[..FEW].join(", "), ids.len() - FEW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::sample::Sample;

    fn sample() -> Sample {
        let mut sample = Sample::default_matrix();
        for format in ["json", "xml", "yaml"] {
            for state in ["unpatched", "patched"] {
                let id = format!("mysql/{format}/{state}");
                let help = Some("memgrid setup");
                sample.end(
                    0,
                    &id,
                    Outcome::Unavailable,
                    "no MySQL or MariaDB server was found",
                    help,
                );
            }
        }
        sample.end(0, "sqlite/xml/patched", Outcome::Failed, "exit status 1: \u{1b}[31mboom", None);
        sample
    }

    #[test]
    fn it_reads_well_without_colour() {
        let look = Look { color: false, width: Some(100) };
        insta::assert_snapshot!(table(&sample().summary(), |_| true, look));
    }

    #[test]
    fn it_fits_a_narrow_terminal() {
        let table = table(&sample().summary(), |_| true, Look { color: false, width: Some(40) });
        let rows = table.lines().take_while(|line| !line.is_empty());
        assert!(rows.into_iter().all(|line| line.chars().count() <= 40), "{table}");
    }

    #[test]
    fn colour_only_adds_colour() {
        let plain = table(&sample().summary(), |_| true, Look { color: false, width: None });
        let coloured = table(&sample().summary(), |_| true, Look { color: true, width: None });
        assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'));
        assert_eq!(
            anstream::adapter::strip_str(&coloured).to_string().replace(' ', ""),
            plain.replace(' ', "")
        );
    }

    #[test]
    fn only_what_is_shown_is_listed() {
        let table = table(
            &sample().summary(),
            |cell| cell.cell.id.as_str() == "sqlite/json/patched",
            Look::default(),
        );
        assert!(table.contains("sqlite/json/patched") && !table.contains("mysql"));
    }
}
