//! Terms in files of bounded size.
//!
//! The terms of a segment form a tree: a node is a beginning and a range of the character behind it. A node whose terms fit
//! into a file is one; another is halved, down to single characters, which begin longer beginnings. So a file changes only
//! when a term of its own does, a query knows from the list of files alone which of them have the terms with a beginning,
//! and files are filled well whatever the alphabet. A single term always fits: a list has two bytes a document at most when it
//! has half of a segment's, and one when it has all.

use super::postings::List;
use super::script;

/// Bytes of terms and lists in a file.
pub(super) const MOST_BYTES: usize = 16 * 1024;

/// Above every character; a power of two.
const ALL_CHARACTERS: u32 = 1 << 21;

/// What is known of a term in a segment.
#[derive(Debug, Clone)]
pub(super) struct TermEntry {
    pub(super) term: String,
    /// Whether it stands in a text so, and has its list under its stem.
    pub(super) is_surface: bool,
    /// The documents that have it as a stem.
    pub(super) list: List,
}

impl TermEntry {
    pub(super) fn size(&self) -> usize {
        let list = if self.list.is_empty() { 0 } else { 1 + self.list.as_str().len() };
        script::escaped_length(&self.term) + usize::from(self.is_surface) + list + 1
    }

    fn push_to(&self, text: &mut String) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&self.term);
        if self.is_surface {
            text.push('~');
        }
        if !self.list.is_empty() {
            text.push(':');
            text.push_str(self.list.as_str());
        }
    }

    /// The same with a list that begins at `first`.
    pub(super) fn moved(self, first: u32) -> Option<Self> {
        let mut list = List::starting_at(first);
        list.extend(&self.list)?;
        Some(Self { list, ..self })
    }

    fn read(text: &str, first: u32) -> Self {
        let (head, list) = match text.split_once(':') {
            Some((head, list)) => (head, List::read(list, first)),
            None => (text, List::starting_at(first)),
        };
        let term = head.strip_suffix('~');
        Self { is_surface: term.is_some(), term: term.unwrap_or(head).to_owned(), list }
    }
}

/// The text of a file with these entries.
pub(super) fn write_entries(entries: &[TermEntry]) -> String {
    let mut text = String::with_capacity(entries.iter().map(TermEntry::size).sum());
    entries.iter().for_each(|entry| entry.push_to(&mut text));
    text
}

/// The entries of a file whose text is `text` and whose lists begin at `first`.
pub(super) fn read_entries(text: &str, first: u32) -> Vec<TermEntry> {
    text.split(' ').map(|entry| TermEntry::read(entry, first)).collect()
}

/// A file, as the list of files has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// No term of it is before this one, none of the file before is behind it.
    pub(super) key: String,
    /// Bytes of its terms and lists.
    pub(super) size: usize,
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    prefix: String,
    /// The character behind the prefix is one of these; 0 is the end of the term.
    low: u32,
    high: u32,
}

impl Node {
    pub(super) fn root() -> Self {
        Self { prefix: String::new(), low: 0, high: ALL_CHARACTERS }
    }

    /// What orders the terms of the node: the character behind the prefix.
    fn next_character(&self, term: &str) -> u32 {
        term.get(self.prefix.len()..).and_then(|rest| rest.chars().next()).map_or(0, u32::from)
    }

    /// The nodes below it; none for the node of a single term.
    fn halves(&self) -> Option<(Self, Self)> {
        if self.high - self.low > 1 {
            let middle = self.low.midpoint(self.high);
            let half = |low, high| Self { prefix: self.prefix.clone(), low, high };
            return Some((half(self.low, middle), half(middle, self.high)));
        }
        let c = char::from_u32(self.low).filter(|_| self.low > 0)?;
        let prefix = format!("{}{c}", self.prefix);
        Some((Self { prefix: prefix.clone(), low: 0, high: 1 }, Self { prefix, low: 1, high: ALL_CHARACTERS }))
    }

    /// The lowest term it can have, made of letters and digits.
    fn key(&self) -> String {
        let first = match self.low {
            0 => None,
            1..=0x30 => Some('0'),
            0x3a..=0x61 => Some('a'),
            low => char::from_u32(low),
        };
        let mut key = self.prefix.clone();
        key.extend(first);
        key
    }
}

/// The name of a file: safe on every system, different for every key.
pub(super) fn name(segment: u64, key: &str) -> String {
    let plain = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let mut name = format!("{segment}/{}-", if plain { "t" } else { "x" });
    if plain {
        name.push_str(key);
    } else {
        name.extend(key.bytes().map(|byte| format!("{byte:02x}")));
    }
    name
}

/// Files made: their names and texts.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) segment: u64,
    pub(super) texts: Vec<(String, String)>,
    pub(super) listed: Vec<Listed>,
}

impl Files {
    /// Cuts the terms of a node, which are in order, into files.
    pub(super) fn cut(&mut self, node: &Node, entries: &[TermEntry]) {
        let mut sums = Vec::with_capacity(entries.len() + 1);
        let mut sum = 0;
        sums.push(0);
        for entry in entries {
            sum += entry.size();
            sums.push(sum);
        }
        self.cut_node(node, entries, &sums);
    }

    /// `sums` are the bytes of all entries before each, and before the end.
    fn cut_node(&mut self, node: &Node, entries: &[TermEntry], sums: &[usize]) {
        let size = sums[entries.len()] - sums[0];
        match (entries, node.halves()) {
            ([], _) => {}
            (_, Some((low, high))) if size > MOST_BYTES => {
                let middle = entries.partition_point(|entry| is_lower(node, &entry.term, &high));
                self.cut_node(&low, &entries[..middle], &sums[..=middle]);
                self.cut_node(&high, &entries[middle..], &sums[middle..]);
            }
            _ => {
                let key = node.key();
                self.texts.push((name(self.segment, &key), write_entries(entries)));
                self.listed.push(Listed { key, size });
            }
        }
    }
}

/// Whether a term of `node` belongs to the lower of its halves.
fn is_lower(node: &Node, term: &str, high: &Node) -> bool {
    if high.prefix.len() == node.prefix.len() {
        node.next_character(term) < high.low
    } else {
        high.next_character(term) < high.low
    }
}

/// Where a term is or would be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The node that is one file, or none yet.
    pub(super) node: Node,
    /// The file in the list, if there is one.
    pub(super) file: Option<usize>,
}

/// Finds the node of a term in a tree of which only the files are known: a node is halved when its files are too large for
/// one.
pub(super) fn place(listed: &[Listed], term: &str) -> Place {
    let mut node = Node::root();
    let (mut from, mut to) = (0, listed.len());
    loop {
        let size: usize = listed[from..to].iter().map(|file| file.size).sum();
        let halves = if size > MOST_BYTES { node.halves() } else { None };
        let Some((low, high)) = halves else {
            return Place { node, file: (from < to).then_some(from) };
        };
        let middle = from + listed[from..to].partition_point(|file| is_lower(&node, &file.key, &high));
        if is_lower(&node, term, &high) {
            (node, to) = (low, middle);
        } else {
            (node, from) = (high, middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(term: &str, documents: u32) -> TermEntry {
        let mut list = List::default();
        (0..documents).for_each(|document| assert!(list.push(document, 1)));
        TermEntry { term: term.to_owned(), is_surface: false, list }
    }

    fn cut(terms: &[TermEntry]) -> Files {
        let mut files = Files { segment: 3, ..Files::default() };
        files.cut(&Node::root(), terms);
        files
    }

    #[test]
    fn entries_come_back() {
        let entries = [
            TermEntry { is_surface: true, ..entry("retries", 0) },
            TermEntry { is_surface: true, ..entry("retri", 3) },
        ];
        let mut text = String::new();
        entries.iter().for_each(|entry| entry.push_to(&mut text));
        assert_eq!(text, "retries~ retri~:BBB");
        assert_eq!(write_entries(&read_entries(&text, 0)), text);
        assert!(read_entries("a:\"", 0).remove(0).moved(7).is_none());
    }

    #[test]
    fn a_long_list_has_a_file_of_its_own() {
        let files = cut(&[entry("con", 2), entry("con1", 1), entry("connect", 16_384), entry("東", 1)]);
        let names: Vec<_> = files.texts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["3/t-con", "3/t-con0", "3/t-connect", "3/x-e48080"]);
        assert_eq!(place(&files.listed, "connect").file, Some(2));
        assert_eq!(place(&files.listed, "connexion").file, None);
    }

    /// Every second document makes the longest list.
    #[test]
    fn no_list_is_longer_than_a_file() {
        for step in [1, 2, 3, 27] {
            let mut list = List::default();
            (0..16_384).step_by(step).for_each(|document| assert!(list.push(document, 1)));
            assert!(list.as_str().len() <= MOST_BYTES);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Files are bounded, their keys are in order and apart, and every term is found by them alone.
        #[test]
        fn every_term_is_in_one_file(
            terms in proptest::collection::btree_map("[a-c0-1]{1,5}|[a-z]{1,3}|[東西北а-яé\u{20000}]{1,2}", 0_u32..16_384, 1..80),
        ) {
            let entries: Vec<_> = terms.iter().map(|(term, documents)| entry(term, *documents)).collect();
            let files = cut(&entries);
            prop_assert!(files.listed.is_sorted_by(|one, other| one.key < other.key));
            for (name, text) in &files.texts {
                prop_assert!(text.len() <= MOST_BYTES || !text.contains(' '), "{} has {}", name, text.len());
                for entry in read_entries(text, 0) {
                    let place = place(&files.listed, &entry.term);
                    let file = &files.listed[place.file.unwrap()];
                    let behind = files.listed.partition_point(|file| file.key <= entry.term);
                    prop_assert_eq!(&files.listed[behind - 1], file);
                    prop_assert_eq!(name, &super::name(3, &file.key));
                    prop_assert_eq!(&place.node.key(), &file.key);
                }
            }
            let mut names: Vec<_> = files.texts.iter().map(|(name, _)| name.to_lowercase()).collect();
            names.sort();
            names.dedup();
            prop_assert_eq!(names.len(), files.texts.len());
        }
    }
}
