//! sqlx is asynchronous, memgrid is not: each connection has a small runtime of its own, on the
//! thread that uses it.

use tokio::runtime::{Builder, Runtime};

use crate::error::{Context, Result};

pub(super) fn runtime() -> Result<Runtime> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build();
    runtime.context(|| "no runtime for database connections can be made".to_owned())
}
