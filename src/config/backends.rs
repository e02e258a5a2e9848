//! `[backend.NAME]`, and `[AXIS.VALUE]` for the axes that have no meaning of their own.

use std::cell::RefCell;

use indexmap::IndexMap;
use url::{ParseError, Url};

use super::context::{Context, Scope};
use super::matrix::MatrixSection;
use super::model::{BACKEND_AXIS, Backend, BackendKind, STATE_AXIS, ValueTable};
use super::names::is_identifier;
use super::problem::Problem;
use super::reader::{At, Table, Value};
use super::services::read_names;
use super::suggest::did_you_mean;
use super::system::packages;

const KINDS: [BackendKind; 3] = [BackendKind::Sqlite, BackendKind::Postgresql, BackendKind::Mysql];

/// Backends by name, with the place of the name.
pub(super) type Backends = IndexMap<String, At<Backend>>;

pub(super) fn read_backends(top: &Table<'_>, context: &Context<'_>) -> Backends {
    let tables = top.sub_table(BACKEND_AXIS).map(|table| table.sub_tables()).unwrap_or_default();
    let backend = |(name, table): (At<&str>, Table<'_>)| {
        (name.value.to_owned(), At::new(read_backend(&name, &table, context), name.span))
    };
    tables.into_iter().map(backend).collect()
}

fn read_backend(name: &At<&str>, table: &Table<'_>, context: &Context<'_>) -> Backend {
    table.only(&["kind", "url", "requirements", "env"]);
    let kind = read_kind(name, table, context);
    let url = table.get("url").and_then(|value| value.text());
    if let (Some(url), Some(kind)) = (&url, kind) {
        check_url(url, kind, context);
    }
    let scope = Scope::Where { axis: BACKEND_AXIS.to_owned(), value: name.value.to_owned() };
    Backend {
        kind: kind.unwrap_or(BackendKind::Sqlite),
        url: url.map(|url| url.value),
        requirements: table
            .get("requirements")
            .map(|value| requirements(&value, context))
            .unwrap_or_default(),
        env: context.env(table, &scope),
    }
}

fn read_kind(name: &At<&str>, table: &Table<'_>, context: &Context<'_>) -> Option<BackendKind> {
    let words = KINDS.map(BackendKind::as_str);
    let (word, span) = match table.get("kind") {
        Some(value) => {
            let text = value.text()?;
            (text.value, text.span)
        }
        None => (name.value.to_owned(), name.span.clone()),
    };
    let kind = KINDS.into_iter().find(|kind| kind.as_str() == word);
    if kind.is_none() {
        let message = match table.get("kind") {
            Some(_) => format!("`{word}` is no kind of backend"),
            None => format!("{table} needs `kind`, since `{word}` is no kind of backend"),
        };
        context.add(Problem::at(&span, message).hint(did_you_mean(&word, &words)));
    }
    kind
}

fn requirements(value: &Value<'_>, context: &Context<'_>) -> Vec<String> {
    let requirements = value.texts().unwrap_or_default();
    for requirement in &requirements {
        let is_one =
            !requirement.value.starts_with('-') && !requirement.value.contains(char::is_control);
        let is_pinned = requirement.value.contains("==") || requirement.value.contains('@');
        if !(is_one && is_pinned) {
            let problem = Problem::at(&requirement.span, "a requirement needs one exact version");
            context.add(problem.hint("write NAME==VERSION, such as \"psycopg[binary]==3.2.3\""));
        }
    }
    requirements.into_iter().map(|requirement| requirement.value).collect()
}

fn check_url(url: &At<String>, kind: BackendKind, context: &Context<'_>) {
    let problem = |message: String| Problem::at(&url.span, message);
    if let Some(name) = url.value.strip_prefix('$') {
        if !is_identifier(name) {
            let problem = problem(format!("`{}` can't be the name of a variable", url.value));
            context.add(problem.hint("write \"$NAME\" to read the URL from the variable NAME"));
        }
        return;
    }
    let (schemes, example): (&[&str], _) = match kind {
        BackendKind::Sqlite => (&["sqlite"], "sqlite:///absolute/path.db"),
        BackendKind::Postgresql => {
            (&["postgresql", "postgres"], "postgresql://user@host:5432/database")
        }
        BackendKind::Mysql => (&["mysql", "mariadb"], "mysql://user@host:3306/database"),
    };
    let parsed = match parse_url(&url.value) {
        Ok(parsed) => parsed,
        Err(error) => {
            context
                .add(problem(format!("not a URL: {error}")).hint(format!("such as \"{example}\"")));
            return;
        }
    };
    let hint = format!("such as \"{example}\"");
    if !schemes.contains(&parsed.scheme()) {
        let message = format!("a URL of kind `{}` begins with `{}://`", kind.as_str(), schemes[0]);
        context.add(problem(message).hint(hint));
    } else if kind == BackendKind::Sqlite && !url.value.starts_with("sqlite:///") {
        context.add(problem("a URL of kind `sqlite` holds an absolute path".to_owned()).hint(hint));
    } else if parsed.path().trim_matches('/').is_empty() {
        context.add(problem("the URL names no database".to_owned()).hint(hint));
    }
}

/// `postgresql://user@/database?host=/folder` is how libpq writes a socket's URL, with no host
/// where the standard wants one.
fn parse_url(url: &str) -> Result<Url, ParseError> {
    Url::parse(url).or_else(|error| match error {
        ParseError::EmptyHost => Url::parse(&url.replacen("@/", "@localhost/", 1)),
        other => Err(other),
    })
}

/// Tables of values of ordinary axes, by axis and value, with the place of the value's name.
pub(super) type Values = IndexMap<String, IndexMap<String, At<ValueTable>>>;

/// The tables, and the names of the services that they want.
pub(super) fn read_values(
    top: &Table<'_>,
    matrix: &MatrixSection,
    context: &Context<'_>,
) -> (Values, Vec<At<String>>) {
    let services = RefCell::new(Vec::new());
    let ordinary =
        matrix.axes.keys().filter(|axis| ![STATE_AXIS, BACKEND_AXIS].contains(&axis.as_str()));
    let tables = ordinary.filter_map(|axis| Some((axis, top.sub_table(axis)?)));
    let values = |axis: &str, table: &Table<'_>| {
        let tables = table.sub_tables().into_iter();
        let value = |(name, table): (At<&str>, Table<'_>)| {
            table.only(&["env", "services", "packages"]);
            let scope = Scope::Where { axis: axis.to_owned(), value: name.value.to_owned() };
            let names = read_names(&table);
            services.borrow_mut().extend(names.iter().cloned());
            let value = ValueTable {
                env: context.env(&table, &scope),
                services: names.into_iter().map(|name| name.value).collect(),
                packages: packages(&table, context),
            };
            (name.value.to_owned(), At::new(value, name.span))
        };
        tables.map(value).collect()
    };
    let values = tables.map(|(axis, table)| (axis.clone(), values(axis, &table))).collect();
    (values, services.into_inner())
}
