//! Checksums of documents. SQLite has none of its pages, and what is derived from a record shows a bit that flipped only where
//! that made another word of one.

use anyhow::Result;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// Tables with documents, and the columns that name their rows.
const DOCUMENTS: [(&str, &str); 4] = [
    ("change", "'the record ' || id"),
    ("revision", "'revision ' || revision || ' of ' || id"),
    ("runbook", "'the runbook ' || name"),
    ("runbook_revision", "'revision ' || revision || ' of the runbook ' || name"),
];
/// Documents that are named, at most, of each table.
const NAMED: usize = 5;

/// Makes the SQL function `checksum`: the first eight bytes of a BLAKE3 hash of the bytes of a text, and null of what is none.
pub(super) fn define(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("checksum", 1, flags, |context| {
        let sum = |text: &[u8]| {
            let mut first = [0; 8];
            first.copy_from_slice(&blake3::hash(text).as_bytes()[..8]);
            i64::from_be_bytes(first)
        };
        Ok(context.get_raw(0).as_bytes().ok().map(sum))
    })
}

/// The documents that are not as they were written.
pub(super) fn differing(connection: &Connection) -> Result<Vec<String>> {
    define(connection)?;
    let mut found = Vec::new();
    for (table, name) in DOCUMENTS {
        let sql = format!("SELECT {name} FROM {table} WHERE checksum IS NOT checksum(doc) LIMIT {NAMED}");
        let mut statement = connection.prepare(&sql)?;
        for name in statement.query_map([], |row| row.get::<_, String>(0))? {
            found.push(format!("{} is not as it was written", name?));
        }
    }
    Ok(found)
}
