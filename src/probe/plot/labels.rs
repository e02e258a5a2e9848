//! The marks under a chart: a tick at each one's column, with its name where there is room. Pure.

use textwrap::core::display_width;

/// Lines for names at most.
const ROWS: usize = 3;
/// Characters of a name at most.
const LONGEST: usize = 24;

/// Stands behind a character that is two columns wide.
const SECOND_HALF: char = '\0';

/// A mark's place and name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label<'a> {
    pub(super) column: usize,
    pub(super) name: &'a str,
}

/// The lines, `width` characters at most. `more` marks have no place at all.
pub(super) fn lines(
    labels: &[Label<'_>],
    more: u64,
    width: usize,
    tick: char,
    unicode: bool,
) -> Vec<String> {
    let mut rows = vec![vec![' '; width]; ROWS];
    let mut unnamed = more;
    for label in labels {
        let name = printable(label.name, unicode);
        if !rows.iter_mut().any(|row| write(row, label.column, tick, &name)) {
            unnamed += 1;
            if rows[0][label.column] == ' ' {
                rows[0][label.column] = tick;
            }
        }
    }
    let mut lines: Vec<String> = rows.iter().map(|row| shown(row).trim_end().to_owned()).collect();
    lines.retain(|line| !line.is_empty());
    if unnamed > 0 {
        let plural = if unnamed == 1 { "" } else { "s" };
        let text = format!("{unnamed} mark{plural} without a name here");
        lines.push(text.chars().take(width).collect());
    }
    lines
}

/// Writes tick and name to the right of `column`, or to its left if the line ends; not over
/// another's, and never so that a tick of another stands in a name.
fn write(row: &mut [char], column: usize, tick: char, name: &[char]) -> bool {
    let length = name.len() + 2;
    let right = column + length <= row.len();
    let start = if right {
        column
    } else if column + 1 >= length {
        column + 1 - length
    } else {
        return false;
    };
    // A space before and after.
    let around = start.saturating_sub(1)..(start + length + 1).min(row.len());
    if start + length > row.len() || row[around].iter().any(|cell| *cell != ' ') {
        return false;
    }
    let text: Vec<char> = if right {
        [tick, ' '].into_iter().chain(name.iter().copied()).collect()
    } else {
        name.iter().copied().chain([' ', tick]).collect()
    };
    row[start..start + length].copy_from_slice(&text);
    true
}

fn shown(row: &[char]) -> String {
    row.iter().filter(|cell| **cell != SECOND_HALF).collect()
}

/// A name as it can be shown, a cell for each column: a workload must not be able to move the
/// cursor, or to turn the direction of writing with a character that has no width.
fn printable(name: &str, unicode: bool) -> Vec<char> {
    let mut cells = Vec::new();
    for char in name.chars() {
        let char = if char.is_control() || !(unicode || char.is_ascii()) { '?' } else { char };
        match display_width(char.encode_utf8(&mut [0; 4])) {
            0 => {}
            1 => cells.push(char),
            _ => cells.extend([char, SECOND_HALF]),
        }
    }
    if cells.len() > LONGEST {
        // Half a character can't be shown.
        let whole = if cells[LONGEST - 1] == SECOND_HALF { LONGEST - 2 } else { LONGEST - 1 };
        cells.truncate(whole);
        cells.push(if unicode { '…' } else { '~' });
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(labels: &[(usize, &str)]) -> Vec<String> {
        let labels: Vec<_> = labels.iter().map(|&(column, name)| Label { column, name }).collect();
        lines(&labels, 0, 30, '^', false)
    }

    #[test]
    fn names_stand_beside_their_ticks() {
        assert_eq!(drawn(&[(2, "load"), (12, "save")]), ["  ^ load    ^ save"]);
        assert_eq!(drawn(&[(29, "end")]), ["                         end ^"]);
    }

    #[test]
    fn what_would_overlap_moves_down() {
        assert_eq!(drawn(&[(2, "one"), (5, "two")]), ["  ^ one", "     ^ two"]);
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let found = drawn(&[(2, "a"), (2, "b"), (2, "c"), (2, "d"), (9, "last")]);
        let wanted = ["  ^ a    ^ last", "  ^ b", "  ^ c", "1 mark without a name here"];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_name_cannot_move_the_cursor() {
        assert_eq!(drawn(&[(0, "\u{1b}[2J")]), ["^ ?[2J"]);
        let turned = [Label { column: 0, name: "a\u{202e}b" }];
        assert_eq!(lines(&turned, 0, 30, '^', true), ["^ ab"]);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let label = |column, name| Label { column, name };
        let labels = [label(0, "読み込み"), label(12, "書き出しのあとの長い名前です")];
        let found = lines(&labels, 0, 40, '^', true);
        assert_eq!(found, ["^ 読み込み  ^ 書き出しのあとの長い名…"]);
    }
}
