//! What axe-core, the accessibility checker, finds in a page.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::chromium::Page;
use crate::skip;

/// The package at npm's registry, and the SHA-256 of its archive.
const VERSION: &str = "4.10.3";
const SHA256: &str = "0f2b4d7dcdf7d1219df8d1959ad68e565f51d14c3f0d88bb71cd59abeb956292";
/// Before each try to download it: a registry may be out of reach for a moment.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(5)];

/// Neither serious nor critical findings, in light and dark.
pub fn finds_nothing_serious(page: &mut Page, files: &[&Path]) {
    let Some(axe) = script() else {
        skip::need("axe-core can't be had from npm's registry");
        return;
    };
    let axe = std::fs::read_to_string(axe).unwrap();
    for scheme in ["light", "dark"] {
        page.scheme(scheme);
        for file in files {
            page.go(file, "");
            page.value("memgrid.page.awake().then(() => 1)");
            page.value(&format!("{axe}; 1"));
            let found = page.value(
                "axe.run().then((result) => result.violations.filter((violation) => ['serious', 'critical'].includes(violation.impact)).map((violation) => [violation.id, violation.help, violation.nodes.slice(0, 3).map((node) => node.html)]))",
            );
            assert_eq!(found, serde_json::json!([]), "{} in {scheme}", file.display());
        }
    }
}

/// axe-core's script, downloaded once; `None` without a network.
fn script() -> Option<&'static Path> {
    static SCRIPT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = SCRIPT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("axe-core-{VERSION}"));
        let script = folder.join("package/axe.min.js");
        if script.exists() {
            return Some(script);
        }
        let mut failure = String::new();
        for pause in PAUSES {
            std::thread::sleep(pause);
            match download(&script) {
                Ok(()) => return Some(script),
                Err(why) => failure = why,
            }
        }
        skip::say(failure.trim());
        None
    });
    found.as_deref()
}

/// Puts it in its place only when it is whole, since other processes may look there meanwhile.
fn download(script: &Path) -> Result<(), String> {
    let unfinished = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    // Python is what every machine that runs the tests has.
    let program = format!(
        "import hashlib, io, tarfile, urllib.request\n\
         data = urllib.request.urlopen('https://registry.npmjs.org/axe-core/-/axe-core-{VERSION}.tgz', timeout=60).read()\n\
         assert hashlib.sha256(data).hexdigest() == '{SHA256}', 'another axe-core'\n\
         tarfile.open(fileobj=io.BytesIO(data)).extract('package/axe.min.js', '.')"
    );
    let mut python = Command::new("python3");
    let done = python.args(["-c", &program]).current_dir(unfinished.path()).output().unwrap();
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned());
    }
    std::fs::create_dir_all(script.parent().unwrap()).unwrap();
    std::fs::rename(unfinished.path().join("package/axe.min.js"), script).unwrap();
    Ok(())
}
