//! Which part of a line states an error, and how telling it is.

use std::borrow::Cow;

use super::chunk;
use super::class::{self, Class};
use super::prefix::Stripped;
use super::words::{Level, Signs, WORDS, message_end};

/// Exceptions read from one line.
const MOST_CLASSES: usize = 4;

/// How telling a headline is; higher comes first.
pub(super) mod weight {
    pub(in super::super) const PANIC: u32 = 196;
    pub(in super::super) const TRACEBACK: u32 = 194;
    pub(in super::super) const CAUSE: u32 = 192;
    /// Added to an exception that is followed by its stack.
    pub(in super::super) const STACK: u32 = 8;
    pub(super) const CODE: u32 = 188;
    pub(super) const CLASS: u32 = 182;
    pub(super) const INNER_CLASS: u32 = 178;
    pub(super) const OPENED: u32 = 175;
    pub(super) const MARKER: u32 = 170;
    pub(super) const FATAL: u32 = 162;
    pub(super) const ERROR: u32 = 150;
    pub(super) const STATUS: u32 = 145;
    pub(super) const ACCESS: u32 = 130;
    pub(super) const WARNING: u32 = 120;
    pub(super) const WRAPPER: u32 = 15;
    pub(super) const LOW: u32 = 30;
}

/// A part of a line that states an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate<'a> {
    /// As it stands in the line.
    pub(super) text: &'a str,
    /// What its template is made from.
    pub(super) source: Cow<'a, str>,
    /// How telling it is.
    pub(super) weight: u32,
    /// The exception, without its module.
    pub(super) class: Option<&'a str>,
}

/// What a line states, the whole before what is in it.
pub(super) fn candidates<'a>(line: &Stripped<'a>, signs: Signs) -> Vec<Candidate<'a>> {
    let rest = unwrapped(line.rest.trim_end());
    if signs.noise || rest.is_empty() || is_source_code(rest) {
        return Vec::new();
    }
    if let Some(status) = http_status(rest) {
        return status.into_iter().collect();
    }
    let lowered = match line.level {
        Some(Level::Low) => weight::LOW,
        Some(Level::Warning) => weight::WRAPPER,
        _ => 0,
    };
    let classes = class::classes(rest, MOST_CLASSES);
    if !classes.is_empty() {
        let caused = line.opener.is_some_and(|opener| opener.to_lowercase().contains("cause"));
        let candidates = classes.into_iter().filter_map(|class| of_class(rest, class, caused));
        return candidates.map(|found| Candidate { weight: found.weight - lowered, ..found }).collect();
    }
    let level = if rest.len() < line.rest.trim_end().len() { Some(Level::Fatal) } else { line.level };
    let weight = match (line.opener, level) {
        _ if is_coded(rest) => weight::CODE,
        (Some(opener), _) if opener.starts_with("panic") => weight::PANIC,
        (Some(_), _) => weight::OPENED,
        _ if signs.marker => weight::MARKER - lowered,
        (_, Some(Level::Fatal)) => weight::FATAL,
        (_, Some(Level::Error)) => weight::ERROR,
        _ => return Vec::new(),
    };
    vec![Candidate { text: rest, source: Cow::Borrowed(message(rest)), weight, class: None }]
}

/// The message that another program reported: `psql:load.sql:12: ERROR:  …`, `http: panic serving 10.0.0.7:51234: …`.
fn unwrapped(line: &str) -> &str {
    let levels = [" ERROR", " FATAL", " PANIC"];
    let colons = || line.match_indices(": ").map(|(at, _)| at);
    let reported = colons().find(|at| levels.iter().any(|level| line[..*at].ends_with(level)));
    let serving = || line.starts_with("http: panic serving ").then(|| colons().nth(1)).flatten();
    reported.or_else(serving).map_or(line, |at| line[at + 1..].trim())
}

/// An exception that is stated in a line.
fn of_class<'a>(line: &'a str, class: Class<'a>, caused: bool) -> Option<Candidate<'a>> {
    let Class { start, name, end, call, .. } = class;
    let message = message(class.message);
    let generic = class::is_generic(name);
    // `429 Client Error: …` is a phrase.
    let begins = start == 0 || line[..start].trim_end().ends_with([':', '(', '{', '[', '|', '=', '>', '-']);
    if generic && (message.is_empty() || call || !begins) {
        return None;
    }
    let weight = match () {
        () if name.ends_with("Warning") && !WORDS.wrappers.iter().any(|wrapper| wrapper == name) => weight::WARNING,
        () if start == 0 && caused => weight::CAUSE,
        () if start == 0 => weight::CLASS,
        () => weight::INNER_CLASS,
    };
    let wrapper = WORDS.wrappers.iter().any(|wrapper| wrapper == name);
    let source = match () {
        () if generic => Cow::Borrowed(message),
        () if message.is_empty() => Cow::Borrowed(name),
        () => Cow::Owned(format!("{name}: {message}")),
    };
    Some(Candidate {
        text: &line[start..end],
        source,
        weight: if wrapper { weight - weight::WRAPPER } else { weight },
        class: (!generic).then_some(name),
    })
}

/// A message without what was logged with it, what caused it, and the number of the operating system in front.
fn message(text: &str) -> &str {
    let mut text = text[..message_end(text)].trim();
    for number in ["[Errno ", "[WinError "] {
        if let Some((_, message)) = text.strip_prefix(number).and_then(|rest| rest.split_once("] ")) {
            text = message;
        }
    }
    text
}

/// `HTTP/1.1 502 Bad Gateway`, `502 Bad Gateway`, and the line of an access log; `Some(None)` for a status that is no error.
fn http_status(line: &str) -> Option<Option<Candidate<'_>>> {
    let (behind, weight) = if let Some(rest) = line.strip_prefix("HTTP/") {
        (rest.split_once(' ')?.1, weight::STATUS)
    } else if line.contains('"')
        && let Some(at) = line.find(" HTTP/")
    {
        let quote = line[at..].find("\" ")?;
        (&line[at + quote + 2..], weight::ACCESS)
    } else {
        let plain = line.trim_start_matches("<title>").trim_start_matches("<h1>");
        let reason = plain.get(4..).filter(|_| plain.as_bytes().get(3) == Some(&b' '))?;
        let alone = |known: &String| {
            reason.strip_prefix(known.as_str()).is_some_and(|end| end.is_empty() || end.starts_with('<'))
        };
        WORDS.http_reasons.iter().any(alone).then_some(())?;
        (plain, weight::STATUS)
    };
    let digits = behind.get(..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let ended = !behind[3..].starts_with(|c: char| c.is_alphanumeric());
    let least = if weight == weight::ACCESS { "500" } else { "400" };
    let is_error = ended && (least..="599").contains(&digits);
    let source = Cow::Owned(format!("HTTP {digits}"));
    Some(is_error.then_some(Candidate { text: line, source, weight, class: None }))
}

/// Whether the message begins with the code of an error: `error[E0382]: `, `error TS2345: `, `curl: (28) `, `ORA-00001: `.
fn is_coded(message: &str) -> bool {
    let code = message.strip_prefix("error[").or_else(|| message.strip_prefix("error ")).unwrap_or(message);
    let end = code.find([':', ']', ' ']).unwrap_or(code.len());
    chunk::is_code(&code[..end]) || message.starts_with("curl: (")
}

/// Lines of source code that stand in a message of a compiler or in a stack.
fn is_source_code(line: &str) -> bool {
    let numbered = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with("| ");
    let digits = line.starts_with(|c: char| c.is_ascii_digit());
    let statement =
        ["raise ", "throw ", "except ", "catch ", "return ", "import ", "from ", "} catch", "self.", "def ", "class "];
    (digits && numbered) || statement.iter().any(|start| line.starts_with(start))
}

/// What the last line of a traceback states: its exception, and what that one holds.
pub(super) fn of_traceback<'a>(line: &'a str, name: &'a str, text: &'a str) -> Vec<Candidate<'a>> {
    let class = Class { start: 0, name, message: text, end: line.len(), call: false };
    let whole = of_class(line, class, false).map(|found| {
        let wrapper = WORDS.wrappers.iter().any(|wrapper| wrapper == name);
        let weight = if wrapper { weight::TRACEBACK - weight::WRAPPER } else { weight::TRACEBACK };
        Candidate { weight, ..found }
    });
    let inner = class::classes(text, MOST_CLASSES).into_iter().filter_map(|class| of_class(text, class, false));
    let inner = inner.map(|found| Candidate { weight: weight::INNER_CLASS, ..found });
    whole.into_iter().chain(inner).collect()
}
