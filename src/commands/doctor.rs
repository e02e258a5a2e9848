//! `memgrid doctor`: what is there, what is missing, and the command that would install it.

use clap::Args;

use crate::cli::Global;
use crate::config::Overrides;
use crate::error::Result;
use crate::exit_code;
use crate::prepare::system::Finding;

use super::project::{self, Project};
use super::{installing, output};

/// Arguments of `memgrid doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Fail if anything is missing
    #[arg(long)]
    strict: bool,
}

/// Looks, and changes nothing.
pub(super) fn run(global: &Global, args: &DoctorArgs) -> Result<u8> {
    let project = Project::load(global, &Overrides::default())?;
    let findings = installing::survey(&project.config, &project.cells);
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for finding in &findings {
        let state = match &finding.found {
            Some(found) => format!("found    {found}"),
            None => "missing".to_owned(),
        };
        text.push_str(&format!("{:width$}  {state}\n", finding.name));
    }
    text.push_str(&format!("\ncache    {}\n", project::cache(global)?.root().display()));
    text.push_str(&format!("reports  {}\n", project.config.reports.display()));
    output::data(&text)?;
    let missing = findings.iter().any(Finding::is_missing);
    if missing {
        for finding in findings.iter().filter(|finding| finding.is_missing()) {
            let help = finding.help().unwrap_or_default();
            output::say(&format!("{} (for {}): {help}", finding.name, finding.needed_by));
        }
        if findings.iter().any(|finding| finding.is_missing() && !finding.packages.is_empty()) {
            output::say("`memgrid setup` installs what Debian has packages for.");
        }
    } else {
        output::say("Everything that this matrix needs is here.");
    }
    Ok(if missing && args.strict { exit_code::INCOMPLETE } else { exit_code::DONE })
}
