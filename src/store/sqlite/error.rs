//! Searching for an error, and for what changes share.

use std::collections::HashMap;

use anyhow::Result;
use rusqlite::Connection;

use super::super::in_common::{Key, Shares, look_ups, most_found};
use super::super::words::Match;
use super::super::{ErrorHit, Shared, Summary};
use super::rank::{put_best_first, read_candidate};
use super::rows::{self, SUMMARY};
use super::{evidence, fts, select};
use crate::query::{ErrorText, Expr, matches};

/// Records that share a value which are looked at.
const SHARING: i64 = 200;

pub(super) fn search(
    connection: &Connection,
    error: &ErrorText,
    conditions: &Expr,
    most: usize,
) -> Result<Vec<ErrorHit>> {
    let total: Option<i64> = connection.query_row("SELECT max(num) FROM change", [], |row| row.get(0))?;
    let mut shares = Shares::of(total.unwrap_or_default());
    for look_up in look_ups(error) {
        let (sql, key) = match &look_up.key {
            Key::Fingerprint(fingerprint) => (
                "SELECT num FROM change_fingerprint WHERE fingerprint = ?1 ORDER BY num DESC LIMIT ?2",
                fingerprint.clone(),
            ),
            Key::Words(words) => {
                let Match::These(query) = fts::compile(words) else { continue };
                ("SELECT rowid FROM change_text WHERE change_text MATCH ?1 ORDER BY rowid DESC LIMIT ?2", query)
            }
        };
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_map((key, most_found()), |row| row.get::<_, i64>(0))?;
        shares.add(look_up, &found.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    hits(connection, &shares, conditions, most)
}

fn hits(connection: &Connection, shares: &Shares, conditions: &Expr, most: usize) -> Result<Vec<ErrorHit>> {
    let mut candidates = Vec::new();
    for (num, score) in shares.most() {
        candidates.extend(read_candidate(connection, num, score)?);
    }
    put_best_first(connection, &mut candidates)?;
    let mut hits = Vec::new();
    for candidate in &candidates {
        if hits.len() == most {
            break;
        }
        let change = select::document(connection, candidate.num)?;
        if matches(conditions, &change, evidence::verified(connection, &change)?) {
            hits.push(ErrorHit { change, score: candidate.score, why: shares.why(candidate.num) });
        }
    }
    Ok(hits)
}

pub(super) fn by_fingerprint(connection: &Connection, fingerprints: &[String], most: usize) -> Result<Vec<Summary>> {
    let sql = format!(
        "SELECT {SUMMARY} FROM change c WHERE c.num IN
             (SELECT num FROM change_fingerprint WHERE fingerprint IN (SELECT value FROM json_each(?1)))
         ORDER BY c.num DESC LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map((serde_json::to_string(fingerprints)?, most.cast_signed()), rows::summary)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn sharing(
    connection: &Connection,
    what: Shared,
    values: &[String],
    most: usize,
) -> Result<Vec<(Summary, u64)>> {
    let sql = match what {
        Shared::File => "SELECT DISTINCT num FROM change_file WHERE path = ?1 ORDER BY num DESC LIMIT ?2",
        Shared::Metric => "SELECT DISTINCT num FROM change_metric WHERE name = ?1 ORDER BY num DESC LIMIT ?2",
    };
    let mut counts: HashMap<i64, u64> = HashMap::new();
    let mut statement = connection.prepare_cached(sql)?;
    for value in values {
        for num in statement.query_map((value, SHARING), |row| row.get(0))? {
            *counts.entry(num?).or_default() += 1;
        }
    }
    let mut counts: Vec<(i64, u64)> = counts.into_iter().collect();
    counts.sort_unstable_by_key(|(num, count)| std::cmp::Reverse((*count, *num)));
    let mut summary = connection.prepare_cached(&format!("SELECT {SUMMARY} FROM change c WHERE c.num = ?1"))?;
    let found = counts.into_iter().take(most).map(|(num, count)| Ok((summary.query_row([num], rows::summary)?, count)));
    found.collect()
}
