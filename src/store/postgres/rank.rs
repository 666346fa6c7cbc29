//! Searching: which matches are ranked, and by what.
//!
//! To rank all matches of a common word, a server reads the record of each: seconds at a million. So of very many matches
//! the ones recorded last are ranked, and beside them the ones that have every word in the title (`data/query.toml`,
//! `[ranking]`), by the same scores as anywhere ([`Scorer`]). They are found by looking at the latest records first: how many
//! of those match says how far back to look, and where hardly one does, the index is asked for all there are.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use postgres::Row;

use super::super::best::{self, Candidate};
use super::super::words::Match;
use super::super::{Found, Hit, Order, Page, Sort};
use super::select::{self, Selection};
use super::session::{Bound, Session, params};
use super::words;
use crate::model::{Change, RelationKind};
use crate::query::{Expr, Scorer, ranking, rarity};

/// Records that are looked at first, and matches among them below which a word is rare.
const SAMPLE: i64 = 2_048;
const RARE: i64 = 12;
/// How much longer it takes to read rows here and there than one after the other.
const SCATTERED: i64 = 3;

/// The columns that preferences go by, as [`candidate`] reads them.
const PREFERENCES: &str = "c.at, c.status, c.verified";

fn candidate(row: &Row, num: i64, score: f64, column: usize) -> Result<Candidate> {
    let (status, verified) = (row.try_get(column + 1)?, row.try_get(column + 2)?);
    Ok(Candidate::new(num, score, row.try_get(column)?, status, verified))
}

/// The candidates of rows with these scores; those that are gone are left out.
pub(super) fn candidates(session: &Session, scores: &[(i64, f64)]) -> Result<Vec<Candidate>> {
    let sql = format!("SELECT c.num, {PREFERENCES} FROM change c WHERE c.num = ANY($1)");
    let by_num: HashMap<i64, f64> = scores.iter().copied().collect();
    let rows = session.rows(&sql, params![by_num.keys().copied().collect::<Vec<i64>>()])?;
    let read = |row: &Row| {
        let num: i64 = row.try_get(0)?;
        candidate(row, num, by_num.get(&num).copied().unwrap_or_default(), 1)
    };
    rows.iter().map(read).collect()
}

/// Applies the preferences to scores by words, and puts the best first.
pub(super) fn put_best_first(session: &Session, candidates: &mut [Candidate]) -> Result<()> {
    let latest: Option<String> = session.one("SELECT at FROM change ORDER BY at DESC LIMIT 1", &[])?;
    let nums: Vec<i64> = candidates.iter().map(|candidate| candidate.num).collect();
    let sql = "SELECT c.num, r.num FROM change_relation r JOIN change c ON r.target = c.id
               WHERE c.num = ANY($1) AND r.kind IN ($2, $3)";
    let kinds = (RelationKind::Supersedes.as_str(), RelationKind::Reverts.as_str());
    let mut successors: HashMap<i64, Vec<i64>> = HashMap::new();
    for row in session.rows(sql, params![nums, kinds.0, kinds.1])? {
        successors.entry(row.try_get(0)?).or_default().push(row.try_get(1)?);
    }
    best::put_best_first(candidates, latest.as_deref(), &mut |num| Ok(successors.remove(&num).unwrap_or_default()))
}

pub(super) fn search(session: &Session, expr: &Expr, sort: Sort, page: Page) -> Result<Found> {
    let Some(selection) = Selection::new(session, expr, true)? else { return Ok(Found::default()) };
    let ranked = selection.words.is_some() && sort != Sort::Recent || sort == Sort::Metric;
    if !ranked {
        return newest(session, selection, page);
    }
    let last = last(session)?;
    let (mut candidates, complete) = gather(session, &selection, last, sort)?;
    let total = candidates.len() as u64;
    match sort {
        Sort::Metric => by_improvement(session, &mut candidates)?,
        Sort::Relevance | Sort::Recent => put_best_first(session, &mut candidates)?,
    }
    let wanted = candidates.iter().skip(usize::try_from(page.offset).unwrap_or(usize::MAX));
    let wanted = wanted.take(usize::try_from(page.most).unwrap_or(usize::MAX));
    let hits = read(session, &wanted.map(|candidate| (candidate.num, candidate.score)).collect::<Vec<_>>())?;
    Ok(Found { hits, total: complete.then_some(total), ranked: total })
}

/// The largest row number there is.
pub(super) fn last(session: &Session) -> Result<i64> {
    Ok(session.one("SELECT num FROM change ORDER BY num DESC LIMIT 1", &[])?.unwrap_or_default())
}

/// Matches by when they happened.
fn newest(session: &Session, mut selection: Selection, page: Page) -> Result<Found> {
    let sql = selection.sql("c.num", &select::ordering(Order::NewestFirst, page));
    let nums: Vec<(i64, f64)> =
        session.column(&sql, &selection.bound.values)?.into_iter().map(|num| (num, 0.0)).collect();
    let hits = read(session, &nums)?;
    let complete = (hits.len() as u64) < page.most;
    Ok(Found { total: complete.then_some(page.offset + hits.len() as u64), hits, ranked: 0 })
}

/// The matches to rank, with their scores by words unless they are sorted by something else; and whether they are all.
fn gather(session: &Session, selection: &Selection, last: i64, sort: Sort) -> Result<(Vec<Candidate>, bool)> {
    let bounds = ranking();
    let scored = sort == Sort::Relevance;
    let many = scored && last.unsigned_abs() > bounds.many;
    let (most, most_by_title) = match many {
        true => (bounds.newest_of_many, bounds.newest_by_title_of_many),
        false => (bounds.newest, bounds.newest_by_title),
    };
    let mut found = matches(session, selection, &selection.text, (0, last), most + 1)?;
    let complete = found.len() as u64 <= most;
    if !complete {
        found.pop_first();
        let from = if many { last.saturating_sub(bounds.title_within.cast_signed()).max(0) } else { 0 };
        if selection.words.is_some() {
            let titled = words::in_title(&selection.text);
            found.extend(matches(session, selection, &titled, (from, last), most_by_title)?);
        }
    }
    let mut candidates: Vec<_> = found.into_values().rev().collect();
    if scored {
        score(session, &selection.text, last, &mut candidates)?;
    }
    Ok((candidates, complete))
}

type Matches = BTreeMap<i64, Candidate>;

/// The matches recorded last, behind the first number of `span` and up to the other one, at most `most`; `words` are those
/// of the selection, or others in their place.
fn matches(
    session: &Session,
    selection: &Selection,
    words: &Expr,
    (from, last): (i64, i64),
    most: u64,
) -> Result<Matches> {
    let strict = match words::compile(words) {
        Match::These(strict) => Some(strict),
        Match::Nothing => return Ok(Matches::new()),
        Match::AllBut(_) | Match::Everything => None,
    };
    let search = Matching { session, selection, words: strict.as_deref(), most };
    let Some(strict) = strict.as_deref().filter(|_| last - from > 4 * SAMPLE) else {
        return search.between(from, last, most);
    };
    let mut end = last - SAMPLE;
    let mut found = search.reading(end, last, most)?;
    if found.len() as u64 >= most {
        return Ok(found);
    }
    let rows = end - from;
    let few = found.len() as i64;
    let missing = most.cast_signed() - few;
    // How many rows either way reads: by the index all that have the words, here and there; back in time those that lie
    // between enough matches, one after the other.
    let by_index = |with_words: i64| with_words * rows / SAMPLE * SCATTERED;
    let back = (SAMPLE * missing / few.max(1)).min(rows);
    // At least those that were found have the words: often that says enough.
    let is_plain = selection.others() == "true" && few >= RARE && by_index(few) >= back;
    if !is_plain {
        let (matching, with_words) = sampled(session, strict, words, end)?;
        if with_words < RARE || by_index(with_words) < back {
            found.extend(search.by_index(from, end)?);
            return Ok(found);
        }
        if few < matching / 4 {
            // Another condition is the rarer one, which the planner knows more of.
            found.extend(search.between(from, end, missing.unsigned_abs())?);
            return Ok(found);
        }
    }
    let mut step = back.max(SAMPLE);
    while end > from && (found.len() as u64) < most {
        let start = (end - step).max(from);
        found.extend(search.reading(start, end, most - found.len() as u64)?);
        (end, step) = (start, step.saturating_mul(2));
    }
    Ok(found)
}

/// How many of the latest records, behind the number `from`, match words, and how many the index would name for them.
fn sampled(session: &Session, strict: &str, words: &Expr, from: i64) -> Result<(i64, i64)> {
    let mut bound = Bound::default();
    let from = bound.bind(from);
    let mut count = |query: &str| format!("count(*) FILTER (WHERE words @@ CAST({} AS tsquery))", bound.bind(query));
    let named = match words::compile(&words::loosened(words)) {
        Match::These(loose) => count(&loose),
        _ => "count(*)".to_owned(),
    };
    let sql = format!("SELECT {}, {named} FROM change_text WHERE num > {from}", count(strict));
    let row = session.row(&sql, &bound.values)?;
    row.map_or(Ok((0, 0)), |row| Ok((row.try_get(0)?, row.try_get(1)?)))
}

/// The numbers of the records that have these words, the latest first, at most `most`.
pub(super) fn newest_with(session: &Session, words: &Expr, most: u64) -> Result<Vec<i64>> {
    let last = last(session)?;
    let found = matches(session, &Selection::of_words(), words, (0, last), most)?;
    Ok(found.into_keys().rev().collect())
}

/// One look for matches.
struct Matching<'a> {
    session: &'a Session,
    selection: &'a Selection,
    words: Option<&'a str>,
    most: u64,
}

impl Matching<'_> {
    /// Those with a number behind `from` and up to `end`, the latest `most`.
    fn between(&self, from: i64, end: i64, most: u64) -> Result<Matches> {
        let mut selection = self.selection.clone();
        selection.words = self.words.map(str::to_owned);
        let (from, end) = (selection.bound.bind(from), selection.bound.bind(end));
        // The number is that of the text, whose rows are short and in this order.
        let of = if self.words.is_some() { "t" } else { "c" };
        let rest = format!("AND {of}.num > {from} AND {of}.num <= {end} ORDER BY {of}.num DESC LIMIT {most}");
        let sql = selection.sql(&format!("c.num, {PREFERENCES}"), &rest);
        self.read(&sql, &selection.bound)
    }

    /// The same by reading the texts from the end: left to itself, the planner may ask the index for all that have the words.
    fn reading(&self, from: i64, end: i64, most: u64) -> Result<Matches> {
        let mut selection = self.selection.clone();
        selection.words = self.words.map(str::to_owned);
        let (from, end) = (selection.bound.bind(from), selection.bound.bind(end));
        let texts = format!(
            "(SELECT num, words FROM change_text WHERE num > {from} AND num <= {end} ORDER BY num DESC OFFSET 0) t
             JOIN change c ON c.num = t.num"
        );
        let rest = format!("ORDER BY t.num DESC LIMIT {most}");
        let sql = selection.sql_from(&format!("c.num, {PREFERENCES}"), &texts, &rest);
        self.read(&sql, &selection.bound)
    }

    /// The same by the index, which names all that have the words before any other condition is looked at.
    fn by_index(&self, from: i64, end: i64) -> Result<Matches> {
        let mut bound = self.selection.bound.clone();
        let (query, from, end) = (bound.bind(self.words.unwrap_or_default()), bound.bind(from), bound.bind(end));
        let others = self.selection.others();
        // Vectors are long: they are kept only for a condition that asks them something else.
        let columns = if others.contains("t.words") { "num, words" } else { "num" };
        // Records are looked up one by one: left to itself, the planner may read all of them instead. Where the words are the
        // only condition, no more are than are wanted.
        let wanted = match others == "true" {
            true => format!("(SELECT num FROM t ORDER BY num DESC LIMIT {})", self.most),
            false => "t".to_owned(),
        };
        let sql = format!(
            "WITH t AS MATERIALIZED (SELECT {columns} FROM change_text
                                     WHERE words @@ CAST({query} AS tsquery) AND num > {from} AND num <= {end})
             SELECT c.num, {PREFERENCES}
             FROM {wanted} t CROSS JOIN LATERAL (SELECT * FROM change WHERE change.num = t.num OFFSET 0) c
             WHERE {others} ORDER BY t.num DESC LIMIT {}",
            self.most
        );
        self.read(&sql, &bound)
    }

    fn read(&self, sql: &str, bound: &Bound) -> Result<Matches> {
        let rows = self.session.rows(sql, &bound.values)?;
        let read = |row: &Row| {
            let num = row.try_get(0)?;
            Ok((num, candidate(row, num, 0.0, 1)?))
        };
        rows.iter().map(read).collect()
    }
}

fn score(session: &Session, expr: &Expr, last: i64, candidates: &mut [Candidate]) -> Result<()> {
    let scorer = Scorer::new(expr);
    let rarities = rarities(session, scorer.stems(), last)?;
    let nums: Vec<i64> = candidates.iter().map(|candidate| candidate.num).collect();
    let mut frequencies = HashMap::new();
    // A few hundred documents at a time: memory does not grow with how many are ranked.
    for nums in nums.chunks(500) {
        let read = select::documents(session, nums)?;
        frequencies.extend(read.into_iter().map(|(num, change)| (num, scorer.frequencies(&change))));
    }
    let ordered: Vec<_> = nums.iter().filter_map(|num| frequencies.remove(num)).collect();
    for (candidate, score) in candidates.iter_mut().zip(scorer.scores(&ordered, &rarities)) {
        candidate.score = score;
    }
    Ok(())
}

/// How rare stems are: counted, or among very many records by how many of the latest have them.
fn rarities(session: &Session, stems: &[String], last: i64) -> Result<Vec<f64>> {
    let latest = counts(session, stems, last - SAMPLE)?;
    let is_common = |count: i64| count >= RARE;
    let many = last.unsigned_abs() > ranking().many;
    // One look at all records counts all common ones; the index counts the others sooner.
    let common = stems.iter().zip(&latest).filter(|(_, count)| is_common(**count)).map(|(stem, _)| stem);
    let common: Vec<String> = if many || last <= SAMPLE { Vec::new() } else { common.cloned().collect() };
    let mut everywhere = counts(session, &common, 0)?.into_iter();
    let all = last as f64;
    let having = |(stem, latest): (&String, &i64)| -> Result<f64> {
        let having = match is_common(*latest) {
            _ if last <= SAMPLE => *latest as f64,
            true if many => *latest as f64 * all / SAMPLE as f64,
            true => everywhere.next().unwrap_or(*latest) as f64,
            false => {
                let sql = "SELECT count(*) FROM change_text WHERE words @@ CAST($1 AS tsquery)";
                session.one::<i64>(sql, params![words::stem(stem)])?.unwrap_or_default() as f64
            }
        };
        Ok(rarity(having.min(all), all))
    };
    stems.iter().zip(&latest).map(having).collect()
}

/// How many of the records behind a number have each stem.
fn counts(session: &Session, stems: &[String], from: i64) -> Result<Vec<i64>> {
    if stems.is_empty() {
        return Ok(Vec::new());
    }
    let mut bound = Bound::default();
    let counts: Vec<String> = stems
        .iter()
        .map(|stem| format!("count(*) FILTER (WHERE words @@ CAST({} AS tsquery))", bound.bind(words::stem(stem))))
        .collect();
    let from = bound.bind(from);
    let sql = format!("SELECT {} FROM change_text WHERE num > {from}", counts.join(", "));
    let row = session.row(&sql, &bound.values)?;
    (0..stems.len()).map(|place| Ok(row.as_ref().map_or(Ok(0), |row| row.try_get(place))?)).collect()
}

fn by_improvement(session: &Session, candidates: &mut [Candidate]) -> Result<()> {
    let sql = "SELECT num, max(CASE better WHEN 'lower' THEN -percent ELSE percent END)
               FROM change_metric WHERE num = ANY($1) AND percent IS NOT NULL GROUP BY num";
    let nums: Vec<i64> = candidates.iter().map(|candidate| candidate.num).collect();
    let rows = session.rows(sql, params![nums])?;
    let read = |row: &Row| Ok((row.try_get::<_, i64>(0)?, row.try_get::<_, f64>(1)?));
    let improvements: HashMap<i64, f64> = rows.iter().map(read).collect::<Result<_>>()?;
    best::put_most_improved_first(candidates, &mut |num| Ok(improvements.get(&num).copied()))
}

fn read(session: &Session, wanted: &[(i64, f64)]) -> Result<Vec<Hit>> {
    let nums: Vec<i64> = wanted.iter().map(|(num, _)| *num).collect();
    let mut documents: HashMap<i64, Change> = select::documents(session, &nums)?.into_iter().collect();
    let hit = |(num, score): &(i64, f64)| documents.remove(num).map(|change| Hit { change, score: *score });
    Ok(wanted.iter().filter_map(hit).collect())
}
