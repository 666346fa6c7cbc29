//! The Markdown form of a runbook, both ways: what `runbook edit` opens and `runbook show --format markdown` writes.
//!
//! TOML front matter stands between two lines of `+++`; everything behind is the body, byte for byte. Runbooks of other
//! tools have YAML between lines of `---` or no front matter at all; what of theirs means nothing here is kept in `extra`.

mod steps;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FENCE, FormError};
use crate::model::{Runbook, RunbookDraft, Variable};

pub use steps::{RunbookStep, runbook_steps};

/// Nodes that YAML front matter may have once its aliases are resolved.
const MOST_NODES: usize = 2000;

/// The front matter.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Front {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alerts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variables: Vec<Variable>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extra: BTreeMap<String, Value>,
}

/// The Markdown form of a runbook. [`read_runbook`] gives the same back.
pub fn write_runbook(runbook: &Runbook) -> String {
    write_runbook_draft(&RunbookDraft::from(runbook))
}

/// The same of a draft, for the editor.
pub fn write_runbook_draft(draft: &RunbookDraft) -> String {
    let RunbookDraft { name, title, owner, service, tags, alerts, changes, variables, extra, body, .. } = draft.clone();
    let front = Front { title, name, owner, service, tags, alerts, changes, variables, extra };
    // Nothing in it is a value that TOML has not.
    let front = toml::to_string(&front).unwrap_or_default();
    format!("{FENCE}\n{front}{FENCE}\n{body}")
}

/// Reads a runbook: with TOML front matter, with YAML front matter, or with none, where a first heading is the title.
///
/// # Errors
/// Front matter that is not closed, is no TOML or YAML, or has a field that is none; with the line.
pub fn read_runbook(text: &str) -> Result<RunbookDraft, FormError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(open) = after_line(text, FENCE) {
        let (front, body) = split(open, FENCE)?;
        return toml_front(front, body);
    }
    if let Some(open) = after_line(text, "---") {
        let (front, body) = split(open, "---")?;
        return yaml_front(front, body);
    }
    Ok(RunbookDraft { title: first_heading(text), body: text.to_owned(), ..RunbookDraft::default() })
}

/// What stands behind a first line.
fn after_line<'a>(text: &'a str, line: &str) -> Option<&'a str> {
    let (first, rest) = text.split_once('\n')?;
    (first.trim_end() == line).then_some(rest)
}

/// The text before a line and what stands behind it.
fn split<'a>(text: &'a str, line: &str) -> Result<(&'a str, &'a str), FormError> {
    let mut start = 0;
    for part in text.split_inclusive('\n') {
        if part.trim_end() == line {
            return Ok((&text[..start], &text[start + part.len()..]));
        }
        start += part.len();
    }
    Err(FormError::new(1, format!("the front matter is not closed by a line {line}")))
}

fn toml_front(front: &str, body: &str) -> Result<RunbookDraft, FormError> {
    let front: Front = toml::from_str(front).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start.min(front.len()));
        let line = 2 + front.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count();
        FormError::new(line, format!("{}; correct the front matter", error.message().replace('\n', ", ")))
    })?;
    let Front { title, name, owner, service, tags, alerts, changes, variables, extra } = front;
    let body = body.to_owned();
    Ok(RunbookDraft { name, title, owner, service, tags, alerts, changes, variables, extra, body, source: None })
}

/// The fields of a YAML document, within a budget: its aliases may say far more than it has letters.
///
/// # Errors
/// What is no YAML, or too much of it, and where.
pub fn yaml(text: &str) -> Result<serde_json::Map<String, Value>, FormError> {
    read_yaml(text).map_err(|error| FormError::new(error.location().map_or(1, |at| at.line() as usize), first(&error)))
}

fn first(error: &serde_saphyr::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

fn read_yaml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, serde_saphyr::Error> {
    let options = serde_saphyr::options! { budget: serde_saphyr::budget! { max_nodes: MOST_NODES }, };
    serde_saphyr::from_str_with_options(text, options)
}

fn yaml_front(front: &str, body: &str) -> Result<RunbookDraft, FormError> {
    let mut extra: BTreeMap<String, Value> = match front.trim().is_empty() {
        true => BTreeMap::new(),
        false => read_yaml(front)
            .map_err(|error| FormError::new(2, format!("the front matter is no YAML: {error}").replace('\n', ", ")))?,
    };
    extra.retain(|_, value| !value.is_null());
    let mut text = |name: &str| match extra.get(name) {
        Some(Value::String(_)) => extra.remove(name).and_then(|value| value.as_str().map(str::to_owned)),
        _ => None,
    };
    let (title, name, owner, service) = (text("title"), text("name"), text("owner"), text("service"));
    let mut list = |name: &str| {
        let values = extra.get(name).and_then(Value::as_array)?;
        let texts: Option<Vec<_>> = values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
        texts.inspect(|_| drop(extra.remove(name)))
    };
    let (tags, alerts) = (list("tags").unwrap_or_default(), list("alerts").unwrap_or_default());
    let title = title.or_else(|| first_heading(body));
    let body = body.to_owned();
    Ok(RunbookDraft { name, title, owner, service, tags, alerts, extra, body, ..RunbookDraft::default() })
}

fn first_heading(body: &str) -> Option<String> {
    let heading = body.lines().find_map(|line| line.strip_prefix("# "))?;
    Some(heading.trim().to_owned()).filter(|heading| !heading.is_empty())
}

#[cfg(test)]
mod tests;
