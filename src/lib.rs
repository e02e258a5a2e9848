//! memgrid answers one question: **what does this change do to memory, in every combination
//! that my users run?**
//!
//! The modules stand in the order in which the data flows. Each stage reads what the ones
//! before it made, and none reaches back; only [`commands`] sees them all.
//!
//! ```text
//! config ─▶ plan ─▶ prepare ─▶ execute ─▶ collect ─▶ analyse ─▶ render
//! ```
//!
//! `config`, `plan` and `analyse` are pure: what they know of files, time and chance is
//! passed in. `docs/architecture.md` explains the walls between the modules.

// What everybody speaks: errors, exit codes, outcomes, measurements, statistics; and two things
// about files.
pub mod error;
pub mod event;
pub mod exit_code;
pub mod fingerprint;
mod growing_log;
pub mod interrupt;
pub mod measurement;
pub mod outcome;
mod same_file;
pub mod statistics;

// The pipeline, in order.
pub mod config;
pub mod plan;

pub mod prepare;
pub mod dataset;
pub mod server;
pub mod backend;
pub mod service;

pub mod probe;
pub mod execute;

pub mod collect;
pub mod history;
pub mod analyse;
pub mod render;

// The edge: what a person meets.
pub mod progress;
pub mod commands;
pub mod cli;
