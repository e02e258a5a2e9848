//! What patches are called in the names of states: short, stable, and legal in a cell's id.

use std::path::Path;

use super::super::context::Context;
use super::super::model::PatchFile;
use super::super::names::path_part_problem;
use super::super::problem::Problem;
use super::super::reader::At;

/// Leaves room for the series' own name in a part of a cell's id.
const LONGEST: usize = 50;

/// A problem if a label could not be part of a state's name.
pub(in super::super) fn check_label(label: &At<String>, context: &Context<'_>) {
    let too_long = (label.value.len() > LONGEST).then(|| format!("longer than {LONGEST} bytes"));
    let why = path_part_problem(&label.value).map(str::to_owned);
    if let Some(why) = why.or(too_long) {
        let message = format!("{:?} can't be a patch's label: {why}", label.value);
        context.add(Problem::at(&label.span, message).hint("it becomes part of cells' ids"));
    }
}

/// A label for each of `patches`: its own, or what its file is called without the number before
/// it; the number stays where two patches would otherwise be called alike.
///
/// # Errors
/// The label that two patches would share all the same.
pub(super) fn labels(patches: &[&PatchFile]) -> Result<Vec<String>, String> {
    let short: Vec<String> =
        patches.iter().map(|patch| own(patch).unwrap_or_else(|| unnumbered(patch))).collect();
    let is_taken = |index: usize| {
        short.iter().enumerate().any(|(other, label)| other != index && *label == short[index])
    };
    let label = |(index, patch): (usize, &&PatchFile)| match own(patch) {
        None if is_taken(index) => stem(patch),
        _ => short[index].clone(),
    };
    let labels: Vec<String> = patches.iter().enumerate().map(label).collect();
    let twice = labels.iter().enumerate().find(|(index, label)| labels[..*index].contains(label));
    match twice {
        Some((_, label)) => Err(label.clone()),
        None => Ok(labels),
    }
}

fn own(patch: &PatchFile) -> Option<String> {
    patch.label.clone()
}

fn stem(patch: &PatchFile) -> String {
    let stem = patch.path.file_stem().unwrap_or(Path::new("patch").as_os_str());
    legal(&stem.to_string_lossy())
}

fn unnumbered(patch: &PatchFile) -> String {
    let stem = stem(patch);
    let rest = stem.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if rest.starts_with(['-', '_', '.']) { rest } else { stem.as_str() };
    match rest.trim_matches(['-', '_', '.']) {
        "" => stem,
        rest => rest.to_owned(),
    }
}

/// Letters, digits and a few signs; anything else becomes a dash, as in a web address.
fn legal(text: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "._+-".contains(c) { c } else { '-' };
    let mut label: String = text.chars().map(plain).collect();
    while label.len() > LONGEST {
        label.pop();
    }
    match label.trim_matches(['-', '.']) {
        "" => "patch".to_owned(),
        label => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patch(path: &str) -> PatchFile {
        PatchFile { path: path.into(), label: None }
    }

    fn labels_of(paths: &[&str]) -> Result<Vec<String>, String> {
        let patches: Vec<PatchFile> = paths.iter().map(|path| patch(path)).collect();
        labels(&patches.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_label_is_the_files_name_without_its_number() {
        let found = labels_of(&[
            "/p/0001-5423-iterate-without-cache.patch",
            "/p/0002_yaml, each object.diff",
            "/p/16614.patch",
            "/p/fix.v2.patch",
            "/p/3rd.patch",
            "/p/…",
        ]);
        let expected =
            ["5423-iterate-without-cache", "yaml--each-object", "16614", "fix.v2", "3rd", "patch"];
        assert_eq!(found.unwrap(), expected);
    }

    #[test]
    fn the_number_stays_where_names_would_be_alike() {
        let found = labels_of(&["/p/0001-fix.patch", "/p/0002-fix.patch", "/p/0003-other.patch"]);
        assert_eq!(found.unwrap(), ["0001-fix", "0002-fix", "other"]);
        assert_eq!(labels_of(&["/a/fix.patch", "/b/fix.patch"]), Err("fix".to_owned()));
        let own = PatchFile { label: Some("fix".into()), ..patch("/a/other.patch") };
        let numbered = patch("/p/0002-fix.patch");
        assert_eq!(labels(&[&own, &numbered]).unwrap(), ["fix", "0002-fix"]);
    }

    proptest! {
        #[test]
        fn every_file_name_gives_a_legal_label(name in "[^/\0]{1,80}") {
            for label in labels_of(&[&format!("/p/{name}"), "/p/other"]).unwrap_or_default() {
                prop_assert_eq!(path_part_problem(&label), None);
                prop_assert!(label.len() <= LONGEST);
            }
        }
    }
}
