//! Error text line by line, in memory that does not grow with it.

use std::cmp::Reverse;
use std::collections::HashMap;

use memchr::memmem;

use super::class;
use super::clean::{self, cut};
use super::features::{self, Stated};
use super::frame::{self, Frame};
use super::headline::{self, Candidate, weight};
use super::prefix::{self, Stripped};
use super::structured;
use super::template::{fingerprint, is_telling, template};
use super::words::{Signs, signs};
use super::{ErrorText, Headline};

/// Headlines that are given back.
pub(super) const MOST_HEADLINES: usize = 32;
/// Headlines after which the least telling are forgotten, and how many stay then.
const MOST_KEPT: usize = 512;
const KEPT: usize = 256;
/// Bytes of the text of a headline.
const LONGEST_TEXT: usize = 600;
/// Bytes of a line that is one JSON object: its stack is inside.
const LONGEST_JSON: usize = 256 * 1024;
/// Frames of one stack, and of all.
const MOST_FRAMES: usize = 64;
/// Codes that stand outside of headlines.
const MOST_CODES: usize = 16;
/// Lines after `Traceback` in which the exception must come.
const LONGEST_TRACEBACK: u32 = 2_000;
/// What stands before the message or the place of a panic.
const PANICKED: &str = "panicked at ";
/// Lines of causes after a bare `Caused by:`.
const MOST_CAUSES: u32 = 32;

/// Reads error text line by line. Memory is bounded whatever is read: of many headlines the most telling and latest stay.
///
/// ```
/// let mut reader = shipnote::query::ErrorReader::default();
/// reader.line(b"2026-11-20 14:05:03 ERROR orders.api: ReadTimeout: timed out after 30 s");
/// assert_eq!(reader.finish().headlines[0].template, "ReadTimeout: timed out after <n>");
/// ```
#[derive(Debug, Default)]
pub struct ErrorReader {
    entries: HashMap<String, Entry>,
    /// Headlines stated so far, the same ones too.
    stated: u64,
    state: State,
    /// The stack that is being read.
    stack: Vec<Frame>,
    /// Those before, the latest first, each with the innermost first.
    frames: Vec<Frame>,
    codes: Vec<String>,
}

#[derive(Debug)]
struct Entry {
    text: String,
    class: Option<String>,
    weight: u32,
    /// Which of the headlines stated it was last.
    last: u64,
}

/// What earlier lines say of the next.
#[derive(Debug, Default)]
struct State {
    /// Lines left in which a traceback of Python ends with its exception.
    traceback: u32,
    /// The message of a panic is in the next line.
    panicked: bool,
    /// Lines left that may be causes.
    causes: u32,
    /// The template of the exception whose stack follows.
    exception: Option<String>,
}

impl State {
    fn is_waiting(&self) -> bool {
        self.traceback > 0 || self.panicked || self.causes > 0
    }
}

impl ErrorReader {
    /// Reads one line, with or without its line break.
    pub fn line(&mut self, line: &[u8]) {
        let object = line.trim_ascii_start().starts_with(b"{");
        if object && line.len() <= LONGEST_JSON {
            let text = clean::line(line, LONGEST_JSON);
            if let Some(lines) = structured::json(&text) {
                for line in lines {
                    self.text(cut(&line, clean::LONGEST_LINE));
                }
                return;
            }
        }
        self.text(&clean::line(line, clean::LONGEST_LINE));
    }

    /// Whether a line of plain text, or a part of it, may tell something.
    pub(super) fn may_read(&self, line: &str) -> bool {
        let signs = signs(line);
        signs.any || signs.frame || self.state.is_waiting()
    }

    /// What was read.
    pub fn finish(mut self) -> ErrorText {
        self.end_stack();
        let entries = most_telling(self.entries);
        let stated: Vec<Stated<'_>> = entries
            .iter()
            .map(|(template, entry)| Stated { text: &entry.text, template, class: entry.class.as_deref() })
            .collect();
        let features = features::features(&stated, &self.frames, &self.codes);
        let headlines = entries
            .into_iter()
            .map(|(template, entry)| Headline { text: entry.text, fingerprint: fingerprint(&template), template })
            .collect();
        ErrorText { headlines, features }
    }

    /// The fingerprints of the headlines that [`Self::finish`] would give back.
    pub(super) fn fingerprints(self) -> impl Iterator<Item = String> {
        most_telling(self.entries).into_iter().map(|(template, _)| fingerprint(&template))
    }

    /// A line that may hold others.
    fn text(&mut self, line: &str) {
        match structured::unfold(line).or_else(|| structured::logfmt(line)) {
            Some(lines) => lines.iter().for_each(|line| match structured::unfold(line) {
                Some(lines) => lines.iter().for_each(|line| self.plain(line)),
                None => self.plain(line),
            }),
            None => self.plain(line),
        }
    }

    fn plain(&mut self, line: &str) {
        let signs = signs(line);
        let waiting = self.state.is_waiting();
        if !(signs.any || signs.frame || waiting) {
            return;
        }
        let stripped = prefix::strip(line);
        // It is among the noise of `data/errors.toml`.
        if signs.noise && line.contains("Traceback (most recent call last)") {
            self.end_stack();
            self.state = State { traceback: LONGEST_TRACEBACK, ..State::default() };
        } else if stripped.rest.trim_end() == "Caused by:" {
            self.state.causes = MOST_CAUSES;
        } else if let Some(frame) = Some(stripped.rest).filter(|_| signs.frame).and_then(frame::frame) {
            self.frame(frame);
        } else {
            let taken = (waiting && self.continued(&stripped)) || self.panic(&stripped);
            if !taken {
                self.message(&stripped, signs);
            }
        }
    }

    /// A line that stands for itself.
    fn message(&mut self, line: &Stripped<'_>, signs: Signs) {
        if signs.any {
            self.codes(line.rest);
        }
        if let Some(file) = line.file.and_then(frame::base_name) {
            self.push_frame(Frame { function: None, file: Some(file), library: false, innermost_last: false });
        }
        self.keep_all(headline::candidates(line, signs));
    }

    /// A line that an earlier one announced.
    fn continued(&mut self, line: &Stripped<'_>) -> bool {
        let text = line.rest.trim();
        if self.state.panicked && !text.is_empty() {
            self.state.panicked = false;
            self.keep(text, text, weight::PANIC, None);
            return true;
        }
        if self.state.causes > 0 {
            self.state.causes -= 1;
            let numbered = text.split_once(": ").filter(|(n, _)| n.bytes().all(|byte| byte.is_ascii_digit()));
            if line.indented && !text.is_empty() {
                let text = numbered.map_or(text, |(_, text)| text);
                self.keep(text, text, weight::CAUSE, None);
                return true;
            }
            if !text.is_empty() {
                self.state.causes = 0;
            }
        }
        if self.state.traceback > 0 {
            self.state.traceback -= 1;
            // Indented lines are the source of the frames.
            if line.indented {
                return true;
            }
            if let Some((name, message)) = exception(text).filter(|_| line.level.is_none()) {
                self.state.traceback = 0;
                self.end_stack();
                let candidates = headline::of_traceback(text, name, message);
                self.keep_all(candidates);
                return true;
            }
        }
        false
    }

    /// `thread 'main' panicked at src/main.rs:4:5:` with the message in the next line, or `panicked at 'message', src/…`.
    fn panic(&mut self, line: &Stripped<'_>) -> bool {
        let Some(at) = memmem::find(line.rest.as_bytes(), PANICKED.as_bytes()) else { return false };
        let behind = &line.rest[at + PANICKED.len()..];
        self.end_stack();
        let (message, place) = match behind.strip_prefix('\'') {
            Some(old) => old.rsplit_once("', ").unwrap_or((old, "")),
            None => ("", behind),
        };
        if message.is_empty() {
            self.state.panicked = true;
        } else {
            self.keep(message, message, weight::PANIC, None);
        }
        if let Some(file) = frame::base_name(place.trim()) {
            self.push_frame(Frame {
                function: None,
                file: Some(file),
                library: place.starts_with("/rustc/"),
                innermost_last: false,
            });
        }
        true
    }

    fn keep_all(&mut self, candidates: Vec<Candidate<'_>>) {
        for (place, Candidate { text, source, weight, class }) in candidates.into_iter().enumerate() {
            let begins_stack = place == 0 && (class.is_some() || weight >= weight::PANIC);
            if begins_stack {
                self.end_stack();
            }
            let template = self.keep(text, &source, weight, class);
            if begins_stack {
                self.state.exception = template;
            }
        }
    }

    /// Keeps a headline; returns its template.
    fn keep(&mut self, text: &str, source: &str, weight: u32, class: Option<&str>) -> Option<String> {
        let template = template(source);
        if !is_telling(&template, class) {
            return None;
        }
        self.stated += 1;
        let last = self.stated;
        if let Some(entry) = self.entries.get_mut(&template) {
            entry.weight = entry.weight.max(weight);
            entry.last = last;
            return Some(template);
        }
        if self.entries.len() >= MOST_KEPT {
            let mut entries: Vec<(String, Entry)> = self.entries.drain().collect();
            sort(&mut entries);
            entries.truncate(KEPT);
            self.entries.extend(entries);
        }
        let entry =
            Entry { text: cut(text, LONGEST_TEXT).trim().to_owned(), class: class.map(str::to_owned), weight, last };
        self.entries.insert(template.clone(), entry);
        Some(template)
    }

    fn frame(&mut self, frame: Frame) {
        if !frame.innermost_last
            && let Some(exception) = self.state.exception.take()
            && let Some(entry) = self.entries.get_mut(&exception)
        {
            entry.weight = (entry.weight + weight::STACK).min(weight::CAUSE.max(entry.weight));
        }
        self.push_frame(frame);
    }

    fn push_frame(&mut self, frame: Frame) {
        // The innermost frames of a deep recursion are the first or the last ones.
        if self.stack.len() >= MOST_FRAMES {
            if !frame.innermost_last {
                return;
            }
            self.stack.remove(0);
        }
        self.stack.push(frame);
    }

    fn end_stack(&mut self) {
        self.state.exception = None;
        if self.stack.is_empty() {
            return;
        }
        let mut stack = std::mem::take(&mut self.stack);
        if stack.iter().any(|frame| frame.innermost_last) {
            stack.reverse();
        }
        stack.append(&mut self.frames);
        stack.truncate(MOST_FRAMES);
        self.frames = stack;
    }

    fn codes(&mut self, text: &str) {
        for code in features::codes(text) {
            if self.codes.len() < MOST_CODES && !self.codes.contains(&code) {
                self.codes.push(code);
            }
        }
    }
}

/// What is given back of the headlines, in order.
fn most_telling(entries: HashMap<String, Entry>) -> Vec<(String, Entry)> {
    let mut entries: Vec<(String, Entry)> = entries.into_iter().collect();
    sort(&mut entries);
    entries.truncate(MOST_HEADLINES);
    entries
}

/// The most telling first; of those that are as telling, the latest.
fn sort(entries: &mut [(String, Entry)]) {
    entries.sort_unstable_by_key(|(_, entry)| Reverse((entry.weight, entry.last)));
}

/// The exception that ends a traceback, whatever its name ends with: its qualified name and its message.
fn exception(line: &str) -> Option<(&str, &str)> {
    let end = line.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(line.len());
    let (qualified, behind) = line.split_at(end);
    let name = qualified.rsplit('.').next()?;
    let message = if behind.is_empty() { "" } else { behind.strip_prefix(':')? };
    let spaced = message.is_empty() || message.starts_with(' ');
    let named = name.starts_with(char::is_uppercase) || class::last_part(qualified).is_some();
    (named && spaced).then_some((name, message.trim()))
}
