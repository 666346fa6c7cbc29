//! Rows to values and back: documents, summaries, side tables.

use rusqlite::{Connection, Row};

use super::super::{Event, Summary, Tombstone};
use crate::model::{Actor, Change, Timestamp};

/// The columns [`summary`] reads, in its order.
pub(super) const SUMMARY: &str = "c.id, c.title, c.status, c.kind, c.owner, c.service, c.at, c.seq";

/// Reads a text column as the type its text spells.
pub(super) fn read<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error: T::Err| {
        let message = format!("`{text}` {error}");
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, message.into())
    })
}

pub(super) fn summary(row: &Row<'_>) -> rusqlite::Result<Summary> {
    Ok(Summary {
        id: read(row, 0)?,
        title: row.get(1)?,
        status: read(row, 2)?,
        kind: read(row, 3)?,
        owner: row.get(4)?,
        service: row.get(5)?,
        at: read(row, 6)?,
        seq: row.get::<_, i64>(7)?.unsigned_abs(),
    })
}

/// The columns [`event`] reads, in its order.
pub(super) const EVENT: &str = "at, actor, action, change_id, revision, detail, git_identity";

pub(super) fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        at: read(row, 0)?,
        actor: Actor { user: row.get(1)?, git_identity: row.get(6)? },
        action: row.get(2)?,
        change: read(row, 3)?,
        revision: row.get::<_, i64>(4)?.unsigned_abs(),
        detail: row.get(5)?,
    })
}

pub(super) fn tombstone(row: &Row<'_>) -> rusqlite::Result<Tombstone> {
    Ok(Tombstone { at: read::<Timestamp>(row, 0)?, actor: row.get(1)?, reason: row.get(2)?, title: row.get(3)? })
}

/// Side tables with a row for each value of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    File,
    Tag,
    Commit,
    Fingerprint,
}

impl Column {
    pub(super) const ALL: [Self; 4] = [Self::File, Self::Tag, Self::Commit, Self::Fingerprint];

    /// The values of a change.
    pub(super) fn values<'c>(self, change: &'c Change, fingerprints: &'c [String]) -> &'c [String] {
        match self {
            Self::File => &change.files,
            Self::Tag => &change.tags,
            Self::Commit => &change.commits,
            Self::Fingerprint => fingerprints,
        }
    }

    /// The statement that stores the number of a change and a value.
    pub(super) fn insert(self) -> &'static str {
        match self {
            Self::File => "INSERT OR IGNORE INTO change_file (num, path) VALUES (?1, ?2)",
            Self::Tag => "INSERT OR IGNORE INTO change_tag (num, tag) VALUES (?1, ?2)",
            Self::Commit => "INSERT OR IGNORE INTO change_commit (num, hash) VALUES (?1, ?2)",
            Self::Fingerprint => "INSERT OR IGNORE INTO change_fingerprint (num, fingerprint) VALUES (?1, ?2)",
        }
    }
}

/// Stores the values of a change.
pub(super) fn insert_values(
    connection: &Connection,
    num: i64,
    change: &Change,
    fingerprints: &[String],
) -> rusqlite::Result<()> {
    for column in Column::ALL {
        let mut statement = connection.prepare_cached(column.insert())?;
        for value in column.values(change, fingerprints) {
            statement.execute((num, value))?;
        }
    }
    Ok(())
}

/// Stores the metrics and relations of a change, in the order of their tables when changes are.
pub(super) fn insert_places(connection: &Connection, num: i64, change: &Change) -> rusqlite::Result<()> {
    let mut metrics = connection.prepare_cached(
        "INSERT INTO change_metric (num, place, name, unit, before, after, better) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (place, metric) in (0_i64..).zip(&change.metrics) {
        let better = metric.better.as_str();
        metrics.execute((num, place, &metric.name, &metric.unit, metric.before, metric.after, better))?;
    }
    let mut relations =
        connection.prepare_cached("INSERT INTO change_relation (num, place, kind, target) VALUES (?1, ?2, ?3, ?4)")?;
    for (place, relation) in (0_i64..).zip(&change.relations) {
        relations.execute((num, place, relation.kind.as_str(), relation.id.as_str()))?;
    }
    Ok(())
}

/// The side tables that [`insert_values`] and [`insert_places`] fill.
pub(super) const SIDE_TABLES: [&str; 6] =
    ["change_file", "change_tag", "change_metric", "change_commit", "change_relation", "change_fingerprint"];
