//! Which matches are ranked among very many records.
//!
//! `bm25()` counts first how many records have each word, by reading the whole list of each: tens of milliseconds a word
//! at a million records. Here the index is only read backwards, until it named enough matches, and how rare a word is
//! follows from how far back that was; the scores are made from the documents ([`Scorer`]).

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use rusqlite::{Connection, params_from_iter};

use super::super::Sort;
use super::super::best::Candidate;
use super::super::words::Match;
use super::fts;
use super::rank::{PREFERENCES, candidate};
use super::select::{self, Selection};
use crate::query::{Expr, Scorer, ranking, rarity};

/// Matches of a word that tell how rare it is.
const SAMPLE: i64 = 200;
/// Words that begin in the same way for which it is worth to look up each.
const MOST_KNOWN: usize = 400;

/// The matches to rank, with their scores by words unless they are sorted by something else; and whether they are all.
pub(super) fn gather(
    connection: &Connection,
    selection: &Selection,
    last: i64,
    sort: Sort,
) -> Result<(Vec<Candidate>, bool)> {
    let bounds = ranking();
    let scored = sort == Sort::Relevance;
    let (most, most_by_title) = match scored {
        true => (bounds.newest_of_many, bounds.newest_by_title_of_many),
        false => (bounds.newest, bounds.newest_by_title),
    };
    let (words, mut found) = match by_known_words(connection, selection, most)? {
        Some(enough) => enough,
        None => {
            let words = selection.words.clone().unwrap_or_default();
            let found = newest(connection, selection, &words, 0, most + 1)?;
            (words, found)
        }
    };
    let complete = found.len() as u64 <= most;
    if !complete {
        found.pop_first();
        let from = last.saturating_sub(bounds.title_within.cast_signed());
        let in_title = format!("{{title}} : ({words})");
        found.extend(newest(connection, selection, &in_title, from, most_by_title)?);
    }
    let mut candidates: Vec<_> = found.into_values().rev().collect();
    if scored {
        score(connection, &selection.text, last, &mut candidates)?;
    }
    Ok((candidates, complete))
}

/// The matches recorded last, behind the number `from`.
fn newest(
    connection: &Connection,
    selection: &Selection,
    words: &str,
    from: i64,
    most: u64,
) -> Result<BTreeMap<i64, Candidate>> {
    // In the order of the index, backwards: it need not be read to its end.
    let rest = format!("AND change_text.rowid > {from} ORDER BY change_text.rowid DESC LIMIT {most}");
    let mut parameters = selection.parameters.clone();
    parameters[0] = words.to_owned().into();
    let mut statement = connection.prepare_cached(&selection.sql(&format!("c.num, {PREFERENCES}"), &rest))?;
    let mut rows = statement.query(params_from_iter(&parameters))?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let num = row.get(0)?;
        found.insert(num, candidate(num, 0.0, row, 1)?);
    }
    Ok(found)
}

/// More than `most` matches, and by which query, when those with words of the list of known ones are that many. The index
/// joins the lists of all words with a prefix before it names the first match; a few words are read as far as needed.
fn by_known_words(
    connection: &Connection,
    selection: &Selection,
    most: u64,
) -> Result<Option<(String, BTreeMap<i64, Candidate>)>> {
    let mut prefixes = HashMap::new();
    if !collect_prefixes(&selection.text, &mut prefixes) || prefixes.is_empty() {
        return Ok(None);
    }
    for (prefix, query) in &mut prefixes {
        let sql = "SELECT surface FROM word WHERE surface >= ?1 AND surface < ?1 || '~' LIMIT ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let words = statement.query_map((prefix, MOST_KNOWN as i64 + 1), |row| row.get::<_, String>(0))?;
        let words: Vec<String> = words.collect::<rusqlite::Result<_>>()?;
        if words.is_empty() || words.len() > MOST_KNOWN {
            return Ok(None);
        }
        *query = fts::any_of(prefix, &words);
    }
    let begins_with = |prefix: &str| prefixes.get(prefix).cloned().unwrap_or_else(|| fts::begins_with(prefix));
    let Match::These(words) = fts::compile_with(&selection.text, &begins_with) else { return Ok(None) };
    let found = newest(connection, selection, &words, 0, most + 1)?;
    Ok((found.len() as u64 > most).then_some((words, found)))
}

/// Collects the prefixes of an expression; false when there is a `NOT` in it, under which fewer words would match more.
fn collect_prefixes(expr: &Expr, prefixes: &mut HashMap<String, String>) -> bool {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().all(|part| collect_prefixes(part, prefixes)),
        Expr::Prefix { prefix, .. } => {
            prefixes.insert(prefix.clone(), String::new());
            true
        }
        Expr::Not(_) => false,
        Expr::Phrase { .. } | Expr::Is(_) | Expr::Everything | Expr::Nothing => true,
    }
}

fn score(connection: &Connection, expr: &Expr, last: i64, candidates: &mut [Candidate]) -> Result<()> {
    let scorer = Scorer::new(expr);
    let rarities: Result<Vec<f64>> = scorer.stems().iter().map(|stem| rarity_of(connection, stem, last)).collect();
    let frequencies: Result<Vec<_>> = candidates
        .iter()
        .map(|candidate| Ok(scorer.frequencies(&select::document(connection, candidate.num)?)))
        .collect();
    for (candidate, score) in candidates.iter_mut().zip(scorer.scores(&frequencies?, &rarities?)) {
        candidate.score = score;
    }
    Ok(())
}

/// How rare a stem is, by how far back its latest records go.
fn rarity_of(connection: &Connection, stem: &str, last: i64) -> Result<f64> {
    let sql = "SELECT count(*), min(rowid) FROM
                   (SELECT rowid FROM change_text WHERE change_text MATCH ?1 ORDER BY rowid DESC LIMIT ?2)";
    let mut statement = connection.prepare_cached(sql)?;
    let (count, first): (i64, Option<i64>) =
        statement.query_row((format!("\"{stem}\""), SAMPLE), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (count, all) = (count as f64, last as f64);
    let having = match first {
        Some(first) if count >= SAMPLE as f64 => count * all / (last - first + 1) as f64,
        _ => count,
    };
    Ok(rarity(having.min(all), all))
}
