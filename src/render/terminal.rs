//! Tables in a terminal: how they look, and what they have in common.

use std::borrow::Borrow;

use comfy_table::{
    Cell as Field, CellAlignment, Color, ContentArrangement, LineStyle, Table, presets,
};

use crate::analyse::comparison::Verdict;

/// How the table is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Whether to use colours.
    pub color: bool,
    /// Columns of the terminal; `None` if it is none, and lines may be as long as they need to be.
    pub width: Option<u16>,
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

/// In the colour that the verdict has in every table.
pub(super) fn of_verdict(field: Field, verdict: Verdict) -> Field {
    match verdict {
        Verdict::Improved => field.fg(Color::Green),
        Verdict::Unchanged | Verdict::NotJudged => field,
        Verdict::Inconclusive | Verdict::NotComparable => field.fg(Color::Yellow),
        Verdict::Regressed => field.fg(Color::Red),
    }
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
