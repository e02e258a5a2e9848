//! `[system]`, and `packages = […]`: Debian packages that something needs on the machine.

use super::context::Context;
use super::problem::Problem;
use super::reader::Table;

pub(super) fn read_system(top: &Table<'_>, context: &Context<'_>) -> Vec<String> {
    let Some(table) = top.sub_table("system") else { return Vec::new() };
    table.only(&["packages"]);
    packages(&table, context)
}

/// `packages` of `table`.
pub(super) fn packages(table: &Table<'_>, context: &Context<'_>) -> Vec<String> {
    let names = table.get("packages").and_then(|value| value.texts()).unwrap_or_default();
    for name in names.iter().filter(|name| !is_package(&name.value)) {
        let problem = Problem::at(&name.span, format!("{:?} is no Debian package", name.value));
        context.add(problem.hint("a name such as \"redis-server\", without a version"));
    }
    names.into_iter().map(|name| name.value).collect()
}

/// Debian's policy manual, 5.6.7: two characters or more, lower case, digits, `+`, `-`, `.`.
fn is_package(name: &str) -> bool {
    let is_first = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() >= 2
        && name.starts_with(is_first)
        && name.chars().all(|c| is_first(c) || matches!(c, '+' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::is_package;

    #[test]
    fn packages_have_debians_names() {
        for good in ["redis-server", "libstdc++6", "g++", "7zip", "python3.11-venv"] {
            assert!(is_package(good), "{good}");
        }
        for bad in ["", "a", "-y", "Redis", "redis=7", "a b", "+x", "a;b", "redis/sid"] {
            assert!(!is_package(bad), "{bad}");
        }
    }
}
