//! The full-text index of a large import, made by a thread of its own.
//!
//! One connection inserts with one thread, and more than half of its work would be the index. A database that had no records
//! gets the index made beside it instead: a thread gathers it ([`Postings`]) while the rows are written, and its tables are
//! filled at the end. What FTS5 keeps of a contentless table is in them alone
//! (<https://www.sqlite.org/fts5.html#fts5_data_structures>).

use std::collections::HashSet;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use rusqlite::{Connection, OptionalExtension};

use super::fts::{self, Indexed};
use super::load;
use super::postings::{MOST_BYTES, Part, Postings};
use super::segment::Row;
use super::waiting::Waiting;
use crate::model::Change;
use crate::query::{Field, field_texts};

/// Changes after which an import is worth a thread.
const LARGE: usize = 1_000;
/// Changes handed over at once, and how many such batches may wait.
const BATCH: usize = 64;
const WAITING: usize = 32;

/// The index as it waits for changes.
pub(super) enum Index {
    /// Each change is indexed at once.
    Direct,
    /// Changes of a database that had none, until they are enough.
    Gathering(Batch),
    /// They are many.
    Beside(Box<Thread>),
}

/// Takes the number of a change and the texts of its fields.
type Each<'e> = dyn FnMut(i64, &[Vec<&str>]) -> Result<()> + 'e;

/// The searched texts of changes, one behind the other: what the index needs of a change is one copy, not one for each of
/// its texts.
#[derive(Default)]
pub(super) struct Batch {
    nums: Vec<i64>,
    /// How many texts each field has.
    counts: Vec<usize>,
    /// Where each text ends.
    ends: Vec<usize>,
    text: String,
}

impl Batch {
    fn push(&mut self, num: i64, change: &Change) {
        self.nums.push(num);
        for texts in field_texts(change) {
            self.counts.push(texts.len());
            for text in texts {
                self.text.push_str(text);
                self.ends.push(self.text.len());
            }
        }
    }

    fn each(&self, each: &mut Each<'_>) -> Result<()> {
        let (mut start, mut ends) = (0, self.ends.iter());
        let mut fields = vec![Vec::new(); Field::ALL.len()];
        for (num, counts) in self.nums.iter().zip(self.counts.chunks(fields.len())) {
            for (texts, count) in fields.iter_mut().zip(counts) {
                texts.clear();
                for end in ends.by_ref().take(*count) {
                    texts.push(&self.text[start..*end]);
                    start = *end;
                }
            }
            each(*num, &fields)?;
        }
        Ok(())
    }
}

/// A thread that makes an index.
pub(super) struct Thread {
    changes: SyncSender<Batch>,
    batch: Batch,
    parts: Receiver<Vec<Part>>,
    thread: JoinHandle<Result<()>>,
    /// Statements that make the other indexes again, see [`load::drop_indexes`].
    dropped: Vec<String>,
    waiting: Waiting,
}

impl Index {
    /// Takes a change; true when it will be indexed later.
    pub(super) fn take(&mut self, main: &Connection, num: i64, change: &Change) -> Result<bool> {
        match self {
            Self::Direct => return Ok(false),
            Self::Gathering(batch) => {
                batch.push(num, change);
                if batch.nums.len() == LARGE {
                    let first = std::mem::take(batch);
                    *self = Self::Beside(Box::new(Thread::start(main, first)?));
                }
            }
            Self::Beside(thread) => {
                thread.batch.push(num, change);
                if thread.batch.nums.len() == BATCH && !thread.hand_over() {
                    // It ended before its time: it says why.
                    self.settle(main, &mut HashSet::new())?;
                    return Err(anyhow!("the search index could not be made"));
                }
            }
        }
        Ok(true)
    }

    /// Where the values of a change wait for those of others, if they do.
    pub(super) fn waiting(&mut self) -> Option<&mut Waiting> {
        match self {
            Self::Direct | Self::Gathering(_) => None,
            Self::Beside(thread) => Some(&mut thread.waiting),
        }
    }

    /// Stores what waits and makes the other indexes again, for whoever reads in between.
    pub(super) fn restore(&mut self, main: &Connection) -> Result<()> {
        let Self::Beside(thread) = self else { return Ok(()) };
        thread.restore(main)
    }

    /// Puts what was taken into the index; true when that was exchanged as a whole, see [`super::SqliteStore`].
    pub(super) fn settle(&mut self, main: &Connection, known: &mut HashSet<String>) -> Result<bool> {
        match std::mem::replace(self, Self::Direct) {
            Self::Direct => Ok(false),
            Self::Gathering(batch) => {
                batch.each(&mut |num, fields| index(main, num, fields, known))?;
                Ok(false)
            }
            Self::Beside(thread) => {
                thread.finish(main).context("the search index could not be made")?;
                Ok(true)
            }
        }
    }
}

/// Indexes one change by the texts of its fields.
pub(super) fn index(
    connection: &Connection,
    num: i64,
    fields: &[Vec<&str>],
    known: &mut HashSet<String>,
) -> Result<()> {
    let Indexed { texts, words } = fts::indexed(fields, known);
    fts::insert_words(connection, words, known)?;
    Ok(fts::insert(connection, fts::CHANGES, num, &texts)?)
}

impl Thread {
    fn start(main: &Connection, first: Batch) -> Result<Self> {
        let path = main.path().context("the database has no file")?;
        let folder = Path::new(path).parent().context("the database is in no folder")?.to_owned();
        let cookie = cookie(main)?;
        let (changes, received) = sync_channel(WAITING);
        let (send, parts) = sync_channel(WAITING);
        let thread = std::thread::spawn(move || gather(&folder, cookie, first, &received, &send));
        Ok(Self {
            changes,
            batch: Batch::default(),
            parts,
            thread,
            dropped: load::drop_indexes(main)?,
            waiting: Waiting::default(),
        })
    }

    fn restore(&mut self, main: &Connection) -> Result<()> {
        self.waiting.store_all(main)?;
        load::create_indexes(main, &std::mem::take(&mut self.dropped))
    }

    /// Whether there was somebody to take the batch.
    fn hand_over(&mut self) -> bool {
        self.changes.send(std::mem::take(&mut self.batch)).is_ok()
    }

    fn finish(mut self, main: &Connection) -> Result<()> {
        self.hand_over();
        // It merges what it has while the rest is stored.
        self.changes = sync_channel(0).0;
        self.restore(main)?;
        let filled = fill(main, self.parts);
        let made = self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // When filling failed, the thread only found that nobody listens.
        filled.and(made)
    }
}

/// What the record of the segments begins with: it names the settings of the index.
pub(super) fn cookie(main: &Connection) -> Result<[u8; 4]> {
    let sql = "SELECT block FROM change_text_data WHERE id = 10";
    let record: Option<Vec<u8>> = main.query_row(sql, [], |row| row.get(0)).optional()?;
    let cookie = record.as_deref().and_then(<[u8]>::first_chunk).copied();
    cookie.context("the index has no record of its segments")
}

fn gather(
    folder: &Path,
    cookie: [u8; 4],
    first: Batch,
    received: &Receiver<Batch>,
    send: &SyncSender<Vec<Part>>,
) -> Result<()> {
    let mut postings = Postings::new(folder, MOST_BYTES);
    for batch in std::iter::once(first).chain(received) {
        batch.each(&mut |num, fields| postings.add(num, fields))?;
    }
    let mut parts = Vec::with_capacity(BATCH);
    postings.merge(cookie, &mut |part| {
        parts.push(part);
        if parts.len() == BATCH {
            let batch = std::mem::replace(&mut parts, Vec::with_capacity(BATCH));
            send.send(batch).context("nobody takes the index")?;
        }
        Ok(())
    })?;
    send.send(parts).context("nobody takes the index")
}

/// Fills the tables of the index.
pub(super) fn fill(main: &Connection, parts: impl IntoIterator<Item = Vec<Part>>) -> Result<()> {
    for table in ["change_text_data", "change_text_idx", "change_text_docsize", "word"] {
        main.execute(&format!("DELETE FROM {table}"), [])?;
    }
    let mut data = main.prepare("INSERT INTO change_text_data (id, block) VALUES (?1, ?2)")?;
    let mut least = main.prepare("INSERT INTO change_text_idx (segid, term, pgno) VALUES (1, ?1, ?2)")?;
    // Its rows are of the first segment there was.
    let mut size = main.prepare("INSERT INTO change_text_docsize (id, sz, origin) VALUES (?1, ?2, 1)")?;
    let mut word = main.prepare("INSERT INTO word (surface) VALUES (?1)")?;
    for part in parts.into_iter().flatten() {
        match part {
            Part::Index(Row::Data(id, block)) => data.execute((id, block))?,
            Part::Index(Row::Least(term, page)) => least.execute((term, page))?,
            Part::Size(num, sizes) => size.execute((num, sizes))?,
            Part::Word(surface) => word.execute([surface])?,
        };
    }
    Ok(())
}
