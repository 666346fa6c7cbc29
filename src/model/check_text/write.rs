//! Check to line.

use serde_json::Value;

use super::words::{Word, Words};
use super::{NUMBER, number_behind};
use crate::model::check::DEFAULT_TIMEOUT_S;
use crate::model::{Check, CommandCheck, Compare, HttpCheck};

pub(super) fn check(check: &Check) -> String {
    match check {
        Check::Http(check) => request(check),
        Check::Command(check) => command(check),
    }
}

fn request(check: &HttpCheck) -> String {
    let mut parts = vec!["http".to_owned(), plain(&check.method), plain(&check.url)];
    parts.extend(check.status.map(|status| status.to_string()));
    parts.extend(check.json.as_ref().map(|json| match json {
        Value::Object(_) | Value::Array(_) => json.to_string(),
        json => format!("json {json}"),
    }));
    parts.extend(check.contains.as_deref().map(|text| format!("contains {}", quoted(text))));
    let headers = check.headers.iter();
    parts.extend(headers.map(|(name, variable)| format!("header {}=${variable}", bare(name))));
    parts.extend(check.body.as_deref().map(|text| format!("body {}", body(text))));
    parts.extend(check.max_ms.map(|most| match most % 1000 {
        0 => format!("within {}s", most / 1000),
        _ => format!("within {most}ms"),
    }));
    end(parts, check.timeout_s, &check.name, &format!("{} {}", check.method, check.url))
}

fn command(check: &CommandCheck) -> String {
    let run = &check.run;
    let as_it_is =
        !run.contains(['\n', '\r', '\t']) && run.trim() == run && !run.starts_with('"') && !run.contains("=>");
    let run = if as_it_is { run.clone() } else { quoted(run) };
    let mut parts = vec!["run".to_owned(), run, "=>".to_owned(), check.exit.to_string()];
    parts.extend(check.contains.as_deref().map(|text| format!("contains {}", quoted(text))));
    parts.extend(check.matches.as_deref().map(|text| format!("matches {}", pattern(text))));
    parts.extend(check.compare.as_ref().map(compare));
    parts.extend(check.cwd.as_deref().map(|folder| format!("in {}", plain(folder))));
    parts.extend(check.shell.then(|| "shell".to_owned()));
    end(parts, check.timeout_s, &check.name, check.run.lines().next().unwrap_or_default())
}

/// What stands last in both, where it says more than is taken for granted.
fn end(mut parts: Vec<String>, timeout_s: u32, name: &str, usual: &str) -> String {
    if timeout_s != DEFAULT_TIMEOUT_S {
        parts.push(format!("timeout {timeout_s}s"));
    }
    if name != usual {
        parts.push(format!("named {}", quoted(name)));
    }
    parts.join(" ")
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Without quotation marks where the same comes back. A sign behind a keyword would compare that with something.
fn plain(text: &str) -> String {
    let mut words = Words { rest: text };
    let same =
        !words.before_sign() && words.plain().is_ok_and(|word| word.as_deref() == Some(text)) && words.rest.is_empty();
    if same { text.to_owned() } else { quoted(text) }
}

fn bare(text: &str) -> String {
    let mut words = Words { rest: text };
    let same = words.next() == Ok(Some(Word::Bare(text))) && words.rest.is_empty();
    if same { text.to_owned() } else { quoted(text) }
}

fn body(text: &str) -> String {
    let mut words = Words { rest: text };
    let json = text.starts_with(['{', '[']) && words.value().is_ok() && words.rest.is_empty();
    if json && !text.contains(['\n', '\r']) { text.to_owned() } else { quoted(text) }
}

fn pattern(text: &str) -> String {
    let simple = !text.is_empty() && !text.contains(['/', '\n', '\r', '\t']);
    if simple { format!("/{text}/") } else { quoted(text) }
}

fn compare(compare: &Compare) -> String {
    let Compare { pattern: wanted, op, value } = compare;
    let name = wanted.strip_suffix(NUMBER).map(unescaped).filter(|name| number_behind(name) == *wanted);
    let what = match name {
        Some(name) => bare(&name),
        None => format!("number {}", pattern(wanted)),
    };
    // The shortest digits that read back as the same number.
    format!("{what} {op} {value}")
}

/// Takes away what [`regex::escape`] put in.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        plain.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    plain
}
