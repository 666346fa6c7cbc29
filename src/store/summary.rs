//! The short form of a change that lists and indexes show, and how lists are asked for.

use crate::model::{Change, ChangeId, Kind, Status, Timestamp};

/// The columns of a change that lists show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// See [`crate::model::Change`].
    pub id: ChangeId,
    /// The title.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// What sort it is.
    pub kind: Kind,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The service changed.
    pub service: Option<String>,
    /// When it happened, see [`crate::model::Change::at`].
    pub at: Timestamp,
    /// The number of the write that stored it.
    pub seq: u64,
}

/// The order of a list. Every order is total: of two equal times, the one recorded later is the newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By when it happened, newest first.
    NewestFirst,
    /// By when it happened, oldest first.
    OldestFirst,
    /// By id.
    Id,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Entries to skip.
    pub offset: u64,
    /// Entries to return at most.
    pub most: u64,
}

impl Page {
    /// Everything.
    pub const ALL: Self = Self { offset: 0, most: i64::MAX as u64 };

    /// The first `most` entries.
    pub const fn first(most: u64) -> Self {
        Self { offset: 0, most }
    }
}

/// A field whose values group changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// Tags.
    Tag,
    /// Owners.
    Owner,
    /// Services.
    Service,
    /// Environments.
    Environment,
    /// Kinds.
    Kind,
    /// Names of metrics.
    Metric,
    /// Paths of files touched.
    File,
    /// Months of [`crate::model::Change::at`], `2026-11`.
    Month,
}

/// Which part of the list of a facet's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span<'a> {
    /// All of it.
    All,
    /// The newest so many.
    Newest(u64),
    /// Those of a month, `2026-11`; of a month itself, none.
    Month(&'a str),
}

/// What stands directly in a folder that changes touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderEntry {
    /// Its name, without the folder.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// How many changes touched it; of a folder that is not counted, and 0.
    pub changes: u64,
}

/// A change that was stored, edited or deleted after a given write.
#[derive(Debug, Clone)]
pub struct Newer {
    /// Its id.
    pub id: ChangeId,
    /// Its row number, which stays while it exists and grows from one new change to the next; absent for one that was
    /// deleted by an old version.
    pub number: Option<u64>,
    /// As it is now; absent when it was deleted.
    pub change: Option<Change>,
}

/// What makes a match the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// How well its words match, with a mild preference for what is recent and in force.
    #[default]
    Relevance,
    /// When it happened.
    Recent,
    /// How much its best metric improved.
    Metric,
}
