//! Rows as they are moved to and from another engine.

use std::collections::HashSet;

use anyhow::{Context, Result};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, TransactionBehavior, params_from_iter};

use super::super::Store;
use super::super::document;
use super::super::moving::{CHANGE, Cell, ChangeRow, EachRow, Movable, RUNBOOK, Table, copy_rows};
use super::super::tally::Tally;
use super::staged::{Staged, folder_of};
use super::{SqliteStore, bulk, rows, runbook, tally};
use crate::query::field_texts;

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Int(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Self::Float(number) => ToSqlOutput::Owned(Value::Real(*number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

fn cell(row: &Row<'_>, column: usize) -> Result<Cell> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Real(number) => Cell::Float(number),
        _ => Cell::Text(row.get(column)?),
    })
}

fn names(table: &Table) -> String {
    table.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl Movable for SqliteStore {
    fn each_row(&self, table: &Table, skip: u64, each: &mut EachRow<'_>) -> Result<()> {
        self.reading(each_row(&self.connection, table, skip, each))
    }

    fn take_rows(&mut self, table: &Table, rows: &[Vec<Cell>], state: &str) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let places: Vec<String> = (1..=table.columns.len()).map(|place| format!("?{place}")).collect();
            let doc = table.columns.iter().position(|(name, _)| *name == "doc");
            let sum = doc.map(|place| format!(", checksum(?{})", place + 1)).unwrap_or_default();
            let (name, names, also) = (table.name, names(table), if doc.is_some() { ", checksum" } else { "" });
            let sql = format!("INSERT INTO {name} ({names}{also}) VALUES ({}{sum})", places.join(", "));
            let mut insert = transaction.prepare_cached(&sql)?;
            for row in rows {
                insert.execute(params_from_iter(row))?;
            }
        }
        derive(&transaction, table, rows)?;
        let sql = "INSERT OR REPLACE INTO meta (name, value) VALUES ('move', ?1)";
        transaction.execute(sql, [state])?;
        Ok(transaction.commit()?)
    }

    fn state(&self) -> Result<Option<String>> {
        let sql = "SELECT value FROM meta WHERE name = 'move'";
        Ok(self.connection.query_row(sql, [], |row| row.get(0)).optional()?)
    }

    fn rewrite(&mut self, identity: Option<&str>, change: &mut ChangeRow<'_>) -> Result<()> {
        let fresh = Staged::in_folder(folder_of(self.path()), ".rewrite-")?;
        let path = fresh.path().join("shipnote.db");
        let mut other = Self::open_or_create(&path)?;
        self.replace_by(&path, &mut |store| {
            copy_rows(&|table, each| store.each_row(table, 0, each), &mut |table, rows| {
                let rows: Result<Vec<_>> = rows.into_iter().map(|row| change(table, row)).collect();
                other.take_rows(table, &rows?, "")
            })?;
            let own = store.identity()?;
            other.settle(identity.unwrap_or(&own), store.last_seq()?)
        })?;
        self.refresh_evidence()
    }

    fn settle(&mut self, identity: &str, seq: u64) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("UPDATE counter SET value = ?1 WHERE name = 'seq'", [seq.cast_signed()])?;
        transaction.execute("UPDATE meta SET value = ?1 WHERE name = 'identity'", [identity])?;
        transaction.execute("DELETE FROM meta WHERE name = 'move'", [])?;
        Ok(transaction.commit()?)
    }
}

fn each_row(connection: &Connection, table: &Table, skip: u64, each: &mut EachRow<'_>) -> Result<()> {
    let Table { name, order, condition, .. } = table;
    let sql = format!("SELECT {} FROM {name} WHERE {condition} ORDER BY {order} LIMIT -1 OFFSET {skip}", names(table));
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let cells: Result<Vec<Cell>> = (0..table.columns.len()).map(|column| cell(row, column)).collect();
        if !each(cells?)? {
            break;
        }
    }
    Ok(())
}

/// Makes what follows from rows.
fn derive(connection: &Connection, table: &Table, rows: &[Vec<Cell>]) -> Result<()> {
    let (mut known, mut counted) = (HashSet::new(), Tally::default());
    for row in rows {
        let (Some(Cell::Int(num)), Some(Cell::Text(doc))) = (row.first(), row.last()) else { continue };
        match table.name {
            CHANGE => {
                let change = document::change("that is moved", doc)?;
                counted.add(&change);
                rows::insert_places(connection, *num, &change)?;
                rows::insert_values(connection, *num, &change, &[])?;
                bulk::index(connection, *num, &field_texts(&change), &mut known)?;
            }
            RUNBOOK => runbook::derive(connection, *num, &document::runbook(doc)?, &mut known)?,
            _ => {}
        }
    }
    tally::store(&counted, connection).context("the counts could not be stored")
}
