//! The files of a segment, made from all of its changes.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::contents::Contents;
use super::documents::{Cards, Facets};
use super::entry::Entry;
use super::manifest::Summary;
use super::postings::List;
use super::shard::{Files, Node, TermEntry};
use super::{local, script};

/// A segment that was made.
#[derive(Debug)]
pub(crate) struct Built {
    /// Every file: its path in the site and its content.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// The segment for the manifest.
    pub(crate) summary: Summary,
}

pub(super) fn wrapped(files: impl IntoIterator<Item = (String, String)>) -> Vec<(String, Vec<u8>)> {
    files.into_iter().map(|(name, json)| (script::path(&name), script::wrap(&name, &json))).collect()
}

/// The text of a file of terms as JSON; it has no character that JSON escapes.
pub(super) fn quoted((name, text): (String, String)) -> (String, String) {
    (name, format!("\"{text}\""))
}

/// Makes every file of a segment from all of its changes.
pub(crate) fn build(segment: u64, mut entries: Vec<Entry>) -> Built {
    entries.sort_unstable_by_key(|entry| entry.number);
    let mut contents = Contents::default();
    entries.iter().for_each(|entry| contents.push(entry));
    let (before, tail) = entries.split_at(contents.tail.push_all(&entries));
    let mut files = Files { segment, ..Files::default() };
    files.cut(&Node::root(), &Gathering::of(before));
    files.texts.extend(contents.tail.file(segment, Gathering::of(tail)));
    let summary = contents.summary(segment);
    let texts = files.texts.into_iter().map(quoted);
    let mut made = wrapped(texts.chain([contents.file(segment, &files.listed)]));
    made.extend(wrapped(documents(segment, &entries, None, None)));
    Built { files: made, summary }
}

/// The files of cards and facets of these entries, which are in order; the first of them may continue a file.
pub(super) fn documents(
    segment: u64,
    entries: &[Entry],
    mut cards: Option<Cards>,
    mut facets: Option<Facets>,
) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in entries {
        let document = local(entry.number);
        let name = Cards::name_of(segment, document);
        if cards.as_ref().is_some_and(|cards| cards.name != name) {
            files.extend(cards.take().map(Cards::file));
        }
        cards.get_or_insert_with(|| Cards::new(name)).push(document, entry);
        if facets.as_ref().is_some_and(|facets| facets.name != Facets::name_of(segment, document)) {
            files.extend(facets.take().map(|facets| facets.file()));
        }
        facets.get_or_insert_with(|| Facets::new(segment, document)).push(document, entry);
    }
    files.extend(cards.map(Cards::file));
    files.extend(facets.map(|facets| facets.file()));
    files
}

/// The terms of all entries with their lists: each list grows as the entries come in order.
#[derive(Default)]
pub(super) struct Gathering {
    entries: Vec<TermEntry>,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Gathering {
    /// The terms of these documents, in order.
    pub(super) fn of(entries: &[Entry]) -> Vec<TermEntry> {
        let mut gathering = Self::default();
        entries.iter().for_each(|entry| gathering.add(entry));
        gathering.finish()
    }

    fn add(&mut self, entry: &Entry) {
        let Self { entries, places, hasher } = self;
        for found in entry.terms.iter() {
            let hash = hasher.hash_one(found.term);
            let known = places.find(hash, |place| entries[*place as usize].term == found.term).copied();
            let place = known.unwrap_or_else(|| {
                let place = entries.len() as u32;
                places.insert_unique(hash, place, |place| hasher.hash_one(&*entries[*place as usize].term));
                place
            });
            if known.is_none() {
                let term = found.term.to_owned();
                entries.push(TermEntry { term, is_surface: false, list: List::default() });
            }
            let term = &mut entries[place as usize];
            term.is_surface |= found.is_surface;
            if let Some(level) = found.level {
                term.list.push(local(entry.number), level);
            }
        }
    }

    fn finish(mut self) -> Vec<TermEntry> {
        self.entries.sort_unstable_by(|one, other| one.term.cmp(&other.term));
        self.entries
    }
}
