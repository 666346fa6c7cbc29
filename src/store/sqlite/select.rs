//! Filters as SQL, and the lists and searches they select.

use anyhow::Result;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::super::{Hit, Order, Page, Summary};
use super::fts::{self, Match};
use super::rows::{self, SUMMARY};
use crate::model::Change;
use crate::query::{FilePattern, Filter};

/// A `FROM … WHERE …` and its parameters.
#[derive(Debug)]
struct Selection {
    from: &'static str,
    conditions: Vec<String>,
    parameters: Vec<Value>,
}

impl Selection {
    /// What the filter selects; `None` when that is nothing.
    fn new(connection: &Connection, filter: &Filter) -> Result<Option<Self>> {
        let mut selection = Self { from: "change c", conditions: Vec::new(), parameters: Vec::new() };
        match filter.text.as_ref().map(fts::compile) {
            None | Some(Match::Everything) => {}
            Some(Match::Nothing) => return Ok(None),
            Some(Match::These(query)) => {
                selection.from = "change_text JOIN change c ON c.num = change_text.rowid";
                selection.require("change_text MATCH ?", query);
            }
            Some(Match::AllBut(query)) => {
                selection.require("c.num NOT IN (SELECT rowid FROM change_text WHERE change_text MATCH ?)", query);
            }
        }
        let equal = [
            ("c.owner = ?", filter.owner.clone()),
            ("c.service = ?", filter.service.clone()),
            ("c.environment = ?", filter.environment.clone()),
            ("c.kind = ?", filter.kind.map(|kind| kind.to_string())),
            ("c.status = ?", filter.status.map(|status| status.to_string())),
            ("c.at >= ?", filter.since.map(|at| at.to_string())),
            ("c.at < ?", filter.until.map(|at| at.to_string())),
        ];
        for (condition, value) in equal {
            if let Some(value) = value {
                selection.require(condition, value);
            }
        }
        for tag in &filter.tags {
            selection.require("c.num IN (SELECT num FROM change_tag WHERE tag = ?)", tag.clone());
        }
        if let Some(pattern) = &filter.file {
            match_files(connection, pattern.clone())?;
            selection.conditions.push("c.num IN (SELECT num FROM change_file WHERE file_matches(path))".to_owned());
        }
        Ok(Some(selection))
    }

    fn require(&mut self, condition: &str, value: String) {
        self.parameters.push(Value::Text(value));
        // Numbered, because parameters without a number are bound by where they stand in the final text.
        self.conditions.push(condition.replace('?', &format!("?{}", self.parameters.len())));
    }

    fn sql(&self, columns: &str, rest: &str) -> String {
        let Self { from, conditions, .. } = self;
        let conditions = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
        format!("SELECT {columns} FROM {from} WHERE {conditions} {rest}")
    }

    fn has_words(&self) -> bool {
        self.from != "change c"
    }
}

/// Teaches the connection this filter's pattern: what a pattern means is said once, in `query`.
fn match_files(connection: &Connection, pattern: FilePattern) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("file_matches", 1, flags, move |context| {
        Ok(pattern.matches(context.get_raw(0).as_str().unwrap_or_default()))
    })
}

fn ordering(order: Order, page: Page) -> String {
    let by = match order {
        Order::NewestFirst => "c.at DESC, c.num DESC",
        Order::OldestFirst => "c.at, c.num",
        Order::Id => "c.id",
    };
    format!("ORDER BY {by} {}", limit(page))
}

fn limit(page: Page) -> String {
    let most = page.most.min(i64::MAX.unsigned_abs());
    format!("LIMIT {most} OFFSET {}", page.offset)
}

fn each_row(
    connection: &Connection,
    filter: &Filter,
    columns: &str,
    rest: &str,
    each: &mut dyn FnMut(&Row<'_>) -> Result<bool>,
) -> Result<()> {
    let Some(selection) = Selection::new(connection, filter)? else { return Ok(()) };
    let mut statement = connection.prepare_cached(&selection.sql(columns, rest))?;
    let mut rows = statement.query(params_from_iter(&selection.parameters))?;
    while let Some(row) = rows.next()? {
        if !each(row)? {
            break;
        }
    }
    Ok(())
}

fn read_document(row: &Row<'_>) -> Result<Change> {
    rows::document(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?)
}

pub(super) fn each_document(
    connection: &Connection,
    filter: &Filter,
    order: Order,
    page: Page,
    each: &mut dyn FnMut(Change) -> Result<bool>,
) -> Result<()> {
    let rest = ordering(order, page);
    each_row(connection, filter, "c.id, c.doc", &rest, &mut |row| each(read_document(row)?))
}

pub(super) fn each_summary(
    connection: &Connection,
    filter: &Filter,
    order: Order,
    page: Page,
    each: &mut dyn FnMut(Summary) -> Result<bool>,
) -> Result<()> {
    let rest = ordering(order, page);
    each_row(connection, filter, SUMMARY, &rest, &mut |row| each(rows::summary(row)?))
}

pub(super) fn count(connection: &Connection, filter: &Filter) -> Result<u64> {
    let mut count = 0;
    each_row(connection, filter, "count(*)", "", &mut |row| {
        count = row.get::<_, i64>(0)?.unsigned_abs();
        Ok(false)
    })?;
    Ok(count)
}

pub(super) fn search(connection: &Connection, filter: &Filter, page: Page) -> Result<Vec<Hit>> {
    let Some(selection) = Selection::new(connection, filter)? else { return Ok(Vec::new()) };
    let (score, rest) = if selection.has_words() {
        (fts::ranking(), format!("ORDER BY score, c.at DESC, c.num DESC {}", limit(page)))
    } else {
        ("0.0".to_owned(), ordering(Order::NewestFirst, page))
    };
    let sql = selection.sql(&format!("c.num, {score} AS score"), &rest);
    let mut statement = connection.prepare(&sql)?;
    let mut found = statement.query(params_from_iter(&selection.parameters))?;
    // The documents are read behind the sort, for the page alone.
    let mut document = connection.prepare_cached("SELECT id, doc FROM change WHERE num = ?1")?;
    let mut hits = Vec::new();
    while let Some(row) = found.next()? {
        let (num, score): (i64, f64) = (row.get(0)?, row.get(1)?);
        let change = document.query_row([num], |row| Ok(read_document(row)))??;
        hits.push(Hit { change, score: if score == 0.0 { 0.0 } else { -score } });
    }
    Ok(hits)
}
