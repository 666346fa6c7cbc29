//! Moving a database from one engine to another: everything in it, revisions and evidence too.
//!
//! The tables that are no consequence of others are copied row by row; side tables, counts and the full-text index are made
//! anew from the documents. Each batch is one transaction that also writes down how far the move came, so that one that was
//! interrupted goes on where it stopped. In the end both databases are read and compared.

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::{Database, Store};
use crate::query::Expr;

/// Rows of one transaction.
const BATCH: usize = 1_000;

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Float(f64),
    Text(String),
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Float,
    Bool,
    Text,
}

/// A table that is copied.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// What its rows are called.
    what: &'static str,
    pub(super) columns: &'static [(&'static str, Kind)],
    /// Columns that no two rows have in common.
    pub(super) order: &'static str,
    /// Which rows.
    pub(super) condition: &'static str,
}

const fn text(name: &'static str) -> (&'static str, Kind) {
    (name, Kind::Text)
}

const fn int(name: &'static str) -> (&'static str, Kind) {
    (name, Kind::Int)
}

const ALL: &str = "true";

pub(super) const CHANGE: &str = "change";
pub(super) const RUNBOOK: &str = "runbook";

static TABLES: [Table; 9] = [
    Table {
        name: CHANGE,
        what: "changes",
        columns: &[
            int("num"),
            text("id"),
            int("seq"),
            int("revision"),
            text("title"),
            text("status"),
            text("kind"),
            text("owner"),
            text("service"),
            text("environment"),
            text("at"),
            text("shipped_at"),
            text("created_at"),
            text("updated_at"),
            text("source_kind"),
            text("source_key"),
            text("digest"),
            ("cut", Kind::Bool),
            int("checks"),
            text("verified"),
            text("verified_at"),
            text("doc"),
        ],
        order: "num",
        condition: ALL,
    },
    Table {
        name: "change_fingerprint",
        what: "fingerprints of errors",
        columns: &[int("num"), text("fingerprint")],
        order: "num, fingerprint",
        condition: ALL,
    },
    Table {
        name: "revision",
        what: "earlier revisions",
        columns: &[text("id"), int("revision"), text("doc")],
        order: "id, revision",
        condition: ALL,
    },
    Table {
        name: "tombstone",
        what: "deleted changes",
        columns: &[text("id"), int("seq"), text("at"), text("actor"), text("reason"), text("title"), int("num")],
        order: "id",
        condition: ALL,
    },
    Table {
        name: "event",
        what: "events",
        columns: &[
            int("num"),
            text("at"),
            text("actor"),
            text("git_identity"),
            text("action"),
            text("change_id"),
            int("revision"),
            text("detail"),
        ],
        order: "num",
        condition: ALL,
    },
    Table {
        name: "evidence",
        what: "runs of checks and steps",
        columns: &[
            int("num"),
            text("subject_kind"),
            text("subject"),
            text("kind"),
            text("name"),
            text("digest"),
            text("at"),
            text("actor"),
            text("git_identity"),
            text("conclusion"),
            text("detail"),
            int("code"),
            ("seconds", Kind::Float),
            text("output"),
            ("cut", Kind::Bool),
        ],
        order: "num",
        condition: ALL,
    },
    Table {
        name: RUNBOOK,
        what: "runbooks",
        columns: &[
            int("num"),
            text("name"),
            int("seq"),
            int("revision"),
            text("title"),
            text("owner"),
            text("service"),
            text("updated_at"),
            text("source_kind"),
            text("source_key"),
            text("doc"),
        ],
        order: "num",
        condition: ALL,
    },
    Table {
        name: "runbook_revision",
        what: "revisions of runbooks",
        columns: &[
            text("name"),
            int("seq"),
            int("revision"),
            text("at"),
            text("actor"),
            text("git_identity"),
            text("action"),
            text("detail"),
            text("doc"),
        ],
        order: "name, seq",
        condition: ALL,
    },
    Table {
        name: "meta",
        what: "marks of imports",
        columns: &[text("name"), text("value")],
        order: "name",
        condition: "name LIKE 'import %'",
    },
];

impl Table {
    /// What its rows are called.
    pub(super) fn what(&self) -> &'static str {
        self.what
    }
}

/// The tables that are copied, in the order in which they can be.
pub(super) fn tables() -> &'static [Table] {
    &TABLES
}

/// What becomes of a row that is copied.
pub(super) type ChangeRow<'c> = dyn FnMut(&Table, Vec<Cell>) -> Result<Vec<Cell>> + 'c;

/// Takes rows of a table.
pub(super) type TakeRows<'t> = dyn FnMut(&Table, Vec<Vec<Cell>>) -> Result<()> + 't;

/// Reads every table and hands on its rows, many at once.
pub(super) fn copy_rows(read: &dyn Fn(&Table, &mut EachRow<'_>) -> Result<()>, take: &mut TakeRows<'_>) -> Result<()> {
    for table in &TABLES {
        let mut batch = Vec::with_capacity(BATCH);
        read(table, &mut |row| {
            batch.push(row);
            if batch.len() == BATCH {
                take(table, std::mem::take(&mut batch))?;
            }
            Ok(true)
        })?;
        take(table, batch)?;
    }
    Ok(())
}

/// Takes a row.
pub(super) type EachRow<'e> = dyn FnMut(Vec<Cell>) -> Result<bool> + 'e;

/// What an engine can do for a move.
pub(super) trait Movable {
    /// Calls `each` with the rows of a table in order, but for the first `skip`, until it returns false.
    fn each_row(&self, table: &Table, skip: u64, each: &mut EachRow<'_>) -> Result<()>;

    /// Stores rows, what follows from them, and how far the move came, in one transaction.
    fn take_rows(&mut self, table: &Table, rows: &[Vec<Cell>], state: &str) -> Result<()>;

    /// How far a move into this database came; `None` when there is none.
    fn state(&self) -> Result<Option<String>>;

    /// Takes out everything and puts it back, each row as `change` makes it, in one transaction; what follows from the rows is
    /// made anew. `identity` is another one for the database.
    fn rewrite(&mut self, identity: Option<&str>, change: &mut ChangeRow<'_>) -> Result<()>;

    /// Ends a move: numbers go on from where they were, and the database is known as the one it was.
    fn settle(&mut self, identity: &str, seq: u64) -> Result<()>;
}

/// How far a move came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// Of which database, as it was after which write.
    identity: String,
    seq: u64,
    /// The table, and its rows that were stored.
    table: usize,
    rows: u64,
}

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// What, and how many of them.
    pub counts: Vec<(&'static str, u64)>,
    /// Whether it went on with one that was interrupted.
    pub resumed: bool,
}

/// Copies everything of one database into another, empty one, and compares them; `progress` hears how many rows were copied
/// of what.
///
/// # Errors
/// When the other database is not empty, when the first was written to since a move that is gone on with, and when the two do
/// not say the same in the end.
pub fn move_all(from: &Database, to: &mut Database, progress: &dyn Fn(&'static str, u64)) -> Result<Moved> {
    let mut moved = None;
    from.snapshot(&mut || {
        moved = Some(copy(from, to, progress)?);
        Ok(())
    })?;
    moved.context("nothing was moved")
}

fn copy(from: &Database, to: &mut Database, progress: &dyn Fn(&'static str, u64)) -> Result<Moved> {
    let begin = State { identity: from.identity()?, seq: from.last_seq()?, table: 0, rows: 0 };
    let before = to.movable().state()?.map(|state| serde_json::from_str::<State>(&state)).transpose()?;
    let mut state = match &before {
        Some(state) => {
            ensure!(
                (&state.identity, state.seq) == (&begin.identity, begin.seq),
                "a move from another database, or from an earlier state of it, was begun here: give an empty database"
            );
            state.clone()
        }
        None => {
            ensure!(
                to.last_seq()? == 0 && to.count(&Expr::Everything)? == 0,
                "the database that is moved to is not empty"
            );
            begin.clone()
        }
    };
    while let Some(table) = TABLES.get(state.table) {
        copy_table(from, to, table, &mut state, progress)?;
        state = State { table: state.table + 1, rows: 0, ..state };
        to.movable_mut().take_rows(table, &[], &serde_json::to_string(&state)?)?;
    }
    let counts = compare(from, to)?;
    to.movable_mut().settle(&begin.identity, begin.seq)?;
    Ok(Moved { counts, resumed: before.is_some() })
}

fn copy_table(
    from: &Database,
    to: &mut Database,
    table: &Table,
    state: &mut State,
    progress: &dyn Fn(&'static str, u64),
) -> Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut store = |batch: &mut Vec<Vec<Cell>>, state: &mut State| -> Result<()> {
        state.rows += batch.len() as u64;
        to.movable_mut().take_rows(table, batch, &serde_json::to_string(state)?)?;
        batch.clear();
        progress(table.what, state.rows);
        Ok(())
    };
    from.movable().each_row(table, state.rows, &mut |row| {
        batch.push(row);
        if batch.len() == BATCH {
            store(&mut batch, state)?;
        }
        Ok(true)
    })?;
    if batch.is_empty() { Ok(()) } else { store(&mut batch, state) }
}

/// Reads both and compares them, table by table; returns how many rows there are.
fn compare(from: &Database, to: &Database) -> Result<Vec<(&'static str, u64)>> {
    let mut counts = Vec::new();
    for table in &TABLES {
        let (one, other) = (summed(from, table)?, summed(to, table)?);
        if one != other {
            bail!(
                "the {} differ: {} were read, {} are there, and they do not say the same",
                table.what,
                one.0,
                other.0
            );
        }
        counts.push((table.what, one.0));
    }
    Ok(counts)
}

/// How many rows a table has, and a digest of all of them.
fn summed(database: &Database, table: &Table) -> Result<(u64, blake3::Hash)> {
    let (mut rows, mut hasher) = (0, blake3::Hasher::new());
    database.movable().each_row(table, 0, &mut |row| {
        rows += 1;
        for cell in row {
            match cell {
                Cell::Null => hasher.update(b"n"),
                Cell::Int(number) => hasher.update(b"i").update(&number.to_be_bytes()),
                Cell::Float(number) => hasher.update(b"f").update(&number.to_bits().to_be_bytes()),
                Cell::Text(text) => {
                    hasher.update(b"t").update(&(text.len() as u64).to_be_bytes()).update(text.as_bytes())
                }
            };
        }
        Ok(true)
    })?;
    Ok((rows, hasher.finalize()))
}
