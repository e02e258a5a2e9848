//! The page that says which patch did it.

use super::*;
use crate::analyse::attribution::sample::SeriesSample;

fn site_of(sample: &SeriesSample, name: &str) -> Site {
    let site = Site::new(name);
    let plain = Sample::default_matrix();
    let material = Material { attribution: Some(sample.attribute()), ..material(&plain) };
    site.render(&plain, &material);
    site
}

#[test]
fn each_patch_has_its_figure_in_every_group_and_the_index_leads_there() {
    let site = site_of(&SeriesSample::default_matrix(), "attribution");
    let page = site.read("attribution.html");
    assert_eq!(
        page.matches("<svg class=\"effect-bar\"").count(),
        2 * 9 * 4,
        "one metric each for RSS and heap"
    );
    assert!(page.contains("helps in 3 of 9: backend mysql"));
    assert!(page.contains("5423 and 16614 help only together"));
    let index = site.read("index.html");
    assert!(index.contains("href=\"attribution.html\""));
    assert!(index.contains("helps in 3 of 9: format yaml"));
}

#[test]
fn without_a_series_there_is_no_page_and_an_old_one_goes() {
    let site = site_of(&SeriesSample::default_matrix(), "attribution-gone");
    let plain = Sample::default_matrix();
    site.render(&plain, &material(&plain));
    assert!(!site.path.join("attribution.html").exists());
    assert!(!site.read("index.html").contains("attribution.html"));
}

#[test]
fn hostile_names_stay_text() {
    let mut sample = SeriesSample::default_matrix();
    let evil = "<script>alert(1)</script>";
    evil.clone_into(&mut sample.run.manifest.series["patched"].patches[0].label);
    let reason = format!("{evil}.patch: hunk 1");
    sample.end("mysql/xml/patched-without-yaml", Outcome::PatchFailed, &reason);
    let site = site_of(&sample, "attribution-hostile");
    for page in ["attribution.html", "index.html"] {
        assert!(!site.read(page).contains("<script>alert"), "{page}");
    }
    assert!(site.read("attribution.html").contains("&lt;script&gt;alert(1)"));
}
