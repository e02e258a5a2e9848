//! Turns summaries into HTML, terminal tables and JSON. Never queries anything.

mod annotation;
pub mod attribution;
pub mod bisection;
pub mod chart;
pub mod comparison;
pub mod escape;
mod details;
pub mod document;
mod facts;
pub mod format;
pub mod html;
mod junit;
mod markdown;
pub mod output;
pub mod ranking;
pub mod run;
pub mod terminal;
pub mod trend;
