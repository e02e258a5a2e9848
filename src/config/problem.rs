//! A problem in `matrix.toml`, and all of them as a person reads them: line, caret, hint.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::error::Error;

/// Bytes of the file.
pub type Span = Range<usize>;

/// How many problems are shown: more are those of a file that is something else.
const SHOWN: usize = 100;

/// One thing that is wrong in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where; `None` for something that is missing altogether.
    pub span: Option<Span>,
    /// What is wrong.
    pub message: String,
    /// What to say at the caret, if the message does not say it.
    pub label: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether the problem is that something isn't there: in a file that could only be parsed in
    /// part it may well be there.
    absence: bool,
}

impl Problem {
    pub(super) fn at(span: &Span, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { span: Some(span.clone()), message, label: None, hint: None, absence: false }
    }

    /// Something is missing from the whole file.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self { span: None, message: message.into(), label: None, hint: None, absence: true }
    }

    pub(super) fn label(self, label: impl Into<String>) -> Self {
        Self { label: Some(label.into()), ..self }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Marks it as being about something that isn't there.
    pub(super) fn absence(self) -> Self {
        Self { absence: true, ..self }
    }
}

/// Gathers problems while the file is walked.
#[derive(Debug, Default)]
pub(super) struct Sink(RefCell<Vec<Problem>>);

impl Sink {
    pub(super) fn add(&self, problem: Problem) {
        self.0.borrow_mut().push(problem);
    }

    /// All problems in the order of the file. Beside syntax errors only those count that the
    /// part of the file which could not be read cannot have caused.
    pub(super) fn into_problems(self, syntax: SyntaxErrors, text: &str) -> Vec<Problem> {
        let mut problems = self.0.into_inner();
        if !syntax.problems.is_empty() {
            let ends: Vec<usize> = text.match_indices('\n').map(|(end, _)| end).collect();
            let line = |span: &Span| ends.partition_point(|end| *end < span.start);
            let broken: HashSet<_> = syntax
                .problems
                .iter()
                .filter_map(|problem| problem.span.as_ref())
                .map(line)
                .collect();
            problems.retain(|problem| {
                !problem.absence
                    && problem.span.as_ref().is_some_and(|span| {
                        span.start < syntax.reliable_until && !broken.contains(&line(span))
                    })
            });
        }
        problems.extend(syntax.problems);
        problems.sort_by_key(|problem| problem.span.as_ref().map_or(usize::MAX, |span| span.start));
        problems.dedup();
        problems
    }
}

/// What the TOML parser complained about, without what merely follows from an earlier error.
#[derive(Debug, Default)]
pub(super) struct SyntaxErrors {
    problems: Vec<Problem>,
    reliable_until: usize,
}

impl SyntaxErrors {
    /// Such an error leaves the parser in the wrong place: what follows can't be trusted.
    const DERAILING: [&str; 5] =
        ["unclosed", "array element", "in array", "inline table", "key with no value"];

    pub(super) fn new(errors: &[toml::de::Error], text: &str) -> Self {
        let derails = |error: &&toml::de::Error| {
            Self::DERAILING.iter().any(|words| error.message().contains(words))
        };
        let start = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
        let reliable_until = errors.iter().filter(derails).map(start).min().unwrap_or(usize::MAX);
        let first = errors.iter().find(|error| derails(error) && start(error) == reliable_until);
        let kept = errors.iter().filter(|error| start(error) < reliable_until).chain(first);
        let problems = kept.map(|error| {
            let span = error.span().unwrap_or(0..0);
            let problem = Problem::at(&clamp(&span, text), error.message());
            match error.message() {
                message if message.contains("must be quoted") => {
                    problem.hint("put text between double quotes")
                }
                message if message.contains("array") => {
                    problem.hint("or is a `]` missing before it?")
                }
                _ => problem,
            }
        });
        Self { problems: problems.collect(), reliable_until }
    }
}

/// The renderer wants spans that lie within the text, on character boundaries.
fn clamp(span: &Span, text: &str) -> Span {
    let boundary = |at: usize| {
        (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
    };
    let start = boundary(span.start);
    start..boundary(span.end).max(start)
}

/// All problems of a file; never empty.
#[derive(Clone, Debug)]
pub struct Problems {
    file_name: String,
    text: String,
    problems: Vec<Problem>,
}

impl Problems {
    pub(super) fn new(file_name: &str, text: &str, problems: Vec<Problem>) -> Self {
        Self { file_name: file_name.to_owned(), text: text.to_owned(), problems }
    }

    /// The problems, in the order of the file.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.problems
    }

    /// One sentence: how many there are, and where.
    #[must_use]
    pub fn summary(&self) -> String {
        match self.problems.len() {
            1 => format!("{} has a problem; nothing was run", self.file_name),
            count => format!("{} has {count} problems; nothing was run", self.file_name),
        }
    }

    /// Every problem with its line, a caret and a hint; of very many the first.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let render = |problem| renderer.render(&self.groups(problem));
        let shown = self.problems.iter().take(SHOWN).map(render);
        let more = self.problems.len().saturating_sub(SHOWN);
        let more = (more > 0).then(|| format!("… and {more} more"));
        shown.chain(more).collect::<Vec<_>>().join("\n\n")
    }

    fn groups<'a>(&'a self, problem: &'a Problem) -> Vec<Group<'a>> {
        let title = Level::ERROR.primary_title(&problem.message);
        let file = self.file_name.as_str();
        let group = match &problem.span {
            None => title.element(Origin::path(file)),
            Some(span) => {
                let caret = AnnotationKind::Primary.span(clamp(span, &self.text));
                let snippet = Snippet::source(&self.text).path(file);
                title.element(snippet.annotation(caret.label(problem.label.as_deref())))
            }
        };
        let help = problem.hint.as_deref().map(|hint| Level::HELP.message(hint));
        vec![group.elements(help)]
    }
}

impl std::error::Error for Problems {}

/// The problems stay reachable as the error's source, for whoever shows them with colour.
impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Self::usage(problems.summary()).because(problems)
    }
}

/// As [`Problems::render`] without colour.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}
