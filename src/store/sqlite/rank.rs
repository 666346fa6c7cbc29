//! Searching: which matches are ranked, and by what.
//!
//! Ranking a word that stands in nearly every record takes a second at a million of them. So of very many matches the ones
//! recorded last are ranked, and beside them the ones that have every word in the title; within that bound the order is
//! exact (`data/query.toml`, `[ranking]`); among very many records fewer are ranked (`many`). It is the same for the same records: nothing depends on the present time.

use std::collections::HashMap;

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::super::best::{self, Candidate};
use super::super::{Found, Hit, Order, Page, Sort};
use super::select::{self, Selection};
use super::{fts, many};
use crate::model::RelationKind;
use crate::query::{Expr, ranking};

/// The columns that preferences go by, as [`candidate`] reads them.
pub(super) const PREFERENCES: &str = "c.at, c.status, c.verified";

/// A match with its score by words; [`PREFERENCES`] stand in a row from `column` on.
pub(super) fn candidate(num: i64, score: f64, row: &Row<'_>, column: usize) -> rusqlite::Result<Candidate> {
    let (status, verified) = (row.get_ref(column + 1)?.as_str()?, row.get_ref(column + 2)?.as_str_or_null()?);
    Ok(Candidate::new(num, score, row.get(column)?, status, verified))
}

/// The candidate of a row; `None` when it is gone.
pub(super) fn read_candidate(connection: &Connection, num: i64, score: f64) -> Result<Option<Candidate>> {
    let sql = format!("SELECT {PREFERENCES} FROM change c WHERE num = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([num], |row| candidate(num, score, row, 0)).optional()?)
}

/// Applies the preferences to scores by words, and puts the best first.
pub(super) fn put_best_first(connection: &Connection, candidates: &mut [Candidate]) -> Result<()> {
    let latest: Option<String> = connection.query_row("SELECT max(at) FROM change", [], |row| row.get(0))?;
    let sql = "SELECT r.num FROM change_relation r JOIN change c ON r.target = c.id
               WHERE c.num = ?1 AND r.kind IN (?2, ?3)";
    let mut statement = connection.prepare_cached(sql)?;
    let kinds = (RelationKind::Supersedes.as_str(), RelationKind::Reverts.as_str());
    best::put_best_first(candidates, latest.as_deref(), &mut |num| {
        let successors = statement.query_map((num, kinds.0, kinds.1), |row| row.get::<_, i64>(0))?;
        Ok(successors.collect::<rusqlite::Result<_>>()?)
    })
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
        found.entry(num).or_insert(candidate(num, score, row, 2)?);
    }
    Ok(true)
}

fn by_improvement(connection: &Connection, candidates: &mut [Candidate]) -> Result<()> {
    let sql = "SELECT max((after - before) / abs(before) * iif(better = 'lower', -100.0, 100.0))
               FROM change_metric WHERE num = ?1 AND before <> 0 AND after IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    best::put_most_improved_first(candidates, &mut |num| {
        let improvement: Option<Option<f64>> = statement.query_row([num], |row| row.get(0)).optional()?;
        Ok(improvement.flatten())
    })
}

fn read(connection: &Connection, wanted: impl Iterator<Item = (i64, f64)>) -> Result<Vec<Hit>> {
    wanted.map(|(num, score)| Ok(Hit { change: select::document(connection, num)?, score })).collect()
}
