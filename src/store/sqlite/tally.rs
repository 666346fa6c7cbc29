//! Counts of changes by facet and month: how they are stored.
//!
//! They are gathered while a transaction writes and stored at its end, so that an import of many changes stores each count
//! once.

use anyhow::Result;
use rusqlite::{Connection, params};

use super::super::tally::Tally;

/// Stores what was counted.
pub(super) fn store(tally: &Tally, connection: &Connection) -> Result<()> {
    let mut add = connection.prepare_cached(
        "INSERT INTO tally (facet, name, month, changes) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET changes = changes + excluded.changes",
    )?;
    let mut drop_empty =
        connection.prepare_cached("DELETE FROM tally WHERE facet = ?1 AND name = ?2 AND month = ?3 AND changes = 0")?;
    for (facet, value, month, by) in tally.rows() {
        add.execute(params![facet, value, month, by])?;
        if by < 0 {
            drop_empty.execute(params![facet, value, month])?;
        }
    }
    Ok(())
}

/// Every count as one line, sorted.
pub(super) fn lines(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT facet, name, month, changes FROM tally ORDER BY 1, 2, 3")?;
    let rows = statement.query_map([], |row| {
        let (facet, name, month): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!("{facet} {name:?} {month}: {}", row.get::<_, i64>(3)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
