//! Full text: how texts go into a `tsvector`, and how an expression asks it.
//!
//! One vector a record, of the terms that `query` keeps of its fields ([`index_terms`]): stems with their places, two places
//! apart where two do not stand next to each other. Weights tell fields: A title, B error, C command, D reason. Paths and the
//! rest have a [`BESIDE`] in front of each term and places of their own; a word as it is written has a [`SURFACE`]. Neither
//! mark can be part of a token.
//!
//! A vector holds 256 places of a term, places up to 16,383 and a mebibyte
//! (<https://www.postgresql.org/docs/15/textsearch-limitations.html>). What is beyond is found by its words where there is
//! room, and not by its phrases.

use std::collections::HashSet;
use std::fmt::Write;

use hashbrown::HashMap;

use super::super::words::{self, Language, Match};
use crate::query::{Expr, Field, Term, can_be_misspelt, index_terms};

/// In front of terms of paths and of the rest.
const BESIDE: char = '+';
/// In front of words as they are written.
const SURFACE: char = '~';

/// Places that say where a word stands; those above are for words that stand nowhere in particular, one for each weight, no
/// two next to each other.
const LAST_PLACE: u16 = 16_370;
/// Places of a term that are kept, besides those.
const MOST_PLACES: usize = 250;
/// Bytes of a vector.
const MOST_BYTES: usize = 1_000_000;

/// Words of one transaction that are remembered, so that an import does not look each up again and again.
const MOST_KNOWN: usize = 500_000;

/// Weights, in the order of their letters.
const WEIGHTS: [char; 4] = ['A', 'B', 'C', 'D'];

/// The weight of a field, and whether it is one of those that stand beside.
fn weight(field: Field) -> (usize, bool) {
    match field {
        Field::Title => (0, false),
        Field::Error => (1, false),
        Field::Command => (2, false),
        Field::Reason => (3, false),
        Field::File => (0, true),
        Field::Context => (1, true),
    }
}

/// The place of what stands nowhere in particular.
fn nowhere(weight: usize) -> u16 {
    16_383 - 2 * weight as u16
}

/// Words that need not be stored again.
#[derive(Default)]
pub(super) struct Known {
    words: HashSet<String>,
}

impl Known {
    /// Remembers words that were stored.
    pub(super) fn extend(&mut self, words: impl IntoIterator<Item = String>) {
        if self.words.len() < MOST_KNOWN {
            self.words.extend(words);
        }
    }
}

/// The vector of a record by the texts of its fields, as text, and its words that are not known yet.
pub(super) fn vector(fields: &[Vec<&str>], known: &Known, new: &mut HashSet<String>) -> String {
    let mut vector = Vector::default();
    let mut places = [0_u16; 2];
    // The order of the weights: what is beyond the last place is the reason's.
    let order = [Field::Title, Field::Error, Field::Command, Field::Reason, Field::File, Field::Context];
    for field in order {
        let (weight, beside) = weight(field);
        let place = &mut places[usize::from(beside)];
        let mut surfaces = Vec::new();
        index_terms(&fields[field.index()], &mut |term| match term {
            Term::Word { stem, surface } => {
                *place = place.saturating_add(1);
                vector.add(beside, false, stem, (*place <= LAST_PLACE).then_some(*place), weight);
                if can_be_misspelt(surface) && !known.words.contains(surface) && !new.contains(surface) {
                    new.insert(surface.to_owned());
                }
            }
            Term::Gap => *place = place.saturating_add(1),
            Term::Surface(surface) => surfaces.push(surface.to_owned()),
        });
        *place = place.saturating_add(1);
        surfaces.iter().for_each(|surface| vector.add(beside, true, surface, None, weight));
    }
    vector.text()
}

/// The places of one term, and which weights it has nowhere in particular.
#[derive(Default)]
struct Places {
    at: Vec<(u16, u8)>,
    nowhere: [bool; 4],
}

#[derive(Default)]
struct Vector {
    terms: HashMap<String, Places>,
    bytes: usize,
    key: String,
}

impl Vector {
    fn add(&mut self, beside: bool, surface: bool, term: &str, place: Option<u16>, weight: usize) {
        self.key.clear();
        if beside {
            self.key.push(BESIDE);
        }
        if surface {
            self.key.push(SURFACE);
        }
        self.key.push_str(term);
        if !self.terms.contains_key(&self.key) {
            // An entry, its length and padding, and a count.
            let bytes = self.key.len() + 8;
            if self.bytes + bytes > MOST_BYTES {
                return;
            }
            self.bytes += bytes;
            self.terms.insert(self.key.clone(), Places::default());
        }
        let Some(places) = self.terms.get_mut(&self.key) else { return };
        match place {
            Some(place) if places.at.len() < MOST_PLACES && self.bytes < MOST_BYTES => {
                places.at.push((place, weight as u8));
            }
            _ => places.nowhere[weight] = true,
        }
        self.bytes += 2;
    }

    fn text(&self) -> String {
        let mut text = String::with_capacity(self.bytes * 2);
        for (term, places) in &self.terms {
            // Tokens are letters and digits: nothing in them need be escaped.
            let _ = write!(text, "'{term}':");
            let nowhere = (0..4).rev().filter(|weight| places.nowhere[*weight]).map(|weight| (nowhere(weight), weight));
            let all = places.at.iter().map(|(place, weight)| (*place, usize::from(*weight))).chain(nowhere);
            for (count, (place, weight)) in all.enumerate() {
                let comma = if count == 0 { "" } else { "," };
                let _ = write!(text, "{comma}{place}");
                if weight < 3 {
                    text.push(WEIGHTS[weight]);
                }
            }
            text.push(' ');
        }
        text
    }
}

/// The language of `tsquery`.
struct TsQuery;

impl Language for TsQuery {
    fn phrase(&self, field: Option<Field>, stems: &[String]) -> String {
        match field {
            Some(field) => {
                let (weight, beside) = weight(field);
                phrase(stems, beside, Some(weight))
            }
            None => format!("({} | {})", phrase(stems, false, None), phrase(stems, true, None)),
        }
    }

    fn prefix(&self, field: Option<Field>, stems: &[String], prefix: &str) -> String {
        match (field, stems) {
            (None, []) => format!("({} | {})", begins_with(prefix, false, None), begins_with(prefix, true, None)),
            (None, stems) => {
                let fields: Vec<_> = Field::ALL.iter().map(|field| both_in(*field, stems, prefix)).collect();
                self.any(&fields)
            }
            (Some(field), []) => {
                let (weight, beside) = weight(field);
                begins_with(prefix, beside, Some(weight))
            }
            (Some(field), stems) => both_in(field, stems, prefix),
        }
    }

    fn any(&self, parts: &[String]) -> String {
        format!("({})", parts.join(" | "))
    }

    fn all(&self, parts: &[String]) -> String {
        format!("({})", parts.join(" & "))
    }

    fn without(&self, wanted: &str, unwanted: &str) -> String {
        format!("({wanted} & !{unwanted})")
    }
}

fn lexeme(term: &str, marks: &str, flags: &str) -> String {
    let flags = if flags.is_empty() { String::new() } else { format!(":{flags}") };
    format!("'{marks}{term}'{flags}")
}

fn phrase(stems: &[String], beside: bool, weight: Option<usize>) -> String {
    let marks = if beside { "+" } else { "" };
    let flags = weight.map(|weight| WEIGHTS[weight].to_string()).unwrap_or_default();
    let words: Vec<_> = stems.iter().map(|stem| lexeme(stem, marks, &flags)).collect();
    format!("({})", words.join(" <-> "))
}

/// A word that begins so: by its stem, or by what stands in the text where that is another.
fn begins_with(prefix: &str, beside: bool, weight: Option<usize>) -> String {
    let (stem, surface) = if beside { ("+", "+~") } else { ("", "~") };
    let flags = weight.map_or_else(|| "*".to_owned(), |weight| format!("*{}", WEIGHTS[weight]));
    format!("({} | {})", lexeme(prefix, stem, &flags), lexeme(prefix, surface, &flags))
}

fn both_in(field: Field, stems: &[String], prefix: &str) -> String {
    let (weight, beside) = weight(field);
    format!("({} & {})", phrase(stems, beside, Some(weight)), begins_with(prefix, beside, Some(weight)))
}

/// The `tsquery` of an expression of words.
pub(super) fn compile(expr: &Expr) -> Match {
    words::compile(expr, &TsQuery)
}

/// The `tsquery` of one stem anywhere.
pub(super) fn stem(stem: &str) -> String {
    TsQuery.phrase(None, &[stem.to_owned()])
}

/// The `tsquery` of words of a path.
pub(super) fn in_files(phrases: &[Vec<String>]) -> String {
    let phrases: Vec<_> = phrases.iter().map(|stems| TsQuery.phrase(Some(Field::File), stems)).collect();
    TsQuery.all(&phrases)
}

/// The same words, looked for in titles alone; what is asked of another field holds nowhere.
pub(super) fn in_title(expr: &Expr) -> Expr {
    let titled = |field: &Option<Field>| matches!(field, None | Some(Field::Title));
    match expr {
        Expr::All(parts) => Expr::All(parts.iter().map(in_title).collect()),
        Expr::Any(parts) => Expr::Any(parts.iter().map(in_title).collect()),
        Expr::Not(part) => Expr::Not(Box::new(in_title(part))),
        Expr::Phrase { field, stems } if titled(field) => {
            Expr::Phrase { field: Some(Field::Title), stems: stems.clone() }
        }
        Expr::Prefix { field, stems, prefix } if titled(field) => {
            Expr::Prefix { field: Some(Field::Title), stems: stems.clone(), prefix: prefix.clone() }
        }
        Expr::Phrase { .. } | Expr::Prefix { .. } => Expr::Nothing,
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector_of(title: &str, reason: &str, file: &str) -> Vec<String> {
        let fields = [vec![title], vec![reason], vec![], vec![], vec![file], vec![]];
        let text = vector(&fields, &Known::default(), &mut HashSet::new());
        let mut terms: Vec<_> = text.split_ascii_whitespace().map(str::to_owned).collect();
        terms.sort_unstable();
        terms
    }

    #[test]
    fn fields_are_weights_and_marks() {
        let terms = vector_of("Retries", "the retries", "a/b.py");
        let expected = ["'+a':1A", "'+b':2A", "'+py':3A", "'retri':1A,6", "'the':5", "'~retries':16377,16383A"];
        assert_eq!(terms, expected);
    }

    #[test]
    fn what_a_vector_cannot_hold_is_cut() {
        let many = "one two ".repeat(4_999);
        let terms = vector_of("one", &many, "");
        let one = terms.iter().find(|term| term.starts_with("'one'")).unwrap();
        assert_eq!(one.split(',').count(), MOST_PLACES + 1, "and one that stands nowhere");
        let long: String = (0..9_000).map(|word| format!("{word}{} ", "x".repeat(200))).collect();
        assert!(vector_of("one", &long, "").concat().len() < 1_048_575);
    }

    #[test]
    fn expressions_are_queries() {
        let word = |stem: &str| Expr::Phrase { field: None, stems: vec![stem.to_owned()] };
        let both = Expr::All(vec![word("a"), Expr::Not(Box::new(word("b")))]);
        let expected = "(((('a') | ('+a'))) & !((('b') | ('+b'))))";
        assert_eq!(compile(&both), Match::These(expected.to_owned()));
        let prefix = Expr::Prefix { field: Some(Field::Title), stems: vec![], prefix: "re".into() };
        assert_eq!(compile(&prefix), Match::These("('re':*A | '~re':*A)".into()));
    }
}
