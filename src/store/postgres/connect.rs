//! Finding a server among several, and what a connection is set to.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use postgres::config::SslMode as ClientSslMode;
use postgres::error::SqlState;
use postgres::{Client, Config, SimpleQueryMessage};

use super::super::StoreError;
use super::address::{Address, Host, SslMode, Wanted};
use super::tls;

/// How long a server that is starting is waited for at a time.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a writer waits for its turn.
pub(super) const BUSY_SECONDS: u64 = 60;
/// The oldest server that is known to work.
const OLDEST: i64 = 150_000;

/// A connection and what is at its other end.
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) server: Server,
}

/// One of the servers.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) takes_writes: bool,
    in_recovery: bool,
}

/// Connects to the first server that is as wanted, in the order of the URL.
pub(super) fn connect(address: &Address, to_write: bool) -> Result<Connection> {
    // Of several servers only one takes writes: who means to write means that one.
    let several = address.hosts.len() > 1;
    let default = if to_write && several { Wanted::ReadWrite } else { Wanted::Any };
    let wanted = address.wanted.unwrap_or(default);
    let mut why = Vec::new();
    let passes: &[Wanted] = if wanted == Wanted::PreferStandby { &[Wanted::Standby, Wanted::Any] } else { &[wanted] };
    for wanted in passes {
        why.clear();
        for host in &address.hosts {
            match patiently(address, host) {
                Ok(connection) if connection.server.is(*wanted) => return Ok(connection),
                Ok(Connection { server, .. }) if server.in_recovery => why.push(format!("{host} is a standby")),
                Ok(Connection { server, .. }) if server.takes_writes => why.push(format!("{host} takes writes")),
                Ok(_) => why.push(format!("{host} takes no writes")),
                Err(error) => why.push(format!("{host}: {error:#}")),
            }
        }
    }
    Err(StoreError::Unreachable { path: address.to_string(), why: why.join("; ") }.into())
}

impl Server {
    fn is(&self, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Any | Wanted::PreferStandby => true,
            Wanted::ReadWrite => self.takes_writes,
            Wanted::ReadOnly => !self.takes_writes,
            Wanted::Primary => !self.in_recovery,
            Wanted::Standby => self.in_recovery,
        }
    }
}

/// Connects to one server; one that is just starting is waited for.
fn patiently(address: &Address, host: &Host) -> Result<Connection> {
    let attempts = address.connect_timeout.as_millis() / PAUSE.as_millis();
    for _ in 0..attempts {
        let tried = connect_to(address, host);
        let starting = tried.as_ref().is_err_and(|error| {
            error.downcast_ref::<postgres::Error>().and_then(postgres::Error::code)
                == Some(&SqlState::CANNOT_CONNECT_NOW)
        });
        if !starting {
            return tried;
        }
        std::thread::sleep(PAUSE);
    }
    connect_to(address, host)
}

fn connect_to(address: &Address, host: &Host) -> Result<Connection> {
    let mut config = Config::new();
    let is_socket = host.name.starts_with('/');
    let ssl = match address.ssl {
        _ if is_socket => ClientSslMode::Disable,
        SslMode::Disable => ClientSslMode::Disable,
        SslMode::Prefer => ClientSslMode::Prefer,
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => ClientSslMode::Require,
    };
    config
        .host(&host.name)
        .port(host.port)
        .user(&address.user)
        .dbname(&address.database)
        .application_name("shipnote")
        .ssl_mode(ssl)
        .connect_timeout(address.connect_timeout)
        .keepalives_idle(Duration::from_secs(30))
        .tcp_user_timeout(Duration::from_secs(60));
    if let Some(password) = &host.password {
        config.password(&password.0);
    }
    let mut client = config.connect(tls::connector(address)?).map_err(plainly)?;
    let settings = client.simple_query(&settings(address))?;
    let state = settings.iter().rev().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let state = state.context("the server does not say what it is")?;
    let (encoding, version) = (state.get(2).unwrap_or_default(), state.get(3).unwrap_or_default());
    ensure!(encoding == "UTF8", "its encoding is {encoding}, not UTF8: make the database with ENCODING 'UTF8'");
    let version: i64 = version.parse().unwrap_or_default();
    ensure!(version >= OLDEST, "it is PostgreSQL {}, and 15 is the oldest that works", version / 10_000);
    let in_recovery = state.get(0) == Some("t");
    let takes_writes = !in_recovery && state.get(1) == Some("off");
    Ok(Connection { client, server: Server { host: host.to_string(), takes_writes, in_recovery } })
}

/// The client says "error connecting to server" and keeps why for itself.
fn plainly(error: postgres::Error) -> anyhow::Error {
    if error.code().is_some() {
        return error.into();
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let why = cause.to_string();
    anyhow::Error::new(error).context(why)
}

fn settings(address: &Address) -> String {
    format!(
        "SET search_path TO \"{}\"; SET statement_timeout = {}; SET lock_timeout = '{BUSY_SECONDS}s';
         SET idle_in_transaction_session_timeout = '300s'; SET client_min_messages = warning; SET jit = off;
         SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only'),
                current_setting('server_encoding'), current_setting('server_version_num')",
        address.schema,
        address.statement_timeout.as_millis()
    )
}
