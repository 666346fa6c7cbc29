use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::Context;
use crate::cli::output;
use crate::config::{PROJECT_FILE, PROJECT_FOLDER};
use crate::store::{Database, SqliteStore};
use crate::sys;

const SETTINGS: &str = include_str!("../../../data/shipnote.toml");

/// Start keeping records in a folder: writes shipnote.toml and makes the database
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote init\n  shipnote init services/orders\n\nRunning it again changes nothing."
)]
pub(in crate::cli) struct Args {
    /// The folder
    #[arg(default_value = ".", value_hint = clap::ValueHint::DirPath)]
    dir: PathBuf,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let folder = context.path(&args.dir);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let settings = folder.join(PROJECT_FILE);
    if !settings.exists() {
        sys::files::write_atomic(&settings, SETTINGS.as_bytes())?;
        say(context, "wrote", &settings);
    }
    make_project_folder(&folder)?;
    make_database(&folder, context)?;
    if !context.globals.quiet {
        output::note(
            "Ready. Record the last commit with `shipnote log --from-git`, anything else with `shipnote log`.",
        );
    }
    Ok(0)
}

/// Makes the database: the one in the folder, or the one on the server that a setting names.
fn make_database(folder: &Path, context: &Context) -> Result<()> {
    if context.config.get("database").is_some_and(|database| database.contains("://")) {
        let place = context.place()?;
        Database::open_or_create(&place)?;
        if !context.globals.quiet {
            output::note(&format!("records are kept at {place}"));
        }
        return Ok(());
    }
    let database = folder.join(PROJECT_FOLDER).join("shipnote.db");
    let existed = database.exists();
    SqliteStore::open_or_create(&database)?;
    if !existed {
        say(context, "made", &database);
    }
    Ok(())
}

fn say(context: &Context, what: &str, path: &Path) {
    if !context.globals.quiet {
        let shown = path.strip_prefix(context.directory()).unwrap_or(path);
        output::note(&format!("{what} {}", shown.display()));
    }
}

/// Makes the folder for what is not committed, and the file that keeps it from being committed.
pub(in crate::cli) fn make_project_folder(project: &Path) -> Result<()> {
    let folder = project.join(PROJECT_FOLDER);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        sys::files::write_atomic(
            &ignore,
            b"# Made by shipnote: records stay on this machine, export or publish them to share.\n*\n",
        )?;
    }
    Ok(())
}
