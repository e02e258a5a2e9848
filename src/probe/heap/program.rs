//! Why a process has no account: what its program's file says.

use std::fs::File;
use std::io::Read as _;

use super::layout::LIBRARY;

/// A process that ended before its file could be looked at, or one whose file gives no reason.
pub(super) const NO_ACCOUNT: &str = "the command left no account: it is linked statically, has \
                                     raised privileges, or is of another C library or architecture";

/// What a program's file doesn't tell.
const UNKNOWN: &str = "it was started without LD_PRELOAD, with raised privileges, or where the \
                       accounts can't be reached";

/// As much of a program's file as holds its headers and the interpreter's name.
const HEAD: usize = 4096;
const PT_INTERP: u32 = 3;

/// Why process `id` is not counted; `None` if it was started with the library, and nothing is known
/// to be in its way: on a busy machine it may not have come to it yet.
pub(super) fn without_account(id: i32, is_late: bool) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    let mut head = Vec::new();
    let file = File::open(format!("/proc/{id}/exe"));
    let read = file.and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
    let why = match read {
        Ok(_) => match reason(&head) {
            UNKNOWN if !is_late && has_library(id) => return None,
            why => why,
        },
        Err(_) => "its privileges keep it from being looked into",
    };
    Some(format!("{} is not counted: {why}", name.trim_end()))
}

/// Whether the library is among the variables that the process was started with.
fn has_library(id: i32) -> bool {
    let variables = std::fs::read(format!("/proc/{id}/environ"));
    variables.is_ok_and(|variables| contains(&variables, LIBRARY.as_bytes()))
}

/// Why the program with this beginning can't be counted.
fn reason(head: &[u8]) -> &'static str {
    const NATIVE: u16 = if cfg!(target_arch = "x86_64") { 62 } else { 183 };
    if !head.starts_with(b"\x7fELF") {
        return "it is no ELF program";
    }
    if head.get(4) != Some(&2) || number::<2>(head, 18) != Some(NATIVE.into()) {
        return "it is of another architecture";
    }
    match interpreter(head) {
        None => "it is linked statically",
        Some(interpreter) if contains(interpreter, b"musl") => "it is linked with musl",
        Some(_) => UNKNOWN,
    }
}

/// The name of the program's dynamic linker.
fn interpreter(head: &[u8]) -> Option<&[u8]> {
    let place = usize::try_from(number::<8>(head, 32)?).ok()?;
    let (size, count) = (number::<2>(head, 54)?, number::<2>(head, 56)?);
    (0..count).find_map(|index| {
        let start = place.checked_add(usize::try_from(index * size).ok()?)?;
        let header = head.get(start..)?;
        if number::<4>(header, 0)? != u64::from(PT_INTERP) {
            return None;
        }
        let offset = usize::try_from(number::<8>(header, 8)?).ok()?;
        let length = usize::try_from(number::<8>(header, 32)?).ok()?;
        head.get(offset..offset.checked_add(length)?)
    })
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

/// The number of `N` bytes at `place`, in the order that both known architectures have.
fn number<const N: usize>(bytes: &[u8], place: usize) -> Option<u64> {
    let bytes = bytes.get(place..place.checked_add(N)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_has_a_dynamic_linker() {
        let mut head = Vec::new();
        let file = File::open("/proc/self/exe").unwrap();
        file.take(HEAD as u64).read_to_end(&mut head).unwrap();
        assert!(contains(interpreter(&head).unwrap(), b"ld"));
        assert!(reason(&head).contains("LD_PRELOAD"));
        // As for 32 bits.
        head[4] = 1;
        assert!(reason(&head).contains("architecture"));
    }

    #[test]
    fn junk_has_no_account_either() {
        assert!(reason(b"#!/bin/sh").contains("no ELF"));
        assert!(reason(b"\x7fELF\x02").contains("architecture"));
        let mut head = vec![0xff; HEAD];
        head[..5].copy_from_slice(b"\x7fELF\x02");
        assert!(reason(&head).contains("architecture"));
        head[18..20].copy_from_slice(if cfg!(target_arch = "x86_64") {
            &[62, 0]
        } else {
            &[183, 0]
        });
        assert!(reason(&head).contains("statically"));
    }
}
