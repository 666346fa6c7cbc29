//! The files of a segment: made from its changes, or from the files there are and the changes that are new.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::{Deserialize, Serialize};

use super::documents::{Cards, Facets, push_day};
use super::entry::Entry;
use super::manifest::Summary;
use super::postings::List;
use super::shard::{Files, Listed, Node, Place, TermEntry, name, place, read_entries, write_entries};
use super::{local, script};

/// A segment that was made.
#[derive(Debug)]
pub(crate) struct Built {
    /// Every file: its path in the site and its content.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// The segment for the manifest.
    pub(crate) summary: Summary,
}

/// A segment that grew.
#[derive(Debug)]
pub(crate) struct Added {
    /// The files that are new or differ.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// The paths of files that are no longer part of it.
    pub(crate) removed: Vec<String>,
    /// The segment for the manifest.
    pub(crate) summary: Summary,
}

/// Documents, and bytes of terms, that a tail may have.
const TAIL: u32 = 32;
const TAIL_BYTES: u32 = 24 * 1024;

/// The latest documents of a segment: their terms are in one file until they are so many that a hundred others are worth
/// writing. Which ones they are depends on the documents alone, and on what comes before them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Tail {
    count: u32,
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
    fn push_all(&mut self, entries: &[Entry]) -> usize {
        let mut before = 0;
        for (place, entry) in (1..).zip(entries) {
            if self.push(entry) {
                before = place;
            }
        }
        before
    }

    fn name(segment: u64) -> String {
        format!("{segment}/tail")
    }

    /// The file of a tail with these terms; none for an empty one.
    fn file(self, segment: u64, terms: Vec<TermEntry>) -> Option<(String, String)> {
        let terms = terms.into_iter().map(|entry| entry.moved(self.first)).collect::<Option<Vec<_>>>()?;
        (self.count > 0).then(|| (Self::name(segment), write_entries(&terms)))
    }

    /// The terms of the tail that is there.
    fn read(self, segment: u64, get: &dyn Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<TermEntry>> {
        if self.count == 0 {
            return Some(Vec::new());
        }
        let terms = entries_of(&Self::name(segment), self.first, get)?;
        terms.into_iter().map(|entry| entry.moved(0)).collect()
    }
}

/// The list of a segment's files.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    /// Documents.
    count: u64,
    /// The last one.
    last: u32,
    tail: Tail,
    /// The latest day of each 64 documents, the first and then differences.
    days: Vec<i32>,
    /// `KEY.SIZE` of each, by key.
    terms: String,
}

impl Contents {
    fn name(segment: u64) -> String {
        format!("{segment}/terms")
    }

    fn read(segment: u64, script: &[u8]) -> Option<(Self, Vec<Listed>)> {
        let mut read: Self = serde_json::from_str(script::unwrap(&Self::name(segment), script)?).ok()?;
        let mut day = 0;
        for difference in &mut read.days {
            day += *difference;
            *difference = day;
        }
        let listed = read.terms.split(' ').filter(|file| !file.is_empty()).map(|file| {
            let (key, size) = file.split_once('.')?;
            Some(Listed { key: key.to_owned(), size: size.parse().ok()? })
        });
        let listed = listed.collect::<Option<Vec<_>>>()?;
        Some((read, listed))
    }

    fn file(mut self, segment: u64, listed: &[Listed]) -> (String, String) {
        let mut before = 0;
        for day in &mut self.days {
            (*day, before) = (*day - before, *day);
        }
        let files = listed.iter().map(|Listed { key, size }| format!("{key}.{size}"));
        self.terms = files.collect::<Vec<_>>().join(" ");
        // Numbers and a string: there is nothing that JSON could refuse.
        (Self::name(segment), serde_json::to_string(&self).unwrap_or_default())
    }

    fn push(&mut self, entry: &Entry) {
        self.count += 1;
        self.last = local(entry.number);
        push_day(&mut self.days, entry);
    }

    fn summary(&self, segment: u64) -> Summary {
        Summary { segment, count: self.count, latest: self.days.iter().copied().max().unwrap_or_default() }
    }
}

fn wrapped(files: impl IntoIterator<Item = (String, String)>) -> Vec<(String, Vec<u8>)> {
    files.into_iter().map(|(name, json)| (script::path(&name), script::wrap(&name, &json))).collect()
}

/// The text of a file of terms as JSON; it has no character that JSON escapes.
fn quoted((name, text): (String, String)) -> (String, String) {
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
fn documents(
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
struct Gathering {
    entries: Vec<TermEntry>,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Gathering {
    /// The terms of these documents, in order.
    fn of(entries: &[Entry]) -> Vec<TermEntry> {
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

/// Adds changes to a segment whose files `read` returns by path; gives the files that [`build`] would make of all of them.
/// `None` where the segment has to be built: its files are missing or another version's, or a change is not newer than all
/// that are there.
pub(crate) fn add(segment: u64, mut entries: Vec<Entry>, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Option<Added> {
    entries.sort_unstable_by_key(|entry| entry.number);
    let get = |name: &str| read(&script::path(name));
    let first = local(entries.first()?.number);
    let (mut contents, listed) = Contents::read(segment, &get(&Contents::name(segment))?)?;
    if first <= contents.last || !entries.is_sorted_by(|one, other| one.number < other.number) {
        return None;
    }
    let last = contents.last;
    let cards = match Cards::name_of(segment, first) {
        name if name == Cards::name_of(segment, last) => Some(Cards::read(name.clone(), &get(&name)?)?),
        _ => None,
    };
    let facets = match Facets::name_of(segment, first) {
        name if name == Facets::name_of(segment, last) => Some(Facets::read(segment, last, &get(&name)?)?),
        _ => None,
    };
    let mut tail = contents.tail.read(segment, &get)?;
    let had_tail = !tail.is_empty();
    let flushed = contents.tail.push_all(&entries);
    let mut growing = Growing { segment, listed, made: Files { segment, ..Files::default() }, left: BTreeSet::new() };
    if flushed > 0 {
        growing.add(merged(std::mem::take(&mut tail), Gathering::of(&entries[..flushed]))?, &get)?;
        growing.left.extend(had_tail.then(|| Tail::name(segment)));
    }
    tail = merged(tail, Gathering::of(&entries[flushed..]))?;
    let Growing { listed, mut made, mut left, .. } = growing;
    made.texts.extend(contents.tail.file(segment, tail));
    for (name, _) in &made.texts {
        left.remove(name);
    }
    entries.iter().for_each(|entry| contents.push(entry));
    let summary = contents.summary(segment);
    let texts = made.texts.into_iter().map(quoted);
    let mut files = wrapped(texts.chain([contents.file(segment, &listed)]));
    files.extend(wrapped(documents(segment, &entries, cards, facets)));
    Some(Added { files, removed: left.iter().map(|name| script::path(name)).collect(), summary })
}

/// The files of terms of a segment that grows.
struct Growing {
    segment: u64,
    listed: Vec<Listed>,
    made: Files,
    /// Names of files that were cut anew.
    left: BTreeSet<String>,
}

impl Growing {
    fn add(&mut self, new: Vec<TermEntry>, get: &dyn Fn(&str) -> Option<Vec<u8>>) -> Option<()> {
        // Terms of one file lie beside each other.
        let mut files: Vec<(Place, Vec<TermEntry>)> = Vec::new();
        for term in new {
            let place = place(&self.listed, &term.term);
            match files.last_mut() {
                Some((last, terms)) if *last == place => terms.push(term),
                _ => files.push((place, vec![term])),
            }
        }
        let known = std::mem::take(&mut self.listed);
        let mut listed: BTreeMap<_, _> = known.iter().map(|file| (file.key.clone(), file.clone())).collect();
        for (place, terms) in files {
            let before = match place.file.map(|at| &known[at]) {
                Some(file) => {
                    listed.remove(&file.key);
                    self.take(&name(self.segment, &file.key), get)?
                }
                None => Vec::new(),
            };
            self.made.cut(&place.node, &merged(before, terms)?);
        }
        for file in std::mem::take(&mut self.made.listed) {
            listed.insert(file.key.clone(), file);
        }
        self.listed = listed.into_values().collect();
        Some(())
    }

    /// The entries of a file that is cut anew.
    fn take(&mut self, name: &str, get: &dyn Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<TermEntry>> {
        let entries = entries_of(name, 0, get)?;
        self.left.insert(name.to_owned());
        Some(entries)
    }
}

/// The entries of a file whose lists begin at `first`.
fn entries_of(name: &str, first: u32, get: &dyn Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<TermEntry>> {
    let text: String = serde_json::from_str(script::unwrap(name, &get(name)?)?).ok()?;
    Some(read_entries(&text, first))
}

/// Both in order, with the lists of a term in one; `added` has the later documents.
fn merged(before: Vec<TermEntry>, added: Vec<TermEntry>) -> Option<Vec<TermEntry>> {
    let mut all = Vec::with_capacity(before.len() + added.len());
    let mut before = before.into_iter().peekable();
    for new in added {
        while let Some(earlier) = before.next_if(|earlier| earlier.term < new.term) {
            all.push(earlier);
        }
        if let Some(mut known) = before.next_if(|known| known.term == new.term) {
            known.is_surface |= new.is_surface;
            known.list.extend(&new.list)?;
            all.push(known);
        } else {
            all.push(new);
        }
    }
    all.extend(before);
    Some(all)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;
    use serde_json::json;

    use super::super::shard::MOST_BYTES;
    use super::*;
    use crate::query::sample;

    type Site = BTreeMap<String, Vec<u8>>;

    fn entry(number: u64, title: &str, reason: &str, owner: &str, tags: &[&str]) -> Entry {
        let draft = json!({"title": title, "reason": reason, "owner": owner, "tags": tags, "kind": "fix"});
        Entry::new(number, &sample::change(draft))
    }

    fn site(built: Built) -> Site {
        built.files.into_iter().collect()
    }

    /// Adds to a site what is new, and says which files changed.
    fn grow(site: &mut Site, segment: u64, entries: Vec<Entry>) -> Option<(Vec<String>, Summary)> {
        let Added { files, removed, summary } = add(segment, entries, &|path| site.get(path).cloned())?;
        for path in &removed {
            site.remove(path).unwrap();
        }
        let changed = files.iter().map(|(path, _)| path.clone()).collect();
        site.extend(files);
        Some((changed, summary))
    }

    fn words(seed: u64, count: u64) -> String {
        let word = |n: u64| {
            let bits = (seed * 1_000 + n).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            format!("{bits:x}{} ", if bits % 3 == 0 { "ing" } else { "東é" })
        };
        (0..count).map(word).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_segment_that_grew_is_the_one_that_is_built(
            changes in proptest::collection::vec((1_u64..900, 0_u64..400, "[a-c]{0,2}", any::<u64>()), 2..24),
            cut in 1_usize..20,
        ) {
            let mut number = 3 * super::super::SEGMENT;
            let mut entries = Vec::new();
            for (gap, length, name, seed) in &changes {
                number += gap;
                let tags = ["one", &format!("tag {name}"), "</script>\u{2028}"];
                entries.push(entry(number, "Retry \u{202e}", &words(seed % 5_000, *length), &format!("team-{name}"), &tags));
            }
            let mut grown = site(build(3, entries[..1].to_vec()));
            let mut summary = None;
            for added in entries[1..].chunks(cut) {
                summary = Some(grow(&mut grown, 3, added.to_vec()).unwrap().1);
            }
            let cold = build(3, entries);
            prop_assert_eq!(summary, Some(cold.summary));
            let cold = site(cold);
            prop_assert_eq!(grown.keys().collect::<Vec<_>>(), cold.keys().collect::<Vec<_>>());
            for (path, content) in &cold {
                prop_assert!(grown[path] == *content, "{} differs", path);
                prop_assert!(content.is_ascii() && !content.contains(&b'<'), "{}", path);
                prop_assert!(path.split('/').all(|part| part.len() < 120));
                if path.contains("/t-") || path.contains("/x-") {
                    prop_assert!(content.len() <= MOST_BYTES + 200, "{} has {} bytes", path, content.len());
                }
            }
        }
    }

    #[test]
    fn long_lists_grow() {
        let base = entry(0, "Every record says retry", "", "team", &["tag"]);
        let all = |numbers: std::ops::Range<u64>| {
            numbers.map(|number| Entry { number: number * 2, ..base.clone() }).collect::<Vec<_>>()
        };
        let mut grown = site(build(0, all(0..900)));
        for numbers in [900..910, 910..3_000, 3_000..8_190, 8_190..8_192] {
            grow(&mut grown, 0, all(numbers)).unwrap();
        }
        assert!(grown == site(build(0, all(0..8_192))));
        assert!(grown.contains_key("search/0/t-retri.js"), "{:?}", grown.keys());
    }

    #[test]
    fn one_change_touches_few_files() {
        let entries: Vec<_> = (0..610).map(|n| entry(n, "Retry the order", &words(n, 80), "team", &["tag"])).collect();
        let mut grown = site(build(0, entries));
        assert!(grown.len() > 50, "{}", grown.len());
        let reads = Cell::new(0);
        let new = entry(610, "Retry the page", "once", "team", &["tag"]);
        let read = |path: &str| {
            reads.set(reads.get() + 1);
            grown.get(path).cloned()
        };
        let added = add(0, vec![new.clone()], &read).unwrap();
        // The list of files, the tail, the card and the facets.
        assert!(reads.get() <= 4 && added.files.len() <= 4 && added.removed.is_empty());
        assert_eq!(grow(&mut grown, 0, vec![new]).unwrap().1.count, 611);
    }

    #[test]
    fn what_cannot_be_continued_is_built_anew() {
        let one = |number| vec![entry(number, "Retry", "", "team", &[])];
        let whole = site(build(0, one(7)));
        assert!(grow(&mut whole.clone(), 0, one(7)).is_none());
        assert!(grow(&mut whole.clone(), 0, one(3)).is_none());
        assert!(grow(&mut whole.clone(), 0, vec![]).is_none());
        assert!(grow(&mut whole.clone(), 1, one(20_000)).is_none());
        for path in whole.keys() {
            let mut broken = whole.clone();
            broken.remove(path);
            assert!(grow(&mut broken, 0, one(8)).is_none(), "without {path}");
            broken.insert(path.clone(), b"shipnoteSearch(\"0/t-\",1);\n".to_vec());
            assert!(grow(&mut broken, 0, one(8)).is_none(), "with another {path}");
        }
    }

    #[test]
    fn what_was_replaced_matches_less_and_a_title_more() {
        let level = |draft: serde_json::Value, wanted: &str| {
            let entry = Entry::new(0, &sample::change(draft));
            let found = entry.terms.iter().find(|found| found.term == wanted);
            found.and_then(|found| found.level)
        };
        let shipped = level(json!({"title": "Retries"}), "retri").unwrap();
        assert!(level(json!({"title": "Retries", "status": "rolled-back"}), "retri").unwrap() < shipped);
        assert!(level(json!({"title": "Other", "reason": "retries"}), "retri").unwrap() < shipped);
        assert_eq!(level(json!({"title": "Retries"}), "retries"), None);
        assert_eq!(level(json!({"title": "FastAPI"}), "fastapi"), level(json!({"title": "FastAPI"}), "fast"));
        let long = "f".repeat(60);
        assert!(level(json!({"title": long}), &long[..24]).is_some());
    }
}
