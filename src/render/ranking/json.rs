//! Rankings for programs: `docs/output.md` describes the document.

use serde::Serialize;

use crate::analyse::ranking::{Ranking, SCHEMA};
use crate::error::{Error, Result};
use crate::render::document;

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: u32,
    rankings: &'a [Ranking],
}

pub(super) fn render(rankings: &[Ranking]) -> Result<String> {
    document::json(&Document { schema: SCHEMA, rankings })
        .map_err(|error| Error::bug("a ranking can't be written as JSON").because(error))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::analyse::ranking::sample::ranking;

    #[test]
    fn it_has_ranks_figures_and_reasons() {
        let json: Value = serde_json::from_str(&render(&[ranking()]).unwrap()).unwrap();
        let group = &json["rankings"][0]["groups"][0];
        assert_eq!((&json["schema"], &json["rankings"][0]["better"]), (&1.into(), &"lower".into()));
        assert_eq!(group["ranked"][0]["rank"], 1);
        assert!(group["ranked"][0]["figure"]["standard_deviation"].is_number());
        assert!(group["ranked"][1]["tie"]["reason"].is_string());
        assert_eq!(group["unranked"][0]["outcome"], "failed");
    }
}
