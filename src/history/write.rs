//! Rows from a run's records. A table's rows go in with one statement, as JSON that SQLite takes
//! apart: a statement a row would cost a hundred times as many round trips.

use indexmap::IndexMap;
use serde_json::{Value, json};
use sqlx::SqliteConnection;

use crate::collect::record::{AttemptRecord, RunManifest, RunRecord};

const INSERT_RUN: &str = "
    INSERT INTO runs (run, name, started, finished, stamp, memgrid, machine, matrix_sha256,
                      workload_sha256, dataset, period, jobs, outcomes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    RETURNING id";

const INSERT_SOURCES: &str = "
    INSERT INTO sources (run_id, state, source, origin, revision, patches)
    SELECT ?1, value->>'state', value->>'source', value->>'origin', value->>'revision',
           value->>'patches'
    FROM json_each(?2)";

const INSERT_CELL_NAMES: &str = "
    INSERT OR IGNORE INTO cell_names (cell) SELECT value->>'cell' FROM json_each(?1)";

const INSERT_CELLS: &str = "
    INSERT INTO cells (cell_id, started, run_id, outcome, reason)
    SELECT n.id, r.started, r.id, j.value->>'outcome', j.value->>'reason'
    FROM json_each(?2) j
    CROSS JOIN cell_names n ON n.cell = j.value->>'cell'
    CROSS JOIN runs r ON r.id = ?1";

const INSERT_ATTEMPTS: &str = "
    INSERT INTO attempts (run_id, cell_id, number, warmup, started, outcome, output_digest)
    SELECT ?1, n.id, j.value->>'number', j.value->>'warmup', j.value->>'started',
           j.value->>'outcome', j.value->>'output_digest'
    FROM json_each(?2) j
    CROSS JOIN cell_names n ON n.cell = j.value->>'cell'";

const INSERT_METRIC_NAMES: &str = "
    INSERT OR IGNORE INTO metric_names (name, unit, scope)
    SELECT DISTINCT value->>'name', value->>'unit', value->>'scope' FROM json_each(?1)";

const INSERT_METRICS: &str = "
    INSERT INTO metrics (attempt_id, metric_id, value)
    SELECT a.id, m.id, j.value->>'value'
    FROM json_each(?2) j
    CROSS JOIN cell_names n ON n.cell = j.value->>'cell'
    CROSS JOIN attempts a
        ON a.run_id = ?1 AND a.cell_id = n.id AND a.number = j.value->>'number'
    CROSS JOIN metric_names m
        ON m.name = j.value->>'name' AND m.unit = j.value->>'unit'
        AND m.scope = j.value->>'scope'";

/// Forgets one run.
pub(super) async fn forget(connection: &mut SqliteConnection, run: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM runs WHERE run = ?").bind(run).execute(connection).await?;
    Ok(())
}

/// Forgets all runs.
pub(super) async fn forget_all(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM runs").execute(connection).await?;
    Ok(())
}

/// Writes one run that is not known. `stamp` is its [`super::stamp`].
pub(super) async fn run(
    connection: &mut SqliteConnection,
    run: &RunRecord,
    stamp: i64,
) -> sqlx::Result<()> {
    let id = insert_run(connection, run, stamp).await?;
    let all = || run.cells.values().flat_map(|results| &results.attempts);
    let cells = cells(run);
    let metrics: Value = all().flat_map(metrics).collect();
    insert(connection, INSERT_SOURCES, id, &sources(&run.manifest)).await?;
    name(connection, INSERT_CELL_NAMES, &cells).await?;
    insert(connection, INSERT_CELLS, id, &cells).await?;
    insert(connection, INSERT_ATTEMPTS, id, &all().map(attempt).collect()).await?;
    name(connection, INSERT_METRIC_NAMES, &metrics).await?;
    insert(connection, INSERT_METRICS, id, &metrics).await
}

async fn insert_run(
    connection: &mut SqliteConnection,
    run: &RunRecord,
    stamp: i64,
) -> sqlx::Result<i64> {
    let manifest = &run.manifest;
    sqlx::query_scalar(INSERT_RUN)
        .bind(&manifest.run)
        .bind(&manifest.name)
        .bind(manifest.started.as_microsecond())
        .bind(manifest.finished.map(jiff::Timestamp::as_microsecond))
        .bind(stamp)
        .bind(&manifest.memgrid)
        .bind(&manifest.machine.id)
        .bind(&manifest.matrix_sha256)
        .bind(&manifest.workload_sha256)
        .bind(manifest.dataset.as_ref().map(|dataset| &dataset.fingerprint))
        .bind(manifest.measure.period)
        .bind(i64::try_from(manifest.measure.jobs).unwrap_or(i64::MAX))
        .bind(outcomes(run).to_string())
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

fn sources(manifest: &RunManifest) -> Value {
    let states = manifest.states.iter().flat_map(|(state, record)| {
        record.sources.iter().map(move |(source, record)| (state, source, record))
    });
    let rows = states.map(|(state, source, record)| {
        let patches: Vec<&str> = record.patches.iter().map(|patch| patch.sha256.as_str()).collect();
        json!({
            "state": state,
            "source": source,
            "origin": record.origin,
            "revision": record.commit,
            "patches": patches.join(" "),
        })
    });
    rows.collect()
}

fn cells(run: &RunRecord) -> Value {
    let rows = run.cells.iter().map(|(cell, results)| {
        let record = results.record.as_ref();
        json!({
            "cell": cell,
            "outcome": record.map(|record| record.outcome),
            "reason": record.and_then(|record| record.reason.as_deref()),
        })
    });
    rows.collect()
}

fn attempt(attempt: &AttemptRecord) -> Value {
    json!({
        "cell": attempt.cell,
        "number": attempt.number,
        "warmup": attempt.warmup,
        "started": attempt.started.as_microsecond(),
        "outcome": attempt.outcome,
        "output_digest": attempt.result.as_ref().and_then(|result| result.output_digest.as_deref()),
    })
}

/// The figures that were had.
fn metrics(attempt: &AttemptRecord) -> impl Iterator<Item = Value> {
    attempt.metrics().filter_map(move |(name, metric)| {
        let value = metric.value.filter(|value| value.is_finite())?;
        Some(json!({
            "cell": attempt.cell,
            "number": attempt.number,
            "name": name,
            "unit": metric.unit,
            "scope": metric.scope,
            "value": value,
        }))
    })
}
