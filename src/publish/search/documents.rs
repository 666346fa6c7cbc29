//! What is kept of a segment's documents beside its terms: cards, facets, days.

use std::collections::HashMap;

use super::entry::{Entry, FACETS, TAG};
use super::postings::{Numbers, push_number};
use super::{local, script};

/// Cards of a file.
pub(super) const CARDS: u32 = 16;
/// Documents of a file of facets.
pub(super) const OF_FACETS: u32 = 1024;
/// Values of a facet that a file offers.
const MOST_VALUES: usize = 1024;
/// Documents whose latest day stands for all of them where recent ones are preferred.
const OF_DAYS: u32 = 64;

/// The cards of consecutive documents, one a line.
pub(super) struct Cards {
    pub(super) name: String,
    lines: String,
}

impl Cards {
    /// The file that has, or would have, the card of a document.
    pub(super) fn name_of(segment: u64, document: u32) -> String {
        format!("{segment}/d-{}", document / CARDS)
    }

    pub(super) fn new(name: String) -> Self {
        Self { name, lines: String::new() }
    }

    pub(super) fn read(name: String, script: &[u8]) -> Option<Self> {
        let lines = script::unwrap(&name, script)?.strip_prefix("[\n")?.strip_suffix("\n]")?.to_owned();
        Some(Self { name, lines })
    }

    pub(super) fn push(&mut self, document: u32, entry: &Entry) {
        if !self.lines.is_empty() {
            self.lines.push_str(",\n");
        }
        self.lines.push_str(&format!("[{document},{}", entry.card.trim_start_matches('[')));
    }

    pub(super) fn file(self) -> (String, String) {
        (self.name, format!("[\n{}\n]", self.lines))
    }
}

/// The facets of consecutive documents: by facet the values that occur, in the order they first do, and for each document
/// the places of its values, counted from 1. One value, or 0 for none; of tags all, and 0 behind them.
pub(super) struct Facets {
    pub(super) name: String,
    columns: [Column; FACETS],
    /// The document behind the last one.
    next: u32,
}

#[derive(Default)]
struct Column {
    values: Vec<String>,
    places: HashMap<String, u32>,
    text: String,
}

impl Column {
    fn place(&mut self, value: &str) -> Option<u32> {
        if let Some(place) = self.places.get(value) {
            return Some(*place);
        }
        if self.values.len() >= MOST_VALUES {
            return None;
        }
        self.values.push(value.to_owned());
        let place = self.values.len() as u32;
        self.places.insert(value.to_owned(), place);
        Some(place)
    }

    fn read(values: Vec<String>, text: String) -> Self {
        let places = (1..).zip(&values).map(|(place, value)| (value.clone(), place)).collect();
        Self { values, places, text }
    }
}

impl Facets {
    /// The file that has, or would have, the facets of a document.
    pub(super) fn name_of(segment: u64, document: u32) -> String {
        format!("{segment}/f-{}", document / OF_FACETS)
    }

    /// An empty file for `document` and its neighbours.
    pub(super) fn new(segment: u64, document: u32) -> Self {
        let next = document / OF_FACETS * OF_FACETS;
        Self { name: Self::name_of(segment, document), columns: Default::default(), next }
    }

    pub(super) fn read(segment: u64, document: u32, script: &[u8]) -> Option<Self> {
        let mut facets = Self::new(segment, document);
        let columns: [(Vec<String>, String); FACETS] =
            serde_json::from_str(script::unwrap(&facets.name, script)?).ok()?;
        // Of an owner there is one number for each document.
        let mut numbers = Numbers::new(&columns[0].1);
        while !numbers.is_at_end() {
            numbers.number()?;
            facets.next += 1;
        }
        facets.columns = columns.map(|(values, text)| Column::read(values, text));
        Some(facets)
    }

    pub(super) fn push(&mut self, document: u32, entry: &Entry) {
        // A number that no document has.
        for _ in self.next..document {
            self.columns.iter_mut().for_each(|column| push_number(&mut column.text, 0));
        }
        self.next = document + 1;
        for (facet, (column, values)) in self.columns.iter_mut().zip(&entry.facets).enumerate() {
            let places: Vec<u32> = values.iter().filter_map(|value| column.place(value)).collect();
            if facet == TAG {
                places.iter().for_each(|place| push_number(&mut column.text, *place));
                push_number(&mut column.text, 0);
            } else {
                push_number(&mut column.text, places.first().copied().unwrap_or_default());
            }
        }
    }

    pub(super) fn file(&self) -> (String, String) {
        let columns: Vec<_> = self.columns.iter().map(|column| (&column.values, &column.text)).collect();
        // Strings alone: there is nothing that JSON could refuse.
        (self.name.clone(), serde_json::to_string(&columns).unwrap_or_default())
    }
}

/// The latest day of each 64 documents; where there is none, the one before.
pub(super) fn push_day(days: &mut Vec<i32>, entry: &Entry) {
    let group = (local(entry.number) / OF_DAYS) as usize;
    while days.len() <= group {
        days.push(if days.len() == group { entry.day } else { days.last().copied().unwrap_or(entry.day) });
    }
    days[group] = days[group].max(entry.day);
}
