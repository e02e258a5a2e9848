//! Names, marks, figures, logs, patches and messages that try to become markup, scripts, links or
//! a terminal's commands, through whole runs: what memgrid writes of them, and what a browser makes
//! of that.

use std::path::{Path, PathBuf};

use comrak::{Options, markdown_to_html};
use serde_json::json;

use crate::chromium::{self, Page};
use crate::common::{TestEnvironment, commit, git};
use crate::{axe, skip};

/// Values of an axis, and so names of folders.
const VALUES: [&str; 7] = [
    "<script>alert(1)<script>",
    "\"><img src=x onerror=alert(1)>",
    "]]><!--",
    "javascript:alert(1)",
    "a'&amp;{{ root }}{% raw %}#%2e?x=~",
    "\u{5d0}\u{5d1}\u{5d2} \u{645}\u{644}\u{641}",
    "very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long-very-long",
];

/// What has no need to be a file's name.
const TEXTS: [&str; 7] = [
    "</script><script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "]]></system-out><failure/>",
    "[x](javascript:alert(1)) ![](http://example.org/x.png) @everyone",
    "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m",
    "::add-mask::x",
    "\u{202e}\u{2066}elbadaer",
];

const STATE: &str = "<b onmouseover=alert(1)>new";
const BROKEN: &str = "<td><table>broken";
const RUN: &str = "<script>alert(2)<script>";

/// A change of a line that has all colours; what is hostile is added to it.
const DIFF: &str = "--- a/x.py
+++ b/x.py
@@ -1,2 +1,9 @@
 <b>one</b>
-for x in 'rows': x = 1
+for x in 'columns': x = 12 # of <i>all</i>
";

const WORKLOAD: &str = r#"
import json, os, sys, time
texts = json.load(open(os.environ["TEXTS"]))
out = os.fdopen(int(os.environ["MEMPROBE_FD"]), "w", buffering=1)
kept = []
for number, text in enumerate(texts):
    print("mark", text, file=out)
    print("metric", "m%d<img/src=x>" % number, number, "<u>/s", file=out)
    print(text)
    print(text, file=sys.stderr)
    print("progress", number, file=out)
    kept.append(bytearray(500_000))
    time.sleep(0.01)
if sys.argv[1].startswith("]]>"):
    sys.exit(texts[0])
"#;

#[test]
fn hostile_texts_stay_texts() {
    let environment = project();
    let formats = ["table", "markdown", "json", "junit", "github"];
    for format in formats {
        let arguments = ["run", "--format", format, "--name", RUN];
        let finished = environment.run(&arguments[..if format == "json" { 5 } else { 3 }]).exits(5);
        check(format, &finished.stdout);
        is_harmless(&finished.stderr);
    }
    for format in formats {
        let finished = environment.run(&["compare", "latest~1", "latest", "--format", format]);
        check(format, &finished.stdout);
        is_harmless(&finished.stderr);
    }
    is_harmless(&environment.run(&["history"]).exits(0).stdout);
    let cell = format!("{}/plain", VALUES[0]);
    is_harmless(&environment.run(&["history", "trend", &cell]).exits(0).stdout);

    let Some(program) = chromium::locate() else {
        skip::need("no Chromium is installed");
        return;
    };
    let mut page = Page::open(&program, 1280, 900);
    let pages = pages(&environment.path().join("reports"));
    assert!(pages.len() > 3 + 2 * VALUES.len(), "{pages:?}");
    for file in &pages {
        look_at(&mut page, file);
    }
    let is_state = |file: &&PathBuf| file.parent().unwrap().ends_with("states");
    let states: Vec<_> = pages.iter().filter(is_state).map(PathBuf::as_path).collect();
    assert_eq!(states.len(), 3);
    let has_colours = |file: &&Path| {
        page.go(file, "");
        page.value("document.querySelector('.diff .add .keyword') !== null") == true
    };
    assert_eq!(states.iter().copied().filter(has_colours).count(), 1);
    axe::finds_nothing_serious(&mut page, &states);
}

/// A subject with one commit, two states with patches, of which one does not apply, and cells of
/// all values.
fn project() -> TestEnvironment {
    let states = ["plain", STATE, BROKEN];
    let quoted = |text: &str| json!(text).to_string();
    let list = |texts: &[&str]| texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(",");
    let patch = "<img src=x onerror=alert(1)>.patch";
    let matrix = format!(
        "[matrix]\nhow = [{}]\nstate = [{}]\n[subject]\ngit = \"./subject\"\nrev = \"main\"\n\
         [state.{}]\ndescription = {}\npatches = [{}]\n[state.{}]\npatches = [\"broken.patch\"]\n\
         [state.plain]\ndescription = {}\n\
         [workload]\ncommand = [\"python3\", \"./work.py\", \"{{how}}\"]\n\
         env = {{ TEXTS = \"{{root}}/texts.json\", TREE = \"{{subject}}\", EVIL = {} }}\n",
        list(&VALUES),
        list(&states),
        quoted(STATE),
        quoted(&TEXTS.join("\n")),
        quoted(patch),
        quoted(BROKEN),
        quoted(TEXTS[0]),
        quoted(TEXTS[1]),
    );
    let environment = TestEnvironment::new(&matrix);
    environment.write("work.py", WORKLOAD);
    environment.write("texts.json", &json!(TEXTS).to_string());
    let body = TEXTS.map(|text| format!("+{text}\n")).concat();
    let head = format!("From: {0} <a@example.org>\nDate: {0}\nSubject: {0}\n\n", TEXTS[1]);
    let message = TEXTS.join("\n");
    environment.write(patch, &format!("{head}{message}\n---\n{DIFF}{body}"));
    environment.write(
        "broken.patch",
        &format!(
            "{head}--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@ <svg onload=alert(1)>\n-{0}\n+{0}\n",
            TEXTS[0]
        ),
    );
    let subject = environment.path().join("subject");
    environment.write("subject/x.py", "<b>one</b>\nfor x in 'rows': x = 1\n");
    git(&subject, &["init", "--quiet", "-b", "main"]);
    commit(&subject, TEXTS[0]);
    environment
}

/// What a program reads is what it is said to be, and nothing in it acts.
#[track_caller]
fn check(format: &str, text: &str) {
    is_harmless(text);
    match format {
        "json" => {
            serde_json::from_str::<serde_json::Value>(text).unwrap();
        }
        "junit" => {
            let report = roxmltree::Document::parse(text).unwrap();
            assert_eq!(report.root_element().tag_name().name(), "testsuites");
            let smuggled = report.descendants().any(|node| {
                node.has_tag_name("failure")
                    && node.parent().is_none_or(|up| !up.has_tag_name("testcase"))
            });
            assert!(!smuggled);
        }
        "markdown" => {
            let mut options = Options::default();
            options.extension.table = true;
            options.render.r#unsafe = true;
            let html = markdown_to_html(text, &options).to_lowercase();
            for markup in ["<script", "<img", "<svg", "href=\"javascript", "<b onmouse"] {
                assert!(!html.contains(markup), "{markup}: {html}");
            }
        }
        "github" => assert!(!text.lines().any(|line| line.starts_with("::add-mask")), "{text}"),
        _ => {}
    }
}

/// Neither a terminal's commands nor turns of the writing's direction.
#[track_caller]
fn is_harmless(text: &str) {
    let acts = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let found: Vec<_> = text.lines().filter(|line| line.contains(acts)).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// All pages below the reports folder.
fn pages(reports: &Path) -> Vec<PathBuf> {
    let folders = ["", "cells", "states", "trends", "past", "rankings"];
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(reports.join(folder)).ok());
    let files = entries.flatten().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|end| end == "html")).collect()
}

fn look_at(page: &mut Page, file: &Path) {
    page.go(file, "");
    page.value("memgrid.page.awake().then(() => 1)");
    let name = file.display();
    assert_eq!(page.complaints, Vec::<String>::new(), "{name}");
    let foreign = "document.querySelectorAll('img, iframe, object, embed, script:not([src]), [onload], [onerror], [onmouseover]').length";
    assert_eq!(page.value(foreign), 0, "{name}");
    let loaded = page.value("performance.getEntriesByType('resource').map((entry) => entry.name).filter((url) => !/^(data:|file:.*\\/assets\\/(report\\.(css|js)|extents\\.js|series\\/[^\\/]+\\.js|figures\\/[^\\/]+\\.js)$)/.test(url))");
    assert_eq!(loaded, json!([]), "{name}");
    let wide = page.value("document.documentElement.scrollWidth").as_u64().unwrap();
    assert!(wide <= 1280, "{name}: {wide}");
    // A link leads to a file that is there.
    let links = page.value("[...document.querySelectorAll('a[href]')].filter((a) => a.getAttribute('href')[0] !== '#').map((a) => [a.protocol, decodeURIComponent(a.pathname), a.outerHTML])");
    for link in links.as_array().unwrap() {
        assert_eq!(link[0], "file:", "{name}: {link}");
        assert!(Path::new(link[1].as_str().unwrap()).exists(), "{name}: {link}");
    }
}
