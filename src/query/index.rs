//! What an index keeps of a field: the same terms for every engine and for the oracle.

use hashbrown::HashSet;

use super::analyze::{Found, scan};

/// Words of one field that are indexed; what stands behind them is kept, but not found by its words.
pub const MOST_POSITIONS: usize = 10_000;

/// Whether the texts of a field have more words than are indexed.
pub fn is_cut(texts: &[String]) -> bool {
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut positions = 0;
    // A word takes a byte at least: most fields are answered without looking.
    if bytes >= MOST_POSITIONS {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        index_terms(&texts, &mut |term| positions += usize::from(matches!(term, Term::Stem(_))));
    }
    positions >= MOST_POSITIONS
}

/// One entry of the index of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Term<'a> {
    /// The stem of the next word.
    Stem(&'a str),
    /// The stem before and the one behind do not stand next to each other.
    Gap,
    /// A surface form that occurs in the field, for prefixes; each one once, in no particular place.
    Surface(&'a str),
}

/// Calls `each` with the terms of a field: the stems of its texts in order, a gap between two texts, and every distinct
/// surface form once. A word in camelCase is also indexed as a whole, apart from the text, so that `fastapi` finds
/// `FastAPI`.
///
/// ```
/// use shipnote::query::{Term, index_terms};
///
/// let mut terms = Vec::new();
/// index_terms(&["retries", "GitHub"], &mut |term| terms.push(format!("{term:?}")));
/// let expected = [
///     r#"Stem("retri")"#, r#"Surface("retries")"#, "Gap", r#"Stem("git")"#, r#"Surface("git")"#, r#"Stem("hub")"#,
///     r#"Surface("hub")"#, "Gap", r#"Stem("github")"#, r#"Surface("github")"#,
/// ];
/// assert_eq!(terms, expected);
/// ```
pub fn index_terms(texts: &[&str], each: &mut impl FnMut(Term<'_>)) {
    let mut positions = 0;
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    // About every tenth byte begins a word that is new to the field; growing a table costs more than filling it.
    let mut surfaces = HashSet::with_capacity((bytes / 10).min(MOST_POSITIONS));
    let mut wholes = Vec::new();
    for text in texts {
        if positions >= MOST_POSITIONS {
            break;
        }
        let mut between = positions > 0;
        scan(text, &mut |found, token| {
            if positions >= MOST_POSITIONS {
                return;
            }
            if found == Found::Part {
                if std::mem::take(&mut between) {
                    each(Term::Gap);
                }
                each(Term::Stem(token.stem));
                positions += 1;
            }
            if !surfaces.contains(token.surface) {
                surfaces.insert(token.surface.to_owned());
                match found {
                    Found::Part => each(Term::Surface(token.surface)),
                    Found::Whole => wholes.push((token.surface.to_owned(), token.stem.to_owned())),
                }
            }
        });
    }
    for (surface, stem) in &wholes {
        each(Term::Gap);
        each(Term::Stem(stem));
        each(Term::Surface(surface));
    }
}
