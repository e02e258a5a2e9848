//! What a server holds for the workload: the known program is the server, a shell the workload.

use std::io::{BufRead as _, BufReader};
use std::process::Child;

use memgrid::measurement::Scope;

use super::*;

/// A server that is told by a line in a named pipe to take more memory.
struct Server {
    child: Child,
    folder: tempfile::TempDir,
}

impl Server {
    /// It has taken its memory from before when this returns.
    fn start(arguments: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Open for both, so that neither side waits for the other.
        let stdin = fs::File::options().read(true).write(true).open(&pipe).unwrap();
        let mut command = Command::new(known());
        command.current_dir(&folder);
        command.arg("serve").args(arguments.split(' ')).stdin(stdin).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self { child, folder }
    }

    /// A workload that names this server, and then makes it take more memory, for as long as that
    /// takes.
    fn serve(&self, name: &str) -> Probed {
        let (id, folder) = (self.child.id(), self.folder.path().display());
        let script = format!(
            "echo server pid {id} {name} >&$MEMPROBE_FD; sleep 0.2; echo > {folder}/pipe
            until [ -e {folder}/taken ]; do sleep 0.01; done; sleep 0.4"
        );
        probed::probe(&["--timeout", "60s"], &["sh", "-c", &script])
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn say(line: &str) -> Probed {
    probed::probe(&[], &["sh", "-c", &format!("echo '{line}' >&$MEMPROBE_FD; sleep 0.05")])
}

fn why_not(probed: &Probed) -> &str {
    let metric = &probed.result.metrics["peak_server"];
    assert_eq!((metric.value, metric.scope), (None, Scope::Server), "{metric:?}");
    metric.unavailable.as_deref().unwrap()
}

#[test]
fn a_server_holds_what_it_took_since_it_was_named_without_shared_memory() {
    let probed = Server::start("40 60 0 30").serve("known");
    assert_near(probed.mib("peak_server"), 60.0, 0.6);
    let metric = &probed.result.metrics["peak_server"];
    assert_eq!((metric.scope, metric.precision), (Scope::Server, Precision::Sampled));
    assert!(probed.mib("peak_rss") < 20.0, "the server is not in the tree");
    let file = probed.samples();
    let held: Vec<f64> = file.points("server_anon").map(|(_, bytes)| bytes / MIB).collect();
    let missed = probed.result.sampling.unwrap().missed;
    assert!(held.len() as u64 + missed > 30 && held[0] < 0.5, "{missed} {held:?}");
    assert_near(held[held.len() - 1], 60.0, 0.6);
    assert!(probed.stderr.contains("peak server"), "{}", probed.stderr);
}

#[test]
fn a_servers_peak_does_not_fall_between_two_samples() {
    let probed = Server::start("10 1 80 0").serve("known");
    assert_near(probed.mib("peak_server"), 80.0, 0.8);
    let file = probed.samples();
    let highest = file.points("server_peak").map(|(_, bytes)| bytes / MIB).fold(0.0, f64::max);
    assert_near(highest, probed.mib("peak_server"), 0.01);
}

#[test]
fn a_server_that_is_not_there_or_another_is_unavailable_with_the_reason() {
    let server = Server::start("1 1 0 0");
    let probed = server.serve("postgres");
    assert!(why_not(&probed).contains("it is known, not postgres"), "{}", why_not(&probed));
    let probed = say("server pid 2147483647");
    assert!(why_not(&probed).contains("can't be seen from here"), "{}", why_not(&probed));
    let probed = say("server unavailable it is on another machine");
    assert_eq!(why_not(&probed), "it is on another machine");
    let child = "sleep 1 & echo server pid $! >&$MEMPROBE_FD; sleep 0.1; kill $!";
    let probed = probed::probe(&[], &["sh", "-c", child]);
    assert!(why_not(&probed).contains("descends from the command"), "{}", why_not(&probed));
}

#[test]
fn a_servers_own_account_is_a_figure_and_without_a_server_there_is_none() {
    let probed = say("server memory 123456 B");
    let metric = &probed.result.metrics["peak_server"];
    assert_eq!((metric.value, metric.precision), (Some(123_456.0), Precision::Exact));
    assert_eq!(metric.scope, Scope::Server);
    let probed = say("mark alone");
    assert!(!probed.result.metrics.contains_key("peak_server"));
    assert_eq!(probed.samples().points("server_anon").count(), 0);
}
