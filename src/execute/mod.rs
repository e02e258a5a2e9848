//! Runs attempts: one memprobe each, in a process group of its own, some at a time.
