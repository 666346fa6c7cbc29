//! The embedded engine: one SQLite file, nothing to install.
//!
//! WAL with `synchronous=FULL`: a write that returned survives a crash of the process and of the machine. Every write
//! begins IMMEDIATE, because a read transaction that turns into a write fails at once instead of waiting.

mod browse;
mod bulk;
mod checksum;
mod copy;
mod drift;
mod error;
mod evidence;
mod fts;
mod load;
mod many;
mod moving;
mod open;
mod postings;
mod rank;
mod read;
mod replace;
mod rows;
mod runbook;
mod segment;
mod select;
mod staged;
mod tally;
mod waiting;
mod write;

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use super::{
    ErrorHit, Facet, FolderEntry, Found, Happening, Newer, Order, Page, Revision, RunbookRevision, Shared, Sort, Span,
    Store, StoreError, Summary, Tombstone, Writer, sqlite::write::Write,
};
use crate::model::{Change, ChangeId, Evidence, Metric, RelationKind, Runbook, Source, Subject, Timestamp};
use crate::query::{ErrorText, Expr};

/// Bytes of a file that are mapped at most, see [`Store::expect_little`].
const MAPPED: i64 = 1 << 30;

/// A database of records in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    path: PathBuf,
    /// Whether a short write-ahead log may stay when this is closed.
    keep_log: bool,
}

/// Closing moves the write-ahead log into the database, which takes longer than recording a change. A writer leaves a short
/// one where it is, as durable as the rest; whoever reads next, or finds it longer, moves it.
impl Drop for SqliteStore {
    fn drop(&mut self) {
        if self.keep_log && open::log_length(&self.path) < open::SHORT_LOG {
            // Without this the log is moved, which is as well.
            let _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
    }
}

impl SqliteStore {
    /// Opens an existing database and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Foreign`] or [`StoreError::NewerSchema`]; the last two leave the file as it
    /// was, byte for byte.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Err(StoreError::Missing { path: path.display().to_string() }.into());
        }
        let connection = open::connect(path).map_err(|error| explain(error, path))?;
        Ok(Self { connection, path: path.to_owned(), keep_log: false })
    }

    /// Opens a database, making it first where there is none.
    ///
    /// # Errors
    /// As [`SqliteStore::open`], and when the folder cannot be written to.
    pub fn open_or_create(path: &Path) -> Result<Self> {
        let existed = path.exists();
        let connection = open::connect(path).map_err(|error| explain(error, path))?;
        Ok(Self { connection, path: path.to_owned(), keep_log: existed })
    }

    /// The version of SQLite that is built in.
    pub fn library(&self) -> &'static str {
        rusqlite::version()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn reading<T>(&self, read: Result<T>) -> Result<T> {
        read.map_err(|error| explain(error, &self.path))
    }
}

/// Names the database in an error, and tells apart what a caller has another answer for.
fn explain(error: anyhow::Error, path: &Path) -> anyhow::Error {
    if error.downcast_ref::<StoreError>().is_some() {
        return error;
    }
    // What stands in a log without its index can be read by those only who may make that index.
    let has_log = path.exists() && open::log_length(path) > 0;
    let path = path.display().to_string();
    // The index of a large import grows in a file of its own.
    if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::StorageFull) {
        return StoreError::Full { path }.into();
    }
    let cause = error.downcast_ref::<rusqlite::Error>();
    // No room for the index of the write-ahead log is said in a way of its own.
    let extended = cause.and_then(rusqlite::Error::sqlite_error).map(|error| error.extended_code);
    if extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
        return StoreError::Full { path }.into();
    }
    match cause.and_then(rusqlite::Error::sqlite_error_code) {
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
            StoreError::Busy { path, seconds: open::BUSY_SECONDS }.into()
        }
        Some(rusqlite::ErrorCode::CannotOpen) if has_log => StoreError::ReadOnly { path }.into(),
        Some(rusqlite::ErrorCode::ReadOnly) => StoreError::ReadOnly { path }.into(),
        Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full { path }.into(),
        Some(rusqlite::ErrorCode::NotADatabase) => StoreError::Foreign { path }.into(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt) => StoreError::Damaged { path, what: error.to_string() }.into(),
        Some(_) => error.context(format!("the database {path} could not be used")),
        None if cause.is_some_and(is_other_than_written) || error.is::<rusqlite::types::FromSqlError>() => {
            StoreError::Damaged { path, what: error.to_string() }.into()
        }
        None => error,
    }
}

/// Whether a column holds something else than was put there.
fn is_other_than_written(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, QueryReturnedNoRows, Utf8Error,
    };
    matches!(
        error,
        FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | QueryReturnedNoRows
            | Utf8Error(..)
    )
}

impl Store for SqliteStore {
    fn get(&self, id: &ChangeId) -> Result<Option<Change>> {
        self.reading(read::get(&self.connection, id))
    }

    fn find_prefix(&self, prefix: &str, most: usize) -> Result<Vec<Summary>> {
        self.reading(read::find_prefix(&self.connection, prefix, most))
    }

    fn snapshot(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        // A transaction that only reads begins with its first statement and keeps that state to its end.
        let transaction = self.reading(self.connection.unchecked_transaction().map_err(Into::into))?;
        work()?;
        self.reading(transaction.commit().map_err(Into::into))
    }

    fn mark(&self, name: &str) -> Result<Option<String>> {
        self.reading(read::mark(&self.connection, name))
    }

    fn expect_little(&self) -> Result<()> {
        // Pages that are mapped need neither be copied nor be made room for (<https://www.sqlite.org/mmap.html>).
        self.reading(self.connection.pragma_update(None, "mmap_size", MAPPED).map_err(Into::into))
    }

    fn each(&self, expr: &Expr, order: Order, page: Page, each: &mut dyn FnMut(Change) -> Result<bool>) -> Result<()> {
        self.reading(select::each_document(&self.connection, expr, order, page, each))
    }

    fn each_summary(
        &self,
        expr: &Expr,
        order: Order,
        page: Page,
        each: &mut dyn FnMut(Summary) -> Result<bool>,
    ) -> Result<()> {
        self.reading(select::each_summary(&self.connection, expr, order, page, each))
    }

    fn count(&self, expr: &Expr) -> Result<u64> {
        self.reading(select::count(&self.connection, expr))
    }

    fn search(&self, expr: &Expr, sort: Sort, page: Page) -> Result<Found> {
        self.reading(rank::search(&self.connection, expr, sort, page))
    }

    fn search_error(&self, error: &ErrorText, conditions: &Expr, most: usize) -> Result<Vec<ErrorHit>> {
        self.reading(error::search(&self.connection, error, conditions, most))
    }

    fn by_fingerprint(&self, fingerprints: &[String], most: usize) -> Result<Vec<Summary>> {
        self.reading(error::by_fingerprint(&self.connection, fingerprints, most))
    }

    fn sharing(&self, what: Shared, values: &[String], most: usize) -> Result<Vec<(Summary, u64)>> {
        self.reading(error::sharing(&self.connection, what, values, most))
    }

    fn near_words(&self, word: &str, most: usize) -> Result<Vec<String>> {
        self.reading(read::near_words(&self.connection, word, most))
    }

    fn facet(&self, facet: Facet) -> Result<Vec<(String, u64)>> {
        self.reading(browse::facet(&self.connection, facet))
    }

    fn months(&self, facet: Facet, name: &str) -> Result<Vec<(String, u64)>> {
        self.reading(browse::months(&self.connection, facet, name))
    }

    fn each_in(
        &self,
        facet: Facet,
        name: &str,
        span: Span<'_>,
        each: &mut dyn FnMut(Summary) -> Result<bool>,
    ) -> Result<()> {
        self.reading(browse::each_in(&self.connection, facet, name, span, each))
    }

    fn numbers_in(&self, facet: Facet, name: &str) -> Result<Vec<u64>> {
        self.reading(browse::numbers_in(&self.connection, facet, name))
    }

    fn each_numbered(&self, each: &mut dyn FnMut(u64, Summary) -> Result<bool>) -> Result<()> {
        self.reading(browse::each_numbered(&self.connection, each))
    }

    fn measured(&self, id: &ChangeId, name: &str) -> Result<Vec<Metric>> {
        self.reading(browse::measured(&self.connection, id, name))
    }

    fn folder(&self, folder: &str) -> Result<Vec<FolderEntry>> {
        self.reading(browse::folder(&self.connection, folder))
    }

    fn referring(&self, id: &ChangeId) -> Result<Vec<(RelationKind, Summary)>> {
        self.reading(read::referring(&self.connection, id))
    }

    fn by_commit(&self, hash: &str) -> Result<Vec<Summary>> {
        self.reading(read::by_commit(&self.connection, hash))
    }

    fn touching_all(&self, first: &str, files: &[String], since: Timestamp) -> Result<Option<ChangeId>> {
        self.reading(read::touching_all(&self.connection, first, files, since))
    }

    fn history(&self, id: &ChangeId) -> Result<Vec<Revision>> {
        self.reading(read::history(&self.connection, id))
    }

    fn evidence(&self, subject: &Subject, most: usize) -> Result<Vec<Evidence>> {
        self.reading(evidence::latest(&self.connection, subject, most))
    }

    fn evidence_of_checks(&self, change: &Change) -> Result<Vec<Option<Evidence>>> {
        self.reading(evidence::of_checks(&self.connection, change))
    }

    fn runbook(&self, name: &str) -> Result<Option<Runbook>> {
        self.reading(runbook::get(&self.connection, name))
    }

    fn runbook_by_key(&self, source: &Source) -> Result<Option<Runbook>> {
        self.reading(runbook::by_key(&self.connection, source))
    }

    fn runbooks(&self) -> Result<Vec<Runbook>> {
        self.reading(runbook::all(&self.connection))
    }

    fn search_runbooks(&self, expr: &Expr, most: usize) -> Result<Vec<Runbook>> {
        self.reading(runbook::search(&self.connection, expr, most))
    }

    fn runbook_history(&self, name: &str) -> Result<Vec<RunbookRevision>> {
        self.reading(runbook::history(&self.connection, name))
    }

    fn newer_runbooks(&self, seq: u64) -> Result<Vec<RunbookRevision>> {
        self.reading(runbook::newer(&self.connection, seq))
    }

    fn tombstone(&self, id: &ChangeId) -> Result<Option<Tombstone>> {
        self.reading(read::tombstone(&self.connection, id))
    }

    fn events(&self, page: Page) -> Result<Vec<Happening>> {
        self.reading(read::events(&self.connection, page))
    }

    fn last_seq(&self) -> Result<u64> {
        self.reading(read::last_seq(&self.connection))
    }

    fn newer(&self, seq: u64, most: usize) -> Result<Vec<Newer>> {
        self.reading(browse::newer(&self.connection, seq, most))
    }

    fn each_recorded(&self, numbers: Range<u64>, each: &mut dyn FnMut(u64, Change) -> Result<bool>) -> Result<()> {
        self.reading(browse::each_recorded(&self.connection, numbers, each))
    }

    fn identity(&self) -> Result<String> {
        self.reading(browse::identity(&self.connection))
    }

    fn drift(&self) -> Result<Vec<String>> {
        self.reading(drift::drift(&self.connection))
    }

    fn write(&mut self, work: &mut dyn FnMut(&mut dyn Writer) -> Result<()>) -> Result<()> {
        let mut run = || -> Result<bool> {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut write = Write::new(&transaction)?;
            work(&mut write)?;
            let exchanged = write.finish()?;
            transaction.commit().context("the record could not be written to disk")?;
            Ok(exchanged)
        };
        if run().map_err(|error| explain(error, &self.path))? {
            self.connection = self.reading(open::connect(&self.path))?;
        }
        Ok(())
    }

    fn write_many(&mut self, work: &mut dyn FnMut(&mut dyn Writer) -> Result<()>) -> Result<()> {
        self.reading(load::prepare(&self.connection))?;
        let written = self.write(work);
        let opened = self.reading(open::connect(&self.path));
        written.and(opened.map(|connection| self.connection = connection))
    }
}
