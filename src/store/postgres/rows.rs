//! Rows to values and back: summaries, events, and the rows of the side tables.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use anyhow::{Result, anyhow};
use postgres::Row;

use super::super::{Summary, Tombstone, document};
use crate::model::{Change, Metric};

/// The columns [`summary`] reads, in its order.
pub(super) const SUMMARY: &str = "c.id, c.title, c.status, c.kind, c.owner, c.service, c.at, c.seq";

/// Reads a text column as the type its text spells.
pub(super) fn read<T>(row: &Row, column: usize) -> Result<T>
where
    T: FromStr,
    T::Err: Display,
{
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|error| anyhow!("`{text}` {error}"))
}

/// Reads a number that is never negative.
pub(super) fn number(row: &Row, column: usize) -> Result<u64> {
    Ok(row.try_get::<_, i64>(column)?.unsigned_abs())
}

pub(super) fn summary(row: &Row) -> Result<Summary> {
    Ok(Summary {
        id: read(row, 0)?,
        title: row.try_get(1)?,
        status: read(row, 2)?,
        kind: read(row, 3)?,
        owner: row.try_get(4)?,
        service: row.try_get(5)?,
        at: read(row, 6)?,
        seq: number(row, 7)?,
    })
}

/// The columns [`change`] reads, in its order.
pub(super) const DOCUMENT: &str = "c.id, c.doc::text";

pub(super) fn change(row: &Row) -> Result<Change> {
    document::change(row.try_get(0)?, row.try_get(1)?)
}

/// The columns [`tombstone`] reads, in its order.
pub(super) const TOMBSTONE: &str = "at, actor, reason, title";

pub(super) fn tombstone(row: &Row) -> Result<Tombstone> {
    Ok(Tombstone { at: read(row, 0)?, actor: row.try_get(1)?, reason: row.try_get(2)?, title: row.try_get(3)? })
}

/// The tables beside `change`, with the columns that [`side_rows`] fills.
pub(super) const SIDE_TABLES: [(&str, &str); 6] = [
    ("change_file", "num, path"),
    ("change_tag", "num, tag"),
    ("change_metric", "num, place, name, unit, before, after, better, percent, verdict"),
    ("change_commit", "num, hash"),
    ("change_relation", "num, place, kind, target"),
    ("change_fingerprint", "num, fingerprint"),
];

/// One row of a side table, as text; `None` is absent.
pub(super) type TextRow = Vec<Option<String>>;

/// The rows a change has in each of [`SIDE_TABLES`].
pub(super) fn side_rows(num: i64, change: &Change, fingerprints: &[String]) -> [Vec<TextRow>; 6] {
    let num = Some(num.to_string());
    let each = |values: &[String]| {
        let distinct: BTreeSet<&String> = values.iter().collect();
        distinct.into_iter().map(|value| vec![num.clone(), Some(value.clone())]).collect::<Vec<_>>()
    };
    let metrics = change.metrics.iter().enumerate().map(|(place, metric)| metric_row(&num, place, metric));
    let relations = change.relations.iter().enumerate().map(|(place, relation)| {
        let (kind, target) = (relation.kind.as_str().to_owned(), relation.id.to_string());
        vec![num.clone(), Some(place.to_string()), Some(kind), Some(target)]
    });
    [
        each(&change.files),
        each(&change.tags),
        metrics.collect(),
        each(&change.commits),
        relations.collect(),
        each(fingerprints),
    ]
}

fn metric_row(num: &Option<String>, place: usize, metric: &Metric) -> TextRow {
    let float = |value: Option<f64>| value.map(|value| value.to_string());
    vec![
        num.clone(),
        Some(place.to_string()),
        Some(metric.name.clone()),
        metric.unit.clone(),
        float(metric.before),
        float(metric.after),
        Some(metric.better.as_str().to_owned()),
        float(metric.percent()),
        metric.verdict().map(|verdict| verdict.as_str().to_owned()),
    ]
}
