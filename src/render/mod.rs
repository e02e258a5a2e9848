//! Turns summaries into HTML, terminal tables and JSON. Never queries anything.

pub mod bisection;
pub mod chart;
pub mod comparison;
pub mod escape;
pub mod format;
pub mod html;
pub mod json;
pub mod terminal;
pub mod trend;
