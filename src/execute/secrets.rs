//! Keeps secrets out of what is left behind: records and stored logs.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use indexmap::IndexMap;

use crate::error::Result;

/// What stands where a secret was.
const MASK: &str = "•••";

/// Texts to hide, the longest first: one may contain another.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    pub(super) fn new(secrets: &[String]) -> Self {
        let mut texts: Vec<_> = secrets.iter().filter(|text| !text.is_empty()).cloned().collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self(texts)
    }

    /// `text` without the secrets.
    pub(super) fn mask(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
    }

    /// Every one of `texts` without the secrets.
    pub(super) fn mask_all(&self, texts: &[String]) -> Vec<String> {
        texts.iter().map(|text| self.mask(text)).collect()
    }

    /// Every value of `map` without the secrets.
    pub(super) fn mask_values(&self, map: &IndexMap<String, String>) -> IndexMap<String, String> {
        map.iter().map(|(name, value)| (name.clone(), self.mask(value))).collect()
    }

    /// Takes the secrets out of a file, if it is there and any is in it. Reads nothing when there
    /// are none.
    pub(super) fn mask_file(&self, path: &Path) -> Result<()> {
        if self.0.is_empty() || !path.exists() || !self.is_in(path)? {
            return Ok(());
        }
        let masked = path.with_extension("masked.tmp");
        let mut output = BufWriter::new(fs_err::File::create(&masked)?);
        for_each_line(path, |line| {
            output.write_all(&self.mask_bytes(line))?;
            Ok(true)
        })?;
        output.flush()?;
        Ok(fs_err::rename(&masked, path)?)
    }

    fn is_in(&self, path: &Path) -> Result<bool> {
        let mut found = false;
        for_each_line(path, |line| {
            found = self.0.iter().any(|secret| position(line, secret.as_bytes()).is_some());
            Ok(!found)
        })?;
        Ok(found)
    }

    /// Logs need not be UTF-8, hence bytes.
    fn mask_bytes(&self, line: &[u8]) -> Vec<u8> {
        self.0.iter().fold(line.to_vec(), |mut rest, secret| {
            let mut masked = Vec::with_capacity(rest.len());
            while let Some(at) = position(&rest, secret.as_bytes()) {
                masked.extend_from_slice(&rest[..at]);
                masked.extend_from_slice(MASK.as_bytes());
                rest.drain(..at + secret.len());
            }
            masked.append(&mut rest);
            masked
        })
    }
}

/// Calls `visit` for each line until it says `false`.
fn for_each_line(path: &Path, mut visit: impl FnMut(&[u8]) -> Result<bool>) -> Result<()> {
    let mut file = BufReader::new(fs_err::File::open(path)?);
    let mut line = Vec::new();
    while file.read_until(b'\n', &mut line)? > 0 && visit(&line)? {
        line.clear();
    }
    Ok(())
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(texts: &[&str]) -> Secrets {
        Secrets::new(&texts.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn a_secret_within_another_leaves_nothing_of_either() {
        let secrets = secrets(&["pass", "password", ""]);
        assert_eq!(secrets.mask("password pass word"), "••• ••• word");
        assert_eq!(
            secrets.mask_bytes(b"xpasswordpass\xff"),
            "x••••••".bytes().chain([0xff]).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_log_is_rewritten_only_if_a_secret_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("stderr.log");
        std::fs::write(&log, "one\ntwo hunter2 two\nhunter2").unwrap();
        secrets(&["hunter2"]).mask_file(&log).unwrap();
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "one\ntwo ••• two\n•••");
        let before = std::fs::metadata(&log).unwrap().modified().unwrap();
        secrets(&["other"]).mask_file(&log).unwrap();
        assert_eq!(std::fs::metadata(&log).unwrap().modified().unwrap(), before);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
