//! A leak is seen; a worker that ends by itself loses no request, and one that is killed is replaced.

use super::{changed, median, run, skip};

#[test]
fn load_test_replaces_workers_without_losing_requests() {
    if !std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .any(|dir| dir.join("wrk").exists())
    {
        skip::need("wrk is not installed");
        return;
    }
    let name = "PYTHONPATH = \"{root}\"";
    let leak = format!("{name}, APP_LEAK_BYTES = \"4194304\"");
    let environment = changed("load-test", name, &leak);
    let cells = run(&environment, &["--axis", "leak=on", "--repeats", "1", "--warmup", "0"]);
    let of = |limit, metric| median(&cells, &format!("on/{limit}"), metric);
    assert!(of("none", "requests") > 0.0 && of("none", "workers_replaced") < 0.5);
    assert!(of("soft", "workers_replaced") > 0.5 && of("hard", "workers_replaced") > 0.5);
    assert!(of("soft", "lost_requests") < 0.5, "{}", of("soft", "lost_requests"));
    assert!(of("soft", "peak_server") < of("none", "peak_server"));
}
