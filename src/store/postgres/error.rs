//! Searching for an error, and for what changes share.

use std::collections::HashMap;

use anyhow::Result;

use super::super::in_common::{Key, Shares, look_ups, most_found};
use super::super::{ErrorHit, Shared, Summary};
use super::rows::{self, SUMMARY};
use super::session::{Session, params};
use super::{evidence, rank, select};
use crate::model::Change;
use crate::query::{ErrorText, Expr, matches};

/// Records that share a value which are looked at.
const SHARING: i64 = 200;

/// Documents that are read at once while a page is filled.
const READ: usize = 40;

pub(super) fn search(session: &Session, error: &ErrorText, conditions: &Expr, most: usize) -> Result<Vec<ErrorHit>> {
    let mut shares = Shares::of(rank::last(session)?);
    for look_up in look_ups(error) {
        let found: Vec<i64> = match &look_up.key {
            Key::Fingerprint(fingerprint) => {
                let sql = "SELECT num FROM change_fingerprint WHERE fingerprint = $1 ORDER BY num DESC LIMIT $2";
                session.column(sql, params![fingerprint, most_found()])?
            }
            Key::Words(words) => rank::newest_with(session, words, most_found().unsigned_abs())?,
        };
        shares.add(look_up, &found);
    }
    let mut candidates = rank::candidates(session, &shares.most())?;
    rank::put_best_first(session, &mut candidates)?;
    let mut hits = Vec::new();
    for candidates in candidates.chunks(READ) {
        let nums: Vec<i64> = candidates.iter().map(|candidate| candidate.num).collect();
        let mut changes: HashMap<i64, Change> = select::documents(session, &nums)?.into_iter().collect();
        for candidate in candidates {
            let Some(change) = changes.remove(&candidate.num) else { continue };
            if hits.len() < most && matches(conditions, &change, evidence::verified(session, &change)?) {
                hits.push(ErrorHit { change, score: candidate.score, why: shares.why(candidate.num) });
            }
        }
        if hits.len() == most {
            break;
        }
    }
    Ok(hits)
}

pub(super) fn by_fingerprint(session: &Session, fingerprints: &[String], most: usize) -> Result<Vec<Summary>> {
    let sql = format!(
        "SELECT {SUMMARY} FROM change c WHERE c.num IN
             (SELECT num FROM change_fingerprint WHERE fingerprint = ANY($1))
         ORDER BY c.num DESC LIMIT $2"
    );
    session.rows(&sql, params![fingerprints, most as i64])?.iter().map(rows::summary).collect()
}

pub(super) fn sharing(session: &Session, what: Shared, values: &[String], most: usize) -> Result<Vec<(Summary, u64)>> {
    let (table, column) = match what {
        Shared::File => ("change_file", "path"),
        Shared::Metric => ("change_metric", "name"),
    };
    let sql = format!(
        "WITH shared AS (
             SELECT s.num, count(*) AS times FROM unnest($1) wanted(value) CROSS JOIN LATERAL
                 (SELECT DISTINCT num FROM {table} WHERE {column} = wanted.value ORDER BY num DESC LIMIT {SHARING}) s
             GROUP BY s.num ORDER BY times DESC, s.num DESC LIMIT $2)
         SELECT {SUMMARY}, shared.times FROM shared JOIN change c ON c.num = shared.num
         ORDER BY shared.times DESC, c.num DESC"
    );
    let rows = session.rows(&sql, params![values, most as i64])?;
    rows.iter().map(|row| Ok((rows::summary(row)?, rows::number(row, 8)?))).collect()
}
