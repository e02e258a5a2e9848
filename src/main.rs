//! The `memgrid` command.

fn main() {}
