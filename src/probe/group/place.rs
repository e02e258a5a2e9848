//! Where this process's cgroup of version 2 is in the file system. Pure: text in, path out.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};

/// The folder of our own cgroup, from `/proc/self/mountinfo` and `/proc/self/cgroup`.
///
/// # Errors
/// Why there is none.
pub(super) fn own_folder(mounts: &[u8], groups: &[u8]) -> Result<PathBuf, &'static str> {
    let own = groups
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(b"0::"))
        .ok_or("this kernel has no cgroups of version 2")?;
    let own = Path::new(std::str::from_utf8(own).map_err(|_| "our cgroup's name is no text")?);
    let mut mounts = mounts.split(|byte| *byte == b'\n').filter_map(mount).peekable();
    if mounts.peek().is_none() {
        return Err("no cgroup2 is mounted");
    }
    mounts
        .find_map(|(root, point)| Some(point.join(own.strip_prefix(root).ok()?)))
        .filter(|folder| folder.components().all(|part| part != Component::ParentDir))
        .ok_or("our cgroup is outside of what is mounted here")
}

/// The root and the place of a mounted cgroup2.
fn mount(line: &[u8]) -> Option<(PathBuf, PathBuf)> {
    let mut fields = line.split(|byte| *byte == b' ').skip(3);
    let (root, point) = (fields.next()?, fields.next()?);
    let mut rest = fields.skip_while(|field| *field != b"-").skip(1);
    (rest.next()? == b"cgroup2").then(|| (unescaped(root), unescaped(point)))
}

/// Spaces and the like are written as a backslash and three octal digits.
fn unescaped(text: &[u8]) -> PathBuf {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, others)) = rest.split_first() {
        let code = others.get(..3).filter(|_| *first == b'\\').and_then(octal);
        plain.push(code.unwrap_or(*first));
        rest = if code.is_some() { &others[3..] } else { others };
    }
    OsString::from_vec(plain).into()
}

fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &[u8] = b"31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n\
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 master:1 - cgroup2 cgroup2 rw\n";

    #[test]
    fn our_group_is_found_under_a_mount() {
        let found = own_folder(HYBRID, b"4:memory:/a\n0::/\n").unwrap();
        assert_eq!(found, Path::new("/sys/fs/cgroup/unified"));
        let systemd = b"28 23 0:25 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
        let found = own_folder(systemd, b"0::/user.slice/session-3.scope\n").unwrap();
        assert_eq!(found, Path::new("/sys/fs/cgroup/user.slice/session-3.scope"));
    }

    #[test]
    fn a_part_of_the_tree_may_be_mounted_under_an_odd_name() {
        let part = b"9 8 0:25 /box/7 /mnt/a\\040b\\134c ro - cgroup2 none rw\n";
        assert_eq!(own_folder(part, b"0::/box/7/x\n").unwrap(), Path::new("/mnt/a b\\c/x"));
        assert!(own_folder(part, b"0::/other\n").unwrap_err().contains("outside"));
        assert!(own_folder(HYBRID, b"0::/../../x\n").unwrap_err().contains("outside"));
    }

    #[test]
    fn what_is_missing_is_said() {
        assert!(own_folder(HYBRID, b"4:memory:/a\n").unwrap_err().contains("no cgroups"));
        let first = HYBRID.split_inclusive(|byte| *byte == b'\n').next().unwrap();
        assert!(own_folder(first, b"0::/\n").unwrap_err().contains("mounted"));
        assert!(own_folder(b"", b"").is_err());
    }
}
