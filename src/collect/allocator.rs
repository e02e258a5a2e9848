//! Where programs get their memory from: the C library that memgrid found loaded, and the variables
//! with which people change how it allocates. What a cell changes for itself is in its attempts'
//! environment.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::record::Allocator;

/// Variables beside `MALLOC_…` that choose or tune an allocator.
const VARIABLES: [&str; 3] = ["GLIBC_TUNABLES", "LD_PRELOAD", "PYTHONMALLOC"];
/// How glibc introduces itself, somewhere in its file.
const GLIBC: &[u8] = b"GNU C Library (";
/// It says no more than this about itself in one line.
const LONGEST: usize = 200;

/// The allocator of programs that memgrid starts, if memgrid itself is linked with a C library.
#[must_use]
pub fn allocator() -> Option<Allocator> {
    let library = loaded_library(&fs_err::read_to_string("/proc/self/maps").ok()?)?;
    let variables = std::env::vars_os().map(|(name, value)| {
        (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
    });
    Some(Allocator { library: name_of(&library), settings: settings(variables) })
}

/// The C library among the mappings of a process.
fn loaded_library(maps: &str) -> Option<PathBuf> {
    let paths = maps.lines().filter_map(|line| line.find('/').map(|at| Path::new(&line[at..])));
    let mut libraries = paths.filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name == "libc.so.6" || name.starts_with("libc-2.") || name.starts_with("ld-musl-")
    });
    libraries.next().map(Path::to_owned)
}

/// What the library says that it is; its file's name if it says nothing.
fn name_of(library: &Path) -> String {
    let file = library.file_name().unwrap_or_default().to_string_lossy();
    fs_err::read(library).ok().and_then(|content| banner(&content)).unwrap_or_else(|| file.into())
}

fn banner(content: &[u8]) -> Option<String> {
    let start = content.windows(GLIBC.len()).position(|window| window == GLIBC)?;
    let rest = &content[start..content.len().min(start + LONGEST)];
    let end = rest.iter().position(|byte| matches!(byte, b'\n' | 0))?;
    Some(String::from_utf8_lossy(&rest[..end]).trim_end_matches('.').to_owned())
}

fn settings(variables: impl Iterator<Item = (String, String)>) -> IndexMap<String, String> {
    let mut settings: IndexMap<_, _> = variables
        .filter(|(name, _)| name.starts_with("MALLOC_") || VARIABLES.contains(&name.as_str()))
        .collect();
    settings.sort_unstable_keys();
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_that_this_program_runs_on_is_found() {
        if cfg!(all(target_os = "linux", target_env = "gnu")) {
            let library = allocator().unwrap().library;
            assert!(library.starts_with("GNU C Library") && library.contains("version 2."));
        }
    }

    #[test]
    fn other_libraries_are_named_by_their_files() {
        let maps = "55d0-55d1 r-xp 00000000 08:01 12  /usr/bin/python3\n\
            7f00-7f01 r-xp 00000000 08:01 12                         /lib/ld-musl-x86_64.so.1\n";
        let library = loaded_library(maps).unwrap();
        assert_eq!(name_of(&library), "ld-musl-x86_64.so.1");
        assert_eq!(loaded_library("55d0-55d1 r-xp 00000000 08:01 12  /usr/bin/static\n"), None);
    }

    #[test]
    fn only_what_concerns_allocation_is_kept() {
        let variables = ["PATH", "MALLOC_TRIM_THRESHOLD_", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES"];
        let settings =
            settings(variables.map(|name| (name.to_owned(), "1".to_owned())).into_iter());
        let names: Vec<_> = settings.keys().map(String::as_str).collect();
        assert_eq!(names, ["GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "MALLOC_TRIM_THRESHOLD_"]);
    }
}
