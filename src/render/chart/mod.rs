//! Small SVG charts of curves over time.
//!
//! They are drawn here rather than by a library so that pages decide how they look: every colour,
//! dash and font is a CSS class (light, dark and print differ), text keeps its size whatever the
//! chart's width, and nothing in them needs a script or an inline style.

pub mod bar;
mod path;
mod sketch;
mod svg;
mod time_labels;
pub mod trend;

pub use crate::measurement::{Axis, Tick};
pub use bar::Bar;
pub use sketch::sketch;
pub use svg::{Chart, Line, Peak, render, swatch};
pub use trend::Dot;
