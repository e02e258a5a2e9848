//! What the index is asked.

use std::collections::HashMap;

use indexmap::IndexMap;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::outcome::Outcome;
use crate::plan::CellId;

/// A run as the list of runs shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct PastRun {
    /// Its id.
    pub run: String,
    /// A name that the user gave it.
    pub name: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended, unless it was killed or is still running.
    pub finished: Option<Timestamp>,
    /// memgrid's version.
    pub memgrid: String,
    /// The machine's fingerprint.
    pub machine: String,
    /// How many cells ended how.
    pub outcomes: IndexMap<Outcome, u32>,
}

/// Which run has a cell's newest result.
#[derive(Clone, Debug, PartialEq)]
pub struct NewestResult {
    /// The cell.
    pub cell: CellId,
    /// The run.
    pub run: String,
    /// When that run began.
    pub started: Timestamp,
    /// How the cell ended in it.
    pub outcome: Outcome,
}

/// One attempt of a cell, in whichever run.
#[derive(Clone, Debug, PartialEq)]
pub struct PastAttempt {
    /// The run.
    pub run: String,
    /// Its number within the cell in that run.
    pub number: u32,
    /// Left out of every figure.
    pub warmup: bool,
    /// When it began.
    pub started: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// Digest of its output.
    pub output_digest: Option<String>,
    /// Figures by name, in their metrics' units.
    pub metrics: IndexMap<String, f64>,
}

/// A metric's values in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendPoint {
    /// The run.
    pub run: String,
    /// When it began.
    pub started: Timestamp,
    /// One value an attempt, in the metric's unit.
    pub values: Vec<f64>,
}

const RUNS: &str = "
    SELECT run, name, started, finished, memgrid, machine, outcomes
    FROM runs ORDER BY started DESC, run DESC";

/// The key's order makes a cell's newest result the first row.
const NEWEST: &str = "
    SELECT n.cell, r.run, r.started, c.outcome
    FROM json_each(?1) j
    CROSS JOIN cell_names n ON n.cell = j.value
    CROSS JOIN cells c ON c.cell_id = n.id AND (c.started, c.run_id) = (
        SELECT started, run_id FROM cells
        WHERE cell_id = n.id AND outcome <> 'interrupted'
        ORDER BY started DESC, run_id DESC LIMIT 1)
    JOIN runs r ON r.id = c.run_id
    ORDER BY j.key";

const ATTEMPTS: &str = "
    SELECT r.run, a.number, a.warmup, a.started, a.outcome, a.output_digest, (
        SELECT json_group_object(m.name, v.value)
        FROM metrics v JOIN metric_names m ON m.id = v.metric_id
        WHERE v.attempt_id = a.id) AS metrics
    FROM cell_names n
    CROSS JOIN cells c ON c.cell_id = n.id
    CROSS JOIN attempts a ON a.run_id = c.run_id AND a.cell_id = c.cell_id
    JOIN runs r ON r.id = c.run_id
    WHERE n.cell = ?1
    ORDER BY c.started DESC, c.run_id DESC, a.number
    LIMIT ?2";

const TREND: &str = "
    SELECT r.run, r.started, v.value
    FROM cell_names n
    CROSS JOIN cells c ON c.cell_id = n.id
    CROSS JOIN attempts a ON a.run_id = c.run_id AND a.cell_id = c.cell_id
    CROSS JOIN metrics v ON v.attempt_id = a.id
        AND v.metric_id IN (SELECT id FROM metric_names WHERE name = ?2)
    JOIN runs r ON r.id = c.run_id
    WHERE n.cell = ?1 AND a.warmup = 0 AND a.outcome = 'ok'
    ORDER BY c.started, c.run_id, a.number";

pub(super) async fn runs(connection: &mut SqliteConnection) -> sqlx::Result<Vec<PastRun>> {
    let rows = sqlx::query(RUNS).fetch_all(connection).await?;
    rows.iter().map(past_run).collect()
}

pub(super) async fn count(connection: &mut SqliteConnection) -> sqlx::Result<u64> {
    let runs: i64 = sqlx::query_scalar("SELECT count(*) FROM runs").fetch_one(connection).await?;
    Ok(runs.unsigned_abs())
}

/// Which runs are known, and their stamps; `None` for those that had not ended.
pub(super) async fn known(
    connection: &mut SqliteConnection,
) -> sqlx::Result<HashMap<String, Option<i64>>> {
    let rows = sqlx::query("SELECT run, iif(finished IS NULL, NULL, stamp) FROM runs");
    rows.fetch_all(connection)
        .await?
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

pub(super) async fn newest_results(
    connection: &mut SqliteConnection,
    cells: &[CellId],
) -> sqlx::Result<Vec<NewestResult>> {
    let wanted = serde_json::json!(cells).to_string();
    let rows = sqlx::query(NEWEST).bind(wanted).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            Ok(NewestResult {
                cell: CellId::from_values(row.try_get::<&str, _>("cell")?.split('/')),
                run: row.try_get("run")?,
                started: time(row, "started")?,
                outcome: json(row, "outcome", |text| format!("\"{text}\""))?,
            })
        })
        .collect()
}

pub(super) async fn attempts(
    connection: &mut SqliteConnection,
    cell: &CellId,
    limit: u32,
) -> sqlx::Result<Vec<PastAttempt>> {
    let query = sqlx::query(ATTEMPTS).bind(cell.as_str()).bind(limit);
    query.fetch_all(connection).await?.iter().map(past_attempt).collect()
}

pub(super) async fn trend(
    connection: &mut SqliteConnection,
    cell: &CellId,
    metric: &str,
) -> sqlx::Result<Vec<TrendPoint>> {
    let rows = sqlx::query(TREND).bind(cell.as_str()).bind(metric).fetch_all(connection).await?;
    let mut points: Vec<TrendPoint> = Vec::new();
    for row in &rows {
        let (run, value): (&str, f64) = (row.try_get("run")?, row.try_get("value")?);
        match points.last_mut() {
            Some(point) if point.run == run => point.values.push(value),
            _ => points.push(TrendPoint {
                run: run.to_owned(),
                started: time(row, "started")?,
                values: vec![value],
            }),
        }
    }
    Ok(points)
}

fn past_run(row: &SqliteRow) -> sqlx::Result<PastRun> {
    Ok(PastRun {
        run: row.try_get("run")?,
        name: row.try_get("name")?,
        started: time(row, "started")?,
        finished: match row.try_get::<Option<i64>, _>("finished")? {
            Some(_) => Some(time(row, "finished")?),
            None => None,
        },
        memgrid: row.try_get("memgrid")?,
        machine: row.try_get("machine")?,
        outcomes: json(row, "outcomes", str::to_owned)?,
    })
}

fn past_attempt(row: &SqliteRow) -> sqlx::Result<PastAttempt> {
    Ok(PastAttempt {
        run: row.try_get("run")?,
        number: row.try_get("number")?,
        warmup: row.try_get("warmup")?,
        started: time(row, "started")?,
        outcome: json(row, "outcome", |text| format!("\"{text}\""))?,
        output_digest: row.try_get("output_digest")?,
        metrics: json(row, "metrics", str::to_owned)?,
    })
}

fn time(row: &SqliteRow, column: &str) -> sqlx::Result<Timestamp> {
    Timestamp::from_microsecond(row.try_get(column)?).map_err(|error| undecodable(column, error))
}

/// A column that holds JSON, or text that `quote` makes JSON of.
fn json<T: serde::de::DeserializeOwned>(
    row: &SqliteRow,
    column: &str,
    quote: impl FnOnce(&str) -> String,
) -> sqlx::Result<T> {
    let text = quote(row.try_get(column)?);
    serde_json::from_str(&text).map_err(|error| undecodable(column, error))
}

fn undecodable(column: &str, error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(error) }
}
