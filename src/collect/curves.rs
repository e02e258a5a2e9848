//! What is drawn of an attempt's samples, kept beside them, so that pages can be rendered without
//! reading all samples. The samples are the truth: what is kept says from which file it was
//! made, and counts only while that is the file that is there. Otherwise, as in a run that an older
//! memgrid left or that was copied without its times, it is made from the samples again.
//!
//! ```text
//! cells/<id>/attempts/<n>/curves.bin    postcard: Source, and Curves as they pack themselves
//! ```

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::run_dir::{CURVES, SAMPLES};
use super::whole_file;
use crate::error::{Error, Result};
use crate::fingerprint::Fingerprint;
use crate::measurement::curves::FORMAT;
use crate::measurement::{Curves, SampleFile};

/// Which sample file curves are from, and in which form they are.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Source {
    format: u32,
    /// Its bytes.
    size: u64,
    /// When it was written: seconds and nanoseconds since 1970.
    modified: (i64, i64),
}

impl Source {
    fn new(samples: &Metadata) -> Self {
        let modified = (samples.mtime(), samples.mtime_nsec());
        Self { format: FORMAT, size: samples.len(), modified }
    }
}

/// What the curves of the attempt in `folder` are known by: another text as soon as its sample file
/// changes. `None` if it has none.
#[must_use]
pub fn key(folder: &Path) -> Option<String> {
    let source = Source::new(&std::fs::metadata(folder.join(SAMPLES)).ok()?);
    let key = Fingerprint::of("curves").part(source.format.to_le_bytes());
    let (seconds, nanoseconds) = source.modified;
    let key = key.part(source.size.to_le_bytes()).part(seconds.to_le_bytes());
    Some(key.part(nanoseconds.to_le_bytes()).short())
}

/// The curves of the attempt in `folder`: those that are kept, or else those of its samples, which
/// are then kept. Those that are not `wanted` are left without points. `None` if it has no samples.
///
/// # Errors
/// When the samples can't be read; the error names the file.
pub fn read(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Option<Curves>> {
    let samples = folder.join(SAMPLES);
    let source = match fs_err::metadata(&samples) {
        Ok(found) => Source::new(&found),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if let Some(curves) = kept(folder, &source, &wanted) {
        return Ok(Some(curves));
    }
    let mut curves = Curves::of(&SampleFile::open(&samples)?);
    // With what was asked before the samples were read: if they changed since, this doesn't count.
    write(folder, &source, &curves);
    let others = curves.curves.iter_mut().filter(|(name, _)| !wanted(name));
    others.for_each(|(_, points)| points.clear());
    Ok(Some(curves))
}

fn kept(folder: &Path, source: &Source, wanted: impl Fn(&str) -> bool) -> Option<Curves> {
    let bytes = std::fs::read(folder.join(CURVES)).ok()?;
    let (of, curves) = postcard::take_from_bytes::<Source>(&bytes).ok()?;
    (of == *source).then(|| Curves::from_bytes(curves, wanted)).flatten()
}

/// Keeps the curves of the samples in `folder`, which nobody writes any more. If they can't be
/// written, everything goes on without.
pub fn keep(folder: &Path, curves: &Curves) {
    match fs_err::metadata(folder.join(SAMPLES)) {
        Ok(found) => write(folder, &Source::new(&found), curves),
        Err(error) => tracing::debug!("curves are not kept: {error}"),
    }
}

fn write(folder: &Path, source: &Source, curves: &Curves) {
    let write = || -> Result<()> {
        let source = postcard::to_stdvec(source)
            .map_err(|error| Error::bug("a file's size can't be serialised").because(error))?;
        whole_file::write(&folder.join(CURVES), &[source, curves.to_bytes()].concat())
    };
    if let Err(error) = write() {
        tracing::debug!("curves are not kept: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use tempfile::TempDir;

    use super::*;

    fn read(folder: &Path) -> Result<Option<Curves>> {
        super::read(folder, |_| true)
    }

    fn samples(folder: &Path, rss: &[u64]) {
        let mut text = r#"{"schema":1,"program":"memprobe","started":"","pid":1,"command":[],"period":0.01,"fields":[{"name":"t","unit":"s","scope":"tree"},{"name":"rss","unit":"B","scope":"tree"}]}"#.to_owned();
        for (number, rss) in rss.iter().enumerate() {
            text.push_str(&format!("\n[0.0{number},{rss}]"));
        }
        std::fs::write(folder.join(SAMPLES), text + "\n").unwrap();
    }

    fn highest(folder: &Path) -> f64 {
        let curves = read(folder).unwrap().unwrap();
        curves.curves[0].1.iter().map(|point| point.1).fold(0.0, f64::max)
    }

    #[test]
    fn what_is_kept_is_read_while_the_samples_stay() {
        let folder = TempDir::new().unwrap();
        let folder = folder.path();
        assert_eq!(read(folder).unwrap(), None);
        samples(folder, &[1000, 2000, 1000]);
        assert_eq!(highest(folder), 2000.0);
        // Something that the samples don't say shows where the curves are from.
        let mut other = read(folder).unwrap().unwrap();
        other.curves[0].1[1].1 = 5000.0;
        keep(folder, &other);
        assert_eq!(highest(folder), 5000.0);
    }

    #[test]
    fn what_is_kept_is_never_believed_against_the_samples() {
        let folder = TempDir::new().unwrap();
        let folder = folder.path();
        samples(folder, &[1000, 2000, 1000]);
        let before = (key(folder), highest(folder));
        let kept = std::fs::read(folder.join(CURVES)).unwrap();
        samples(folder, &[1000, 3000, 1000, 1000]);
        assert_eq!(highest(folder), 3000.0, "another size");
        assert_ne!(key(folder), before.0);
        samples(folder, &[1000, 4000, 1000, 1000]);
        let file = std::fs::File::options().append(true).open(folder.join(SAMPLES)).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(1)).unwrap();
        assert_eq!(highest(folder), 4000.0, "another time");
        for damaged in [&kept[..], &kept[..kept.len() - 1], b"", b"\xff\xff\xff\xff\xff\xff"] {
            std::fs::write(folder.join(CURVES), damaged).unwrap();
            assert_eq!(highest(folder), 4000.0);
        }
    }
}
