//! Where a server is: the URL, and what the environment and the files of libpq add to it.
//!
//! The rules are those of libpq (<https://www.postgresql.org/docs/15/libpq-connect.html>), as far as they say where to
//! connect, as whom and how safely. A password comes from the URL, `PGPASSWORD`, a service file or a password file, and is
//! never printed.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::super::without_password;
use super::files;

/// Where nobody says another.
const PORT: u16 = 5432;
const SCHEMA: &str = "shipnote";

/// What an address may say.
const KNOWN: [&str; 13] = [
    "host",
    "port",
    "user",
    "password",
    "dbname",
    "schema",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
    "connect_timeout",
    "statement_timeout",
    "service",
    "passfile",
];

/// Reads an environment variable.
pub type Environment<'e> = dyn Fn(&str) -> Option<String> + 'e;

/// How safely to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Which of several servers is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// A password, which shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Password(pub(super) String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// A name, an address, or the folder of a socket.
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) password: Option<Password>,
}

/// Where a database is and how to connect to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub(super) hosts: Vec<Host>,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) schema: String,
    pub(super) ssl: SslMode,
    pub(super) root_certificate: Option<PathBuf>,
    pub(super) wanted: Option<Wanted>,
    pub(super) connect_timeout: Duration,
    pub(super) statement_timeout: Duration,
}

/// Shows where it is, never the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<String> = self.hosts.iter().map(Host::to_string).collect();
        write!(f, "postgres://{}@{}/{}", self.user, hosts.join(","), self.database)?;
        if self.schema == SCHEMA { Ok(()) } else { write!(f, "?schema={}", self.schema) }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.contains(':') {
            true => write!(f, "[{}]:{}", self.name, self.port),
            false => write!(f, "{}:{}", self.name, self.port),
        }
    }
}

/// Whether a setting of the database names a server of this engine.
pub fn is_url(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// The parts of a URL, or of a service file: what was said, by the names of libpq.
pub(super) type Said = Vec<(String, String)>;

impl Address {
    /// Reads a URL; `environment` has what it does not say.
    ///
    /// # Errors
    /// A part that cannot be read, by its name.
    pub fn read(url: &str, environment: &Environment<'_>) -> Result<Self> {
        let shown = || format!("the address {} of the database", without_password(url));
        let mut said = parts(url).with_context(shown)?;
        let value =
            |said: &Said, name: &str| said.iter().find(|(said, _)| said == name).map(|(_, value)| value.clone());
        let service = value(&said, "service").or_else(|| environment("PGSERVICE"));
        if let Some(service) = service {
            said.extend(files::service(&service, environment)?);
        }
        let or = |name: &str, variable: &str| {
            value(&said, name).or_else(|| environment(variable)).filter(|value| !value.is_empty())
        };
        let user = or("user", "PGUSER").or_else(|| environment("USER"));
        let user = user.with_context(|| format!("{} names no user: postgres://USER@HOST/DATABASE", shown()))?;
        let database = or("dbname", "PGDATABASE").unwrap_or_else(|| user.clone());
        let schema = value(&said, "schema").unwrap_or_else(|| SCHEMA.to_owned());
        ensure!(
            !schema.is_empty() && schema.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
            "{}: schema={schema:?} may have letters, digits and _ only",
            shown()
        );
        let hosts = or("host", "PGHOST").unwrap_or_else(|| "localhost".to_owned());
        let ports = or("port", "PGPORT").unwrap_or_default();
        let mut hosts = read_hosts(&hosts, &ports).with_context(shown)?;
        let password = or("password", "PGPASSWORD").map(Password);
        for host in &mut hosts {
            host.password = match &password {
                Some(password) => Some(password.clone()),
                None => files::password(host, &database, &user, value(&said, "passfile"), environment)?,
            };
        }
        let ssl = or("sslmode", "PGSSLMODE").map_or(Ok(SslMode::Prefer), |mode| read_ssl(&mode)).with_context(shown)?;
        let wanted = or("target_session_attrs", "PGTARGETSESSIONATTRS").map(|wanted| read_wanted(&wanted)).transpose();
        let seconds = or("connect_timeout", "PGCONNECT_TIMEOUT").unwrap_or_else(|| "10".to_owned());
        let milliseconds = value(&said, "statement_timeout").unwrap_or_else(|| "60000".to_owned());
        Ok(Self {
            hosts,
            user,
            database,
            schema,
            ssl,
            root_certificate: or("sslrootcert", "PGSSLROOTCERT")
                .map(PathBuf::from)
                .or_else(|| default_root(environment)),
            wanted: wanted.with_context(shown)?,
            connect_timeout: Duration::from_secs(number("connect_timeout", &seconds).with_context(shown)?.max(2)),
            statement_timeout: Duration::from_millis(number("statement_timeout", &milliseconds).with_context(shown)?),
        })
    }

    /// The key of this database for one kind of advisory lock: two schemas of a database do not wait for each other.
    pub(super) fn lock(&self, kind: i32) -> (i32, i32) {
        let digest = blake3::hash(self.schema.as_bytes());
        let mut first = [0; 4];
        first.copy_from_slice(&digest.as_bytes()[..4]);
        (kind, i32::from_be_bytes(first))
    }
}

/// The file that libpq takes when none is named.
fn default_root(environment: &Environment<'_>) -> Option<PathBuf> {
    let path = PathBuf::from(environment("HOME")?).join(".postgresql/root.crt");
    path.is_file().then_some(path)
}

fn number(name: &str, text: &str) -> Result<u64> {
    text.trim().parse().with_context(|| format!("{name}={text:?} is not a number"))
}

fn read_ssl(mode: &str) -> Result<SslMode> {
    Ok(match mode {
        "disable" => SslMode::Disable,
        "allow" | "prefer" => SslMode::Prefer,
        "require" => SslMode::Require,
        "verify-ca" => SslMode::VerifyCa,
        "verify-full" => SslMode::VerifyFull,
        other => bail!("sslmode={other:?} is none of disable, prefer, require, verify-ca, verify-full"),
    })
}

fn read_wanted(wanted: &str) -> Result<Wanted> {
    Ok(match wanted {
        "any" => Wanted::Any,
        "read-write" => Wanted::ReadWrite,
        "read-only" => Wanted::ReadOnly,
        "primary" => Wanted::Primary,
        "standby" => Wanted::Standby,
        "prefer-standby" => Wanted::PreferStandby,
        other => bail!(
            "target_session_attrs={other:?} is none of any, read-write, read-only, primary, standby, prefer-standby"
        ),
    })
}

fn read_hosts(hosts: &str, ports: &str) -> Result<Vec<Host>> {
    let ports: Vec<&str> = ports.split(',').collect();
    let hosts: Vec<&str> = hosts.split(',').collect();
    let port = |place: usize| -> Result<u16> {
        // One port is that of every host.
        let text = if ports.len() == 1 { ports[0] } else { ports.get(place).copied().unwrap_or_default() };
        if text.is_empty() { Ok(PORT) } else { text.parse().with_context(|| format!("{text:?} is not a port")) }
    };
    let read = |(place, name): (usize, &&str)| {
        let name = if name.is_empty() { "localhost" } else { name };
        Ok(Host { name: name.to_owned(), port: port(place)?, password: None })
    };
    hosts.iter().enumerate().map(read).collect()
}

/// Takes a URL apart: `postgres://user:password@host:port,host:port/database?name=value`.
fn parts(url: &str) -> Result<Said> {
    let (_, rest) = url.split_once("://").context("is no URL")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (Some(user), hosts),
        // What follows may be a password: none of it is said.
        None if rest.contains('@') => bail!("write a / or ? in a user or a password as %2F or %3F, and an @ as %40"),
        None => (None, authority),
    };
    let mut said = Said::new();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').with_context(|| format!("{pair:?} is not NAME=VALUE"))?;
        let name = decoded(name)?;
        ensure!(KNOWN.contains(&name.as_str()), "{name:?} is none of {}", KNOWN.join(", "));
        said.push((name, decoded(value)?));
    }
    if let Some(user) = user {
        let (user, password) = user.split_once(':').map_or((user, None), |(user, password)| (user, Some(password)));
        said.push(("user".to_owned(), decoded(user)?));
        if let Some(password) = password {
            said.push(("password".to_owned(), decoded(password)?));
        }
    }
    if !hosts.is_empty() {
        let (mut names, mut ports) = (Vec::new(), Vec::new());
        for host in hosts.split(',') {
            let (name, port) = divided(host)?;
            names.push(decoded(name)?);
            ports.push(port.to_owned());
        }
        said.push(("host".to_owned(), names.join(",")));
        said.push(("port".to_owned(), ports.join(",")));
    }
    if let Some(database) = path.strip_prefix('/').filter(|database| !database.is_empty()) {
        said.push(("dbname".to_owned(), decoded(database)?));
    }
    Ok(said)
}

/// The name and the port of `host:port` or `[address]:port`.
fn divided(host: &str) -> Result<(&str, &str)> {
    if let Some(rest) = host.strip_prefix('[') {
        let (name, port) = rest.split_once(']').with_context(|| format!("{host:?} has no ]"))?;
        return Ok((name, port.strip_prefix(':').unwrap_or(port)));
    }
    Ok(host.rsplit_once(':').unwrap_or((host, "")))
}

fn decoded(text: &str) -> Result<String> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        if *byte == b'%' {
            let digits = text.get(at + 1..at + 3).context("a % without two hexadecimal digits")?;
            out.push(u8::from_str_radix(digits, 16).context("a % without two hexadecimal digits")?);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    String::from_utf8(out).context("a part is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Address {
        Address::read(url, &|name| (name == "USER").then(|| "oncall".to_owned())).unwrap()
    }

    fn refused(url: &str) -> String {
        format!("{:#}", Address::read(url, &|_| None).unwrap_err())
    }

    #[test]
    fn a_url_says_where() {
        let address = read("postgres://me:p%40ss@one:5433,[::1],three:1/records?sslmode=verify-full&schema=notes");
        let hosts: Vec<_> = address.hosts.iter().map(Host::to_string).collect();
        assert_eq!(hosts, ["one:5433", "[::1]:5432", "three:1"]);
        assert_eq!(
            (address.user.as_str(), address.database.as_str(), address.schema.as_str()),
            ("me", "records", "notes")
        );
        assert_eq!((address.ssl, address.wanted), (SslMode::VerifyFull, None));
        assert_eq!(address.hosts[0].password.as_ref().unwrap().0, "p@ss");
        let socket =
            read("postgresql:///records?host=/run/postgresql&target_session_attrs=read-write&statement_timeout=5");
        assert_eq!((socket.hosts[0].name.as_str(), socket.user.as_str()), ("/run/postgresql", "oncall"));
        assert_eq!((socket.wanted, socket.statement_timeout), (Some(Wanted::ReadWrite), Duration::from_millis(5)));
        assert_eq!(read("postgres://").database, "oncall");
    }

    #[test]
    fn no_password_is_ever_shown() {
        let url = "postgres://me:s3cret@one/records?password=s3cret&schema=x";
        let address = read(url);
        for text in [address.to_string(), format!("{address:?}"), without_password(url)] {
            assert!(!text.contains("s3cret"), "{text}");
        }
        assert_eq!(without_password(url), "postgres://me@one/records?schema=x");
        for url in ["postgres://me:s3/cret@one/records", "postgres://me:s?s3cret@one/r"] {
            let error = refused(url);
            assert!(!error.contains("cret") && !error.contains("s3") && error.contains("postgres://me@one"), "{error}");
        }
        let error = refused("postgres://me:s3cret@one/records?sslmode=no");
        assert!(error.contains("sslmode=\"no\" is none of") && !error.contains("s3cret"), "{error}");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (url, expected) in [
            ("postgres://one/records", "names no user"),
            ("postgres://me@one:x/records", "\"x\" is not a port"),
            ("postgres://me@one/r?target_session_attrs=best", "target_session_attrs=\"best\" is none of"),
            ("postgres://me@one/r?schema=a-b", "schema=\"a-b\" may have"),
            ("postgres://me@one/%zz", "a % without two hexadecimal digits"),
            ("postgres://me@one/r?x", "\"x\" is not NAME=VALUE"),
            ("postgres://me@one/r?sslcert=x", "\"sslcert\" is none of host, port"),
            ("postgres://me:pass/word@one/r", "write a / or ? in a user or a password as %2F"),
            ("postgres://me@one/r?connect_timeout=soon", "connect_timeout=\"soon\" is not a number"),
        ] {
            let error = refused(url);
            assert!(error.contains(expected), "{url}: {error}");
        }
    }
}
