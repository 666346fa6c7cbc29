//! The lists that are browsed: by facet and month, by folder, and what is newer than a publication.

use std::ops::Range;

use anyhow::{Context, Result};
use postgres::Row;

use super::super::{Facet, FolderEntry, Newer, Span, Summary, tally};
use super::rows::{self, SUMMARY, number, read};
use super::session::{Session, params};
use crate::model::{Change, ChangeId, Direction, Metric};

pub(super) fn facet(session: &Session, facet: Facet) -> Result<Vec<(String, u64)>> {
    let sql = "SELECT name, sum(changes)::bigint FROM tally WHERE facet = $1 GROUP BY name ORDER BY name";
    pairs(&session.rows(sql, params![tally::name(facet)])?)
}

pub(super) fn months(session: &Session, facet: Facet, name: &str) -> Result<Vec<(String, u64)>> {
    let sql = "SELECT month, changes FROM tally WHERE facet = $1 AND name = $2 ORDER BY month DESC";
    pairs(&session.rows(sql, params![tally::name(facet), name])?)
}

fn pairs(rows: &[Row]) -> Result<Vec<(String, u64)>> {
    rows.iter().map(|row| Ok((row.try_get(0)?, number(row, 1)?))).collect()
}

/// That a change has the value `$1` of a facet, by its column or its side table; the month of a change is its time.
fn having(facet: Facet) -> &'static str {
    match facet {
        Facet::Owner => "c.owner = $1",
        Facet::Service => "c.service = $1",
        Facet::Environment => "c.environment = $1",
        Facet::Kind => "c.kind = $1",
        Facet::Tag => "c.num IN (SELECT s.num FROM change_tag s WHERE s.tag = $1)",
        Facet::Metric => "c.num IN (SELECT s.num FROM change_metric s WHERE s.name = $1)",
        Facet::File => "c.num IN (SELECT s.num FROM change_file s WHERE s.path = $1)",
        // `~` is behind every time that begins with a month: `2026-11-30T23:59:59Z` comes before `2026-11~`.
        Facet::Month => "c.at >= $1 AND c.at < $1 || '~'",
    }
}

const NEWEST: &str = "ORDER BY c.at DESC, c.num DESC";

pub(super) fn each_in(
    session: &Session,
    facet: Facet,
    name: &str,
    span: Span<'_>,
    each: &mut dyn FnMut(Summary) -> Result<bool>,
) -> Result<()> {
    let having = having(facet);
    let mut row = |row: &Row| each(rows::summary(row)?);
    match span {
        Span::Month(_) if facet == Facet::Month => Ok(()),
        Span::Month(month) => {
            let sql =
                format!("SELECT {SUMMARY} FROM change c WHERE {having} AND c.at >= $2 AND c.at < $2 || '~' {NEWEST}");
            session.each(&sql, params![name, month], u64::MAX, &mut row)
        }
        Span::Newest(most) => {
            let sql = format!("SELECT {SUMMARY} FROM change c WHERE {having} {NEWEST} LIMIT {most}");
            session.each(&sql, params![name], most, &mut row)
        }
        Span::All => {
            let sql = format!("SELECT {SUMMARY} FROM change c WHERE {having} {NEWEST}");
            session.each(&sql, params![name], u64::MAX, &mut row)
        }
    }
}

pub(super) fn numbers_in(session: &Session, facet: Facet, name: &str) -> Result<Vec<u64>> {
    let sql = format!("SELECT c.num FROM change c WHERE {}", having(facet));
    session.rows(&sql, params![name])?.iter().map(|row| number(row, 0)).collect()
}

pub(super) fn each_numbered(session: &Session, each: &mut dyn FnMut(u64, Summary) -> Result<bool>) -> Result<()> {
    let sql = format!("SELECT {SUMMARY}, c.num FROM change c {NEWEST}");
    session.each(&sql, &[], u64::MAX, &mut |row| each(number(row, 8)?, rows::summary(row)?))
}

pub(super) fn measured(session: &Session, id: &ChangeId, name: &str) -> Result<Vec<Metric>> {
    let sql = "SELECT m.name, m.unit, m.before, m.after, m.better FROM change_metric m JOIN change c USING (num)
               WHERE c.id = $1 AND m.name = $2 ORDER BY m.place";
    let metric = |row: &Row| {
        Ok(Metric {
            name: row.try_get(0)?,
            unit: row.try_get(1)?,
            before: row.try_get(2)?,
            after: row.try_get(3)?,
            better: read(row, 4).unwrap_or(Direction::Lower),
        })
    };
    session.rows(sql, params![id.as_str(), name])?.iter().map(metric).collect()
}

/// What is directly in a folder: found by skipping from one entry to the next, whatever is below.
pub(super) fn folder(session: &Session, folder: &str) -> Result<Vec<FolderEntry>> {
    // `0` is behind `/`. What is behind the end of a folder is where the next entry is looked for; a file's is the file
    // itself and the least character.
    let sql = "WITH RECURSIVE entry(path, at) AS (
                   (SELECT name, CASE WHEN rest LIKE '%/%' THEN $1 || split_part(rest, '/', 1) || '0' ELSE name || chr(1) END
                    FROM (SELECT name, substr(name, length($1) + 1) AS rest FROM tally
                          WHERE facet = 'file' AND name >= $1 AND name < $2 ORDER BY name LIMIT 1) f)
                   UNION ALL
                   SELECT f.name, CASE WHEN f.rest LIKE '%/%' THEN $1 || split_part(f.rest, '/', 1) || '0'
                                       ELSE f.name || chr(1) END
                   FROM entry CROSS JOIN LATERAL
                       (SELECT name, substr(name, length($1) + 1) AS rest FROM tally
                        WHERE facet = 'file' AND name >= entry.at AND name < $2 ORDER BY name LIMIT 1) f)
               SELECT e.path, (SELECT sum(changes)::bigint FROM tally t WHERE t.facet = 'file' AND t.name = e.path)
               FROM entry e";
    // Nothing is behind the last character there is.
    let end = folder.strip_suffix('/').map_or_else(|| char::MAX.to_string(), |folder| format!("{folder}0"));
    let rows = session.rows(sql, params![folder, end])?;
    let entry = |row: &Row| {
        let path: &str = row.try_get(0)?;
        let rest = path.strip_prefix(folder).with_context(|| format!("{path} is out of order"))?;
        Ok(match rest.split_once('/') {
            Some((name, _)) => FolderEntry { name: name.to_owned(), is_folder: true, changes: 0 },
            None => FolderEntry { name: rest.to_owned(), is_folder: false, changes: number(row, 1)? },
        })
    };
    rows.iter().map(entry).collect()
}

pub(super) fn newer(session: &Session, seq: u64, most: usize) -> Result<Vec<Newer>> {
    let parameters = params![seq.cast_signed(), most as i64];
    let sql = "SELECT c.id, c.doc::text, c.num FROM change c WHERE c.seq > $1 ORDER BY c.seq LIMIT $2";
    let change = |row: &Row| {
        let change = rows::change(row)?;
        Ok(Newer { id: change.id.clone(), number: Some(number(row, 2)?), change: Some(change) })
    };
    // Both are asked of one state: what is deleted in between would be in neither.
    let mut found = Vec::new();
    session.snapshot(&mut || {
        found = session.rows(sql, parameters)?.iter().map(change).collect::<Result<Vec<_>>>()?;
        let sql = "SELECT id, num FROM tombstone t WHERE seq > $1 AND NOT EXISTS (SELECT 1 FROM change WHERE id = t.id)
                   ORDER BY seq LIMIT $2";
        for row in session.rows(sql, parameters)? {
            let number = row.try_get::<_, Option<i64>>(1)?.map(i64::unsigned_abs);
            found.push(Newer { id: read(&row, 0)?, number, change: None });
        }
        Ok(())
    })?;
    found.truncate(most);
    Ok(found)
}

pub(super) fn each_recorded(
    session: &Session,
    numbers: Range<u64>,
    each: &mut dyn FnMut(u64, Change) -> Result<bool>,
) -> Result<()> {
    let sql = "SELECT c.id, c.doc::text, c.num FROM change c WHERE c.num >= $1 AND c.num < $2 ORDER BY c.num";
    let last = i64::MAX.unsigned_abs();
    let most = numbers.end.saturating_sub(numbers.start);
    let bounds = params![numbers.start.min(last).cast_signed(), numbers.end.min(last).cast_signed()];
    session.each(sql, bounds, most, &mut |row| each(number(row, 2)?, rows::change(row)?))
}

pub(super) fn identity(session: &Session) -> Result<String> {
    let sql = "SELECT value FROM meta WHERE name = 'identity'";
    session.one(sql, &[])?.context("the database has no identity")
}
