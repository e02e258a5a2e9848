//! The cache's promises, with threads and dead processes in the roles of other memgrids.

use std::sync::Mutex;

use super::*;
use crate::event::Silent;

fn cache() -> (tempfile::TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path().join("cache")).unwrap();
    (folder, cache)
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs_err::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[derive(Default)]
struct Noted(Mutex<Vec<Event>>);

impl Observer for Noted {
    fn event(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

#[test]
fn the_default_place_depends_on_who_asks() {
    let env = |pairs: &'static [(&str, &str)]| {
        move |name: &str| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        }
    };
    let all = env(&[("MEMGRID_CACHE", "/c"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]);
    assert_eq!(default_root(&all, true).unwrap(), Path::new("/c"));
    let some = env(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]);
    assert_eq!(default_root(&some, true).unwrap(), Path::new("/var/cache/memgrid"));
    assert_eq!(default_root(&some, false).unwrap(), Path::new("/x/memgrid"));
    let relative = env(&[("MEMGRID_CACHE", ""), ("XDG_CACHE_HOME", "x"), ("HOME", "/h")]);
    assert_eq!(default_root(&relative, false).unwrap(), Path::new("/h/.cache/memgrid"));
    assert!(default_root(&env(&[]), false).unwrap_err().hint_text().is_some());
}

#[test]
fn what_is_published_appears_whole_or_not_at_all() {
    let (_folder, cache) = cache();
    let things = cache.folder("things").unwrap();
    let target = things.join("thing");
    cache
        .publish::<Error>(&target, |path| {
            fs_err::create_dir(path)?;
            assert!(!target.exists());
            Ok(fs_err::write(path.join("file"), "content")?)
        })
        .unwrap();
    assert_eq!(fs_err::read_to_string(target.join("file")).unwrap(), "content");

    let failed = cache.publish::<Error>(&things.join("other"), |path| {
        fs_err::create_dir(path)?;
        Err(Error::usage("no luck"))
    });
    assert_eq!(failed.unwrap_err().to_string(), "no luck");
    assert_eq!(names(&things), ["thing"]);
}

#[test]
fn the_loser_of_a_race_uses_the_winners() {
    let (_folder, cache) = cache();
    let target = cache.folder("things").unwrap().join("thing");
    cache
        .publish::<Error>(&target, |slower| {
            cache.publish::<Error>(&target, |faster| Ok(fs_err::write(faster, "faster")?))?;
            Ok(fs_err::write(slower, "slower")?)
        })
        .unwrap();
    assert_eq!(fs_err::read_to_string(&target).unwrap(), "faster");
    assert_eq!(names(target.parent().unwrap()), ["thing"]);
    cache.discard(&target).unwrap();
    cache.discard(&target).unwrap();
    assert_eq!(names(target.parent().unwrap()), [""; 0]);
}

#[test]
fn only_the_dead_are_swept() {
    let (_folder, cache) = cache();
    let things = cache.folder("things").unwrap();
    let other = Cache::at(cache.root()).unwrap();
    // `other` is alive while it makes this, and we can't tell a second cache from a second process.
    other
        .publish::<Error>(&things.join("alive"), |path| {
            fs_err::create_dir(path)?;
            assert_eq!(cache.sweep("things").unwrap(), 0);
            assert!(path.exists());
            Ok(())
        })
        .unwrap();
    let left = other.unfinished(&things.join("left")).unwrap();
    fs_err::create_dir_all(left.join("deep")).unwrap();
    drop(other);
    // A killed process does not even remove its file; the kernel releases the lock.
    fs_err::write(cache.folder("processes").unwrap().join("0123456789ab"), "").unwrap();
    fs_err::write(things.join(".unfinished-0123456789ab-0-file"), "").unwrap();
    assert_eq!(cache.sweep("things").unwrap(), 2);
    assert_eq!(names(&things), ["alive"]);
    assert_eq!(names(&cache.folder("processes").unwrap()), [""; 0]);
}

#[test]
fn a_lock_is_waited_for_and_says_so() {
    let (_folder, cache) = cache();
    let interrupt = Interrupt::default();
    let held = cache.lock("thing", &Silent, &interrupt).unwrap();
    let noted = Noted::default();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| cache.lock("thing", &noted, &interrupt).map(drop));
        while noted.0.lock().unwrap().is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(held);
        waiting.join().unwrap().unwrap();
    });
    let text = "waiting for another memgrid that is at work on thing".to_owned();
    assert_eq!(noted.0.into_inner().unwrap(), [Event::Notice { text }]);
}

#[test]
fn waiting_ends_with_an_interrupt() {
    let (_folder, cache) = cache();
    let interrupt = Interrupt::default();
    let _held = cache.lock("thing", &Silent, &interrupt).unwrap();
    interrupt.raise();
    let error = cache.lock("thing", &Silent, &interrupt).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
}
