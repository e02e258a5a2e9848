//! Installs what is missing with Debian's package manager.

use std::path::Path;

use super::{Finding, which};
use crate::error::{Error, Result};
use crate::event::{Event, Observer, step};
use crate::interrupt::Interrupt;
use crate::prepare::tool::{Tool, ToolError};

const SCRIPT: &str = include_str!("install.sh");

/// The command that installs what is missing without memgrid; `None` if no package is needed.
#[must_use]
pub fn apt_command(missing: &[Finding]) -> Option<String> {
    let packages = packages(missing);
    let command = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    (!packages.is_empty()).then_some(command)
}

/// Installs the packages that bring what is missing, and makes sure that none of their services
/// is started. It is not interrupted: half-installed packages would be worse than waiting.
///
/// # Errors
/// When there is no `apt-get`, when we are not root and `sudo` asks for a password, when
/// installing fails, or when something is missing that no package brings; always with what the
/// user can do.
pub fn install(missing: &[Finding], observer: &dyn Observer) -> Result<()> {
    let packages = packages(missing);
    let Some(command) = apt_command(missing) else { return beyond_packages(missing) };
    if which("apt-get").is_none() {
        let names: Vec<&str> = missing.iter().map(|finding| finding.name.as_str()).collect();
        let message = format!("can't install {}: this is no Debian system", names.join(", "));
        let hint = "install them in this system's own way; `memgrid doctor` shows what is found";
        return Err(Error::usage(message).hint(hint));
    }
    step(observer, &format!("installing {}", packages.join(", ")), || {
        as_root(&packages)
            .run(&Interrupt::default())
            .map(|_| ((), "services not started".to_owned()))
            .map_err(|error| failure(&error, &command))
    })?;
    tell_of_services(&packages, observer);
    beyond_packages(missing)
}

/// What no package brings is still missing, whatever was installed.
fn beyond_packages(missing: &[Finding]) -> Result<()> {
    let mut beyond =
        missing.iter().filter(|finding| finding.is_missing() && finding.packages.is_empty());
    beyond.next().map_or(Ok(()), |finding| Err(absent(finding)))
}

fn packages(missing: &[Finding]) -> Vec<&str> {
    let mut packages: Vec<&str> = missing
        .iter()
        .filter(|finding| finding.is_missing())
        .flat_map(|finding| finding.packages.iter().map(String::as_str))
        .collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

fn as_root(packages: &[&str]) -> Tool {
    let tool = if rustix::process::geteuid().is_root() {
        Tool::new("sh")
    } else {
        Tool::new("sudo").args(["-n", "sh"])
    };
    tool.args(["-c", SCRIPT, "memgrid-setup"]).args(packages)
}

/// The script is no part of the message: what it does is said by the command that would help.
fn failure(error: &ToolError, command: &str) -> Error {
    let reason = match error {
        ToolError::Missing { .. } => "neither root nor able to use sudo".to_owned(),
        ToolError::Io { source, .. } => source.to_string(),
        ToolError::Failed { status, said, .. } => format!("{status}\n{said}"),
        ToolError::Interrupted { .. } => "interrupted".to_owned(),
    };
    Error::usage(format!("packages can't be installed: {reason}"))
        .hint(format!("as root, run: {command}"))
}

fn absent(finding: &Finding) -> Error {
    let error = Error::usage(format!("{} is missing, for {}", finding.name, finding.needed_by));
    match &finding.advice {
        Some(advice) => error.hint(advice.clone()),
        None => error.hint("`memgrid doctor` shows where it was looked for"),
    }
}

/// What systemd starts at the next boot is the user's choice, but they should know.
fn tell_of_services(packages: &[&str], observer: &dyn Observer) {
    let service = |package: &&str| match *package {
        "mariadb-server" => "mariadb".to_owned(),
        other => other.to_owned(),
    };
    let is_there =
        |name: &String| Path::new(&format!("/usr/lib/systemd/system/{name}.service")).exists();
    let services: Vec<String> = packages.iter().map(service).filter(is_there).collect();
    if !services.is_empty() && Path::new("/run/systemd/system").is_dir() {
        let text = format!(
            "Debian's own services start at the next boot unless you run: systemctl disable {}",
            services.join(" ")
        );
        observer.event(Event::Notice { text });
    }
}
