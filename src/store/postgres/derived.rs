//! What follows from the documents: counts by facet and month, and the full-text index made anew.

use std::collections::HashSet;

use anyhow::Result;

use super::super::tally::Tally;
use super::session::{Session, params};
use super::vector::Vector;
use super::words::{self, Known};
use super::{rows, runbook, write};
use crate::query::field_texts;

/// Records whose vectors are exchanged at once.
const REINDEXED: usize = 500;

/// Counts that are stored with one statement.
const TALLIED: usize = 20_000;

/// Stores what was counted.
pub(super) fn store_tally(session: &Session, tally: &Tally) -> Result<()> {
    for rows in tally.rows().chunks(TALLIED) {
        let column = |read: fn(&(&str, &str, &str, i64)) -> String| rows.iter().map(read).collect::<Vec<String>>();
        let (facets, names) = (column(|row| row.0.to_owned()), column(|row| row.1.to_owned()));
        let months = column(|row| row.2.to_owned());
        let by: Vec<i64> = rows.iter().map(|row| row.3).collect();
        let less = by.iter().any(|by| *by < 0);
        let sql = "INSERT INTO tally (facet, name, month, changes) SELECT * FROM unnest($1, $2, $3, $4)
                   ON CONFLICT (facet, name, month) DO UPDATE SET changes = tally.changes + excluded.changes";
        session.execute(sql, params![facets.as_slice(), names.as_slice(), months.as_slice(), by])?;
        if less {
            let sql = "DELETE FROM tally USING unnest($1, $2, $3) gone(facet, name, month)
                       WHERE tally.facet = gone.facet AND tally.name = gone.name AND tally.month = gone.month
                         AND tally.changes = 0";
            session.execute(sql, params![facets, names, months])?;
        }
    }
    Ok(())
}

/// Exchanges the vectors of records.
fn replace(session: &Session, nums: Vec<i64>, vectors: Vec<Vector>) -> Result<()> {
    let sql = "UPDATE change_text t SET words = n.words FROM unnest($1, $2) n(num, words) WHERE t.num = n.num";
    session.execute(sql, params![nums, vectors])?;
    Ok(())
}

/// Makes the full-text index of everything again, with the analyzer of this version.
pub(super) fn reindex(session: &Session, version: &str) -> Result<()> {
    write::begin(session)?;
    let done = session.within(&mut || {
        let present: Option<String> = session.one("SELECT value FROM meta WHERE name = 'analyzer'", &[])?;
        if present.as_deref() == Some(version) {
            return Ok(());
        }
        let mut known = Known::default();
        let (mut nums, mut vectors) = (Vec::new(), Vec::new());
        let sql = "SELECT id, doc::text, num FROM change ORDER BY num";
        session.each(sql, &[], u64::MAX, &mut |row| {
            let mut new = HashSet::new();
            vectors.push(words::vector(&field_texts(&rows::change(row)?), &known, &mut new));
            nums.push(row.try_get(2)?);
            runbook::insert_words(session, new, &mut known)?;
            if nums.len() == REINDEXED {
                replace(session, std::mem::take(&mut nums), std::mem::take(&mut vectors))?;
            }
            Ok(true)
        })?;
        replace(session, nums, vectors)?;
        runbook::reindex(session, &mut known)?;
        session.execute("UPDATE meta SET value = $1 WHERE name = 'analyzer'", params![version])?;
        Ok(())
    });
    let end = session.batch(if done.is_ok() { "COMMIT" } else { "ROLLBACK" });
    done.and(end)
}
