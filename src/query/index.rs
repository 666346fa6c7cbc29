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
        index_terms(&texts, &mut |term| positions += usize::from(matches!(term, Term::Word { .. })));
    }
    positions >= MOST_POSITIONS
}

/// One entry of the index of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Term<'a> {
    /// The next word.
    Word {
        /// Its stem: what it is found by.
        stem: &'a str,
        /// As it stands in the text, folded.
        surface: &'a str,
    },
    /// The word before and the one behind do not stand next to each other.
    Gap,
    /// A surface form that is not its own stem, for prefixes; each one once, in no particular place.
    Surface(&'a str),
}

/// Calls `each` with the terms of a field: the words of its texts in order, a gap between two texts, and once every surface
/// form that the stems do not show. A word in camelCase is also indexed as a whole, apart from the text, so that `fastapi`
/// finds `FastAPI`.
///
/// ```
/// use shipnote::query::{Term, index_terms};
///
/// let mut terms = Vec::new();
/// index_terms(&["retries", "GitHub"], &mut |term| terms.push(match term {
///     Term::Word { stem, surface } => format!("{stem} of {surface}"),
///     Term::Gap => "gap".to_owned(),
///     Term::Surface(surface) => surface.to_owned(),
/// }));
/// let expected = ["retri of retries", "retries", "gap", "git of git", "hub of hub", "gap", "github of github"];
/// assert_eq!(terms, expected);
/// ```
pub fn index_terms(texts: &[&str], each: &mut impl FnMut(Term<'_>)) {
    let mut positions = 0;
    let mut surfaces = HashSet::new();
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
                each(Term::Word { stem: token.stem, surface: token.surface });
                positions += 1;
            }
            if found == Found::Part && token.surface == token.stem || surfaces.contains(token.surface) {
                return;
            }
            surfaces.insert(token.surface.to_owned());
            match found {
                Found::Part => each(Term::Surface(token.surface)),
                Found::Whole => wholes.push((token.surface.to_owned(), token.stem.to_owned())),
            }
        });
    }
    for (surface, stem) in &wholes {
        each(Term::Gap);
        each(Term::Word { stem, surface });
        if stem != surface {
            each(Term::Surface(surface));
        }
    }
}
