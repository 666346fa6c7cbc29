//! Copies of a database: a backup of it, and the way back.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use rusqlite::Connection;

use super::super::StoreError;
use super::SqliteStore;
use super::checksum;
use super::staged::{Staged, folder_of};

impl SqliteStore {
    /// What SQLite finds wrong with the pages and the references of the file, at most a few lines; none when all is well.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub fn damage(&self) -> Result<Vec<String>> {
        self.reading(damage(&self.connection))
    }

    /// Copies the database as it is now to a new file, which is looked through before it gets its name. Others may read and
    /// write meanwhile.
    ///
    /// # Errors
    /// When there is such a file already, when this database is damaged, and when there is no room.
    pub fn backup(&self, to: &Path) -> Result<()> {
        ensure!(!to.exists(), "{} exists already", to.display());
        let folder = folder_of(to);
        let staged = Staged::in_folder(folder, ".backup-")?;
        let path = staged.path().join("shipnote.db");
        self.reading(copy(&self.connection, &path))?;
        let made = damage(&Connection::open(&path)?)?;
        ensure!(made.is_empty(), "the copy is damaged, and so may be the database: {}", made.join("; "));
        File::open(&path)?.sync_all()?;
        std::fs::rename(&path, to).with_context(|| format!("cannot write {}", to.display()))?;
        // The name is on disk, too, when this returns.
        Ok(File::open(folder)?.sync_all()?)
    }

    /// Takes the content of a backup in place of what is at `path`, which is kept beside it; returns where. The backup is
    /// looked through first and left as it is.
    ///
    /// # Errors
    /// A backup that is damaged, of a newer version, or no database; then nothing was changed.
    pub fn restore(path: &Path, backup: &Path, identity: &str) -> Result<Option<PathBuf>> {
        let folder = folder_of(path);
        let staged = Staged::in_folder(folder, ".restore-")?;
        let copy = staged.path().join("shipnote.db");
        std::fs::copy(backup, &copy).with_context(|| format!("cannot read {}", backup.display()))?;
        // Opening it brings its schema up to date.
        let source = Self::open(&copy).with_context(|| format!("{} is no backup to restore", backup.display()))?;
        let wrong = source.damage().unwrap_or_else(|error| vec![format!("{error:#}")]);
        if let Some(first) = wrong.first() {
            bail!("{} is damaged ({first}): take another backup", backup.display());
        }
        source.connection.execute("UPDATE meta SET value = ?1 WHERE name = 'identity'", [identity])?;
        source.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        drop(source);
        let aside = free_name(path, "before-restore");
        match present(path)? {
            Some(mut store) => {
                store.backup(&aside)?;
                store.replace_by(&copy, &mut |_| Ok(()))?;
            }
            // What cannot be read is kept as it is; a log without its database would be taken for one of the other.
            None => {
                for ending in ["", "-wal", "-shm", "-journal"] {
                    let from = with_ending(path, ending);
                    if from.exists() {
                        std::fs::rename(&from, with_ending(&aside, ending))?;
                    }
                }
                std::fs::rename(&copy, path)?;
                File::open(folder)?.sync_all()?;
            }
        }
        Ok(aside.exists().then_some(aside))
    }
}

/// The database that is there, `None` where there is none or it is damaged or of another version. One that somebody holds, or
/// for which there is no room, is neither: whoever has it open would go on writing to what was set aside.
fn present(path: &Path) -> Result<Option<SqliteStore>> {
    if !path.exists() {
        return Ok(None);
    }
    let looked = SqliteStore::open(path).and_then(|store| Ok((store.damage()?.is_empty(), store)));
    match looked {
        Ok((sound, store)) => Ok(sound.then_some(store)),
        Err(error) => match error.downcast_ref() {
            Some(StoreError::Busy { .. } | StoreError::Full { .. } | StoreError::ReadOnly { .. }) => Err(error),
            _ => Ok(None),
        },
    }
}

/// Copies a database before its schema is brought up to date, once for each schema; the copy stands beside it.
pub(super) fn before_migration(connection: &Connection, path: &Path, version: i64) -> Result<()> {
    let to = with_ending(path, &format!(".schema-{version}.backup"));
    if to.exists() {
        return Ok(());
    }
    // Several may come at once: each makes its own, and they are the same.
    let folder = folder_of(path);
    let staged = Staged::in_folder(folder, ".backup-")?;
    let made = staged.path().join("shipnote.db");
    copy(connection, &made).context("no backup could be made before the schema is brought up to date")?;
    // Somebody else may have brought it up to date in between, and has the copy.
    let copied: i64 = Connection::open(&made)?.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if copied != version {
        return Ok(());
    }
    File::open(&made)?.sync_all()?;
    std::fs::rename(&made, &to)?;
    Ok(File::open(folder)?.sync_all()?)
}

fn copy(connection: &Connection, to: &Path) -> Result<()> {
    connection.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    Ok(())
}

fn damage(connection: &Connection) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut pages = connection.prepare("PRAGMA integrity_check(5)")?;
    for line in pages.query_map([], |row| row.get::<_, String>(0))? {
        found.push(line?);
    }
    found.retain(|line| line != "ok");
    found.extend(checksum::differing(connection)?);
    let mut references = connection.prepare("PRAGMA foreign_key_check")?;
    let tables = references.query_map([], |row| row.get::<_, String>(0))?;
    for table in tables.take(5) {
        found.push(format!("a row of {} belongs to no record", table?));
    }
    Ok(found)
}

/// A name beside the database that nothing has.
fn free_name(path: &Path, what: &str) -> PathBuf {
    let names = (1..).map(|number| with_ending(path, &format!(".{what}-{number}")));
    names.into_iter().find(|name| !name.exists()).unwrap_or_else(|| with_ending(path, &format!(".{what}")))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Opens it as anybody else would.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_another_schema_is_none_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shipnote.db");
        let store = SqliteStore::open_or_create(&path).unwrap();
        let version: i64 = store.connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        for (of, kept) in [(version - 1, false), (version, true)] {
            before_migration(&store.connection, &path, of).unwrap();
            assert_eq!(with_ending(&path, &format!(".schema-{of}.backup")).exists(), kept, "{of}");
        }
    }

    #[test]
    fn names_that_are_taken_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        assert_eq!(free_name(&path, "x"), folder.path().join("a.db.x-1"));
        File::create(folder.path().join("a.db.x-1")).unwrap();
        assert_eq!(free_name(&path, "x"), folder.path().join("a.db.x-2"));
    }
}
