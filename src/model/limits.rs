//! What a record may hold at most, and how a refusal is said.

use super::Timestamp;
use std::fmt;

/// What one record may have, and the files and texts that records come from. `docs/security.md` lists what users meet; settings
/// and templates are read before there is a record, and have theirs in `config` and `render`.
pub mod limit {
    /// Bytes in one text field.
    pub const TEXT: usize = 1024 * 1024;
    /// Bytes in a title, a name, an owner, a tag, a path: anything that is one line.
    pub const LINE: usize = 4096;
    /// Bytes in a title.
    pub const TITLE: usize = 500;
    /// Tags of a change.
    pub const TAGS: usize = 64;
    /// Files of a change.
    pub const FILES: usize = 4096;
    /// Commands of a change.
    pub const COMMANDS: usize = 256;
    /// Entries of every other list.
    pub const ENTRIES: usize = 256;
    /// Bytes of one record in its JSON form: all fields together.
    pub const RECORD: usize = 8 * 1024 * 1024;

    /// Bytes of one record as it is read, a line of JSON or a row of CSV: there is room for how it is written.
    pub const INPUT: usize = 2 * RECORD;
    /// Bytes of a record or runbook as Markdown; no text grows this much in TOML.
    pub const MARKDOWN: u64 = 8 * RECORD as u64;
    /// Bytes of a changelog that is imported.
    pub const CHANGELOG: u64 = 16 << 20;
    /// Bytes of a changelog that is written into.
    pub const OWN_CHANGELOG: u64 = 64 << 20;
    /// Bytes of another tool's settings.
    pub const FOREIGN_SETTINGS: u64 = 1 << 20;
    /// Bytes of a file whose lines are looked up in git.
    pub const SOURCE: u64 = 16 << 20;
    /// Bytes of CODEOWNERS, as on GitHub.
    pub const OWNERS: u64 = 3 << 20;
    /// Bytes of a checklist.
    pub const CHECKLIST: u64 = 256 << 10;
    /// Bytes of the list of what is trusted.
    pub const TRUST: u64 = 16 << 20;
    /// Bytes of a style sheet of one's own.
    pub const STYLES: u64 = 1 << 20;
    /// Bytes of another file that is published beside the pages.
    pub const ASSET: u64 = 8 << 20;
    /// Bytes of an answer or an output that are compared with what is expected.
    pub const ANSWER: usize = 8 << 20;
    /// Words of a query: the parts of phrases and identifiers counted each, and conditions.
    pub const TERMS: usize = 64;
    /// Parentheses and saved searches of a query that may stand in each other.
    pub const NESTED: usize = 32;
}

/// One thing wrong with a draft: which field, and the rule it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The field by its JSON path, for instance `metrics[1].before`.
    pub field: String,
    /// The rule, for instance `must be one line`.
    pub rule: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.rule)
    }
}

/// A draft that breaks rules: all of them, in the order of the fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Invalid {
    /// What is wrong; never empty.
    pub refusals: Vec<Refusal>,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, refusal) in self.refusals.iter().enumerate() {
            write!(f, "{}{refusal}", if n == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

/// Collects refusals while a draft is read.
#[derive(Debug, Default)]
pub(super) struct Rules {
    refusals: Vec<Refusal>,
}

impl Rules {
    /// Notes that `field` breaks `rule`.
    pub(super) fn refuse(&mut self, field: &str, rule: impl Into<String>) {
        self.refusals.push(Refusal { field: field.to_owned(), rule: rule.into() });
    }

    /// `value` when nothing was refused.
    pub(super) fn finish<T>(self, value: T) -> Result<T, Invalid> {
        if self.refusals.is_empty() { Ok(value) } else { Err(Invalid { refusals: self.refusals }) }
    }

    /// A text of several lines: at most [`limit::TEXT`] bytes and no NUL. An empty text is an absent one.
    pub(super) fn text(&mut self, field: &str, value: Option<String>) -> Option<String> {
        let value = value.filter(|text| !text.is_empty())?;
        if value.len() > limit::TEXT {
            self.refuse(field, format!("has {} bytes, at most {} (1 MiB) are kept", value.len(), limit::TEXT));
        }
        self.no_nul(field, &value);
        Some(value)
    }

    /// A text of one line, without the white space around it. An empty one is an absent one.
    pub(super) fn line(&mut self, field: &str, value: Option<String>) -> Option<String> {
        let value = value?;
        let trimmed = value.trim();
        if trimmed.is_empty() {
            return None;
        }
        if trimmed.len() > limit::LINE {
            self.refuse(field, format!("has {} bytes, at most {} are kept", trimmed.len(), limit::LINE));
        }
        if trimmed.contains(['\n', '\r']) {
            self.refuse(field, "must be one line");
        }
        self.no_nul(field, trimmed);
        Some(trimmed.to_owned())
    }

    /// A line that must be there.
    pub(super) fn required(&mut self, field: &str, value: Option<String>) -> String {
        self.line(field, value).unwrap_or_else(|| {
            self.refuse(field, "is missing");
            String::new()
        })
    }

    /// A list of lines without empty ones and repetitions, at most `most` of them.
    pub(super) fn lines(&mut self, field: &str, values: Vec<String>, most: usize) -> Vec<String> {
        self.count(field, values.len(), most);
        let mut kept = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for (n, value) in values.into_iter().take(most).enumerate() {
            if let Some(line) = self.line(&format!("{field}[{n}]"), Some(value))
                && seen.insert(line.clone())
            {
                kept.push(line);
            }
        }
        kept
    }

    /// Refuses more than `most` entries.
    pub(super) fn count(&mut self, field: &str, count: usize, most: usize) {
        if count > most {
            self.refuse(field, format!("has {count} entries, at most {most} are kept"));
        }
    }

    /// Refuses infinity and what is not a number.
    pub(super) fn finite(&mut self, field: &str, value: Option<f64>) -> Option<f64> {
        if value.is_some_and(|number| !number.is_finite()) {
            self.refuse(field, "must be a finite number");
        }
        value
    }

    /// Refuses a time before 1970, which no clock that is set says.
    pub(super) fn since_1970(&mut self, field: &str, at: Timestamp) -> Timestamp {
        if !at.is_since_1970() {
            self.refuse(field, format!("is {}, before 1970", at.day()));
        }
        at
    }

    fn no_nul(&mut self, field: &str, value: &str) {
        if let Some(offset) = value.find('\0') {
            self.refuse(field, format!("has a NUL byte at offset {offset}"));
        }
    }
}
