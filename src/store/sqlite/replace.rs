//! A database whose content is exchanged for that of another file.

use std::path::Path;

use anyhow::{Result, ensure};

use rusqlite::TransactionBehavior;

use super::super::document;
use super::{SqliteStore, evidence, open};

impl SqliteStore {
    /// Takes the content of `other` in place of its own, in one transaction. `fill` makes that file from this database, to
    /// which nobody else writes meanwhile. What was there before is in no page afterwards.
    pub(in crate::store) fn replace_by(
        &mut self,
        other: &Path,
        fill: &mut dyn FnMut(&Self) -> Result<()>,
    ) -> Result<()> {
        let exchanged = self.exchange(other, fill);
        if exchanged.is_err() && !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        // A connection that looked at the full-text index before would not see the other one.
        self.connection = self.reading(open::connect(&self.path))?;
        self.reading(exchanged)?;
        self.reading(self.overwrite_what_is_free())
    }

    /// Says anew of each change with checks what its evidence says.
    pub(in crate::store) fn refresh_evidence(&mut self) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let rows: Vec<(i64, String)> = transaction
            .prepare("SELECT num, doc FROM change WHERE checks > 0")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (num, doc) in rows {
            evidence::refresh(&transaction, num, &document::change("with checks", &doc)?)?;
        }
        Ok(transaction.commit()?)
    }

    fn exchange(&self, other: &Path, fill: &mut dyn FnMut(&Self) -> Result<()>) -> Result<()> {
        self.connection.execute("ATTACH ?1 AS fresh", [other.to_string_lossy()])?;
        // `BEGIN IMMEDIATE` would keep others from writing to the new file, too, which is still to be filled.
        let begin = "PRAGMA secure_delete = ON; BEGIN; UPDATE main.counter SET value = value WHERE name = 'seq';
                     PRAGMA defer_foreign_keys = ON;";
        self.connection.execute_batch(begin)?;
        fill(self)?;
        // Tables with rows of their own, those of the full-text indexes too.
        let sql = "SELECT name FROM fresh.sqlite_schema
                   WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
        let mut names = self.connection.prepare(sql)?;
        let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        for name in &names {
            self.connection.execute_batch(&format!("DELETE FROM main.\"{name}\";"))?;
        }
        for name in &names {
            self.connection.execute_batch(&format!("INSERT INTO main.\"{name}\" SELECT * FROM fresh.\"{name}\";"))?;
        }
        self.connection.execute_batch("COMMIT; DETACH fresh;")?;
        Ok(())
    }

    fn overwrite_what_is_free(&self) -> Result<()> {
        self.connection.execute_batch("PRAGMA secure_delete = ON; VACUUM;")?;
        let busy: bool = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        ensure!(!busy, "somebody else has the database open: the write-ahead log still holds what was there before");
        Ok(())
    }
}
