//! One segment of a full-text index, written as FTS5 writes it.
//!
//! FTS5 gathers words in a hash table, writes it out and joins what it wrote, again and again: a third of the time of an
//! import. Who has all words in order can write the one segment that would be left at the end. The format is that of the
//! comments at the head of `fts5_index.c` (<https://sqlite.org/src/file/ext/fts5/fts5_index.c>); SQLite's own check of the
//! index ('integrity-check') and [`super::drift`] read it back in the tests.

use anyhow::Result;

/// Bytes of a page, the default of FTS5; a page may be a little longer.
const PAGE: usize = 4050;
/// The only segment there is.
const SEGMENT: i64 = 1;
/// Pages without a term after which a list of rows has an index of its own.
const FEWEST_PAGES: usize = 4;
/// Segments of a level that FTS5 joins to one of the next.
const JOINED: u64 = 4;

/// A row of one of the tables that FTS5 keeps an index in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// Of `change_text_data`.
    Data(i64, Vec<u8>),
    /// Of `change_text_idx`, its segment left out: the least term of a page, and the page.
    Least(Vec<u8>, i64),
}

/// Where rows go.
pub(super) type Sink<'s> = dyn FnMut(Row) -> Result<()> + 's;

/// A segment that is being written: terms in order, each followed by its rows in order.
pub(super) struct Segment {
    /// The page, its number, and where its terms stand in it: what becomes its footer.
    page: Vec<u8>,
    number: u64,
    footer: Vec<u8>,
    last_place: usize,
    term: Vec<u8>,
    /// The last page that has a least term.
    least: (u64, Vec<u8>),
    page_has_row: bool,
    list_has_row: bool,
    last_row: u64,
    rows: RowIndex,
}

impl Segment {
    pub(super) fn new() -> Self {
        Self {
            page: vec![0; 4],
            number: 1,
            footer: Vec::new(),
            last_place: 0,
            term: Vec::new(),
            least: (1, Vec::new()),
            page_has_row: false,
            list_has_row: false,
            last_row: 0,
            rows: RowIndex::default(),
        }
    }

    /// Begins a term, greater than the one before.
    pub(super) fn term(&mut self, term: &[u8], sink: &mut Sink<'_>) -> Result<()> {
        if self.page.len() + self.footer.len() + term.len() + 2 >= PAGE && self.page.len() > 4 {
            self.end_page(sink)?;
        }
        let is_first = self.footer.is_empty();
        put(&mut self.footer, (self.page.len() - self.last_place) as u64);
        self.last_place = self.page.len();
        let shared = self.term.iter().zip(term).take_while(|(one, other)| one == other).count();
        let kept = if is_first { 0 } else { shared };
        if !is_first {
            put(&mut self.page, shared as u64);
        } else if self.number > 1 {
            // Enough of it to be greater than every term before.
            self.end_least(sink)?;
            self.least = (self.number, term[..=shared].to_vec());
        }
        put(&mut self.page, (term.len() - kept) as u64);
        self.page.extend_from_slice(&term[kept..]);
        self.term.clear();
        self.term.extend_from_slice(term);
        (self.page_has_row, self.list_has_row) = (true, false);
        self.rows.begin(self.number);
        Ok(())
    }

    /// Appends rows to the list of the term: a list as FTS5 keeps it in memory, which begins with a whole number of a row.
    pub(super) fn list(&mut self, mut list: &[u8], sink: &mut Sink<'_>) -> Result<()> {
        let mut row = 0;
        while !list.is_empty() {
            row += take(&mut list);
            let size = take(&mut list);
            // The lowest bit would mark a deletion.
            let (positions, rest) = list.split_at((size / 2) as usize);
            self.row(row, size, positions, sink)?;
            list = rest;
        }
        Ok(())
    }

    fn row(&mut self, row: u64, size: u64, mut positions: &[u8], sink: &mut Sink<'_>) -> Result<()> {
        if self.page.len() + self.footer.len() >= PAGE {
            self.end_page(sink)?;
        }
        let whole = !self.list_has_row || !self.page_has_row;
        if !self.page_has_row {
            let place = self.page.len() as u16;
            self.page[..2].copy_from_slice(&place.to_be_bytes());
            self.rows.push(self.number, row);
        }
        put(&mut self.page, if whole { row } else { row - self.last_row });
        put(&mut self.page, size);
        (self.page_has_row, self.list_has_row, self.last_row) = (true, true, row);
        while self.page.len() + self.footer.len() + positions.len() >= PAGE {
            let room = PAGE.saturating_sub(self.page.len() + self.footer.len());
            // A number is not divided between pages.
            let mut end = room;
            while end > 0 && end < positions.len() && positions[end - 1] >= 0x80 {
                end += 1;
            }
            let (here, rest) = positions.split_at(end);
            self.page.extend_from_slice(here);
            positions = rest;
            self.end_page(sink)?;
        }
        self.page.extend_from_slice(positions);
        Ok(())
    }

    fn end_page(&mut self, sink: &mut Sink<'_>) -> Result<()> {
        let length = self.page.len() as u16;
        self.page[2..4].copy_from_slice(&length.to_be_bytes());
        if self.footer.is_empty() {
            self.rows.pass_page(self.page_has_row);
        }
        self.page.append(&mut self.footer);
        let next = Vec::with_capacity(PAGE + PAGE / 16);
        let mut page = std::mem::replace(&mut self.page, next);
        page.shrink_to_fit();
        sink(Row::Data(id(false, 0, self.number), page))?;
        self.page.extend_from_slice(&[0; 4]);
        self.number += 1;
        (self.last_place, self.page_has_row) = (0, false);
        Ok(())
    }

    /// Ends the pages that belong to one least term.
    fn end_least(&mut self, sink: &mut Sink<'_>) -> Result<()> {
        let indexed = self.rows.end();
        let (page, term) = std::mem::take(&mut self.least);
        sink(Row::Least(term, (page << 1 | u64::from(indexed)).cast_signed()))
    }

    /// Writes what is left, and the record that names the segment; `cookie` is what that record begins with in this table,
    /// `records` how many are indexed.
    pub(super) fn finish(mut self, cookie: [u8; 4], records: u64, sink: &mut Sink<'_>) -> Result<()> {
        if self.page.len() > 4 {
            self.end_page(sink)?;
        }
        let pages = self.number - 1;
        if pages > 0 {
            self.end_least(sink)?;
        }
        // Behind the pages, as their ids are: a table is filled faster in order.
        self.rows.ended.sort_unstable();
        for (id, node) in std::mem::take(&mut self.rows.ended) {
            sink(Row::Data(id, node))?;
        }
        sink(Row::Data(10, structure(cookie, pages, records)))
    }
}

/// The record of the segments: there is one, on the level it would have come to by records that came one by one. On a lower
/// one it would soon be joined with what is recorded next, all of it.
fn structure(cookie: [u8; 4], pages: u64, records: u64) -> Vec<u8> {
    let mut record = cookie.to_vec();
    record.extend_from_slice(&[0xff, 0, 0, 1]);
    let level = pages.checked_ilog(JOINED).map(u64::from);
    let levels = level.map_or(0, |level| level + 1);
    for number in [levels, levels.min(1), pages] {
        put(&mut record, number);
    }
    for _ in 1..levels {
        record.extend_from_slice(&[0, 0]);
    }
    if levels > 0 {
        // No merge is under way; one segment: its id, first and last page, its origins, nothing deleted, its records.
        for number in [0, 1, SEGMENT.cast_unsigned(), 1, pages, 1, 1, 0, 0, records] {
            put(&mut record, number);
        }
    }
    record
}

/// The id of a page, or of a node of an index of rows.
fn id(index: bool, height: usize, number: u64) -> i64 {
    (SEGMENT << 37) + (i64::from(index) << 36) + ((height as i64) << 31) + number.cast_signed()
}

/// The rows that pages of one long list begin with, as a tree.
#[derive(Default)]
struct RowIndex {
    /// From the leaves up.
    levels: Vec<Level>,
    /// Pages without a term.
    pages: usize,
    /// What is complete.
    ended: Vec<(i64, Vec<u8>)>,
}

#[derive(Default)]
struct Level {
    node: Vec<u8>,
    number: u64,
    last: u64,
}

impl RowIndex {
    fn begin(&mut self, page: u64) {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        self.levels[0].number = page;
    }

    /// Notes the first row of a page.
    fn push(&mut self, page: u64, row: u64) {
        for height in 0.. {
            let is_full = self.levels[height].node.len() >= PAGE;
            if is_full {
                self.end_node(height);
            }
            let below = if height == 0 { page } else { self.levels[height - 1].number };
            let Level { node, last, .. } = &mut self.levels[height];
            if node.is_empty() {
                node.push(u8::from(is_full));
                put(node, below);
                put(node, row);
            } else {
                put(node, row - *last);
            }
            *last = row;
            if !is_full {
                break;
            }
        }
    }

    /// A node is full: the one above names it.
    fn end_node(&mut self, height: usize) {
        if self.levels.len() == height + 1 {
            self.levels.push(Level::default());
        }
        let level = &mut self.levels[height];
        let (number, mut node) = (level.number, std::mem::take(&mut level.node));
        level.number += 1;
        // It is not the root.
        node[0] = 1;
        let above = &mut self.levels[height + 1];
        if above.node.is_empty() {
            let mut rest = &node[1..];
            let (_, first) = (take(&mut rest), take(&mut rest));
            above.number = number;
            above.node.push(0);
            put(&mut above.node, number);
            put(&mut above.node, first);
            above.last = first;
        }
        self.ended.push((id(true, height, number), node));
    }

    /// A page without a term is complete.
    fn pass_page(&mut self, has_row: bool) {
        self.pages += 1;
        if let Some(level) = self.levels.first_mut()
            && !has_row
            && !level.node.is_empty()
        {
            level.node.push(0);
        }
    }

    /// Ends a list; true when it is long enough to have an index.
    fn end(&mut self) -> bool {
        let pages = std::mem::take(&mut self.pages);
        let is_kept = pages >= FEWEST_PAGES && self.levels.first().is_some_and(|level| !level.node.is_empty());
        for (height, level) in self.levels.iter_mut().enumerate() {
            let node = std::mem::take(&mut level.node);
            if is_kept && !node.is_empty() {
                self.ended.push((id(true, height, level.number), node));
            }
        }
        is_kept
    }
}

/// Appends a number as SQLite writes it: seven bits a byte, the highest first
/// (<https://www.sqlite.org/fileformat.html#varint>). Numbers of rows, pages and bytes stay below the 2^56 from which on
/// the ninth byte has eight.
pub(super) fn put(bytes: &mut Vec<u8>, number: u64) {
    let mut shift = 7 * ((63 - (number | 1).leading_zeros()) / 7);
    while shift > 0 {
        bytes.push((number >> shift) as u8 | 0x80);
        shift -= 7;
    }
    bytes.push(number as u8 & 0x7f);
}

/// Takes such a number from the front.
pub(super) fn take(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    while let Some((first, rest)) = bytes.split_first() {
        *bytes = rest;
        number = number << 7 | u64::from(first & 0x7f);
        if *first < 0x80 {
            break;
        }
    }
    number
}
