//! Expressions as SQL, and the lists they select.

use anyhow::Result;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::super::document;
use super::super::words::{Match, divided, is_text};
use super::super::{Order, Page, Summary};
use super::fts;
use super::rows::{self, SUMMARY};
use crate::model::{Change, Conclusion, Direction, Metric, Status};
use crate::query::{Condition, Expr, FilePattern, MetricCondition, Part, analyze};

/// Matches of the words of a path that are looked up where a page of the newest is wanted. To read and sort so many takes a
/// few milliseconds; where there are more, the page is found by walking back in time.
const MOST_LOOKED_UP: usize = 500;

/// A `FROM … WHERE …` and its parameters.
#[derive(Debug)]
pub(super) struct Selection {
    from: &'static str,
    conditions: Vec<String>,
    pub(super) parameters: Vec<Value>,
    /// The full-text query that drives it, where there is one: the words that must all match.
    pub(super) words: Option<String>,
    /// The same as an expression.
    pub(super) text: Expr,
    /// Functions given to the connection so far.
    functions: usize,
    /// Whether only a few of the newest will be read.
    few: bool,
}

impl Selection {
    /// What the expression selects; `None` when that is nothing.
    pub(super) fn new(connection: &Connection, expr: &Expr) -> Result<Option<Self>> {
        Self::compile(connection, expr, false)
    }

    /// The same, to be read newest first and not beyond the page.
    pub(super) fn newest(connection: &Connection, expr: &Expr, page: Page) -> Result<Option<Self>> {
        Self::compile(connection, expr, page.offset.saturating_add(page.most) <= MOST_LOOKED_UP as u64)
    }

    fn compile(connection: &Connection, expr: &Expr, few: bool) -> Result<Option<Self>> {
        let (text, others) = divided(expr);
        let mut selection = Self {
            from: "change c",
            conditions: Vec::new(),
            parameters: Vec::new(),
            words: None,
            text,
            functions: 0,
            few,
        };
        match fts::compile(&selection.text) {
            Match::Everything => {}
            Match::Nothing => return Ok(None),
            Match::These(query) => {
                selection.from = "change_text JOIN change c ON c.num = change_text.rowid";
                let place = selection.bind(query.clone());
                selection.conditions.push(format!("change_text MATCH {place}"));
                selection.words = Some(query);
                // All that match the words are read, whatever the order.
                selection.few = false;
            }
            Match::AllBut(query) => {
                let matching = selection.matching(query);
                selection.conditions.push(format!("NOT {matching}"));
            }
        }
        for part in others {
            let condition = selection.condition(connection, part)?;
            selection.conditions.push(condition);
        }
        Ok(Some(selection))
    }

    /// Adds a parameter; numbered, because parameters without a number are bound by where they stand in the final text.
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.parameters.push(value.into());
        format!("?{}", self.parameters.len())
    }

    /// That a change is among the matches of a full-text query.
    fn matching(&mut self, query: String) -> String {
        let place = self.bind(query);
        format!("c.num IN (SELECT rowid FROM change_text WHERE change_text MATCH {place})")
    }

    fn condition(&mut self, connection: &Connection, expr: &Expr) -> Result<String> {
        if is_text(expr) {
            return Ok(match fts::compile(expr) {
                Match::Everything => "1".to_owned(),
                Match::Nothing => "0".to_owned(),
                Match::These(query) => self.matching(query),
                Match::AllBut(query) => format!("NOT {}", self.matching(query)),
            });
        }
        let joined = |selection: &mut Self, parts: &[Expr], by: &str| -> Result<String> {
            let parts: Result<Vec<_>> = parts.iter().map(|part| selection.condition(connection, part)).collect();
            Ok(format!("({})", parts?.join(by)))
        };
        match expr {
            Expr::All(parts) => joined(self, parts, " AND "),
            Expr::Any(parts) => joined(self, parts, " OR "),
            Expr::Not(part) => Ok(format!("NOT ({})", self.condition(connection, part)?)),
            Expr::Is(condition) => self.fulfils(connection, condition),
            // Words, which were answered above.
            Expr::Everything | Expr::Nothing | Expr::Phrase { .. } | Expr::Prefix { .. } => Ok("0".to_owned()),
        }
    }

    /// That a column has a value. With an absent one it must say no: else its negation would say neither yes nor no. (`IS`
    /// would do that too, and no index would be used.)
    fn equal(&mut self, column: &str, value: &str) -> String {
        let place = self.bind(value.to_owned());
        format!("(c.{column} = {place} AND c.{column} IS NOT NULL)")
    }

    fn fulfils(&mut self, connection: &Connection, condition: &Condition) -> Result<String> {
        Ok(match condition {
            Condition::Owner(name) => self.equal("owner", name),
            Condition::Service(name) => self.equal("service", name),
            Condition::Environment(name) => self.equal("environment", name),
            Condition::Kind(kind) => format!("c.kind = {}", self.bind(kind.to_string())),
            // Said twice, for the index of those that are not shipped.
            Condition::Status(status) if *status != Status::Shipped => {
                format!("(c.status = {} AND c.status <> 'shipped')", self.bind(status.to_string()))
            }
            Condition::Status(status) => format!("c.status = {}", self.bind(status.to_string())),
            Condition::Since(at) => format!("c.at >= {}", self.bind(at.to_string())),
            Condition::Until(at) => format!("c.at < {}", self.bind(at.to_string())),
            Condition::Tag(tag) => {
                format!("c.num IN (SELECT num FROM change_tag WHERE tag = {})", self.bind(tag.clone()))
            }
            // `~` is behind every character of an id and of a hash.
            Condition::Id(prefix) => {
                let place = self.bind(prefix.clone());
                format!("(c.id >= {place} AND c.id < {place} || '~')")
            }
            Condition::Commit(prefix) => {
                let place = self.bind(prefix.clone());
                format!("c.num IN (SELECT num FROM change_commit WHERE hash >= {place} AND hash < {place} || '~')")
            }
            Condition::File(pattern) => self.touched(connection, pattern)?,
            Condition::Metric(condition) => {
                let function = self.metric_function(connection, condition)?;
                let columns = "m.name, m.unit, m.before, m.after, m.better";
                format!("EXISTS (SELECT 1 FROM change_metric m WHERE m.num = c.num AND {function}({columns}))")
            }
            Condition::Has(part) => has(*part),
            Condition::Verified => self.equal("verified", Conclusion::Passed.as_str()),
            Condition::Failing => self.equal("verified", Conclusion::Failed.as_str()),
            Condition::Stale(limit) => {
                let place = self.bind(limit.to_string());
                format!("(c.checks > 0 AND (c.verified_at IS NULL OR c.verified_at < {place}))")
            }
        })
    }

    /// That a change touched a file. The words of the path are looked up first, to look at the paths of few changes; those
    /// with more files than are indexed are all looked at.
    fn touched(&mut self, connection: &Connection, pattern: &FilePattern) -> Result<String> {
        let function = self.file_function(connection, pattern)?;
        let exact = format!("EXISTS (SELECT 1 FROM change_file f WHERE f.num = c.num AND {function}(f.path))");
        let Some(query) = file_words(pattern) else { return Ok(exact) };
        let cut = "SELECT num FROM change WHERE cut";
        if !self.few {
            let found = format!("SELECT rowid FROM change_text WHERE change_text MATCH {}", self.bind(query));
            return Ok(format!("(c.num IN ({found} UNION ALL {cut}) AND {exact})"));
        }
        let (nums, before) = matched_last(connection, &query)?;
        let found = format!("SELECT value FROM json_each({})", self.bind(serde_json::to_string(&nums)?));
        Ok(match before {
            None => format!("(c.num IN ({found} UNION ALL {cut}) AND {exact})"),
            // SQLite walks back in time, passes over what was recorded lately and is no match, and looks at the paths of
            // all that was recorded before. The `+` keeps it from collecting and sorting the matches instead.
            Some(num) => {
                format!("((+c.num <= {} OR +c.num IN ({found} UNION ALL {cut})) AND {exact})", self.bind(num))
            }
        })
    }

    /// Teaches the connection a pattern: what it means is said once, in `query`.
    fn file_function(&mut self, connection: &Connection, pattern: &FilePattern) -> Result<String> {
        let (name, pattern) = (self.function_name("file"), pattern.clone());
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection.create_scalar_function(name.as_str(), 1, flags, move |context| {
            Ok(pattern.matches(context.get_raw(0).as_str().unwrap_or_default()))
        })?;
        Ok(name)
    }

    fn metric_function(&mut self, connection: &Connection, condition: &MetricCondition) -> Result<String> {
        let (name, condition) = (self.function_name("metric"), condition.clone());
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection.create_scalar_function(name.as_str(), 5, flags, move |context| {
            let metric = Metric {
                name: context.get(0)?,
                unit: context.get(1)?,
                before: context.get(2)?,
                after: context.get(3)?,
                better: context.get::<String>(4)?.parse().unwrap_or(Direction::Lower),
            };
            Ok(condition.matches(&metric))
        })?;
        Ok(name)
    }

    fn function_name(&mut self, what: &str) -> String {
        self.functions += 1;
        format!("{what}_matches_{}", self.functions)
    }

    pub(super) fn sql(&self, columns: &str, rest: &str) -> String {
        let Self { from, conditions, .. } = self;
        let conditions = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
        format!("SELECT {columns} FROM {from} WHERE {conditions} {rest}")
    }
}

/// The matches of a full-text query that were recorded last, at most [`MOST_LOOKED_UP`], and the next one if there is one.
fn matched_last(connection: &Connection, query: &str) -> Result<(Vec<i64>, Option<i64>)> {
    let read = |direction: &str| -> Result<Vec<i64>> {
        let sql =
            format!("SELECT rowid FROM change_text WHERE change_text MATCH ?1 ORDER BY rowid {direction} LIMIT ?2");
        let mut statement = connection.prepare_cached(&sql)?;
        let nums = statement.query_map((query, (MOST_LOOKED_UP + 1) as i64), |row| row.get(0))?;
        Ok(nums.collect::<rusqlite::Result<_>>()?)
    };
    // Forwards, where the index can skip, takes half the time of backwards: mostly that is all of them.
    let first = read("ASC")?;
    if first.len() <= MOST_LOOKED_UP {
        return Ok((first, None));
    }
    let mut last = read("DESC")?;
    let next = last.pop();
    Ok((last, next))
}

/// The words that stand in every path a pattern matches: those of a path as a phrase, those of a glob by its literal parts.
/// Empty when there are none to look up.
fn path_phrases(pattern: &FilePattern) -> Vec<Vec<String>> {
    let text = pattern.as_str();
    // An alternative or a class may stand across parts.
    if pattern.is_glob() && text.contains(['{', '[', '\\']) {
        return Vec::new();
    }
    let parts: Vec<&str> = match pattern.is_glob() {
        true => text.split('/').filter(|part| !part.contains(['*', '?'])).collect(),
        false => vec![text],
    };
    parts
        .into_iter()
        .map(|part| analyze(part).into_iter().map(|token| token.stem).collect::<Vec<_>>())
        .filter(|stems| !stems.is_empty())
        .collect()
}

/// The same as a full-text query; `None` when there are none to look up.
fn file_words(pattern: &FilePattern) -> Option<String> {
    let phrases: Vec<String> =
        path_phrases(pattern).iter().map(|stems| format!("{{file}} : (\"{}\")", stems.join(" "))).collect();
    (!phrases.is_empty()).then(|| phrases.join(" AND "))
}

/// That a change has a part: by its column, its side table or its document.
fn has(part: Part) -> String {
    let column = |name: &str| format!("c.{name} IS NOT NULL");
    let table = |name: &str| format!("EXISTS (SELECT 1 FROM {name} s WHERE s.num = c.num)");
    let field = |path: &str| format!("json_extract(c.doc, '$.{path}') IS NOT NULL");
    let list = |path: &str| format!("json_array_length(c.doc, '$.{path}') > 0");
    match part {
        Part::Owner => column("owner"),
        Part::Service => column("service"),
        Part::Environment => column("environment"),
        Part::Reason => field("reason"),
        Part::Expected => field("expected"),
        Part::Symptom => field("baseline.symptom"),
        Part::Rollback => format!("({} OR {})", field("rollback.command"), field("rollback.note")),
        Part::Command => list("commands"),
        Part::Check => list("checks"),
        Part::Link => list("links"),
        Part::Checklist => "json_extract(c.doc, '$.checklists') <> '{}'".to_owned(),
        Part::File => table("change_file"),
        Part::Metric => table("change_metric"),
        Part::Tag => table("change_tag"),
        Part::Commit => table("change_commit"),
        Part::Relation => table("change_relation"),
    }
}

pub(super) fn ordering(order: Order, page: Page) -> String {
    let by = match order {
        Order::NewestFirst => "c.at DESC, c.num DESC",
        Order::OldestFirst => "c.at, c.num",
        Order::Id => "c.id",
    };
    format!("ORDER BY {by} {}", limit(page))
}

pub(super) fn limit(page: Page) -> String {
    let most = page.most.min(i64::MAX.unsigned_abs());
    format!("LIMIT {most} OFFSET {}", page.offset)
}

/// Calls `each` with the rows of a page in order, until it returns false.
fn each_row(
    connection: &Connection,
    expr: &Expr,
    columns: &str,
    (order, page): (Order, Page),
    each: &mut dyn FnMut(&Row<'_>) -> Result<bool>,
) -> Result<()> {
    let selection = match order {
        Order::NewestFirst => Selection::newest(connection, expr, page)?,
        Order::OldestFirst | Order::Id => Selection::new(connection, expr)?,
    };
    let Some(selection) = selection else { return Ok(()) };
    let mut statement = connection.prepare_cached(&selection.sql(columns, &ordering(order, page)))?;
    let mut rows = statement.query(params_from_iter(&selection.parameters))?;
    while let Some(row) = rows.next()? {
        if !each(row)? {
            break;
        }
    }
    Ok(())
}

/// The change of a row.
pub(super) fn document(connection: &Connection, num: i64) -> Result<Change> {
    let mut document = connection.prepare_cached("SELECT id, doc FROM change WHERE num = ?1")?;
    document.query_row([num], |row| Ok(read_document(row)))?
}

pub(super) fn read_document(row: &Row<'_>) -> Result<Change> {
    document::change(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?)
}

pub(super) fn each_document(
    connection: &Connection,
    expr: &Expr,
    order: Order,
    page: Page,
    each: &mut dyn FnMut(Change) -> Result<bool>,
) -> Result<()> {
    each_row(connection, expr, "c.id, c.doc", (order, page), &mut |row| each(read_document(row)?))
}

pub(super) fn each_summary(
    connection: &Connection,
    expr: &Expr,
    order: Order,
    page: Page,
    each: &mut dyn FnMut(Summary) -> Result<bool>,
) -> Result<()> {
    each_row(connection, expr, SUMMARY, (order, page), &mut |row| each(rows::summary(row)?))
}

pub(super) fn count(connection: &Connection, expr: &Expr) -> Result<u64> {
    let Some(selection) = Selection::new(connection, expr)? else { return Ok(0) };
    let mut statement = connection.prepare_cached(&selection.sql("count(*)", ""))?;
    let count: i64 = statement.query_row(params_from_iter(&selection.parameters), |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
