//! What every command needs: settings, the database, the time, and how to answer.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::Result;

use super::Globals;
use super::report::Hinted;
use super::text::escape;
use crate::config::{self, Config};
use crate::model::{Actor, Change, ChangeId, Timestamp};
use crate::record::{self, Recorder};
use crate::redact;
use crate::store::{Database, Place, Store, Summary};
use crate::sys;

/// Candidates an ambiguous prefix lists.
const CANDIDATES: usize = 8;

/// The setting of one command.
pub(super) struct Context {
    pub(super) globals: Globals,
    pub(super) config: Config,
    pub(super) now: Timestamp,
    directory: PathBuf,
    actor: Arc<OnceLock<Actor>>,
}

impl Context {
    pub(super) fn new(globals: Globals) -> Result<Self> {
        Self::in_directory(globals, sys::env::current_dir()?)
    }

    /// The setting of a command that was called in `directory`.
    pub(super) fn in_directory(globals: Globals, directory: PathBuf) -> Result<Self> {
        let config = Config::load(&directory, &[("database", "--database", globals.database.clone())])?;
        let own = config.table("secrets");
        if !own.is_empty() {
            redact::configure(own).map_err(|error| {
                let hint = "docs/security.md shows a rule; `off = [\"ID\"]` switches one off";
                Hinted::new(format!("[secrets] in {}: {error:#}", config::PROJECT_FILE), hint)
            })?;
        }
        Ok(Self { globals, config, now: clock()?, directory, actor: Arc::default() })
    }

    /// The time at this moment, which is later than `now` when commands ran in between.
    pub(super) fn clock(&self) -> Result<Timestamp> {
        clock()
    }

    /// The user of the operating system, and who that is to git.
    pub(super) fn actor(&self) -> Actor {
        self.actor.get_or_init(|| actor(&self.directory)).clone()
    }

    /// The folder the command was called in.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// A path given on the command line.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }

    /// Whether a person is there to be asked.
    pub(super) fn may_ask(&self) -> bool {
        let automated = self.globals.no_input || sys::env::var("CI").ok().flatten().is_some();
        !automated && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Where the database is.
    pub(super) fn place(&self) -> Result<Place> {
        let setting = self.config.setting("database");
        let value = setting.value.as_deref().unwrap_or_default();
        if value.contains("://") {
            return place_of(value, &setting.origin.to_string());
        }
        if setting.origin == config::Origin::Default && self.config.project().is_none() {
            return Err(Hinted::new(
                format!("there is no {} here or in a folder above", config::PROJECT_FILE),
                "run `shipnote init` first, or give --database PATH",
            ));
        }
        let path = self.config.path("database");
        path.map(Place::File).ok_or_else(|| Hinted::new("the setting `database` is empty", "give --database PATH"))
    }

    /// The database, for reading.
    pub(super) fn open(&self) -> Result<Database> {
        Database::open(&self.place()?)
    }

    /// The database, for writing; it is made where there is none yet.
    pub(super) fn open_to_write(&self) -> Result<Database> {
        let place = self.place()?;
        if let (Place::File(path), Some(project)) = (&place, self.config.project())
            && path.starts_with(project.join(config::PROJECT_FOLDER))
        {
            super::commands::make_project_folder(project)?;
        }
        // On the other core, while this one waits for the disk.
        std::thread::spawn(record::prepare);
        let (known, directory) = (Arc::clone(&self.actor), self.directory.clone());
        std::thread::spawn(move || {
            known.get_or_init(|| actor(&directory));
        });
        Database::open_or_create(&place)
    }

    /// The folder that the folders and files of records are relative to: the project's, else the one called in.
    pub(super) fn base(&self) -> &Path {
        self.config.project().unwrap_or(&self.directory)
    }

    /// A recorder for the user of the operating system.
    pub(super) fn recorder<'a>(&self, store: &'a mut dyn Store) -> Recorder<'a> {
        Recorder::new(store, self.actor(), self.now)
    }

    /// The change whose id begins with `prefix`.
    pub(super) fn find(&self, store: &dyn Store, prefix: &str) -> Result<Change> {
        let id = self.find_id(store, prefix)?;
        store.get(&id)?.ok_or_else(|| anyhow::anyhow!("{id} was deleted at this moment"))
    }

    /// The id that begins with `prefix`.
    pub(super) fn find_id(&self, store: &dyn Store, prefix: &str) -> Result<ChangeId> {
        let folded = ChangeId::fold_prefix(prefix)?;
        let mut found = store.find_prefix(&folded, CANDIDATES + 1)?;
        match found.len() {
            1 => Ok(found.remove(0).id),
            0 => Err(self.not_there(store, &folded)),
            _ => Err(ambiguous(&folded, &found)),
        }
    }

    fn not_there(&self, store: &dyn Store, folded: &str) -> anyhow::Error {
        let deleted = folded.parse().ok().and_then(|id| store.tombstone(&id).ok().flatten());
        match deleted {
            Some(grave) => Hinted::new(
                format!(
                    "{folded} was deleted on {} by {}: {}",
                    grave.at.day(),
                    escape(&grave.actor),
                    escape(&grave.reason)
                ),
                format!("shipnote show {folded} --history still shows its revisions"),
            ),
            None => Hinted::new(
                format!("no change has an id that begins with `{folded}`"),
                "shipnote list shows the latest changes with their ids",
            ),
        }
    }
}

/// The server that a URL names; `origin` is where the URL was said.
#[cfg(feature = "postgres")]
pub(super) fn place_of(url: &str, origin: &str) -> Result<Place> {
    use crate::store::{Address, is_url, without_password};
    if !is_url(url) {
        return Err(Hinted::new(
            format!("{} is no address of a database (from {origin})", without_password(url)),
            "give a path, or postgres://USER@HOST/DATABASE",
        ));
    }
    let read = Address::read(url, &|name| sys::env::var(name).ok().flatten());
    let address = read.map_err(|error| {
        let hint = "docs/postgres.md shows what an address may say: postgres://USER@HOST/DATABASE?sslmode=verify-full";
        Hinted::new(format!("{error:#} (from {origin})"), hint)
    })?;
    Ok(Place::Server(Box::new(address)))
}

/// Refuses a URL: there is no engine for it.
#[cfg(not(feature = "postgres"))]
pub(super) fn place_of(_: &str, origin: &str) -> Result<Place> {
    Err(Hinted::new(
        format!("this build of shipnote has no PostgreSQL engine (database from {origin})"),
        "give a path instead, for instance --database .shipnote/shipnote.db",
    ))
}

fn clock() -> Result<Timestamp> {
    let now = sys::clock::now()?;
    Timestamp::new(now).ok_or_else(|| anyhow::anyhow!("the clock says {now}: set it right"))
}

fn ambiguous(prefix: &str, found: &[Summary]) -> anyhow::Error {
    let mut lines: Vec<_> =
        found.iter().take(CANDIDATES).map(|change| format!("  {}  {}", change.id, escape(&change.title))).collect();
    if found.len() > CANDIDATES {
        lines.push("  …".to_owned());
    }
    let message = format!("`{prefix}` is the beginning of several ids:\n{}", lines.join("\n"));
    Hinted::new(message, "give more characters of the id")
}

/// Who runs this. `SHIPNOTE_ACTOR` names somebody else, for a service that writes on behalf of them: of those, git knows nothing.
fn actor(directory: &Path) -> Actor {
    match sys::env::var("SHIPNOTE_ACTOR").ok().flatten() {
        Some(user) => Actor { user, git_identity: None },
        None => Actor { user: sys::env::user(), git_identity: sys::git::identity(directory) },
    }
}
