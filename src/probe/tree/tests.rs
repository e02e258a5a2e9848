use std::process::{Child, Command, Stdio};

use super::*;

fn sleeper() -> Child {
    // A shell with a child: two generations.
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 60 & echo ready; wait"]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    let out = child.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
    child
}

/// Other tests of this process may have children too; ours are known by their parents.
fn finds_both(mut tree: Tree) {
    let mut child = sleeper();
    let id = i32::try_from(child.id()).unwrap();
    tree.look(Duration::ZERO, Look::Everything);
    let reading = tree.take_reading();
    let grandchildren: Vec<i32> = tree
        .members
        .iter()
        .filter(|(_, process)| process.status.parent == id)
        .map(|(id, _)| id)
        .collect();
    assert!(tree.contains(id) && grandchildren.len() == 1);
    assert!(reading.rss > 0 && reading.rss <= reading.peak && reading.peak <= reading.ceiling);
    for id in [grandchildren[0], id] {
        let pid = Pid::from_raw(id).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
    }
    child.wait().unwrap();
    tree.look(Duration::ZERO, Look::Everything);
    tree.take_reading();
    assert!(!tree.contains(id), "what has ended is dropped");
}

/// Children are started by threads of the test; memprobe itself has but one.
fn tree() -> Tree {
    let mut tree = Tree::new(true, None);
    let list = "/proc/thread-self/children";
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    tree.own_children = rustix::fs::open(list, flags, Mode::empty()).ok();
    tree
}

#[test]
fn children_are_found_in_the_kernels_lists() {
    let tree = tree();
    if tree.kernel_lists_children() {
        finds_both(tree);
    } else {
        println!("skipped: this kernel has no /proc/PID/task/TID/children");
    }
}

#[test]
fn children_are_found_by_searching_everywhere() {
    finds_both(Tree { own_children: None, ..tree() });
}
