use anyhow::Result;
use serde::Serialize;

use super::Context;
use crate::cli::report::Hinted;
use crate::cli::text::escape;
use crate::cli::trust::{self, Trust};
use crate::cli::view::{BAD, BOLD, DIM, GOOD};
use crate::cli::{checklists, gate, output, report, security};
use crate::config::{PROJECT_FILE, Setting};
use crate::model::{OUTPUT, limit};
use crate::store::{Database, KEPT_RUNS, Page, Place, Store, rewrite};
use crate::{publish, redact, render, repo, sys};

/// Bytes that should be free on the disk of a small database.
const LEAST_FREE: u64 = 16 * 1024 * 1024;
/// Columns of the names and of the values.
const NAME: usize = 16;
const VALUE: usize = 34;

/// Look whether all is well, or what is on, off and allowed
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote doctor\n  shipnote doctor --security\n  shipnote doctor --security --json\n  shipnote doctor --repair\n\n\
    Exit codes: 0 all is well, 1 something wants to be looked at, 2 it could not look."
)]
pub(in crate::cli) struct Args {
    /// Permissions, secrets, checks, limits, commands and logging: what is on, what is off, and where it was set
    #[arg(long)]
    security: bool,
    /// Make the search index and all else that follows from the records anew, where it does not say what they say
    #[arg(long, conflicts_with = "security")]
    repair: bool,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// One thing looked at.
#[derive(Debug, Serialize)]
struct Line {
    group: &'static str,
    name: String,
    value: String,
    /// Where the value was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    well: bool,
    /// What to type where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    if args.repair {
        repair(context)?;
    }
    let lines = if args.security { security_lines(context)? } else { health(context) };
    let well = lines.iter().all(|line| line.well);
    if args.json {
        output::json(&serde_json::json!({"schema": "shipnote.doctor/1", "well": well, "lines": lines}))?;
        return Ok(u8::from(!well));
    }
    let mut group = "";
    for line in &lines {
        if line.group != group {
            group = line.group;
            output::data(&format!("{BOLD}{group}{BOLD:#}"))?;
        }
        let (style, mark) = if line.well { (GOOD, "✓") } else { (BAD, "✗") };
        let origin = line.origin.as_ref().map(|origin| format!("{DIM}{}{DIM:#}", escape(origin))).unwrap_or_default();
        let (name, value) = (&line.name, escape(&line.value));
        output::data(format!("  {style}{mark}{style:#} {name:<NAME$} {value:<VALUE$} {origin}").trim_end())?;
    }
    for hint in lines.iter().filter_map(|line| line.hint.as_ref()) {
        report::print_hint(hint);
    }
    Ok(u8::from(!well))
}

/// A line of a group that is well.
fn said(group: &'static str, name: &str, value: impl Into<String>) -> Line {
    Line { group, name: name.to_owned(), value: value.into(), origin: None, well: true, hint: None }
}

/// A line of what was done: what came of it, or what went wrong and what to type.
fn looked(group: &'static str, name: &str, found: Result<String>, hint: &str) -> Line {
    match found {
        Ok(value) => said(group, name, value),
        Err(error) => {
            let hint = report::hint(&error).unwrap_or_else(|| hint.to_owned());
            Line { well: false, hint: Some(hint), ..said(group, name, format!("{error:#}")) }
        }
    }
}

/// Makes anew what follows from the records; they are not touched.
fn repair(context: &Context) -> Result<()> {
    let mut store = context.open_to_write()?;
    if let Database::Sqlite(store) = &store {
        let damage = store.damage()?;
        if !damage.is_empty() {
            return Err(Hinted::new(
                format!("the file itself is damaged: {}", damage.join("; ")),
                "shipnote db restore FILE takes a backup; shipnote export json saves the records before it",
            ));
        }
    }
    let wrong = store.drift()?.len();
    if wrong == 0 {
        output::note("There is nothing to repair.");
        return Ok(());
    }
    rewrite(&mut store, None, &|_| Ok(None))?;
    output::note(&format!("Repaired: {wrong} places did not say what the records say."));
    Ok(())
}

/// The file of the database as SQLite and the file system see it.
fn file(context: &Context) -> Result<String> {
    let database = context.open()?;
    let Database::Sqlite(store) = &database else { return Ok("kept by a server".to_owned()) };
    if let Some(name) = sys::disk::network_file_system(store.path()) {
        anyhow::bail!("it is on a network file system ({name}), where locks cannot be relied on");
    }
    let damage = store.damage()?;
    if let Some(first) = damage.first() {
        anyhow::bail!("{first} ({} in all)", damage.len());
    }
    let size = std::fs::metadata(store.path())?.len();
    let free = sys::disk::free(store.path()).unwrap_or(u64::MAX);
    anyhow::ensure!(free > 2 * size.max(LEAST_FREE), "{} MB are free on its disk", free / 1_000_000);
    Ok(format!("sound, {} MB, SQLite {}", size.div_ceil(1_000_000), store.library()))
}

/// Whether records can be written.
fn rights(context: &Context) -> Result<String> {
    let database = context.open()?;
    let Database::Sqlite(store) = &database else { return Ok("granted by the server".to_owned()) };
    let folder = store.path().parent().unwrap_or(store.path());
    for path in [store.path(), folder] {
        anyhow::ensure!(sys::disk::may_write(path), "{} cannot be written to: records are read only", path.display());
    }
    Ok("records can be written".to_owned())
}

/// Whether the project's templates make pages.
fn templates(context: &Context) -> Result<String> {
    let Some(folder) = context.config.path("site.templates") else { return Ok("those of shipnote".to_owned()) };
    let own = publish::own_templates(&folder)?;
    match render::check(&own, publish::WATCH).first() {
        None => Ok(format!("pages can be made, {} of the project", own.len())),
        Some(problem) => anyhow::bail!("{}: {}", problem.file, problem.message),
    }
}

/// Whether the clock is behind what was recorded.
fn clock(context: &Context) -> Result<String> {
    let latest = context.open()?.events(Page { offset: 0, most: 1 })?.into_iter().next();
    match latest.filter(|event| event.at > context.now) {
        Some(event) => anyhow::bail!("the last event is of {}, which is later than now", event.at),
        None => Ok("later than the last event".to_owned()),
    }
}

fn health(context: &Context) -> Vec<Line> {
    let project = context.config.project().map(|folder| folder.join(PROJECT_FILE).display().to_string());
    let project = project.ok_or_else(|| anyhow::anyhow!("there is no {PROJECT_FILE} here or above"));
    let database = || -> Result<String> {
        let store = context.open()?;
        let changes: u64 = store.facet(crate::store::Facet::Month)?.iter().map(|(_, count)| count).sum();
        Ok(format!("{changes} changes, {} runbooks", store.runbooks()?.len()))
    };
    let index = || -> Result<String> {
        let drift = context.open()?.drift()?;
        match drift.first() {
            None => Ok("says what the records say".to_owned()),
            Some(first) => anyhow::bail!("{first} ({} in all)", drift.len()),
        }
    };
    let git = repo::known_owners(context.directory()).map(|owners| match owners {
        Some(owners) => format!("there, CODEOWNERS names {}", owners.len()),
        None => "there, no CODEOWNERS".to_owned(),
    });
    let lists = checklists::all(context).map(|lists| format!("{} lists", lists.len()));
    let rules = gate::options(context).map(|_| "the settings of the gate are read".to_owned());
    let commands = security::options(context, Vec::new()).map(|_| "the settings under [security] are read".to_owned());
    vec![
        looked("Project", "settings", project, "shipnote init"),
        looked("Project", "database", database(), "shipnote init, then shipnote log"),
        looked(
            "Project",
            "file",
            file(context),
            "shipnote db restore FILE takes a backup; make room, or move it to a disk of this machine",
        ),
        looked("Project", "rights", rights(context), "chown or chmod it; reading goes on as it is"),
        looked("Project", "search index", index(), "shipnote doctor --repair"),
        looked("Project", "clock", clock(context), "set the clock; times in records stay as they are"),
        looked("Project", "git", git, "install git, or go on without it"),
        looked("Project", "checklists", lists, "mend the file in checklists/"),
        looked("Project", "templates", templates(context), "shipnote templates check says what is wrong and where"),
        looked("Project", "gate", rules, "docs/gate.md shows what can be set"),
        looked("Project", "security", commands, "shipnote config shows the settings"),
    ]
}

fn security_lines(context: &Context) -> Result<Vec<Line>> {
    let options = security::options(context, Vec::new())?;
    let trust = Trust::load()?;
    let mut lines = permissions(context)?;
    let set = |group, name: &str, key: &str, value: String| {
        let Setting { origin, .. } = context.config.setting(key);
        Line { origin: Some(origin.to_string()), ..said(group, name, value) }
    };
    let on = |yes| if yes { "on" } else { "off" }.to_owned();
    let listed = |names: Vec<String>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    lines.push(said("Secrets", "rules", format!("{}, refused or masked", redact::count())));
    lines.push(said("Secrets", "headers", "by the name of a variable, never kept"));
    lines.push(set("Checks by HTTP", "hosts", "security.hosts", listed(options.hosts.clone())));
    lines.push(set("Checks by HTTP", "this machine", "security.loopback", on(options.loopback)));
    lines.push(set("Checks by HTTP", "redirects", "security.redirects", options.redirects.to_string()));
    lines.push(said("Checks by HTTP", "never", "link-local, metadata, multicast"));
    lines.push(said("Checks by HTTP", "proxy, cookies", "off"));
    let seconds = options.timeout.as_secs();
    lines.push(set("Limits", "a step", "security.timeout", format!("{seconds} s")));
    lines.push(said("Limits", "output kept", format!("{} KiB a run", OUTPUT >> 10)));
    lines.push(said("Limits", "a text", format!("{} KiB", limit::TEXT >> 10)));
    lines.push(said("Limits", "a record", format!("{} KiB", limit::RECORD >> 10)));
    let handed: Vec<_> = options.variables.iter().map(|(name, _)| name.clone()).collect();
    lines.push(set("Commands", "environment", "security.environment", listed(handed)));
    lines.push(said("Commands", "standard input", "none"));
    lines.push(said("Commands", "of others", "run after shipnote trust"));
    lines.push(said("Commands", "trusted", trust.known().len().to_string()));
    lines.push(said("Logging", "events", "every write, who and when"));
    lines.push(said("Logging", "runs", format!("the latest {KEPT_RUNS} of each check and step")));
    lines.push(said("Logging", "calls home", "none"));
    Ok(lines)
}

/// Who else may read and write what is kept.
fn permissions(context: &Context) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    let database = context.open().ok().and_then(|store| store.file().map(std::path::Path::to_path_buf));
    let settings = context.config.project().map(|folder| folder.join(PROJECT_FILE));
    for (name, path) in [("database", database), ("settings", settings), ("trusted", Some(trust::file()?))] {
        if name == "database" && matches!(context.place(), Ok(place) if !matches!(place, Place::File(_))) {
            lines.push(said("Permissions", name, "on a server, by its roles"));
            continue;
        }
        let Some((mode, path)) = path.and_then(|path| Some((sys::files::mode(&path)?, path))) else {
            lines.push(said("Permissions", name, "not there yet"));
            continue;
        };
        let writable = mode & 0o022 != 0;
        let hint = writable.then(|| format!("chmod go-w {}", path.display()));
        let who = if writable { "others may write" } else { "others may not write" };
        let line = said("Permissions", name, format!("{mode:03o}, {who}"));
        lines.push(Line { origin: Some(path.display().to_string()), well: !writable, hint, ..line });
    }
    Ok(lines)
}
