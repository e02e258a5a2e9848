//! Rows from a run's records. A table's rows go in with one statement, as JSON that SQLite takes
//! apart: a statement a row would cost a hundred times as many round trips.

use indexmap::IndexMap;
use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::trend::PastSource;
use crate::collect::Conditions;
use crate::collect::record::{AttemptRecord, CellResults, RunRecord, StateRecord};
use crate::measurement::Metric;
use crate::outcome::Outcome;
use crate::plan::CellId;

const INSERT_CONDITIONS: &str = "INSERT OR IGNORE INTO conditions (content) VALUES (?1)";

const INSERT_RUN: &str = "
    INSERT INTO runs (run, name, started, finished, stamp, memgrid, conditions_id, outcomes)
    SELECT ?, ?, ?, ?, ?, ?, id, ? FROM conditions WHERE content = ?
    RETURNING id";

const INSERT_TREES: &str = "
    INSERT OR IGNORE INTO trees (content)
    SELECT value->>'tree' FROM json_each(?1) WHERE value->>'tree' IS NOT NULL";

const INSERT_CELL_NAMES: &str = "
    INSERT OR IGNORE INTO cell_names (cell) SELECT value->>'cell' FROM json_each(?1)";

const INSERT_CELLS: &str = "
    INSERT INTO cells (cell_id, started, run_id, outcome, tree_id)
    SELECT n.id, r.started, r.id, j.value->>'outcome', t.id
    FROM json_each(?2) j
    CROSS JOIN cell_names n ON n.cell = j.value->>'cell'
    LEFT JOIN trees t ON t.content = j.value->>'tree'
    CROSS JOIN runs r ON r.id = ?1";

const INSERT_METRIC_NAMES: &str = "
    INSERT OR IGNORE INTO metric_names (name, unit, scope)
    SELECT DISTINCT value->>'name', value->>'unit', value->>'scope' FROM json_each(?1)";

const INSERT_FIGURES: &str = "
    INSERT INTO figures (cell_id, metric_id, started, run_id, measured)
    SELECT n.id, m.id, r.started, r.id, j.value->'measured'
    FROM json_each(?2) j
    CROSS JOIN cell_names n ON n.cell = j.value->>'cell'
    CROSS JOIN metric_names m
        ON m.name = j.value->>'name' AND m.unit = j.value->>'unit'
        AND m.scope = j.value->>'scope'
    CROSS JOIN runs r ON r.id = ?1";

const DELETE_FIGURES: &str = "
    DELETE FROM figures WHERE (cell_id, metric_id, started, run_id) IN (
        SELECT c.cell_id, m.id, c.started, c.run_id
        FROM runs r JOIN cells c ON c.run_id = r.id CROSS JOIN metric_names m
        WHERE r.run = ?)";

/// Forgets one run.
pub(super) async fn forget(connection: &mut SqliteConnection, run: &str) -> sqlx::Result<()> {
    sqlx::query(DELETE_FIGURES).bind(run).execute(&mut *connection).await?;
    sqlx::query("DELETE FROM runs WHERE run = ?").bind(run).execute(connection).await?;
    Ok(())
}

/// Forgets all runs.
pub(super) async fn forget_all(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    const DELETE_ALL: &str = "
        DELETE FROM figures; DELETE FROM cells; DELETE FROM runs;
        DELETE FROM trees; DELETE FROM conditions";
    sqlx::raw_sql(DELETE_ALL).execute(connection).await?;
    Ok(())
}

/// Writes one run that is not known. `stamp` is the time of its manifest, or
/// [`super::UNDER_WAY`].
pub(super) async fn run(
    connection: &mut SqliteConnection,
    run: &RunRecord,
    stamp: i64,
) -> sqlx::Result<()> {
    let id = insert_run(connection, run, stamp).await?;
    let (cells, figures) = (cells(run), figures(run));
    name(connection, INSERT_TREES, &cells).await?;
    name(connection, INSERT_CELL_NAMES, &cells).await?;
    insert(connection, INSERT_CELLS, id, &cells).await?;
    name(connection, INSERT_METRIC_NAMES, &figures).await?;
    insert(connection, INSERT_FIGURES, id, &figures).await
}

async fn insert_run(
    connection: &mut SqliteConnection,
    run: &RunRecord,
    stamp: i64,
) -> sqlx::Result<i64> {
    let manifest = &run.manifest;
    let conditions = json!(Conditions::of(manifest));
    name(connection, INSERT_CONDITIONS, &conditions).await?;
    sqlx::query_scalar(INSERT_RUN)
        .bind(&manifest.run)
        .bind(&manifest.name)
        .bind(manifest.started.as_microsecond())
        .bind(manifest.finished.map(jiff::Timestamp::as_microsecond))
        .bind(stamp)
        .bind(&manifest.memgrid)
        .bind(outcomes(run).to_string())
        .bind(conditions.to_string())
        .fetch_one(connection)
        .await
}

async fn insert(
    connection: &mut SqliteConnection,
    statement: &'static str,
    run_id: i64,
    rows: &Value,
) -> sqlx::Result<()> {
    sqlx::query(statement).bind(run_id).bind(rows.to_string()).execute(connection).await?;
    Ok(())
}

async fn name(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: &Value,
) -> sqlx::Result<()> {
    sqlx::query(statement).bind(rows.to_string()).execute(connection).await?;
    Ok(())
}

/// How many cells ended how; cells that were never reached count as `interrupted`.
fn outcomes(run: &RunRecord) -> Value {
    let mut counts: IndexMap<&str, u32> = IndexMap::new();
    for results in run.cells.values() {
        let outcome = results.record.as_ref().map(|record| record.outcome);
        *counts.entry(outcome.map_or("interrupted", |outcome| outcome.as_str())).or_default() += 1;
    }
    json!(counts)
}

fn cells(run: &RunRecord) -> Value {
    let trees: IndexMap<&str, String> =
        run.manifest.states.iter().map(|(name, state)| (name.as_str(), tree(state))).collect();
    let rows = run.cells.iter().map(|(cell, results)| {
        let record = results.record.as_ref();
        // A cell without a state has the sources as they are, which no name stands for.
        let state = record.map(|record| record.cell.state().unwrap_or_default());
        json!({
            "cell": cell,
            "outcome": record.map(|record| record.outcome),
            "tree": state.and_then(|state| trees.get(state)),
        })
    });
    rows.collect()
}

/// What a state consisted of, as the text that its cells share.
fn tree(state: &StateRecord) -> String {
    let sources = state.sources.iter().map(|(name, source)| (name, PastSource::of(source)));
    json!(sources.collect::<IndexMap<_, _>>()).to_string()
}

/// What was measured of each cell in the attempts that count: all values of a metric in one row.
fn figures(run: &RunRecord) -> Value {
    run.cells.iter().flat_map(|(cell, results)| cell_figures(cell, results)).collect()
}

fn cell_figures<'a>(
    cell: &'a CellId,
    results: &'a CellResults,
) -> impl Iterator<Item = Value> + use<'a> {
    let counts = |attempt: &&AttemptRecord| !attempt.warmup && attempt.outcome == Outcome::Ok;
    let measured = results.attempts.iter().filter(counts);
    let mut figures: IndexMap<&str, (&Metric, Vec<f64>)> = IndexMap::new();
    for (name, metric) in measured.flat_map(AttemptRecord::metrics) {
        let Some(value) = metric.value.filter(|value| value.is_finite()) else { continue };
        let (first, values) = figures.entry(name).or_insert_with(|| (metric, Vec::new()));
        if (&first.unit, first.scope) == (&metric.unit, metric.scope) {
            values.push(value);
        }
    }
    figures.into_iter().map(move |(name, (metric, measured))| {
        let (unit, scope) = (&metric.unit, metric.scope);
        json!({"cell": cell, "name": name, "unit": unit, "scope": scope, "measured": measured})
    })
}
