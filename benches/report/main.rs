//! What the index costs: `memgrid report` over 18, 180 and 1,800 cells with five attempts each of
//! 10,000 samples, as whole processes with a warm page cache. First with nothing but the runs'
//! folders; then with nothing changed, with one cell measured again, and with another template; and
//! for small matrices without the thinned curves too, as an older memgrid left its runs. And how
//! heavy the page is that opens first.
//!
//! `cargo bench --profile release --bench report -- [CELLS]…` asks some of the three scales only.

#![allow(clippy::print_stdout, clippy::unwrap_used, unreachable_pub, missing_docs)]

#[path = "../common/mod.rs"]
mod common;
mod folder;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use folder::{Project, Scale, THINNED, cell};
use memgrid::measurement::ProbeResult;
use nix::sys::resource::UsageWho;

/// What one process took, in milliseconds.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
}

fn main() {
    let quick = common::quick();
    let (repeats, samples) = if quick { (2, 200) } else { (5, 10_000) };
    let scale = |sides| Scale { sides, repeats, samples };
    let asked: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let mut scales = vec![scale((3, 3)), scale((10, 9)), scale((30, 30))];
    scales.retain(|scale| asked.is_empty() || asked.contains(&scale.cells()));
    if quick {
        scales.truncate(1);
    }
    for scale in scales {
        let times = if quick || scale.cells() > 1000 { 3 } else { 9 };
        measure(scale, times);
    }
}

fn measure(scale: Scale, times: usize) {
    let cells = scale.cells();
    println!("\n{cells} cells × {} attempts × {} samples", scale.repeats, scale.samples);
    let project = Project::new(scale);
    // The history has these runs as soon as `memgrid run` ends.
    common::time(project.memgrid().arg("history"));
    let report = || project.memgrid();
    let first: Vec<Cost> = (0..times.min(5))
        .map(|_| {
            put_pages_aside(&project.reports());
            time(report().arg("report"))
        })
        .collect();
    row("first", &first);
    let held = held(&project);
    println!("{:<44} {held:.0} MiB at most", "memory held by that");
    sizes(&project.reports(), cells);
    if cells < 1000 {
        put_pages_aside(&project.reports());
        forget_curves(&project.reports());
        row("first, every sample file read", &[time(report().arg("report"))]);
    }
    let same: Vec<Cost> = (0..times).map(|_| time(report().arg("report"))).collect();
    row("again, nothing changed", &same);
    let again: Vec<Cost> = (1..=times as u64)
        .map(|number| {
            project.measure(number, &[cells / 2]);
            common::time(project.memgrid().arg("history"));
            time(report().arg("report"))
        })
        .collect();
    row(&format!("after {} was measured again", cell(cells / 2, &scale).id), &again);
    let templates = tempfile::tempdir().unwrap();
    let own = include_str!("../../templates/base.html");
    let other: Vec<Cost> = (0..times.min(5))
        .map(|number| {
            let text = own.replace("</footer>", &format!("{number}</footer>"));
            std::fs::write(templates.path().join("base.html"), text).unwrap();
            time(report().arg("report").arg("--templates").arg(templates.path()))
        })
        .collect();
    row("with another template", &other);
}

/// Moves away what `memgrid report` made. Were it removed, the next rendering would pay for that:
/// ext4 steps over inodes that were freed a moment ago.
fn put_pages_aside(reports: &Path) {
    let aside = tempfile::tempdir_in(reports.parent().unwrap()).unwrap().keep();
    for entry in std::fs::read_dir(reports).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_kept = name == "runs" || name.contains("history.") && !name.ends_with("html");
        if !is_kept {
            std::fs::rename(&path, aside.join(name)).unwrap();
        }
    }
}

/// Removes what attempts keep of their samples.
fn forget_curves(reports: &Path) {
    for entry in walkdir::WalkDir::new(reports.join("runs")) {
        let entry = entry.unwrap();
        if entry.file_name() == THINNED {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
}

fn time(command: &mut Command) -> Cost {
    let used = || common::cpu_time(UsageWho::RUSAGE_CHILDREN) * 1e3;
    let (before, began) = (used(), Instant::now());
    common::time(command);
    Cost { wall: began.elapsed().as_secs_f64() * 1e3, cpu: used() - before }
}

fn row(label: &str, costs: &[Cost]) {
    common::row(label, "ms", &costs.iter().map(|cost| cost.wall).collect::<Vec<_>>());
    common::row("  its CPU time", "ms", &costs.iter().map(|cost| cost.cpu).collect::<Vec<_>>());
}

/// MiB that a first rendering holds at most, as memprobe sees it.
fn held(project: &Project) -> f64 {
    put_pages_aside(&project.reports());
    let result = project.reports().join("held.json");
    let memgrid = project.memgrid();
    let mut probe = Command::new(env!("CARGO_BIN_EXE_memprobe"));
    probe.current_dir(memgrid.get_current_dir().unwrap());
    for (name, value) in memgrid.get_envs() {
        probe.env(name, value.unwrap());
    }
    probe.arg("--json").arg(&result).arg("--").arg(memgrid.get_program()).arg("report");
    probe.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    common::time(&mut probe);
    let result: ProbeResult = serde_json::from_slice(&std::fs::read(&result).unwrap()).unwrap();
    result.metrics["peak_rss"].value.unwrap() / 1024.0 / 1024.0
}

fn sizes(reports: &Path, cells: usize) {
    let size = |path: &str| {
        std::fs::metadata(reports.join(path)).map_or(0, |file| file.len()) as f64 / 1024.0
    };
    let (page, style, script) =
        (size("index.html"), size("assets/report.css"), size("assets/report.js"));
    println!(
        "{:<44} {:.1} KiB: page {page:.1}, style {style:.1}, script {script:.1}; {:.2} KiB a cell",
        "what opens first",
        page + style + script,
        page / cells as f64
    );
    let (mut files, mut bytes) = (0_u64, 0);
    for entry in walkdir::WalkDir::new(reports) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() && !entry.path().starts_with(reports.join("runs")) {
            files += 1;
            bytes += entry.metadata().unwrap().len();
        }
    }
    println!("{:<44} {:.1} MiB in {files} files", "the whole index", bytes as f64 / 1048576.0);
}
