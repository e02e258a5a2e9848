//! Debian packages that a matrix names itself: whether they are there, and which cells go without.

use indexmap::{IndexMap, IndexSet};

use super::{Finding, Needs, SETUP, add, which};
use crate::config::{Config, Service};
use crate::interrupt::Interrupt;
use crate::plan::Cell;
use crate::prepare::Blocked;
use crate::prepare::tool::Tool;

/// The packages that some cells need, each with what was found of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packages(IndexMap<String, Option<String>>);

impl Packages {
    /// Looks for the packages of `cells`.
    #[must_use]
    pub fn look(config: &Config, cells: &[Cell]) -> Self {
        Self::find(cells.iter().flat_map(|cell| config.packages_of(cell)).collect())
    }

    fn find(names: IndexSet<&str>) -> Self {
        let versions = installed(&names);
        // Whoever built a program of that name themselves needs no package.
        let program = |name: &str| which(name).map(|path| path.display().to_string());
        let found = names.into_iter().map(|name| {
            let version = versions.get(name).map(|version| format!("{name} {version}"));
            (name.to_owned(), version.or_else(|| program(name)))
        });
        Self(found.collect())
    }

    /// What keeps a cell from being measured: a package that is not there.
    ///
    /// # Errors
    /// With the package's name.
    pub fn check(&self, config: &Config, cell: &Cell) -> Result<(), Blocked> {
        let is_missing = |name: &&str| self.0.get(*name).is_some_and(Option::is_none);
        match config.packages_of(cell).into_iter().find(is_missing) {
            // Elsewhere the same thing may come from a package of another name.
            Some(name) if which("dpkg-query").is_some() => Err(Blocked {
                help: Some(SETUP.to_owned()),
                ..Blocked::unavailable(format!("the Debian package {name} is not installed"))
            }),
            _ => Ok(()),
        }
    }
}

/// The services' programs, and packages.
pub(super) fn survey(config: &Config, needs: &Needs<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut packages: Vec<(&str, String)> = needs
        .packages
        .iter()
        .map(|name| (*name, "the cells that are selected".to_owned()))
        .collect();
    for name in &needs.services {
        let Some(service) = config.services.get(*name) else { continue };
        let needed_by = format!("service {name}");
        match program(service) {
            Some(program) => add(&mut findings, Some(server(program, service, &needed_by))),
            // It comes with something else, such as the Python environment.
            None => packages
                .extend(service.packages.iter().map(|name| (name.as_str(), needed_by.clone()))),
        }
    }
    let found = Packages::find(packages.iter().map(|(name, _)| *name).collect());
    for (name, needed_by) in packages {
        let title = format!("Debian package {name}");
        let version = found.0.get(name).cloned().flatten();
        add(&mut findings, Some(Finding::new(&title, &needed_by, version, &[name])));
    }
    findings
}

/// A service's program, if that is a name which stands in the file.
fn program(service: &Service) -> Option<&str> {
    let program = service.command.first().map(String::as_str)?;
    (!program.contains(['{', '/'])).then_some(program)
}

fn server(program: &str, service: &Service, needed_by: &str) -> Finding {
    let found = server_program(program).map(|path| path.display().to_string());
    let packages: Vec<&str> = service.packages.iter().map(String::as_str).collect();
    let mut finding = Finding::new(program, needed_by, found, &packages);
    finding.advice = Some(format!("install {program}, or name its Debian package with `packages`"));
    finding
}

/// A server's program: on PATH, or where Debian keeps what users need not have there.
pub(crate) fn server_program(name: &str) -> Option<std::path::PathBuf> {
    let kept = ["/usr/local/sbin", "/usr/sbin", "/sbin"];
    which(name).or_else(|| kept.iter().find_map(|folder| which(&format!("{folder}/{name}"))))
}

/// Versions of those packages that are installed; none where there is no dpkg.
fn installed(names: &IndexSet<&str>) -> IndexMap<String, String> {
    if names.is_empty() {
        return IndexMap::new();
    }
    // It fails if it knows any of them not at all, after it has told of the others.
    let query = "dpkg-query --show --showformat='${db:Status-Status} ${Package} ${Version}\\n' \"$@\" 2>&1; :";
    let asked = Tool::new("sh").args(["-c", query, "sh"]).args(names).run(&Interrupt::default());
    let text = asked.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines()
        .filter_map(|line| {
            let (name, version) = line.strip_prefix("installed ")?.split_once(' ')?;
            Some((name.to_owned(), version.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_the_packages_name_will_do() {
        let found = Packages::find(["sh", "memgrid-no-such-package"].into());
        assert!(found.0["sh"].is_some());
        assert_eq!(found.0["memgrid-no-such-package"], None);
    }

    #[test]
    fn dpkg_is_asked_for_all_at_once() {
        if which("dpkg-query").is_none() {
            return;
        }
        let versions = installed(&["base-files", "memgrid-no-such-package", "dpkg"].into());
        assert_eq!(versions.keys().collect::<Vec<_>>(), ["base-files", "dpkg"]);
    }
}
