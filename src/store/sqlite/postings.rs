//! The words of very many records, sorted: what [`Segment`] is written from.
//!
//! Lists are gathered in memory in the form FTS5 gives them, and go to a file in the order of their terms when they are
//! many; at the end these runs are read side by side. A run also has the words for `word`, behind the terms.

use std::fs::File;
use std::hash::BuildHasher;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use hashbrown::hash_table::{Entry, HashTable};
use hashbrown::{DefaultHashBuilder, HashMap};

use super::fts::{SURFACE, each_term};
use super::segment::{Row, Segment, Sink, put, take};
use crate::query::{Field, Short, can_be_misspelt};

/// Bytes of lists that are in memory at most; the room that they grow into may be as much again.
pub(super) const MOST_BYTES: usize = 64 * 1024 * 1024;
/// What a term takes beside its letters and its list.
const TERM_BYTES: usize = 128;
/// FTS5 has this letter before every term of the index itself; other letters are indexes of prefixes.
const TERM: u8 = b'0';
/// Behind it.
const WORD: u8 = b'w';

const COLUMNS: usize = Field::ALL.len();

/// What a merge gives back.
pub(super) enum Part {
    /// A row of the index.
    Index(Row),
    /// The row of `change_text_docsize` of a record.
    Size(i64, Vec<u8>),
    /// A word.
    Word(String),
}

/// The index of records as far as they came.
pub(super) struct Postings<'f> {
    folder: &'f Path,
    terms: Terms,
    bytes: usize,
    most_bytes: usize,
    runs: Vec<Run>,
    records: u64,
    /// Terms in each column of all records, and of each behind the number of its row.
    totals: [u64; COLUMNS],
    sizes: Vec<u8>,
}

/// Terms and their lists. Every word of a record looks here, and what is not in the processor's cache takes most of the
/// time.
#[derive(Default)]
struct Terms {
    /// Places in `lists`.
    short: HashMap<Short, u32>,
    /// Those of the longer terms, by the letters.
    long: HashTable<u32>,
    hasher: DefaultHashBuilder,
    lists: Vec<List>,
    letters: String,
}

impl Terms {
    fn list(&mut self, term: &str) -> &mut List {
        let next = self.lists.len() as u32;
        let place = match Short::new(term) {
            Some(short) => *self.short.entry(short).or_insert(next),
            None => self.long_place(term, next),
        };
        if place == next {
            let letters = Letters { start: self.letters.len() as u32, length: term.len() as u32 };
            self.letters.push_str(term);
            self.lists.push(List { term: letters, ..List::default() });
        }
        &mut self.lists[place as usize]
    }

    fn long_place(&mut self, term: &str, next: u32) -> u32 {
        let Self { long, hasher, lists, letters, .. } = self;
        let term_of = |place: &u32| &letters[lists[*place as usize].term.range()];
        let same = |place: &u32| term_of(place) == term;
        match long.entry(hasher.hash_one(term), same, |place| hasher.hash_one(term_of(place))) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => *free.insert(next).get(),
        }
    }

    /// The terms in order.
    fn sorted(self) -> (String, Vec<List>) {
        let Self { mut lists, letters, .. } = self;
        lists.sort_unstable_by_key(|list| &letters[list.term.range()]);
        (letters, lists)
    }
}

/// Where a term stands among the letters of all.
#[derive(Default, Clone, Copy)]
struct Letters {
    start: u32,
    length: u32,
}

impl Letters {
    fn range(self) -> Range<usize> {
        self.start as usize..(self.start + self.length) as usize
    }
}

/// Where a term stands: rows, and in each the columns and places.
#[derive(Default)]
struct List {
    term: Letters,
    bytes: Vec<u8>,
    row: u64,
    place: u32,
    /// Where the size of the last row is to be written.
    size_at: u32,
    column: u8,
    /// Whether it stands in a text as it is.
    is_word: bool,
}

impl List {
    fn push(&mut self, row: u64, column: u8, place: u32) {
        if self.row != row {
            self.end_row();
            put(&mut self.bytes, row - self.row);
            self.size_at = self.bytes.len() as u32;
            self.bytes.push(0);
            (self.row, self.column, self.place) = (row, 0, 0);
        }
        if self.column != column {
            self.bytes.extend_from_slice(&[1, column]);
            (self.column, self.place) = (column, 0);
        }
        // 0 and 1 are marks.
        put(&mut self.bytes, u64::from(place - self.place + 2));
        self.place = place;
    }

    fn end_row(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let size_at = self.size_at as usize;
        let doubled = 2 * (self.bytes.len() - size_at - 1);
        match u8::try_from(doubled) {
            Ok(small @ ..0x80) => self.bytes[size_at] = small,
            _ => {
                let mut size = Vec::new();
                put(&mut size, doubled as u64);
                self.bytes.splice(size_at..=size_at, size);
            }
        }
    }
}

impl<'f> Postings<'f> {
    /// An index without a record, which keeps runs of about `most_bytes` in `folder`.
    pub(super) fn new(folder: &'f Path, most_bytes: usize) -> Self {
        Self {
            folder,
            terms: Terms::default(),
            bytes: 0,
            most_bytes,
            runs: Vec::new(),
            records: 0,
            totals: [0; COLUMNS],
            sizes: Vec::new(),
        }
    }

    /// Adds a record by the texts of its fields; rows come in order.
    pub(super) fn add(&mut self, row: i64, fields: &[Vec<&str>]) -> Result<()> {
        let row = row.cast_unsigned();
        put(&mut self.sizes, row);
        for ((column, texts), total) in (0..).zip(fields).zip(&mut self.totals) {
            let mut place = 0;
            each_term(texts, &mut |term, surface| {
                let list = self.terms.list(term);
                // A new one takes more than its bytes.
                let before = if list.bytes.is_empty() { 0 } else { TERM_BYTES + list.bytes.len() };
                list.push(row, column, place);
                list.is_word |= surface == Some(term);
                self.bytes += TERM_BYTES + list.bytes.len() - before;
                place += 1;
            });
            put(&mut self.sizes, u64::from(place));
            *total += u64::from(place);
        }
        self.records += 1;
        if self.bytes >= self.most_bytes { self.end_run() } else { Ok(()) }
    }

    fn end_run(&mut self) -> Result<()> {
        self.bytes = 0;
        let run = Run::write(self.folder, std::mem::take(&mut self.terms))
            .context("a part of the search index could not be written")?;
        self.runs.push(run);
        Ok(())
    }

    /// Hands over the rows of everything; `cookie` as for [`Segment::finish`].
    pub(super) fn merge(mut self, cookie: [u8; 4], each: &mut dyn FnMut(Part) -> Result<()>) -> Result<()> {
        self.end_run()?;
        let mut segment = Segment::new();
        merge(&mut self.runs, &mut |key, lists| match key.split_first() {
            Some((&WORD, word)) => each(Part::Word(String::from_utf8(word.to_vec())?)),
            _ => {
                let mut sink = |row| each(Part::Index(row));
                segment.term(key, &mut sink)?;
                lists.iter().try_for_each(|list| segment.list(list, &mut sink))
            }
        })?;
        let sink: &mut Sink<'_> = &mut |row| each(Part::Index(row));
        segment.finish(cookie, self.records, sink)?;
        let mut averages = Vec::new();
        put(&mut averages, self.records);
        self.totals.iter().for_each(|total| put(&mut averages, *total));
        sink(Row::Data(1, averages))?;
        let mut sizes = self.sizes.as_slice();
        while !sizes.is_empty() {
            let row = take(&mut sizes).cast_signed();
            let start = sizes;
            (0..COLUMNS).for_each(|_| _ = take(&mut sizes));
            each(Part::Size(row, start[..start.len() - sizes.len()].to_vec()))?;
        }
        Ok(())
    }
}

/// A sorted part of an index in a file that nobody else sees.
struct Run {
    file: BufReader<File>,
    /// What stands next; `None` at the end.
    next: Option<Next>,
}

#[derive(Default)]
struct Next {
    key: Vec<u8>,
    list: Vec<u8>,
}

impl Run {
    fn write(folder: &Path, terms: Terms) -> io::Result<Self> {
        let mut file = BufWriter::with_capacity(1 << 18, tempfile::tempfile_in(folder)?);
        let mut words = Vec::new();
        let (letters, lists) = terms.sorted();
        for mut list in lists {
            let term = &letters[list.term.range()];
            list.end_row();
            write_entry(&mut file, TERM, term, &list.bytes)?;
            match term.strip_prefix(SURFACE) {
                Some(surface) if can_be_misspelt(surface) => words.push(surface),
                None if list.is_word && can_be_misspelt(term) => words.push(term),
                _ => {}
            }
        }
        words.sort_unstable();
        for word in words {
            write_entry(&mut file, WORD, word, &[])?;
        }
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        let mut run = Self { file: BufReader::with_capacity(1 << 18, file), next: Some(Next::default()) };
        run.advance()?;
        Ok(run)
    }

    fn advance(&mut self) -> io::Result<()> {
        let mut lengths = [0; 8];
        if self.file.fill_buf()?.is_empty() {
            self.next = None;
            return Ok(());
        }
        self.file.read_exact(&mut lengths)?;
        let [a, b, c, d, e, f, g, h] = lengths;
        if let Some(Next { key, list }) = &mut self.next {
            key.resize(u32::from_be_bytes([a, b, c, d]) as usize, 0);
            list.resize(u32::from_be_bytes([e, f, g, h]) as usize, 0);
            self.file.read_exact(key)?;
            self.file.read_exact(list)?;
        }
        Ok(())
    }
}

fn write_entry(file: &mut impl Write, kind: u8, term: &str, list: &[u8]) -> io::Result<()> {
    file.write_all(&(term.len() as u32 + 1).to_be_bytes())?;
    file.write_all(&(list.len() as u32).to_be_bytes())?;
    file.write_all(&[kind])?;
    file.write_all(term.as_bytes())?;
    file.write_all(list)
}

/// Takes a key and its lists.
type Each<'e> = dyn FnMut(&[u8], &[&[u8]]) -> Result<()> + 'e;

/// Calls `each` with every key in order and its lists in all runs.
fn merge(runs: &mut [Run], each: &mut Each<'_>) -> Result<()> {
    while let Some(key) = runs.iter().filter_map(|run| Some(&run.next.as_ref()?.key)).min() {
        let key = key.clone();
        let has_key = |entry: &Next| entry.key == key;
        let entries = runs.iter().filter_map(|run| run.next.as_ref().filter(|entry| has_key(entry)));
        each(&key, &entries.map(|entry| entry.list.as_slice()).collect::<Vec<_>>())?;
        for run in runs.iter_mut().filter(|run| run.next.as_ref().is_some_and(has_key)) {
            run.advance()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::bulk::{cookie, fill};
    use super::super::fts;
    use super::*;

    fn table() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let sql =
            "CREATE VIRTUAL TABLE change_text USING fts5(title, reason, error, command, file, context, content='',
                       contentless_delete=1, tokenize='ascii');
                   CREATE TABLE word (surface TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
                   CREATE VIRTUAL TABLE terms USING fts5vocab('change_text', 'instance');";
        connection.execute_batch(sql).unwrap();
        connection
    }

    /// Every term of the index with where it stands, and the other tables that are kept.
    fn contents(connection: &Connection) -> Vec<Vec<String>> {
        let all = |sql: &str| {
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<rusqlite::Result<Vec<String>>>().unwrap()
        };
        vec![
            all("SELECT term || ' ' || doc || ' ' || col || ' ' || offset FROM terms"),
            all("SELECT id || ' ' || hex(sz) FROM change_text_docsize ORDER BY id"),
            all("SELECT hex(block) FROM change_text_data WHERE id = 1"),
            all("SELECT surface FROM word ORDER BY surface"),
        ]
    }

    fn rows_of(connection: &Connection, query: &str) -> Vec<i64> {
        let sql = "SELECT rowid FROM change_text WHERE change_text MATCH ?1 ORDER BY rowid DESC";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([query], |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }

    /// The texts of record `n`: common and rare words, phrases, a long list of files, words without a stem of their own.
    fn fields(n: usize, long: bool) -> [Vec<String>; COLUMNS] {
        let files = (0..if long { 3_000 } else { n % 4 }).map(|m| format!("src/orders/file{m}.py")).collect();
        [
            vec![format!("Retries of GitHubClient{} failed", n % 7)],
            vec![
                format!("the clients waited {n} times for caches, {} {}", "retry ".repeat(n % 90), n % 13),
                "the end".into(),
            ],
            if n.is_multiple_of(1_000) { vec![format!("only{n}")] } else { Vec::new() },
            vec![],
            files,
            vec![format!("team{}", n % 3)],
        ]
    }

    fn both(records: usize, most_bytes: usize, long: impl Fn(usize) -> bool) -> (Connection, Connection) {
        let (by_fts5, ours) = (table(), table());
        let folder = tempfile::tempdir().unwrap();
        let mut postings = Postings::new(folder.path(), most_bytes);
        let mut known = std::collections::HashSet::new();
        by_fts5.execute_batch("BEGIN").unwrap();
        for n in 1..=records {
            // Some numbers are left out, as those of what was deleted.
            let row = (n + n / 100 * 50) as i64;
            let fields = fields(n, long(n));
            let fields: Vec<Vec<&str>> =
                fields.iter().map(|texts| texts.iter().map(String::as_str).collect()).collect();
            super::super::bulk::index(&by_fts5, row, &fields, &mut known).unwrap();
            postings.add(row, &fields).unwrap();
        }
        by_fts5.execute_batch("COMMIT").unwrap();
        let mut parts = Vec::new();
        let mut keep = |part| {
            parts.push(part);
            Ok(())
        };
        postings.merge(cookie(&ours).unwrap(), &mut keep).unwrap();
        fill(&ours, [parts]).unwrap();
        (by_fts5, ours)
    }

    #[test]
    fn it_is_the_index_that_fts5_makes() {
        for (records, most_bytes) in [(1, MOST_BYTES), (60, MOST_BYTES), (3_000, MOST_BYTES), (3_000, 50_000)] {
            let (by_fts5, ours) = both(records, most_bytes, |n| n % 500 == 7);
            ours.execute("INSERT INTO change_text (change_text) VALUES ('integrity-check')", []).unwrap();
            assert!(contents(&ours) == contents(&by_fts5), "{records} records in runs of {most_bytes} bytes");
            for query in ["the", "retri", "\"the client wait\"", "only2000 AND the", "team1 NOT github", "\"·cli\" *"]
            {
                assert_eq!(rows_of(&ours, query), rows_of(&by_fts5, query), "{query}");
            }
        }
    }

    #[test]
    fn a_list_of_thousands_of_pages_is_searched_by_its_index() {
        let (rows, rare) = (9_000, [2, 4_444, 8_999]);
        let mut segment = Segment::new();
        let mut parts = Vec::new();
        let mut sink = |row| {
            parts.push(Part::Index(row));
            Ok(())
        };
        let mut lists = [List::default(), List::default()];
        rare.iter().for_each(|row| lists[0].push(*row, 0, 0));
        for row in 1..=rows {
            // Two on a page, and some on several.
            (0..if row % 100 == 0 { 9_000 } else { 2_000 }).for_each(|place| lists[1].push(row, 1, place));
        }
        for (term, list) in ["0rare", "0the"].iter().zip(&mut lists) {
            list.end_row();
            segment.term(term.as_bytes(), &mut sink).unwrap();
            segment.list(&list.bytes, &mut sink).unwrap();
        }
        let ours = table();
        segment.finish(cookie(&ours).unwrap(), rows, &mut sink).unwrap();
        parts.extend((1..=rows).map(|row| Part::Size(row as i64, vec![0; COLUMNS])));
        parts.push(Part::Index(Row::Data(1, vec![0; COLUMNS + 1])));
        fill(&ours, [parts]).unwrap();
        ours.execute("INSERT INTO change_text (change_text) VALUES ('integrity-check')", []).unwrap();
        let nodes = "SELECT count(*) FROM change_text_data WHERE id >> 31 & 63 = 33";
        assert_eq!(ours.query_row(nodes, [], |row| row.get::<_, i64>(0)).unwrap(), 1, "an index of two levels");
        assert_eq!(rows_of(&ours, "rare AND the"), [8_999, 4_444, 2]);
        assert_eq!(rows_of(&ours, "the").len(), 9_000);
    }

    #[test]
    fn it_is_written_to_and_deleted_from_like_any_other() {
        let (_, ours) = both(3_000, 50_000, |_| false);
        // The connection that filled the tables did not see FTS5 write them.
        fts::insert(&ours, fts::CHANGES, 9_999, &["later", "the end", "", "", "", ""].map(str::to_owned)).unwrap();
        fts::delete(&ours, fts::CHANGES, 7).unwrap();
        ours.execute("INSERT INTO change_text (change_text) VALUES ('integrity-check')", []).unwrap();
        assert_eq!(rows_of(&ours, "later"), [9_999]);
        assert_eq!(rows_of(&ours, "\"the end\"").len(), 3_000);
        ours.execute("INSERT INTO change_text (change_text) VALUES ('optimize')", []).unwrap();
        ours.execute("INSERT INTO change_text (change_text) VALUES ('integrity-check')", []).unwrap();
        assert_eq!(rows_of(&ours, "\"the end\"").len(), 3_000);
    }
}
