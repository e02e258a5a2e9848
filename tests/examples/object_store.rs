//! Both ways give the same answers, from a server that each attempt has for itself.

use super::{median, run, small};

#[test]
fn object_store_answers_from_a_server_of_its_own() {
    let environment = small("object-store", "objects", "20");
    let arguments = ["--axis", "objects=10", "--repeats", "1", "--warmup", "0"];
    let cells = run(&environment, &arguments);
    assert_eq!(cells.len(), 4);
    for cell in &cells {
        let id = cell["id"].as_str().unwrap();
        assert!(median(&cells, id, "request_time") > 0.0, "{id}");
        assert!(median(&cells, id, "peak_server") > 0.0, "{id}");
    }
}
