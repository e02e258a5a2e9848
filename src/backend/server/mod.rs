//! Private database servers: found, started for one run, and never left behind.

pub(super) mod locate;
