//! The words of a line.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Characters of a word that a message repeats.
const SHOWN: usize = 40;

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word<'t> {
    /// Up to white space, a sign or a quotation mark.
    Bare(&'t str),
    /// In quotation marks.
    Text(String),
    /// Between slashes.
    Pattern(&'t str),
    /// `<`, `<=`, `=`, …
    Sign(&'t str),
    /// An object or a list.
    Json(Value),
}

/// What is left of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'t> {
    pub(super) rest: &'t str,
}

impl<'t> Words<'t> {
    /// The next word; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Word<'t>>, String> {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        Ok(Some(match first {
            '"' => Word::Text(self.json()?),
            '{' | '[' => Word::Json(self.json()?),
            '/' => Word::Pattern(self.pattern()?),
            '<' | '>' | '=' | '!' => {
                let length = 1 + usize::from(self.rest[1..].starts_with('='));
                Word::Sign(self.take(length))
            }
            _ => {
                let end = self.rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '=' | '!' | '"'));
                Word::Bare(self.take(end.unwrap_or(self.rest.len())))
            }
        }))
    }

    /// Whether a sign comes next.
    pub(super) fn before_sign(&self) -> bool {
        self.rest.trim_start().starts_with(['<', '>', '=', '!'])
    }

    /// Up to white space, or what stands in quotation marks; `None` at the end.
    pub(super) fn plain(&mut self) -> Result<Option<String>, String> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('"') {
            return self.json().map(Some);
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        Ok(Some(self.take(end).to_owned()).filter(|word| !word.is_empty()))
    }

    /// A value in JSON, and how it is written.
    pub(super) fn value(&mut self) -> Result<(Value, &'t str), String> {
        self.rest = self.rest.trim_start();
        let before = self.rest;
        let value = self.json()?;
        Ok((value, &before[..before.len() - self.rest.len()]))
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        word
    }

    fn json<T: DeserializeOwned>(&mut self) -> Result<T, String> {
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<T>();
        match values.next() {
            Some(Ok(value)) => {
                let length = values.byte_offset();
                self.take(length);
                Ok(value)
            }
            _ => Err(format!("{} does not end, or is no JSON", shown(self.rest))),
        }
    }

    /// Up to the slash that has white space or the end behind it: a pattern may have others.
    fn pattern(&mut self) -> Result<&'t str, String> {
        let inside = &self.rest[1..];
        let is_last = |at: usize| inside[at + 1..].chars().next().is_none_or(char::is_whitespace);
        let end = inside.match_indices('/').map(|(at, _)| at).find(|at| is_last(*at));
        let end = end.ok_or_else(|| format!("{} has no slash at its end", shown(self.rest)))?;
        self.take(end + 2);
        Ok(&inside[..end])
    }
}

/// A word in a message.
pub(super) fn shown(word: &str) -> String {
    let short: String = word.chars().take(SHOWN).collect();
    let more = if short.len() < word.len() { "…" } else { "" };
    format!("`{short}{more}`")
}
