//! What every section needs while it is read: the problems so far, the folder that relative paths
//! start from, a way to ask what exists, and the templates that were met.

use std::cell::RefCell;
use std::path::{Component, Path, PathBuf};

use indexmap::IndexMap;

use super::names::is_identifier;
use super::problem::{Problem, Sink, Span};
use super::reader::{At, Table};
use crate::plan::template::Template;

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// A file (or a link to one).
    File,
    /// A folder (or a link to one).
    Folder,
    /// A pipe, a socket or a device: reading it may wait for ever, and not be possible twice.
    Other,
}

/// Which cells a template is expanded in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Everywhere,
    /// Cells that have this value.
    Where {
        axis: String,
        value: String,
    },
    /// The service of this name: cells that use it.
    Service(String),
}

/// A template, its place, and where it is used.
pub(super) struct TemplateUse {
    pub(super) template: Template,
    pub(super) span: Span,
    pub(super) scope: Scope,
}

pub(super) struct Context<'a> {
    pub(super) sink: &'a Sink,
    root: &'a Path,
    look_up: &'a dyn Fn(&Path) -> Option<PathKind>,
    pub(super) templates: RefCell<Vec<TemplateUse>>,
}

impl TemplateUse {
    /// The same text, used in other cells too.
    pub(super) fn elsewhere(&self, scope: Scope) -> Self {
        Self { template: self.template.clone(), span: self.span.clone(), scope }
    }
}

impl<'a> Context<'a> {
    pub(super) fn new(
        sink: &'a Sink,
        root: &'a Path,
        look_up: &'a dyn Fn(&Path) -> Option<PathKind>,
    ) -> Self {
        Self { sink, root, look_up, templates: RefCell::default() }
    }

    pub(super) fn add(&self, problem: Problem) {
        self.sink.add(problem);
    }

    /// The path from the root, without `.` in it.
    pub(super) fn absolute(&self, path: &str) -> PathBuf {
        let joined = self.root.join(path);
        joined.components().filter(|part| !matches!(part, Component::CurDir)).collect()
    }

    pub(super) fn look_up(&self, path: &Path) -> Option<PathKind> {
        (self.look_up)(path)
    }

    /// An existing file or folder; `what` begins the message ("the patch").
    pub(super) fn existing(&self, path: &At<String>, what: &str) -> PathBuf {
        let absolute = self.absolute(&path.value);
        if path.value.is_empty() {
            self.add(Problem::at(&path.span, format!("{what} has no name")));
        } else if self.look_up(&absolute).is_none() {
            self.add(self.not_there(&path.span, &path.value, what));
        }
        absolute
    }

    /// An existing file.
    pub(super) fn file(&self, path: &At<String>, what: &str) -> PathBuf {
        let absolute = self.existing(path, what);
        let (is, hint) = match self.look_up(&absolute).filter(|_| !path.value.is_empty()) {
            Some(PathKind::Folder) => ("a folder", "name a file in it"),
            Some(PathKind::Other) => ("a pipe or a device", "write its content to a file"),
            Some(PathKind::File) | None => return absolute,
        };
        let message = format!("{what} `{}` is {is}", path.value);
        self.add(Problem::at(&path.span, message).hint(hint));
        absolute
    }

    pub(super) fn not_there(&self, span: &Span, path: &str, what: &str) -> Problem {
        let message = format!("{what} `{path}` does not exist");
        let hint = "paths start at the folder that holds the matrix file";
        Problem::at(span, message).hint(hint)
    }

    /// Notes a template for the check of its placeholders, which needs the cells.
    pub(super) fn template(&self, text: &At<String>, scope: &Scope) {
        if text.value.contains('\0') {
            self.add(Problem::at(&text.span, "no program can be given a NUL character"));
        }
        match Template::parse(&text.value) {
            Ok(template) => {
                let span = text.span.clone();
                let scope = scope.clone();
                self.templates.borrow_mut().push(TemplateUse { template, span, scope });
            }
            Err(error) => self.add(Problem::at(&text.span, error.to_string())),
        }
    }

    /// The variables in `table`'s `env`.
    pub(super) fn env(&self, table: &Table<'_>, scope: &Scope) -> IndexMap<String, String> {
        let mut variables = IndexMap::new();
        let Some(env) = table.sub_table("env") else { return variables };
        for value in env.values() {
            let name = value.key.value;
            if !is_identifier(name) {
                let message = format!("`{name}` can't be the name of a variable");
                let hint = "a letter or `_`, then letters, digits or `_`";
                self.add(Problem::at(&value.key.span, message).hint(hint));
            } else if name.starts_with("MEMGRID_") || name.starts_with("MEMPROBE_") {
                let message = format!("memgrid sets `{name}` itself");
                self.add(Problem::at(&value.key.span, message).hint("use another prefix"));
            }
            if let Some(text) = value.scalar() {
                self.template(&text, scope);
                variables.insert(name.to_owned(), text.value);
            }
        }
        variables
    }
}
