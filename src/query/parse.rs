//! Query text to [`Expr`].
//!
//! Words are AND; `OR`, parentheses, `NOT` before a term or `-` at its beginning, `"phrases"`, `prefix*`, fields such as
//! `owner:team-orders` (`fields`), saved searches `@name`. AND binds closer than OR. Whatever else is typed is searched as
//! it is, and a note says so: nobody should have to learn a grammar to paste an error message.

use std::collections::BTreeMap;
use std::ops::Range;

use super::analyze::{Found, Token, scan};
use super::fields;
use super::rules::synonyms;
use super::{Expr, Field, can_be_misspelt};
use crate::model::Timestamp;
use crate::model::limit::{NESTED, TERMS};

/// Why a query was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct QueryError(String);

/// What a query means beyond its own text.
#[derive(Debug, Clone)]
pub struct Grammar {
    /// The time that `since:30d` counts from.
    pub now: Timestamp,
    /// Saved searches by name, without the `@`.
    pub saved: BTreeMap<String, String>,
}

/// A query that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What it asks for.
    pub expr: Expr,
    /// What looked like grammar and was searched as it stands, each with why.
    pub notes: Vec<String>,
    /// Where plain words stand in the text, in bytes: the ones that may have been misspelt.
    pub words: Vec<Range<usize>>,
}

impl Grammar {
    /// A grammar without saved searches.
    pub fn at(now: Timestamp) -> Self {
        Self { now, saved: BTreeMap::new() }
    }

    /// Reads a query.
    ///
    /// ```
    /// use shipnote::query::{Expr, Grammar};
    ///
    /// let grammar = Grammar::at("2026-11-20".parse().unwrap());
    /// let word = |stem: &str| Expr::Phrase { field: None, stems: vec![stem.into()] };
    /// let query = grammar.read("timeouts NOT (staging OR owner:oncall)").unwrap();
    /// assert_eq!(query.expr, Expr::All(vec![
    ///     word("timeout"),
    ///     Expr::Not(Box::new(Expr::Any(vec![word("stage"), Expr::owner("oncall")]))),
    /// ]));
    /// ```
    ///
    /// # Errors
    /// More than 64 terms, or more than 32 parentheses in each other.
    pub fn read(&self, text: &str) -> Result<Query, QueryError> {
        let mut query = Query { expr: Expr::Nothing, notes: Vec::new(), words: Vec::new() };
        query.expr = self.read_nested(text, 0, &mut 0, &mut query)?;
        query.notes.dedup();
        Ok(query)
    }

    fn read_nested(&self, text: &str, depth: usize, terms: &mut usize, query: &mut Query) -> Result<Expr, QueryError> {
        let (terms_before, notes_before, words_before) = (*terms, query.notes.len(), query.words.len());
        let mut parser = Parser { grammar: self, text, rest: text, groups: true, depth, terms, query };
        match parser.alternatives(depth)? {
            Some(expr) => Ok(expr),
            // A parenthesis that is never closed: read it all again, without any.
            None => {
                *terms = terms_before;
                query.notes.truncate(notes_before);
                query.words.truncate(words_before);
                query.notes.push("the parentheses do not match".to_owned());
                let mut parser = Parser { grammar: self, text, rest: text, groups: false, depth, terms, query };
                Ok(parser.alternatives(depth)?.unwrap_or(Expr::Nothing))
            }
        }
    }
}

pub(super) fn combine(mut parts: Vec<Expr>, combined: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        0 => Expr::Nothing,
        1 => parts.swap_remove(0),
        _ => combined(parts),
    }
}

struct Parser<'g, 't> {
    grammar: &'g Grammar,
    text: &'t str,
    rest: &'t str,
    /// Whether parentheses group.
    groups: bool,
    /// How deep the text itself stands in others.
    depth: usize,
    terms: &'g mut usize,
    query: &'g mut Query,
}

impl<'t> Parser<'_, 't> {
    /// `a b OR c`, up to the parenthesis that closes it or the end; `None` when that parenthesis is missing.
    fn alternatives(&mut self, depth: usize) -> Result<Option<Expr>, QueryError> {
        if depth > NESTED {
            let message = format!("the query has more than {NESTED} parentheses in each other: take some away");
            return Err(QueryError(message));
        }
        let mut any: Vec<Expr> = Vec::new();
        let mut all: Vec<Expr> = Vec::new();
        // Whether anything stands before an operator; a part of punctuation counts.
        let mut before = false;
        loop {
            self.rest = self.rest.trim_start();
            let inside = depth > self.depth;
            if self.rest.is_empty() {
                if inside {
                    return Ok(None);
                }
                break;
            }
            if inside && let Some(behind) = self.rest.strip_prefix(')') {
                self.rest = behind;
                break;
            }
            if let Some(behind) = self.operator("OR", before, inside) {
                self.rest = behind;
                any.push(combine(std::mem::take(&mut all), Expr::All));
                before = false;
                continue;
            }
            if let Some(behind) = self.operator("AND", before, inside) {
                self.rest = behind;
                continue;
            }
            let Some(part) = self.signed(depth)? else { return Ok(None) };
            all.extend(part);
            before = true;
        }
        any.push(combine(all, Expr::All));
        if any.len() > 1 {
            any.retain(|part| *part != Expr::Nothing);
        }
        Ok(Some(combine(any, Expr::Any)))
    }

    /// What stands behind an operator at this place: it needs something on either side, else it is a word.
    fn operator(&mut self, name: &str, before: bool, inside: bool) -> Option<&'t str> {
        let behind = self.rest.strip_prefix(name).filter(|behind| {
            behind.is_empty() || behind.starts_with(|c: char| c.is_whitespace() || c == '(' || c == ')')
        })?;
        let next = behind.trim_start();
        let missing = next.is_empty() || inside && next.starts_with(')');
        if before && !missing {
            return Some(behind);
        }
        self.query.notes.push(format!("{name} stands at the end of something"));
        None
    }

    /// A term with the `NOT` and `-` before it; `Some(None)` for punctuation, `None` for an open parenthesis.
    fn signed(&mut self, depth: usize) -> Result<Option<Option<Expr>>, QueryError> {
        let mut negated = false;
        while let Some(behind) = self.negation() {
            (negated, self.rest) = (!negated, behind);
        }
        let term = if self.groups && self.rest.starts_with('(') {
            self.rest = &self.rest[1..];
            match self.alternatives(depth + 1)? {
                Some(expr) => Some(expr).filter(|expr| *expr != Expr::Nothing),
                None => return Ok(None),
            }
        } else {
            self.term(depth)?
        };
        if *self.terms > TERMS {
            return Err(QueryError(format!(
                "the query has more than {TERMS} words: leave some out, or search for the rarest ones"
            )));
        }
        Ok(Some(term.map(|expr| if negated { Expr::Not(Box::new(expr)) } else { expr })))
    }

    /// What stands behind a `NOT` or `-` at this place. A `NOT` with nothing behind it is a word, and so is what begins
    /// with `--`: people search for options of commands.
    fn negation(&mut self) -> Option<&'t str> {
        if let Some(behind) = self.rest.strip_prefix("NOT") {
            let next = behind.trim_start();
            let apart = behind.starts_with(|c: char| c.is_whitespace() || c == '(');
            if apart && !next.is_empty() {
                return Some(next);
            }
            if behind.is_empty() || apart {
                self.query.notes.push("NOT stands at the end of something".to_owned());
            }
        }
        self.rest.strip_prefix('-').filter(|behind| {
            behind.starts_with(['"', '@'])
                || self.groups && behind.starts_with('(')
                || behind.starts_with(|c: char| !c.is_whitespace() && !c.is_ascii_punctuation())
        })
    }

    fn term(&mut self, depth: usize) -> Result<Option<Expr>, QueryError> {
        if let Some(open) = self.rest.strip_prefix('"') {
            if let Some((phrase, behind)) = open.split_once('"') {
                self.rest = behind;
                return Ok(words(phrase, None, false, self.terms));
            }
            self.query.notes.push("a quotation mark is not closed".to_owned());
        }
        let inside = self.groups && depth > self.depth;
        let word = &self.rest[..word_end(self.rest, inside)];
        if let Some(saved) = word.strip_prefix('@').and_then(|name| self.grammar.saved.get(name)) {
            self.rest = &self.rest[word.len()..];
            let expr = self.grammar.read_nested(saved, depth + 1, self.terms, self.query)?;
            return Ok(Some(expr));
        }
        if let Some(name) = word.strip_prefix('@').filter(|name| !name.is_empty()) {
            self.query.notes.push(format!("there is no saved search `{name}`"));
        }
        if let Some((name, _)) = word.split_once(':').filter(|(name, value)| fields::looks_like_one(name, value)) {
            let value_start = &self.rest[name.len() + 1..];
            let end = value_end(value_start, inside);
            match fields::read(name, &value_start[..end], self.grammar.now, self.terms) {
                Ok(expr) => {
                    self.rest = &value_start[end..];
                    return Ok(Some(expr));
                }
                Err(why) => self.query.notes.push(why),
            }
        }
        if self.depth == 0 && can_be_misspelt(&word.to_ascii_lowercase()) {
            let start = self.text.len() - self.rest.len();
            self.query.words.push(start..start + word.len());
        }
        self.rest = &self.rest[word.len()..];
        let stem = word.trim_end_matches('*');
        Ok(words(stem, None, stem.len() < word.len(), self.terms).map(with_synonyms))
    }
}

/// The words of a text next to each other, without grammar; `None` when there are none.
pub fn plain(text: &str) -> Option<Expr> {
    words(text, None, false, &mut 0)
}

/// Where a word ends: at white space, or at the parenthesis that closes the group it stands in. One that was opened
/// within the word belongs to it.
fn word_end(text: &str, inside: bool) -> usize {
    let mut open = 0;
    for (at, c) in text.char_indices() {
        match c {
            c if c.is_whitespace() => return at,
            '(' => open += 1,
            ')' if open > 0 => open -= 1,
            ')' if inside => return at,
            _ => {}
        }
    }
    text.len()
}

/// The same for the value of a field, which may have a part in quotes.
fn value_end(text: &str, inside: bool) -> usize {
    match text.strip_prefix('"').and_then(|open| open.find('"')) {
        Some(close) => close + 2 + word_end(&text[close + 2..], inside),
        None => word_end(text, inside),
    }
}

/// The expression of a phrase, a word, or an identifier; with `prefix`, of the beginning of one. Nothing for punctuation.
pub(super) fn words(text: &str, field: Option<Field>, prefix: bool, terms: &mut usize) -> Option<Expr> {
    let mut apart: Vec<Token> = Vec::new();
    let mut whole: Vec<Token> = Vec::new();
    scan(text, &mut |found, token| {
        // No need to keep what will be refused.
        if *terms > TERMS {
            return;
        }
        if found == Found::Part {
            *terms += 1;
            apart.push(token.into());
        } else {
            whole.retain(|part| part.start < token.start);
        }
        whole.push(token.into());
    });
    // The `*` belongs to a word only when it stands at one.
    let prefix = prefix && apart.last().is_some_and(|last| last.end == text.len());
    let whole = (whole != apart).then(|| expr(whole, field, prefix));
    match (expr(apart, field, prefix), whole.flatten()) {
        (Some(apart), Some(whole)) => Some(Expr::Any(vec![apart, whole])),
        (one, other) => one.or(other),
    }
}

fn expr(mut tokens: Vec<Token>, field: Option<Field>, prefix: bool) -> Option<Expr> {
    let last = if prefix { tokens.pop() } else { None };
    let stems: Vec<String> = tokens.into_iter().map(|token| token.stem).collect();
    match last {
        Some(last) => Some(Expr::Prefix { field, stems, prefix: last.surface }),
        None => (!stems.is_empty()).then_some(Expr::Phrase { field, stems }),
    }
}

/// A word together with the words that mean the same (`data/query.toml`).
fn with_synonyms(expr: Expr) -> Expr {
    let alternatives = match &expr {
        Expr::Phrase { field: None, stems } if stems.len() == 1 => synonyms(&stems[0]),
        _ => None,
    };
    match alternatives {
        Some(group) => {
            Expr::Any(group.iter().map(|stems| Expr::Phrase { field: None, stems: stems.clone() }).collect())
        }
        None => expr,
    }
}

#[cfg(test)]
mod tests;
