//! Databases: found, started, filled with the dataset, stopped.
