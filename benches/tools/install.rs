//! The tools from PyPI and Debian, in a folder of their own under `target`: nothing is installed
//! on the machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::tool::Tool;

/// Where the tools are.
#[derive(Debug)]
pub struct Installed {
    pub python: PathBuf,
    pub time: Option<PathBuf>,
    missing: Vec<&'static str>,
    bench: PathBuf,
}

impl Installed {
    /// Installs what is missing, and notes what can't be.
    ///
    /// # Panics
    /// When there is no Python with `venv`: then there is nothing to run.
    pub fn ensure() -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        // Beside what cargo gives benchmarks: `target/tmp`.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-tools");
        std::fs::create_dir_all(&folder).unwrap();
        let python = folder.join("venv/bin/python");
        if !works(Command::new(&python).arg("--version")) {
            let mut venv = Command::new("python3");
            venv.args(["-m", "venv", "--clear"]).arg(folder.join("venv"));
            assert!(works(&mut venv), "{venv:?} failed; `memgrid setup` installs what it needs");
        }
        let mut missing = Vec::new();
        // One by one: a package that can't be had keeps nobody else away.
        for (package, module) in
            [("memory-profiler", "memory_profiler"), ("psrecord", "psrecord"), ("memray", "memray")]
        {
            let has = || works(Command::new(&python).args(["-c", &format!("import {module}")]));
            let is_there = has() || install(&python, package) && has();
            if !is_there {
                missing.push(package);
            }
        }
        let time = find_time(&folder);
        Self { python, time, missing, bench: project.join("bench") }
    }

    /// Why `tool` can't be used; `None` if it can.
    pub fn lacks(&self, tool: Tool) -> Option<String> {
        let package = match tool {
            Tool::Memprobe | Tool::Tracemalloc => return None,
            Tool::Mprof => "memory-profiler",
            Tool::Psrecord => "psrecord",
            Tool::Memray | Tool::MemrayPython => "memray",
            Tool::Time if self.time.is_some() => return None,
            Tool::Time => {
                return Some("no /usr/bin/time, and no Debian package `time`".to_owned());
            }
        };
        let missing = self.missing.contains(&package);
        missing.then(|| format!("{package} can't be installed from PyPI"))
    }

    /// What is compared, with versions.
    pub fn versions(&self) -> String {
        let script = "import sys, importlib.metadata as m\n\
                      print('Python', sys.version.split()[0], end='')\n\
                      for name in ('memory-profiler', 'psrecord', 'memray', 'psutil'):\n    \
                      try: print(',', name, m.version(name), end='')\n    \
                      except m.PackageNotFoundError: pass";
        let output = Command::new(&self.python).args(["-c", script]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// A program that a package brought.
    pub fn beside_python(&self, name: &str) -> PathBuf {
        self.python.with_file_name(name)
    }

    /// A Python program of ours.
    pub fn script(&self, name: &str) -> PathBuf {
        self.bench.join(name)
    }
}

fn install(python: &Path, package: &str) -> bool {
    works(Command::new(python).args(["-m", "pip", "install", "--quiet", package]))
}

/// The machine's own, or Debian's unpacked into `folder`.
fn find_time(folder: &Path) -> Option<PathBuf> {
    let unpacked = folder.join("usr/bin/time");
    let has = |path: &Path| works(Command::new(path).arg("--version"));
    let own = PathBuf::from("/usr/bin/time");
    if has(&own) {
        return Some(own);
    }
    if !has(&unpacked) {
        let unpack = "rm -f time_*.deb && apt-get download time && dpkg -x time_*.deb .";
        works(Command::new("sh").args(["-c", unpack]).current_dir(folder));
    }
    has(&unpacked).then_some(unpacked)
}

fn works(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
