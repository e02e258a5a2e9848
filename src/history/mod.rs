//! An index over the runs' folders, in SQLite. It can always be rebuilt from them.
