//! Turns summaries into HTML, terminal tables and JSON. Never queries anything.

mod annotation;
pub mod bisection;
pub mod chart;
pub mod comparison;
pub mod escape;
pub mod format;
pub mod html;
pub mod json;
mod junit;
mod markdown;
pub mod terminal;
pub mod trend;
