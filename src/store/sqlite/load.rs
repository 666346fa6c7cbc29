//! The first large import of a database: settings that pay for that alone.
//!
//! In a write-ahead log every page is written twice. A database without records has a few dozen pages, and the rollback
//! journal keeps no other ones: what is new goes to its place at once, and a crash takes it away as it does with the log
//! (<https://www.sqlite.org/atomiccommit.html>). Readers wait meanwhile for as long as they would wait for a writer.

use anyhow::Result;
use rusqlite::{Connection, ErrorCode};

/// The rows of side tables are made from the change they belong to, which is written before them: nothing to look up for
/// each. The cache is in KiB: rows come in no order of the indexes.
const SETTINGS: &str = "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -65536;";
/// Changes after which a larger cache is worth its memory, and that cache.
const VERY_MANY: i64 = 100_000;
const LARGER: &str = "PRAGMA cache_size = -262144;";
/// A sorter with a small cache hands what fills it to a thread (<https://www.sqlite.org/pragma.html#pragma_threads>).
const SORTING: &str = "PRAGMA cache_size = -16384; PRAGMA threads = 1;";
/// With this the removal of the journal is on disk, too, when a commit returns
/// (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
const DURABLE: &str = "PRAGMA synchronous = EXTRA;";

/// Hears how many changes were written since the database was empty.
pub(super) fn reached(connection: &Connection, changes: i64) -> Result<()> {
    if changes == VERY_MANY { Ok(connection.execute_batch(LARGER)?) } else { Ok(()) }
}

/// Drops the indexes that only find rows, and returns the statements that make them again: at once, which costs a third of
/// looking for the place of each row. Those of the few rows with something rare stay: they cost nothing before.
pub(super) fn drop_indexes(connection: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql LIKE 'CREATE INDEX %'
                   AND (tbl_name GLOB 'change*' OR tbl_name = 'event')
                   AND (sql NOT LIKE '% WHERE %' OR sql LIKE '% IS NOT NULL') ORDER BY rowid";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let (names, statements): (Vec<_>, Vec<_>) = rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().unzip();
    for name in names {
        connection.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    Ok(statements)
}

/// Makes the indexes again.
pub(super) fn create_indexes(connection: &Connection, statements: &[String]) -> Result<()> {
    if statements.is_empty() {
        return Ok(());
    }
    connection.execute_batch(SORTING)?;
    Ok(statements.iter().try_for_each(|sql| connection.execute_batch(sql))?)
}

/// Readies a connection for a large import, if there is no record yet. Whoever did this opens the database again afterwards,
/// which brings back the usual settings.
pub(super) fn prepare(connection: &Connection) -> Result<()> {
    let filled: bool = connection.query_row("SELECT EXISTS (SELECT 1 FROM change)", [], |row| row.get(0))?;
    if filled {
        return Ok(());
    }
    connection.execute_batch(SETTINGS)?;
    let mode = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0));
    match mode {
        Ok(mode) if mode == "delete" => connection.execute_batch(DURABLE)?,
        // Somebody else has it open: the log is used as ever.
        Ok(_) => {}
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
