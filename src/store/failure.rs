//! Failures of a store that a caller tells apart.

use crate::model::ChangeId;

/// Failures a caller tells apart; everything else is an `anyhow` error with context.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database was written by a newer shipnote; the file was not touched.
    #[error("{path} was written by a newer shipnote (schema {found}, this version knows {known})")]
    NewerSchema {
        /// The database.
        path: String,
        /// Its schema version.
        found: i64,
        /// The newest one this version knows.
        known: i64,
    },
    /// The file is not a shipnote database.
    #[error("{path} is not a shipnote database")]
    Foreign {
        /// The file.
        path: String,
    },
    /// There is no such file.
    #[error("there is no database at {path}")]
    Missing {
        /// The file.
        path: String,
    },
    /// Somebody else changed the record in between.
    #[error("{id} was edited by somebody else in between (revision {found}, this edit began from {expected})")]
    LostUpdate {
        /// The change.
        id: ChangeId,
        /// The revision stored now.
        found: u64,
        /// The revision the edit began from.
        expected: u64,
    },
    /// It can be read, but not written to.
    #[error("{path} cannot be written to")]
    ReadOnly {
        /// The database.
        path: String,
    },
    /// The disk is full; nothing was stored.
    #[error("there is no room on the disk of {path}")]
    Full {
        /// The database.
        path: String,
    },
    /// Another process kept the database locked for longer than the timeout.
    #[error("{path} was locked by another process for {seconds} seconds")]
    Busy {
        /// The database.
        path: String,
        /// How long was waited.
        seconds: u64,
    },
    /// No server can be reached, or none is as wanted.
    #[error("cannot connect to {path}: {why}")]
    Unreachable {
        /// The database.
        path: String,
        /// What each server said.
        why: String,
    },
    /// The connection was lost; nothing was stored.
    #[error("the connection to {path} was lost; nothing was stored")]
    Lost {
        /// The database.
        path: String,
    },
    /// The connection was lost while something was stored, and nobody can be asked whether it was.
    #[error("the connection to {path} was lost while it was storing; whether it did is not known")]
    Uncertain {
        /// The database.
        path: String,
    },
    /// The schema is not there or an older one, and this role may not change that.
    #[error("the schema {schema} of {path} is not up to date, and this role may not change it")]
    MayNotMigrate {
        /// The database.
        path: String,
        /// The schema.
        schema: String,
    },
    /// The role lacks a right.
    #[error("{path}: {what}")]
    NotGranted {
        /// The database.
        path: String,
        /// What the server refused.
        what: String,
    },
    /// A statement took longer than it may.
    #[error("{path} took longer than {seconds} seconds to answer")]
    Slow {
        /// The database.
        path: String,
        /// How long a statement may take.
        seconds: u64,
    },
    /// What stands in the file is not what was written.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The database.
        path: String,
        /// What was found.
        what: String,
    },
    /// One record is not what was written.
    #[error("{record} cannot be read: {why}")]
    Unreadable {
        /// Which it is.
        record: String,
        /// What is wrong with it.
        why: String,
    },
}

impl StoreError {
    /// Whether the connection was lost: what could be written twice may be tried again.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Uncertain { .. })
    }
}
