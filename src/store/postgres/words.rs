//! Full text: how texts go into a `tsvector`, and how an expression asks it.
//!
//! One vector a record, of the terms that `query` keeps of its fields ([`index_terms`]): stems with their places, two places
//! apart where two do not stand next to each other. Weights tell fields: A title, B error, C command, D reason. Paths and the
//! rest have a [`BESIDE`] in front of each term and places of their own; a word as it is written has a [`SURFACE`]. The words of
//! a title stand there once more, with a [`TITLED`] in front: which records have them in the title is asked for every search,
//! and the index alone answers that. No mark can be part of a token.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::words::{self, Language, Match};
use super::vector::{LAST_PLACE, Terms, Vector};
use crate::query::{Expr, Field, Term, can_be_misspelt, index_terms};

/// In front of terms of paths and of the rest.
const BESIDE: char = '+';
/// In front of terms of titles.
const TITLED: char = '^';
/// In front of words as they are written.
const SURFACE: char = '~';

/// Words of one transaction that are remembered, so that an import does not look each up again and again.
const MOST_KNOWN: usize = 500_000;

/// Weights, in the order of their letters.
const WEIGHTS: [char; 4] = ['A', 'B', 'C', 'D'];

/// Terms with places of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Main,
    Beside,
    Titled,
}

impl Group {
    fn mark(self) -> Option<char> {
        match self {
            Self::Main => None,
            Self::Beside => Some(BESIDE),
            Self::Titled => Some(TITLED),
        }
    }

    /// A term of the group: a stem, or a word as it is written.
    fn push(self, text: &mut String, surface: bool, term: &str) {
        text.extend(self.mark());
        text.extend(surface.then_some(SURFACE));
        text.push_str(term);
    }
}

/// The group and the weight of a field.
fn place_of(field: Field) -> (Group, usize) {
    match field {
        Field::Title => (Group::Main, 0),
        Field::Error => (Group::Main, 1),
        Field::Command => (Group::Main, 2),
        Field::Reason => (Group::Main, 3),
        Field::File => (Group::Beside, 0),
        Field::Context => (Group::Beside, 1),
    }
}

/// Where a query looks for the words of a field, and which weight they must have: titles have terms of their own.
fn asked(field: Field) -> (Group, Option<usize>) {
    match field {
        Field::Title => (Group::Titled, None),
        field => {
            let (group, weight) = place_of(field);
            (group, Some(weight))
        }
    }
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

/// Those of one transaction, for every thread that looks for words.
#[derive(Clone, Default)]
pub(super) struct SharedWords(Arc<Mutex<Known>>);

impl SharedWords {
    pub(super) fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The vector of a record by the texts of its fields, and its words that are not known yet.
pub(super) fn vector(fields: &[Vec<&str>], known: &Known, new: &mut HashSet<String>) -> Vector {
    let mut terms = Terms::default();
    let mut key = String::new();
    let mut add = |group: Group, surface: bool, term: &str, place: Option<u16>, weight: usize| {
        key.clear();
        group.push(&mut key, surface, term);
        terms.add(&key, place, weight);
    };
    let mut places = [0_u16; 3];
    // The order of the weights: what is beyond the last place is the reason's.
    let order = [Field::Title, Field::Error, Field::Command, Field::Reason, Field::File, Field::Context];
    for field in order {
        let (group, weight) = place_of(field);
        let also = (field == Field::Title).then_some(Group::Titled);
        let groups: Vec<Group> = also.into_iter().chain([group]).collect();
        let mut surfaces = Vec::new();
        let pass = |places: &mut [u16; 3]| {
            groups.iter().for_each(|group| places[*group as usize] = places[*group as usize].saturating_add(1));
        };
        index_terms(&fields[field.index()], &mut |term| match term {
            Term::Word { stem, surface } => {
                pass(&mut places);
                for group in &groups {
                    let place = places[*group as usize];
                    add(*group, false, stem, (place <= LAST_PLACE).then_some(place), weight);
                }
                if can_be_misspelt(surface) && !known.words.contains(surface) && !new.contains(surface) {
                    new.insert(surface.to_owned());
                }
            }
            Term::Gap => pass(&mut places),
            Term::Surface(surface) => surfaces.push(surface.to_owned()),
        });
        pass(&mut places);
        for surface in &surfaces {
            groups.iter().for_each(|group| add(*group, true, surface, None, weight));
        }
    }
    terms.vector()
}

/// The language of `tsquery`.
struct TsQuery;

impl Language for TsQuery {
    fn phrase(&self, field: Option<Field>, stems: &[String]) -> String {
        match field {
            Some(field) => phrase(stems, asked(field)),
            None => format!("({} | {})", phrase(stems, (Group::Main, None)), phrase(stems, (Group::Beside, None))),
        }
    }

    fn prefix(&self, field: Option<Field>, stems: &[String], prefix: &str) -> String {
        match (field, stems) {
            (None, []) => {
                let within = |group| begins_with(prefix, (group, None));
                format!("({} | {})", within(Group::Main), within(Group::Beside))
            }
            (None, stems) => {
                let fields: Vec<_> = Field::ALL.iter().map(|field| both_in(*field, stems, prefix)).collect();
                self.any(&fields)
            }
            (Some(field), []) => begins_with(prefix, asked(field)),
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

/// A group, and the weight that its terms must have.
type Within = (Group, Option<usize>);

fn lexeme(term: &str, surface: bool, (group, weight): Within, star: &str) -> String {
    let mut text = "'".to_owned();
    group.push(&mut text, surface, term);
    let weight = weight.map(|weight| WEIGHTS[weight].to_string()).unwrap_or_default();
    let colon = if star.is_empty() && weight.is_empty() { "" } else { ":" };
    format!("{text}'{colon}{star}{weight}")
}

fn phrase(stems: &[String], within: Within) -> String {
    let words: Vec<_> = stems.iter().map(|stem| lexeme(stem, false, within, "")).collect();
    format!("({})", words.join(" <-> "))
}

/// A word that begins so: by its stem, or by what stands in the text where that is another.
fn begins_with(prefix: &str, within: Within) -> String {
    format!("({} | {})", lexeme(prefix, false, within, "*"), lexeme(prefix, true, within, "*"))
}

fn both_in(field: Field, stems: &[String], prefix: &str) -> String {
    format!("({} & {})", phrase(stems, asked(field)), begins_with(prefix, asked(field)))
}

/// The `tsquery` of an expression of words.
pub(super) fn compile(expr: &Expr) -> Match {
    words::compile(expr, &TsQuery)
}

/// The `tsquery` of one stem anywhere.
pub(super) fn stem(stem: &str) -> String {
    TsQuery.phrase(None, &[stem.to_owned()])
}

/// What the index can say of an expression without looking at a record: that the words are there, wherever they stand. More
/// records have that, never fewer.
pub(super) fn loosened(expr: &Expr) -> Expr {
    let field = |field: &Option<Field>| field.filter(|field| *field == Field::Title);
    let words = |of: &Option<Field>, stems: &[String]| {
        let of = field(of);
        stems.iter().map(|stem| Expr::Phrase { field: of, stems: vec![stem.clone()] }).collect::<Vec<_>>()
    };
    match expr {
        Expr::All(parts) => Expr::all(parts.iter().map(loosened)),
        Expr::Any(parts) => Expr::Any(parts.iter().map(loosened).collect()),
        Expr::Phrase { field, stems } => Expr::all(words(field, stems)),
        Expr::Prefix { field: of, stems, prefix } => {
            let prefix = Expr::Prefix { field: field(of), stems: Vec::new(), prefix: prefix.clone() };
            Expr::all(words(of, stems).into_iter().chain([prefix]))
        }
        Expr::Nothing => Expr::Nothing,
        Expr::Not(_) | Expr::Is(_) | Expr::Everything => Expr::Everything,
    }
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
        vector(&fields, &Known::default(), &mut HashSet::new()).spelt()
    }

    #[test]
    fn fields_are_weights_and_marks() {
        let terms = vector_of("Retries", "the retries", "a/b.py");
        let expected = [
            "'+a':1A",
            "'+b':2A",
            "'+py':3A",
            "'^retri':1A",
            "'^~retries':16383A",
            "'retri':1A,6",
            "'the':5",
            "'~retries':16377,16383A",
        ];
        assert_eq!(terms, expected);
    }

    #[test]
    fn what_a_vector_cannot_hold_is_cut() {
        let many = "one two ".repeat(4_999);
        let terms = vector_of("one", &many, "");
        let one = terms.iter().find(|term| term.starts_with("'one'")).unwrap();
        assert_eq!(one.split(',').count(), 251, "and one that stands nowhere");
        let long: String = (0..9_000).map(|word| format!("{word}{} ", "x".repeat(200))).collect();
        let bytes: usize = vector_of("one", &long, "").iter().map(|term| term.len() + 8).sum();
        assert!(bytes < 1_048_575);
    }

    #[test]
    fn expressions_are_queries() {
        let word = |stem: &str| Expr::Phrase { field: None, stems: vec![stem.to_owned()] };
        let both = Expr::All(vec![word("a"), Expr::Not(Box::new(word("b")))]);
        let expected = "(((('a') | ('+a'))) & !((('b') | ('+b'))))";
        assert_eq!(compile(&both), Match::These(expected.to_owned()));
        let prefix = Expr::Prefix { field: Some(Field::Title), stems: vec![], prefix: "re".into() };
        assert_eq!(compile(&prefix), Match::These("('^re':* | '^~re':*)".into()));
    }
}
