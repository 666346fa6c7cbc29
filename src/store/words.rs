//! An expression of words as one full-text query: what every engine's language has in common.

use crate::query::{Expr, Field};

/// A full-text query language.
pub(super) trait Language {
    /// Words that stand next to each other in one field.
    fn phrase(&self, field: Option<Field>, stems: &[String]) -> String;

    /// A word that begins with `prefix`, and these words next to each other in the same field; `stems` may be empty.
    fn prefix(&self, field: Option<Field>, stems: &[String], prefix: &str) -> String;

    /// At least one of these.
    fn any(&self, parts: &[String]) -> String;

    /// All of these.
    fn all(&self, parts: &[String]) -> String;

    /// `wanted` without `unwanted`.
    fn without(&self, wanted: &str, unwanted: &str) -> String;
}

/// An expression as a full-text query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Match {
    /// The rows this query matches.
    These(String),
    /// All rows but those it matches: the index cannot say so by itself.
    AllBut(String),
    /// Every row.
    Everything,
    /// No row.
    Nothing,
}

/// Whether the index alone can answer: there is no condition in it.
pub(super) fn is_text(expr: &Expr) -> bool {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().all(is_text),
        Expr::Not(part) => is_text(part),
        Expr::Is(_) => false,
        Expr::Phrase { .. } | Expr::Prefix { .. } | Expr::Everything | Expr::Nothing => true,
    }
}

/// The parts of an expression that must all hold: those that the index can answer, and the others.
pub(super) fn divided(expr: &Expr) -> (Expr, Vec<&Expr>) {
    let parts = match expr {
        Expr::All(parts) => parts.as_slice(),
        expr => std::slice::from_ref(expr),
    };
    let (words, others): (Vec<_>, Vec<_>) = parts.iter().partition(|part| is_text(part));
    (Expr::all(words.into_iter().cloned()), others)
}

/// The full-text query of an expression of words. A condition among them counts as one that never holds; callers look with
/// [`is_text`] first.
pub(super) fn compile(expr: &Expr, language: &dyn Language) -> Match {
    match expr {
        Expr::Everything => Match::Everything,
        Expr::Nothing | Expr::Is(_) => Match::Nothing,
        Expr::Phrase { field, stems } => Match::These(language.phrase(*field, stems)),
        Expr::Prefix { field, stems, prefix } => Match::These(language.prefix(*field, stems, prefix)),
        Expr::Not(part) => not(compile(part, language)),
        Expr::All(parts) => all(parts.iter().map(|part| compile(part, language)), language),
        // `a OR b` is everything but what is neither.
        Expr::Any(parts) => not(all(parts.iter().map(|part| not(compile(part, language))), language)),
    }
}

fn not(part: Match) -> Match {
    match part {
        Match::These(query) => Match::AllBut(query),
        Match::AllBut(query) => Match::These(query),
        Match::Everything => Match::Nothing,
        Match::Nothing => Match::Everything,
    }
}

fn all(parts: impl Iterator<Item = Match>, language: &dyn Language) -> Match {
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Match::These(query) => wanted.push(query),
            Match::AllBut(query) => unwanted.push(query),
            Match::Everything => {}
            Match::Nothing => return Match::Nothing,
        }
    }
    match (wanted.is_empty(), unwanted.is_empty()) {
        (true, true) => Match::Everything,
        (true, false) => Match::AllBut(language.any(&unwanted)),
        (false, true) => Match::These(language.all(&wanted)),
        (false, false) => Match::These(language.without(&language.all(&wanted), &language.any(&unwanted))),
    }
}
