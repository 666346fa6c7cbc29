//! Rows of side tables that wait for others.
//!
//! The rows of one change stand all over their tables, and far from those of the next. Of a hundred thousand in the order of
//! the table many go to the same page.

use anyhow::Result;
use rusqlite::Connection;

use super::rows::Column;
use crate::model::Change;

/// Rows of a table that wait.
const MOST: usize = 100_000;

/// The values of changes that wait, by table.
#[derive(Default)]
pub(super) struct Waiting {
    columns: [Values; Column::ALL.len()],
}

/// Values and the numbers of their changes.
#[derive(Default)]
struct Values {
    /// Behind each other.
    text: String,
    /// Where each begins and ends, and its change.
    rows: Vec<(usize, usize, i64)>,
}

impl Waiting {
    /// Takes the values of a change.
    pub(super) fn take(
        &mut self,
        connection: &Connection,
        num: i64,
        change: &Change,
        fingerprints: &[String],
    ) -> Result<()> {
        for (column, values) in Column::ALL.into_iter().zip(&mut self.columns) {
            for value in column.values(change, fingerprints) {
                let start = values.text.len();
                values.text.push_str(value);
                values.rows.push((start, values.text.len(), num));
            }
            if values.rows.len() >= MOST {
                values.store(connection, column)?;
            }
        }
        Ok(())
    }

    /// Stores those of one table.
    pub(super) fn store(&mut self, connection: &Connection, column: Column) -> Result<()> {
        self.columns[column as usize].store(connection, column)
    }

    /// Stores all.
    pub(super) fn store_all(&mut self, connection: &Connection) -> Result<()> {
        Column::ALL.into_iter().try_for_each(|column| self.store(connection, column))
    }
}

impl Values {
    fn store(&mut self, connection: &Connection, column: Column) -> Result<()> {
        let Self { text, rows } = self;
        rows.sort_unstable_by_key(|&(start, end, num)| (&text[start..end], num));
        let mut insert = connection.prepare_cached(column.insert())?;
        for (start, end, num) in rows.drain(..) {
            insert.execute((num, &text[start..end]))?;
        }
        text.clear();
        Ok(())
    }
}
