//! Searching for what was meant, when what was typed finds nothing.

use anyhow::Result;

use super::{Found, Page, Sort, Store};
use crate::query::{Expr, Grammar, Near, Query};

/// Words that take the place of one.
const MOST_ALTERNATIVES: usize = 6;

/// What a search asked for in the end, and what it found.
#[derive(Debug)]
pub struct Search {
    /// The query that found it.
    pub query: Query,
    /// The same with the conditions of the flags.
    pub expr: Expr,
    /// What was found.
    pub found: Found,
    /// Words that were not found as they were typed.
    pub instead: Vec<Instead>,
}

/// A word that gave way to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instead {
    /// As it was typed.
    pub word: String,
    /// What was searched instead; the word itself stays among them where records have it.
    pub others: Vec<String>,
}

/// Searches for `text` among what `conditions` select. When nothing is found, words that no record has give way to the
/// nearest ones that records have; when nothing is found even so, every word may give way. With `exact`, none does.
///
/// # Errors
/// What the grammar refuses ([`crate::query::QueryError`]), and what the store reports.
pub fn search_near(
    store: &dyn Store,
    grammar: &Grammar,
    text: &str,
    conditions: &Expr,
    sort: Sort,
    page: Page,
    exact: bool,
) -> Result<Search> {
    let query = grammar.read(text)?;
    let expr = query.expr.clone().and(conditions.clone());
    let found = store.search(&expr, sort, page)?;
    let search = Search { query, expr, found, instead: Vec::new() };
    if exact || !search.found.hits.is_empty() || search.query.words.is_empty() {
        return Ok(search);
    }
    let near = near_words(store, text, &search.query)?;
    for only_unknown in [true, false] {
        let Some((other_text, instead)) = reworded(text, &search.query, &near, only_unknown) else { continue };
        // More words than a query may have: then it stays as it was typed.
        let Ok(mut query) = grammar.read(&other_text) else { continue };
        let expr = query.expr.clone().and(conditions.clone());
        let found = store.search(&expr, sort, page)?;
        if !found.hits.is_empty() {
            query.notes.clone_from(&search.query.notes);
            return Ok(Search { query, expr, found, instead });
        }
    }
    Ok(search)
}

/// For each word of the query, the nearest ones that records have.
fn near_words(store: &dyn Store, text: &str, query: &Query) -> Result<Vec<Vec<String>>> {
    let word = |span: &std::ops::Range<usize>| text[span.clone()].to_ascii_lowercase();
    query.words.iter().map(|span| store.near_words(&word(span), MOST_ALTERNATIVES)).collect()
}

/// The text with `(one OR another)` in the place of words, and which those are; `None` when no word gives way.
fn reworded(text: &str, query: &Query, near: &[Vec<String>], only_unknown: bool) -> Option<(String, Vec<Instead>)> {
    let (mut other, mut instead, mut at) = (String::new(), Vec::new(), 0);
    for (span, near) in query.words.iter().zip(near) {
        let word = &text[span.clone()];
        let known = near.iter().any(|near| near.eq_ignore_ascii_case(word));
        let gives_way = !near.is_empty() && !(known && (only_unknown || near.len() == 1));
        if gives_way {
            other.push_str(&text[at..span.start]);
            other.push_str(&format!("({})", near.join(" OR ")));
            at = span.end;
            let others = near.iter().filter(|near| !near.eq_ignore_ascii_case(word)).cloned().collect();
            instead.push(Instead { word: word.to_owned(), others });
        }
    }
    other.push_str(&text[at..]);
    (!instead.is_empty()).then_some((other, instead))
}

/// The nearest words to one, as they are read.
pub(super) struct Nearest<'w> {
    near: Near<'w>,
    word: &'w str,
    found: Vec<(u32, bool, String)>,
}

impl<'w> Nearest<'w> {
    pub(super) fn new(near: Near<'w>, word: &'w str) -> Self {
        Self { near, word, found: Vec::new() }
    }

    /// Hears of a word that records have.
    pub(super) fn take(&mut self, other: &str) {
        if let Some(distance) = self.near.distance(other) {
            // People seldom miss the first letter.
            self.found.push((distance, other.as_bytes().first() != self.word.as_bytes().first(), other.to_owned()));
        }
    }

    /// The nearest, at most `most`, nearest first.
    pub(super) fn words(mut self, most: usize) -> Vec<String> {
        self.found.sort_unstable();
        self.found.truncate(most);
        self.found.into_iter().map(|(_, _, word)| word).collect()
    }
}
