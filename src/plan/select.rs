//! Which cells are meant: exact ids and globs, and filters by axis.

use globset::{GlobBuilder, GlobMatcher};
use indexmap::{IndexMap, IndexSet};

use super::Cell;
use crate::config::suggest::{closest, did_you_mean, list};
use crate::error::{Error, ErrorKind, Result};

#[cfg(test)]
mod tests;

/// What a person asked for. Empty means all cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Ids or globs over ids (`*` stays within a part, `**` does not): a cell must match one.
    pub patterns: Vec<String>,
    /// Axis (or a name that `include` added) and a value or glob over values. Several for one
    /// axis are alternatives; different axes must all match.
    pub filters: Vec<(String, String)>,
}

impl Selection {
    /// Whether nothing in particular was asked for.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.patterns.is_empty() && self.filters.is_empty()
    }
}

/// The cells that a selection means, in matrix order, each once.
///
/// # Errors
/// [`ErrorKind::NothingSelected`] when a pattern or filter matches no cell, or all of them
/// together match none; it names what is near. [`ErrorKind::Usage`] for an unknown axis or a bad
/// glob.
pub fn select(cells: &[Cell], selection: &Selection) -> Result<Vec<Cell>> {
    let patterns = patterns(cells, selection)?;
    let filters = filters(cells, selection)?;
    let is_selected = |cell: &&Cell| {
        (patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(cell.id.as_str())))
            && filters.iter().all(|(axis, alternatives)| {
                let value = cell.value(axis);
                value.is_some_and(|value| alternatives.iter().any(|glob| glob.matches(value)))
            })
    };
    let selected: Vec<_> = cells.iter().filter(is_selected).cloned().collect();
    if selected.is_empty() {
        return Err(Error::new(ErrorKind::NothingSelected, "the selection matches no cell")
            .hint("`memgrid plan` lists the cells"));
    }
    Ok(selected)
}

/// Splits `AXIS=GLOB`.
///
/// # Errors
/// When there is no `=` or a side is empty.
pub fn parse_filter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((axis, glob)) if !axis.is_empty() && !glob.is_empty() => {
            Ok((axis.to_owned(), glob.to_owned()))
        }
        _ => Err("write AXIS=VALUE, such as backend=sqlite".to_owned()),
    }
}

/// A text that is matched exactly if it can be, and as a glob otherwise, so that a value with a
/// `*` in it can be named too.
enum Pattern {
    Exact(String),
    Glob(GlobMatcher),
}

impl Pattern {
    fn new(text: &str, exists: bool) -> Result<Self> {
        if exists {
            return Ok(Self::Exact(text.to_owned()));
        }
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        let glob = glob.map_err(|error| {
            Error::usage(format!("`{text}` is not a glob: {}", error.kind()))
                .hint("`*` matches within one part of an id, `**` over several, `{a,b}` either")
        })?;
        Ok(Self::Glob(glob.compile_matcher()))
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Glob(glob) => glob.is_match(text),
        }
    }
}

fn patterns(cells: &[Cell], selection: &Selection) -> Result<Vec<Pattern>> {
    let ids: IndexSet<&str> = cells.iter().map(|cell| cell.id.as_str()).collect();
    let mut patterns = Vec::new();
    let mut unmatched = Vec::new();
    for text in &selection.patterns {
        let pattern = Pattern::new(text, ids.contains(text.as_str()))?;
        if ids.iter().any(|id| pattern.matches(id)) {
            patterns.push(pattern);
        } else {
            unmatched.push(text.as_str());
        }
    }
    if unmatched.is_empty() { Ok(patterns) } else { Err(no_such_cell(&unmatched, cells)) }
}

fn no_such_cell(unmatched: &[&str], cells: &[Cell]) -> Error {
    let ids: Vec<&str> = cells.iter().map(|cell| cell.id.as_str()).collect();
    let hints = unmatched.iter().map(|pattern| {
        let below = format!("{}/**", pattern.trim_end_matches(['/', '*']));
        let below = below.trim_start_matches('/');
        let is_prefix = |glob: &Pattern| ids.iter().any(|id| glob.matches(id));
        if Pattern::new(below, false).is_ok_and(|glob| is_prefix(&glob)) {
            return format!("`{below}` selects all cells below it");
        }
        format!("nearest to `{pattern}`: {}", list(&closest(pattern, &ids, 3)))
    });
    let hint = hints.collect::<Vec<_>>().join("; ");
    Error::new(ErrorKind::NothingSelected, format!("no cell matches {}", list(unmatched)))
        .hint(format!("{hint} (`memgrid plan` lists all {})", ids.len()))
}

fn filters(cells: &[Cell], selection: &Selection) -> Result<IndexMap<String, Vec<Pattern>>> {
    let mut filters: IndexMap<String, Vec<Pattern>> = IndexMap::new();
    for (axis, text) in &selection.filters {
        let values: IndexSet<&str> = cells.iter().filter_map(|cell| cell.value(axis)).collect();
        if values.is_empty() {
            return Err(unknown_axis(axis, cells));
        }
        let pattern = Pattern::new(text, values.contains(text.as_str()))?;
        if !values.iter().any(|value| pattern.matches(value)) {
            let values: Vec<_> = values.into_iter().collect();
            let message = format!("no cell has a value of `{axis}` that matches `{text}`");
            return Err(
                Error::new(ErrorKind::NothingSelected, message).hint(did_you_mean(text, &values))
            );
        }
        filters.entry(axis.clone()).or_default().push(pattern);
    }
    Ok(filters)
}

fn unknown_axis(axis: &str, cells: &[Cell]) -> Error {
    let names =
        |cell: &'_ Cell| cell.axes.keys().chain(cell.extra.keys()).cloned().collect::<Vec<_>>();
    let names: IndexSet<String> = cells.iter().flat_map(names).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Error::usage(format!("the matrix has no axis `{axis}`")).hint(did_you_mean(axis, &names))
}
