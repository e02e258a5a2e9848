-- An index over the folders in reports/runs, which are the truth. docs/history.md explains it.
-- Times are microseconds since 1970, UTC.

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL UNIQUE,
    name TEXT,
    started INTEGER NOT NULL,
    finished INTEGER,
    stamp INTEGER NOT NULL, -- when manifest.json was written: another one means that the run went on
    memgrid TEXT NOT NULL,
    machine TEXT NOT NULL,
    matrix_sha256 TEXT NOT NULL,
    workload_sha256 TEXT NOT NULL,
    dataset TEXT,
    period REAL NOT NULL,
    jobs INTEGER NOT NULL,
    outcomes TEXT NOT NULL -- how many cells ended how, as JSON: counting them on demand is slow
) STRICT;
CREATE INDEX runs_by_start ON runs (started);

CREATE TABLE sources (
    run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    origin TEXT NOT NULL,
    revision TEXT,
    patches TEXT NOT NULL, -- their SHA-256, in order, separated by spaces
    PRIMARY KEY (run_id, state, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE cell_names (
    id INTEGER PRIMARY KEY,
    cell TEXT NOT NULL UNIQUE
) STRICT;

-- `started` is the run's: with it in the key, a cell's newest result is the first row found.
CREATE TABLE cells (
    cell_id INTEGER NOT NULL REFERENCES cell_names,
    started INTEGER NOT NULL,
    run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    outcome TEXT, -- NULL: the run was killed before it was known
    reason TEXT,
    PRIMARY KEY (cell_id, started, run_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX cells_by_run ON cells (run_id);

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    cell_id INTEGER NOT NULL REFERENCES cell_names,
    number INTEGER NOT NULL,
    warmup INTEGER NOT NULL,
    started INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    output_digest TEXT,
    UNIQUE (run_id, cell_id, number)
) STRICT;

CREATE TABLE metric_names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    scope TEXT NOT NULL,
    UNIQUE (name, unit, scope)
) STRICT;

CREATE TABLE metrics (
    attempt_id INTEGER NOT NULL REFERENCES attempts ON DELETE CASCADE,
    metric_id INTEGER NOT NULL REFERENCES metric_names,
    value REAL NOT NULL,
    PRIMARY KEY (attempt_id, metric_id)
) STRICT, WITHOUT ROWID;
