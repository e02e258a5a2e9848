//! `memgrid clean`: removes what memgrid can make again.

use clap::Args;

use crate::cli::Global;
use crate::error::Result;
use crate::exit_code;

use super::{output, project};

/// Arguments of `memgrid clean`.
#[derive(Debug, Args)]
pub struct CleanArgs {
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// Ends servers that were left behind, then empties the cache. Runs and the index stay.
pub(super) fn run(global: &Global, args: &CleanArgs) -> Result<u8> {
    let cache = project::cache(global)?;
    let (verb, contents) = if args.dry_run {
        ("Would remove", cache.contents()?)
    } else {
        let ended = crate::server::reap(&cache)?;
        if ended > 0 {
            output::say(&format!("Ended {ended} servers that were left behind."));
        }
        ("Removed", cache.empty()?)
    };
    for content in &contents {
        let size = bytesize::ByteSize(content.bytes).display().iec();
        output::say(&format!("{verb} {} ({size})", content.path.display()));
    }
    if contents.is_empty() {
        output::say(&format!("Nothing to remove in {}.", cache.root().display()));
    }
    Ok(exit_code::DONE)
}
