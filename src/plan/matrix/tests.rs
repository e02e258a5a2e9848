//! GitHub's documented examples (docs.github.com, "Running variations of jobs in a workflow"),
//! and the algebra as properties.

use indexmap::IndexMap;
use proptest::prelude::*;

use super::*;

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn values(pairs: Pairs<'_>) -> Values {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn matrix(axes: &[(&str, &[&str])], exclude: &[Pairs<'_>], include: &[Pairs<'_>]) -> Matrix {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    Matrix {
        axes: axes.iter().map(|(axis, values)| ((*axis).to_owned(), owned(values))).collect(),
        exclude: exclude.iter().map(|pairs| values(pairs)).collect(),
        include: include.iter().map(|pairs| values(pairs)).collect(),
    }
}

/// All values of each cell, as the examples list them.
fn combinations(matrix: &Matrix) -> Vec<Values> {
    let all = |cell: Cell| cell.axes.into_iter().chain(cell.extra).collect();
    expand(matrix).into_iter().map(all).collect()
}

fn ids(matrix: &Matrix) -> Vec<String> {
    expand(matrix).into_iter().map(|cell| cell.id.to_string()).collect()
}

#[test]
fn product_is_in_axis_order_and_the_first_axis_varies_slowest() {
    let matrix = matrix(
        &[("version", &["10", "12", "14"]), ("os", &["ubuntu-latest", "windows-latest"])],
        &[],
        &[],
    );
    assert_eq!(
        ids(&matrix),
        [
            "10/ubuntu-latest",
            "10/windows-latest",
            "12/ubuntu-latest",
            "12/windows-latest",
            "14/ubuntu-latest",
            "14/windows-latest",
        ]
    );
}

#[test]
fn fruit_and_animals() {
    let matrix = matrix(
        &[("fruit", &["apple", "pear"]), ("animal", &["cat", "dog"])],
        &[],
        &[
            &[("color", "green")],
            &[("color", "pink"), ("animal", "cat")],
            &[("fruit", "apple"), ("shape", "circle")],
            &[("fruit", "banana")],
            &[("fruit", "banana"), ("animal", "cat")],
        ],
    );
    let apple = [("fruit", "apple"), ("shape", "circle")];
    let with = |animal, color| [&apple[..], &[("animal", animal), ("color", color)]].concat();
    let expected = [
        values(&with("cat", "pink")),
        values(&with("dog", "green")),
        values(&[("fruit", "pear"), ("animal", "cat"), ("color", "pink")]),
        values(&[("fruit", "pear"), ("animal", "dog"), ("color", "green")]),
        values(&[("fruit", "banana")]),
        values(&[("fruit", "banana"), ("animal", "cat")]),
    ];
    assert_eq!(combinations(&matrix), expected);
    assert_eq!(
        ids(&matrix),
        ["apple/cat", "apple/dog", "pear/cat", "pear/dog", "banana", "banana/cat"]
    );
}

#[test]
fn expanding_configurations() {
    let matrix = matrix(
        &[("os", &["windows-latest", "ubuntu-latest"]), ("node", &["12", "14", "16"])],
        &[],
        &[&[("os", "windows-latest"), ("node", "16"), ("npm", "6")]],
    );
    let cells = expand(&matrix);
    assert_eq!(cells.len(), 6);
    let with_npm: Vec<_> = cells.iter().filter(|cell| cell.value("npm") == Some("6")).collect();
    assert_eq!(with_npm.len(), 1);
    assert_eq!(with_npm[0].id.as_str(), "windows-latest/16");
}

#[test]
fn adding_configurations() {
    let matrix = matrix(
        &[
            ("os", &["macos-latest", "windows-latest", "ubuntu-latest"]),
            ("version", &["12", "14", "16"]),
        ],
        &[],
        &[&[("os", "windows-latest"), ("version", "17")]],
    );
    let ids = ids(&matrix);
    assert_eq!(ids.len(), 10);
    assert_eq!(ids[9], "windows-latest/17");
}

#[test]
fn five_perls_and_two_on_macos() {
    let matrix = matrix(
        &[("os", &["ubuntu-latest"]), ("perl", &["5.16", "5.20", "5.26", "5.30", "latest"])],
        &[],
        &[
            &[("os", "macos-latest"), ("perl", "5.26")],
            &[("os", "macos-latest"), ("perl", "latest")],
        ],
    );
    let ids = ids(&matrix);
    assert_eq!(ids.len(), 7);
    assert_eq!(ids[5..], ["macos-latest/5.26", "macos-latest/latest"]);
}

#[test]
fn include_alone_makes_a_matrix() {
    let matrix = matrix(
        &[],
        &[],
        &[
            &[("site", "production"), ("datacenter", "site-a")],
            &[("site", "staging"), ("datacenter", "site-b")],
        ],
    );
    assert_eq!(ids(&matrix), ["production/site-a", "staging/site-b"]);
    assert_eq!(expand(&matrix)[0].value("datacenter"), Some("site-a"));
}

#[test]
fn excluding_configurations() {
    let matrix = matrix(
        &[
            ("os", &["macos-latest", "windows-latest"]),
            ("version", &["12", "14", "16"]),
            ("environment", &["staging", "production"]),
        ],
        &[
            &[("os", "macos-latest"), ("version", "12"), ("environment", "production")],
            &[("os", "windows-latest"), ("version", "16")],
        ],
        &[],
    );
    let ids = ids(&matrix);
    assert_eq!(ids.len(), 9);
    assert!(!ids.contains(&"macos-latest/12/production".to_owned()));
    assert!(ids.contains(&"macos-latest/12/staging".to_owned()));
    assert!(!ids.iter().any(|id| id.starts_with("windows-latest/16")));
}

#[test]
fn include_puts_an_excluded_combination_back() {
    let pair: Pairs<'_> = &[("os", "linux"), ("version", "12")];
    let matrix = matrix(&[("os", &["linux"]), ("version", &["12", "14"])], &[pair], &[pair]);
    assert_eq!(ids(&matrix), ["linux/14", "linux/12"]);
}

#[test]
fn no_axes_and_no_include_are_no_cells() {
    assert_eq!(expand(&Matrix::default()), []);
    assert_eq!(product_size(&Matrix::default()), Some(0));
}

fn any_matrix() -> impl Strategy<Value = Matrix> {
    let axes = prop::collection::vec(1..4_usize, 0..4);
    let entry = || prop::collection::btree_map(0..6_usize, 0..5_usize, 1..4);
    let entries = || prop::collection::vec(entry(), 0..4);
    (axes, entries(), entries()).prop_map(|(sizes, exclude, include)| {
        let name = |axis: usize| ["a", "b", "c", "extra", "other", "more"][axis].to_owned();
        let value = |value: usize| format!("v{value}");
        let axes: IndexMap<_, _> = sizes
            .iter()
            .enumerate()
            .map(|(axis, size)| (name(axis), (0..*size).map(value).collect()))
            .collect();
        let pairs = |entry: std::collections::BTreeMap<usize, usize>| -> Values {
            entry.into_iter().map(|(axis, number)| (name(axis), value(number))).collect()
        };
        let exclude = exclude.into_iter().map(pairs).map(|mut entry: Values| {
            entry.retain(|axis, _| axes.contains_key(axis));
            entry
        });
        Matrix {
            exclude: exclude.filter(|entry| !entry.is_empty()).collect(),
            include: include.into_iter().map(pairs).collect(),
            axes,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_product_has_the_size_of_the_product(matrix in any_matrix()) {
        let bare = Matrix { axes: matrix.axes, ..Matrix::default() };
        let cells = expand(&bare);
        prop_assert_eq!(Some(cells.len()), product_size(&bare));
        let ids: std::collections::HashSet<_> = cells.iter().map(|cell| &cell.id).collect();
        prop_assert_eq!(ids.len(), cells.len(), "ids of a product are unique");
    }

    #[test]
    fn exclude_removes_what_it_matches_and_nothing_else(matrix in any_matrix()) {
        let all = Matrix { axes: matrix.axes.clone(), ..Matrix::default() };
        let matrix = Matrix { include: Vec::new(), ..matrix };
        let matches = |cell: &Cell| {
            matrix.exclude.iter().any(|entry| {
                entry.iter().all(|(axis, value)| cell.axes.get(axis) == Some(value))
            })
        };
        let expected: Vec<_> = expand(&all).into_iter().filter(|cell| !matches(cell)).collect();
        prop_assert_eq!(expand(&matrix), expected);
    }

    #[test]
    fn include_never_changes_an_original_value(matrix in any_matrix()) {
        let bare = Matrix { include: Vec::new(), ..matrix.clone() };
        let originals = expand(&bare);
        let traced = expand_traced(&matrix);
        for (original, (cell, origin)) in originals.iter().zip(&traced) {
            prop_assert_eq!(*origin, Origin::Product);
            prop_assert_eq!(&cell.axes, &original.axes);
            prop_assert_eq!(&cell.id, &original.id);
        }
        prop_assert!(traced[originals.len()..].iter().all(|(_, origin)| *origin != Origin::Product));
    }

    #[test]
    fn each_include_entry_is_seen_in_some_cell(matrix in any_matrix()) {
        let traced = expand_traced(&matrix);
        for (index, entry) in matrix.include.iter().enumerate() {
            let own = traced.iter().any(|(_, origin)| *origin == Origin::Include(index));
            let axes: Vec<_> =
                entry.iter().filter(|(name, _)| matrix.axes.contains_key(*name)).collect();
            let extended = traced.iter().filter(|(cell, origin)| {
                *origin == Origin::Product
                    && axes.iter().all(|(axis, value)| cell.axes.get(*axis) == Some(value))
            });
            prop_assert_ne!(own, extended.count() > 0, "a cell of its own or an extension");
        }
    }

    #[test]
    fn the_last_fitting_entry_decides_an_added_value(matrix in any_matrix()) {
        for (cell, _) in expand_traced(&matrix).iter().filter(|(_, from)| *from == Origin::Product) {
            for (name, value) in &cell.extra {
                let last = matrix.include.iter().rev().find(|entry| {
                    entry.contains_key(name)
                        && entry.iter().all(|(axis, value)| {
                            !matrix.axes.contains_key(axis) || cell.axes.get(axis) == Some(value)
                        })
                });
                prop_assert_eq!(last.and_then(|entry| entry.get(name)), Some(value));
            }
        }
    }
}
