//! The full-text index of a large import, made by a thread of its own.
//!
//! One connection inserts with one thread, and half of its work would be the index. A database that had no records gets the
//! index from a file beside it instead: a thread fills that one while the rows are written, and its tables are copied at the
//! end. What FTS5 keeps of a contentless table is in them alone (<https://www.sqlite.org/fts5.html#fts5_data_structures>).

use std::collections::HashSet;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, Value};
use tempfile::TempPath;

use super::fts::{self, Indexed};
use crate::model::Change;

/// Changes after which an import is worth a thread.
const LARGE: usize = 1_000;
/// Changes handed over at once, and how many such batches may wait.
const BATCH: usize = 64;
const WAITING: usize = 32;

/// Nothing reads this file before it is complete, and nobody after: it need not survive anything.
const SETTINGS: &str = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
                        PRAGMA cache_size = -65536;";
/// Rows of a large import come in no order of the other indexes; in KiB.
const CACHE: &str = "PRAGMA cache_size = -262144;";

/// The index as it waits for changes.
pub(super) enum Index {
    /// Each change is indexed at once.
    Direct,
    /// Changes of a database that had none, until they are enough.
    Gathering(Vec<(i64, Change)>),
    /// They are many.
    Beside(Thread),
}

/// A thread that makes an index.
pub(super) struct Thread {
    changes: SyncSender<Vec<(i64, Change)>>,
    batch: Vec<(i64, Change)>,
    thread: JoinHandle<Result<Built>>,
}

/// An index in a file of its own.
struct Built {
    connection: Connection,
    /// The file goes away with it.
    _file: TempPath,
}

impl Index {
    /// Takes a change; true when it will be indexed later.
    pub(super) fn take(&mut self, main: &Connection, num: i64, change: &Change) -> Result<bool> {
        match self {
            Self::Direct => return Ok(false),
            Self::Gathering(changes) => {
                changes.push((num, change.clone()));
                if changes.len() == LARGE {
                    let first = std::mem::take(changes);
                    main.execute_batch(CACHE)?;
                    *self = Self::Beside(Thread::start(main, first)?);
                }
            }
            Self::Beside(thread) => {
                thread.batch.push((num, change.clone()));
                if thread.batch.len() == BATCH && !thread.hand_over() {
                    // It ended before its time: it says why.
                    self.settle(main, &mut HashSet::new())?;
                    return Err(anyhow!("the search index could not be made"));
                }
            }
        }
        Ok(true)
    }

    /// Puts what was taken into the index; true when that was exchanged as a whole, see [`super::SqliteStore`].
    pub(super) fn settle(&mut self, main: &Connection, known: &mut HashSet<String>) -> Result<bool> {
        match std::mem::replace(self, Self::Direct) {
            Self::Direct => Ok(false),
            Self::Gathering(changes) => {
                for (num, change) in &changes {
                    index(main, *num, change, known)?;
                }
                Ok(false)
            }
            Self::Beside(thread) => {
                thread.finish().and_then(|built| built.copy_to(main)).context("the search index could not be made")?;
                Ok(true)
            }
        }
    }
}

/// Indexes one change.
pub(super) fn index(connection: &Connection, num: i64, change: &Change, known: &mut HashSet<String>) -> Result<()> {
    let Indexed { texts, words } = fts::indexed(change, known);
    fts::insert_words(connection, words, known)?;
    Ok(fts::insert(connection, num, &texts)?)
}

impl Thread {
    fn start(main: &Connection, first: Vec<(i64, Change)>) -> Result<Self> {
        let built = Built::empty(main)?;
        let (changes, received) = sync_channel(WAITING);
        let thread = std::thread::spawn(move || built.fill(first, &received));
        Ok(Self { changes, batch: Vec::new(), thread })
    }

    /// Whether there was somebody to take the batch.
    fn hand_over(&mut self) -> bool {
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.changes.send(batch).is_ok()
    }

    fn finish(mut self) -> Result<Built> {
        self.hand_over();
        drop(self.changes);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Built {
    /// The same tables as in `main`, without a row.
    fn empty(main: &Connection) -> Result<Self> {
        let path = main.path().context("the database has no file")?;
        let folder = Path::new(path).parent().context("the database is in no folder")?;
        let file = tempfile::Builder::new().prefix(".index-").tempfile_in(folder)?.into_temp_path();
        let connection = Connection::open(&file)?;
        connection.execute_batch(SETTINGS)?;
        // Where a file can go while it is open, nothing is left behind whatever happens.
        let _ = std::fs::remove_file(&file);
        for table in ["change_text", "word"] {
            let sql: String =
                main.query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [table], |row| row.get(0))?;
            connection.execute_batch(&sql)?;
        }
        let mut settings = main.prepare("SELECT k, v FROM change_text_config WHERE k <> 'version'")?;
        let mut settings = settings.query([])?;
        while let Some(row) = settings.next()? {
            let (name, value): (String, Value) = (row.get(0)?, row.get(1)?);
            connection.execute("INSERT INTO change_text (change_text, rank) VALUES (?1, ?2)", (name, value))?;
        }
        Ok(Self { connection, _file: file })
    }

    fn fill(self, first: Vec<(i64, Change)>, received: &Receiver<Vec<(i64, Change)>>) -> Result<Self> {
        let mut known = HashSet::new();
        self.connection.execute_batch("BEGIN")?;
        for (num, change) in std::iter::once(first).chain(received).flatten() {
            index(&self.connection, num, &change, &mut known)?;
        }
        self.connection.execute_batch("COMMIT")?;
        Ok(self)
    }

    fn copy_to(&self, main: &Connection) -> Result<()> {
        for table in ["change_text_data", "change_text_idx", "change_text_docsize", "word"] {
            main.execute(&format!("DELETE FROM {table}"), [])?;
            let mut select = self.connection.prepare(&format!("SELECT * FROM {table}"))?;
            let places: Vec<_> = (1..=select.column_count()).map(|place| format!("?{place}")).collect();
            let mut insert = main.prepare(&format!("INSERT INTO {table} VALUES ({})", places.join(", ")))?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                for place in 1..=places.len() {
                    insert.raw_bind_parameter(place, ToSqlOutput::Borrowed(row.get_ref(place - 1)?))?;
                }
                insert.raw_execute()?;
            }
        }
        Ok(())
    }
}
