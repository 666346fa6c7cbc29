//! Rows as they are moved to and from another engine, and put back in their place.

use anyhow::Result;
use postgres::Row;

use super::super::SqliteStore;
use super::super::document;
use super::super::moving::{CHANGE, Cell, ChangeRow, EachRow, Kind, Movable, RUNBOOK, Table, copy_rows};
use super::super::tally::Tally;
use super::pending::Pending;
use super::session::{Session, params};
use super::words::{Known, SharedWords};
use super::{PostgresStore, derived, evidence, rows, runbook};

/// What is kept, and what follows from it. What stands in `meta` and `counter` holds whatever the rows say.
const EVERYTHING: &str = "change, change_file, change_tag, change_metric, change_commit, change_relation, change_fingerprint,
    change_text, revision, tombstone, event, word, tally, evidence, runbook, runbook_alert, runbook_tag, runbook_revision,
    runbook_text";

fn cell(row: &Row, column: usize, kind: Kind) -> Result<Cell> {
    Ok(match kind {
        Kind::Int | Kind::Bool => row.try_get::<_, Option<i64>>(column)?.map_or(Cell::Null, Cell::Int),
        Kind::Float => row.try_get::<_, Option<f64>>(column)?.map_or(Cell::Null, Cell::Float),
        Kind::Text => row.try_get::<_, Option<String>>(column)?.map_or(Cell::Null, Cell::Text),
    })
}

/// A value as COPY reads it.
fn spelt(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Int(number) => Some(number.to_string()),
        Cell::Float(number) => Some(number.to_string()),
        Cell::Text(text) => Some(text.clone()),
    }
}

impl Movable for PostgresStore {
    fn each_row(&self, table: &Table, skip: u64, each: &mut EachRow<'_>) -> Result<()> {
        self.reading(each_row(&self.session, table, skip, each))
    }

    fn take_rows(&mut self, table: &Table, rows: &[Vec<Cell>], state: &str) -> Result<()> {
        self.transact(&mut |session| {
            put(session, table, rows)?;
            let sql = "INSERT INTO meta (name, value) VALUES ('move', $1)
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            session.execute(sql, params![state])?;
            Ok(())
        })
    }

    fn state(&self) -> Result<Option<String>> {
        self.reading(self.session.one("SELECT value FROM meta WHERE name = 'move'", &[]))
    }

    fn rewrite(&mut self, identity: Option<&str>, change: &mut ChangeRow<'_>) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let mut fresh = SqliteStore::open_or_create(&folder.path().join("shipnote.db"))?;
        self.transact(&mut |session| {
            session.batch("SET LOCAL statement_timeout = 0")?;
            copy_rows(&|table, each| each_row(session, table, 0, each), &mut |table, rows| {
                let rows: Result<Vec<_>> = rows.into_iter().map(|row| change(table, row)).collect();
                fresh.take_rows(table, &rows?, "")
            })?;
            // The files of the tables are others then, and those that were are gone.
            session.batch(&format!("TRUNCATE {EVERYTHING}; DELETE FROM meta WHERE name LIKE 'import %'"))?;
            let read = |table: &Table, each: &mut EachRow<'_>| fresh.each_row(table, 0, each);
            copy_rows(&read, &mut |table, rows| put(session, table, &rows))?;
            for row in session.rows("SELECT id, doc::text, num FROM change WHERE checks > 0", &[])? {
                evidence::refresh(session, row.try_get(2)?, &rows::change(&row)?)?;
            }
            if let Some(identity) = identity {
                session.execute("UPDATE meta SET value = $1 WHERE name = 'identity'", params![identity])?;
            }
            session.batch("ANALYZE")
        })
    }

    fn settle(&mut self, identity: &str, seq: u64) -> Result<()> {
        self.transact(&mut |session| {
            let sql = "UPDATE counter SET value = CASE name
                           WHEN 'seq' THEN $1
                           WHEN 'change' THEN greatest((SELECT max(num) FROM change), (SELECT max(num) FROM tombstone), 0)
                           WHEN 'event' THEN coalesce((SELECT max(num) FROM event), 0)
                           WHEN 'evidence' THEN coalesce((SELECT max(num) FROM evidence), 0)
                           WHEN 'runbook' THEN coalesce((SELECT max(num) FROM runbook), 0)
                           ELSE value END";
            session.execute(sql, params![seq.cast_signed()])?;
            session.execute("UPDATE meta SET value = $1 WHERE name = 'identity'", params![identity])?;
            session.execute("DELETE FROM meta WHERE name = 'move'", &[])?;
            Ok(())
        })?;
        // The planner knows nothing of tables that were just filled.
        self.reading(self.session.batch("ANALYZE"))
    }
}

fn each_row(session: &Session, table: &Table, skip: u64, each: &mut EachRow<'_>) -> Result<()> {
    let column = |(name, kind): &(&str, Kind)| match kind {
        Kind::Int => format!("{name}::bigint"),
        Kind::Bool => format!("{name}::int::bigint"),
        Kind::Float => (*name).to_owned(),
        Kind::Text => format!("{name}::text"),
    };
    let columns: Vec<String> = table.columns.iter().map(column).collect();
    let Table { name, order, condition, .. } = table;
    let sql = format!("SELECT {} FROM {name} WHERE {condition} ORDER BY {order} OFFSET {skip}", columns.join(", "));
    session.each(&sql, &[], u64::MAX, &mut |row| {
        let cells = table.columns.iter().enumerate().map(|(place, (_, kind))| cell(row, place, *kind));
        each(cells.collect::<Result<_>>()?)
    })
}

/// Stores rows, and what follows from them.
fn put(session: &Session, table: &Table, rows: &[Vec<Cell>]) -> Result<()> {
    let (mut pending, known) = (Pending::default(), SharedWords::default());
    let names = table.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    for row in rows {
        let values: Vec<Option<String>> = row.iter().map(spelt).collect();
        pending.row((table.name, &names), &values);
    }
    derive(session, table, rows, &mut pending, &mut known.lock())?;
    pending.send(session, &known)
}

/// Makes what follows from rows.
fn derive(
    session: &Session,
    table: &Table,
    rows: &[Vec<Cell>],
    pending: &mut Pending,
    known: &mut Known,
) -> Result<()> {
    let mut counted = Tally::default();
    for row in rows {
        let (Some(Cell::Int(num)), Some(Cell::Text(doc))) = (row.first(), row.last()) else { continue };
        match table.name {
            CHANGE => {
                let change = document::change("that is moved", doc)?;
                counted.add(&change);
                pending.index(*num, &change, &[]);
            }
            RUNBOOK => runbook::derive(session, *num, &document::runbook(doc)?, known)?,
            _ => {}
        }
    }
    derived::store_tally(session, &counted)
}
