//! Turns summaries into HTML and terminal tables. Never queries anything.
