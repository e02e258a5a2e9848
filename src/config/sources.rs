//! `[subject]`, `[sources.NAME]` and `[state.NAME]`: what is under test, and its variants.

use std::path::PathBuf;

use indexmap::IndexMap;

use super::context::{Context, Scope};
use super::model::{Change, Origin, PatchFile, STATE_AXIS, SUBJECT, Source, State};
use super::names::is_name;
use super::problem::Problem;
use super::reader::{At, Table, Value};
use super::series::{Declared, SeriesKind, check_label};
use super::suggest::did_you_mean;

/// A source and the place of its table's name.
pub(super) type Sources = IndexMap<String, At<Source>>;

pub(super) fn read_sources(top: &Table<'_>, context: &Context<'_>) -> Sources {
    let mut sources = Sources::new();
    if let Some(table) = top.sub_table(SUBJECT) {
        sources.insert(SUBJECT.to_owned(), At::new(read_source(&table, context), table.span));
    }
    let further = top.sub_table("sources").map(|table| table.sub_tables()).unwrap_or_default();
    for (name, table) in further {
        if name.value == SUBJECT || !is_name(name.value) {
            let message = format!("`{}` can't name a further source", name.value);
            let hint = "a letter, then letters, digits, `_` or `-`; not `subject`";
            context.add(Problem::at(&name.span, message).hint(hint));
        }
        let source = At::new(read_source(&table, context), name.span);
        sources.insert(name.value.to_owned(), source);
    }
    sources
}

fn read_source(table: &Table<'_>, context: &Context<'_>) -> Source {
    table.only(&["git", "rev", "pip"]);
    let git = table.get("git").and_then(|value| value.text());
    let pip = table.get("pip").and_then(|value| value.text());
    let rev = table.get("rev").and_then(|value| Some((value.key.span.clone(), value.text()?)));
    if let (Some(_), Some(pip)) = (&git, &pip) {
        let problem = Problem::at(&pip.span, format!("{table} has both `git` and `pip`"));
        context.add(problem.hint("keep the one that the source comes from"));
    }
    let origin = match (git, pip) {
        (Some(git), _) => read_git(&git, rev.map(|(_, rev)| rev), context),
        (None, Some(pip)) => {
            if let Some((span, _)) = rev {
                let problem = Problem::at(&span, "`rev` belongs to `git`");
                context.add(problem.hint("a distribution's version stands after `==`"));
            }
            read_pip(&pip, context)
        }
        (None, None) => {
            // A wrong type has been reported already.
            if table.get("git").is_none() && table.get("pip").is_none() {
                let problem = Problem::at(&table.span, format!("{table} needs `git` or `pip`"));
                let hint = "git = \"URL or path\" with rev = \"…\", or pip = \"NAME==VERSION\"";
                context.add(problem.hint(hint).absence());
            }
            unknown_origin()
        }
    };
    Source { origin }
}

/// Stands in for an origin that has a problem; it never gets out.
const fn unknown_origin() -> Origin {
    Origin::Pip { name: String::new(), version: String::new() }
}

fn read_git(git: &At<String>, rev: Option<At<String>>, context: &Context<'_>) -> Origin {
    let repository = if is_address(&git.value) {
        git.value.clone()
    } else {
        context.existing(git, "the repository").to_string_lossy().into_owned()
    };
    let rev = rev.map_or_else(|| "HEAD".to_owned(), |rev| checked_rev(rev, context));
    Origin::Git { repository, rev }
}

/// A URL, or git's short form of one (`host:path`): not a path on this machine.
fn is_address(repository: &str) -> bool {
    let before_slash = repository.split('/').next().unwrap_or_default();
    repository.contains("://") || before_slash.contains(':')
}

/// Not so what git would take for an option, or what can't be a revision at all.
pub(super) fn is_revision(text: &str) -> bool {
    let is_bad = |c: char| c.is_control() || c.is_whitespace();
    !text.is_empty() && !text.starts_with('-') && !text.contains(is_bad)
}

fn checked_rev(rev: At<String>, context: &Context<'_>) -> String {
    if !is_revision(&rev.value) {
        let problem = Problem::at(&rev.span, format!("{:?} is no revision", rev.value));
        context.add(problem.hint("write a branch, a tag or a commit"));
    }
    rev.value
}

fn read_pip(pip: &At<String>, context: &Context<'_>) -> Origin {
    let is_name_character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_version_character = |c: char| is_name_character(c) || matches!(c, '+' | '!');
    let pinned = pip.value.split_once("==").map(|(name, version)| (name.trim(), version.trim()));
    match pinned {
        Some((name, version))
            if !version.is_empty()
                && version.chars().all(is_version_character)
                && name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.chars().all(is_name_character) =>
        {
            Origin::Pip { name: name.to_owned(), version: version.to_owned() }
        }
        _ => {
            let problem = Problem::at(&pip.span, "`pip` needs one exact version");
            context.add(problem.hint("write NAME==VERSION, such as \"Django==5.2.19\""));
            unknown_origin()
        }
    }
}

/// States by name, with the place of the name.
pub(super) type States = IndexMap<String, At<State>>;

/// The states, and which of them are series.
pub(super) fn read_states(
    top: &Table<'_>,
    sources: &Sources,
    context: &Context<'_>,
) -> (States, Declared) {
    let tables = top.sub_table(STATE_AXIS).map(|table| table.sub_tables()).unwrap_or_default();
    let (mut states, mut declared) = (States::new(), Declared::new());
    for (name, table) in tables {
        let state = read_state(name.value, &table, sources, context);
        states.insert(name.value.to_owned(), At::new(state, name.span));
        if let Some(kind) = table.get("series").and_then(|value| read_series(&value, context)) {
            declared.insert(name.value.to_owned(), kind);
        }
    }
    (states, declared)
}

fn read_series(value: &Value<'_>, context: &Context<'_>) -> Option<At<SeriesKind>> {
    let text = value.text()?;
    if let Ok(kind) = text.value.parse() {
        return Some(At::new(kind, text.span));
    }
    let kinds = SeriesKind::ALL.map(SeriesKind::as_str);
    let problem = Problem::at(&text.span, format!("there is no kind of series `{}`", text.value));
    context.add(problem.hint(did_you_mean(&text.value, &kinds)));
    None
}

fn read_state(name: &str, table: &Table<'_>, sources: &Sources, context: &Context<'_>) -> State {
    table.only(&["description", "rev", "patches", "series", "sources", "env"]);
    let description = table.get("description").and_then(|value| value.text());
    let scope = Scope::Where { axis: STATE_AXIS.to_owned(), value: name.to_owned() };
    let mut changes = IndexMap::new();
    if let Some(key) = table.get("rev").or_else(|| table.get("patches")) {
        let change = read_change(table, sources.get(SUBJECT), context);
        if sources.contains_key(SUBJECT) {
            changes.insert(SUBJECT.to_owned(), change);
        } else {
            let problem = Problem::at(&key.key.span, "there is no subject to change");
            context.add(problem.hint("add `[subject]`").absence());
        }
    }
    for (source, change) in table.sub_table("sources").map(|t| t.sub_tables()).unwrap_or_default() {
        change.only(&["rev", "patches"]);
        check_known(&source, sources, context);
        if source.value == SUBJECT && changes.contains_key(SUBJECT) {
            let problem = Problem::at(&source.span, "the subject is changed in two places");
            context.add(problem.hint(format!("keep `rev` and `patches` in {table}")));
        }
        let read = read_change(&change, sources.get(source.value), context);
        changes.insert(source.value.to_owned(), read);
    }
    State {
        description: description.map(|text| text.value),
        changes,
        env: context.env(table, &scope),
    }
}

fn check_known(name: &At<&str>, sources: &Sources, context: &Context<'_>) {
    if !sources.contains_key(name.value) {
        let names: Vec<_> = sources.keys().map(String::as_str).collect();
        let problem =
            Problem::at(&name.span, format!("no table defines the source `{}`", name.value));
        context.add(problem.hint(did_you_mean(name.value, &names)).absence());
    }
}

fn read_change(table: &Table<'_>, source: Option<&At<Source>>, context: &Context<'_>) -> Change {
    let rev = table.get("rev").and_then(|value| Some((value.key.span.clone(), value.text()?)));
    if let (Some((span, _)), Some(Origin::Pip { .. })) =
        (&rev, source.map(|source| &source.value.origin))
    {
        let problem = Problem::at(span, "`rev` needs a source that comes from `git`");
        context.add(problem.hint("a distribution has one version; patch it instead"));
    }
    let patches = table.get("patches").and_then(|value| value.elements("strings"));
    let patches = patches.unwrap_or_default();
    Change {
        rev: rev.map(|(_, rev)| checked_rev(rev, context)),
        patches: read_patches(&patches, context),
    }
}

fn read_patches(patches: &[Value<'_>], context: &Context<'_>) -> Vec<PatchFile> {
    let mut seen: IndexMap<PathBuf, PatchFile> = IndexMap::new();
    for patch in patches {
        let Some((file, label)) = read_patch(patch, context) else { continue };
        let path = context.file(&file, "the patch");
        let known = PatchFile { path: path.clone(), label };
        if seen.insert(path, known).is_some() {
            let message = format!("the patch `{}` is applied twice", file.value);
            context.add(Problem::at(&file.span, message).hint("remove one of the two"));
        }
    }
    seen.into_values().collect()
}

/// A file's name, or a table with that and a label.
fn read_patch(patch: &Value<'_>, context: &Context<'_>) -> Option<(At<String>, Option<String>)> {
    if !patch.is_table() {
        return Some((patch.text_of("an array of strings")?, None));
    }
    let table = patch.table("patches".to_owned())?;
    table.only(&["file", "label"]);
    let label = table.get("label").and_then(|label| label.text());
    if let Some(label) = &label {
        check_label(label, context);
    }
    let file = table.require("file", "file = \"fixes/0001-first.patch\"")?.text()?;
    Some((file, label.map(|label| label.value)))
}
