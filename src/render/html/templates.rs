//! The templates: our own, built in, and those that someone puts in their place.

use std::path::Path;

use tera::{Context, Tera};

use crate::error::{Error, Result};
use crate::fingerprint::Fingerprint;
use crate::render::escape;

/// Pages and the parts that they share.
const PAGES: [(&str, &str); 11] = [
    ("base.html", include_str!("../../../templates/base.html")),
    ("parts.html", include_str!("../../../templates/parts.html")),
    ("index.html", include_str!("../../../templates/index.html")),
    ("attribution.html", include_str!("../../../templates/attribution.html")),
    ("cell.html", include_str!("../../../templates/cell.html")),
    ("history.html", include_str!("../../../templates/history.html")),
    ("trend.html", include_str!("../../../templates/trend.html")),
    ("ranking.html", include_str!("../../../templates/ranking.html")),
    ("run.html", include_str!("../../../templates/run.html")),
    ("state.html", include_str!("../../../templates/state.html")),
    ("compare.html", include_str!("../../../templates/compare.html")),
];

/// Files that pages link to: path in the reports folder, name among the templates, content.
const ASSETS: [(&str, &str, &str); 1] =
    [("assets/report.css", "report.css", include_str!("../../../templates/report.css"))];

/// The parts of the pages' script, in the order in which they need each other.
const SCRIPTS: [(&str, &str); 16] = [
    ("data.js", include_str!("../../../templates/scripts/data.js")),
    ("extents.js", include_str!("../../../templates/scripts/extents.js")),
    ("scale.js", include_str!("../../../templates/scripts/scale.js")),
    ("curve.js", include_str!("../../../templates/scripts/curve.js")),
    ("view.js", include_str!("../../../templates/scripts/view.js")),
    ("plot.js", include_str!("../../../templates/scripts/plot.js")),
    ("gestures.js", include_str!("../../../templates/scripts/gestures.js")),
    ("save.js", include_str!("../../../templates/scripts/save.js")),
    ("page.js", include_str!("../../../templates/scripts/page.js")),
    ("controls.js", include_str!("../../../templates/scripts/controls.js")),
    ("table.js", include_str!("../../../templates/scripts/table.js")),
    ("cells.js", include_str!("../../../templates/scripts/cells.js")),
    ("grid.js", include_str!("../../../templates/scripts/grid.js")),
    ("compare.js", include_str!("../../../templates/scripts/compare.js")),
    ("figures.js", include_str!("../../../templates/scripts/figures.js")),
    ("filter.js", include_str!("../../../templates/scripts/filter.js")),
];

/// Templates, ready to render.
pub(super) struct Templates {
    engine: Tera,
    fingerprint: String,
    assets: Vec<(&'static str, String)>,
}

impl Templates {
    /// Our own templates, with those in `folder` in the place of the ones of the same name.
    ///
    /// # Errors
    /// When a file can't be read or a template is wrong; the error names it.
    pub(super) fn load(folder: Option<&Path>) -> Result<Self> {
        let content = |name: &str, own: &str| -> Result<String> {
            match folder.map(|folder| folder.join(name)).filter(|path| path.exists()) {
                Some(path) => Ok(fs_err::read_to_string(path)?),
                None => Ok(own.to_owned()),
            }
        };
        let mut engine = Tera::new();
        engine.autoescape_on([".html"]);
        engine.set_escape_fn(escape::write);
        let mut pages = Vec::new();
        for (name, own) in PAGES {
            pages.push((name, content(name, own)?));
        }
        let parts = pages.iter().flat_map(|(name, text)| [*name, text.as_str()]);
        let fingerprint = parts.fold(Fingerprint::of("templates"), Fingerprint::part).hex();
        engine.add_raw_templates(pages).map_err(|error| wrong(folder, error))?;
        let mut assets = Vec::new();
        for (path, name, own) in ASSETS {
            assets.push((path, content(name, own)?));
        }
        let mut script = String::new();
        for (name, own) in SCRIPTS {
            script.push_str(&content(&format!("scripts/{name}"), own)?);
        }
        assets.push(("assets/report.js", script));
        Ok(Self { engine, fingerprint, assets })
    }

    /// Renders one page.
    ///
    /// # Errors
    /// When the template asks for something that is not there.
    pub(super) fn render(&self, name: &str, context: &Context) -> Result<String> {
        self.engine.render(name, context).map_err(|error| wrong(None, error))
    }

    /// What pages are made with: another text for other templates.
    pub(super) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Files that pages link to: path in the reports folder, and content.
    pub(super) fn assets(&self) -> &[(&'static str, String)] {
        &self.assets
    }
}

fn wrong(folder: Option<&Path>, error: tera::Error) -> Error {
    let place = folder.map_or_else(String::new, |folder| format!(" in {}", folder.display()));
    Error::usage(format!("a template{place} is wrong: {error}"))
        .hint("compare it with the one of the same name in memgrid's own templates folder")
        .because(error)
}
