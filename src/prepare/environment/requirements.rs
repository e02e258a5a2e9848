//! What a requirements file says, with the files that it includes.

use std::path::{Path, PathBuf};

use crate::error::Result;

/// The texts of a requirements file and of those that it includes, each once.
///
/// # Errors
/// When one of them can't be read; the error names it.
pub(in crate::prepare) fn texts(file: Option<&Path>) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut waiting: Vec<PathBuf> = file.map(Path::to_owned).into_iter().collect();
    while let Some(file) = waiting.pop() {
        if seen.contains(&file) {
            continue;
        }
        let text = fs_err::read_to_string(&file)?;
        let folder = file.parent().unwrap_or(Path::new(""));
        waiting.extend(included(&text).map(|name| folder.join(name)));
        texts.push(text);
        seen.push(file);
    }
    Ok(texts)
}

/// The files that a requirements file includes; URLs are pip's own business.
fn included(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.trim();
        let rest = ["--requirement", "--constraint", "-r", "-c"]
            .iter()
            .find_map(|option| line.strip_prefix(option))?;
        let name = rest.trim_start_matches(['=', ' ', '\t']);
        let name = name.split(" #").next().unwrap_or(name).trim();
        (!name.is_empty() && !name.contains("://")).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_files_count_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.txt");
        std::fs::write(&file, "-r b.txt\n--constraint=sub/c.txt # why\nsix==1.0\n").unwrap();
        std::fs::write(folder.path().join("b.txt"), "-r a.txt\n-c https://host/x.txt\n").unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("sub/c.txt"), "old\n").unwrap();

        let before = texts(Some(&file)).unwrap();
        assert_eq!(before.len(), 3);
        std::fs::write(folder.path().join("sub/c.txt"), "new\n").unwrap();
        assert_ne!(texts(Some(&file)).unwrap(), before);
        assert!(texts(None).unwrap().is_empty());
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = texts(Some(Path::new("/no/requirements.txt"))).unwrap_err();
        assert!(error.to_string().contains("/no/requirements.txt"), "{error}");
    }
}
