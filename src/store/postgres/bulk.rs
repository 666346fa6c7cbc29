//! The first large import of a database: indexes that only find rows are made at its end, which takes a fraction of
//! growing them row by row.

use anyhow::Result;

use super::session::Session;

/// The primary keys of side tables: they hold by how the rows are made, and are made again, too.
const KEYS: &str = "SELECT c.conrelid::regclass::text, quote_ident(c.conname), pg_get_constraintdef(c.oid)
     FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
     WHERE t.relnamespace = current_schema()::regnamespace AND c.contype = 'p'
       AND t.relname LIKE 'change\\_%' AND t.relname <> 'change_text' AND pg_has_role(t.relowner, 'USAGE')
     ORDER BY c.oid";

/// Drops those indexes and returns the statements that make them again; none where the role does not own the tables.
/// Readers wait for the end of the import.
pub(super) fn drop_indexes(session: &Session) -> Result<Vec<String>> {
    let sql = "SELECT x.indexrelid::regclass::text, pg_get_indexdef(x.indexrelid)
               FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid
               WHERE t.relnamespace = current_schema()::regnamespace AND NOT x.indisunique
                 AND (t.relname LIKE 'change%' OR t.relname = 'event')
                 AND pg_has_role(t.relowner, 'USAGE')
               ORDER BY x.indexrelid";
    let mut statements = Vec::new();
    for row in session.rows(sql, &[])? {
        let name: String = row.try_get(0)?;
        session.batch(&format!("DROP INDEX {name}"))?;
        statements.push(row.try_get(1)?);
    }
    for row in session.rows(KEYS, &[])? {
        let (table, key, definition): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        session.batch(&format!("ALTER TABLE {table} DROP CONSTRAINT {key}"))?;
        statements.push(format!("ALTER TABLE {table} ADD CONSTRAINT {key} {definition}"));
    }
    Ok(statements)
}

/// Makes the indexes again.
pub(super) fn create_indexes(session: &Session, statements: &[String]) -> Result<()> {
    if statements.is_empty() {
        return Ok(());
    }
    for sql in statements {
        // A full-text index grows in a tree in memory: a small one is quicker than a large one.
        let memory = if sql.contains("USING gin") { "64MB" } else { "512MB" };
        session.batch(&format!("SET LOCAL maintenance_work_mem = '{memory}'; {sql}"))?;
    }
    // The planner knows nothing of a table that was just filled.
    session.batch("ANALYZE change, change_text, change_file, change_tag, change_metric, change_fingerprint")
}
