//! How a cell and one of its metrics went from run to run.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::query::{json, outcome, quoted, time, undecodable};
use crate::collect::Conditions;
use crate::collect::record::SourceRecord;
use crate::measurement::{Scope, Unit};
use crate::outcome::Outcome;
use crate::plan::CellId;
use crate::prepare::source::short;

/// A cell in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendPoint {
    /// The run.
    pub run: String,
    /// The name that it was given.
    pub name: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// How the cell ended in it; `None` if the run was killed before that was known.
    pub outcome: Option<Outcome>,
    /// What was measured, if anything was.
    pub figure: Option<Figure>,
    /// What the cell's state consisted of, by source; empty if that is not known.
    pub sources: Arc<IndexMap<String, PastSource>>,
    /// What its figure depends on beside those.
    pub conditions: Arc<Conditions>,
}

/// A metric's values in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What they count.
    pub unit: Unit,
    /// Whose they are.
    pub scope: Scope,
    /// One value for each measured attempt that ended well, in `unit`. Never empty.
    pub values: Vec<f64>,
}

/// A source as it was in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastSource {
    /// `Django==5.2.19`, or a repository's URL.
    pub origin: String,
    /// The commit.
    pub revision: Option<String>,
    /// SHA-256 of its patches, in order.
    pub patches: Vec<String>,
}

impl PastSource {
    /// How a table calls it: a short hash; or the version of a distribution, whose commit is
    /// memgrid's own.
    #[must_use]
    pub fn label(&self) -> &str {
        let commit = self.revision.as_deref().filter(|_| !self.origin.contains("=="));
        commit.map_or(&self.origin, short)
    }

    /// What the index keeps of a manifest's source.
    pub(super) fn of(source: &SourceRecord) -> Self {
        Self {
            origin: source.origin.clone(),
            revision: source.commit.clone(),
            patches: source.patches.iter().map(|patch| patch.sha256.clone()).collect(),
        }
    }
}

const POINTS: &str = "
    SELECT r.run, r.name, r.started, c.outcome, c.tree_id, r.conditions_id, f.metric_id, f.measured
    FROM cell_names n
    CROSS JOIN cells c ON c.cell_id = n.id
    CROSS JOIN runs r ON r.id = c.run_id
    LEFT JOIN figures f ON f.cell_id = c.cell_id AND f.started = c.started AND f.run_id = c.run_id
        AND f.metric_id IN (SELECT id FROM metric_names WHERE name = ?2)
    WHERE n.cell = ?1
    ORDER BY c.started DESC, c.run_id DESC
    LIMIT ?3";

const METRICS: &str = "
    SELECT DISTINCT m.name FROM metric_names m CROSS JOIN cell_names n
    WHERE n.cell = ?1 AND EXISTS (
        SELECT 1 FROM figures f WHERE f.cell_id = n.id AND f.metric_id = m.id)
    ORDER BY m.id";

/// Newest first, at most `limit`.
pub(super) async fn points(
    connection: &mut SqliteConnection,
    cell: &CellId,
    metric: &str,
    limit: u32,
) -> sqlx::Result<Vec<TrendPoint>> {
    let query = sqlx::query(POINTS).bind(cell.as_str()).bind(metric).bind(limit);
    let rows = query.fetch_all(&mut *connection).await?;
    let kinds = kinds(connection, metric).await?;
    let trees = shared(connection, TREES, &rows, "tree_id").await?;
    let conditions = shared::<Conditions>(connection, CONDITIONS, &rows, "conditions_id").await?;
    let point = |row: &SqliteRow| {
        let (tree, under): (Option<i64>, i64) =
            (row.try_get("tree_id")?, row.try_get("conditions_id")?);
        Ok(TrendPoint {
            run: row.try_get("run")?,
            name: row.try_get("name")?,
            started: time(row, "started")?,
            outcome: outcome(row)?,
            figure: figure(row, &kinds)?,
            sources: tree.and_then(|id| trees.get(&id).cloned()).unwrap_or_default(),
            conditions: conditions.get(&under).cloned().ok_or(sqlx::Error::RowNotFound)?,
        })
    };
    rows.iter().map(point).collect()
}

/// Names of the metrics that a cell has figures of, in whichever run.
pub(super) async fn metrics(
    connection: &mut SqliteConnection,
    cell: &CellId,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(METRICS).bind(cell.as_str()).fetch_all(connection).await
}

/// Unit and scope by the number of a metric: one name may have had several.
async fn kinds(
    connection: &mut SqliteConnection,
    metric: &str,
) -> sqlx::Result<HashMap<i64, (Unit, Scope)>> {
    let query = sqlx::query("SELECT id, unit, scope FROM metric_names WHERE name = ?");
    let rows = query.bind(metric).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            let kind = (json(row, "unit", quoted)?, json(row, "scope", quoted)?);
            Ok((row.try_get("id")?, kind))
        })
        .collect()
}

const TREES: &str = "SELECT id, content FROM trees WHERE id IN (SELECT value FROM json_each(?))";
const CONDITIONS: &str =
    "SELECT id, content FROM conditions WHERE id IN (SELECT value FROM json_each(?))";

/// What several of `rows` refer to, read once.
async fn shared<T: serde::de::DeserializeOwned>(
    connection: &mut SqliteConnection,
    query: &'static str,
    rows: &[SqliteRow],
    column: &str,
) -> sqlx::Result<HashMap<i64, Arc<T>>> {
    let mut ids: Vec<i64> = rows
        .iter()
        .filter_map(|row| row.try_get::<Option<i64>, _>(column).transpose())
        .collect::<Result<_, _>>()?;
    ids.sort_unstable();
    ids.dedup();
    let found = sqlx::query(query).bind(serde_json::json!(ids).to_string()).fetch_all(connection);
    found
        .await?
        .iter()
        .map(|row| Ok((row.try_get("id")?, Arc::new(json(row, "content", str::to_owned)?))))
        .collect()
}

fn figure(row: &SqliteRow, kinds: &HashMap<i64, (Unit, Scope)>) -> sqlx::Result<Option<Figure>> {
    let Some(metric) = row.try_get::<Option<i64>, _>("metric_id")? else { return Ok(None) };
    let Some((unit, scope)) = kinds.get(&metric) else { return Ok(None) };
    let text: &str = row.try_get("measured")?;
    let values = serde_json::from_str(text).map_err(|error| undecodable("measured", error))?;
    Ok(Some(Figure { unit: unit.clone(), scope: *scope, values }))
}
