//! A real night: Django under git with its serializers streaming, a commit that makes one of them
//! buffer again, and the search for it.

use std::path::{Path, PathBuf};

use memgrid::config::{self, PathKind};
use memgrid::event::Silent;
use memgrid::interrupt::Interrupt;
use memgrid::prepare::cache::Cache;
use memgrid::prepare::environment::ensure;
use memgrid::prepare::source::prepare_states;

use crate::common::{TestEnvironment, commit, git};

const PYYAML: &str = "django/core/serializers/pyyaml.py";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Django as it was released, and with the project's patches: two trees in the shared cache.
fn trees() -> [PathBuf; 2] {
    let text = fs_err::read_to_string(root().join("matrix.toml")).unwrap();
    let look_up = |path: &Path| match path {
        path if path.is_dir() => Some(PathKind::Folder),
        path => path.is_file().then_some(PathKind::File),
    };
    let config = config::load("matrix.toml", &text, root(), &look_up).unwrap();
    let cache = Cache::at(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")).unwrap();
    let interrupt = Interrupt::default();
    let python = config.python.as_ref().unwrap();
    let python = ensure(python, &[], &cache, &Silent, &interrupt).unwrap().python;
    let (sources, states) = (&config.sources, &config.states);
    let mut states = prepare_states(sources, states, Some(&python), &cache, &Silent, &interrupt);
    ["unpatched", "patched"]
        .map(|state| states.swap_remove(state).unwrap().unwrap().worktrees["subject"].clone())
}

/// What serializers need of Django, which is a fraction of it: each commit's tree is laid out and
/// compiled.
fn copy(from: &Path, to: &Path) {
    let left_out = ["django/contrib", "django/conf/locale"];
    let needed = |entry: &walkdir::DirEntry| {
        let path = entry.path().strip_prefix(from).unwrap();
        let is_django = path.components().next().is_none_or(|first| first.as_os_str() == "django");
        let is_left_out = left_out.iter().any(|folder| path.parent() == Some(Path::new(folder)))
            && entry.file_type().is_dir();
        is_django && !is_left_out && entry.file_name() != "__pycache__"
    };
    for entry in walkdir::WalkDir::new(from).into_iter().filter_entry(needed) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        match entry.file_type().is_dir() {
            true => fs_err::create_dir_all(target).unwrap(),
            false => drop(fs_err::copy(entry.path(), target).unwrap()),
        }
    }
}

/// The default matrix's SQLite cells, over a repository instead of a distribution and its patches.
fn matrix() -> String {
    let text = fs_err::read_to_string(root().join("matrix.toml")).unwrap();
    let mut matrix: toml::Table = text.parse().unwrap();
    let axes = matrix["matrix"].as_table_mut().unwrap();
    axes.insert("backend".to_owned(), vec!["sqlite"].into());
    axes.remove("state");
    for gone in ["state", "compare"] {
        matrix.remove(gone);
    }
    let backends = matrix["backend"].as_table_mut().unwrap();
    backends.retain(|name, _| name == "sqlite");
    let subject: toml::Table = "git = \"./subject\"\nrev = \"main\"".parse().unwrap();
    matrix.insert("subject".to_owned(), subject.into());
    let dataset = matrix["dataset"].as_table_mut().unwrap();
    dataset.insert("rows".to_owned(), 4000.into());
    toml::to_string(&matrix).unwrap()
}

#[test]
fn a_bad_night_names_its_cells_and_the_commit_is_found() {
    let [unpatched, patched] = trees();
    let environment = TestEnvironment::new(&matrix()).with_shared_cache();
    let workload = environment.path().join("workload");
    std::os::unix::fs::symlink(root().join("workload"), workload).unwrap();
    let subject = environment.path().join("subject");
    copy(&patched, &subject);
    git(&subject, &["init", "--quiet", "--initial-branch", "main"]);
    commit(&subject, "Import Django with streaming serializers");
    environment.run(&["nightly", "--strict", "--repeats", "2"]).exits(0).says("first good night");

    let change = |file: &str, text: &str, message: &str| {
        let path = subject.join(file);
        let before = fs_err::read_to_string(&path).unwrap_or_default();
        fs_err::write(&path, before + text).unwrap();
        commit(&subject, message)
    };
    change("README", "Streams.\n", "Say what this is");
    change("django/utils/text.py", "\n# Reviewed.\n", "Review the texts");
    // The middle of what lies between the two nights, where the search looks first.
    let broken = change("django/db/models/query.py", "\nthis is not Python\n", "Break the queries");
    git(&subject, &["revert", "--no-edit", &broken]);
    fs_err::copy(unpatched.join(PYYAML), subject.join(PYYAML)).unwrap();
    let culprit = commit(&subject, "Dump all objects at once");
    change("README", "Or not.\n", "Doubt it");
    change("django/core/serializers/json.py", "\n# Reviewed.\n", "Review JSON");

    let night = environment.run(&["nightly", "--strict", "--repeats", "2", "--format", "json"]);
    let night = night.exits(3).says("7 commits after").says("memgrid bisect sqlite/yaml");
    let json = night.json();
    let cells = json["cells"].as_array().unwrap().iter();
    let regressed: Vec<_> = cells
        .filter(|cell| cell["verdict"] == "regressed")
        .map(|cell| cell["id"].as_str().unwrap())
        .collect();
    assert_eq!(regressed, ["sqlite/yaml"]);

    let found = environment.run(&["bisect", "sqlite/yaml", "--format", "json"]).exits(0).json();
    assert_eq!(found["found"]["commit"], *culprit, "{found}");
    let measured = found["measured"].as_array().unwrap();
    // The two nights are its ends, and are not measured again.
    assert_eq!((&measured[0]["reused"], &measured[1]["reused"]), (&true.into(), &true.into()));
    assert!(measured.len() <= 2 + 4, "{found}");
    let skipped = measured.iter().find(|one| one["finding"] == "skipped").unwrap();
    assert_eq!(skipped["commit"], *broken);
}
