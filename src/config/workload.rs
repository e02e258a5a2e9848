//! `[workload]` and `[python]`: the program that is measured, and the environment it runs in.

use std::path::PathBuf;

use indexmap::{IndexMap, IndexSet};

use super::context::{Context, Scope};
use super::model::{Python, Workload};
use super::problem::{Problem, Span};
use super::reader::{At, Table};
use super::services::read_names;
use crate::plan::template::{Template, escape};

/// A `./` argument with placeholders: which files it means is known once the cells are.
pub(super) struct TemplateFile {
    pub(super) path: Template,
    pub(super) span: Span,
}

/// `[workload]`, and what of it can only be checked with the cells.
#[derive(Default)]
pub(super) struct WorkloadSection {
    command: Vec<String>,
    env: IndexMap<String, String>,
    files: IndexSet<PathBuf>,
    pub(super) services: Vec<At<String>>,
    pub(super) template_files: Vec<TemplateFile>,
}

impl WorkloadSection {
    pub(super) fn read(top: &Table<'_>, context: &Context<'_>) -> Self {
        let mut section = Self::default();
        let Some(value) = top.get("workload") else {
            let problem = Problem::missing("there is no `[workload]`: nothing to measure");
            let hint = "add `[workload]` with command = [\"PROGRAM\", \"ARGUMENT\"]";
            context.add(problem.hint(hint));
            return section;
        };
        let Some(table) = value.table("workload".to_owned()) else { return section };
        table.only(&["command", "env", "files", "services"]);
        section.services = read_names(&table);
        for file in table.get("files").and_then(|value| value.texts()).unwrap_or_default() {
            section.files.insert(context.existing(&file, "the workload's file"));
        }
        for (index, argument) in command(&table, context).into_iter().enumerate() {
            context.template(&argument, &Scope::Everywhere);
            let argument = match argument.value.strip_prefix("./") {
                Some(path) => {
                    let path = At::new(path.to_owned(), argument.span.clone());
                    section.add_file(&path, index == 0, context);
                    beside_the_matrix(&path.value, context)
                }
                None => argument.value,
            };
            section.command.push(argument);
        }
        section.env = context.env(&table, &Scope::Everywhere);
        section
    }

    /// Notes the file that a `./` argument names; it must exist.
    fn add_file(&mut self, path: &At<String>, is_program: bool, context: &Context<'_>) {
        // What is no template has been reported.
        let Ok(template) = Template::parse(&path.value) else { return };
        if template.names().next().is_some() {
            self.template_files.push(TemplateFile { path: template, span: path.span.clone() });
            return;
        }
        let text = template.expand(|_| None::<&str>).unwrap_or_default();
        let path = At::new(text, path.span.clone());
        self.files.insert(if is_program {
            context.file(&path, "the program")
        } else {
            context.existing(&path, "the workload's file")
        });
    }

    /// The workload, with the files that its `./` arguments with placeholders mean.
    pub(super) fn into_workload(self, files: Vec<PathBuf>) -> Workload {
        let files = self.files.into_iter().chain(files).collect::<IndexSet<_>>();
        let files = files.into_iter().collect();
        let services = self.services.into_iter().map(|name| name.value).collect();
        Workload { command: self.command, env: self.env, files, services }
    }
}

/// A path below the root as a template; the root itself may have braces in it.
pub(super) fn beside_the_matrix(path: &str, context: &Context<'_>) -> String {
    let root = escape(&context.absolute("").to_string_lossy());
    format!("{}/{path}", root.trim_end_matches('/'))
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
