//! What the index is asked.

use std::collections::HashMap;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::outcome::Outcome;
use crate::plan::CellId;

/// A run as the list of runs shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
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

const RUNS: &str = "
    SELECT run, name, started, finished, memgrid, outcomes
    FROM runs ORDER BY started DESC, run DESC LIMIT ?";

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

/// Two rows are enough to know that there are several.
const WITH_PAST: &str = "
    SELECT n.cell
    FROM json_each(?1) j
    CROSS JOIN cell_names n ON n.cell = j.value
    WHERE (SELECT count(*) FROM (SELECT 1 FROM cells WHERE cell_id = n.id LIMIT 2)) > 1
    ORDER BY j.key";

const WITH_NEWEST: &str = "
    SELECT run FROM runs WHERE id IN (
        SELECT (SELECT run_id FROM cells WHERE cell_id = n.id AND outcome <> 'interrupted'
                ORDER BY started DESC, run_id DESC LIMIT 1) FROM cell_names n
        UNION ALL
        SELECT (SELECT run_id FROM cells WHERE cell_id = n.id AND outcome = 'ok'
                ORDER BY started DESC, run_id DESC LIMIT 1) FROM cell_names n)";

pub(super) async fn runs_with_newest_results(
    connection: &mut SqliteConnection,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(WITH_NEWEST).fetch_all(connection).await
}

pub(super) async fn runs(
    connection: &mut SqliteConnection,
    limit: u32,
) -> sqlx::Result<Vec<PastRun>> {
    let rows = sqlx::query(RUNS).bind(limit).fetch_all(connection).await?;
    rows.iter().map(past_run).collect()
}

pub(super) async fn count(connection: &mut SqliteConnection) -> sqlx::Result<u64> {
    let runs: i64 = sqlx::query_scalar("SELECT count(*) FROM runs").fetch_one(connection).await?;
    Ok(runs.unsigned_abs())
}

/// The runs that are known, and their stamps.
pub(super) async fn known(connection: &mut SqliteConnection) -> sqlx::Result<HashMap<String, i64>> {
    // One row: a row of its own for each of ten thousand runs takes three times as long. An id
    // holds no slash.
    let query = sqlx::query_scalar("SELECT group_concat(run || '/' || stamp, '/') FROM runs");
    let all: Option<String> = query.fetch_one(connection).await?;
    let mut parts = all.as_deref().unwrap_or_default().split('/');
    let mut known = HashMap::new();
    while let (Some(run), Some(stamp)) = (parts.next(), parts.next()) {
        known.insert(run.to_owned(), stamp.parse().map_err(|error| undecodable("stamp", error))?);
    }
    Ok(known)
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
                outcome: json(row, "outcome", quoted)?,
            })
        })
        .collect()
}

pub(super) async fn with_past(
    connection: &mut SqliteConnection,
    cells: &[CellId],
) -> sqlx::Result<Vec<CellId>> {
    let wanted = serde_json::json!(cells).to_string();
    let found: Vec<String> =
        sqlx::query_scalar(WITH_PAST).bind(wanted).fetch_all(connection).await?;
    Ok(found.iter().map(|cell| CellId::from_values(cell.split('/'))).collect())
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
        outcomes: json(row, "outcomes", str::to_owned)?,
    })
}

pub(super) fn time(row: &SqliteRow, column: &str) -> sqlx::Result<Timestamp> {
    Timestamp::from_microsecond(row.try_get(column)?).map_err(|error| undecodable(column, error))
}

/// The column `outcome`, which may be empty.
pub(super) fn outcome(row: &SqliteRow) -> sqlx::Result<Option<Outcome>> {
    match row.try_get::<Option<&str>, _>("outcome")? {
        Some(_) => json(row, "outcome", quoted).map(Some),
        None => Ok(None),
    }
}

/// Text as JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A column that holds JSON, or text that `quote` makes JSON of.
pub(super) fn json<T: serde::de::DeserializeOwned>(
    row: &SqliteRow,
    column: &str,
    quote: impl FnOnce(&str) -> String,
) -> sqlx::Result<T> {
    let text = quote(row.try_get(column)?);
    serde_json::from_str(&text).map_err(|error| undecodable(column, error))
}

pub(super) fn undecodable(
    column: &str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(error) }
}
