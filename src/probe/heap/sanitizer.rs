//! Programs that are built with a sanitizer. Each brings an allocator of its own and has to be
//! loaded before any other library: with ours before it, the program would end right away.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::program::number;

/// What instrumented code calls before all else, by sanitizer. An executable that has the runtime
/// in itself defines it, one that loads it names it.
const KNOWN: [(&str, &str); 5] = [
    ("__asan_init", "AddressSanitizer"),
    ("__tsan_init", "ThreadSanitizer"),
    ("__msan_init", "MemorySanitizer"),
    ("__hwasan_init", "HWAddressSanitizer"),
    ("__lsan_init", "LeakSanitizer"),
];
/// What the names of sanitizers' runtime libraries have in them.
const RUNTIMES: [&str; 5] = ["asan", "tsan", "msan", "hwasan", "lsan"];
/// A section's header in ELF with 64 bits, and what kind of section names are in.
const SECTION: usize = 64;
const STRINGS: u64 = 3;
/// Longer tables of names are not looked through: the start would wait for it.
const LONGEST: u64 = 64 << 20;

/// Why `program`, as it would be started, can't be counted; `None` if no sanitizer is in the way.
pub(super) fn obstacle(program: &OsStr) -> Option<String> {
    if let Some(preloaded) = env::var_os("LD_PRELOAD").filter(|names| has_runtime(names)) {
        let preloaded = preloaded.to_string_lossy().into_owned();
        return Some(format!("a sanitizer is preloaded, which must come first: {preloaded}"));
    }
    let path = find(program, env::var_os("PATH").as_deref())?;
    let sanitizer = sanitizer(&File::open(&path).ok()?)?;
    let name = path.file_name().unwrap_or(program).to_string_lossy().into_owned();
    Some(format!(
        "{name} is not counted: it is built with {sanitizer}, which has an allocator of its own and \
         must be loaded first"
    ))
}

fn has_runtime(names: &OsStr) -> bool {
    let names = names.to_string_lossy();
    names.split([':', ' ']).any(|path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        RUNTIMES.iter().any(|runtime| name.contains(runtime))
    })
}

/// The file that would be executed.
fn find(program: &OsStr, path: Option<&OsStr>) -> Option<PathBuf> {
    if program.as_bytes().contains(&b'/') {
        return Some(program.into());
    }
    let mut candidates = env::split_paths(path?).map(|folder| folder.join(program));
    candidates.find(|candidate| is_executable(candidate))
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// The sanitizer that an ELF program's tables of names tell of.
fn sanitizer(file: &File) -> Option<&'static str> {
    let mut head = [0; 64];
    file.read_exact_at(&mut head, 0).ok()?;
    if !head.starts_with(b"\x7fELF\x02") {
        return None;
    }
    let (place, size, count) =
        (number::<8>(&head, 40)?, number::<2>(&head, 58)?, number::<2>(&head, 60)?);
    if size != SECTION as u64 {
        return None;
    }
    let mut headers = vec![0; SECTION * usize::try_from(count).ok()?];
    file.read_exact_at(&mut headers, place).ok()?;
    headers.chunks_exact(SECTION).find_map(|header| {
        let (kind, offset, length) =
            (number::<4>(header, 4)?, number::<8>(header, 24)?, number::<8>(header, 32)?);
        if kind != STRINGS || length > LONGEST {
            return None;
        }
        let mut names = vec![0; usize::try_from(length).ok()?];
        file.read_exact_at(&mut names, offset).ok()?;
        named_in(&names)
    })
}

fn named_in(names: &[u8]) -> Option<&'static str> {
    let mut each = names.split(|byte| *byte == 0);
    each.find_map(|name| {
        let known = KNOWN.iter().find(|(symbol, _)| symbol.as_bytes() == name);
        known.map(|(_, sanitizer)| *sanitizer)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole() {
        assert_eq!(named_in(b"\0malloc\0__asan_init\0free\0"), Some("AddressSanitizer"));
        assert_eq!(named_in(b"\0my__asan_init_hook\0"), None);
        assert!(has_runtime("/usr/lib/libx.so:/usr/lib/libasan.so.8".as_ref()));
        assert!(has_runtime("libclang_rt.tsan-x86_64.so".as_ref()));
        assert!(!has_runtime("/home/tsan/libjemalloc.so.2".as_ref()));
    }

    #[test]
    fn programs_are_found_as_they_would_be_started() {
        let path = Some("/no-such-folder:/bin:/usr/bin".as_ref());
        assert!(find("sh".as_ref(), path).unwrap().ends_with("sh"));
        assert_eq!(find("no-such-program".as_ref(), path), None);
        assert_eq!(find("./here".as_ref(), path), Some("./here".into()));
    }

    #[test]
    fn this_program_has_none_and_junk_neither() {
        assert_eq!(sanitizer(&File::open("/proc/self/exe").unwrap()), None);
        let junk = tempfile::NamedTempFile::new().unwrap();
        for head in [&b"#!/bin/sh\n"[..], b"\x7fELF\x02", &[0xff; 200]] {
            std::fs::write(junk.path(), head).unwrap();
            assert_eq!(sanitizer(&File::open(junk.path()).unwrap()), None);
        }
        let mut head = [0xff; 200];
        head[..5].copy_from_slice(b"\x7fELF\x02");
        head[58..60].copy_from_slice(&[64, 0]);
        std::fs::write(junk.path(), head).unwrap();
        assert_eq!(sanitizer(&File::open(junk.path()).unwrap()), None);
    }
}
