//! The front matter: whatever of a draft has no section of its own, as TOML. It is read through the same strict reader
//! as JSON, so both refuse the same things in the same words.

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{FormError, toml_text};
use crate::model::{CommandRun, Draft, MetricDraft, read_strict};

/// Reads the TOML between the `+++` lines; `first` is the number of its first line.
pub(super) fn read(text: &str, first: usize) -> Result<Draft, FormError> {
    let line = |offset: usize| first + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
    read_toml(text).map_err(|(offset, rule)| FormError::new(line(offset), rule))
}

/// Reads an inline table, for instance `{ exit = 0 }`.
pub(super) fn read_inline<T: DeserializeOwned>(table: &str) -> Result<T, String> {
    let document = format!("attributes = {table}");
    let parsed = DeTable::parse(&document).map_err(|error| one_line(error.message()))?;
    match parsed.get_ref().iter().next() {
        Some((_, value)) if parsed.get_ref().len() == 1 => {
            let json = to_json(value).map_err(|(_, rule)| rule)?;
            read_strict(&json.to_string()).map_err(|error| said(&error.path, &error.rule))
        }
        _ => Err("is not one table in braces".to_owned()),
    }
}

/// What is wrong, and at which byte.
type Refused = (usize, String);

fn read_toml<T: DeserializeOwned>(text: &str) -> Result<T, Refused> {
    let table = DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        (offset, format!("{}; correct the front matter", one_line(error.message())))
    })?;
    let json = table_to_json(table.get_ref())?;
    read_strict(&Value::Object(json).to_string()).map_err(|error| {
        let next = if error.path.is_empty() { "correct the front matter" } else { "correct or remove it" };
        (find(table.get_ref(), &error.path), format!("{}; {next}", said(&error.path, &error.rule)))
    })
}

/// A refusal of the strict reader, with the field it is about.
pub(super) fn said(path: &str, rule: &str) -> String {
    match (path, rule.starts_with("is ")) {
        ("", _) => rule.to_owned(),
        (path, true) => format!("{path} {rule}"),
        (path, false) => format!("{path}: {rule}"),
    }
}

fn one_line(message: &str) -> String {
    message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}

fn table_to_json(table: &DeTable<'_>) -> Result<Map<String, Value>, Refused> {
    table.iter().map(|(key, value)| Ok((key.get_ref().clone().into_owned(), to_json(value)?))).collect()
}

fn to_json(value: &Spanned<DeValue<'_>>) -> Result<Value, Refused> {
    let number = |number: Option<Number>, rule: &str| {
        number.map(Value::Number).ok_or_else(|| (value.span().start, format!("{rule}; correct or remove it")))
    };
    match value.get_ref() {
        DeValue::String(text) => Ok(Value::String(text.clone().into_owned())),
        DeValue::Integer(digits) => {
            let whole = i64::from_str_radix(digits.as_str(), digits.radix()).ok();
            number(whole.map(Number::from), "a whole number must fit 64 bits")
        }
        DeValue::Float(digits) => {
            number(digits.as_str().parse().ok().and_then(Number::from_f64), "must be a finite number")
        }
        DeValue::Boolean(value) => Ok(Value::Bool(*value)),
        // Everywhere else times are text.
        DeValue::Datetime(at) => Ok(Value::String(at.to_string())),
        DeValue::Array(values) => values.iter().map(to_json).collect::<Result<_, _>>().map(Value::Array),
        DeValue::Table(table) => table_to_json(table).map(Value::Object),
    }
}

/// The byte at which the field with this path stands, as near as can be told.
fn find(table: &DeTable<'_>, path: &str) -> usize {
    for (key, value) in table {
        let Some(rest) = path.strip_prefix(key.get_ref().as_ref()) else { continue };
        if rest.is_empty() || rest.starts_with(['.', '[']) {
            return find_in(value, rest).unwrap_or(key.span().start);
        }
    }
    table.keys().map(|key| key.span().start).min().unwrap_or(0)
}

fn find_in(value: &Spanned<DeValue<'_>>, rest: &str) -> Option<usize> {
    match value.get_ref() {
        DeValue::Table(table) => Some(find(table, rest.strip_prefix('.')?)),
        DeValue::Array(values) => {
            let (index, rest) = rest.strip_prefix('[')?.split_once(']')?;
            let entry = values.get(index.parse::<usize>().ok()?)?;
            find_in(entry, rest).or(Some(entry.span().start))
        }
        _ => None,
    }
}

/// Fields of the front matter with what the template says where they are missing, in the order they are written.
const HINTS: [(&str, &str); 9] = [
    ("kind", "\"fix\"  # feature, fix, performance, security, refactor, docs, test, build, operations, revert, other"),
    ("status", "\"shipped\"  # draft, shipped, rolled-back, superseded"),
    ("owner", "\"team-orders\"  # who answers for it"),
    ("service", "\"orders\""),
    ("environment", "\"production\""),
    ("tags", "[\"python\", \"cache\"]"),
    ("files", "[\"services/orders/api.py\"]"),
    ("links", "[{ url = \"https://example.com/pull/812\", title = \"pull request\" }]"),
    ("shipped_at", "\"2026-11-20T14:05:00Z\""),
];

/// Writes the front matter; with `hints`, missing fields are shown as comments.
pub(super) fn write(draft: &Draft, hints: bool) -> String {
    let mut entries = head(draft);
    entries.extend(lists(draft));
    entries.extend(fallen_back(draft));
    entries.extend(bookkeeping(draft));
    let mut out = String::new();
    for (key, value) in entries {
        match (value, HINTS.iter().find(|(name, _)| *name == key)) {
            (Some(value), _) => out += &format!("{key} = {value}\n"),
            (None, Some((_, hint))) if hints => out += &format!("# {key} = {hint}\n"),
            (None, _) if hints && key == "title" => out += "title = \"\"\n",
            (None, _) => {}
        }
    }
    out
}

type Entries = Vec<(String, Option<String>)>;

fn line(text: &Option<String>) -> Option<String> {
    text.as_deref().map(toml_text::line)
}

fn text(text: &Option<String>) -> Option<String> {
    text.as_deref().map(toml_text::text)
}

fn list<T>(values: &[T], write: impl Fn(&T) -> String) -> Option<String> {
    (!values.is_empty()).then(|| toml_text::list(&values.iter().map(write).collect::<Vec<_>>()))
}

fn quoted(word: impl ToString) -> String {
    toml_text::line(&word.to_string())
}

fn head(draft: &Draft) -> Entries {
    let entries = [
        ("title", line(&draft.title)),
        ("kind", draft.kind.map(quoted)),
        ("status", draft.status.map(quoted)),
        ("owner", line(&draft.owner)),
        ("service", line(&draft.service)),
        ("environment", line(&draft.environment)),
        ("shipped_at", draft.shipped_at.map(quoted)),
    ];
    entries.map(|(key, value)| (key.to_owned(), value)).into()
}

fn lists(draft: &Draft) -> Entries {
    let quote = |text: &String| toml_text::line(text);
    let entries = [
        ("tags", list(&draft.tags, quote)),
        ("files", list(&draft.files, quote)),
        (
            "links",
            list(&draft.links, |link| {
                toml_text::table([("url", Some(quoted(&link.url))), ("title", line(&link.title))])
            }),
        ),
        ("branch", line(&draft.branch)),
        ("commits", list(&draft.commits, quote)),
        (
            "relations",
            list(&draft.relations, |relation| {
                toml_text::table([("kind", Some(quoted(relation.kind))), ("id", Some(quoted(&relation.id)))])
            }),
        ),
    ];
    let mut entries: Entries = entries.map(|(key, value)| (key.to_owned(), value)).into();
    for (name, items) in &draft.checklists {
        let field = format!("checklists.{}", toml_text::key(name));
        if items.is_empty() {
            entries.push((field.clone(), Some("{}".to_owned())));
        }
        for (item, state) in items {
            let value = toml_text::table([("state", Some(quoted(state.state))), ("note", line(&state.note))]);
            entries.push((format!("{field}.{}", toml_text::key(item)), Some(value)));
        }
    }
    entries
}

/// What has a section but does not read back from it.
fn fallen_back(draft: &Draft) -> Entries {
    let entries = [
        ("reason", text(&draft.reason)),
        ("baseline.route", text(&draft.baseline.route)),
        ("baseline.input", text(&draft.baseline.input)),
        ("baseline.command", text(&draft.baseline.command)),
        ("baseline.symptom", text(&draft.baseline.symptom)),
        ("baseline.location", text(&draft.baseline.location)),
        ("commands", list(&draft.commands, command)),
        ("expected", text(&draft.expected)),
        ("rollback.command", text(&draft.rollback.command)),
        ("rollback.note", text(&draft.rollback.note)),
        ("metrics", list(&draft.metrics, metric)),
        ("assumptions", list(&draft.assumptions, |text| toml_text::line(text))),
    ];
    entries.map(|(key, value)| (key.to_owned(), value)).into()
}

fn command(command: &CommandRun) -> String {
    toml_text::table([
        ("run", Some(quoted(&command.run))),
        ("note", line(&command.note)),
        ("expect", line(&command.expect)),
        ("cwd", line(&command.cwd)),
        ("exit", command.exit.map(|code| code.to_string())),
        ("seconds", command.seconds.map(toml_text::float)),
    ])
}

fn metric(metric: &MetricDraft) -> String {
    toml_text::table([
        ("name", Some(quoted(&metric.name))),
        ("unit", line(&metric.unit)),
        ("before", metric.before.map(toml_text::float)),
        ("after", metric.after.map(toml_text::float)),
        ("better", metric.better.map(quoted)),
    ])
}

fn bookkeeping(draft: &Draft) -> Entries {
    let source = draft
        .source
        .as_ref()
        .map(|source| toml_text::table([("kind", Some(quoted(&source.kind))), ("key", line(&source.key))]));
    let entries = [
        ("id", line(&draft.id)),
        ("created_at", draft.created_at.map(quoted)),
        ("updated_at", draft.updated_at.map(quoted)),
        ("revision", draft.revision.map(|revision| revision.to_string())),
        ("source", source),
        ("schema", line(&draft.schema)),
    ];
    entries.map(|(key, value)| (key.to_owned(), value)).into()
}
