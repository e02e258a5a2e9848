//! `[service.NAME]`: private servers of any kind, and `services = […]`, which says what needs them.

pub(super) mod model;

use indexmap::IndexMap;

use self::model::{Per, Ready, Service, Stop, StopSignal};
use super::context::{Context, Scope};
use super::measure::duration;
use super::names::is_name;
use super::problem::{Problem, Span};
use super::reader::{At, Table, Value};
use super::suggest::did_you_mean;
use super::system::packages;
use super::units::SHORTEST;
use super::workload::beside_the_matrix;

/// The table that services stand in.
pub(super) const SERVICE: &str = "service";
const KEYS: [&str; 10] = [
    "command",
    "ready",
    "env",
    "stop",
    "stop_timeout",
    "start_timeout",
    "per",
    "as_root",
    "version",
    "packages",
];
/// Placeholders that only a service's own texts have.
pub const PLACES: [&str; 3] = ["socket", "port", "dir"];

/// Services by name, with the place of the name.
pub(super) type Services = IndexMap<String, At<Service>>;

pub(super) fn read_services(top: &Table<'_>, context: &Context<'_>) -> Services {
    let tables = top.sub_table(SERVICE).map(|table| table.sub_tables()).unwrap_or_default();
    let service = |(name, table): (At<&str>, Table<'_>)| {
        if !is_name(name.value) {
            let problem = Problem::at(&name.span, format!("`{}` can't name a service", name.value));
            context.add(problem.hint("a letter, then letters, digits, `_` or `-`"));
        }
        (name.value.to_owned(), At::new(read_service(name.value, &table, context), name.span))
    };
    tables.into_iter().map(service).collect()
}

fn read_service(name: &str, table: &Table<'_>, context: &Context<'_>) -> Service {
    table.only(&KEYS);
    let scope = Scope::Service(name.to_owned());
    let example = "command = [\"redis-server\", \"--port\", \"0\", \"--unixsocket\", \"{socket}\"]";
    let command = table.require("command", example);
    let command = command.map(|value| program(&value, &scope, context)).unwrap_or_default();
    let env = context.env(table, &scope);
    let says = |place: &str| {
        let place = format!("{{{place}}}");
        command.iter().chain(env.values()).any(|text| text.contains(&place))
    };
    let time = |key| table.get(key).and_then(|value| duration(&value, SHORTEST, context));
    Service {
        ready: read_ready(table, &says, &scope, context),
        stop: read_stop(table, &scope, context),
        stop_timeout: time("stop_timeout").unwrap_or(Service::STOP_TIMEOUT),
        start_timeout: time("start_timeout").unwrap_or(Service::START_TIMEOUT),
        per: read_per(table, context),
        as_root: table
            .get("as_root")
            .and_then(|value| value.boolean())
            .is_none_or(|value| value.value),
        version: table
            .get("version")
            .map(|value| program(&value, &scope, context))
            .unwrap_or_default(),
        packages: packages(table, context),
        command,
        env,
    }
}

/// Program and arguments; what begins with `./` is a file beside the matrix.
fn program(value: &Value<'_>, scope: &Scope, context: &Context<'_>) -> Vec<String> {
    let words = value.texts().unwrap_or_default();
    if words.first().is_none_or(|program| program.value.is_empty()) {
        let key = value.key.value;
        let problem = Problem::at(&value.span(), format!("`{key}` names no program"));
        context.add(problem.hint(format!("{key} = [\"PROGRAM\", \"ARGUMENT\"]")).absence());
    }
    let word = |word: At<String>| {
        context.template(&word, scope);
        let Some(path) = word.value.strip_prefix("./") else { return word.value };
        if !path.contains('{') {
            context.existing(&At::new(path.to_owned(), word.span.clone()), "the service's file");
        }
        beside_the_matrix(path, context)
    };
    words.into_iter().map(word).collect()
}

fn read_ready(
    table: &Table<'_>,
    says: &dyn Fn(&str) -> bool,
    scope: &Scope,
    context: &Context<'_>,
) -> Ready {
    let Some(value) = table.get("ready") else {
        return match (says("socket"), says("port")) {
            (true, _) => Ready::Socket,
            (false, true) => Ready::Port,
            (false, false) => {
                let message = format!("nothing says when {table} is ready");
                let problem = Problem::at(&table.span, message).absence();
                let hint = "let `command` use `{socket}` or `{port}`, or add ready = [\"COMMAND\"]";
                context.add(problem.hint(hint));
                Ready::Socket
            }
        };
    };
    if value.is_array() {
        return Ready::Command(program(&value, scope, context));
    }
    let Some(word) = value.text() else { return Ready::Socket };
    let ready = match word.value.as_str() {
        "socket" => Ready::Socket,
        "port" => Ready::Port,
        _ => {
            let message = format!("`{}` is no way to tell that a service is ready", word.value);
            let hint = "\"socket\", \"port\", or a command as an array, which then succeeds";
            context.add(Problem::at(&word.span, message).hint(hint));
            return Ready::Socket;
        }
    };
    if !says(&word.value) {
        let message = format!("the service is never told its {}", word.value);
        let hint = format!("write `{{{}}}` in `command` or `env`", word.value);
        context.add(Problem::at(&word.span, message).hint(hint).absence());
    }
    ready
}

fn read_stop(table: &Table<'_>, scope: &Scope, context: &Context<'_>) -> Stop {
    let default = Stop::Signal(StopSignal::Term);
    let Some(value) = table.get("stop") else { return default };
    if value.is_array() {
        return Stop::Command(program(&value, scope, context));
    }
    let Some(word) = value.text() else { return default };
    let signals = StopSignal::ALL.map(StopSignal::as_str);
    let bare = word.value.strip_prefix("SIG").unwrap_or(&word.value);
    let found = StopSignal::ALL.into_iter().find(|signal| signal.as_str() == bare);
    let Some(signal) = found else {
        let message = format!("`{}` is no signal to stop a service with", word.value);
        context.add(Problem::at(&word.span, message).hint(did_you_mean(bare, &signals)));
        return default;
    };
    Stop::Signal(signal)
}

fn read_per(table: &Table<'_>, context: &Context<'_>) -> Per {
    let Some(word) = table.get("per").and_then(|value| value.text()) else { return Per::Run };
    match word.value.as_str() {
        "run" => Per::Run,
        "attempt" => Per::Attempt,
        other => {
            let message = format!("a service is there per run or per attempt, not per `{other}`");
            context.add(Problem::at(&word.span, message).hint("\"run\" or \"attempt\""));
            Per::Run
        }
    }
}

/// `services = ["NAME", …]` of `table`, each with its place.
pub(super) fn read_names(table: &Table<'_>) -> Vec<At<String>> {
    table.get("services").and_then(|value| value.texts()).unwrap_or_default()
}

/// Every name must be a service, and every service must be named.
pub(super) fn check_names(services: &Services, names: &[At<String>], context: &Context<'_>) {
    let known: Vec<&str> = services.keys().map(String::as_str).collect();
    let is_known = |name: &str| services.contains_key(name);
    let mut meant = Vec::new();
    for name in names.iter().filter(|name| !is_known(&name.value)) {
        let message = format!("no table defines the service `{}`", name.value);
        let hint = if known.is_empty() {
            format!("add `[service.{}]`", name.value)
        } else {
            did_you_mean(&name.value, &known)
        };
        context.add(Problem::at(&name.span, message).hint(hint).absence());
        meant.extend(super::suggest::nearest(&name.value, &known));
    }
    let is_used = |name: &str| names.iter().any(|used| used.value == name) || meant.contains(&name);
    for (name, span) in services.iter().map(|(name, service)| (name, &service.span)) {
        if !is_used(name) {
            unused(name, span, context);
        }
    }
}

fn unused(name: &str, span: &Span, context: &Context<'_>) {
    let problem = Problem::at(span, format!("nothing uses `[service.{name}]`"));
    let hint = format!("add services = [\"{name}\"] to `[workload]` or to a value's table");
    context.add(problem.hint(hint).absence());
}

#[cfg(test)]
mod tests;
