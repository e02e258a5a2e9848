//! Finds the memprobe that belongs to this memgrid: one of the same build, since the two speak
//! through files whose shape may change.
//!
//! `cargo run` builds only the binary that it runs. When memgrid was started that way, memprobe
//! may be missing or stale, and is built the same way.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::event::{Observer, step};
use crate::interrupt::Interrupt;
use crate::prepare::tool::Tool;
use crate::probe::BUILD;

/// The variable that names a memprobe to use instead.
pub const VARIABLE: &str = "MEMGRID_MEMPROBE";
const NAME: &str = "memprobe";

/// The memprobe to use: the one that [`VARIABLE`] names; the one beside memgrid, which is built
/// if memgrid runs from its own sources' target folder; or the first one on PATH.
///
/// # Errors
/// When there is none, or none of this build.
pub fn find(observer: &dyn Observer, interrupt: &Interrupt) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        let named = absolute(&PathBuf::from(named))?;
        return match check(&named) {
            Ok(()) => Ok(named),
            Err(why) => Err(Error::usage(format!("{VARIABLE} names {}: {why}", named.display()))
                .hint(format!("unset {VARIABLE} to use the memprobe beside memgrid"))),
        };
    }
    let mut rejected = None;
    let beside = beside(&std::env::current_exe()?);
    match check(&beside) {
        Ok(()) => return Ok(beside),
        Err(Unusable::Missing) => {}
        Err(why) => rejected = Some((beside.clone(), why)),
    }
    if let Some(target) = Target::of(&beside) {
        step(observer, "building memprobe", || target.build(interrupt))?;
        return check(&beside).map(|()| beside.clone()).map_err(|why| unusable(&beside, &why));
    }
    for candidate in on_path() {
        match check(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(Unusable::Missing) => {}
            Err(why) => rejected = rejected.or(Some((candidate, why))),
        }
    }
    Err(rejected.map_or_else(
        || {
            Error::usage("memprobe, which measures, is neither beside memgrid nor on PATH")
                .hint(INSTALL)
        },
        |(path, why)| unusable(&path, &why),
    ))
}

const INSTALL: &str = "install both of memgrid's binaries into one folder: `cargo install` does so";

fn unusable(path: &Path, why: &Unusable) -> Error {
    Error::usage(format!("{}: {why}", path.display())).hint(INSTALL)
}

/// Where memprobe is when it was installed or built together with `program`. Cargo puts tests and
/// examples one folder deeper.
fn beside(program: &Path) -> PathBuf {
    let folder = program.parent().unwrap_or(program);
    let deeper = folder.ends_with("deps") || folder.ends_with("examples");
    let folder = if deeper { folder.parent().unwrap_or(folder) } else { folder };
    folder.join(NAME)
}

/// Why a memprobe is not the one.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("there is no such file")]
    Missing,
    #[error("it can't be run: {0}")]
    Broken(String),
    #[error("it is of another build than this memgrid ({found}, not {BUILD})")]
    OtherBuild { found: String },
}

/// Whether `memprobe` is of our build.
fn check(memprobe: &Path) -> Result<(), Unusable> {
    if !memprobe.is_file() {
        return Err(Unusable::Missing);
    }
    let output = Command::new(memprobe).arg("--version").output();
    let output = output.map_err(|error| Unusable::Broken(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let said = said.lines().next().unwrap_or_default().trim();
    if !output.status.success() {
        return Err(Unusable::Broken(output.status.to_string()));
    }
    if said.split([' ', '(', ')']).any(|word| word == BUILD) {
        return Ok(());
    }
    Err(Unusable::OtherBuild { found: said.to_owned() })
}

/// A cargo target folder that holds a build of these sources.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    sources: PathBuf,
    folder: PathBuf,
    /// `--target`, if it was given one.
    triple: Option<String>,
    profile: String,
}

impl Target {
    /// The target folder that `beside` is in, provided that the sources it was built from are
    /// still there.
    fn of(beside: &Path) -> Option<Self> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
        let holds_us = fs_err::read_to_string(sources.join("Cargo.toml")).is_ok_and(|manifest| {
            manifest.contains(concat!("name = \"", env!("CARGO_PKG_NAME"), "\""))
        });
        holds_us.then(|| Self::parse(sources, beside)).flatten()
    }

    /// Takes `TARGET/[TRIPLE/]PROFILE/memprobe` apart. Cargo leaves a file of its own in each
    /// target folder.
    fn parse(sources: &Path, beside: &Path) -> Option<Self> {
        let built = beside.parent()?;
        let folder =
            built.ancestors().skip(1).take(2).find(|f| f.join(".rustc_info.json").is_file())?;
        let mut parts = built.strip_prefix(folder).ok()?.iter().rev();
        let profile = match parts.next()?.to_str()? {
            "debug" => "dev",
            other => other,
        };
        let triple = parts.next().and_then(|part| part.to_str()).map(str::to_owned);
        let (sources, folder) = (sources.to_owned(), folder.to_owned());
        Some(Self { sources, folder, triple, profile: profile.to_owned() })
    }

    /// Builds memprobe there. All it needs was needed for memgrid too, so nothing is downloaded.
    fn build(&self, interrupt: &Interrupt) -> Result<((), String)> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut tool = Tool::new(cargo)
            .args(["build", "--quiet", "--offline", "--bin", NAME, "--profile", &self.profile])
            .arg("--manifest-path")
            .arg(self.sources.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&self.folder);
        if let Some(triple) = &self.triple {
            tool = tool.args(["--target", triple]);
        }
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_set_by_cargo_run) {
                tool = tool.env_remove(name);
            }
        }
        tool.run(interrupt).map_err(|error| {
            Error::usage("memprobe can't be built")
                .because(error)
                .hint("run `cargo build --bins` yourself")
        })?;
        Ok(((), "beside memgrid".to_owned()))
    }
}

/// Whether `cargo run` sets this variable for the program that it runs. Build scripts depend on
/// some of them: with these in place everything would be built again, and yet again by the next
/// `cargo run`.
fn is_set_by_cargo_run(name: &str) -> bool {
    let prefixes = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
    let names = ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "CARGO_TARGET_TMPDIR", "OUT_DIR"];
    prefixes.iter().any(|prefix| name.starts_with(prefix)) || names.contains(&name)
}

fn on_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(NAME))
        .collect()
}

fn absolute(path: &Path) -> Result<PathBuf> {
    Ok(std::path::absolute(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_folder_tells_profile_and_triple() {
        let target = tempfile::tempdir().unwrap();
        std::fs::write(target.path().join(".rustc_info.json"), "{}").unwrap();
        let parse = |path: &str| Target::parse(Path::new("/sources"), &target.path().join(path));
        let plain = parse("release/memprobe").unwrap();
        assert_eq!((plain.profile.as_str(), plain.triple), ("release", None));
        assert_eq!(plain.folder, target.path());
        let cross = parse("x86_64-unknown-linux-gnu/debug/memprobe").unwrap();
        assert_eq!(cross.profile, "dev");
        assert_eq!(cross.triple.as_deref(), Some("x86_64-unknown-linux-gnu"));
        assert_eq!(Target::parse(Path::new("/sources"), Path::new("/usr/bin/memprobe")), None);
    }

    #[test]
    fn a_program_of_another_build_is_not_used() {
        let error = check(Path::new("/bin/true")).unwrap_err();
        assert!(matches!(error, Unusable::OtherBuild { .. }), "{error}");
        assert!(matches!(check(Path::new("/does/not/exist")), Err(Unusable::Missing)));
    }
}
