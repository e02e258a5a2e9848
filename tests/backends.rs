//! Backends against real databases: private servers are started, killed, and found again.
//!
//! What needs a server that is not installed says so and is skipped, or fails if
//! `MEMGRID_REQUIRE_SERVERS=1`.

#![expect(clippy::unwrap_used, reason = "tests")]

mod sandbox;
mod skip;

use std::io::{BufRead, BufReader, Lines, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use memgrid::backend::{self, Request};
use memgrid::config::{BackendKind, Content, Dataset};
use memgrid::event::{Event, Observer};
use memgrid::interrupt::Interrupt;
use memgrid::outcome::Outcome;
use memgrid::prepare::cache::Cache;
use memgrid::server;

use sandbox::{Sandbox, dataset, given, installed, private, servers};

#[test]
fn every_backend_holds_the_same_rows_and_keeps_them() {
    let sandbox = Sandbox::new();
    let (many, few) = (dataset(1000), dataset(10));
    let mut found = Vec::new();
    for kind in installed() {
        let opened = sandbox.private(kind, Some(&many));
        assert!(opened.version().starts_with(|c: char| c.is_ascii_digit()), "{}", opened.version());
        let record = opened.dataset().unwrap().clone();
        assert_eq!((record.rows, record.table.as_str()), (1000, "records_record"));
        let report = opened.verify().unwrap().unwrap();
        assert!(report.is_whole(), "{report:?}");
        found.push((record.fingerprint, report.found));
        opened.close().unwrap();
        assert!(sandbox.told().contains("1000 rows in"));

        // Another dataset is kept beside it.
        sandbox.private(kind, Some(&few)).close().unwrap();
        assert!(sandbox.told().contains("10 rows in"));
        for (dataset, told) in [(&many, "1000 rows, cached"), (&few, "10 rows, cached")] {
            let again = sandbox.private(kind, Some(dataset));
            assert!(again.verify().unwrap().unwrap().is_whole());
            assert!(sandbox.told().contains(told));
        }
    }
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
    assert_eq!(sandbox.server_processes(), [] as [String; 0]);
}

#[test]
fn rows_that_a_workload_changed_are_written_again() {
    let sandbox = Sandbox::new();
    let dataset = dataset(300);
    for kind in installed() {
        let opened = sandbox.private(kind, Some(&dataset));
        sandbox::execute(kind, opened.url(), "UPDATE records_record SET number = 5 WHERE id = 7");
        assert!(!opened.verify().unwrap().unwrap().is_whole());
        drop(opened);
        sandbox.told();
        let again = sandbox.private(kind, Some(&dataset));
        assert!(again.verify().unwrap().unwrap().is_whole());
        let told = sandbox.told();
        assert!(told.contains("was changed") && told.contains("300 rows in"), "{told}");
    }
}

#[test]
fn a_fixture_is_loaded_into_every_backend() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("data.json");
    let json = r#"[
        {"model": "shop.item", "pk": 3, "fields": {"name": "it's \\ \"so\"\t\n\r", "price": 2.5,
            "sold": true, "stock": -1, "big": 9007199254740993, "note": null}},
        {"model": "shop.item", "pk": 1, "fields": {"name": "Кофе ☕ 🎉", "price": 1e300,
            "sold": false, "stock": 7, "big": -5, "note": ""}},
        {"model": "shop.item", "pk": 2, "fields": {"name": "", "price": 0.1, "sold": null,
            "stock": 0, "big": 0, "note": "\\N"}}]"#;
    fs_err::write(&path, json).unwrap();
    let dataset = Dataset { table: "shop_item".to_owned(), content: Content::Fixture { path } };
    for kind in installed() {
        let opened = sandbox.private(kind, Some(&dataset));
        let report = opened.verify().unwrap().unwrap();
        assert!(report.is_whole() && report.found.0 == 3, "{report:?}");
        // A row of the workload's own gets a key that is free.
        let insert =
            "INSERT INTO shop_item (name, price, sold, stock, big) VALUES ('x', 1, NULL, 1, 1)";
        sandbox::execute(kind, opened.url(), insert);
    }
}

#[test]
fn texts_may_be_keys_whatever_their_case() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("data.csv");
    fs_err::write(&path, "id,n\nabc,1\nABC,2\nÄbc,3\n").unwrap();
    let dataset = Dataset { table: "t".to_owned(), content: Content::Fixture { path } };
    for kind in installed() {
        let opened = sandbox.private(kind, Some(&dataset));
        assert!(opened.verify().unwrap().unwrap().is_whole());
    }
}

#[test]
fn servers_of_a_killed_memgrid_are_ended() {
    let sandbox = Sandbox::new();
    let expected = servers().len();
    let mut owner = Owner::start(&sandbox, &servers(), 50);
    owner.wait_for("ready");
    assert!(sandbox.server_processes().len() >= expected);
    // The servers of a running memgrid are left alone.
    assert_eq!(server::reap(&sandbox.cache).unwrap(), 0);
    owner.kill();
    assert!(sandbox.server_processes().len() >= expected, "SIGKILL leaves servers behind");
    assert_eq!(server::reap(&sandbox.cache).unwrap(), expected);
    assert_eq!(sandbox.server_processes(), [] as [String; 0]);
    assert_eq!(server::reap(&sandbox.cache).unwrap(), 0);
    for kind in servers() {
        let opened = sandbox.private(kind, Some(&dataset(50)));
        assert!(opened.verify().unwrap().unwrap().is_whole());
        assert!(sandbox.told().contains("50 rows, cached"));
    }
}

#[test]
fn opening_ends_what_a_killed_memgrid_left_and_never_takes_half_for_whole() {
    let sandbox = Sandbox::new();
    for kind in installed() {
        let rows = killed_while_filling(&sandbox, kind);
        let opened = sandbox.private(kind, Some(&dataset(rows)));
        let told = sandbox.told();
        assert!(told.contains(&format!("{rows} rows in")), "{told}");
        let left = kind != BackendKind::Sqlite;
        assert_eq!(told.contains("a killed memgrid had left behind: 1"), left, "{told}");
        assert!(opened.verify().unwrap().unwrap().is_whole());
        opened.close().unwrap();
    }
    assert_eq!(sandbox.server_processes(), [] as [String; 0]);
}

/// Kills an owner that is filling a dataset, and returns how many rows it has.
fn killed_while_filling(sandbox: &Sandbox, kind: BackendKind) -> u64 {
    let mut rows = 6_000;
    loop {
        let mut owner = Owner::start(sandbox, &[kind], rows);
        owner.wait_for("StepStarted { step: \"filling");
        std::thread::sleep(Duration::from_millis(50));
        owner.kill();
        if !owner.tells("StepFinished { step: \"filling") {
            return rows;
        }
        // A fast machine was done before.
        rows *= 2;
    }
}

#[test]
fn several_servers_of_one_kind_run_at_once() {
    let sandbox = Sandbox::new();
    let dataset = dataset(20);
    for kind in servers() {
        let (one, two) = std::thread::scope(|scope| {
            let one = scope.spawn(|| sandbox.private(kind, Some(&dataset)));
            let two = scope.spawn(|| sandbox.private(kind, Some(&dataset)));
            (one.join().unwrap(), two.join().unwrap())
        });
        assert_ne!(one.url(), two.url());
        assert!(one.verify().unwrap().unwrap().is_whole());
        assert!(two.verify().unwrap().unwrap().is_whole());
    }
}

#[test]
fn no_way_out_leaves_a_server_behind() {
    let sandbox = Sandbox::new();
    for kind in servers() {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let opened = sandbox.private(kind, None);
            assert!(opened.dataset().is_none() && opened.verify().unwrap().is_none());
            assert!(!sandbox.server_processes().is_empty());
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        assert_eq!(sandbox.server_processes(), [] as [String; 0]);
    }
    sandbox.interrupt.raise();
    for kind in installed() {
        let Err(blocked) = sandbox.open(&private(kind), Some(&dataset(10))) else {
            panic!("{} opened in spite of an interrupt", kind.as_str());
        };
        assert_eq!(blocked.outcome, Outcome::Interrupted, "{blocked}");
    }
    assert_eq!(sandbox.server_processes(), [] as [String; 0]);
}

#[test]
fn ctrl_c_in_the_terminal_does_not_reach_a_server() {
    let sandbox = Sandbox::new();
    for kind in servers() {
        let opened = sandbox.private(kind, None);
        let ours = rustix::process::getpgrp();
        for group in sandbox.server_groups() {
            assert_ne!(group, ours.as_raw_nonzero().get());
        }
        drop(opened);
    }
}

#[test]
fn a_long_path_and_a_damaged_data_folder_are_no_obstacles() {
    let sandbox = Sandbox::new();
    let root = sandbox.path(&"long".repeat(30));
    let cache = Cache::at(&root).unwrap();
    let sandbox = Sandbox { cache, ..sandbox };
    for kind in servers() {
        let opened = sandbox.private(kind, Some(&dataset(10)));
        let socket = sandbox::socket_folder(opened.url());
        assert!(socket.is_dir() && !socket.starts_with(&root), "{}", socket.display());
        drop(opened);
        assert!(!socket.exists(), "{}", socket.display());

        sandbox.damage(kind);
        sandbox.told();
        let opened = sandbox.private(kind, Some(&dataset(10)));
        assert!(sandbox.told().contains("does not start from its cached data"));
        assert!(opened.verify().unwrap().unwrap().is_whole());
    }
}

#[test]
fn a_users_server_is_used_and_their_tables_are_left_alone() {
    let sandbox = Sandbox::new();
    for kind in installed() {
        let host = sandbox.private(kind, None);
        let url = match kind {
            BackendKind::Sqlite => format!("sqlite://{}", sandbox.path("mine.db").display()),
            BackendKind::Postgresql | BackendKind::Mysql => host.url().to_owned(),
        };
        let theirs = given(kind, &url);
        let opened = sandbox.open(&theirs, Some(&dataset(30))).unwrap();
        assert_eq!(opened.url(), url);
        assert!(opened.verify().unwrap().unwrap().is_whole());
        opened.close().unwrap();
        sandbox.told();

        sandbox.open(&theirs, Some(&dataset(30))).unwrap();
        assert!(sandbox.told().contains("30 rows, cached"));
        // A table of ours that nobody changed gives way to another dataset.
        let opened = sandbox.open(&theirs, Some(&dataset(40))).unwrap();
        assert!(opened.verify().unwrap().unwrap().is_whole());

        sandbox::execute(kind, &url, "UPDATE records_record SET number = 5 WHERE id = 7");
        for rows in [40, 50] {
            let blocked = sandbox.open(&theirs, Some(&dataset(rows))).err().unwrap();
            assert_eq!(blocked.outcome, Outcome::Unavailable);
            assert!(blocked.reason.contains("was changed since memgrid wrote it"), "{blocked}");
            assert!(blocked.help.is_some());
        }

        sandbox::execute(kind, &url, "DROP TABLE records_record");
        sandbox::execute(kind, &url, "DELETE FROM memgrid_dataset");
        sandbox::execute(kind, &url, "CREATE TABLE records_record (mine integer)");
        let blocked = sandbox.open(&theirs, Some(&dataset(30))).err().unwrap();
        assert!(blocked.reason.contains("memgrid did not make it"), "{blocked}");
        sandbox::execute(kind, &url, "INSERT INTO records_record (mine) VALUES (1)");
    }
}

#[test]
fn a_server_that_cannot_be_reached_makes_the_backend_unavailable() {
    let sandbox = Sandbox::new();
    for (kind, scheme) in [(BackendKind::Postgresql, "postgresql"), (BackendKind::Mysql, "mysql")] {
        // Port 1 of this machine: nobody listens there.
        let backend = given(kind, &format!("{scheme}://me:s3cret@127.0.0.1:1/db"));
        let blocked = sandbox.open(&backend, None).err().unwrap();
        assert_eq!(blocked.outcome, Outcome::Unavailable);
        assert!(blocked.reason.contains("can't be connected to"), "{blocked}");
        assert!(!format!("{blocked:?}{}", sandbox.told()).contains("s3cret"), "{blocked:?}");
    }
    let backend = given(BackendKind::Mysql, "$MEMGRID_TEST_NO_SUCH_VARIABLE");
    let blocked = sandbox.open(&backend, None).err().unwrap();
    assert!(blocked.reason.contains("MEMGRID_TEST_NO_SUCH_VARIABLE is not set"), "{blocked}");
}

#[test]
fn roots_postgresql_says_which_folder_is_closed_to_it() {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root || !servers().contains(&BackendKind::Postgresql) {
        return;
    }
    let sandbox = Sandbox::new();
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs_err::set_permissions(sandbox.folder.path(), closed).unwrap();
    let blocked = sandbox.open(&private(BackendKind::Postgresql), None).err().unwrap();
    let folder = sandbox.folder.path().display();
    assert!(blocked.reason.contains(&format!("can't enter {folder},")), "{blocked}");
    assert!(blocked.help.unwrap().contains("MEMGRID_CACHE"));
}

/// Another process of this test's binary, in which [`owner_process`] opens backends and tells of
/// it on stdout.
struct Owner {
    process: Child,
    told: Lines<BufReader<ChildStdout>>,
}

impl Owner {
    fn start(sandbox: &Sandbox, kinds: &[BackendKind], rows: u64) -> Self {
        let kinds: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["owner_process", "--exact", "--ignored", "--nocapture"])
            .env("MEMGRID_TEST_CACHE", sandbox.cache.root())
            .env("MEMGRID_TEST_KINDS", kinds.join(","))
            .env("MEMGRID_TEST_ROWS", rows.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, told }
    }

    fn wait_for(&mut self, word: &str) {
        assert!(self.tells(word), "it ended without {word:?}");
    }

    /// Whether it tells this before it ends.
    fn tells(&mut self, word: &str) -> bool {
        self.told.any(|line| line.unwrap().contains(word))
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Loud;

impl Observer for Loud {
    fn event(&self, event: Event) {
        let _ = writeln!(std::io::stdout().lock(), "{event:?}");
    }
}

#[test]
#[ignore = "the body of the process that other tests kill"]
fn owner_process() {
    let variable = |name: &str| std::env::var(format!("MEMGRID_TEST_{name}"));
    let Ok(root) = variable("CACHE") else { return };
    let dataset = dataset(variable("ROWS").unwrap().parse().unwrap());
    let (kinds, cache) = (variable("KINDS").unwrap(), Cache::at(root).unwrap());
    let named = |kind: &BackendKind| kinds.split(',').any(|name| name == kind.as_str());
    let opened: Vec<_> = installed()
        .into_iter()
        .filter(named)
        .map(|kind| {
            let request = Request {
                name: kind.as_str(),
                backend: &private(kind),
                dataset: Some(&dataset),
                cache: &cache,
                observer: &Loud,
                interrupt: &Interrupt::default(),
            };
            backend::open(&request).unwrap()
        })
        .collect();
    writeln!(std::io::stdout().lock(), "ready").unwrap();
    std::thread::sleep(Duration::from_secs(60));
    drop(opened);
}
