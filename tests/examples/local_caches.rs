//! Every cache gives the same answers, four hits in five, over TCP and over a socket.

use super::{has_program, median, run, small};

#[test]
fn local_caches_give_the_same_answers() {
    if !has_program("memcached") || !has_program("redis-server") {
        return;
    }
    let environment = small("local-caches", "cache", "500");
    let cells = run(&environment, &["--repeats", "1", "--warmup", "0"]);
    assert_eq!(cells.len(), 6);
    for cell in &cells {
        let id = cell["id"].as_str().unwrap();
        assert!(median(&cells, id, "lookup") > 0.0, "{id}");
        assert!(median(&cells, id, "peak_server") > 0.0, "{id}");
    }
}
