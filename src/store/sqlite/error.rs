//! Searching for an error: records by what they share with it.
//!
//! Each line and each feature of the error is looked up by itself, newest first and bounded; a record scores the weight of
//! what it shares, the more the rarer that is (inverse document frequency).

use std::collections::HashMap;

use anyhow::Result;
use rusqlite::Connection;

use super::super::{ErrorHit, Shared, Summary};
use super::evidence;
use super::fts::{self, Match};
use super::rank::{Candidate, put_best_first};
use super::rows::{self, SUMMARY};
use super::select;
use crate::query::{ErrorText, Expr, FeatureKind, error_weights, matches, plain};

/// Lines and features that are looked up.
const MOST_HEADLINES: usize = 24;
const MOST_FEATURES: usize = 40;

/// Records whose documents may be read for one page.
const MOST_READ: usize = 400;

/// Reasons that are told of a hit.
const MOST_REASONS: usize = 6;

/// Records that share a value which are looked at.
const SHARING: i64 = 200;

#[derive(Default)]
struct InCommon {
    score: f64,
    /// Places in the list of reasons.
    why: Vec<usize>,
}

struct Tally {
    total: f64,
    newest: i64,
    reasons: Vec<String>,
    shared: HashMap<i64, InCommon>,
}

pub(super) fn search(
    connection: &Connection,
    error: &ErrorText,
    conditions: &Expr,
    most: usize,
) -> Result<Vec<ErrorHit>> {
    let weights = error_weights();
    let total: Option<i64> = connection.query_row("SELECT max(num) FROM change", [], |row| row.get(0))?;
    let mut tally = Tally {
        total: total.unwrap_or_default() as f64,
        newest: weights.newest.cast_signed(),
        reasons: Vec::new(),
        shared: HashMap::new(),
    };
    for (place, headline) in error.headlines.iter().take(MOST_HEADLINES).enumerate() {
        let sql = "SELECT num FROM change_fingerprint WHERE fingerprint = ?1 ORDER BY num DESC LIMIT ?2";
        let weight = weights.headline * weights.fall.powf(place as f64);
        tally.add(connection, sql, &headline.fingerprint, weight, format!("the same error: {}", headline.text))?;
    }
    for (place, feature) in error.features.iter().take(MOST_FEATURES).enumerate() {
        let Some(Match::These(query)) = plain(&feature.text).as_ref().map(fts::compile) else { continue };
        let sql = "SELECT rowid FROM change_text WHERE change_text MATCH ?1 ORDER BY rowid DESC LIMIT ?2";
        let reason = match feature.kind {
            FeatureKind::Class => feature.text.clone(),
            FeatureKind::Code => format!("code {}", feature.text),
            FeatureKind::Message => format!("\u{201c}{}\u{201d}", feature.text),
            FeatureKind::Function => format!("function {}", feature.text),
            FeatureKind::File => format!("file {}", feature.text),
        };
        // A feature stands for less than a line: there are several of each line.
        let weight = weights.of(feature.kind) * weights.fall.powf(place as f64 / 4.0);
        tally.add(connection, sql, &query, weight, reason)?;
    }
    tally.hits(connection, conditions, most)
}

impl Tally {
    /// Adds what one look-up finds.
    fn add(&mut self, connection: &Connection, sql: &str, key: &str, weight: f64, reason: String) -> Result<()> {
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_map((key, self.newest + 1), |row| row.get::<_, i64>(0))?;
        let found: Vec<i64> = found.collect::<rusqlite::Result<_>>()?;
        // How many more there are is not counted: four times as many is what a common word has at least.
        let records = if found.len() as i64 > self.newest { self.newest as f64 * 4.0 } else { found.len() as f64 };
        let worth = weight * (1.0 + self.total / records.max(1.0)).ln();
        for num in &found {
            let shared = self.shared.entry(*num).or_default();
            shared.score += worth;
            shared.why.push(self.reasons.len());
        }
        self.reasons.push(reason);
        Ok(())
    }

    fn hits(self, connection: &Connection, conditions: &Expr, most: usize) -> Result<Vec<ErrorHit>> {
        let mut scores: Vec<(i64, f64)> = self.shared.iter().map(|(num, shared)| (*num, shared.score)).collect();
        scores.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then_with(|| other.0.cmp(&one.0)));
        scores.truncate(MOST_READ);
        let mut candidates = Vec::with_capacity(scores.len());
        for (num, score) in scores {
            candidates.extend(Candidate::read(connection, num, score)?);
        }
        put_best_first(connection, &mut candidates)?;
        let mut hits = Vec::new();
        for candidate in &candidates {
            if hits.len() == most {
                break;
            }
            let change = select::document(connection, candidate.num)?;
            if matches(conditions, &change, evidence::verified(connection, &change)?) {
                let why = self.shared.get(&candidate.num).map(|shared| shared.why.as_slice()).unwrap_or_default();
                let why = why.iter().take(MOST_REASONS).map(|place| self.reasons[*place].clone()).collect();
                hits.push(ErrorHit { change, score: candidate.score, why });
            }
        }
        Ok(hits)
    }
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
