//! From a state with several patches to the states that it stands for, wherever `[matrix]` names it.

use indexmap::IndexMap;

use super::super::context::{Context, Scope};
use super::super::matrix::MatrixSection;
use super::super::model::{PatchFile, STATE_AXIS, State};
use super::super::names::path_part_problem;
use super::super::problem::{Problem, Span};
use super::super::reader::At;
use super::super::sources::States;
use super::label::labels;
use super::{Declared, Series, SeriesChoice, SeriesKind, SeriesPatch, Wanted};

/// Puts a series' states into `states` and into `matrix`, where they take the series' place.
/// The command line's choice stands above the file's. What it asks for and isn't possible is left
/// for [`crate::config::Config::check_series`] to tell.
pub(in super::super) fn take_apart(
    states: &mut States,
    matrix: &mut MatrixSection,
    declared: &Declared,
    chosen: &[SeriesChoice],
    context: &Context<'_>,
) -> IndexMap<String, Series> {
    let mut found = IndexMap::new();
    for (name, (kind, span)) in wanted(states, declared, chosen) {
        let is_used = matrix.values_of(STATE_AXIS).any(|value| value.value == name);
        let Some(at) = states.get(&name).filter(|_| is_used) else { continue };
        let place = at.span.clone();
        let state = at.value.clone();
        let problem = |message: String| Problem::at(span.as_ref().unwrap_or(&place), message);
        match parts(&name, &state, kind) {
            Ok(parts) => {
                let series = parts.place(states, matrix, &place, context);
                found.insert(name, series);
            }
            // What was only typed is told of by whoever typed it.
            Err(Obstacle::TooFew) if span.is_none() => {}
            Err(Obstacle::TooFew) => {
                let message = format!("`{name}` has fewer than two patches to be taken apart");
                context.add(problem(message).hint("add to its `patches`, or remove `series`"));
            }
            Err(Obstacle::Alike(label)) => {
                let message = format!("two patches of `{name}` would be called `{label}`");
                let hint = "give one a name: { file = \"…\", label = \"…\" }";
                context.add(problem(message).hint(hint));
            }
        }
    }
    found
}

fn wanted(states: &States, declared: &Declared, chosen: &[SeriesChoice]) -> Wanted {
    let mut wanted: Wanted = declared
        .iter()
        .map(|(name, kind)| (name.clone(), (kind.value, Some(kind.span.clone()))))
        .collect();
    for SeriesChoice { state, kind } in chosen {
        let names: Vec<String> = match state {
            Some(state) => vec![state.clone()],
            None if !declared.is_empty() => declared.keys().cloned().collect(),
            None => {
                let several = states.iter().filter(|(_, state)| patches(&state.value).len() > 1);
                let names: Vec<String> = several.map(|(name, _)| name.clone()).collect();
                if names.len() == 1 { names } else { Vec::new() }
            }
        };
        for name in names {
            let span = wanted.get(&name).and_then(|(_, span)| span.clone());
            wanted.insert(name, (*kind, span));
        }
    }
    wanted
}

/// Why a state can't be taken apart.
enum Obstacle {
    TooFew,
    Alike(String),
}

/// A state's patches by source, in the order in which they are applied.
fn patches(state: &State) -> Vec<(&String, &PatchFile)> {
    let all = state.changes.iter();
    all.flat_map(|(source, change)| change.patches.iter().map(move |patch| (source, patch)))
        .collect()
}

/// A series before it has its place in the matrix.
struct Parts<'a> {
    name: &'a str,
    state: &'a State,
    kind: SeriesKind,
    patches: Vec<SeriesPatch>,
}

fn parts<'a>(name: &'a str, state: &'a State, kind: SeriesKind) -> Result<Parts<'a>, Obstacle> {
    let files = patches(state);
    if files.len() < 2 {
        return Err(Obstacle::TooFew);
    }
    let labels = labels(&files.iter().map(|(_, patch)| *patch).collect::<Vec<_>>());
    let labels = labels.map_err(Obstacle::Alike)?;
    let patch = |((source, patch), label): ((&String, &PatchFile), String)| SeriesPatch {
        label,
        source: source.clone(),
        path: patch.path.clone(),
    };
    let patches = files.into_iter().zip(labels).map(patch).collect();
    Ok(Parts { name, state, kind, patches })
}

impl Parts<'_> {
    fn place(
        self,
        states: &mut States,
        matrix: &mut MatrixSection,
        place: &Span,
        context: &Context<'_>,
    ) -> Series {
        let none = self.plain_state(states, matrix);
        let members = self.members(none.as_deref());
        for (name, having) in &members {
            if *name == self.name || Some(name) == none.as_ref() {
                continue;
            }
            self.check_name(name, states, place, context);
            let state = At::new(self.without_others(having), place.clone());
            states.entry(name.clone()).or_insert(state);
        }
        let new: Vec<&str> = members
            .keys()
            .filter(|name| Some(*name) != none.as_ref())
            .map(String::as_str)
            .collect();
        matrix.replace(STATE_AXIS, self.name, &new);
        self.repeat_templates(&new, context);
        Series { kind: self.kind, patches: self.patches, states: members }
    }

    /// A state of the axis that is the same but for having no patches at all.
    fn plain_state(&self, states: &States, matrix: &MatrixSection) -> Option<String> {
        let bare = self.without_others(&[]);
        let revisions = |state: &State| -> IndexMap<String, String> {
            let changes = state.changes.iter();
            changes.filter_map(|(name, it)| Some((name.clone(), it.rev.clone()?))).collect()
        };
        let serves = |name: &str| {
            let state = &states.get(name)?.value;
            let is_plain = patches(state).is_empty()
                && revisions(state) == revisions(&bare)
                && state.env == bare.env;
            is_plain.then(|| name.to_owned())
        };
        matrix.axes.get(STATE_AXIS)?.iter().find_map(|value| serves(&value.value))
    }

    /// Names and which patches they have, in the order of the axis.
    fn members(&self, none: Option<&str>) -> IndexMap<String, Vec<usize>> {
        let (name, all) = (self.name, 0..self.patches.len());
        let none = none.map_or_else(|| format!("{name}-none"), str::to_owned);
        let mut members = IndexMap::from([(none, Vec::new())]);
        let called = |index: usize| &self.patches[index].label;
        match self.kind {
            SeriesKind::Cumulative => {
                for last in 0..self.patches.len() - 1 {
                    let member = format!("{name}-up-to-{}", called(last));
                    members.insert(member, (0..=last).collect());
                }
                members.insert(name.to_owned(), all.collect());
            }
            SeriesKind::LeaveOneOut => {
                members.insert(name.to_owned(), all.clone().collect());
                for out in all.clone() {
                    let member = format!("{name}-without-{}", called(out));
                    members.insert(member, all.clone().filter(|index| *index != out).collect());
                }
            }
        }
        members
    }

    /// The state with only these of the patches.
    fn without_others(&self, having: &[usize]) -> State {
        let mut index = 0;
        let mut keep = || {
            index += 1;
            having.contains(&(index - 1))
        };
        let mut state = self.state.clone();
        for change in state.changes.values_mut() {
            change.patches.retain(|_| keep());
        }
        state.description = Some(self.describe(having));
        state
    }

    fn describe(&self, having: &[usize]) -> String {
        let (name, count) = (self.name, self.patches.len());
        let out: Vec<&str> = (0..count)
            .filter(|index| !having.contains(index))
            .map(|index| self.patches[index].label.as_str())
            .collect();
        match having {
            [] => format!("`{name}` without any of its patches"),
            _ => format!("`{name}` without {}", out.join(", ")),
        }
    }

    fn check_name(&self, name: &str, states: &States, place: &Span, context: &Context<'_>) {
        let hint = "rename one of the two, or give the patch another `label`";
        if states.contains_key(name) {
            let message = format!("the series `{}` has a state `{name}` of its own", self.name);
            context.add(Problem::at(place, message).hint(hint));
        } else if let Some(why) = path_part_problem(name) {
            let message = format!("the series' state {name:?} can't be part of a cell's id: {why}");
            context.add(Problem::at(place, message).hint("shorten the state's name"));
        }
    }

    /// A series' variables are those of each of its states.
    fn repeat_templates(&self, names: &[&str], context: &Context<'_>) {
        let of = |name: &str| Scope::Where { axis: STATE_AXIS.to_owned(), value: name.to_owned() };
        let own = of(self.name);
        let mut templates = context.templates.borrow_mut();
        let mut more = Vec::new();
        for used in templates.iter().filter(|used| used.scope == own) {
            let others = names.iter().filter(|name| **name != self.name);
            more.extend(others.map(|name| used.elsewhere(of(name))));
        }
        templates.extend(more);
    }
}
