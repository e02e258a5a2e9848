//! Rankings for a pull request's comment or a job's summary.

use super::wording;
use crate::analyse::ranking::{Group, Ranking};
use crate::render::markdown::{self, Bounded, bullets, name, sentence, table_row};

pub(super) fn render(rankings: &[Ranking]) -> String {
    let mut text = Bounded::new(markdown::LIMIT);
    sections(&mut text, rankings);
    text.finish(markdown::left_out)
}

/// Adds a table for each group.
pub(in crate::render) fn sections(text: &mut Bounded, rankings: &[Ranking]) {
    for ranking in rankings {
        text.section("", &[format!("\n### {}\n", sentence(&wording::title(ranking)))], "");
        for group in &ranking.groups {
            let shared = wording::group_title(group);
            let shared = shared.map(|shared| format!("\n{}\n", sentence(&shared)));
            let head = shared.unwrap_or_default() + "\n" + &head(ranking, group);
            text.section(&head, &rows(group), "");
            let notes = wording::ties(group).into_iter();
            let notes = notes.chain(wording::answers(group).map(str::to_owned));
            text.section("\n", &bullets(notes.map(|note| sentence(&note))), "");
        }
    }
}

fn head(ranking: &Ranking, group: &Group) -> String {
    let axis = sentence(&ranking.axis);
    let titles = ["rank", &axis, &wording::figure_title(group), "mean", "std. dev.", "of the best"];
    let lines = ["--:", "---", "--:", "--:", "--:", "--:"];
    table_row(&titles.map(str::to_owned)) + &table_row(&lines.map(str::to_owned))
}

fn rows(group: &Group) -> Vec<String> {
    let ranked = wording::rows(group).into_iter().map(|row| {
        let figures = [row.median, row.mean, row.deviation, row.of_best].map(|it| sentence(&it));
        table_row(&[vec![row.rank, name(&row.value)], figures.to_vec()].concat())
    });
    let unranked = group.unranked.iter().map(|it| {
        let reason = sentence(&wording::unranked_reason(it));
        table_row(&[
            "–".to_owned(),
            name(&it.value),
            reason,
            String::new(),
            String::new(),
            String::new(),
        ])
    });
    ranked.chain(unranked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::ranking::sample::ranking;

    #[test]
    fn it_reads_well() {
        insta::assert_snapshot!(render(&[ranking()]));
    }
}
