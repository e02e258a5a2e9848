//! `matrix.toml`: from text to a validated [`Config`], or to every problem in it at once.
//!
//! Pure: the text and a way to ask whether a path exists are passed in.

mod model;

pub use model::*;
