//! Whether Python is there with all that environments need.

use serde::Deserialize;

use super::{Finding, default_python, drivers};
use crate::config::Python;
use crate::interrupt::Interrupt;
use crate::prepare::environment::{Interpreter, requirement_texts};
use crate::prepare::tool::Tool;

/// Prints what an interpreter has.
const PROBE: &str = "
import importlib.util, json, os, platform, sysconfig
def has(name): return importlib.util.find_spec(name) is not None
print(json.dumps({
    'version': platform.python_version(),
    'short_version': sysconfig.get_python_version(),
    'makes_environments': has('venv') and has('ensurepip'),
    'pip': has('pip'),
    'header': os.path.join(sysconfig.get_path('include'), 'Python.h'),
}))
";

/// What an interpreter has.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Facts {
    version: String,
    short_version: String,
    makes_environments: bool,
    pip: bool,
    pub(super) header: String,
    /// Whether Debian's packages can add to it.
    #[serde(skip)]
    is_debians: bool,
}

/// What environments of this interpreter, with its requirements and `extra` ones, need on the
/// machine.
#[must_use]
pub fn survey_python(python: &Python, extra: &[String]) -> Vec<Finding> {
    let (found, facts) = interpreter(python);
    let mut findings = vec![found];
    if let Some(facts) = facts {
        let venv = facts.makes_environments.then(|| "with the interpreter".to_owned());
        findings.push(facts.part("Python's venv module", "virtual environments", venv, "venv"));
        let mut requirements = listed(python);
        requirements.extend_from_slice(extra);
        findings.extend(drivers::survey(&requirements, &facts));
    }
    findings
}

/// What fetching Python distributions needs when there is no `[python]`.
pub(super) fn survey_pip() -> Vec<Finding> {
    let (found, facts) = interpreter(&default_python());
    let pip = facts.map(|facts| {
        let pip = facts.pip.then(|| "with the interpreter".to_owned());
        Finding::new("pip", "sources from the package index", pip, &["python3-pip"])
    });
    std::iter::once(found).chain(pip).collect()
}

fn interpreter(python: &Python) -> (Finding, Option<Facts>) {
    let name = format!("Python ({})", python.interpreter);
    let interrupt = Interrupt::default();
    let found = Interpreter::find(&python.interpreter, &interrupt).ok();
    let facts = found.as_ref().and_then(|interpreter| {
        let text = Tool::new(interpreter.path()).args(["-I", "-c", PROBE]).run(&interrupt).ok()?;
        let mut facts: Facts = serde_json::from_slice(&text).ok()?;
        facts.is_debians = interpreter.path().starts_with("/usr/bin");
        Some(facts)
    });
    let place = found.zip(facts.as_ref()).map(|(interpreter, facts)| {
        format!("{} at {}", facts.version, interpreter.path().display())
    });
    let packages: &[&str] = match python.interpreter.as_str() {
        "python3" => &["python3"],
        _ => &[],
    };
    let mut finding = Finding::new(&name, "the workload's environment", place, packages);
    if packages.is_empty() {
        let what = &python.interpreter;
        finding.advice = Some(format!("install {what}, or name another `interpreter` in [python]"));
    }
    let expected = || (!finding.packages.is_empty()).then(Facts::of_debians_python3);
    let facts = facts.or_else(expected);
    (finding, facts)
}

impl Facts {
    /// What Debian's Python has once it is installed, so that one installation brings the rest too.
    fn of_debians_python3() -> Self {
        Self {
            version: "3".to_owned(),
            short_version: "3".to_owned(),
            makes_environments: false,
            pip: false,
            header: String::new(),
            is_debians: true,
        }
    }

    /// A part of Python that Debian packs separately, and others don't.
    pub(super) fn part(
        &self,
        name: &str,
        needed_by: &str,
        found: Option<String>,
        suffix: &str,
    ) -> Finding {
        let package = format!("python{}-{suffix}", self.short_version);
        let mut finding = Finding::new(name, needed_by, found, &[]);
        if self.is_debians {
            finding.packages.push(package);
        } else {
            finding.advice = Some(format!("install Python {} again, with it", self.version));
        }
        finding
    }
}

/// The lines of the requirements file; one that can't be read is reported when it is used.
fn listed(python: &Python) -> Vec<String> {
    let texts = requirement_texts(python.requirements.as_deref()).unwrap_or_default();
    texts.iter().flat_map(|text| text.lines()).map(str::to_owned).collect()
}
