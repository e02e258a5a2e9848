//! `matrix.toml`: from text to a validated [`Config`], or to every problem in it at once.
//!
//! Pure: the text and a way to ask whether a path exists are passed in. [`load`] parses the text
//! into a tree with spans ([`reader`]), reads it section by section, and checks what refers to
//! what ([`check`]). Problems are gathered on the way ([`problem`]); none ends the reading.

mod backends;
mod check;
mod compare;
mod context;
mod dataset;
mod load;
mod matrix;
mod measure;
mod metrics;
mod passes;
mod model;
mod names;
mod overrides;
mod problem;
mod reader;
mod revision;
mod rule;
mod series;
mod services;
mod sources;
pub(crate) mod suggest;
#[cfg(test)]
mod tests;
mod system;
mod units;
mod workload;

pub use context::PathKind;
pub use load::{load, load_with};
pub use model::*;
pub(crate) use names::{path_part_problem, turns_writing};
pub use overrides::Overrides;
pub use problem::{Problem, Problems, Span};
pub use revision::{Commits, parse_revision};
pub use rule::{Limit, Rule, RuleError};
pub use series::{Series, SeriesChoice, SeriesKind, SeriesPatch};
pub use services::PLACES;
pub use units::{parse_duration, parse_size};
