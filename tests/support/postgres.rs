//! A PostgreSQL server of the tests' own: made in a temporary folder, reached by a socket in it, gone with the tests.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use shipnote::store::{Address, PostgresStore};

/// Settings of a server that is thrown away: nothing in it need survive a crash of the machine.
const SETTINGS: &str =
    "listen_addresses = ''\nmax_connections = 60\nshared_buffers = '64MB'\nlog_min_messages = fatal\n";
/// What makes it quick.
const CARELESS: &str = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n";

/// A cluster in a folder.
pub(crate) struct Server {
    folder: PathBuf,
    pub(crate) port: u16,
    /// Ends the server when this process ends, however it does: its standard input is then closed.
    _watch: Child,
}

impl Server {
    /// A server of its own; what it holds survives that it is killed if `careful`.
    pub(crate) fn start(careful: bool) -> Self {
        let folder = temporary();
        let server = Self::watched(folder, 5432);
        let data = server.data();
        server.run("initdb", &["-D", &data, "-U", "shipnote", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        server.append("postgresql.conf", SETTINGS);
        if !careful {
            server.append("postgresql.conf", CARELESS);
        }
        server
    }

    fn watched(folder: PathBuf, port: u16) -> Self {
        let stop = format!(
            "cat >/dev/null; {} -D {f}/data -m immediate stop; rm -rf {f}",
            as_postgres("pg_ctl").join(" "),
            f = folder.display()
        );
        let mut watch = Command::new("setsid");
        watch.args(["sh", "-c", &stop]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { folder, port, _watch: watch.spawn().unwrap() }
    }

    /// A standby of a server that runs.
    pub(crate) fn copy_of(primary: &Self) -> Self {
        let server = Self::watched(temporary(), primary.port + 1);
        let (host, port) = (primary.folder.display().to_string(), primary.port.to_string());
        server.run(
            "pg_basebackup",
            &["-D", &server.data(), "-h", &host, "-p", &port, "-U", "shipnote", "-R", "-X", "stream", "-c", "fast"],
        );
        server
    }

    /// The same server on a port of the machine that nobody uses.
    pub(crate) fn with_free_port(mut self) -> Self {
        self.port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        self
    }

    /// Reads the settings again.
    pub(crate) fn reload(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "reload"]);
    }

    /// Makes a primary of a standby.
    pub(crate) fn promote(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "promote"]);
    }

    /// Gives the server a certificate for a name; returns the file of the authority that it is from.
    pub(crate) fn certificates(&self, name: &str) -> String {
        let script = format!(
            "umask 077; cd {}/data
             openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=tests' -keyout ca.key -out ca.crt
             openssl req -newkey rsa:2048 -nodes -subj '/CN={name}' -keyout server.key -out server.csr
             printf 'subjectAltName=DNS:{name}' > names
             openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt",
            self.folder.display()
        );
        let mut command = as_user();
        command.extend(["sh", "-e", "-c", &script].map(str::to_owned));
        let output = Command::new(&command[0]).args(&command[1..]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        format!("{}/ca.crt", self.data())
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds to a file of the cluster.
    pub(crate) fn append(&self, file: &str, text: &str) {
        use std::io::Write;
        let path = self.folder.join("data").join(file);
        std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Writes a file of the cluster anew.
    pub(crate) fn replace(&self, file: &str, text: &str) {
        std::fs::write(self.folder.join("data").join(file), text).unwrap();
    }

    /// Runs a program of PostgreSQL as the user who may.
    pub(crate) fn run(&self, program: &str, args: &[&str]) -> Output {
        let command = as_postgres(program);
        let output = Command::new(&command[0]).args(&command[1..]).args(args).current_dir(&self.folder).output();
        let output = output.unwrap_or_else(|_| panic!("{program} is not there: apt-get install postgresql"));
        assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Starts the server, and waits until it answers.
    pub(crate) fn up(&self) {
        let options = format!("-k {} -p {}", self.folder.display(), self.port);
        let log = self.folder.join("log").display().to_string();
        self.run("pg_ctl", &["-D", &self.data(), "-l", &log, "-o", &options, "-w", "start"]);
    }

    /// Stops it: `immediate` is as good as a kill.
    pub(crate) fn stop(&self, mode: &str) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", mode, "-w", "stop"]);
    }

    /// The address of a schema.
    pub(crate) fn url(&self, schema: &str) -> String {
        let (folder, port) = (self.folder.display(), self.port);
        format!("postgres://shipnote@/postgres?host={folder}&port={port}&schema={schema}")
    }
}

/// The server that the tests of one file share.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let server = Server::start(false);
        server.up();
        server
    })
}

/// The address of a schema that nobody uses.
pub(crate) fn url() -> String {
    static SCHEMAS: AtomicU32 = AtomicU32::new(0);
    server().url(&format!("test_{}", SCHEMAS.fetch_add(1, Ordering::Relaxed)))
}

/// The address that a URL says, of an environment that says nothing.
pub(crate) fn address(url: &str) -> Address {
    Address::read(url, &|_| None).unwrap()
}

/// An empty database, and its address.
pub(crate) fn store() -> (PostgresStore, String) {
    let url = url();
    (PostgresStore::open_or_create(address(&url)).unwrap(), url)
}

/// A connection of the crate's own, to look behind the store.
pub(crate) fn client(url: &str) -> postgres::Client {
    let (_, query) = url.split_once('?').unwrap();
    let of = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap();
    let mut config = postgres::Config::new();
    config.host(of("host")).port(of("port").parse().unwrap()).user("shipnote").dbname("postgres");
    config.options(&format!("-c search_path={}", of("schema")));
    config.connect(postgres::NoTls).unwrap()
}

/// PostgreSQL refuses to run as root.
fn as_user() -> Vec<String> {
    let who: &[&str] = match is_root() {
        true => &["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"],
        false => &["env"],
    };
    who.iter().map(|word| (*word).to_owned()).collect()
}

fn as_postgres(program: &str) -> Vec<String> {
    let mut command = as_user();
    command.push(program_path(program));
    command
}

/// Debian keeps its programs out of the way.
fn program_path(program: &str) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(program));
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let of_debian = versions.map(|version| version.path().join("bin").join(program));
    let mut found: Vec<PathBuf> = on_path.chain(of_debian).filter(|path| path.is_file()).collect();
    assert!(!found.is_empty(), "{program} is not there: apt-get install postgresql");
    found.swap_remove(0).display().to_string()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// A folder that the server's user may write to, short enough for a socket.
fn temporary() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("shipnote-pg").tempdir_in("/tmp").unwrap().keep();
    if is_root() {
        let owned = Command::new("chown").args(["postgres:postgres", &folder.display().to_string()]).status();
        assert!(owned.unwrap().success(), "there is no user `postgres`: apt-get install postgresql");
    }
    folder
}
