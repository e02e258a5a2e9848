//! Gives memprobe's sources a fingerprint, so that memgrid can tell whether the memprobe that it
//! finds was built from the same ones; and compiles the library that memprobe loads into what it
//! measures, which memprobe carries in itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

const SOURCES: [&str; 4] = ["src/bin/memprobe.rs", "src/measurement", "src/probe", "preload/src"];
/// The machines whose system calls and structures the library knows.
const KNOWN: [&str; 2] = ["x86_64", "aarch64"];

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
        collect(Path::new(source), &mut files)?;
    }
    files.sort();
    let mut hash = Fnv::new();
    hash.add(env::var("CARGO_PKG_VERSION").unwrap_or_default().as_bytes());
    for file in files {
        hash.add(file.to_string_lossy().as_bytes());
        hash.add(&fs::read(file)?);
    }
    println!("cargo::rustc-env=MEMPROBE_BUILD={:08x}", (hash.0 >> 32) as u32 ^ hash.0 as u32);
    build_library()
}

/// Compiles `preload/` with rustc alone. Cargo can't embed one package's library into another's
/// program; and this one is small, optimised in every profile, and needs no standard library.
fn build_library() -> io::Result<()> {
    let variable = |name| env::var(name).unwrap_or_default();
    let library = Path::new(&variable("OUT_DIR")).join("libmemgrid_preload.so");
    let is_known = variable("CARGO_CFG_TARGET_OS") == "linux"
        && variable("CARGO_CFG_TARGET_ENV") == "gnu"
        && KNOWN.contains(&variable("CARGO_CFG_TARGET_ARCH").as_str());
    if !is_known {
        // memprobe says why it can't count.
        return fs::write(library, []);
    }
    let mut rustc = Command::new(variable("RUSTC"));
    rustc.args(["--crate-name", "memgrid_preload", "--crate-type", "cdylib", "--edition", "2024"]);
    rustc.args(["--cfg", "embedded", "--cap-lints", "allow", "--target", &variable("TARGET")]);
    rustc.args(["-Copt-level=3", "-Cpanic=abort", "-Cstrip=symbols", "-Ccodegen-units=1"]);
    // Its own functions are its own, whatever a program defines under their names.
    rustc.arg("-Clink-arg=-Wl,-Bsymbolic-functions");
    // It looks for a sanitizer before anything else begins.
    rustc.arg("-Clink-arg=-Wl,-z,initfirst");
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    let status = rustc.arg("-o").arg(&library).arg("preload/src/lib.rs").status()?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other("the counting library in preload/ could not be compiled"))
}
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}

/// FNV-1a with 64 bits: enough to tell two builds apart, and no build dependency.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
