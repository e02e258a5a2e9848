//! What is said about the work beside its results: warnings always, and with `--verbose` what is
//! done, and why.

use clap::builder::styling::AnsiColor;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, layer};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt;

/// Begins to write it to stderr, for the whole process.
pub(super) fn set_up(verbose: bool, colour: bool) {
    let out = layer().with_writer(std::io::stderr).with_ansi(colour).without_time();
    match verbose {
        true => Registry::default().with(out.with_filter(LevelFilter::DEBUG)).init(),
        false => Registry::default().with(out.event_format(Warning).with_filter(ours())).init(),
    }
}

/// Our own warnings. Libraries warn of what is normal here, such as sqlx of a statement that took a
/// second.
fn ours() -> Targets {
    Targets::new().with_target(env!("CARGO_PKG_NAME"), Level::WARN)
}

/// How a warning looks without `--verbose`: as all else that is said.
struct Warning;

impl<S, N> FormatEvent<S, N> for Warning
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let style = AnsiColor::Yellow.on_default().bold();
        let (on, off) = if writer.has_ansi_escapes() {
            (format!("{style}"), format!("{style:#}"))
        } else {
            Default::default()
        };
        write!(writer, "{on}warning:{off} ")?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn own_warnings_are_shown_and_those_of_libraries_are_not() {
        let shown = tempfile::NamedTempFile::new().unwrap();
        let out = Arc::new(shown.reopen().unwrap());
        let out = layer().with_writer(out).with_ansi(false).event_format(Warning);
        let subscriber = Registry::default().with(out.with_filter(ours()));
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!("attempt.json is damaged");
            tracing::debug!("curves are not kept");
            tracing::warn!(target: "sqlx::query", "slow statement");
        });
        let shown = fs_err::read_to_string(shown.path()).unwrap();
        assert_eq!(shown, "warning: attempt.json is damaged\n");
    }
}
