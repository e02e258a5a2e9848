//! `memgrid nightly` and what follows a bad night, against real git repositories: small ones, and
//! Django with its serializers.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

mod django;
mod nights;
