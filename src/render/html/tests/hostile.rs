//! Text of other people's that would like to be more than text.

use super::*;

/// Names, reasons, logs and patches that try to become markup, scripts, attributes or paths.
#[test]
fn hostile_text_stays_text() {
    let site = Site::new("hostile");
    let evil = [
        "<script>alert(1)</script>",
        "\" onmouseover=\"alert(1)",
        "' onload='alert(1)",
        "]]><svg onload=alert(1)>",
        "{{ root }}{% raw %}",
        "\u{202e}gnp.exe",
        "-->",
        "&lt;img src=x onerror=alert(1)&gt;",
    ];
    let long = "very-long-name-".repeat(16);
    let mut values: Vec<&str> = evil.to_vec();
    values.push(&long);
    let mut sample = Sample::new(
        &[("<b>axis</b>", &values), ("state", &["<i>old</i>", "<u>new</u>"])],
        Some(("state", "<i>old</i>")),
    );
    let evil_text = evil.join("\n");
    let manifest = &mut sample.runs[0].manifest;
    manifest.name = Some(evil_text.clone());
    manifest.run = "run<script>\"'".to_owned();
    manifest.arguments = evil.map(str::to_owned).to_vec();
    manifest.machine.cpu.clone_from(&evil_text);
    manifest.versions.insert("<script>".to_owned(), evil_text.clone());
    let mut state = manifest.states["patched"].clone();
    state.description = Some(evil_text.clone());
    let source = &mut state.sources["subject"];
    source.origin.clone_from(&evil_text);
    source.patches[0].subject.clone_from(&evil_text);
    source.patches[0].name.clone_from(&evil_text);
    manifest.states.insert("<u>new</u>".to_owned(), state);
    let mut sample = with_peaks(sample, some_peak);
    for curves in sample.curves.values_mut() {
        for curve in curves {
            curve.marks = evil
                .iter()
                .enumerate()
                .map(|(n, name)| (n as f64 / 10.0, (*name).to_owned()))
                .collect();
        }
    }
    let broken = format!("{}/<u>new</u>", evil[0]);
    sample.end(0, &broken, Outcome::Failed, &evil_text, Some(evil[0]));
    for attempt in sample.runs[0].cells.values_mut().flat_map(|cell| &mut cell.attempts) {
        attempt.command = evil.map(str::to_owned).to_vec();
        attempt.env.insert(evil[0].to_owned(), evil_text.clone());
        attempt.reason = Some(evil_text.clone());
        attempt.result.as_mut().unwrap().notes.push(evil_text.clone());
    }
    let log = |cell: &Cell| {
        (cell.id.clone(), Logs { attempt: 1, stdout: evil_text.clone(), stderr: evil_text.clone() })
    };
    let patch = format!(
        "From: {evil_text}\n\n{evil_text}\n--- a/{0}\n+++ b/{0}\n@@ -1 +1 @@\n-{0}\n+{0}\n",
        evil[0]
    );
    let patches = [(crate::fingerprint::sha256("5423-iterate.patch"), patch.into_bytes())].into();
    let logs = sample.cells.iter().map(log).collect();
    let material = Material {
        past: over_time::past(&evil_text),
        logs,
        patches,
        ..ranked::material(&sample, evil[0])
    };
    site.render(&sample, &material);

    let mut pages = 0;
    for entry in walkdir::WalkDir::new(&site.path) {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|extension| extension == "html") {
            pages += 1;
            check_tags(entry.path(), &std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    assert_eq!(pages, 3 + 18 + 1 + 1 + 1 + 1);
}

/// Every tag and attribute of a page is one that our templates write.
fn check_tags(path: &Path, page: &str) {
    const TAGS: &str = "!doctype html head meta title link body a header p h1 h2 h3 h4 main section nav div span table thead tbody tr th td ul ol li dl dt dd code pre article details summary strong em bdi wbr br svg g line rect text tspan path circle footer script noscript";
    const ATTRIBUTES: &str = "html lang charset http-equiv content name rel href download class id aria-labelledby aria-label aria-hidden role tabindex scope title viewBox preserveAspectRatio x y x1 x2 y1 y2 dx dy d cx cy r width height aria-current colspan hidden data-at data-axes data-baseline data-facet data-part data-verdict data-figures data-root data-plot data-controls data-filter data-sortable data-compare data-only data-value src";
    assert!(!page.contains('\u{202e}'), "{}", path.display());
    for tag in page.split('<').skip(1) {
        let (inside, _) =
            tag.split_once('>').unwrap_or_else(|| panic!("{}: <{tag}", path.display()));
        let inside = inside.trim_start_matches('/').trim_end_matches('/').trim();
        let name = inside.split_whitespace().next().unwrap_or_default();
        if name == "script" {
            assert!(
                [
                    "script",
                    r#"script src="assets/report.js""#,
                    r#"script src="../assets/report.js""#
                ]
                .contains(&inside),
                "{}: <{inside}>",
                path.display()
            );
        }
        assert!(TAGS.split(' ').any(|known| known == name), "{}: <{inside}>", path.display());
        let mut rest = inside[name.len()..].trim();
        while !rest.is_empty() {
            let Some((attribute, after)) = rest.split_once("=\"") else {
                assert!(rest == "html", "{}: {rest}", path.display());
                break;
            };
            assert!(
                ATTRIBUTES.split(' ').any(|known| known == attribute),
                "{}: {attribute}",
                path.display()
            );
            let (value, after) = after.split_once('"').unwrap();
            assert!(!value.trim_start().to_lowercase().starts_with("javascript:"), "{value}");
            rest = after.trim();
        }
    }
}
