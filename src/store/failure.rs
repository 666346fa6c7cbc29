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
}
