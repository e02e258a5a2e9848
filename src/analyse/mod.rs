//! From attempts to figures: curves, statistics, summaries. Pure.

pub mod summary;
