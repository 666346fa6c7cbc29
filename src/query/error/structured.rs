//! Log lines that are records themselves: JSON and `key=value`. They become the plain lines that they hold.

use serde_json::{Map, Value};

/// Keys whose text may state an error, in lower case.
const MESSAGES: [&str; 16] = [
    "message",
    "msg",
    "error",
    "err",
    "exception",
    "exc_info",
    "stack",
    "stack_trace",
    "stacktrace",
    "log",
    "cause",
    "reason",
    "detail",
    "details",
    "error.message",
    "textpayload",
];
/// Keys that tell how bad it is.
const LEVELS: [&str; 5] = ["level", "lvl", "severity", "levelname", "log.level"];
/// Keys that name the exception which another key explains.
const CLASSES: [&str; 6] = ["type", "name", "class", "exc_type", "error.type", "error_type"];
/// Objects within objects that are read.
const DEEPEST: usize = 4;

/// The lines within a JSON line.
pub(super) fn json(line: &str) -> Option<Vec<String>> {
    let value: Map<String, Value> = serde_json::from_str(line.trim()).ok()?;
    let mut lines = Vec::new();
    collect(&value, DEEPEST, &mut lines);
    Some(lines)
}

fn collect(object: &Map<String, Value>, depth: usize, lines: &mut Vec<String>) {
    let text = |keys: &[&str]| {
        let found = object.iter().find(|(key, value)| value.is_string() && keys.contains(&key.to_lowercase().as_str()));
        found.and_then(|(_, value)| value.as_str())
    };
    let level = text(&LEVELS).map(|level| format!("{}: ", level.to_uppercase())).unwrap_or_default();
    let class = text(&CLASSES).filter(|class| super::class::last_part(class).is_some());
    let mut class = class.map(|class| format!("{class}: ")).unwrap_or_default();
    for (key, value) in object {
        let known = MESSAGES.contains(&key.to_lowercase().as_str());
        match value {
            Value::String(text) if known => {
                let mut first = true;
                for line in text.lines() {
                    let class = std::mem::take(&mut class);
                    let level = if first { level.as_str() } else { "" };
                    lines.push(format!("{level}{class}{line}"));
                    first = false;
                }
            }
            Value::String(text) if matches!(key.as_str(), "code" | "sqlstate" | "errno") => {
                lines.push(format!("code: {text}"));
            }
            Value::Object(inner) if depth > 0 => collect(inner, depth - 1, lines),
            _ => {}
        }
    }
}

/// The lines within a line of `key=value` pairs.
pub(super) fn logfmt(line: &str) -> Option<Vec<String>> {
    if !line.contains('=') {
        return None;
    }
    let marked = ["level=", "lvl=", "severity="].iter().any(|level| line.contains(level));
    if !marked || !["msg=", "message=", "err=", "error="].iter().any(|message| line.contains(message)) {
        return None;
    }
    let pairs = pairs(line);
    let level = pairs.iter().find(|(key, _)| LEVELS.contains(key)).map_or("", |(_, level)| level.as_str());
    let lines = pairs.iter().filter(|(key, _)| MESSAGES.contains(key)).map(|(_, text)| {
        let level = if level.is_empty() { String::new() } else { format!("{}: ", level.to_uppercase()) };
        format!("{level}{text}")
    });
    Some(lines.collect())
}

fn pairs(line: &str) -> Vec<(&str, String)> {
    let mut pairs = Vec::new();
    let mut rest = line;
    while let Some(equals) = rest.find('=') {
        let key = rest[..equals].rsplit(char::is_whitespace).next().unwrap_or_default();
        let behind = &rest[equals + 1..];
        let (value, next) = if let Some(quoted) = behind.strip_prefix('"') {
            unquote(quoted)
        } else {
            let end = behind.find(char::is_whitespace).unwrap_or(behind.len());
            (behind[..end].to_owned(), &behind[end..])
        };
        pairs.push((key, value));
        rest = next;
    }
    pairs
}

/// The text up to the closing quote, and what is behind it.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some(c @ ('n' | 't' | 'r')) => value.extend(['\\', c]),
                Some(c) => value.push(c),
                None => {}
            },
            c => value.push(c),
        }
    }
    (value, chars.as_str())
}

/// The lines of a stack that was written into one line, with `\n` for the line breaks.
pub(super) fn unfold(line: &str) -> Option<Vec<String>> {
    if !line.contains('\\') {
        return None;
    }
    let folded = ["\\n  File ", "\\n\\tat ", "\\n    at ", "\\nTraceback ", "(most recent call last):\\n"];
    folded
        .iter()
        .any(|stack| line.contains(stack))
        .then(|| line.split("\\n").map(|line| line.replace("\\t", "\t").replace("\\\"", "\"")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_within_a_record() {
        let line = r#"{"level":"error","msg":"failed","error":{"type":"ReadTimeout","message":"timed out","code":"ETIMEDOUT"}}"#;
        assert_eq!(json(line).unwrap(), ["code: ETIMEDOUT", "ReadTimeout: timed out", "ERROR: failed"]);
        let line = r#"time=14:05 level=error msg="failed: \"x\"" order=12 err=EOF"#;
        assert_eq!(logfmt(line).unwrap(), ["ERROR: failed: \"x\"", "ERROR: EOF"]);
        assert_eq!(json("{no json"), None);
        assert_eq!(logfmt("a=b"), None);
        assert_eq!(unfold(r#"x\n  File \"a\"\ny"#).unwrap(), ["x", "  File \"a\"", "y"]);
        assert_eq!(unfold(r"C:\new\thing"), None);
    }
}
