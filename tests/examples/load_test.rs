//! A leak grows until a limit ends it; the soft limit loses no request.

use super::{has_program, median, run, small};

#[test]
fn load_test_recycles_leaking_workers_without_losing_a_request() {
    if !has_program("wrk") {
        return;
    }
    let environment = small("load-test", "limit", "4");
    // So that a slow machine reaches the limit too.
    let service = environment.path().join("service.py");
    let leaking = std::fs::read_to_string(&service).unwrap().replace("32 << 10", "512 << 10");
    std::fs::remove_file(&service).unwrap();
    std::fs::write(&service, leaking.replace("8_000", "1_000")).unwrap();
    let cells = run(&environment, &["--repeats", "1", "on/none", "on/soft", "off/soft"]);
    let of = |cell, metric| median(&cells, cell, metric);
    assert!(of("on/none", "peak_server") > of("on/soft", "peak_server"));
    assert!(of("on/soft", "workers_started") > 2.5, "a worker was recycled");
    assert!((of("off/soft", "workers_started") - 2.0).abs() < 0.5, "none was without the leak");
    assert!(of("on/soft", "lost_requests") < 0.5, "no request was lost");
    assert!(of("on/soft", "requests_per_second") > 0.0);
}
