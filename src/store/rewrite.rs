//! A database made anew from what it keeps: to mend what follows from the records, or to take something out of every row.
//!
//! The rows go to a new file through the same tables as a move ([`super::moving`]), and from there back in one transaction,
//! while nobody else writes: a crash leaves the old content or the new one. What is freed in a file is overwritten; on a server
//! every table gets new files.

use anyhow::Result;

use super::moving::{self, CHANGE, Cell, RUNBOOK, Table};
use super::{Database, document};
use crate::model::Change;
use crate::query::is_cut;

/// A text that a database keeps.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'k> {
    /// What it is of, for instance `changes`.
    pub what: &'static str,
    /// Its id, its name, or the number of its row.
    pub name: &'k str,
    /// The column: `doc` holds a JSON document.
    pub column: &'static str,
    /// The text.
    pub text: &'k str,
}

impl Kept<'_> {
    /// Whether the text is a JSON document.
    pub fn is_document(&self) -> bool {
        self.column == "doc"
    }
}

/// Calls `each` with every text of every record, revision, event and run.
///
/// # Errors
/// What the engine reports, and what `each` returns.
pub fn each_kept(database: &Database, each: &mut dyn FnMut(Kept<'_>) -> Result<()>) -> Result<()> {
    for table in moving::tables() {
        database.movable().each_row(table, 0, &mut |row| {
            each_text(table, &row, each)?;
            Ok(true)
        })?;
    }
    Ok(())
}

/// The columns that say what stands in no document beside them.
fn is_kept(table: &Table, column: &str) -> bool {
    match table.name {
        CHANGE | RUNBOOK => column == "doc",
        _ => ["doc", "detail", "reason", "title", "output", "name"].contains(&column),
    }
}

fn each_text(table: &Table, row: &[Cell], each: &mut dyn FnMut(Kept<'_>) -> Result<()>) -> Result<()> {
    let name = ["id", "change_id", "subject", "name"]
        .iter()
        .find_map(|wanted| table.columns.iter().position(|(column, _)| column == wanted));
    let name = match name.map(|place| &row[place]) {
        Some(Cell::Text(name)) => name.as_str(),
        _ => "",
    };
    for ((column, _), cell) in table.columns.iter().zip(row) {
        if let Cell::Text(text) = cell
            && is_kept(table, column)
        {
            each(Kept { what: table.what(), name, column, text })?;
        }
    }
    Ok(())
}

/// What to do with a text: `Some` other text, or `None` to leave it.
pub type ChangeText<'c> = dyn Fn(&Kept<'_>) -> Result<Option<String>> + 'c;

/// Makes everything that follows from the records anew, with what `change` makes of each text, and gives the database another
/// `identity`.
///
/// # Errors
/// A document that cannot be read, and what the engine reports; then nothing was changed.
pub fn rewrite(database: &mut Database, identity: Option<&str>, change: &ChangeText<'_>) -> Result<()> {
    database.movable_mut().rewrite(identity, &mut |table, row| changed(table, row, change))
}

/// A row with other texts, and what its columns repeat of its document.
fn changed(table: &Table, mut row: Vec<Cell>, change: &ChangeText<'_>) -> Result<Vec<Cell>> {
    let mut others = Vec::new();
    each_text(table, &row, &mut |kept| {
        others.extend(change(&kept)?.map(|text| (kept.column, text)));
        Ok(())
    })?;
    for (column, text) in others {
        set(table, &mut row, column, Cell::Text(text));
    }
    let document = table.columns.iter().position(|(name, _)| *name == "doc").map(|place| row[place].clone());
    match (table.name, document) {
        (CHANGE, Some(Cell::Text(text))) => {
            repeat_change(table, &mut row, &document::change("that is rewritten", &text)?);
        }
        (RUNBOOK, Some(Cell::Text(text))) => {
            let runbook = document::runbook(&text)?;
            set(table, &mut row, "title", Cell::Text(runbook.title));
            set(table, &mut row, "owner", optional(runbook.owner));
            set(table, &mut row, "service", optional(runbook.service));
            set(table, &mut row, "source_key", optional(runbook.source.key));
        }
        _ => {}
    }
    Ok(row)
}

fn set(table: &Table, row: &mut [Cell], column: &str, cell: Cell) {
    if let Some(place) = table.columns.iter().position(|(name, _)| *name == column) {
        row[place] = cell;
    }
}

fn optional(text: Option<String>) -> Cell {
    text.map_or(Cell::Null, Cell::Text)
}

/// What the columns of a change repeat of its document.
fn repeat_change(table: &Table, row: &mut [Cell], change: &Change) {
    let cells = [
        ("id", Cell::Text(change.id.to_string())),
        ("revision", Cell::Int(change.revision.cast_signed())),
        ("title", Cell::Text(change.title.clone())),
        ("status", Cell::Text(change.status.as_str().to_owned())),
        ("kind", Cell::Text(change.kind.as_str().to_owned())),
        ("owner", optional(change.owner.clone())),
        ("service", optional(change.service.clone())),
        ("environment", optional(change.environment.clone())),
        ("at", Cell::Text(change.at().to_string())),
        ("shipped_at", optional(change.shipped_at.map(|at| at.to_string()))),
        ("created_at", Cell::Text(change.created_at.to_string())),
        ("updated_at", Cell::Text(change.updated_at.to_string())),
        ("source_kind", Cell::Text(change.source.kind.clone())),
        ("source_key", optional(change.source.key.clone())),
        ("cut", Cell::Int(i64::from(is_cut(&change.files)))),
        ("checks", Cell::Int(change.checks.len() as i64)),
        // What the evidence says is written down when all of it is there.
        ("verified", Cell::Null),
        ("verified_at", Cell::Null),
    ];
    for (column, cell) in cells {
        set(table, row, column, cell);
    }
}
