//! The table at the end of a run.

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell as Field, Color};

use super::{Options, wording};
use crate::analyse::summary::{CellSummary, Summary};
use crate::outcome::Outcome;
use crate::render::format::{self, Direction};
use crate::render::ranking;
use crate::render::terminal::{Look, empty_table, right, some_of};

/// Cell, outcome, peak, change against the twin, live heap and what the server held if they are
/// known, what the matrix declares, time. Below it each distinct reason of cells that are not `ok`, with the command that
/// would help, and the rankings. Ends with a newline.
pub(super) fn render(summary: &Summary, options: &Options) -> String {
    let look = options.look;
    let mut table = empty_table(look);
    let mut header = vec![Field::new("cell"), Field::new("outcome"), right("peak RSS")];
    let against = summary.baseline.as_ref().map(|(_, value)| value.as_str());
    header.extend(against.map(|value| right(&format!("vs {value}"))));
    let beside = wording::beside(summary, &options.metrics);
    header.extend(beside.iter().map(|(name, _)| right(&format::visible(name))));
    header.push(right("time"));
    table.set_header(header.into_iter().map(|field| field.add_attribute(Attribute::Bold)));
    for cell in &summary.cells {
        table.add_row(row(cell, against.is_some(), &beside));
    }
    let table: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let notes = wording::findings(summary).into_iter().map(|found| note(&found, look));
    let rankings = ranking::table(&options.rankings, look);
    table + &notes.collect::<String>() + &rankings
}

fn row(cell: &CellSummary, compared: bool, beside: &[(String, String)]) -> Vec<Field> {
    let figure = |metric: &str| right(&wording::figure(cell, metric));
    let mut row = vec![Field::new(&cell.cell.id), outcome(cell), figure("peak_rss")];
    if compared {
        row.push(change(cell));
    }
    row.extend(beside.iter().map(|(_, metric)| figure(metric)));
    row.push(figure("wall_time"));
    row
}

fn outcome(cell: &CellSummary) -> Field {
    let color = match cell.outcome {
        Some(Outcome::Ok) => Color::Green,
        None | Some(Outcome::Unavailable | Outcome::Interrupted) => Color::Yellow,
        Some(_) => Color::Red,
    };
    Field::new(wording::outcome(cell)).fg(color)
}

fn change(cell: &CellSummary) -> Field {
    let Some(change) = cell.changes.get("peak_rss") else { return right("") };
    let field = right(&wording::change(change));
    match change.ratio.map(|ratio| Direction::of(ratio).toned(change.better)) {
        None => field.fg(Color::Yellow),
        Some(Direction::Less) => field.fg(Color::Green),
        Some(Direction::Same) => field,
        Some(Direction::More) => field.fg(Color::Red),
    }
}

fn note(found: &wording::Finding<'_>, look: Look) -> String {
    let strong = if look.color { Style::new().bold() } else { Style::new() };
    let command = if look.color { AnsiColor::Cyan.on_default() } else { Style::new() };
    let reason = format::visible(found.reason.trim_end()).replace('\n', "\n  ");
    let (what, cells) = (found.what, some_of(&found.cells));
    let mut note = format!("\n{strong}{what}{strong:#}: {cells}\n  {reason}\n");
    if let Some(help) = found.help {
        note.push_str(&format!("  try: {command}{help}{command:#}\n"));
    }
    note
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::sample::Sample;

    fn looking(look: Look) -> Options {
        Options { look, ..Options::default() }
    }

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
        insta::assert_snapshot!(render(&sample().summary(), &looking(look)));
    }

    #[test]
    fn it_fits_a_narrow_terminal() {
        let table = render(&sample().summary(), &looking(Look { color: false, width: Some(40) }));
        let rows = table.lines().take_while(|line| !line.is_empty());
        assert!(rows.into_iter().all(|line| line.chars().count() <= 40), "{table}");
    }

    #[test]
    fn colour_only_adds_colour() {
        let plain = render(&sample().summary(), &looking(Look { color: false, width: None }));
        let coloured = render(&sample().summary(), &looking(Look { color: true, width: None }));
        assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'));
        assert_eq!(
            anstream::adapter::strip_str(&coloured).to_string().replace(' ', ""),
            plain.replace(' ', "")
        );
    }

    #[test]
    fn declared_metrics_and_rankings_stand_in_it() {
        let rankings = vec![crate::analyse::ranking::sample::ranking()];
        let metrics = vec!["cpu_time".to_owned(), "never_sent".to_owned()];
        let text =
            render(&sample().summary(), &Options { metrics, rankings, ..Options::default() });
        assert!(text.lines().next().unwrap().contains("CPU time"), "{text}");
        assert!(!text.contains("never"));
        assert!(text.contains("method, by wall time (less is better)"));
    }
}
