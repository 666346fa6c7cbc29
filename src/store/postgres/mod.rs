//! The second engine: a PostgreSQL server that many machines write to. Same methods, same answers.
//!
//! One connection a command. Reads are single statements or one transaction that sees one state; a write is one transaction
//! under a lock that all writers take in turn. SQL stays in here, and so does the schema (`data/migrations/postgres`).

mod address;
mod browse;
mod bulk;
mod connect;
mod derived;
mod drift;
mod error;
mod evidence;
mod files;
mod migrate;
mod moving;
mod pending;
mod rank;
mod read;
mod rows;
mod runbook;
mod select;
mod session;
mod table;
mod tls;
mod vector;
mod words;
mod write;

use std::ops::Range;

use anyhow::{Context, Result};
use postgres::error::SqlState;

pub use self::address::{Address, Environment, is_url};
use self::session::Session;
use self::write::Write;
use super::{
    ErrorHit, Facet, FolderEntry, Found, Happening, Newer, Order, Page, Revision, RunbookRevision, Shared, Sort, Span,
    Store, StoreError, Summary, Tombstone, Writer,
};
use crate::model::{Change, ChangeId, Evidence, Metric, RelationKind, Runbook, Source, Subject, Timestamp};
use crate::query::{ErrorText, Expr};

/// A database of records on a PostgreSQL server.
pub struct PostgresStore {
    session: Session,
}

impl PostgresStore {
    /// Opens a database for reading, and brings its schema up to date where this role may.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::Missing`], [`StoreError::NewerSchema`] or
    /// [`StoreError::MayNotMigrate`].
    pub fn open(address: Address) -> Result<Self> {
        Self::connect(address, false, false)
    }

    /// Opens a database for writing, making its schema first where there is none.
    ///
    /// # Errors
    /// As [`PostgresStore::open`].
    pub fn open_or_create(address: Address) -> Result<Self> {
        Self::connect(address, true, true)
    }

    fn connect(address: Address, to_write: bool, make: bool) -> Result<Self> {
        let store = Self { session: Session::new(address, to_write)? };
        store.reading(migrate::migrate(&store.session, make))?;
        Ok(store)
    }

    /// What somebody who may has to run before this version works on a database; empty when nothing is missing.
    ///
    /// # Errors
    /// As [`PostgresStore::open`], but for what is missing.
    pub fn pending_migrations(address: Address) -> Result<String> {
        let store = Self { session: Session::new(address, false)? };
        store.reading(migrate::pending(&store.session))
    }

    /// Where it is, without the password.
    pub fn address(&self) -> String {
        self.session.address.to_string()
    }

    /// Which of the servers it is connected to, and whether that one takes writes.
    pub fn server(&self) -> (String, bool) {
        self.session.server()
    }

    fn reading<T>(&self, read: Result<T>) -> Result<T> {
        read.map_err(|error| explain(error, &self.session))
    }

    /// Begins to write, on a server that takes writes.
    fn begin(&self) -> Result<String> {
        if !self.session.server().1 {
            // It may be another one by now, or another one may be it.
            self.session.reconnect(true)?;
            if !self.session.server().1 {
                return Err(StoreError::ReadOnly { path: self.address() }.into());
            }
        }
        match write::begin(&self.session) {
            // Nothing was sent yet that could be stored.
            Err(error) if error.downcast_ref().is_some_and(|error| session::is_lost(error, &self.session.client())) => {
                self.session.reconnect(true)?;
                write::begin(&self.session)
            }
            other => other,
        }
    }

    fn write_with(&mut self, many: bool, work: &mut dyn FnMut(&mut dyn Writer) -> Result<()>) -> Result<()> {
        self.transact(&mut |session| {
            if many {
                session.batch("SET LOCAL statement_timeout = 0")?;
            }
            let mut write = Write::new(session, many)?;
            work(&mut write)?;
            write.finish()
        })
    }

    /// Runs `work` in one transaction that writes.
    fn transact(&self, work: &mut dyn FnMut(&Session) -> Result<()>) -> Result<()> {
        let session = &self.session;
        let number = self.reading(self.begin())?;
        let mut done = session.within(&mut || work(session));
        done = done.and(session.settle());
        if done.is_ok() {
            done = session.batch("COMMIT").or_else(|error| self.whether_stored(error, &number));
        } else if !session.client().is_closed() {
            // What failed is more telling than that it could not be taken back.
            let _ = session.batch("ROLLBACK");
        }
        self.reading(done)
    }

    /// The connection was lost while the server was told to keep what was written. Whether it did, it knows
    /// (<https://www.postgresql.org/docs/15/functions-info.html>, `pg_xact_status`); so does a standby that took its place.
    fn whether_stored(&self, error: anyhow::Error, number: &str) -> Result<()> {
        if !self.session.client().is_closed() {
            return Err(error);
        }
        let unknown = || StoreError::Uncertain { path: self.address() };
        self.session.reconnect(true).with_context(unknown)?;
        let sql = "SELECT pg_xact_status(CAST($1 AS xid8))";
        let status: Option<String> = self.session.one(sql, session::params![number]).with_context(unknown)?;
        match status.as_deref() {
            Some("committed") => Ok(()),
            Some("aborted") => Err(StoreError::Lost { path: self.address() }.into()),
            _ => Err(unknown().into()),
        }
    }
}

/// Names the database in an error, and tells apart what a caller has another answer for.
fn explain(error: anyhow::Error, session: &Session) -> anyhow::Error {
    if error.downcast_ref::<StoreError>().is_some() {
        return error;
    }
    let path = session.address.to_string();
    let Some(cause) = error.downcast_ref::<postgres::Error>() else { return error };
    let lost = session::is_lost(cause, &session.client());
    let seconds = session.address.statement_timeout.as_secs();
    let explained = match cause.code() {
        _ if lost => StoreError::Lost { path },
        Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => {
            StoreError::Busy { path, seconds: connect::BUSY_SECONDS }
        }
        Some(code) if *code == SqlState::READ_ONLY_SQL_TRANSACTION => StoreError::ReadOnly { path },
        Some(code) if *code == SqlState::DISK_FULL => StoreError::Full { path },
        Some(code) if *code == SqlState::QUERY_CANCELED => StoreError::Slow { path, seconds },
        Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            let what = cause.as_db_error().map(|error| error.message().to_owned()).unwrap_or_default();
            StoreError::NotGranted { path, what }
        }
        _ => {
            let why = cause.as_db_error().map(|error| error.message().to_owned());
            let error = why.into_iter().fold(error, anyhow::Error::context);
            return error.context(format!("the database {path} could not be used"));
        }
    };
    explained.into()
}

impl Store for PostgresStore {
    fn get(&self, id: &ChangeId) -> Result<Option<Change>> {
        self.reading(read::get(&self.session, id))
    }

    fn find_prefix(&self, prefix: &str, most: usize) -> Result<Vec<Summary>> {
        self.reading(read::find_prefix(&self.session, prefix, most))
    }

    fn snapshot(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        // What `work` reports is its own; what the connection does is explained.
        self.reading(self.session.snapshot(work))
    }

    fn mark(&self, name: &str) -> Result<Option<String>> {
        self.reading(read::mark(&self.session, name))
    }

    fn expect_little(&self) -> Result<()> {
        // The server reads, and has its own cache.
        Ok(())
    }

    fn each(&self, expr: &Expr, order: Order, page: Page, each: &mut dyn FnMut(Change) -> Result<bool>) -> Result<()> {
        self.reading(select::each_document(&self.session, expr, order, page, each))
    }

    fn each_summary(
        &self,
        expr: &Expr,
        order: Order,
        page: Page,
        each: &mut dyn FnMut(Summary) -> Result<bool>,
    ) -> Result<()> {
        self.reading(select::each_summary(&self.session, expr, order, page, each))
    }

    fn count(&self, expr: &Expr) -> Result<u64> {
        self.reading(select::count(&self.session, expr))
    }

    fn search(&self, expr: &Expr, sort: Sort, page: Page) -> Result<Found> {
        self.reading(rank::search(&self.session, expr, sort, page))
    }

    fn search_error(&self, error: &ErrorText, conditions: &Expr, most: usize) -> Result<Vec<ErrorHit>> {
        self.reading(error::search(&self.session, error, conditions, most))
    }

    fn by_fingerprint(&self, fingerprints: &[String], most: usize) -> Result<Vec<Summary>> {
        self.reading(error::by_fingerprint(&self.session, fingerprints, most))
    }

    fn sharing(&self, what: Shared, values: &[String], most: usize) -> Result<Vec<(Summary, u64)>> {
        self.reading(error::sharing(&self.session, what, values, most))
    }

    fn near_words(&self, word: &str, most: usize) -> Result<Vec<String>> {
        self.reading(read::near_words(&self.session, word, most))
    }

    fn facet(&self, facet: Facet) -> Result<Vec<(String, u64)>> {
        self.reading(browse::facet(&self.session, facet))
    }

    fn months(&self, facet: Facet, name: &str) -> Result<Vec<(String, u64)>> {
        self.reading(browse::months(&self.session, facet, name))
    }

    fn each_in(
        &self,
        facet: Facet,
        name: &str,
        span: Span<'_>,
        each: &mut dyn FnMut(Summary) -> Result<bool>,
    ) -> Result<()> {
        self.reading(browse::each_in(&self.session, facet, name, span, each))
    }

    fn numbers_in(&self, facet: Facet, name: &str) -> Result<Vec<u64>> {
        self.reading(browse::numbers_in(&self.session, facet, name))
    }

    fn each_numbered(&self, each: &mut dyn FnMut(u64, Summary) -> Result<bool>) -> Result<()> {
        self.reading(browse::each_numbered(&self.session, each))
    }

    fn measured(&self, id: &ChangeId, name: &str) -> Result<Vec<Metric>> {
        self.reading(browse::measured(&self.session, id, name))
    }

    fn folder(&self, folder: &str) -> Result<Vec<FolderEntry>> {
        self.reading(browse::folder(&self.session, folder))
    }

    fn referring(&self, id: &ChangeId) -> Result<Vec<(RelationKind, Summary)>> {
        self.reading(read::referring(&self.session, id))
    }

    fn by_commit(&self, hash: &str) -> Result<Vec<Summary>> {
        self.reading(read::by_commit(&self.session, hash))
    }

    fn touching_all(&self, first: &str, files: &[String], since: Timestamp) -> Result<Option<ChangeId>> {
        self.reading(read::touching_all(&self.session, first, files, since))
    }

    fn history(&self, id: &ChangeId) -> Result<Vec<Revision>> {
        self.reading(read::history(&self.session, id))
    }

    fn evidence(&self, subject: &Subject, most: usize) -> Result<Vec<Evidence>> {
        self.reading(evidence::latest(&self.session, subject, most))
    }

    fn evidence_of_checks(&self, change: &Change) -> Result<Vec<Option<Evidence>>> {
        self.reading(evidence::of_checks(&self.session, change))
    }

    fn runbook(&self, name: &str) -> Result<Option<Runbook>> {
        self.reading(runbook::get(&self.session, name))
    }

    fn runbook_by_key(&self, source: &Source) -> Result<Option<Runbook>> {
        self.reading(runbook::by_key(&self.session, source))
    }

    fn runbooks(&self) -> Result<Vec<Runbook>> {
        self.reading(runbook::all(&self.session))
    }

    fn search_runbooks(&self, expr: &Expr, most: usize) -> Result<Vec<Runbook>> {
        self.reading(runbook::search(&self.session, expr, most))
    }

    fn runbook_history(&self, name: &str) -> Result<Vec<RunbookRevision>> {
        self.reading(runbook::history(&self.session, name))
    }

    fn newer_runbooks(&self, seq: u64) -> Result<Vec<RunbookRevision>> {
        self.reading(runbook::newer(&self.session, seq))
    }

    fn tombstone(&self, id: &ChangeId) -> Result<Option<Tombstone>> {
        self.reading(read::tombstone(&self.session, id))
    }

    fn events(&self, page: Page) -> Result<Vec<Happening>> {
        self.reading(read::events(&self.session, page))
    }

    fn last_seq(&self) -> Result<u64> {
        self.reading(read::last_seq(&self.session))
    }

    fn newer(&self, seq: u64, most: usize) -> Result<Vec<Newer>> {
        self.reading(browse::newer(&self.session, seq, most))
    }

    fn each_recorded(&self, numbers: Range<u64>, each: &mut dyn FnMut(u64, Change) -> Result<bool>) -> Result<()> {
        self.reading(browse::each_recorded(&self.session, numbers, each))
    }

    fn identity(&self) -> Result<String> {
        self.reading(browse::identity(&self.session))
    }

    fn drift(&self) -> Result<Vec<String>> {
        self.reading(drift::drift(&self.session))
    }

    fn write(&mut self, work: &mut dyn FnMut(&mut dyn Writer) -> Result<()>) -> Result<()> {
        self.write_with(false, work)
    }

    fn write_many(&mut self, work: &mut dyn FnMut(&mut dyn Writer) -> Result<()>) -> Result<()> {
        self.write_with(true, work)
    }
}
