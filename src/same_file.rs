//! Whether two paths lead to one file: what is read must not be replaced by what is made of it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// By device and inode, so that links of both kinds are seen through. Nothing is opened: a pipe might
/// wait. What is not there is no other's file.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    let file = |path: &Path| fs::metadata(path).map(|data| (data.dev(), data.ino())).ok();
    file(one).is_some_and(|one| Some(one) == file(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_both_kinds_lead_to_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let [file, other, hard, soft, missing] =
            ["file", "other", "hard", "soft", "missing"].map(|name| folder.path().join(name));
        fs::write(&file, "").unwrap();
        fs::write(&other, "").unwrap();
        fs::hard_link(&file, &hard).unwrap();
        std::os::unix::fs::symlink(&file, &soft).unwrap();
        for same in [&file, &hard, &soft, &folder.path().join("./file")] {
            assert!(is_same_file(same, &file), "{}", same.display());
        }
        assert!(!is_same_file(&other, &file));
        assert!(!is_same_file(&missing, &missing));
    }
}
