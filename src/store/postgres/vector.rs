//! A `tsvector` in the server's binary format, which it neither parses nor sorts
//! (<https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/tsvector.c>, `tsvectorrecv`): the number of
//! terms; each term with a zero behind it, and how many places it has; each place as two bits of weight and fourteen of place.
//!
//! A vector holds 256 places of a term, places up to 16,383 and a mebibyte
//! (<https://www.postgresql.org/docs/15/textsearch-limitations.html>). What is beyond is found by its words where there is
//! room, and not by its phrases.

use std::error::Error;

use hashbrown::HashMap;
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

/// The places of one term, in order, and which weights it has nowhere in particular.
#[derive(Default)]
struct Places {
    at: Vec<u16>,
    nowhere: [bool; 4],
}

/// The terms of a record, as they are gathered.
#[derive(Default)]
pub(super) struct Terms {
    terms: HashMap<String, Places>,
    bytes: usize,
}

impl Terms {
    /// Adds a term at a place that is behind every place it had, or nowhere in particular.
    pub(super) fn add(&mut self, term: &str, place: Option<u16>, weight: usize) {
        if !self.terms.contains_key(term) {
            // An entry, its length and padding, and a count.
            let bytes = term.len() + 8;
            if self.bytes + bytes > MOST_BYTES {
                return;
            }
            self.bytes += bytes;
            self.terms.insert(term.to_owned(), Places::default());
        }
        let Some(places) = self.terms.get_mut(term) else { return };
        match place {
            Some(place) if places.at.len() < MOST_PLACES && self.bytes < MOST_BYTES => {
                places.at.push(packed(place, weight));
            }
            _ => places.nowhere[weight] = true,
        }
        self.bytes += 2;
    }

    pub(super) fn vector(self) -> Vector {
        let mut terms: Vec<(String, Places)> = self.terms.into_iter().collect();
        terms.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        let mut bytes = Vec::with_capacity(self.bytes);
        bytes.extend((terms.len() as i32).to_be_bytes());
        for (term, mut places) in terms {
            let unplaced = (0..4).rev().filter(|weight| places.nowhere[*weight]);
            places.at.extend(unplaced.map(|weight| packed(nowhere(weight), weight)));
            bytes.extend(term.as_bytes());
            bytes.push(0);
            bytes.extend((places.at.len() as u16).to_be_bytes());
            places.at.iter().for_each(|place| bytes.extend(place.to_be_bytes()));
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
