//! The schema: numbered migrations, under a lock.

use anyhow::{Context, Result};
use include_dir::{Dir, include_dir};
use postgres::error::SqlState;

use super::super::StoreError;
use super::address::Address;
use super::derived;
use super::session::{Session, params};
use crate::query::ANALYZER_VERSION;

static MIGRATIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data/migrations/postgres");

/// The kind of lock that one migration holds.
const LOCK: i32 = 0x0053_484d;

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

fn known_version() -> i64 {
    migrations().last().map_or(0, |(version, _)| *version)
}

/// What must be run to bring a database from `version` to this one's schema, for whoever may.
fn script(address: &Address, version: i64) -> String {
    let schema = &address.schema;
    let mut sql =
        format!("BEGIN;\nCREATE SCHEMA IF NOT EXISTS \"{schema}\";\nSET LOCAL search_path TO \"{schema}\";\n");
    for (number, text) in migrations().into_iter().filter(|(number, _)| *number > version) {
        sql.push_str(&format!("\n-- Migration {number}\n{text}"));
    }
    sql.push_str(&format!(
        "\nINSERT INTO meta (name, value) VALUES ('schema', '{}'), ('analyzer', '{ANALYZER_VERSION}')
    ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE meta.name = 'schema';\nCOMMIT;\n",
        known_version()
    ));
    sql
}

/// What is still to be run on a database, as SQL; empty when nothing is.
pub(super) fn pending(session: &Session) -> Result<String> {
    let version = version(session)?;
    Ok(if version == known_version() { String::new() } else { script(&session.address, version) })
}

/// The version of the schema; 0 when there is none.
fn version(session: &Session) -> Result<i64> {
    let path = || session.address.to_string();
    // By reading the catalogue: a name that was looked up before is remembered as missing until the transaction ends.
    let sql =
        "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace s ON s.oid = t.relnamespace
                              WHERE s.nspname = $1 AND t.relname = 'meta')";
    let there = session.one::<bool>(sql, params![&session.address.schema]);
    if !there?.unwrap_or_default() {
        return Ok(0);
    }
    let sql = "SELECT value FROM meta WHERE name = 'schema'";
    let found = match session.one::<String>(sql, &[]) {
        Err(error) if code(&error) == Some(SqlState::UNDEFINED_COLUMN) => None,
        other => other?,
    };
    let found = found.and_then(|version| version.parse().ok());
    let found: i64 = found.ok_or_else(|| StoreError::Foreign { path: format!("{} (a table `meta`)", path()) })?;
    let known = known_version();
    if found > known {
        return Err(StoreError::NewerSchema { path: path(), found, known }.into());
    }
    Ok(found)
}

pub(super) fn code(error: &anyhow::Error) -> Option<SqlState> {
    error.downcast_ref::<postgres::Error>().and_then(postgres::Error::code).cloned()
}

/// Brings the schema up to date. One that is not there is made only if `make`.
pub(super) fn migrate(session: &Session, make: bool) -> Result<()> {
    if is_current(session) {
        return Ok(());
    }
    let before = version(session)?;
    if before == 0 && !make {
        return Err(StoreError::Missing { path: session.address.to_string() }.into());
    }
    if before < known_version() {
        apply(session).map_err(|error| match code(&error) {
            Some(code) if code == SqlState::INSUFFICIENT_PRIVILEGE => {
                StoreError::MayNotMigrate { path: session.address.to_string(), schema: session.address.schema.clone() }
                    .into()
            }
            _ => error,
        })?;
    }
    refresh_analyzer(session)
}

/// Whether nothing is to be done, by one question; no where that cannot be told.
fn is_current(session: &Session) -> bool {
    let sql = "SELECT count(*) FROM meta WHERE (name, value) IN (('schema', $1), ('analyzer', $2))";
    let versions = params![known_version().to_string(), ANALYZER_VERSION.to_string()];
    session.one::<i64>(sql, versions).is_ok_and(|found| found == Some(2))
}

/// Applies what is missing in one transaction. Of many clients that come at once, one does and the others find it done.
fn apply(session: &Session) -> Result<()> {
    let (one, other) = session.address.lock(LOCK);
    session.batch(&format!("BEGIN; SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({one}, {other})"))?;
    let applied = session.within(&mut || -> Result<()> {
        let version = version(session)?;
        if version < known_version() {
            let sql = script(&session.address, version);
            let sql = sql.trim_start_matches("BEGIN;").trim_end().trim_end_matches("COMMIT;");
            session.batch(sql).context("the schema could not be made")?;
        }
        Ok(())
    });
    let end = session.batch(if applied.is_ok() { "COMMIT" } else { "ROLLBACK" });
    applied.and(end)
}

/// Indexes every change again when the index was made by another version of the analyzer.
fn refresh_analyzer(session: &Session) -> Result<()> {
    let sql = "SELECT value FROM meta WHERE name = 'analyzer'";
    let wanted = ANALYZER_VERSION.to_string();
    // A server that takes no writes is left as it is: its index still finds what did not change.
    if session.one::<String>(sql, &[])?.as_deref() == Some(&wanted) || !session.server().1 {
        return Ok(());
    }
    derived::reindex(session, &wanted)
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
