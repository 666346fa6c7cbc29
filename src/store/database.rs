//! A database of either engine: what a setting names, opened.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::moving::Movable;
#[cfg(feature = "postgres")]
use super::postgres::{Address, PostgresStore};
use super::sqlite::SqliteStore;
use super::{
    ErrorHit, Facet, FolderEntry, Found, Happening, Newer, Order, Page, Revision, RunbookRevision, Shared, Sort, Span,
    Store, Summary, Tombstone, Writer,
};
use crate::model::{Change, ChangeId, Evidence, Metric, RelationKind, Runbook, Source, Subject, Timestamp};
use crate::query::{ErrorText, Expr};

/// Where a database is.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// On a server.
    #[cfg(feature = "postgres")]
    Server(Box<Address>),
}

/// A database of records, whichever engine keeps it.
pub enum Database {
    /// In a file.
    Sqlite(SqliteStore),
    /// On a server.
    #[cfg(feature = "postgres")]
    Postgres(Box<PostgresStore>),
}

impl Database {
    /// Opens an existing database.
    ///
    /// # Errors
    /// As [`SqliteStore::open`] and [`PostgresStore::open`].
    pub fn open(place: &Place) -> Result<Self> {
        Ok(match place {
            Place::File(path) => Self::Sqlite(SqliteStore::open(path)?),
            #[cfg(feature = "postgres")]
            Place::Server(address) => Self::Postgres(Box::new(PostgresStore::open((**address).clone())?)),
        })
    }

    /// Opens a database to write to it, making it first where there is none.
    ///
    /// # Errors
    /// As [`SqliteStore::open_or_create`] and [`PostgresStore::open_or_create`].
    pub fn open_or_create(place: &Place) -> Result<Self> {
        Ok(match place {
            Place::File(path) => Self::Sqlite(SqliteStore::open_or_create(path)?),
            #[cfg(feature = "postgres")]
            Place::Server(address) => Self::Postgres(Box::new(PostgresStore::open_or_create((**address).clone())?)),
        })
    }

    /// The file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(store) => Some(store.path()),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => None,
        }
    }

    /// What a move asks of the engine.
    pub(super) fn movable(&self) -> &dyn Movable {
        match self {
            Self::Sqlite(store) => store,
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => &**store,
        }
    }

    /// The same, to be written to.
    pub(super) fn movable_mut(&mut self) -> &mut dyn Movable {
        match self {
            Self::Sqlite(store) => store,
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => &mut **store,
        }
    }

    fn store(&self) -> &dyn Store {
        match self {
            Self::Sqlite(store) => store,
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => &**store,
        }
    }

    fn store_mut(&mut self) -> &mut dyn Store {
        match self {
            Self::Sqlite(store) => store,
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => &mut **store,
        }
    }
}

/// Shows where it is; of a server without the password.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            #[cfg(feature = "postgres")]
            Self::Server(address) => write!(f, "{address}"),
        }
    }
}

/// A URL without what may be a password: for messages. Whatever stands before the last `@` but the user is left out, also
/// where the URL cannot be read.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, rest)) => (user.split([':', '/', '?']).next().unwrap_or_default(), rest),
        None => ("", rest),
    };
    let at = if user.is_empty() { "" } else { "@" };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let kept: Vec<_> = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("password=")).collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    format!("{scheme}://{user}{at}{path}{mark}{}", kept.join("&"))
}

/// The same method of the engine.
macro_rules! forwarded {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)+) => {
        $(fn $name(&self, $($argument: $type),*) -> $result { self.store().$name($($argument),*) })+
    };
}

impl Store for Database {
    forwarded! {
        fn get(id: &ChangeId) -> Result<Option<Change>>;
        fn find_prefix(prefix: &str, most: usize) -> Result<Vec<Summary>>;
        fn snapshot(work: &mut dyn FnMut() -> Result<()>) -> Result<()>;
        fn mark(name: &str) -> Result<Option<String>>;
        fn expect_little() -> Result<()>;
        fn each(expr: &Expr, order: Order, page: Page, each: &mut dyn FnMut(Change) -> Result<bool>) -> Result<()>;
        fn each_summary(expr: &Expr, order: Order, page: Page, each: &mut dyn FnMut(Summary) -> Result<bool>) -> Result<()>;
        fn count(expr: &Expr) -> Result<u64>;
        fn search(expr: &Expr, sort: Sort, page: Page) -> Result<Found>;
        fn search_error(error: &ErrorText, conditions: &Expr, most: usize) -> Result<Vec<ErrorHit>>;
        fn by_fingerprint(fingerprints: &[String], most: usize) -> Result<Vec<Summary>>;
        fn sharing(what: Shared, values: &[String], most: usize) -> Result<Vec<(Summary, u64)>>;
        fn near_words(word: &str, most: usize) -> Result<Vec<String>>;
        fn facet(facet: Facet) -> Result<Vec<(String, u64)>>;
        fn months(facet: Facet, name: &str) -> Result<Vec<(String, u64)>>;
        fn each_in(facet: Facet, name: &str, span: Span<'_>, each: &mut dyn FnMut(Summary) -> Result<bool>) -> Result<()>;
        fn numbers_in(facet: Facet, name: &str) -> Result<Vec<u64>>;
        fn each_numbered(each: &mut dyn FnMut(u64, Summary) -> Result<bool>) -> Result<()>;
        fn measured(id: &ChangeId, name: &str) -> Result<Vec<Metric>>;
        fn folder(folder: &str) -> Result<Vec<FolderEntry>>;
        fn referring(id: &ChangeId) -> Result<Vec<(RelationKind, Summary)>>;
        fn by_commit(hash: &str) -> Result<Vec<Summary>>;
        fn touching_all(first: &str, files: &[String], since: Timestamp) -> Result<Option<ChangeId>>;
        fn history(id: &ChangeId) -> Result<Vec<Revision>>;
        fn evidence(subject: &Subject, most: usize) -> Result<Vec<Evidence>>;
        fn evidence_of_checks(change: &Change) -> Result<Vec<Option<Evidence>>>;
        fn runbook(name: &str) -> Result<Option<Runbook>>;
        fn runbook_by_key(source: &Source) -> Result<Option<Runbook>>;
        fn runbooks() -> Result<Vec<Runbook>>;
        fn search_runbooks(expr: &Expr, most: usize) -> Result<Vec<Runbook>>;
        fn runbook_history(name: &str) -> Result<Vec<RunbookRevision>>;
        fn newer_runbooks(seq: u64) -> Result<Vec<RunbookRevision>>;
        fn tombstone(id: &ChangeId) -> Result<Option<Tombstone>>;
        fn events(page: Page) -> Result<Vec<Happening>>;
        fn last_seq() -> Result<u64>;
        fn newer(seq: u64, most: usize) -> Result<Vec<Newer>>;
        fn each_recorded(numbers: Range<u64>, each: &mut dyn FnMut(u64, Change) -> Result<bool>) -> Result<()>;
        fn identity() -> Result<String>;
        fn drift() -> Result<Vec<String>>;
    }

    fn write(&mut self, work: &mut dyn FnMut(&mut dyn Writer) -> Result<()>) -> Result<()> {
        self.store_mut().write(work)
    }

    fn write_many(&mut self, work: &mut dyn FnMut(&mut dyn Writer) -> Result<()>) -> Result<()> {
        self.store_mut().write_many(work)
    }
}
