//! Expressions as SQL, and the lists they select.

use std::collections::BTreeSet;

use anyhow::Result;
use postgres::Row;

use super::super::words::{Match, divided, is_text};
use super::super::{Order, Page, Summary};
use super::rows::{self, DOCUMENT, SUMMARY};
use super::session::{Bound, Session, params};
use super::words;
use crate::model::{Change, Conclusion, Direction, Metric, Status};
use crate::query::{Condition, Expr, FilePattern, MetricCondition, MetricTest, Part};

/// A page that is read by walking back in time.
const FEW: u64 = 500;
/// Changes with a path that are named one by one.
const MOST_LOOKED_UP: usize = 5_000;

/// A `FROM … WHERE …` and its parameters.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    /// The conditions that are no words.
    conditions: Vec<String>,
    pub(super) bound: Bound,
    /// The `tsquery` that drives it, where there is one: the words that must all match.
    pub(super) words: Option<String>,
    /// The same as an expression.
    pub(super) text: Expr,
    /// Whether the full-text index is asked at all.
    joined: bool,
    /// Whether only a few of the latest will be read.
    few: bool,
}

impl Selection {
    /// What the expression selects, to be read not far beyond the latest if `few`; `None` when that is nothing.
    pub(super) fn new(session: &Session, expr: &Expr, few: bool) -> Result<Option<Self>> {
        let (text, others) = divided(expr);
        let mut selection =
            Self { conditions: Vec::new(), bound: Bound::default(), words: None, text, joined: false, few };
        match words::compile(&selection.text) {
            Match::Everything => {}
            Match::Nothing => return Ok(None),
            Match::These(query) => {
                selection.joined = true;
                selection.words = Some(query);
            }
            Match::AllBut(query) => {
                let matching = selection.matching(query);
                selection.conditions.push(format!("NOT {matching}"));
            }
        }
        for part in others {
            let condition = selection.condition(session, part)?;
            selection.conditions.push(condition);
        }
        Ok(Some(selection))
    }

    /// Everything that has words which are given later.
    pub(super) fn of_words() -> Self {
        let (conditions, bound) = (Vec::new(), Bound::default());
        Self { conditions, bound, words: None, text: Expr::Everything, joined: true, few: true }
    }

    /// That a change is among the matches of a full-text query.
    fn matching(&mut self, query: String) -> String {
        self.joined = true;
        format!("t.words @@ CAST({} AS tsquery)", self.bound.bind(query))
    }

    fn condition(&mut self, session: &Session, expr: &Expr) -> Result<String> {
        if is_text(expr) {
            return Ok(match words::compile(expr) {
                Match::Everything => "true".to_owned(),
                Match::Nothing => "false".to_owned(),
                Match::These(query) => self.matching(query),
                Match::AllBut(query) => format!("NOT {}", self.matching(query)),
            });
        }
        let joined = |selection: &mut Self, parts: &[Expr], by: &str| -> Result<String> {
            let parts: Result<Vec<_>> = parts.iter().map(|part| selection.condition(session, part)).collect();
            Ok(format!("({})", parts?.join(by)))
        };
        match expr {
            Expr::All(parts) => joined(self, parts, " AND "),
            Expr::Any(parts) => joined(self, parts, " OR "),
            Expr::Not(part) => Ok(format!("NOT ({})", self.condition(session, part)?)),
            Expr::Is(condition) => self.fulfils(session, condition),
            // Words, which were answered above.
            Expr::Everything | Expr::Nothing | Expr::Phrase { .. } | Expr::Prefix { .. } => Ok("false".to_owned()),
        }
    }

    /// That a column has a value. With an absent one it must say no: else its negation would say neither yes nor no.
    fn equal(&mut self, column: &str, value: &str) -> String {
        let place = self.bound.bind(value);
        format!("(c.{column} = {place} AND c.{column} IS NOT NULL)")
    }

    fn fulfils(&mut self, session: &Session, condition: &Condition) -> Result<String> {
        let bound = &mut self.bound;
        Ok(match condition {
            Condition::Owner(name) => self.equal("owner", name),
            Condition::Service(name) => self.equal("service", name),
            Condition::Environment(name) => self.equal("environment", name),
            Condition::Kind(kind) => format!("c.kind = {}", bound.bind(kind.as_str())),
            // Said twice, for the index of those that are not shipped.
            Condition::Status(status) if *status != Status::Shipped => {
                format!("(c.status = {} AND c.status <> 'shipped')", bound.bind(status.as_str()))
            }
            Condition::Status(status) => format!("c.status = {}", bound.bind(status.as_str())),
            Condition::Since(at) => format!("c.at >= {}", bound.bind(at.to_string())),
            Condition::Until(at) => format!("c.at < {}", bound.bind(at.to_string())),
            Condition::Tag(tag) => format!("c.num IN (SELECT num FROM change_tag WHERE tag = {})", bound.bind(tag)),
            // `~` is behind every character of an id and of a hash.
            Condition::Id(prefix) => {
                let place = bound.bind(prefix);
                format!("(c.id >= {place} AND c.id < {place} || '~')")
            }
            Condition::Commit(prefix) => {
                let place = bound.bind(prefix);
                format!("c.num IN (SELECT num FROM change_commit WHERE hash >= {place} AND hash < {place} || '~')")
            }
            Condition::File(pattern) => self.touched(session, pattern)?,
            Condition::Metric(condition) => self.measured(session, condition)?,
            Condition::Has(part) => has(*part),
            Condition::Verified => self.equal("verified", Conclusion::Passed.as_str()),
            Condition::Failing => self.equal("verified", Conclusion::Failed.as_str()),
            Condition::Stale(limit) => {
                let place = bound.bind(limit.to_string());
                format!("(c.checks > 0 AND (c.verified_at IS NULL OR c.verified_at < {place}))")
            }
        })
    }

    /// That a change touched a file.
    fn touched(&mut self, session: &Session, pattern: &FilePattern) -> Result<String> {
        let text = pattern.as_str();
        let bound = &mut self.bound;
        if let Some(regex) = plain_regex(pattern) {
            let (prefix, regex) = (bound.bind(beginning(text)), bound.bind(regex));
            let is_one = format!("(f.path >= {prefix} AND starts_with(f.path, {prefix}) AND f.path ~ {regex})");
            return self.with_path(session, &[is_one]);
        }
        if pattern.is_glob() {
            let paths = paths(session, pattern)?;
            let is_one = format!("f.path = ANY({})", bound.bind(paths));
            return self.with_path(session, &[is_one]);
        }
        // The path itself, what lies in it (`0` is behind `/`), and what ends with it: by the index of paths read backwards.
        let (path, folder) = (bound.bind(text), bound.bind(format!("{text}/")));
        let after = bound.bind(format!("{text}0"));
        let end: String = format!("/{text}").chars().rev().collect();
        let (behind, end) = (bound.bind(format!("{end}{}", char::MAX)), bound.bind(end));
        let (is_it, is_in) = (format!("f.path = {path}"), format!("(f.path >= {folder} AND f.path < {after})"));
        let ends = format!(
            "(reverse(f.path) >= {end} AND reverse(f.path) < {behind} AND starts_with(reverse(f.path), {end}))"
        );
        self.with_path(session, &[is_it, is_in, ends])
    }

    /// That a change has a path of which one of these holds, each of which an index finds.
    fn with_path(&mut self, session: &Session, conditions: &[String]) -> Result<String> {
        let each = |condition: &String| format!("SELECT f.num FROM change_file f WHERE {condition}");
        let found = conditions.iter().map(each).collect::<Vec<_>>().join(" UNION ALL ");
        if !self.few {
            return Ok(format!("c.num IN ({found})"));
        }
        let sql = format!("{found} LIMIT {}", MOST_LOOKED_UP + 1);
        let nums: Vec<i64> = session.column(&sql, &self.bound.values)?;
        Ok(match nums.len() <= MOST_LOOKED_UP {
            true => format!("c.num = ANY({})", self.bound.bind(nums)),
            // An aggregate keeps the planner from collecting and sorting all of them: the changes that are read are looked at
            // one by one, and those are few.
            false => format!(
                "(SELECT coalesce(bool_or({}), false) FROM change_file f WHERE f.num = c.num)",
                conditions.join(" OR ")
            ),
        })
    }

    /// That a change has a metric. Names are compared by their words, which only `query` knows; values by what was worked
    /// out when they were stored.
    fn measured(&mut self, session: &Session, condition: &MetricCondition) -> Result<String> {
        let mut tests = Vec::new();
        if !condition.name.is_empty() {
            let named = MetricCondition { name: condition.name.clone(), test: MetricTest::Any };
            let names = session.column::<String>("SELECT DISTINCT name FROM tally WHERE facet = 'metric'", &[])?;
            let fits = |name: &String| named.matches(&nameless(name));
            tests
                .push(format!("m.name = ANY({})", self.bound.bind(names.into_iter().filter(fits).collect::<Vec<_>>())));
        }
        match &condition.test {
            MetricTest::Any => {}
            MetricTest::Verdict(verdict) => tests.push(format!("m.verdict = {}", self.bound.bind(verdict.as_str()))),
            MetricTest::Percent(than) => {
                tests.push(format!("m.percent {} {}", operator(than.op), self.bound.bind(than.value)));
            }
            MetricTest::After(than, unit) => {
                tests.push(format!("m.after {} {}", operator(than.op), self.bound.bind(than.value)));
                tests.extend(unit.as_ref().map(|unit| format!("m.unit = {}", self.bound.bind(unit))));
            }
        }
        let tests = if tests.is_empty() { "true".to_owned() } else { tests.join(" AND ") };
        Ok(format!("c.num IN (SELECT m.num FROM change_metric m WHERE {tests})"))
    }

    /// The statement; `columns` may name `c` and, where there are words, `t`.
    pub(super) fn sql(&mut self, columns: &str, rest: &str) -> String {
        let from = if self.joined || self.words.is_some() {
            "change c JOIN change_text t ON t.num = c.num"
        } else {
            "change c"
        };
        self.sql_from(columns, from, rest)
    }

    /// The same of other places than the whole tables.
    pub(super) fn sql_from(&mut self, columns: &str, from: &str, rest: &str) -> String {
        let words = self.words.clone().map(|words| self.matching(words));
        let conditions: Vec<&str> = words.iter().chain(&self.conditions).map(String::as_str).collect();
        let conditions = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
        format!("SELECT {columns} FROM {from} WHERE {conditions} {rest}")
    }

    /// The conditions that are no words, as one.
    pub(super) fn others(&self) -> String {
        if self.conditions.is_empty() { "true".to_owned() } else { self.conditions.join(" AND ") }
    }
}

fn operator(op: crate::model::CompareOp) -> &'static str {
    use crate::model::CompareOp;
    match op {
        CompareOp::Less => "<",
        CompareOp::AtMost => "<=",
        CompareOp::More => ">",
        CompareOp::AtLeast => ">=",
        CompareOp::Equal => "=",
        CompareOp::NotEqual => "<>",
    }
}

/// A metric of this name and nothing else.
fn nameless(name: &str) -> Metric {
    Metric { name: name.to_owned(), unit: None, before: None, after: None, better: Direction::Lower }
}

/// A glob as a regular expression of the server, where that means the same: the two count characters and bytes apart, and
/// have other classes.
fn plain_regex(pattern: &FilePattern) -> Option<String> {
    let is_plain = pattern.as_str().is_ascii() && !pattern.as_str().contains(['?', '[', '\\', '{']);
    let regex = pattern.regex().filter(|_| is_plain)?;
    Some(regex.strip_prefix("(?-u)").unwrap_or(regex).to_owned())
}

/// What every path begins with that a glob matches.
fn beginning(glob: &str) -> &str {
    let special = glob.find(['*', '?', '[', ']', '{', '}', '\\']).unwrap_or(glob.len());
    // `**/` at the end of what is literal may stand for nothing, and so may the slash before it.
    glob[..special].trim_end_matches('/')
}

/// The paths there are that a glob matches: what it means is said once, in `query`.
fn paths(session: &Session, pattern: &FilePattern) -> Result<Vec<String>> {
    let text = pattern.as_str();
    // What every match begins and ends with narrows what is read.
    let last = text.rfind(['*', '?', '[', ']', '{', '}', '\\']).map_or(0, |at| at + 1);
    let (prefix, suffix) = (beginning(text), text[last..].trim_start_matches('/'));
    let sql = "SELECT DISTINCT name FROM tally WHERE facet = 'file'
               AND starts_with(name, $1) AND name >= $1 AND right(name, length($2)) = $2";
    let mut found = BTreeSet::new();
    session.each(sql, params![prefix, suffix], u64::MAX, &mut |row| {
        let path: String = row.try_get(0)?;
        if pattern.matches(&path) {
            found.insert(path);
        }
        Ok(true)
    })?;
    Ok(found.into_iter().collect())
}

/// That a change has a part: by its column, its side table or its document.
fn has(part: Part) -> String {
    let column = |name: &str| format!("c.{name} IS NOT NULL");
    let table = |name: &str| format!("EXISTS (SELECT 1 FROM {name} s WHERE s.num = c.num)");
    let field = |path: &str| format!("c.doc #>> '{{{path}}}' IS NOT NULL");
    let list = |path: &str| format!("json_array_length(coalesce(c.doc -> '{path}', '[]')) > 0");
    match part {
        Part::Owner => column("owner"),
        Part::Service => column("service"),
        Part::Environment => column("environment"),
        Part::Reason => field("reason"),
        Part::Expected => field("expected"),
        Part::Symptom => field("baseline,symptom"),
        Part::Rollback => format!("({} OR {})", field("rollback,command"), field("rollback,note")),
        Part::Command => list("commands"),
        Part::Check => "c.checks > 0".to_owned(),
        Part::Link => list("links"),
        Part::Checklist => "coalesce(c.doc #>> '{checklists}', '{}') <> '{}'".to_owned(),
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
    session: &Session,
    expr: &Expr,
    columns: &str,
    (order, page): (Order, Page),
    each: &mut dyn FnMut(&Row) -> Result<bool>,
) -> Result<()> {
    let few = order == Order::NewestFirst && page.offset.saturating_add(page.most) <= FEW;
    let Some(mut selection) = Selection::new(session, expr, few)? else { return Ok(()) };
    let sql = selection.sql(columns, &ordering(order, page));
    session.each(&sql, &selection.bound.values, page.most, each)
}

/// The changes of these rows, in no particular order.
pub(super) fn documents(session: &Session, nums: &[i64]) -> Result<Vec<(i64, Change)>> {
    let sql = format!("SELECT {DOCUMENT}, c.num FROM change c WHERE c.num = ANY($1)");
    let rows = session.rows(&sql, params![nums.to_vec()])?;
    rows.iter().map(|row| Ok((row.try_get(2)?, rows::change(row)?))).collect()
}

pub(super) fn each_document(
    session: &Session,
    expr: &Expr,
    order: Order,
    page: Page,
    each: &mut dyn FnMut(Change) -> Result<bool>,
) -> Result<()> {
    each_row(session, expr, DOCUMENT, (order, page), &mut |row| each(rows::change(row)?))
}

pub(super) fn each_summary(
    session: &Session,
    expr: &Expr,
    order: Order,
    page: Page,
    each: &mut dyn FnMut(Summary) -> Result<bool>,
) -> Result<()> {
    each_row(session, expr, SUMMARY, (order, page), &mut |row| each(rows::summary(row)?))
}

pub(super) fn count(session: &Session, expr: &Expr) -> Result<u64> {
    let Some(mut selection) = Selection::new(session, expr, false)? else { return Ok(0) };
    let sql = selection.sql("count(*)", "");
    Ok(session.one::<i64>(&sql, &selection.bound.values)?.unwrap_or_default().unsigned_abs())
}
