//! Line to check.

use regex::Regex;

use super::words::{Word, Words, shown};
use super::{CheckError, HTTP, RUN, number_behind};
use crate::model::{CheckDraft, Compare, CompareOp};

pub(super) fn check(text: &str) -> Result<CheckDraft, CheckError> {
    let mut words = Words { rest: text.trim() };
    let first = words.plain().unwrap_or_default().unwrap_or_default();
    let (read, example) = match first.as_str() {
        "http" => (request(words), HTTP),
        "run" => (command(words), RUN),
        "" => (Err("it is empty".to_owned()), HTTP),
        other => (Err(format!("{} is neither http nor run", shown(other))), HTTP),
    };
    read.map_err(|why| CheckError { why, example })
}

fn request(mut words: Words<'_>) -> Result<CheckDraft, String> {
    let method = words.plain()?.ok_or("there is no method behind `http`")?;
    let url = words.plain()?.ok_or_else(|| format!("there is no address behind {}", shown(&method)))?;
    let mut check =
        CheckDraft { kind: Some("http".to_owned()), method: Some(method), url: Some(url), ..CheckDraft::default() };
    while let Some(word) = words.next()? {
        match word {
            Word::Bare("json") => put(&mut check.json, words.value()?.0, "json")?,
            Word::Json(value) => put(&mut check.json, value, "JSON")?,
            Word::Bare("within") => put(&mut check.max_ms, milliseconds("within", &mut words)?, "within")?,
            Word::Bare("body") => put(&mut check.body, body(&mut words)?, "body")?,
            Word::Bare("header") => {
                let (name, variable) = header(&mut words)?;
                check.headers.get_or_insert_default().insert(name, variable);
            }
            Word::Bare(status) if is_number(status) => {
                let number = status.parse().map_err(|_| format!("{} is no status", shown(status)))?;
                put(&mut check.status, number, "the status").map_err(|why| format!("{}: {why}", shown(status)))?;
            }
            other => either(other, &mut check, &mut words)?,
        }
    }
    Ok(check)
}

/// A command and what is expected of it. A command may have a `=>` itself: the last one behind which all is understood is
/// the one that ends it.
fn command(words: Words<'_>) -> Result<CheckDraft, String> {
    let text = words.rest.trim();
    if let Some((run, rest)) = quoted_command(text) {
        return expected(run, rest);
    }
    let mut refused = None;
    for (run, rest) in arrows(text) {
        match expected(run.trim().to_owned(), rest) {
            Ok(check) => return Ok(check),
            Err(why) => refused = refused.or(Some(why)),
        }
    }
    refused.map_or_else(|| expected(text.to_owned(), ""), Err)
}

/// A command in quotes and what stands behind its arrow.
fn quoted_command(text: &str) -> Option<(String, &str)> {
    let mut words = Words { rest: text };
    let run = text.starts_with('"').then(|| words.plain().ok().flatten()).flatten()?;
    match words.rest.trim_start() {
        "" => Some((run, "")),
        rest => rest.strip_prefix("=>").map(|rest| (run, rest)),
    }
}

/// What stands on either side of each arrow, from the last one to the first.
fn arrows(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let apart = |c: Option<char>| c.is_none_or(char::is_whitespace);
    text.rmatch_indices("=>")
        .map(|(at, arrow)| (&text[..at], &text[at + arrow.len()..]))
        .filter(move |(run, rest)| apart(run.chars().next_back()) && apart(rest.chars().next()))
}

fn expected(run: String, rest: &str) -> Result<CheckDraft, String> {
    if run.is_empty() {
        return Err("there is no command behind `run`".to_owned());
    }
    let mut words = Words { rest };
    let mut check = CheckDraft { kind: Some("command".to_owned()), run: Some(run), ..CheckDraft::default() };
    while let Some(word) = words.next()? {
        if words.before_sign() {
            put(&mut check.compare, compare(word, &mut words)?, "a comparison")?;
            continue;
        }
        match word {
            Word::Bare("shell") => put(&mut check.shell, true, "shell")?,
            Word::Bare("in") => put(&mut check.cwd, value("in", &mut words)?, "in")?,
            Word::Bare("matches") => put(&mut check.matches, pattern("matches", &mut words)?, "matches")?,
            Word::Bare("number") => {
                let pattern = pattern("number", &mut words)?;
                put(&mut check.compare, compared(pattern, &mut words)?, "a comparison")?;
            }
            Word::Bare("within") => return Err("`within` is of requests: a command has `timeout 60s`".to_owned()),
            Word::Bare(exit) if is_number(exit) => {
                let number = exit.parse().map_err(|_| format!("{} is no exit code", shown(exit)))?;
                put(&mut check.exit, number, "the exit code").map_err(|why| format!("{}: {why}", shown(exit)))?;
            }
            other => either(other, &mut check, &mut words)?,
        }
    }
    Ok(check)
}

/// What requests and commands both have.
fn either(word: Word<'_>, check: &mut CheckDraft, words: &mut Words<'_>) -> Result<(), String> {
    match word {
        Word::Bare("contains") => put(&mut check.contains, value("contains", words)?, "contains"),
        Word::Bare("named") => put(&mut check.name, value("named", words)?, "named"),
        Word::Bare("timeout") => {
            let seconds = milliseconds("timeout", words)? / 1000;
            let seconds = u32::try_from(seconds).map_err(|_| "`timeout` is too long".to_owned())?;
            put(&mut check.timeout_s, seconds, "timeout")
        }
        Word::Bare(word) | Word::Sign(word) => Err(format!("{} was not understood", shown(word))),
        Word::Text(text) => Err(format!("{} was not understood: is it `contains`?", shown(&text))),
        Word::Pattern(pattern) => Err(format!("{} was not understood: is it `matches`?", shown(pattern))),
        Word::Json(value) => Err(format!("{} was not understood", shown(&value.to_string()))),
    }
}

fn put<T>(field: &mut Option<T>, value: T, what: &str) -> Result<(), String> {
    if field.is_some() {
        return Err(format!("{what} stands twice"));
    }
    *field = Some(value);
    Ok(())
}

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn nothing_behind(name: &str) -> String {
    format!("nothing stands behind `{name}`")
}

fn value(name: &str, words: &mut Words<'_>) -> Result<String, String> {
    words.plain()?.ok_or_else(|| nothing_behind(name))
}

/// JSON as it is written, or a text.
fn body(words: &mut Words<'_>) -> Result<String, String> {
    if words.rest.trim_start().starts_with(['{', '[']) {
        return Ok(words.value()?.1.to_owned());
    }
    value("body", words)
}

/// `NAME=$VARIABLE`.
fn header(words: &mut Words<'_>) -> Result<(String, String), String> {
    let wanted = || "nothing stands behind `header` that is NAME=$VARIABLE".to_owned();
    let name = match words.next()? {
        Some(Word::Bare(name)) => name.to_owned(),
        Some(Word::Text(name)) => name,
        _ => return Err(wanted()),
    };
    if words.next()? != Some(Word::Sign("=")) {
        return Err(wanted());
    }
    let variable = words.plain()?.ok_or_else(wanted)?;
    Ok((name, variable.strip_prefix('$').unwrap_or(&variable).to_owned()))
}

/// A regular expression, between slashes or in quotation marks.
fn pattern(name: &str, words: &mut Words<'_>) -> Result<String, String> {
    match words.next()? {
        Some(Word::Pattern(pattern)) => regular(pattern.to_owned()),
        Some(Word::Text(pattern)) => regular(pattern),
        Some(Word::Bare(word)) => Err(format!("{} is no pattern: write /{word}/", shown(word))),
        _ => Err(nothing_behind(name)),
    }
}

fn regular(pattern: String) -> Result<String, String> {
    match Regex::new(&pattern) {
        Ok(_) => Ok(pattern),
        Err(_) => Err(format!("{} is no regular expression", shown(&pattern))),
    }
}

/// `p95 < 200`, `"p95 latency" < 200`, `/p95 (\d+)/ < 200`.
fn compare(what: Word<'_>, words: &mut Words<'_>) -> Result<Compare, String> {
    let pattern = match what {
        Word::Bare(name) => number_behind(name),
        Word::Text(name) => number_behind(&name),
        Word::Pattern(pattern) => regular(pattern.to_owned())?,
        Word::Sign(sign) => return Err(format!("nothing stands before {}", shown(sign))),
        Word::Json(value) => return Err(format!("{} is no name", shown(&value.to_string()))),
    };
    compared(pattern, words)
}

fn compared(pattern: String, words: &mut Words<'_>) -> Result<Compare, String> {
    if Regex::new(&pattern).is_ok_and(|regex| regex.captures_len() < 2) {
        return Err(format!("{} has no group (…) for the number", shown(&pattern)));
    }
    let op = match words.next()? {
        Some(Word::Sign("=")) => CompareOp::Equal,
        Some(Word::Sign(sign)) => sign.parse().map_err(|_| format!("{} is no comparison", shown(sign)))?,
        _ => return Err("nothing is compared with the number".to_owned()),
    };
    let number = words.plain()?.ok_or_else(|| nothing_behind(op.as_str()))?;
    let value: f64 = number.parse().map_err(|_| format!("{} is no number", shown(&number)))?;
    if !value.is_finite() {
        return Err(format!("{} is no number", shown(&number)));
    }
    Ok(Compare { pattern, op, value })
}

/// A duration such as `500ms`, `1.5 s`, `2m`; seconds where there is no unit.
fn milliseconds(name: &str, words: &mut Words<'_>) -> Result<u64, String> {
    let text = value(name, words)?;
    let wrong = || format!("{} is no duration: write 500ms or 5s", shown(&text));
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let mut unit = unit.to_owned();
    let mut ahead = *words;
    if unit.is_empty()
        && let Ok(Some(next)) = ahead.plain()
        && ["ms", "s", "m"].contains(&next.as_str())
    {
        (unit, *words) = (next, ahead);
    }
    let factor = match unit.as_str() {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        _ => return Err(wrong()),
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor).ok_or_else(wrong);
    }
    let parts: f64 = number.parse().map_err(|_| wrong())?;
    let value = (parts * factor as f64).round();
    if value.is_finite() && value < u32::MAX.into() { Ok(value as u64) } else { Err(wrong()) }
}
