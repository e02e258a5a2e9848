//! sqlx is asynchronous, memgrid is not: each connection has a small runtime of its own, on the
//! thread that uses it.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::error::{Context, Error, Result};

/// How long a server may take to accept a connection. One that is far away and filtered never
/// does.
const PATIENCE: Duration = Duration::from_secs(15);

/// Waits for a connection; returns it with the runtime that it needs to its end. `failure` says
/// what it means that there is none.
pub(super) fn connect<T>(
    failure: &str,
    connection: impl Future<Output = sqlx::Result<T>>,
) -> Result<(T, Runtime)> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build();
    let runtime =
        runtime.context(|| "no runtime for database connections can be made".to_owned())?;
    let connected = runtime.block_on(async { tokio::time::timeout(PATIENCE, connection).await });
    match connected {
        Ok(connected) => Ok((connected.context(|| failure.to_owned())?, runtime)),
        Err(_) => Err(Error::usage(format!("{failure}: no answer in {} s", PATIENCE.as_secs()))),
    }
}
