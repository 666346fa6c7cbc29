//! The lists that are browsed: by facet and month, by folder, and what is newer than a publication.

use std::ops::Range;

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::super::document;
use super::super::tally;
use super::super::{Facet, FolderEntry, Newer, Span, Summary};
use super::rows::{self, SUMMARY};
use crate::model::{Change, ChangeId, Direction, Metric};

pub(super) fn facet(connection: &Connection, facet: Facet) -> Result<Vec<(String, u64)>> {
    let sql = "SELECT name, sum(changes) FROM tally WHERE facet = ?1 GROUP BY name ORDER BY name";
    pairs(connection, sql, &[tally::name(facet)])
}

pub(super) fn months(connection: &Connection, facet: Facet, name: &str) -> Result<Vec<(String, u64)>> {
    let sql = "SELECT month, changes FROM tally WHERE facet = ?1 AND name = ?2 ORDER BY month DESC";
    pairs(connection, sql, &[tally::name(facet), name])
}

fn pairs(connection: &Connection, sql: &str, parameters: &[&str]) -> Result<Vec<(String, u64)>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement
        .query_map(params_from_iter(parameters), |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The column of `change` a facet is, or the table and column beside it.
enum Place {
    Column(&'static str),
    Beside(&'static str, &'static str),
    /// Every change; the month is the name.
    Time,
}

fn place(facet: Facet) -> Place {
    match facet {
        Facet::Owner => Place::Column("owner"),
        Facet::Service => Place::Column("service"),
        Facet::Environment => Place::Column("environment"),
        Facet::Kind => Place::Column("kind"),
        Facet::Tag => Place::Beside("change_tag", "tag"),
        Facet::Metric => Place::Beside("change_metric", "name"),
        Facet::File => Place::Beside("change_file", "path"),
        Facet::Month => Place::Time,
    }
}

const NEWEST: &str = "ORDER BY c.at DESC, c.num DESC";

pub(super) fn each_in(
    connection: &Connection,
    facet: Facet,
    name: &str,
    span: Span<'_>,
    each: &mut dyn FnMut(Summary) -> Result<bool>,
) -> Result<()> {
    let mut row = |row: &Row<'_>| each(rows::summary(row)?);
    match (place(facet), span) {
        (Place::Time, Span::Month(_)) => Ok(()),
        (Place::Time, span) => {
            let sql = format!("SELECT {SUMMARY} FROM change c WHERE c.at >= ?1 AND c.at < ?2 {NEWEST} {}", limit(span));
            each_row(connection, &sql, &[name, &after(name)], &mut row)
        }
        (Place::Column(column), Span::Month(month)) => {
            let sql =
                format!("SELECT {SUMMARY} FROM change c WHERE c.{column} = ?1 AND c.at >= ?2 AND c.at < ?3 {NEWEST}");
            each_row(connection, &sql, &[name, month, &after(month)], &mut row)
        }
        (Place::Column(column), span) => {
            let sql = format!("SELECT {SUMMARY} FROM change c WHERE c.{column} = ?1 {NEWEST} {}", limit(span));
            each_row(connection, &sql, &[name], &mut row)
        }
        (Place::Beside(table, column), span) => {
            let sources = beside(connection, facet, name, span, (table, column))?;
            let (most, mut read) = (most(span), 0);
            for (from, parameters) in sources {
                let sql = format!("SELECT {SUMMARY} {from} {NEWEST}");
                let parameters: Vec<&str> = parameters.iter().map(String::as_str).collect();
                let mut stopped = false;
                each_row(connection, &sql, &parameters, &mut |found| {
                    read += 1;
                    stopped = read > most || !row(found)? || read == most;
                    Ok(!stopped)
                })?;
                if stopped {
                    break;
                }
            }
            Ok(())
        }
    }
}

pub(super) fn numbers_in(connection: &Connection, facet: Facet, name: &str) -> Result<Vec<u64>> {
    let mut numbers = Vec::new();
    let mut row = |row: &Row<'_>| {
        numbers.push(number(row, 0)?);
        Ok(true)
    };
    match place(facet) {
        Place::Time => {
            let sql = "SELECT num FROM change WHERE at >= ?1 AND at < ?2";
            each_row(connection, sql, &[name, &after(name)], &mut row)
        }
        Place::Column(column) => {
            each_row(connection, &format!("SELECT num FROM change WHERE {column} = ?1"), &[name], &mut row)
        }
        Place::Beside(table, column) => {
            // A change may measure a metric twice.
            let sql = format!("SELECT DISTINCT num FROM {table} WHERE {column} = ?1");
            each_row(connection, &sql, &[name], &mut row)
        }
    }?;
    Ok(numbers)
}

pub(super) fn each_numbered(connection: &Connection, each: &mut dyn FnMut(u64, Summary) -> Result<bool>) -> Result<()> {
    let sql = format!("SELECT {SUMMARY}, c.num FROM change c {NEWEST}");
    each_row(connection, &sql, &[], &mut |row| each(number(row, 8)?, rows::summary(row)?))
}

/// From where to read the changes of a list that is kept beside `change`, one after the other. Of a long list, the changes
/// of a month are found by their time, and the newest by going from month to month.
fn beside(
    connection: &Connection,
    facet: Facet,
    name: &str,
    span: Span<'_>,
    (table, column): (&str, &str),
) -> Result<Vec<(String, Vec<String>)>> {
    let months = months(connection, facet, name)?;
    let total: u64 = months.iter().map(|(_, count)| count).sum();
    let joined = |condition: &str| {
        format!("FROM change c WHERE c.num IN (SELECT s.num FROM {table} s WHERE s.{column} = ?1) {condition}")
    };
    let by_month = |month: &str| {
        let from = format!(
            "FROM change c WHERE c.at >= ?2 AND c.at < ?3 \
             AND EXISTS (SELECT 1 FROM {table} s WHERE s.num = c.num AND s.{column} = ?1)"
        );
        (from, vec![name.to_owned(), month.to_owned(), after(month)])
    };
    Ok(match span {
        Span::All => vec![(joined(""), vec![name.to_owned()])],
        Span::Newest(_) if total <= FEW => vec![(joined(""), vec![name.to_owned()])],
        Span::Month(month) if total <= FEW => {
            vec![(joined("AND +c.at >= ?2 AND +c.at < ?3"), vec![name.to_owned(), month.to_owned(), after(month)])]
        }
        Span::Newest(_) => months.iter().map(|(month, _)| by_month(month)).collect(),
        Span::Month(month) => vec![by_month(month)],
    })
}

/// Changes that are read and sorted at once; of a longer list, only those of the months that are asked for.
const FEW: u64 = 1_000;

fn most(span: Span<'_>) -> u64 {
    match span {
        Span::Newest(most) => most,
        Span::All | Span::Month(_) => u64::MAX,
    }
}

fn limit(span: Span<'_>) -> String {
    match span {
        Span::Newest(most) => format!("LIMIT {most}"),
        Span::All | Span::Month(_) => String::new(),
    }
}

/// What is behind every time that begins with a month: `2026-11-30T23:59:59Z` comes before `2026-11~`.
fn after(month: &str) -> String {
    format!("{month}~")
}

fn each_row(
    connection: &Connection,
    sql: &str,
    parameters: &[&str],
    each: &mut dyn FnMut(&Row<'_>) -> Result<bool>,
) -> Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(parameters))?;
    while let Some(row) = rows.next()? {
        if !each(row)? {
            break;
        }
    }
    Ok(())
}

pub(super) fn measured(connection: &Connection, id: &ChangeId, name: &str) -> Result<Vec<Metric>> {
    let sql = "SELECT m.name, m.unit, m.before, m.after, m.better FROM change_metric m JOIN change c USING (num)
               WHERE c.id = ?1 AND m.name = ?2 ORDER BY m.place";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([id.as_str(), name], |row| {
        Ok(Metric {
            name: row.get(0)?,
            unit: row.get(1)?,
            before: row.get(2)?,
            after: row.get(3)?,
            better: row.get::<_, String>(4)?.parse().unwrap_or(Direction::Lower),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What is directly in a folder: found by skipping from one entry to the next, whatever is below.
pub(super) fn folder(connection: &Connection, folder: &str) -> Result<Vec<FolderEntry>> {
    let sql = "SELECT name FROM tally WHERE facet = 'file' AND name >= ?1 AND name < ?2 ORDER BY name LIMIT 1";
    let mut next = connection.prepare_cached(sql)?;
    let mut count = connection.prepare_cached("SELECT sum(changes) FROM tally WHERE facet = 'file' AND name = ?1")?;
    // `0` is behind `/`; nothing is behind the last character there is.
    let end = folder.strip_suffix('/').map_or_else(|| char::MAX.to_string(), |folder| format!("{folder}0"));
    let mut from = folder.to_owned();
    let mut entries = Vec::new();
    while let Some(path) = next.query_row([&from, &end], |row| row.get::<_, String>(0)).optional()? {
        let rest = path.strip_prefix(folder).with_context(|| format!("{path} is out of order"))?;
        if let Some((name, _)) = rest.split_once('/') {
            entries.push(FolderEntry { name: name.to_owned(), is_folder: true, changes: 0 });
            from = format!("{folder}{name}0");
        } else {
            let changes: i64 = count.query_row([&path], |row| row.get(0))?;
            entries.push(FolderEntry { name: rest.to_owned(), is_folder: false, changes: changes.unsigned_abs() });
            from = format!("{path}\0");
        }
    }
    Ok(entries)
}

pub(super) fn newer(connection: &Connection, seq: u64, most: usize) -> Result<Vec<Newer>> {
    let parameters = (seq.cast_signed(), most.cast_signed());
    let mut found = Vec::new();
    let mut changes =
        connection.prepare_cached("SELECT id, doc, num FROM change WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let mut rows = changes.query(parameters)?;
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let change = document::change(&id, row.get_ref(1)?.as_str()?)?;
        found.push(Newer { id: change.id.clone(), number: Some(number(row, 2)?), change: Some(change) });
    }
    let mut deleted = connection.prepare_cached(
        "SELECT id, num FROM tombstone t WHERE seq > ?1 AND NOT EXISTS (SELECT 1 FROM change WHERE id = t.id)
         ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = deleted.query(parameters)?;
    while let Some(row) = rows.next()? {
        let id = row.get::<_, String>(0)?.parse().map_err(anyhow::Error::msg)?;
        let number = row.get::<_, Option<i64>>(1)?.map(i64::unsigned_abs);
        found.push(Newer { id, number, change: None });
    }
    found.truncate(most);
    Ok(found)
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.unsigned_abs())
}

pub(super) fn each_recorded(
    connection: &Connection,
    numbers: Range<u64>,
    each: &mut dyn FnMut(u64, Change) -> Result<bool>,
) -> Result<()> {
    let sql = "SELECT id, doc, num FROM change WHERE num >= ?1 AND num < ?2 ORDER BY num";
    let mut statement = connection.prepare_cached(sql)?;
    let last = i64::MAX.unsigned_abs();
    let mut rows = statement.query((numbers.start.min(last).cast_signed(), numbers.end.min(last).cast_signed()))?;
    while let Some(row) = rows.next()? {
        let change = document::change(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?)?;
        if !each(number(row, 2)?, change)? {
            break;
        }
    }
    Ok(())
}

pub(super) fn identity(connection: &Connection) -> Result<String> {
    let sql = "SELECT value FROM meta WHERE name = 'identity'";
    connection.query_row(sql, [], |row| row.get(0)).context("the database has no identity")
}
