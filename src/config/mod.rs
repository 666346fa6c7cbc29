//! Settings in layers, each with where it came from.
//!
//! Flags win over the environment (`SHIPNOTE_*`), that over the project's `shipnote.toml` (found in the working directory
//! or a parent), that over the user's file, that over the defaults. Only `cli` reads this; every other room owns its
//! options and is handed them. Imports `sys`.

mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::sys;

/// The name of the project's file.
pub const PROJECT_FILE: &str = "shipnote.toml";

/// The folder beside it for what is not committed.
pub const PROJECT_FOLDER: &str = ".shipnote";

/// A setting there is.
#[derive(Debug)]
pub struct Key {
    /// Its name; `site.title` stands under `[site]` in a file and is `SHIPNOTE_SITE__TITLE` in the environment.
    pub name: &'static str,
    /// What it is for.
    pub help: &'static str,
    /// Its value when nobody sets it.
    pub default: Option<&'static str>,
}

/// Every setting.
pub const KEYS: &[Key] = &[
    Key {
        name: "database",
        help: "where records are kept: a path, or postgres://…",
        default: Some(".shipnote/shipnote.db"),
    },
    Key { name: "owner", help: "owner of a change that names none", default: None },
    Key { name: "service", help: "service of a change that names none", default: None },
    Key { name: "environment", help: "environment of a change that names none", default: None },
    Key { name: "editor", help: "editor for forms; else VISUAL or EDITOR", default: None },
    Key { name: "site.title", help: "title of the published site", default: Some("Changes and runbooks") },
    Key { name: "site.out", help: "folder the site is written to", default: Some("site") },
    Key { name: "site.templates", help: "folder of your own templates", default: Some("templates") },
    Key { name: "site.base_url", help: "address the site is served at", default: None },
    Key { name: "site.accent", help: "colour of links and marks, in hex", default: None },
    Key { name: "site.css", help: "style sheet that the pages load last: a path", default: None },
    Key { name: "site.links", help: "links on every page, each \"Title = address\"", default: None },
    Key { name: "security.hosts", help: "hosts that checks may ask besides this machine", default: None },
    Key { name: "security.loopback", help: "whether checks may ask this machine", default: Some("true") },
    Key { name: "security.redirects", help: "redirects that checks follow", default: Some("0") },
    Key { name: "security.timeout", help: "seconds a step may take", default: Some("60") },
    Key { name: "security.environment", help: "names of variables that commands are handed", default: None },
];

/// The settings that are lists: in a file `["one", "two"]`, in the environment one a line, and that is how they are kept.
pub const LISTS: &[&str] = &["site.links", "security.hosts", "security.environment"];

/// The tables of the project's file that are more than settings: each is read by the room it is for.
pub const TABLES: &[&str] = &["check", "checklists", "import", "secrets"];

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag(&'static str),
    /// An environment variable.
    Environment(String),
    /// The project's or the user's file.
    File(PathBuf),
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "{name}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => write!(f, "default"),
        }
    }
}

/// One setting with its value.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
}

/// All settings, as they hold for one command.
#[derive(Debug, Clone)]
pub struct Config {
    settings: Vec<Setting>,
    searches: BTreeMap<String, String>,
    tables: BTreeMap<String, String>,
    directory: PathBuf,
    project: Option<PathBuf>,
}

impl Config {
    /// The settings that hold in `directory`; `flags` are the ones given on the command line.
    ///
    /// # Errors
    /// A file that cannot be read, is not TOML, or has a key that is no setting.
    pub fn load(directory: &Path, flags: &[(&'static str, &'static str, Option<String>)]) -> Result<Self> {
        let project = directory.ancestors().find(|folder| folder.join(PROJECT_FILE).is_file()).map(Path::to_owned);
        let mut files = Vec::new();
        files.extend(project.as_ref().map(|folder| folder.join(PROJECT_FILE)));
        files.extend(user_file().filter(|path| path.is_file()));
        let mut tables = BTreeMap::new();
        let mut read = |path: PathBuf| -> Result<_> {
            let file::Settings { values, tables: found } = file::read(&path)?;
            // What the team agreed on is the project's alone: a file of the user's own takes nothing from it.
            if path.file_name().is_some_and(|name| name == PROJECT_FILE) {
                tables = found;
            }
            Ok((values, path))
        };
        let files = files.into_iter().map(&mut read).collect::<Result<Vec<_>>>()?;

        let mut settings = Vec::new();
        for key in KEYS {
            let flag = flags.iter().find(|(name, _, value)| *name == key.name && value.is_some());
            let variable = format!("SHIPNOTE_{}", key.name.to_uppercase().replace('.', "__"));
            let (value, origin) = if let Some((_, flag, value)) = flag {
                (value.clone(), Origin::Flag(flag))
            } else if let Some(value) = sys::env::var(&variable)? {
                (Some(value), Origin::Environment(variable))
            } else if let Some((values, path)) = files.iter().find(|(values, _)| values.contains_key(key.name)) {
                (values.get(key.name).cloned(), Origin::File(path.clone()))
            } else {
                (key.default.map(str::to_owned), Origin::Default)
            };
            settings.push(Setting { name: key.name, value, origin });
        }
        // The user's come first, so that the project's win.
        let named =
            |(name, query): (&String, &String)| Some((name.strip_prefix("searches.")?.to_owned(), query.clone()));
        let searches = files.iter().rev().flat_map(|(values, _)| values.iter().filter_map(named)).collect();
        Ok(Self { settings, searches, tables, directory: directory.to_owned(), project })
    }

    /// Every setting, in the order of [`KEYS`].
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The saved searches by name.
    pub fn searches(&self) -> &BTreeMap<String, String> {
        &self.searches
    }

    /// A table of the project's file that a room of its own reads, as TOML; empty when it is not there. See [`TABLES`].
    pub fn table(&self, name: &str) -> &str {
        self.tables.get(name).map_or("", String::as_str)
    }

    /// The folder that holds `shipnote.toml`.
    pub fn project(&self) -> Option<&Path> {
        self.project.as_deref()
    }

    /// The setting of this name.
    ///
    /// # Panics
    /// When [`KEYS`] has no such name.
    pub fn setting(&self, name: &str) -> &Setting {
        self.settings.iter().find(|setting| setting.name == name).expect("the name stands in KEYS")
    }

    /// The value of a setting.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.setting(name).value.as_deref().filter(|value| !value.is_empty())
    }

    /// The value of a setting that names a path. One from a file is relative to that file, a default one to the project,
    /// any other to the working directory.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.get(name)?;
        let base = match &self.setting(name).origin {
            Origin::File(file) => file.parent().unwrap_or(&self.directory),
            Origin::Default => self.project().unwrap_or(&self.directory),
            Origin::Flag(_) | Origin::Environment(_) => &self.directory,
        };
        Some(base.join(value))
    }
}

/// The user's own file, for instance `~/.config/shipnote/config.toml`.
fn user_file() -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.config_dir().join("shipnote").join("config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_project_and_each_says_where_it_came_from() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        let text = "owner = \"team-orders\"\nservice = \"orders\"\n[site]\ntitle = \"T\"\n";
        sys::files::write_atomic(&folder.path().join(PROJECT_FILE), text.as_bytes()).unwrap();

        let config = Config::load(&deep, &[("owner", "--owner", Some("oncall".into()))]).unwrap();
        assert_eq!(config.get("owner"), Some("oncall"));
        assert_eq!(config.setting("owner").origin, Origin::Flag("--owner"));
        assert_eq!(config.get("site.title"), Some("T"));
        assert_eq!(config.setting("service").origin, Origin::File(folder.path().join(PROJECT_FILE)));
        assert_eq!(config.path("database"), Some(folder.path().join(".shipnote/shipnote.db")));
        assert_eq!(config.get("site.base_url"), None);
    }
}
