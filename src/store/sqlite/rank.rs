//! Searching: which matches are ranked, and by what.
//!
//! Ranking a word that stands in nearly every record takes a second at a million of them. So of very many matches the ones
//! recorded last are ranked, and beside them the ones that have every word in the title; within that bound the order is
//! exact (`data/query.toml`, `[ranking]`); among very many records fewer are ranked (`many`). It is the same for the same records: nothing depends on the present time.

use std::collections::HashMap;

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::super::{Found, Hit, Order, Page, Sort};
use super::select::{self, Selection};
use super::{fts, many};
use crate::model::{Conclusion, RelationKind, Status, Timestamp};
use crate::query::{Expr, ranking};

/// Replaced changes for which the one that took their place is looked up.
const MOST_SUCCESSORS: usize = 200;

/// A match before its document is read.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) num: i64,
    pub(super) score: f64,
    at: String,
    replaced: bool,
    verified: bool,
}

/// The columns that preferences go by, as [`Candidate::new`] reads them.
pub(super) const PREFERENCES: &str = "c.at, c.status, c.verified";

impl Candidate {
    /// A match with its score by words; [`PREFERENCES`] stand in a row from `column` on.
    pub(super) fn new(num: i64, score: f64, row: &Row<'_>, column: usize) -> rusqlite::Result<Self> {
        let replaced = is_replaced(row.get_ref(column + 1)?.as_str()?);
        let verified = row.get_ref(column + 2)?.as_str_or_null()? == Some(Conclusion::Passed.as_str());
        Ok(Self { num, score, at: row.get(column)?, replaced, verified })
    }

    /// The candidate of a row; `None` when it is gone.
    pub(super) fn read(connection: &Connection, num: i64, score: f64) -> Result<Option<Self>> {
        let sql = format!("SELECT {PREFERENCES} FROM change c WHERE num = ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        Ok(statement.query_row([num], |row| Self::new(num, score, row, 0)).optional()?)
    }
}

fn is_replaced(status: &str) -> bool {
    [Status::RolledBack, Status::Superseded].iter().any(|replaced| replaced.as_str() == status)
}

/// Applies the preferences to scores by words, and puts the best first.
pub(super) fn put_best_first(connection: &Connection, candidates: &mut [Candidate]) -> Result<()> {
    prefer_recent(connection, candidates)?;
    sort_best_first(candidates);
    put_successors_first(connection, candidates)
}

pub(super) fn search(connection: &Connection, expr: &Expr, sort: Sort, page: Page) -> Result<Found> {
    let selection = match sort {
        Sort::Metric => Selection::new(connection, expr)?,
        Sort::Relevance | Sort::Recent => Selection::newest(connection, expr, page)?,
    };
    let Some(selection) = selection else { return Ok(Found::default()) };
    let ranked = selection.words.is_some() && sort != Sort::Recent || sort == Sort::Metric;
    if !ranked {
        return newest(connection, &selection, page);
    }
    let last = connection.query_row("SELECT ifnull(max(num), 0) FROM change", [], |row| row.get::<_, i64>(0))?;
    let many = selection.words.is_some() && last.unsigned_abs() > ranking().many;
    let (mut candidates, complete) = match many {
        true => many::gather(connection, &selection, last, sort)?,
        false => gather(connection, &selection)?,
    };
    let total = candidates.len() as u64;
    match sort {
        Sort::Metric => by_improvement(connection, &mut candidates)?,
        Sort::Relevance | Sort::Recent => put_best_first(connection, &mut candidates)?,
    }
    let wanted = candidates.iter().skip(usize::try_from(page.offset).unwrap_or(usize::MAX));
    let wanted = wanted.take(usize::try_from(page.most).unwrap_or(usize::MAX));
    let hits = read(connection, wanted.map(|candidate| (candidate.num, candidate.score)))?;
    Ok(Found { hits, total: complete.then_some(total), ranked: total })
}

/// Matches by when they happened; the documents are read behind the sort, for the page alone.
fn newest(connection: &Connection, selection: &Selection, page: Page) -> Result<Found> {
    let sql = selection.sql("c.num", &select::ordering(Order::NewestFirst, page));
    let mut statement = connection.prepare(&sql)?;
    let nums = statement.query_map(params_from_iter(&selection.parameters), |row| row.get(0))?;
    let nums: Vec<i64> = nums.collect::<rusqlite::Result<_>>()?;
    let hits = read(connection, nums.into_iter().map(|num| (num, 0.0)))?;
    let complete = (hits.len() as u64) < page.most;
    Ok(Found { total: complete.then_some(page.offset + hits.len() as u64), hits, ranked: 0 })
}

/// The matches to rank, and whether they are all of them.
fn gather(connection: &Connection, selection: &Selection) -> Result<(Vec<Candidate>, bool)> {
    let bounds = ranking();
    let mut found = HashMap::new();
    let complete = gather_newest(connection, selection, None, bounds.newest, &mut found)?;
    if let Some(words) = selection.words.as_ref().filter(|_| !complete) {
        let in_title = format!("{{title}} : ({words})");
        gather_newest(connection, selection, Some(in_title), bounds.newest_by_title, &mut found)?;
    }
    let mut candidates: Vec<_> = found.into_values().collect();
    candidates.sort_unstable_by_key(|candidate| std::cmp::Reverse(candidate.num));
    Ok((candidates, complete))
}

/// Adds the matches recorded last, at most `most`; whether that was all.
fn gather_newest(
    connection: &Connection,
    selection: &Selection,
    words: Option<String>,
    most: u64,
    found: &mut HashMap<i64, Candidate>,
) -> Result<bool> {
    let score = if selection.words.is_some() { fts::ranking(fts::CHANGES) } else { "0.0".to_owned() };
    // In the order of the index, backwards: it need not be read to its end.
    let by = if selection.words.is_some() { "change_text.rowid" } else { "c.num" };
    let sql =
        selection.sql(&format!("c.num, {score}, {PREFERENCES}"), &format!("ORDER BY {by} DESC LIMIT {}", most + 1));
    let mut parameters = selection.parameters.clone();
    if let Some(words) = words {
        parameters[0] = words.into();
    }
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(&parameters))?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        if count > most {
            return Ok(false);
        }
        let (num, score) = (row.get(0)?, -row.get::<_, f64>(1)?);
        found.entry(num).or_insert(Candidate::new(num, score, row, 2)?);
    }
    Ok(true)
}

/// A mild preference for what happened lately, counted from the latest change there is, for what is still in force, and for
/// what was verified.
fn prefer_recent(connection: &Connection, candidates: &mut [Candidate]) -> Result<()> {
    let preferences = ranking();
    let latest: Option<String> = connection.query_row("SELECT max(at) FROM change", [], |row| row.get(0))?;
    let Some(latest) = latest.and_then(|at| at.parse::<Timestamp>().ok()) else { return Ok(()) };
    for candidate in candidates {
        let at = candidate.at.parse::<Timestamp>().unwrap_or(latest);
        let days = (latest.utc() - at.utc()).num_hours() as f64 / 24.0;
        let recent = preferences.recency * 0.5_f64.powf(days.max(0.0) / preferences.half_life_days);
        candidate.score *= 1.0 + recent;
        if candidate.replaced {
            candidate.score *= preferences.replaced;
        }
        if candidate.verified {
            candidate.score *= 1.0 + preferences.verified;
        }
    }
    Ok(())
}

/// Best first; of equals the later one, then the one recorded later.
fn sort_best_first(candidates: &mut [Candidate]) {
    candidates.sort_by(|one, other| {
        let by_score = other.score.total_cmp(&one.score);
        by_score.then_with(|| other.at.cmp(&one.at)).then_with(|| other.num.cmp(&one.num))
    });
}

/// Puts a change that was replaced behind the one that took its place, where both were found.
fn put_successors_first(connection: &Connection, candidates: &mut [Candidate]) -> Result<()> {
    let scores: HashMap<i64, f64> = candidates.iter().map(|candidate| (candidate.num, candidate.score)).collect();
    let sql = "SELECT r.num FROM change_relation r JOIN change c ON r.target = c.id
               WHERE c.num = ?1 AND r.kind IN (?2, ?3)";
    let mut statement = connection.prepare_cached(sql)?;
    let kinds = (RelationKind::Supersedes.as_str(), RelationKind::Reverts.as_str());
    let mut moved = false;
    for candidate in candidates.iter_mut().filter(|candidate| candidate.replaced).take(MOST_SUCCESSORS) {
        let successors = statement.query_map((candidate.num, kinds.0, kinds.1), |row| row.get::<_, i64>(0))?;
        for successor in successors {
            if let Some(score) = scores.get(&successor?).filter(|score| **score <= candidate.score) {
                candidate.score = score * 0.999;
                moved = true;
            }
        }
    }
    if moved {
        sort_best_first(candidates);
    }
    Ok(())
}

/// By the largest improvement of any metric, in percent; changes without one come last, newest first.
fn by_improvement(connection: &Connection, candidates: &mut [Candidate]) -> Result<()> {
    let sql = "SELECT max((after - before) / abs(before) * iif(better = 'lower', -100.0, 100.0))
               FROM change_metric WHERE num = ?1 AND before <> 0 AND after IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    for candidate in candidates.iter_mut() {
        let improvement: Option<Option<f64>> = statement.query_row([candidate.num], |row| row.get(0)).optional()?;
        candidate.score = improvement.flatten().unwrap_or(f64::NEG_INFINITY);
    }
    sort_best_first(candidates);
    candidates.iter_mut().filter(|candidate| !candidate.score.is_finite()).for_each(|candidate| candidate.score = 0.0);
    Ok(())
}

fn read(connection: &Connection, wanted: impl Iterator<Item = (i64, f64)>) -> Result<Vec<Hit>> {
    wanted.map(|(num, score)| Ok(Hit { change: select::document(connection, num)?, score })).collect()
}
