//! A patch can't write outside its tree.

use super::{Place, fails, files, gives};

fn create(path: &str) -> String {
    format!("--- /dev/null\n+++ {path}\n@@ -0,0 +1 @@\n+gotcha\n")
}

fn create_by_git(path: &str) -> String {
    format!(
        "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+gotcha\n"
    )
}

#[test]
fn paths_out_of_the_tree() {
    for path in ["../x", "a/../../x", "lib/../../x", "b/../x"] {
        fails(&[("lib/y", "")], &create(path), "a path with `..`");
        fails(&[("lib/y", "")], &create_by_git(path), "a path with `..`");
    }
    for path in ["/etc/cron.d/x", "//etc/x"] {
        fails(&[("lib/y", "")], &create(path), "an absolute path");
    }
    // A doubled slash is no root: git takes it for one slash, and so do we.
    gives(
        &[],
        &create_by_git("/etc/x"),
        &[(
            "etc/x", "gotcha
",
        )],
    );
    for path in [".git/config", "b/.git/hooks/pre-commit", "lib/.GIT/x"] {
        fails(&[("lib/y", "")], &create(path), "git's own folder");
    }
    let rename = "diff --git a/y b/y\nsimilarity index 100%\nrename from y\nrename to ../y\n";
    fails(&[("y", "")], rename, "a path with `..`");
    let quoted =
        "diff --git \"a/y\" \"b/y\"\nsimilarity index 100%\nrename from y\nrename to \"/tmp/y\"\n";
    fails(&[("y", "")], quoted, "an absolute path");
    fails(&[("y", "")], "--- a/y\n+++ ../../y\n@@ -0,0 +1 @@\n+x\n", "a path with `..`");
}

#[test]
fn through_symbolic_links() {
    let tree = [("120000 link", "/etc"), ("real/x", "")];
    fails(&tree, &create("b/link/x"), "link is a symbolic link, not a folder");
    fails(&tree, &create_by_git("link/deep/x"), "link is a symbolic link, not a folder");
    // Made by the same patch.
    let link = "diff --git a/new b/new\nnew file mode 120000\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+real\n\\ No newline at end of file\n";
    fails(
        &tree,
        &format!("{link}{}", create_by_git("new/x")),
        "new is a symbolic link, not a folder",
    );
    for target in ["/etc", "../outside", "real/../../x"] {
        fails(&tree, &link.replace("+real", &format!("+{target}")), "leads out of its tree");
    }
    // One that is there already may not be turned around either.
    let turn = "diff --git a/inner b/inner\nindex 11..22 120000\n--- a/inner\n+++ b/inner\n@@ -1 +1 @@\n-real\n\\ No newline at end of file\n+../x\n\\ No newline at end of file\n";
    fails(&[("120000 inner", "real"), ("real/x", "")], turn, "leads out of its tree");
}

#[test]
fn what_is_in_the_way() {
    fails(&[("lib/x", "")], &create_by_git("lib"), "a folder, not a file");
    fails(&[("lib", "")], &create_by_git("lib/x"), "lib is a file, not a folder");
    fails(&[("lib/x", "")], "--- a/lib\n+++ b/lib\n@@ -1 +1 @@\n-a\n+b\n", "lib");
    let rename = "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n";
    fails(&[("x", "1"), ("y", "2")], rename, "y is in the tree already");
}

#[test]
fn what_no_patch_can_say() {
    let withheld = "Binary files a/x.png and b/x.png differ\n";
    let said = "x.png: a binary file, whose content the patch does not hold";
    fails(&[("x.png", "")], withheld, said);
    fails(
        &[("x.png", "")],
        &format!("diff --git a/x.png b/x.png\nindex 11..22 100644\n{withheld}"),
        said,
    );
    let module = "diff --git a/m b/m\nnew file mode 160000\n--- /dev/null\n+++ b/m\n@@ -0,0 +1 @@\n+Subproject commit 0123\n";
    fails(&[], module, "m: a submodule");
    let device = "diff --git a/m b/m\nnew file mode 020666\nindex 00..11\n";
    fails(&[], device, "not a file mode that git knows");
}

/// Whatever is refused, the object database is all that was ever written to.
#[test]
fn a_failed_patch_leaves_no_tree() {
    let place = Place::new();
    let before = files(&[("x", "one\n")]);
    let half = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-one\n+two\n--- a/gone\n+++ b/gone\n@@ -1 +1 @@\n-one\n+two\n";
    assert!(place.apply(&before, half.as_bytes()).is_err());
    let tree = place.tree(&before).id();
    assert_eq!(place.files(tree), before);
    gives(&[("x", "one\n")], &half[..half.find("--- a/gone").unwrap()], &[("x", "two\n")]);
}
