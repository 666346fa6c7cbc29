//! The list of a segment's files, and the file of its latest terms.

use serde::{Deserialize, Serialize};

use super::documents::push_day;
use super::entry::Entry;
use super::manifest::Summary;
use super::shard::{Listed, TermEntry, read_entries, write_entries};
use super::{local, script};

/// Gives a file by its name, if it is there.
pub(super) type Read<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

/// Documents, and bytes of terms, that a tail may have.
const TAIL: u32 = 32;
const TAIL_BYTES: u32 = 24 * 1024;

/// The latest documents of a segment: their terms are in one file until they are so many that a hundred others are worth
/// writing. Which ones they are depends on the documents alone, and on what comes before them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tail {
    pub(super) count: u32,
    bytes: u32,
    /// The first one.
    first: u32,
}

impl Tail {
    /// Takes one more; whether the tail is now full, and ends.
    fn push(&mut self, entry: &Entry) -> bool {
        if self.count == 0 {
            self.first = local(entry.number);
        }
        self.count += 1;
        self.bytes += entry.terms.bytes();
        let full = self.count >= TAIL || self.bytes > TAIL_BYTES;
        if full {
            *self = Self::default();
        }
        full
    }

    /// Takes all of these; returns how many of them are before the tail that is left, 0 when it goes on.
    pub(super) fn push_all(&mut self, entries: &[Entry]) -> usize {
        let mut before = 0;
        for (place, entry) in (1..).zip(entries) {
            if self.push(entry) {
                before = place;
            }
        }
        before
    }

    pub(super) fn name(segment: u64) -> String {
        format!("{segment}/tail")
    }

    /// The file of a tail with these terms; none for an empty one.
    pub(super) fn file(self, segment: u64, terms: Vec<TermEntry>) -> Option<(String, String)> {
        let terms = terms.into_iter().map(|entry| entry.moved(self.first)).collect::<Option<Vec<_>>>()?;
        (self.count > 0).then(|| (Self::name(segment), write_entries(&terms)))
    }

    /// The terms of the tail that is there.
    pub(super) fn read(self, segment: u64, get: Read<'_>) -> Option<Vec<TermEntry>> {
        if self.count == 0 {
            return Some(Vec::new());
        }
        let terms = entries_of(&Self::name(segment), self.first, get)?;
        terms.into_iter().map(|entry| entry.moved(0)).collect()
    }
}

/// The list of a segment's files.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Contents {
    /// Documents.
    pub(super) count: u64,
    /// The last one.
    pub(super) last: u32,
    pub(super) tail: Tail,
    /// The latest day of each 64 documents, the first and then differences.
    days: Vec<i32>,
    /// `KEY.SIZE` of each, by key.
    terms: String,
}

impl Contents {
    pub(super) fn name(segment: u64) -> String {
        format!("{segment}/terms")
    }

    pub(super) fn read(segment: u64, script: &[u8]) -> Option<(Self, Vec<Listed>)> {
        let mut read: Self = serde_json::from_str(script::unwrap(&Self::name(segment), script)?).ok()?;
        let mut day = 0;
        for difference in &mut read.days {
            day = difference.saturating_add(day);
            *difference = day;
        }
        let listed = read.terms.split(' ').filter(|file| !file.is_empty()).map(|file| {
            let (key, size) = file.split_once('.')?;
            Some(Listed { key: key.to_owned(), size: size.parse().ok()? })
        });
        let listed = listed.collect::<Option<Vec<_>>>()?;
        Some((read, listed))
    }

    pub(super) fn file(mut self, segment: u64, listed: &[Listed]) -> (String, String) {
        let mut before = 0;
        for day in &mut self.days {
            (*day, before) = (*day - before, *day);
        }
        let files = listed.iter().map(|Listed { key, size }| format!("{key}.{size}"));
        self.terms = files.collect::<Vec<_>>().join(" ");
        // Numbers and a string: there is nothing that JSON could refuse.
        (Self::name(segment), serde_json::to_string(&self).unwrap_or_default())
    }

    pub(super) fn push(&mut self, entry: &Entry) {
        self.count += 1;
        self.last = local(entry.number);
        push_day(&mut self.days, entry);
    }

    pub(super) fn summary(&self, segment: u64) -> Summary {
        Summary { segment, count: self.count, latest: self.days.iter().copied().max().unwrap_or_default() }
    }
}

/// The entries of a file whose lists begin at `first`.
pub(super) fn entries_of(name: &str, first: u32, get: Read<'_>) -> Option<Vec<TermEntry>> {
    let text: String = serde_json::from_str(script::unwrap(name, &get(name)?)?).ok()?;
    Some(read_entries(&text, first))
}
