//! What is one statement loses nothing, and what locks neither; alone, nothing can be lost at all.

use memgrid::config::BackendKind;

use super::{median, run, skip, small};

#[test]
fn upsert_counts_what_is_lost() {
    let kinds = [BackendKind::Sqlite, BackendKind::Postgresql, BackendKind::Mysql];
    let there: Vec<_> = kinds.into_iter().filter(|kind| skip::has_server(*kind)).collect();
    let environment = small("upsert", "writers", "15");
    let cells = there.iter().map(|kind| kind.as_str()).flat_map(|backend| {
        [format!("{backend}/*/{{upsert,locked}}"), format!("{backend}/1/look-then-write")]
    });
    let cells: Vec<_> = cells.collect();
    let mut arguments = vec!["--repeats", "1", "--warmup", "0"];
    arguments.extend(cells.iter().map(String::as_str));
    let cells = run(&environment, &arguments);
    assert_eq!(cells.len(), 5 * there.len());
    for cell in &cells {
        let id = cell["id"].as_str().unwrap();
        assert!(median(&cells, id, "lost_updates").abs() < 0.5, "{id}");
        assert!(median(&cells, id, "updates_per_second") > 0.0, "{id}");
    }
}
