//! `[workload]` and `[python]`: the program that is measured, and the environment it runs in.

use std::path::PathBuf;

use indexmap::IndexSet;

use super::context::{Context, Scope};
use super::model::{Python, Workload};
use super::problem::{Problem, Span};
use super::reader::{At, Table};
use crate::plan::template::{Template, escape};

/// A `./` argument with placeholders: which files it means is known once the cells are.
pub(super) struct TemplateFile {
    pub(super) path: Template,
    pub(super) span: Span,
}

/// `[workload]`, and what of it can only be checked with the cells.
pub(super) struct WorkloadSection {
    pub(super) workload: Workload,
    pub(super) template_files: Vec<TemplateFile>,
}

pub(super) fn read_workload(top: &Table<'_>, context: &Context<'_>) -> WorkloadSection {
    let empty = Workload { command: Vec::new(), env: Default::default(), files: Vec::new() };
    let mut section = WorkloadSection { workload: empty, template_files: Vec::new() };
    let Some(value) = top.get("workload") else {
        let problem = Problem::missing("there is no `[workload]`: nothing to measure");
        context.add(problem.hint("add `[workload]` with command = [\"PROGRAM\", \"ARGUMENT\"]"));
        return section;
    };
    let Some(table) = value.table("workload".to_owned()) else { return section };
    table.only(&["command", "env", "files"]);
    let mut files: IndexSet<PathBuf> = IndexSet::new();
    for file in table.get("files").and_then(|value| value.texts()).unwrap_or_default() {
        files.insert(context.existing(&file, "the workload's file"));
    }
    for (index, argument) in command(&table, context).into_iter().enumerate() {
        context.template(&argument, &Scope::Everywhere);
        let Some(path) = argument.value.strip_prefix("./") else {
            section.workload.command.push(argument.value);
            continue;
        };
        let path = At::new(path.to_owned(), argument.span.clone());
        match Template::parse(&path.value) {
            Ok(template) if template.names().next().is_some() => {
                section.template_files.push(TemplateFile { path: template, span: path.span });
            }
            Ok(template) => {
                let path = path.map(|text| template.expand(|_| None::<&str>).unwrap_or(text));
                files.insert(if index == 0 {
                    context.file(&path, "the program")
                } else {
                    context.existing(&path, "the workload's file")
                });
            }
            // Reported as a template already.
            Err(_) => {}
        }
        let root = escape(&context.absolute("").to_string_lossy());
        let relative = argument.value.trim_start_matches("./");
        section.workload.command.push(format!("{}/{relative}", root.trim_end_matches('/')));
    }
    section.workload.env = context.env(&table, &Scope::Everywhere);
    section.workload.files = files.into_iter().collect();
    section
}

fn command(table: &Table<'_>, context: &Context<'_>) -> Vec<At<String>> {
    let hint = "command = [\"PROGRAM\", \"ARGUMENT\"]";
    let Some(value) = table.require("command", hint) else { return Vec::new() };
    let Some(command) = value.texts() else { return Vec::new() };
    let is_array = value.elements("strings").is_some_and(|elements| elements.is_empty());
    if is_array || command.first().is_some_and(|program| program.value.is_empty()) {
        context.add(Problem::at(&value.span(), "`command` names no program").hint(hint));
    }
    command
}

pub(super) fn read_python(top: &Table<'_>, context: &Context<'_>) -> Option<Python> {
    let table = top.sub_table("python")?;
    table.only(&["interpreter", "requirements"]);
    let interpreter = table.get("interpreter").and_then(|value| value.text());
    let requirements = table.get("requirements").and_then(|value| value.text());
    Some(Python {
        interpreter: interpreter
            .map_or_else(|| "python3".to_owned(), |name| program(&name, context)),
        requirements: requirements.map(|path| context.file(&path, "the requirements file")),
    })
}

/// A name is looked up on PATH; what has a slash in it is a path from the root.
fn program(name: &At<String>, context: &Context<'_>) -> String {
    if name.value.contains('/') {
        return context.file(name, "the interpreter").to_string_lossy().into_owned();
    }
    if name.value.is_empty() || name.value.contains(char::is_control) {
        context.add(Problem::at(&name.span, format!("{:?} is no program", name.value)));
    }
    name.value.clone()
}
