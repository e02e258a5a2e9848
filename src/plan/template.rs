//! Placeholders in commands and environment variables: `{python}`, `{subject}`, `{format}`, …
//! `{{` and `}}` stand for the braces themselves. What a name means is the caller's business.

use std::fmt;
use std::ops::Range;

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Text(String),
    Placeholder(String),
}

/// Why a text is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// Bytes of the text that it is about.
    pub span: Range<usize>,
}

/// What is wrong with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// `{` without `}`.
    Unclosed,
    /// `}` without `{`.
    Unopened,
    /// `{}`, or a name that has a brace or a space in it.
    BadName,
}

impl fmt::Display for SyntaxErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unclosed => "`{` is never closed; write `{{` for a brace",
            Self::Unopened => "`}` closes nothing; write `}}` for a brace",
            Self::BadName => "a placeholder needs a name without spaces or braces, as in `{cell}`",
        })
    }
}

/// A placeholder that has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{{{name}}}` has no value here")]
pub struct Unknown {
    /// The placeholder's name.
    pub name: String,
}

impl Template {
    /// Parses a text.
    ///
    /// # Errors
    /// When a brace stands alone or a placeholder has no proper name.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find(['{', '}']).map(|offset| at + offset) {
            literal.push_str(&text[at..found]);
            let rest = &text[found..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                literal.push_str(&rest[..1]);
                at = found + 2;
                continue;
            }
            let name =
                placeholder(rest).map_err(|kind| SyntaxError { kind, span: found..found + 1 })?;
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            at = found + name.len() + 2;
            parts.push(Part::Placeholder(name.to_owned()));
        }
        literal.push_str(&text[at..]);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts })
    }

    /// The placeholders' names, in order; a name that is used twice comes twice.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The template with those placeholders replaced that `look_up` has a value for.
    #[must_use]
    pub fn fill<V: Into<String>>(&self, look_up: impl Fn(&str) -> Option<V>) -> Self {
        let fill = |part: &Part| match part {
            Part::Placeholder(name) => {
                look_up(name).map_or_else(|| part.clone(), |value| Part::Text(value.into()))
            }
            Part::Text(_) => part.clone(),
        };
        Self { parts: self.parts.iter().map(fill).collect() }
    }

    /// The text with every placeholder replaced.
    ///
    /// # Errors
    /// When `look_up` has no value for a placeholder; the error names it.
    pub fn expand<V: AsRef<str>>(
        &self,
        look_up: impl Fn(&str) -> Option<V>,
    ) -> Result<String, Unknown> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Placeholder(name) => {
                    let value = look_up(name).ok_or_else(|| Unknown { name: name.clone() })?;
                    text.push_str(value.as_ref());
                }
            }
        }
        Ok(text)
    }
}

/// The name in `{name}…`.
fn placeholder(rest: &str) -> Result<&str, SyntaxErrorKind> {
    let Some(inner) = rest.strip_prefix('{') else { return Err(SyntaxErrorKind::Unopened) };
    let end = inner.find('}').ok_or(SyntaxErrorKind::Unclosed)?;
    let name = &inner[..end];
    if name.is_empty() || name.contains(|c: char| c == '{' || c.is_whitespace()) {
        return Err(SyntaxErrorKind::BadName);
    }
    Ok(name)
}

/// A text that expands to itself.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expand(text: &str) -> Result<String, Unknown> {
        let value = |name: &str| (name != "nothing").then(|| name.to_uppercase());
        Template::parse(text).unwrap().expand(value)
    }

    #[test]
    fn placeholders_are_replaced_and_doubled_braces_are_braces() {
        assert_eq!(
            expand("{python} -c '{{}}' {source:psycopg}/{cell}").unwrap(),
            "PYTHON -c '{}' SOURCE:PSYCOPG/CELL"
        );
        assert_eq!(expand("").unwrap(), "");
        assert_eq!(expand("é{a}é").unwrap(), "éAé");
    }

    #[test]
    fn names_are_listed_in_order() {
        let template = Template::parse("{a}{b} {a} {{c}}").unwrap();
        assert_eq!(template.names().collect::<Vec<_>>(), ["a", "b", "a"]);
    }

    #[test]
    fn an_unknown_placeholder_is_named() {
        assert_eq!(expand("{nothing}").unwrap_err().to_string(), "`{nothing}` has no value here");
    }

    #[test]
    fn a_template_can_be_filled_in_two_steps() {
        let template = Template::parse("{{{a}:{b}").unwrap();
        let filled = template.fill(|name| (name == "a").then_some("{b}"));
        assert_eq!(filled.names().collect::<Vec<_>>(), ["b"]);
        assert_eq!(filled.expand(|_| Some("1")).unwrap(), "{{b}:1");
    }

    #[test]
    fn stray_braces_are_errors() {
        let kind = |text| Template::parse(text).unwrap_err().kind;
        assert_eq!(kind("a {b"), SyntaxErrorKind::Unclosed);
        assert_eq!(kind("a} b"), SyntaxErrorKind::Unopened);
        assert_eq!(kind("{}"), SyntaxErrorKind::BadName);
        assert_eq!(kind("{a b}"), SyntaxErrorKind::BadName);
        assert_eq!(kind("{a{b}}"), SyntaxErrorKind::BadName);
        assert_eq!(Template::parse("ab}").unwrap_err().span, 2..3);
    }

    proptest! {
        #[test]
        fn an_escaped_text_expands_to_itself(text in "[a-z{} é]*") {
            let template = Template::parse(&escape(&text)).unwrap();
            prop_assert_eq!(template.names().count(), 0);
            prop_assert_eq!(template.expand(|_| None::<&str>).unwrap(), text);
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = Template::parse(&text);
        }
    }
}
