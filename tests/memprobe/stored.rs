//! What is drawn and exported from a measurement.

use super::*;

#[test]
fn the_plot_shows_the_peak_and_the_marks() {
    let folder = tempfile::tempdir().unwrap();
    let plotted = |options: &[&str], locale: &str| {
        let mut command = memprobe(folder.path(), options);
        command.arg(known()).args(["marks", "64"]).env("LC_ALL", locale).env("COLUMNS", "70");
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    let text = plotted(&["--plot", "always"], "C.UTF-8");
    assert!(text.contains("MiB   RSS") && text.contains("▲ start"), "{text}");
    assert!(text.contains("end") && text.contains("██"), "{text}");
    let text = plotted(&["--plot", "always"], "C");
    assert!(text.is_ascii() && text.contains("^ start") && text.contains("##"), "{text}");
    // stderr is a pipe.
    assert!(!plotted(&[], "C.UTF-8").contains("▲"));
    assert!(plotted(&["--quiet", "--plot", "always"], "C.UTF-8").is_empty());
}

#[test]
fn a_stored_file_is_plotted_also_without_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = memprobe(folder.path(), &[]);
    assert!(command.arg(known()).args(["marks", "64"]).status().unwrap().success());
    let path = folder.path().join("samples.jsonl");
    let plot = |path: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memprobe"));
        let output = command.arg("plot").arg(path).env("LC_ALL", "C").output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), output.stderr)
    };
    let (code, text, _) = plot(folder.path());
    assert!(code == Some(0) && text.contains("^ start") && text.contains("ok after"), "{text}");
    let content = fs::read(&path).unwrap();
    let two_thirds = &content[..content.len() * 2 / 3];
    let line = two_thirds.iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    fs::write(&path, &content[..line + 3]).unwrap();
    let (code, text, stderr) = plot(&path);
    assert!(code == Some(0) && text.contains("its end is missing"), "{text}");
    assert!(String::from_utf8(stderr).unwrap().contains("1 line can't be read"));
    fs::write(&path, "").unwrap();
    assert_eq!(plot(&path).0, Some(125));
}

#[test]
fn a_stored_file_is_exported_with_its_marks() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = memprobe(folder.path(), &[]);
    assert!(command.arg(known()).args(["marks", "30"]).status().unwrap().success());
    let file = SampleFile::open(&folder.path().join("samples.jsonl")).unwrap();
    let export = |options: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memprobe"));
        command.arg("export").arg(folder.path()).args(options).output().unwrap()
    };
    let output = export(&[]);
    let csv = String::from_utf8(output.stdout).unwrap();
    let mut lines = csv.lines();
    assert!(lines.next().unwrap().starts_with("t,rss,rss_peak,"), "{csv}");
    assert_eq!(lines.count(), file.len() + 2, "samples and marks: {csv}");
    assert!(csv.contains(",start\n") && csv.contains(",end\n"), "{csv}");
    let rss = file.column("rss").unwrap();
    assert!(csv.contains(&format!("\n{},{},", file.column("t").unwrap()[3], rss[3])), "{csv}");

    let path = folder.path().join("x.parquet");
    let output = export(&["--output", path.to_str().unwrap()]);
    if cfg!(feature = "parquet") {
        assert!(output.status.success() && fs::read(&path).unwrap().starts_with(b"PAR1"));
    } else {
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(125) && error.contains("--features parquet"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
    }
}

#[test]
fn an_export_never_replaces_the_samples() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = memprobe(folder.path(), &[]);
    assert!(command.arg(known()).args(["marks", "1"]).status().unwrap().success());
    let path = folder.path().join("samples.jsonl");
    let content = fs::read(&path).unwrap();
    std::os::unix::fs::symlink(&path, folder.path().join("link")).unwrap();
    for output in ["samples.jsonl", "link"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memprobe"));
        command.current_dir(folder.path()).args(["export", ".", "--output", output]);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(125) && said.contains("file to export"), "{said}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn what_cannot_be_printed_is_told() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memprobe"));
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = command.args(["plot", "--help"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("memprobe: stdout: No space left"), "{said}");
}

#[test]
fn several_files_are_plotted_for_a_width_that_is_none() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut plot = Command::new(env!("CARGO_BIN_EXE_memprobe"));
    plot.arg("plot").env("COLUMNS", "0").env("LC_ALL", "C");
    for folder in &folders {
        let mut command = memprobe(folder.path(), &[]);
        assert!(command.arg(known()).args(["marks", "15"]).status().unwrap().success());
        plot.arg(folder.path());
    }
    let output = plot.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for folder in &folders {
        assert!(text.contains(&format!("{}\n", folder.path().display())), "{text}");
    }
    assert_eq!(text.matches("^ start").count(), 2, "{text}");
    // The width that is usual, less a column at the end.
    assert!(text.lines().any(|line| line.len() == 79), "{text}");
}
