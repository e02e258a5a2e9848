-- A trend reads one stretch of one table: a cell's figures of one metric lie together, run by run.
-- What many runs share is kept once. Attempts are in the runs' folders, which whoever asks for
-- them reads. docs/history.md explains the tables.

DROP TABLE metrics;
DROP TABLE attempts;
DROP TABLE cells;
DROP TABLE sources;
DROP TABLE runs; -- they are read again

CREATE TABLE conditions (
    id INTEGER PRIMARY KEY,
    content TEXT NOT NULL UNIQUE -- JSON: what figures must have in common to be compared
) STRICT;

CREATE TABLE trees (
    id INTEGER PRIMARY KEY,
    content TEXT NOT NULL UNIQUE -- JSON: sources by name, with origin, revision, and patches' SHA-256
) STRICT;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL UNIQUE,
    name TEXT,
    started INTEGER NOT NULL,
    finished INTEGER,
    stamp INTEGER NOT NULL, -- when manifest.json was written, in nanoseconds; -1: read it again
    memgrid TEXT NOT NULL,
    conditions_id INTEGER NOT NULL REFERENCES conditions,
    outcomes TEXT NOT NULL -- how many cells ended how, as JSON: counting them on demand is slow
) STRICT;
CREATE INDEX runs_by_start ON runs (started, run);
CREATE INDEX runs_by_name ON runs (name) WHERE name IS NOT NULL;

-- `started` is the run's: with it in the key, a cell's newest result is the first row found.
CREATE TABLE cells (
    cell_id INTEGER NOT NULL REFERENCES cell_names,
    started INTEGER NOT NULL,
    run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    outcome TEXT, -- NULL: the run was killed before it was known
    tree_id INTEGER REFERENCES trees, -- NULL: it has no state, or none is known
    PRIMARY KEY (cell_id, started, run_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX cells_by_run ON cells (run_id);

-- No reference to `runs`: an index for it would be larger than the table. A run's figures are
-- found through its cells.
CREATE TABLE figures (
    cell_id INTEGER NOT NULL,
    metric_id INTEGER NOT NULL,
    started INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    measured TEXT NOT NULL, -- a JSON array: one value for each measured attempt that ended well
    PRIMARY KEY (cell_id, metric_id, started, run_id)
) STRICT, WITHOUT ROWID;
