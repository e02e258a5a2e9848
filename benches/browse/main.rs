//! What the index is like to browse, in a real Chromium: from when on the page that opens first
//! answers, how long the first crosshair, a filter and a jump take, and how even frames are while the
//! page is scrolled through. For 18 and for 1,800 cells with five attempts each of 10,000 samples.
//!
//! `cargo bench --profile release --bench browse -- [CELLS|INDEX]…` asks some of the scales only, or
//! an index that is there.

#![allow(clippy::print_stdout, clippy::unwrap_used, unreachable_pub, missing_docs)]

#[path = "../../tests/browser/chromium.rs"]
#[allow(dead_code, reason = "tests ask for more")]
mod chromium;
#[path = "../common/mod.rs"]
mod common;
#[path = "../report/folder.rs"]
#[allow(dead_code, reason = "the benchmark of rendering asks for more")]
mod folder;

use std::path::{Path, PathBuf};

use chromium::Page;
use folder::{Project, Scale};
use serde_json::Value;

/// Defines what is asked of a page, before its own scripts run.
const SCRIPT: &str = include_str!("browse.js");
/// A screen of a laptop, and one of a phone.
const SCREENS: [(&str, u32, u32); 2] = [("1280 × 900", 1280, 900), ("360 × 740", 360, 740)];

fn main() {
    let Some(program) = chromium::locate() else {
        println!("no Chromium is installed: `apt-get install chromium`");
        return;
    };
    let quick = common::quick();
    let (repeats, samples) = if quick { (2, 200) } else { (5, 10_000) };
    let times = if quick { 1 } else { 9 };
    let there: Vec<PathBuf> =
        std::env::args().filter(|word| word.ends_with(".html")).map(PathBuf::from).collect();
    for index in &there {
        println!("\n{}", index.display());
        on_screens(&program, &index.canonicalize().unwrap(), times);
    }
    let scale = |sides| Scale { sides, repeats, samples };
    let asked: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let mut scales = vec![scale((3, 3)), scale((30, 30))];
    let all = asked.is_empty() && there.is_empty();
    scales.retain(|scale| all || asked.contains(&scale.cells()));
    if quick {
        scales.truncate(1);
    }
    for scale in scales {
        println!("\n{} cells × {} attempts × {} samples", scale.cells(), repeats, samples);
        let project = Project::new(scale);
        common::time(project.memgrid().arg("report"));
        on_screens(&program, &project.reports().join("index.html"), times);
    }
}

fn on_screens(program: &Path, index: &Path, times: usize) {
    for (name, width, height) in SCREENS {
        println!("{name}");
        let mut page = Page::open(program, width, height);
        page.before_scripts(SCRIPT);
        measure(&mut page, index, times);
    }
}

fn measure(page: &mut Page, index: &Path, times: usize) {
    let ask = |page: &mut Page, what: &str| {
        page.go(index, "");
        page.value(&format!("browse.{what}()"))
    };
    let answers: Vec<Value> = (0..times).map(|_| ask(page, "opened")).collect();
    for (name, label) in
        [("parsed", "read, and all scripts run"), ("answers", "drawn, and answering")]
    {
        common::row(label, "ms", &each(&answers, name));
    }
    for (what, label) in [
        ("crosshair", "first crosshair, readings loaded"),
        ("next", "next crosshair"),
        ("filter", "table filtered by a word"),
        ("sort", "table sorted by the cells' ids"),
        ("end", "the page's end, three frames after the jump"),
    ] {
        let took: Vec<Value> = (0..times.min(5)).map(|_| ask(page, what)).collect();
        common::row(label, "ms", &each(&took, "ms"));
    }
    for (what, label) in [("scroll", "as opened"), ("scrollAwake", "with live charts")] {
        let frames = ask(page, what);
        for (part, name) in [("grid", "grid"), ("below", "what is below it")] {
            let frames = serde_json::from_value(frames[part].clone()).unwrap();
            told(&format!("frames, {name} scrolled {label}"), frames);
        }
    }
}

fn each(answers: &[Value], name: &str) -> Vec<f64> {
    answers.iter().map(|answer| answer[name].as_f64().unwrap()).collect()
}

/// How long frames were shown: one that took more than 1.5 of the screen's own is late.
fn told(label: &str, mut frames: Vec<f64>) {
    const SCREEN: f64 = 1000.0 / 60.0;
    if frames.is_empty() {
        return;
    }
    frames.sort_by(f64::total_cmp);
    let late = frames.iter().filter(|frame| **frame > 1.5 * SCREEN).count();
    let p95 = frames[(frames.len() * 95 / 100).min(frames.len() - 1)];
    println!(
        "{label:<50} median {:.1}, 95% within {p95:.1}, longest {:.1} ms; {late} of {} late",
        common::median(&frames),
        frames[frames.len() - 1],
        frames.len()
    );
}
