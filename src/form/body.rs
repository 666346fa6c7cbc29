//! What stands below a heading: free text, bullets, and commands in fences. Reading and writing are kept side by side.

use serde::Deserialize;

use super::section::Line;
use super::{FormError, front, toml_text};
use crate::markup::{Fence, marks_around};
use crate::model::{CheckDraft, CommandRun, InputError, MetricDraft, read_strict};

/// The lines as they stand, without blank ones at start and end; `None` when nothing is left.
pub(super) fn free_text(lines: &[Line<'_>]) -> Option<String> {
    let blank = |line: &Line<'_>| line.text.trim().is_empty();
    let start = lines.iter().position(|line| !blank(line))?;
    let end = lines.iter().rposition(|line| !blank(line))? + 1;
    Some(lines[start..end].iter().map(|line| line.text).collect::<Vec<_>>().join("\n"))
}

/// One entry of a list and where it stands.
#[derive(Debug, PartialEq)]
pub(super) struct Bullet {
    pub(super) number: usize,
    pub(super) text: String,
}

/// Reads `- ` entries; a line that goes on is indented by two spaces. White space around an entry is dropped.
pub(super) fn bullets(lines: &[Line<'_>]) -> Result<Vec<Bullet>, FormError> {
    let mut bullets: Vec<Bullet> = Vec::new();
    for line in lines {
        let text = line.text;
        let start = text.strip_prefix("- ").or_else(|| text.strip_prefix("* ")).or((text == "-").then_some(""));
        if let Some(start) = start {
            bullets.push(Bullet { number: line.number, text: start.to_owned() });
            continue;
        }
        match (bullets.last_mut(), text.strip_prefix("  ")) {
            (Some(bullet), Some(more)) => {
                bullet.text.push('\n');
                bullet.text.push_str(more);
            }
            (Some(bullet), None) if text.trim().is_empty() => bullet.text.push('\n'),
            (None, _) if text.trim().is_empty() => {}
            _ => {
                let rule = "write `- ` in front of an entry, or two spaces in front of a line that goes on";
                return Err(FormError::new(line.number, rule));
            }
        }
    }
    for bullet in &mut bullets {
        bullet.text = bullet.text.trim().to_owned();
    }
    bullets.retain(|bullet| !bullet.text.is_empty());
    Ok(bullets)
}

/// One entry as [`bullets`] reads it.
pub(super) fn bullet(text: &str) -> String {
    let mut out = String::from("- ");
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            out.push_str(if line.is_empty() { "\n" } else { "\n  " });
        }
        out.push_str(line);
    }
    out + "\n"
}

/// A metric in its text form, with the direction only where the draft has one.
pub(super) fn metric(draft: &MetricDraft) -> String {
    let better = draft.better.unwrap_or(crate::model::Direction::Lower);
    let (name, unit) = (draft.name.clone(), draft.unit.clone());
    let metric = crate::model::Metric { name, unit, before: draft.before, after: draft.after, better };
    let text = metric.to_string();
    match draft.better {
        Some(_) => text,
        None => text.trim_end_matches(" (lower)").to_owned(),
    }
}

/// Reads metrics in their text form.
pub(super) fn metrics(lines: &[Line<'_>]) -> Result<Vec<MetricDraft>, FormError> {
    let read = |bullet: Bullet| {
        let one_line = !bullet.text.contains('\n');
        let parsed = bullet.text.parse::<MetricDraft>();
        let parsed = parsed.map_err(|error| FormError::new(bullet.number, error.to_string()))?;
        if one_line { Ok(parsed) } else { Err(FormError::new(bullet.number, "a metric is one line: join them")) }
    };
    bullets(lines)?.into_iter().map(read).collect()
}

/// A fence with its content.
struct Fenced<'a> {
    number: usize,
    info: &'a str,
    content: String,
}

/// Takes the fence off the start of `lines`; `None` when they begin with something else.
fn take_fence<'a>(lines: &mut &[Line<'a>]) -> Result<Option<Fenced<'a>>, FormError> {
    let Some((number, fence)) = lines.first().and_then(|line| Some((line.number, Fence::open(line.text)?))) else {
        return Ok(None);
    };
    let Some(end) = lines[1..].iter().position(|line| fence.is_closed_by(line.text)) else {
        return Err(FormError::new(number, "this fence is not closed: add a line of ``` behind its content"));
    };
    let content: Vec<_> = lines[1..=end].iter().map(|line| fence.content(line.text)).collect();
    *lines = &lines[end + 2..];
    Ok(Some(Fenced { number, info: fence.info, content: content.join("\n") }))
}

fn skip_blank(lines: &mut &[Line<'_>]) {
    while lines.first().is_some_and(|line| line.text.trim().is_empty()) {
        *lines = &lines[1..];
    }
}

fn fenced(info: &str, content: &str) -> String {
    let marks = marks_around(content);
    let end = if content.is_empty() { "" } else { "\n" };
    format!("{marks}{info}\n{content}{end}{marks}\n")
}

/// What stands between braces behind `sh`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attributes {
    cwd: Option<String>,
    exit: Option<i32>,
    seconds: Option<f64>,
    expect: Option<String>,
}

fn attributes(fence: &Fenced<'_>) -> Result<Attributes, FormError> {
    match fence.info.find('{') {
        None => Ok(Attributes::default()),
        Some(at) => front::read_inline(&fence.info[at..]).map_err(|rule| {
            let rule =
                format!("{rule}; behind ```sh stands {{ cwd = \"…\", exit = 0, seconds = 1.5, expect = \"…\" }}");
            FormError::new(fence.number, rule)
        }),
    }
}

/// Reads commands: a note, then the command in a fence, again and again.
pub(super) fn commands(lines: &[Line<'_>]) -> Result<Vec<CommandRun>, FormError> {
    let mut commands = Vec::new();
    let mut rest = lines;
    while let Some(at) = rest.iter().position(|line| Fence::open(line.text).is_some()) {
        let note = free_text(&rest[..at]);
        rest = &rest[at..];
        let Some(fence) = take_fence(&mut rest)? else { break };
        let Attributes { cwd, exit, seconds, expect } = attributes(&fence)?;
        commands.push(CommandRun { run: fence.content, note, expect, cwd, exit, seconds });
    }
    skip_blank(&mut rest);
    match rest.first() {
        None => Ok(commands),
        Some(line) => {
            Err(FormError::new(line.number, "this note has no command: write one below it, in a ```sh fence"))
        }
    }
}

/// One command as [`commands`] reads it.
pub(super) fn command(command: &CommandRun) -> String {
    let quoted = |text: &Option<String>| text.as_deref().map(toml_text::line);
    let attributes = toml_text::table([
        ("cwd", quoted(&command.cwd)),
        ("exit", command.exit.map(|code| code.to_string())),
        ("seconds", command.seconds.map(toml_text::float)),
        ("expect", quoted(&command.expect)),
    ]);
    // The information behind a backtick fence cannot hold a backtick.
    let attributes = attributes.replace('`', "\\u0060");
    let info = if attributes == "{}" { "sh".to_owned() } else { format!("sh {attributes}") };
    let note = command.note.as_ref().map(|note| format!("{note}\n\n")).unwrap_or_default();
    note + &fenced(&info, &command.run)
}

/// Reads the way back: its command in a fence, then what to know before running it.
pub(super) fn rollback(lines: &[Line<'_>]) -> Result<(Option<String>, Option<String>), FormError> {
    let mut rest = lines;
    skip_blank(&mut rest);
    let fence = take_fence(&mut rest)?;
    if let Some(fence) = fence.as_ref().filter(|fence| fence.info.contains('{')) {
        return Err(FormError::new(fence.number, "a rollback command has no attributes: take the { … } away"));
    }
    Ok((fence.map(|fence| fence.content).filter(|command| !command.is_empty()), free_text(rest)))
}

/// The way back as [`rollback`] reads it.
pub(super) fn rollback_text(command: Option<&str>, note: Option<&str>) -> String {
    let command = command.map(|command| fenced("sh", command));
    let note = note.map(|note| format!("{note}\n"));
    [command, note].into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Reads checks: each a JSON object in a fence.
pub(super) fn checks(lines: &[Line<'_>]) -> Result<Vec<CheckDraft>, FormError> {
    let mut checks = Vec::new();
    let mut rest = lines;
    loop {
        skip_blank(&mut rest);
        let Some(first) = rest.first() else { return Ok(checks) };
        let Some(fence) = take_fence(&mut rest)? else {
            return Err(FormError::new(first.number, "a check is a JSON object in a ```json fence: put it into one"));
        };
        let check = read_strict(&fence.content).map_err(|InputError { path, line, rule, .. }| {
            FormError::new(fence.number + line, format!("{}; correct the check", front::said(&path, &rule)))
        })?;
        checks.push(check);
    }
}

/// The fields of a check in the order people read them; a test holds that none is missing.
const CHECK_FIELDS: [&str; 17] = [
    "name",
    "kind",
    "method",
    "url",
    "headers",
    "body",
    "status",
    "json",
    "run",
    "cwd",
    "shell",
    "exit",
    "contains",
    "matches",
    "compare",
    "max_ms",
    "timeout_s",
];

/// One check as [`checks`] reads it: the fields that are there.
pub(super) fn check(check: &CheckDraft) -> String {
    let value = serde_json::to_value(check).unwrap_or_default();
    let entries: Vec<_> = CHECK_FIELDS
        .into_iter()
        .filter_map(|name| Some((name, value.get(name).filter(|value| !value.is_null())?)))
        .filter(|(name, value)| !(*name == "headers" && value.as_object().is_some_and(serde_json::Map::is_empty)))
        .map(|(name, value)| {
            let value = serde_json::to_string_pretty(value).unwrap_or_default();
            format!("  \"{name}\": {}", value.replace('\n', "\n  "))
        })
        .collect();
    fenced("json", &format!("{{\n{}\n}}", entries.join(",\n")))
}

#[cfg(test)]
mod tests {
    use super::super::section::lines;
    use super::*;

    #[test]
    fn every_field_of_a_check_is_written() {
        let value = serde_json::to_value(CheckDraft::default()).unwrap();
        for name in value.as_object().unwrap().keys() {
            assert!(CHECK_FIELDS.contains(&name.as_str()), "{name}");
        }
    }

    #[test]
    fn bullets_go_on_by_two_spaces() {
        let read = bullets(&lines("\n- a\n\n  b\n    c\n\n* d\n-\n")).unwrap();
        let texts: Vec<_> = read.iter().map(|bullet| bullet.text.as_str()).collect();
        assert_eq!(texts, ["a\n\nb\n  c", "d"]);
        assert_eq!(bullet("a\n\nb\n  c"), "- a\n\n  b\n    c\n");
        assert!(bullets(&lines("- a\nb")).is_err());
    }

    #[test]
    fn a_fence_is_longer_than_those_inside() {
        let run = "cat <<EOF\n```sh\nls\n```\nEOF";
        let written = command(&CommandRun { run: run.into(), ..CommandRun::default() });
        assert!(written.starts_with("````sh\n"), "{written}");
        assert_eq!(commands(&lines(&written)).unwrap()[0].run, run);
    }

    #[test]
    fn what_is_wrong_in_a_section_is_said_with_a_way_out() {
        let said = |result: Result<Vec<CommandRun>, FormError>| result.unwrap_err().to_string();
        assert!(said(commands(&lines("```sh\nls"))).contains("add a line of ```"));
        assert!(said(commands(&lines("a note"))).contains("has no command"));
        let unknown = said(commands(&lines("```sh { exti = 0 }\nls\n```")));
        assert!(unknown.contains("exti is not a field shipnote knows; behind ```sh stands"), "{unknown}");
        assert!(checks(&lines("{}")).unwrap_err().to_string().contains("```json"));
        assert!(metrics(&lines("- fast")).unwrap_err().to_string().contains("write it like"));
        assert!(rollback(&lines("```sh { exit = 0 }\nls\n```")).is_err());
    }
}
