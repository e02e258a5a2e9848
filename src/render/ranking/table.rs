//! Rankings in a terminal, with bars of text.

use anstyle::Style;
use comfy_table::{Attribute, Cell as Field, Color};

use super::wording::{self, Row};
use crate::analyse::ranking::{Group, Ranking};
use crate::render::format;
use crate::render::terminal::{self, Look};

/// Characters of the longest bar.
const BAR: usize = 20;

pub(super) fn render(rankings: &[Ranking], look: Look) -> String {
    let rankings: Vec<_> = rankings.iter().map(|ranking| one(ranking, look)).collect();
    rankings.join("\n")
}

fn one(ranking: &Ranking, look: Look) -> String {
    let strong = if look.color { Style::new().bold() } else { Style::new() };
    let title = wording::title(ranking);
    let mut text = format!("{strong}{}{strong:#}\n", format::visible(&title));
    for group in &ranking.groups {
        text.push('\n');
        if let Some(shared) = wording::group_title(group) {
            text += &format!("{}\n", format::visible(&shared));
        }
        text += &table(ranking, group, look);
        let notes = wording::ties(group).into_iter();
        let notes = notes.chain(wording::answers(group).map(str::to_owned));
        text.extend(notes.map(|note| filled(&note, look)));
    }
    text
}

fn table(ranking: &Ranking, group: &Group, look: Look) -> String {
    let mut table = terminal::empty_table(look);
    let header = [
        terminal::right("rank"),
        Field::new(format::visible(&ranking.axis)),
        terminal::right(&wording::figure_title(group)),
        terminal::right("mean"),
        terminal::right("std. dev."),
        terminal::right("of the best"),
        Field::new(""),
    ];
    table.set_header(header.map(|field| field.add_attribute(Attribute::Bold)));
    for row in wording::rows(group) {
        table.add_row(fields(&row));
    }
    let table: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let unranked = group
        .unranked
        .iter()
        .map(|it| filled(&format!("{}: {}", it.value, wording::unranked_reason(it)), look));
    table + &unranked.collect::<String>()
}

fn fields(row: &Row) -> Vec<Field> {
    let first = row.rank.trim_start_matches('=') == "1";
    let rank = terminal::right(&row.rank);
    vec![
        if first { rank.fg(Color::Green) } else { rank },
        Field::new(format::visible(&row.value)),
        terminal::right(&row.median),
        terminal::right(&row.mean),
        terminal::right(&row.deviation),
        terminal::right(&row.of_best),
        Field::new(bar(row.bar)),
    ]
}

/// A bar of this share of the longest, to an eighth of a character.
fn bar(share: f64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share * (BAR * 8) as f64).round() as usize;
    let (whole, rest) = (eighths / 8, eighths % 8);
    format!("{}{}", "█".repeat(whole), EIGHTHS[rest])
}

fn filled(text: &str, look: Look) -> String {
    let text = format::visible(text).replace('\n', " ");
    let width = look.width.map_or(usize::MAX, usize::from);
    let options = textwrap::Options::new(width).initial_indent("  ").subsequent_indent("    ");
    format!("{}\n", textwrap::fill(&text, options))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::ranking::sample::ranking;

    #[test]
    fn it_reads_well_without_colour() {
        let look = Look { color: false, width: Some(100) };
        insta::assert_snapshot!(render(&[ranking()], look));
    }

    #[test]
    fn it_fits_a_narrow_terminal() {
        let text = render(&[ranking()], Look { color: false, width: Some(60) });
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
    }

    #[test]
    fn bars_are_exact_to_an_eighth() {
        assert_eq!(bar(1.0), "█".repeat(BAR));
        assert_eq!(bar(0.0), "");
        assert_eq!(bar(0.5), "█".repeat(BAR / 2));
        assert_eq!(bar(1.0 / 160.0), "▏");
    }
}
