//! Opening a database: header check, settings, migrations.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use include_dir::{Dir, include_dir};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::super::StoreError;
use super::write::reindex;
use super::{checksum, copy};
use crate::query::ANALYZER_VERSION;

/// How long a writer waits for its turn.
pub(super) const BUSY_SECONDS: u64 = 60;

/// The cache is in KiB: an import would otherwise write pages it is about to need again.
const SETTINGS: &str = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
                        PRAGMA cache_size = -32768;";

/// Bytes of a page.
const PAGE: u32 = 8192;

/// "SHNT": marks a file as ours (<https://www.sqlite.org/fileformat.html#application_id>).
const APPLICATION_ID: i32 = 0x5348_4e54;

static MIGRATIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data/migrations/sqlite");

/// The schema version this binary writes: the number of the last migration.
fn known_version() -> i64 {
    migrations().last().map_or(0, |(version, _)| *version)
}

/// Version and SQL of every migration, in order.
fn migrations() -> Vec<(i64, &'static str)> {
    let mut all: Vec<_> = MIGRATIONS
        .files()
        .filter_map(|file| {
            let name = file.path().file_name()?.to_str()?;
            let version = name.split_once('_')?.0.parse().ok()?;
            Some((version, file.contents_utf8()?))
        })
        .collect();
    all.sort_unstable();
    all
}

pub(super) fn connect(path: &Path) -> Result<Connection> {
    check_header(path)?;
    connect_to_write(path).or_else(|error| match connect_to_read(path) {
        Some(connection) if is_read_only(&error) => Ok(connection),
        _ => Err(error),
    })
}

fn is_read_only(error: &anyhow::Error) -> bool {
    let code = error.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
    matches!(code, Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
}

/// Bytes of a write-ahead log that a writer may leave behind: the next one reads them in a fraction of a millisecond.
pub(super) const SHORT_LOG: u64 = 512 * 1024;

/// Bytes of the write-ahead log of a database; 0 when there is none.
pub(super) fn log_length(path: &Path) -> u64 {
    length_beside(path, "-wal")
}

/// Bytes of a file that SQLite keeps beside a database.
fn length_beside(path: &Path, ending: &str) -> u64 {
    let name = path.file_name().and_then(OsStr::to_str);
    let beside = name.and_then(|name| path.with_file_name(format!("{name}{ending}")).metadata().ok());
    beside.map_or(0, |file| file.len())
}

/// Where nothing can be written, SQLite cannot make the files that a write-ahead log is shared by; without such a log the
/// file can be read as it stands (<https://www.sqlite.org/wal.html#read_only_databases>).
fn connect_to_read(path: &Path) -> Option<Connection> {
    // With a journal the file does not say what was committed: it would have to be rolled back first.
    if length_beside(path, "-journal") > 0 {
        return None;
    }
    if log_length(path) > 0 {
        return connect_beside_log(path);
    }
    let escaped: String = std::path::absolute(path)
        .ok()?
        .to_str()?
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || byte == b'/' { char::from(byte).into() } else { format!("%{byte:02x}") }
        })
        .collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags).ok()?;
    let version = schema_version(&connection, path).ok()?;
    (version == known_version()).then_some(connection)
}

/// Reads a database and what stands in its log, by the index of the log that the last writer left.
fn connect_beside_log(path: &Path) -> Option<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).ok()?;
    let version = schema_version(&connection, path).ok()?;
    (version == known_version()).then_some(connection)
}

fn connect_to_write(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)
        .with_context(|| format!("cannot open the database {}", path.display()))?;
    connection.busy_timeout(Duration::from_secs(BUSY_SECONDS))?;
    connection.set_prepared_statement_cache_capacity(64);
    // Until the version is known to be ours, closing must not move the write-ahead log into the file.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let version = schema_version(&connection, path)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    // Plans do not depend on the values that are bound: without this a statement is planned again for each.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(SETTINGS)?;
    checksum::define(&connection)?;
    if version < known_version() {
        // A record of two kilobytes leaves half of a page of four empty. Only a file that is made now takes it.
        connection.pragma_update(None, "page_size", PAGE)?;
        use_write_ahead_log(&connection)?;
        if version > 0 {
            copy::before_migration(&connection, path, version)?;
        }
        migrate(&mut connection, path)?;
    }
    return_to_log(&connection)?;
    refresh_analyzer(&mut connection)?;
    Ok(connection)
}

/// Refuses a foreign or a newer file by its first bytes, before SQLite touches it
/// (<https://www.sqlite.org/fileformat.html#the_database_header>).
fn check_header(path: &Path) -> Result<()> {
    let mut header = [0; 100];
    let Ok(mut file) = File::open(path) else { return Ok(()) };
    let empty = file.metadata().is_ok_and(|metadata| metadata.len() == 0);
    if empty {
        return Ok(());
    }
    let foreign = || StoreError::Foreign { path: path.display().to_string() };
    file.read_exact(&mut header).map_err(|_| foreign())?;
    let number =
        |at: usize| i64::from(u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]));
    let (version, application) = (number(60), number(68));
    // A database whose first transaction still stands in the write-ahead log has neither number yet.
    let unwritten = version == 0 && application == 0;
    if !header.starts_with(b"SQLite format 3\0") || (!unwritten && application != i64::from(APPLICATION_ID)) {
        return Err(foreign().into());
    }
    refuse_newer(version, path)
}

fn refuse_newer(found: i64, path: &Path) -> Result<()> {
    let known = known_version();
    if found > known {
        return Err(StoreError::NewerSchema { path: path.display().to_string(), found, known }.into());
    }
    Ok(())
}

/// The schema version as SQLite sees it: the header, or what the write-ahead log says of it.
fn schema_version(connection: &Connection, path: &Path) -> Result<i64> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    refuse_newer(version, path)?;
    if version == 0 {
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        if tables > 0 && application != APPLICATION_ID {
            return Err(StoreError::Foreign { path: path.display().to_string() }.into());
        }
    }
    Ok(version)
}

/// Switching to the write-ahead log wants the file alone and does not wait for it: try until the others are done.
fn use_write_ahead_log(connection: &Connection) -> Result<()> {
    let pause = Duration::from_millis(10);
    for _ in 0..BUSY_SECONDS * 100 {
        let switched = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match switched {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                anyhow::bail!("the file system does not support SQLite's write-ahead log (journal mode {mode})")
            }
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => std::thread::sleep(pause),
            Err(error) => return Err(error.into()),
        }
    }
    anyhow::bail!("another process kept the database locked while it was made")
}

/// A large import that was killed leaves the write-ahead log switched off ([`super::load`]). One that still runs wants the
/// file alone, and switches it on at its end.
fn return_to_log(connection: &Connection) -> Result<()> {
    let mode = |sql| connection.query_row(sql, [], |row| row.get::<_, String>(0));
    if mode("PRAGMA journal_mode")? == "wal" {
        return Ok(());
    }
    match mode("PRAGMA journal_mode = WAL") {
        Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Applies what is missing, all of it in one transaction: a crash leaves the old schema or the new one.
fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = schema_version(&transaction, path)?;
    for (number, sql) in migrations().into_iter().filter(|(number, _)| *number > version) {
        transaction.execute_batch(sql).with_context(|| format!("migration {number} failed"))?;
        transaction.pragma_update(None, "user_version", number)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.execute("INSERT OR IGNORE INTO meta VALUES ('analyzer', ?1)", [ANALYZER_VERSION.to_string()])?;
    transaction.commit()?;
    Ok(())
}

/// Indexes every change again when the index was made by another version of the analyzer.
fn refresh_analyzer(connection: &mut Connection) -> Result<()> {
    let present = |connection: &Connection| -> rusqlite::Result<String> {
        connection.query_row("SELECT value FROM meta WHERE name = 'analyzer'", [], |row| row.get(0))
    };
    let wanted = ANALYZER_VERSION.to_string();
    if present(connection)? == wanted {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if present(&transaction)? != wanted {
        reindex(&transaction)?;
        transaction.execute("UPDATE meta SET value = ?1 WHERE name = 'analyzer'", [&wanted])?;
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_gaps() {
        let versions: Vec<_> = migrations().iter().map(|(version, _)| *version).collect();
        let expected: Vec<_> = (1..=versions.len() as i64).collect();
        assert_eq!(versions, expected);
    }
}
