//! Python drivers that pip builds from source, and what building them takes.

use super::python::Facts;
use super::{Finding, which};
use crate::interrupt::Interrupt;
use crate::prepare::tool::Tool;

/// A distribution without binary wheels for Linux.
struct Driver {
    distribution: &'static str,
    /// The extra that asks for the build, if it isn't the distribution itself.
    extra: Option<&'static str>,
    /// Its C library, for people.
    library: &'static str,
    /// How `pkg-config` knows the library: any of these will do.
    modules: &'static [&'static str],
    packages: &'static [&'static str],
}

const DRIVERS: &[Driver] = &[
    Driver {
        distribution: "mysqlclient",
        extra: None,
        library: "MariaDB or MySQL client library",
        modules: &["libmariadb", "mariadb", "mysqlclient", "perconaserverclient"],
        packages: &["libmariadb-dev"],
    },
    Driver { distribution: "psycopg2", extra: None, ..LIBPQ },
    Driver { distribution: "psycopg-c", extra: None, ..LIBPQ },
    Driver { distribution: "psycopg", extra: Some("c"), ..LIBPQ },
];

const LIBPQ: Driver = Driver {
    distribution: "",
    extra: None,
    library: "PostgreSQL client library",
    modules: &["libpq"],
    packages: &["libpq-dev"],
};

/// What building the drivers among these requirements takes: nothing when there are none.
pub(super) fn survey(requirements: &[String], python: &Facts) -> Vec<Finding> {
    let wanted: Vec<&Driver> = DRIVERS
        .iter()
        .filter(|driver| requirements.iter().any(|requirement| driver.is_named_by(requirement)))
        .collect();
    let Some(first) = wanted.first() else { return Vec::new() };

    let compiler = std::env::var("CC").ok().and_then(|name| which(&name)).or_else(|| which("cc"));
    let pkg_config = which("pkg-config").or_else(|| which("pkgconf"));
    let header = std::path::Path::new(&python.header).is_file().then(|| python.header.clone());
    let shown = |path: &std::path::PathBuf| path.display().to_string();
    let for_driver = |driver: &Driver| format!("building {}", driver.distribution);

    let mut findings = vec![
        // gcc only recommends the C library's headers.
        Finding::new(
            "C compiler",
            &for_driver(first),
            compiler.as_ref().map(shown),
            &["gcc", "libc6-dev"],
        ),
        Finding::new(
            "pkg-config",
            &for_driver(first),
            pkg_config.as_ref().map(shown),
            &["pkg-config"],
        ),
        python.part("Python's C headers", &for_driver(first), header, "dev"),
    ];
    for driver in wanted {
        let found = pkg_config.as_ref().and_then(|program| driver.library_version(program));
        let finding = Finding::new(driver.library, &for_driver(driver), found, driver.packages);
        super::add(&mut findings, Some(finding));
    }
    findings
}

impl Driver {
    fn is_named_by(&self, requirement: &str) -> bool {
        let (name, extras) = name_and_extras(requirement);
        let extra = self.extra.is_none_or(|wanted| extras.iter().any(|extra| extra == wanted));
        name == self.distribution && extra
    }

    fn library_version(&self, pkg_config: &std::path::Path) -> Option<String> {
        self.modules.iter().find_map(|module| {
            let version = Tool::new(pkg_config)
                .args(["--modversion", module])
                .read(&Interrupt::default())
                .ok()?;
            Some(format!("{module} {version}"))
        })
    }
}

/// A requirement's distribution, in its normal form, and extras: `Psycopg[binary,pool]==3.3` is
/// `psycopg` with `binary` and `pool`.
fn name_and_extras(requirement: &str) -> (String, Vec<String>) {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
    let (name, rest) = requirement.split_at(requirement.find(ends).unwrap_or(requirement.len()));
    let extras = rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let extras = extras.map_or("", |(extras, _)| extras).split(',');
    let normal = |text: &str| text.trim().to_lowercase().replace(['_', '.'], "-");
    (normal(name), extras.map(normal).filter(|extra| !extra.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_name_drivers_in_every_spelling() {
        let named = |requirement: &str| {
            let drivers = DRIVERS.iter().filter(|driver| driver.is_named_by(requirement));
            drivers.map(|driver| driver.distribution).collect::<Vec<_>>()
        };
        assert_eq!(named("mysqlclient==2.3.1"), ["mysqlclient"]);
        assert_eq!(named("MySQLClient >= 2 ; python_version > '3'"), ["mysqlclient"]);
        assert_eq!(named("psycopg2~=2.9"), ["psycopg2"]);
        assert_eq!(named("psycopg_c"), ["psycopg-c"]);
        assert_eq!(named("psycopg [pool, C]==3.3"), ["psycopg"]);
        for wheel in ["psycopg[binary]==3.3.9", "psycopg2-binary", "psycopg", "# mysqlclient", ""] {
            assert!(named(wheel).is_empty(), "{wheel}");
        }
    }
}
