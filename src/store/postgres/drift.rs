//! Whether what is derived still agrees with the documents.

use std::collections::HashSet;

use anyhow::Result;
use postgres::Row;

use super::super::tally::Tally;
use super::evidence;
use super::rows::{self, SIDE_TABLES, side_rows};
use super::session::{Session, params};
use super::vector::Vector;
use super::words::{self, Known};
use crate::model::Change;
use crate::query::{field_texts, is_cut};

/// Changes that are compared at once.
const COMPARED: usize = 100;

pub(super) fn drift(session: &Session) -> Result<Vec<String>> {
    let mut found = Vec::new();
    session.snapshot(&mut || {
        let mut counted = Tally::default();
        let mut batch: Vec<(i64, Change)> = Vec::new();
        let sql = "SELECT c.id, c.doc::text, c.num FROM change c ORDER BY c.num";
        session.each(sql, &[], u64::MAX, &mut |row| {
            let change = rows::change(row)?;
            counted.add(&change);
            batch.push((row.try_get(2)?, change));
            if batch.len() == COMPARED {
                found.extend(differing(session, &std::mem::take(&mut batch))?);
            }
            Ok(true)
        })?;
        found.extend(differing(session, &batch)?);
        let sql = "SELECT num FROM change_text t WHERE NOT EXISTS (SELECT 1 FROM change c WHERE c.num = t.num)";
        let alone: Vec<i64> = session.column(sql, &[])?;
        found.extend(alone.iter().map(|num| format!("row {num}: in the search index without a record")));
        let sql = "SELECT facet || ' ' || name || ' ' || month || ': ' || changes FROM tally";
        let stored: HashSet<String> = session.column(sql, &[])?.into_iter().collect();
        let lines = counted.rows().iter().map(|row| format!("{} {} {}: {}", row.0, row.1, row.2, row.3)).collect();
        if stored != lines {
            found.push("the counts by facet and month do not say what the records say".to_owned());
        }
        Ok(())
    })?;
    Ok(found)
}

/// What differs of these changes.
fn differing(session: &Session, changes: &[(i64, Change)]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let nums: Vec<i64> = changes.iter().map(|(num, _)| *num).collect();
    let vectors: Vec<Vector> = changes
        .iter()
        .map(|(_, change)| words::vector(&field_texts(change), &Known::default(), &mut HashSet::new()))
        .collect();
    let sql = "SELECT n.num FROM unnest($1, $2) n(num, words) LEFT JOIN change_text t ON t.num = n.num
               WHERE t.words IS DISTINCT FROM n.words";
    let other: HashSet<i64> = session.column(sql, params![nums.clone(), vectors])?.into_iter().collect();
    let sides = stored_sides(session, nums)?;
    for (num, change) in changes {
        let mut say = |what: &str| found.push(format!("{}: the {what} say what the record says", change.id));
        if other.contains(num) {
            say("search index does not");
        }
        if !columns_agree(session, *num, change)? {
            say("columns do not");
        }
        let expected: HashSet<String> = lines_of(*num, change);
        let prefix = format!("{num}\t");
        let stored: HashSet<String> =
            sides.iter().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect();
        if stored != expected {
            say("side tables do not");
        }
    }
    Ok(found)
}

/// The side rows that follow from a document alone, as lines without the number.
fn lines_of(num: i64, change: &Change) -> HashSet<String> {
    let mut lines = HashSet::new();
    for ((table, _), rows) in SIDE_TABLES.iter().zip(side_rows(num, change, &[])) {
        for row in rows {
            let values: Vec<String> = row
                .into_iter()
                .skip(1)
                .map(|value| value.map_or_else(|| "-".to_owned(), |value| format!("{:?}", shortest(&value))))
                .collect();
            lines.insert(format!("{table}\t{}", values.join("\t")));
        }
    }
    lines
}

/// Numbers are compared by what they are, not by how they are spelt.
fn shortest(value: &str) -> String {
    match value.parse::<f64>() {
        Ok(number) if value.starts_with(|c: char| c.is_ascii_digit() || c == '-') => number.to_string(),
        _ => value.to_owned(),
    }
}

/// The side rows of these changes as they are stored, as lines that begin with the number.
fn stored_sides(session: &Session, nums: Vec<i64>) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for (table, columns) in SIDE_TABLES.iter().filter(|(table, _)| *table != "change_fingerprint") {
        let columns: Vec<String> = columns.split(", ").map(|column| format!("{column}::text")).collect();
        let sql = format!("SELECT {} FROM {table} WHERE num = ANY($1)", columns.join(", "));
        let line = |row: &Row| -> Result<String> {
            let mut line = format!("{}\t{table}", row.try_get::<_, String>(0)?);
            for column in 1..row.len() {
                let value = row.try_get::<_, Option<String>>(column)?;
                line.push('\t');
                line.push_str(&value.map_or_else(|| "-".to_owned(), |value| format!("{:?}", shortest(&value))));
            }
            Ok(line)
        };
        for row in session.rows(&sql, params![nums.clone()])? {
            lines.push(line(&row)?);
        }
    }
    Ok(lines)
}

fn columns_agree(session: &Session, num: i64, change: &Change) -> Result<bool> {
    let sql = "SELECT id, revision::text, title, status, kind, owner, service, environment, at, shipped_at, created_at,
                      updated_at, source_kind, source_key, cut::text, checks::text, verified, verified_at
               FROM change WHERE num = $1";
    let Some(row) = session.row(sql, params![num])? else { return Ok(false) };
    let stored: Vec<Option<String>> = (0..row.len()).map(|column| row.try_get(column)).collect::<Result<_, _>>()?;
    let verified = evidence::verified(session, change)?;
    let expected = vec![
        Some(change.id.to_string()),
        Some(change.revision.to_string()),
        Some(change.title.clone()),
        Some(change.status.as_str().to_owned()),
        Some(change.kind.as_str().to_owned()),
        change.owner.clone(),
        change.service.clone(),
        change.environment.clone(),
        Some(change.at().to_string()),
        change.shipped_at.map(|at| at.to_string()),
        Some(change.created_at.to_string()),
        Some(change.updated_at.to_string()),
        Some(change.source.kind.clone()),
        change.source.key.clone(),
        Some(is_cut(&change.files).to_string()),
        Some(change.checks.len().to_string()),
        verified.map(|verified| verified.conclusion.to_string()),
        verified.map(|verified| verified.at.to_string()),
    ];
    Ok(stored == expected)
}
