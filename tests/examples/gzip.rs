//! Whatever compresses them, the files are the same; processes cost memory that threads don't.

use super::{median, run, small};

#[test]
fn gzip_sees_the_memory_of_all_processes() {
    let environment = small("gzip", "files", "2");
    let cells = run(&environment, &["--repeats", "1", "--warmup", "0"]);
    assert_eq!(cells.len(), 12);
    let of = |strategy, metric| median(&cells, &format!("{strategy}/many-small"), metric);
    assert!(of("pool", "peak_rss") > of("threads", "peak_rss"));
    assert!((of("serial", "files") - 128.0).abs() < 0.5);
    assert!(of("serial", "compress_time") > 0.0 && of("executor", "compress_cpu") > 0.0);
}
