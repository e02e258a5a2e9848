//! Where hunks belong in a file: at the line that they say, or at the nearest one that has all
//! of their old lines, in order and without overlap.

use super::model::{Hunk, Line, LineKind};

/// How a hunk's line and a file's line are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endings {
    /// Byte for byte.
    Strict,
    /// LF and CRLF are the same.
    Loose,
}

impl Endings {
    pub(super) fn equal(self, line: &[u8], other: &[u8]) -> bool {
        match self {
            Self::Strict => line == other,
            Self::Loose => split_ending(line) == split_ending(other),
        }
    }
}

/// A line's text, and whether it has an ending of either kind.
pub(super) fn split_ending(line: &[u8]) -> (&[u8], bool) {
    match line.strip_suffix(b"\n") {
        Some(text) => (text.strip_suffix(b"\r").unwrap_or(text), true),
        None => (line, false),
    }
}

/// A file's lines with their endings.
pub(super) fn lines(content: &[u8]) -> Vec<&[u8]> {
    content.split_inclusive(|byte| *byte == b'\n').collect()
}

/// For each hunk the index of the line in `file` where it begins, or the index of the first hunk that
/// fits nowhere.
pub(super) fn locate(
    file: &[&[u8]],
    hunks: &[Hunk],
    endings: Endings,
) -> Result<Vec<usize>, usize> {
    let mut places = Vec::with_capacity(hunks.len());
    let (mut from, mut shift) = (0, 0);
    for (index, hunk) in hunks.iter().enumerate() {
        let old: Vec<&Line> = hunk.before().collect();
        let stated = stated(hunk, old.len());
        let place = search(file, hunk, &old, endings, from, stated.saturating_add_signed(shift))
            .ok_or(index)?;
        shift = place as isize - stated as isize;
        from = place + old.len();
        places.push(place);
    }
    Ok(places)
}

/// The index of the line at which a hunk says that it begins.
fn stated(hunk: &Hunk, old_lines: usize) -> usize {
    match old_lines {
        // With no old lines it names the line after which it inserts.
        0 => hunk.old_start,
        _ => hunk.old_start.saturating_sub(1),
    }
}

fn search(
    file: &[&[u8]],
    hunk: &Hunk,
    old: &[&Line],
    endings: Endings,
    from: usize,
    expected: usize,
) -> Option<usize> {
    let last = file.len().checked_sub(old.len())?;
    if old.is_empty() {
        return (from..=last).contains(&expected).then_some(expected);
    }
    let fits = |place: &usize| {
        (from..=last).contains(place)
            && old.iter().zip(&file[*place..]).all(|(line, other)| endings.equal(&line.text, other))
    };
    match anchor(hunk) {
        Some(Anchor::Start) => Some(0).filter(fits),
        Some(Anchor::End) => Some(last).filter(fits),
        None => {
            let reach = expected.max(last.saturating_sub(expected));
            let before = |distance: &usize| expected.checked_sub(*distance);
            (0..=reach)
                .flat_map(|distance| [before(&distance), Some(expected + distance)])
                .flatten()
                .find(fits)
        }
    }
}

enum Anchor {
    Start,
    End,
}

/// `diff` gives less context on one side only where the file begins or ends there: such a hunk
/// must not be found in the middle of a file that has more, or an addition could be made twice.
fn anchor(hunk: &Hunk) -> Option<Anchor> {
    let context = |line: &&Line| line.kind == LineKind::Context;
    let leading = hunk.lines.iter().take_while(context).count();
    let trailing = hunk.lines.iter().rev().take_while(context).count();
    if leading < trailing && hunk.old_start <= 1 {
        return Some(Anchor::Start);
    }
    (trailing < leading).then_some(Anchor::End)
}

/// Where most of the hunk's old lines are, if any: the index of the line that differs first, and
/// the index of the hunk's old line that should be there.
pub(super) fn nearest_miss(file: &[&[u8]], hunk: &Hunk) -> Option<(usize, usize)> {
    let old: Vec<&Line> = hunk.before().collect();
    let equal = |at: usize, index: usize| {
        file.get(at + index).is_some_and(|line| Endings::Loose.equal(line, &old[index].text))
    };
    let telling = |index: &usize| !old[*index].text.trim_ascii().is_empty();
    let score =
        |at: usize| (0..old.len()).filter(telling).filter(|index| equal(at, *index)).count();
    let expected = stated(hunk, old.len());
    let best =
        (0..file.len()).max_by_key(|at| (score(*at), std::cmp::Reverse(at.abs_diff(expected))))?;
    let differing = (0..old.len()).find(|index| !equal(best, *index))?;
    (score(best) > 0).then_some((best + differing, differing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hunk(old_start: usize, lines: &[&str]) -> Hunk {
        let line = |text: &&str| Line {
            kind: match &text[..1] {
                "+" => LineKind::Added,
                "-" => LineKind::Removed,
                _ => LineKind::Context,
            },
            text: format!("{}\n", &text[1..]).into_bytes(),
        };
        let lines = lines.iter().map(line).collect();
        Hunk { line: 1, header: String::new(), old_start, lines }
    }

    fn places(file: &str, hunks: &[Hunk]) -> Result<Vec<usize>, usize> {
        locate(&lines(file.as_bytes()), hunks, Endings::Strict)
    }

    #[test]
    fn the_nearest_place_wins_and_hunks_stay_in_order() {
        let file = "x\na\ny\nx\na\ny\nx\na\ny\n";
        let change = |at| hunk(at, &[" x", "-a", "+b", " y"]);
        assert_eq!(places(file, &[change(1)]), Ok(vec![0]));
        assert_eq!(places(file, &[change(5)]), Ok(vec![3]));
        assert_eq!(places(file, &[change(6)]), Ok(vec![6]));
        assert_eq!(places(file, &[change(7), change(1)]), Err(1));
        assert_eq!(places(file, &[change(1000)]), Ok(vec![6]));
    }

    #[test]
    fn one_hunks_offset_is_the_next_ones_too() {
        let file = format!("{}a\nm\nb\nm\nb\n", "new\n".repeat(2));
        let hunks = [hunk(1, &["-a", "+A"]), hunk(2, &["-m", "+M"])];
        assert_eq!(places(&file, &hunks), Ok(vec![2, 3]));
    }

    #[test]
    fn the_beginning_and_the_end_are_meant() {
        let top = hunk(1, &["+new", " a", " b"]);
        assert_eq!(places("a\nb\nc\n", std::slice::from_ref(&top)), Ok(vec![0]));
        assert_eq!(places("z\na\nb\nc\n", &[top]), Err(0));
        let bottom = hunk(2, &[" b", " c", "+new"]);
        assert_eq!(places("z\na\nb\nc\n", std::slice::from_ref(&bottom)), Ok(vec![2]));
        assert_eq!(places("a\ny\nb\nc\nz\n", &[bottom]), Err(0));
    }

    #[test]
    fn without_context_only_the_line_number_counts() {
        assert_eq!(places("a\nb\n", &[hunk(1, &["+new"])]), Ok(vec![1]));
        assert_eq!(places("", &[hunk(0, &["+new"])]), Ok(vec![0]));
        assert_eq!(places("a\n", &[hunk(2, &["+new"])]), Err(0));
    }
}
