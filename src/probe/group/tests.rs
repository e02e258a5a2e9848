use std::process::{Child, Command};

use super::*;

/// A group of this test's own, if there can be one here.
fn group() -> Option<Group> {
    match Group::make() {
        Ok(group) => Some(group),
        Err(why) => {
            println!("skipped: no cgroup can be made here: {why}");
            None
        }
    }
}

fn sleeper_in(folder: &Path) -> Child {
    let child = Command::new("sleep").arg("60").spawn().unwrap();
    fs::write(folder.join(PROCS), child.id().to_string()).unwrap();
    child
}

/// One test, since a process can have but one group.
#[test]
fn a_group_lists_kills_and_goes() {
    let Some(group) = group() else { return };
    let within = group.folder.join("within");
    fs::create_dir_all(within.join("deeper")).unwrap();
    let mut children = [sleeper_in(&group.folder), sleeper_in(&within.join("deeper"))];
    let mut found = Vec::new();
    let mut buffer = vec![0; process::BUFFER];
    group.members(&mut buffer, &mut found);
    group.members_within(&mut buffer, &mut found);
    assert_eq!(found, children.each_ref().map(|child| i32::try_from(child.id()).unwrap()));
    assert!(!remove(&group.folder), "nothing that has processes is removed");
    group.kill();
    for child in &mut children {
        child.wait().unwrap();
    }
    assert!(group.cpu_time().is_some());
    let folder = group.folder.clone();
    drop(group);
    assert!(!folder.exists());
}

#[test]
fn a_limit_is_told_from_none() {
    let folder = tempfile::tempdir().unwrap();
    let limited = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        is_limited(&file)
    };
    assert!(limited("memory.max", "1073741824\n") && limited("cpu.max", "200000 100000\n"));
    assert!(!limited("memory.max", "max\n") && !limited("cpu.max", "max 100000\n"));
    assert!(!is_limited(&folder.path().join("none")), "without controllers");
}

#[test]
fn lost_groups_are_removed() {
    // Groups without processes are as other folders are.
    let parent = tempfile::tempdir().unwrap();
    let owner = Owner::ourselves().unwrap();
    let lost = owner.name().rsplit_once('-').unwrap().0.to_owned() + "-1";
    for name in [&lost, &owner.name(), "session"] {
        fs::create_dir_all(parent.path().join(name).join("within")).unwrap();
    }
    remove_lost(parent.path(), &owner);
    let exists = |name: &str| parent.path().join(name).exists();
    assert!(!exists(&lost) && exists(&owner.name()) && exists("session"));
}

#[test]
fn the_peak_is_the_kernels_or_there_is_a_reason() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("group");
    fs::create_dir(&folder).unwrap();
    let open = || OwnedFd::from(fs::File::open(&folder).unwrap());
    let group = Group { folder: folder.clone(), dir: open(), procs: open() };
    assert!(group.peak().unwrap_err().contains("not passed on"));
    let (current, peak) = (folder.join("memory.current"), folder.join("memory.peak"));
    fs::write(&current, "4096\n").unwrap();
    assert!(group.peak().unwrap_err().contains("keeps no maximum"));
    fs::write(&peak, "54525952\n").unwrap();
    assert_eq!(group.peak(), Ok(54_525_952));
    fs::write(&peak, "max\n").unwrap();
    assert_eq!(group.peak(), Err("memory.peak is no number"));
    [current, peak].iter().for_each(|file| fs::remove_file(file).unwrap());
    drop(group);
    assert!(!folder.exists());
}
