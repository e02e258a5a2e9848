//! Which run a person means: the newest but some, an id or the beginning of one, a name.

use sqlx::SqliteConnection;

use super::History;
use crate::error::Result;

/// What a reference to a run stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The run of this id.
    Run(String),
    /// It is the beginning of several ids, of which these are the newest few.
    Several(Vec<String>),
    /// Nothing; what it might have meant instead, the nearest first.
    Nothing(Vec<String>),
}

/// How many runs are named when none, or more than one, was meant.
const FEW: i64 = 4;

const NEWEST: &str = "SELECT run FROM runs ORDER BY started DESC, run DESC LIMIT 1 OFFSET ?";

const EXACT: &str = "
    SELECT run FROM runs WHERE run = ?1 OR name = ?1
    ORDER BY run = ?1 DESC, started DESC, run DESC LIMIT 1";

const BEGINNING: &str = "
    SELECT run FROM runs WHERE run >= ?1 AND substr(run, 1, length(?1)) = ?1
    ORDER BY started DESC, run DESC LIMIT ?2";

/// `latest` is 0, `latest~2` is 2; `None` if `reference` is neither.
#[must_use]
pub fn latest_but(reference: &str) -> Option<u32> {
    match reference.strip_prefix("latest")? {
        "" => Some(0),
        rest => {
            let digits = rest.strip_prefix('~')?;
            digits.bytes().all(|digit| digit.is_ascii_digit()).then_some(())?;
            digits.parse().ok()
        }
    }
}

impl History {
    /// What `reference` stands for: `latest` and `latest~N` count from the run that began last,
    /// however it ended; otherwise it is an id, the name that a run was given (the newest of
    /// that name), or the beginning of an id.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn find(&mut self, reference: &str) -> Result<Found> {
        let found = self.with(async |connection| match latest_but(reference) {
            Some(back) => one(connection, NEWEST, back).await,
            None => named(connection, reference).await,
        })?;
        match found {
            Found::Nothing(_) => Ok(Found::Nothing(self.near(reference)?)),
            found => Ok(found),
        }
    }

    /// Names and ids that are nearly `reference`.
    fn near(&mut self, reference: &str) -> Result<Vec<String>> {
        let all = self.with(async |connection| {
            let query = "SELECT DISTINCT name FROM runs WHERE name IS NOT NULL
                         UNION ALL SELECT run FROM runs";
            sqlx::query_scalar::<_, String>(query).fetch_all(connection).await
        })?;
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let near = crate::config::suggest::near(reference, &all);
        Ok(near.into_iter().take(FEW as usize).map(str::to_owned).collect())
    }
}

async fn one(
    connection: &mut SqliteConnection,
    query: &'static str,
    value: impl for<'q> sqlx::Encode<'q, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
) -> sqlx::Result<Found> {
    let run = sqlx::query_scalar(query).bind(value).fetch_optional(connection).await?;
    Ok(run.map_or_else(|| Found::Nothing(Vec::new()), Found::Run))
}

async fn named(connection: &mut SqliteConnection, reference: &str) -> sqlx::Result<Found> {
    let exact = one(connection, EXACT, reference.to_owned()).await?;
    if matches!(exact, Found::Run(_)) || reference.is_empty() {
        return Ok(exact);
    }
    let query = sqlx::query_scalar(BEGINNING).bind(reference).bind(FEW);
    let mut runs: Vec<String> = query.fetch_all(connection).await?;
    Ok(match runs.len() {
        0 => Found::Nothing(Vec::new()),
        1 => Found::Run(runs.remove(0)),
        _ => Found::Several(runs),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_count_back_from_the_latest() {
        assert_eq!(latest_but("latest"), Some(0));
        assert_eq!(latest_but("latest~0"), Some(0));
        assert_eq!(latest_but("latest~12"), Some(12));
        for other in ["", "late", "latest~", "latest~x", "latest~-1", "latest~+1", "latest1"] {
            assert_eq!(latest_but(other), None, "{other}");
        }
        assert_eq!(latest_but("latest~99999999999"), None);
    }
}
