//! One connection, and how statements go through it.
//!
//! A read outside a transaction whose connection is lost is asked again, once, of whichever server takes connections now.
//! Inside a transaction nothing is: its state is gone.
//!
//! Rows of a large write are sent by a thread of their own, while the next ones are made ready: the server and this program
//! work at the same time. The next statement waits for that, and fails where it failed.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::Result;
use postgres::error::SqlState;
use postgres::types::{ToSql, Type};
use postgres::{Client, Row};

use super::address::Address;
use super::connect::{self, Connection, Server};
use super::vector::Vector;

/// Rows that are fetched at once of a long list.
const FETCHED: u64 = 256;

/// A parameter of a statement.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Float(Option<f64>),
    Bool(bool),
    Texts(Vec<String>),
    Ints(Vec<i64>),
    Vectors(Vec<Vector>),
}

impl Value {
    fn bound(&self) -> (&(dyn ToSql + Sync), Type) {
        match self {
            Self::Text(value) => (value, Type::TEXT),
            Self::Int(value) => (value, Type::INT8),
            Self::Float(value) => (value, Type::FLOAT8),
            Self::Bool(value) => (value, Type::BOOL),
            Self::Texts(value) => (value, Type::TEXT_ARRAY),
            Self::Ints(value) => (value, Type::INT8_ARRAY),
            Self::Vectors(value) => (value, Type::TS_VECTOR_ARRAY),
        }
    }
}

macro_rules! values {
    ($($from:ty => |$value:ident| $to:expr;)+) => {
        $(impl From<$from> for Value { fn from($value: $from) -> Self { $to } })+
    };
}

values! {
    &str => |value| Self::Text(Some(value.to_owned()));
    String => |value| Self::Text(Some(value));
    &String => |value| Self::Text(Some(value.clone()));
    Option<String> => |value| Self::Text(value);
    &Option<String> => |value| Self::Text(value.clone());
    i64 => |value| Self::Int(Some(value));
    Option<i64> => |value| Self::Int(value);
    f64 => |value| Self::Float(Some(value));
    bool => |value| Self::Bool(value);
    Vec<String> => |value| Self::Texts(value);
    &[String] => |value| Self::Texts(value.to_vec());
    Vec<i64> => |value| Self::Ints(value);
    Vec<Vector> => |value| Self::Vectors(value);
}

/// The parameters of a statement, each anything that can be one.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::store::postgres::session::Value::from($value)),*] };
}
pub(super) use params;

/// A connection to a database.
pub(super) struct Session {
    pub(super) address: Address,
    server: RefCell<Server>,
    client: Arc<Mutex<Client>>,
    /// What is being sent.
    behind: RefCell<Option<JoinHandle<Result<()>>>>,
    /// Whether it is used to write, which not every server takes.
    to_write: bool,
    /// Transactions, one in the other; the outermost is the server's.
    depth: Cell<usize>,
    cursors: Cell<usize>,
}

impl Session {
    pub(super) fn new(address: Address, to_write: bool) -> Result<Self> {
        let Connection { client, server } = connect::connect(&address, to_write)?;
        Ok(Self {
            address,
            server: RefCell::new(server),
            client: Arc::new(Mutex::new(client)),
            behind: RefCell::default(),
            to_write,
            depth: Cell::new(0),
            cursors: Cell::new(0),
        })
    }

    pub(super) fn client(&self) -> MutexGuard<'_, Client> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs statements of a transaction in a thread of their own, behind those that are run already.
    pub(super) fn behind(&self, run: impl FnOnce(&mut Client) -> Result<()> + Send + 'static) -> Result<()> {
        self.settle()?;
        let client = Arc::clone(&self.client);
        let thread = std::thread::Builder::new()
            .spawn(move || run(&mut client.lock().unwrap_or_else(PoisonError::into_inner)))?;
        self.behind.replace(Some(thread));
        Ok(())
    }

    /// Waits for that thread, and fails where it failed.
    pub(super) fn settle(&self) -> Result<()> {
        let thread = self.behind.take();
        thread.map_or(Ok(()), |thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }

    /// Which of the servers it is, and whether it takes writes.
    pub(super) fn server(&self) -> (String, bool) {
        let server = self.server.borrow();
        (server.host.clone(), server.takes_writes)
    }

    /// Connects again, to whichever server is there now.
    pub(super) fn reconnect(&self, to_write: bool) -> Result<()> {
        let Connection { client, server } = connect::connect(&self.address, to_write || self.to_write)?;
        *self.client() = client;
        self.server.replace(server);
        Ok(())
    }

    /// Runs something that may be run twice.
    fn repeatable<T>(&self, run: impl Fn(&mut Client) -> Result<T, postgres::Error>) -> Result<T> {
        self.settle()?;
        let first = run(&mut self.client());
        match first {
            Err(error) if self.depth.get() == 0 && is_lost(&error, &self.client()) => {
                self.reconnect(false)?;
                Ok(run(&mut self.client())?)
            }
            Err(error) if self.depth.get() == 0 && is_conflict(&error) => Ok(run(&mut self.client())?),
            other => Ok(other?),
        }
    }

    /// The rows of a statement that only reads, or of one inside a transaction.
    pub(super) fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
        let bound: Vec<_> = values.iter().map(Value::bound).collect();
        self.repeatable(|client| client.query_typed(sql, &bound))
    }

    /// The first row of such a statement.
    pub(super) fn row(&self, sql: &str, values: &[Value]) -> Result<Option<Row>> {
        Ok(self.rows(sql, values)?.into_iter().next())
    }

    /// The first column of the first row.
    pub(super) fn one<T>(&self, sql: &str, values: &[Value]) -> Result<Option<T>>
    where
        T: for<'r> postgres::types::FromSql<'r>,
    {
        Ok(self.row(sql, values)?.map(|row| row.try_get(0)).transpose()?)
    }

    /// The first column of every row.
    pub(super) fn column<T>(&self, sql: &str, values: &[Value]) -> Result<Vec<T>>
    where
        T: for<'r> postgres::types::FromSql<'r>,
    {
        self.rows(sql, values)?.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Runs a statement of a transaction that writes.
    pub(super) fn execute(&self, sql: &str, values: &[Value]) -> Result<u64> {
        let bound: Vec<_> = values.iter().map(Value::bound).collect();
        self.settle()?;
        Ok(self.client().execute_typed(sql, &bound)?)
    }

    /// Runs statements without parameters, in a transaction that writes or outside of any.
    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        self.settle()?;
        Ok(self.client().batch_execute(sql)?)
    }

    /// Calls `each` with the rows of a statement until it returns false; `most` is how many rows it has at most. What
    /// `each` asks of this connection meanwhile is answered.
    pub(super) fn each(
        &self,
        sql: &str,
        values: &[Value],
        most: u64,
        each: &mut dyn FnMut(&Row) -> Result<bool>,
    ) -> Result<()> {
        if most <= FETCHED {
            for row in self.rows(sql, values)? {
                if !each(&row)? {
                    break;
                }
            }
            return Ok(());
        }
        self.snapshot(&mut || self.each_fetched(sql, values, each))
    }

    fn each_fetched(&self, sql: &str, values: &[Value], each: &mut dyn FnMut(&Row) -> Result<bool>) -> Result<()> {
        let number = self.cursors.get();
        self.cursors.set(number + 1);
        self.execute(&format!("DECLARE list_{number} NO SCROLL CURSOR FOR {sql}"), values)?;
        let fetch = format!("FETCH FORWARD {FETCHED} FROM list_{number}");
        loop {
            let rows = self.rows(&fetch, &[])?;
            for row in &rows {
                if !each(row)? {
                    return self.batch(&format!("CLOSE list_{number}"));
                }
            }
            if (rows.len() as u64) < FETCHED {
                return self.batch(&format!("CLOSE list_{number}"));
            }
        }
    }

    /// Runs `work` in a transaction that only reads and sees one state.
    pub(super) fn snapshot(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        if self.depth.get() > 0 {
            return self.within(work);
        }
        self.repeatable(|client| client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"))?;
        let done = self.within(work);
        let end = self.batch(if done.is_ok() { "COMMIT" } else { "ROLLBACK" });
        done.and(end)
    }

    /// Runs `work` as a part of the transaction that was begun.
    pub(super) fn within<T>(&self, work: &mut dyn FnMut() -> Result<T>) -> Result<T> {
        self.depth.set(self.depth.get() + 1);
        let done = work();
        self.depth.set(self.depth.get() - 1);
        done
    }
}

/// Whether a statement failed because the connection is gone. What the server says is the reason where it says something:
/// after a COPY that it refuses at once, the client has no connection either.
pub(super) fn is_lost(error: &postgres::Error, client: &Client) -> bool {
    let ended = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
    match error.code() {
        Some(code) => ended.contains(code),
        None => client.is_closed() || error.is_closed(),
    }
}

/// Whether a standby took back what a statement was reading.
fn is_conflict(error: &postgres::Error) -> bool {
    error.code() == Some(&SqlState::T_R_SERIALIZATION_FAILURE)
}

/// A condition that is put together piece by piece, and its parameters.
#[derive(Debug, Clone, Default)]
pub(super) struct Bound {
    pub(super) values: Vec<Value>,
}

impl Bound {
    /// Adds a parameter and names it.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        let mut name = String::new();
        let _ = write!(name, "${}", self.values.len());
        name
    }
}
