//! A `tsvector` in the server's binary format, which it neither parses nor sorts
//! (<https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/tsvector.c>, `tsvectorrecv`): the number of
//! terms; each term with a zero behind it, and how many places it has; each place as two bits of weight and fourteen of place.
//!
//! A vector holds 256 places of a term, places up to 16,383 and a mebibyte
//! (<https://www.postgresql.org/docs/15/textsearch-limitations.html>). What is beyond is found by its words where there is
//! room, and not by its phrases.

use std::error::Error;
use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};
use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type};

/// Places that say where a word stands; those above are for words that stand nowhere in particular, one for each weight, no
/// two next to each other.
pub(super) const LAST_PLACE: u16 = 16_370;
/// Places of a term that are kept, besides those.
const MOST_PLACES: usize = 250;
/// Bytes of a vector.
const MOST_BYTES: usize = 1_000_000;

/// The place of what stands nowhere in particular.
fn nowhere(weight: usize) -> u16 {
    16_383 - 2 * weight as u16
}

/// A place and a weight, counted from A, as the server keeps them.
fn packed(place: u16, weight: usize) -> u16 {
    ((3 - weight as u16) << 14) | place
}

/// A term, and the first and the last of its places.
struct Term {
    text: Range<usize>,
    first: Option<usize>,
    last: usize,
    places: usize,
    /// Which weights it has nowhere in particular.
    nowhere: [bool; 4],
}

/// The terms of a record, as they are gathered. Texts lie one behind the other and so do places, each with the next one of
/// its term: a record takes a handful of allocations, not two a term.
#[derive(Default)]
pub(super) struct Terms {
    texts: String,
    terms: Vec<Term>,
    by_text: HashTable<usize>,
    hasher: DefaultHashBuilder,
    places: Vec<(u16, Option<usize>)>,
    bytes: usize,
}

impl Terms {
    /// Adds a term at a place that is behind every place it had, or nowhere in particular.
    pub(super) fn add(&mut self, text: &str, place: Option<u16>, weight: usize) {
        let Some(number) = self.number(text) else { return };
        let term = &mut self.terms[number];
        match place {
            Some(place) if term.places < MOST_PLACES && self.bytes < MOST_BYTES => {
                let this = self.places.len();
                self.places.push((packed(place, weight), None));
                match term.first {
                    None => term.first = Some(this),
                    Some(_) => self.places[term.last].1 = Some(this),
                }
                (term.last, term.places) = (this, term.places + 1);
            }
            _ => term.nowhere[weight] = true,
        }
        self.bytes += 2;
    }

    /// The number of a term, which is a new one where it has none; nothing where there is no room for it.
    fn number(&mut self, text: &str) -> Option<usize> {
        let Self { texts, terms, by_text, hasher, .. } = self;
        let hash = hasher.hash_one(text);
        if let Some(number) = by_text.find(hash, |number| &texts[terms[*number].text.clone()] == text) {
            return Some(*number);
        }
        // An entry, its length and padding, and a count.
        let bytes = text.len() + 8;
        if self.bytes + bytes > MOST_BYTES {
            return None;
        }
        self.bytes += bytes;
        let (number, start) = (terms.len(), texts.len());
        texts.push_str(text);
        terms.push(Term { text: start..texts.len(), first: None, last: 0, places: 0, nowhere: [false; 4] });
        by_text.insert_unique(hash, number, |number| hasher.hash_one(&texts[terms[*number].text.clone()]));
        Some(number)
    }

    pub(super) fn vector(mut self) -> Vector {
        self.terms.sort_unstable_by(|one, other| self.texts[one.text.clone()].cmp(&self.texts[other.text.clone()]));
        let mut bytes = Vec::with_capacity(self.bytes);
        bytes.extend((self.terms.len() as i32).to_be_bytes());
        for term in self.terms {
            let unplaced = (0..4).rev().filter(|weight| term.nowhere[*weight]);
            let unplaced = unplaced.map(|weight| packed(nowhere(weight), weight));
            bytes.extend(self.texts[term.text.clone()].as_bytes());
            bytes.push(0);
            bytes.extend(((term.places + unplaced.clone().count()) as u16).to_be_bytes());
            let mut next = term.first;
            while let Some((place, behind)) = next.map(|at| self.places[at]) {
                bytes.extend(place.to_be_bytes());
                next = behind;
            }
            unplaced.for_each(|place| bytes.extend(place.to_be_bytes()));
        }
        Vector(bytes)
    }
}

/// The vector of a record.
#[derive(Debug, Clone)]
pub(super) struct Vector(Vec<u8>);

impl ToSql for Vector {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::TS_VECTOR
    }

    postgres::types::to_sql_checked!();
}

#[cfg(test)]
impl Vector {
    /// Its terms as the server spells them, in order.
    pub(super) fn spelt(&self) -> Vec<String> {
        let mut rest = &self.0[4..];
        let number = |rest: &mut &[u8]| {
            let (first, behind) = rest.split_at(2);
            *rest = behind;
            u16::from_be_bytes([first[0], first[1]])
        };
        let mut terms = Vec::new();
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == 0).unwrap();
            let term = std::str::from_utf8(&rest[..end]).unwrap();
            rest = &rest[end + 1..];
            let places = (0..number(&mut rest)).map(|_| {
                let place = number(&mut rest);
                format!("{}{}", place & 0x3fff, ["", "C", "B", "A"][usize::from(place >> 14)])
            });
            let places: Vec<String> = places.collect();
            terms.push(format!("'{term}':{}", places.join(",")));
        }
        terms
    }
}
