//! "Did you mean": the names that are near to one that doesn't exist.

/// Longer lists of what is allowed help nobody.
const LISTED: usize = 16;

/// The nearest name within a third of the word's length in edits, as cargo proposes commands.
pub(crate) fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    near(word, names).into_iter().next()
}

/// All names within a third of the word's length in edits, the nearest first.
pub(crate) fn near<'a>(word: &str, names: &[&'a str]) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let within = (word.chars().count() / 3).max(1);
    let distance = |name: &str| strsim::damerau_levenshtein(&word, &name.to_lowercase());
    let mut near: Vec<_> = names
        .iter()
        .map(|name| (distance(name), *name))
        .filter(|(distance, _)| *distance <= within)
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().map(|(_, name)| name).collect()
}

/// The `count` names that are nearest, however far that is.
pub(crate) fn closest<'a>(word: &str, names: &[&'a str], count: usize) -> Vec<&'a str> {
    let mut names: Vec<_> =
        names.iter().map(|name| (strsim::damerau_levenshtein(word, name), *name)).collect();
    names.sort_by_key(|(distance, _)| *distance);
    names.into_iter().take(count).map(|(_, name)| name).collect()
}

/// "did you mean `x`?" if something is near, and otherwise what there is.
pub(crate) fn did_you_mean(word: &str, names: &[&str]) -> String {
    if let Some(name) = nearest(word, names) {
        return format!("did you mean `{name}`?");
    }
    match names.len() {
        0 => "there is none".to_owned(),
        1 => format!("there is only {}", list(names)),
        _ if names.len() <= LISTED => format!("there are {}", list(names)),
        _ => format!("there are {}, …", list(&names[..LISTED])),
    }
}

/// Names in backticks, with commas.
pub(crate) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_proposed_and_otherwise_everything_is_listed() {
        let kinds = ["sqlite", "postgresql", "mysql"];
        assert_eq!(did_you_mean("postgres", &kinds), "did you mean `postgresql`?");
        assert_eq!(did_you_mean("MySQL", &kinds), "did you mean `mysql`?");
        assert_eq!(did_you_mean("oracle", &kinds), "there are `sqlite`, `postgresql`, `mysql`");
        assert_eq!(did_you_mean("x", &["only"]), "there is only `only`");
        assert_eq!(did_you_mean("x", &[]), "there is none");
    }

    #[test]
    fn closest_are_in_order_of_distance() {
        let ids = ["sqlite/json/patched", "sqlite/yaml/patched", "mysql/json/patched"];
        assert_eq!(closest("sqlite/jsn/patched", &ids, 2), &ids[..2]);
    }
}
