//! One file a subcommand: thin wiring of the stages. Only this module sees them all.
