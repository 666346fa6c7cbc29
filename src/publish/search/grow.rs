//! A segment that grows: from the files there are and the changes that are new, those files that differ.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::{Contents, Read, Tail, entries_of};
use super::documents::{Cards, Facets};
use super::entry::Entry;
use super::manifest::Summary;
use super::segment::{Gathering, documents, quoted, wrapped};
use super::shard::{Files, Listed, Place, TermEntry, name, place};
use super::{local, script};

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

/// Adds changes to a segment whose files `read` returns by path; gives the files that [`super::build`] would make of all of them.
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
    fn add(&mut self, new: Vec<TermEntry>, get: Read<'_>) -> Option<()> {
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
    fn take(&mut self, name: &str, get: Read<'_>) -> Option<Vec<TermEntry>> {
        let entries = entries_of(name, 0, get)?;
        self.left.insert(name.to_owned());
        Some(entries)
    }
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

    use super::super::segment::{Built, build};
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
            format!("{bits:x}{} ", if bits.is_multiple_of(3) { "ing" } else { "東é" })
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
        for (title, pair) in
            [("get_users", "getuser"), ("src/api.py", "apipy"), ("a ReadTimeout", "readtimeout"), ("東京", "東京")]
        {
            assert!(level(json!({"title": title}), pair).is_some(), "{title}");
        }
        assert_eq!(level(json!({"title": "get user (users)."}), "getuser"), None);
        let long = "f".repeat(60);
        assert!(level(json!({"title": long}), &long[..24]).is_some());
    }
}
