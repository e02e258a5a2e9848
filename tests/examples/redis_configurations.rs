//! Every configuration gives the same list back; compression makes it smaller.

use super::{has_program, median, run, small};

#[test]
fn redis_configurations_give_the_same_list_back() {
    if !has_program("redis-server") {
        return;
    }
    let environment = small("redis-configurations", "configuration", "40");
    let cells = run(&environment, &["--repeats", "1", "--warmup", "0"]);
    assert_eq!(cells.len(), 7);
    let size = |configuration| median(&cells, configuration, "stored_size");
    assert!(size("lzma") < size("pickle") && size("zlib") < size("pickle"));
    assert!((size("hiredis") - size("pickle")).abs() < 0.5, "the parser changes nothing stored");
    assert!(
        median(&cells, "lzma", "read_append_write") > median(&cells, "json", "read_append_write")
    );
}
