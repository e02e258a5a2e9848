//! Rankings in pages.

use super::*;
use crate::analyse::ranking::{RankInput, rank, sample as four};
use crate::measurement::Directions;

/// With the values of `axis` ranked by memory.
pub(super) fn material(sample: &Sample, axis: &str) -> Material {
    let ranking = rank(&RankInput {
        summary: &sample.summary(),
        axis,
        metric: "peak_rss",
        directions: &Directions::default(),
        same_output: true,
        noise: None,
    });
    let rankings = vec![ranking.unwrap()];
    Material { featured: rankings.clone(), rankings, ..Material::default() }
}

#[test]
fn any_axis_can_be_looked_at_as_competitors() {
    let site = Site::new("ranked");
    let sample = Sample::default_matrix();
    let mut shown = material(&sample, "state");
    shown.rankings.extend(material(&sample, "backend").rankings);
    site.render(&sample, &shown);
    let index = site.read("index.html");
    assert!(index.contains("rankings/backend-peak_rss.html"));
    assert!(index.contains("state, by peak RSS (less is better)"));
    let page = site.read("rankings/state-peak_rss.html");
    assert!(page.contains("href=\"../cells/sqlite-json-patched.html\""));
    assert!(page.contains("href=\"../rankings/backend-peak_rss.html\""));
    // 121 MiB against 51.6.
    assert!(page.contains("234%") && page.contains("width=\"42.6\""), "{page}");
}

#[test]
fn ties_and_failures_say_why_and_many_competitors_have_a_page_of_their_own() {
    let site = Site::new("ties");
    let sample = Sample::default_matrix();
    let mut ranking = four::ranking();
    let rankings = vec![ranking.clone()];
    for _ in 0..5 {
        ranking.groups.extend(ranking.groups.clone());
    }
    let featured = vec![ranking];
    site.render(&sample, &Material { rankings, featured, ..Material::default() });
    let page = site.read("rankings/method-wall_time.html");
    assert!(page.contains("no difference that can be told between set and list and dict"));
    assert!(page.contains("not ranked: failed: exit status 1: ␛[31mboom"));
    let index = site.read("index.html");
    assert!(index.contains("128 competitors stand on") && !index.contains("set and list"));
}
