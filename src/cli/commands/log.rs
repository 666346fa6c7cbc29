use std::path::PathBuf;

use anyhow::Result;

use super::Context;
use crate::cli::fields::{Fields, Lists};
use crate::cli::report::Hinted;
use crate::cli::secrets::SecretFlags;
use crate::cli::text::{escape, escape_lines};
use crate::cli::view::{BOLD, ID};
use crate::cli::{checklists, editor, output, prompts, trust};
use crate::form;
use crate::model::{Change, CommandRun, Draft, Source, Status, limit, read_strict};
use crate::record::{self, Recorded};
use crate::repo;
use crate::store::{Store, similar};
use crate::sys;

/// Changes with the same error that are named after recording one.
const BEFORE: usize = 3;

/// Record a change that shipped
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    shipnote log --from-git\n  \
    shipnote log \"Cache the order lookup\" -m \"Clients retry after 500 ms\" --metric \"p95 latency: 480 ms -> 190 ms\" \\\n      \
    --owner team-orders --rollback-command \"kubectl set env deploy/orders ORDER_CACHE=off\"\n  \
    shipnote log \"Add orders.updated_at\" -- alembic upgrade head\n  \
    shipnote log --from change.json")]
pub(in crate::cli) struct Args {
    /// What was changed, in one line
    title: Option<String>,
    #[command(flatten)]
    fields: Fields,
    /// Fill the fields from a commit (HEAD when none is named) or a range A..B; flags win
    #[arg(long, value_name = "REV|A..B", num_args = 0..=1, default_missing_value = "HEAD", help_heading = "Where it comes from")]
    from_git: Option<String>,
    /// Read the record from a file, JSON or Markdown; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "from_git", help_heading = "Where it comes from", value_hint = clap::ValueHint::FilePath)]
    from: Option<PathBuf>,
    /// Open the record in the editor before it is stored
    #[arg(short, long, help_heading = "Where it comes from")]
    edit: bool,
    /// Go through a checklist, on a terminal item by item; may be repeated
    #[arg(long = "checklist", value_name = "NAME", help_heading = "How it is recorded")]
    checklists: Vec<String>,
    /// A name of your own: the same key and content again stores nothing twice
    #[arg(long, help_heading = "How it is recorded")]
    key: Option<String>,
    #[command(flatten)]
    secrets: SecretFlags,
    /// Show what would be stored
    #[arg(short = 'n', long, help_heading = "How it is recorded")]
    dry_run: bool,
    /// Print the change as JSON
    #[arg(long, help_heading = "How it is recorded")]
    json: bool,
    /// Run this command first and record it with its exit code and duration
    #[arg(last = true, value_name = "COMMAND", help_heading = "How it is recorded")]
    command: Vec<String>,
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    if args.dry_run && !args.command.is_empty() {
        return Err(Hinted::new("--dry-run does not run commands", "leave out `-- COMMAND` or --dry-run"));
    }
    // A dry run reads what is there and makes nothing.
    let mut store = if args.dry_run { context.open().ok() } else { Some(context.open_to_write()?) };
    let reader = store.as_ref().map(|store| store as &dyn Store);
    let Some(Drafted { mut draft, own }) = draft(&args, context, reader)? else {
        output::note("Nothing was recorded.");
        return Ok(0);
    };
    let mut code = 0;
    if !args.command.is_empty() {
        record::checked(draft.clone(), None, context.now, &args.secrets.on_secrets())?;
        let (command, exit) = run_command(&args.command)?;
        draft.commands.push(command);
        code = u8::try_from(exit).unwrap_or(1);
    }
    let Some(store) = store.as_mut().filter(|_| !args.dry_run) else {
        return dry_run(&record::checked(draft, None, context.now, &args.secrets.on_secrets())?, args.json);
    };
    let recorded = context.recorder(store).on_secrets(args.secrets.on_secrets()).log(draft, "log")?;
    if own {
        trust::own(recorded.change(), None, context);
    }
    tell(&recorded, args.json, context)?;
    if matches!(recorded, Recorded::New(_)) && !args.json && !context.globals.quiet {
        been_here(store, recorded.change())?;
    }
    Ok(code)
}

/// A draft to be recorded.
struct Drafted {
    draft: Draft,
    /// Whether its commands are the words of the person at this machine, and none came out of a file or a commit.
    own: bool,
}

/// The draft as the flags, git, a file, the editor or the person say it; `None` when the person thought better of it.
fn draft(args: &Args, context: &Context, store: Option<&dyn Store>) -> Result<Option<Drafted>> {
    let mut draft = match (&args.from, &args.from_git) {
        (Some(file), _) => read(file, context)?,
        (None, Some(rev)) => repo::draft_from(context.directory(), Some(rev))?,
        (None, None) => Draft::default(),
    };
    let own = !draft.runs_something();
    if let Some(title) = &args.title {
        draft.title = Some(title.clone());
    }
    args.fields.apply(&mut draft, Lists::Replace, context, store)?;
    if let Some(key) = &args.key {
        let kind = draft.source.take().map_or_else(|| Source::default().kind, |source| source.kind);
        draft.source = Some(Source { kind, key: Some(key.clone()) });
    }
    fill(&mut draft, context);
    for name in &args.checklists {
        let list = checklists::find(name, context)?;
        draft.checklists.entry(list.name.clone()).or_insert_with(|| list.open());
    }
    let nothing = args.title.is_none() && args.fields.is_empty() && args.from.is_none() && args.from_git.is_none();
    if args.edit {
        let edited = editor::edit(context, &form::template(&draft), &mut |draft| {
            editor::check(context, draft, None, &args.secrets.on_secrets())
        })?;
        return Ok(edited.map(|draft| Drafted { draft, own }));
    }
    if nothing {
        if !context.may_ask() {
            return Err(Hinted::new(
                "there is nothing to record: no title was given",
                "shipnote log \"What was changed\" -m \"why\", or shipnote log --from-git",
            ));
        }
        if let Ok(known) = repo::draft_from(context.directory(), None) {
            draft = Draft { owner: draft.owner.or(known.owner.clone()), ..known };
            fill(&mut draft, context);
        }
        if !prompts::ask(&mut draft, store)? {
            return Ok(None);
        }
    }
    if context.may_ask() {
        for name in &args.checklists {
            let list = checklists::find(name, context)?;
            if !prompts::go_through(&list, draft.checklists.entry(list.name.clone()).or_default())? {
                return Ok(None);
            }
        }
    }
    Ok(Some(Drafted { draft, own }))
}

/// Fills what the settings say of every change.
pub(super) fn fill(draft: &mut Draft, context: &Context) {
    let settings =
        [("owner", &mut draft.owner), ("service", &mut draft.service), ("environment", &mut draft.environment)];
    for (name, field) in settings {
        if field.is_none() {
            *field = context.config.get(name).map(str::to_owned);
        }
    }
}

fn read(file: &std::path::Path, context: &Context) -> Result<Draft> {
    let most = 2 * limit::RECORD as u64;
    let (name, text) = if file.as_os_str() == "-" {
        ("standard input".to_owned(), sys::files::read_stdin(most)?)
    } else {
        (file.display().to_string(), sys::files::read_text(&context.path(file), most)?)
    };
    let read = if text.trim_start().starts_with('{') {
        read_strict(&text).map_err(anyhow::Error::from)
    } else {
        form::read(&text).map_err(anyhow::Error::from)
    };
    read.map_err(|error| error.context(format!("{name} was refused")))
}

fn run_command(words: &[String]) -> Result<(CommandRun, i32)> {
    let start = sys::clock::start();
    let status = sys::process::run(&words[0], &words[1..], None)?;
    let exit = sys::process::exit_code(status);
    let run = shlex::try_join(words.iter().map(String::as_str))?;
    let seconds = (start.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    Ok((CommandRun { run, exit: Some(exit), seconds: Some(seconds), ..CommandRun::default() }, exit))
}

fn dry_run(change: &Change, json: bool) -> Result<u8> {
    if json {
        output::json(change)?;
    } else {
        output::data(&escape_lines(form::write(change).trim_end()))?;
    }
    output::note("Nothing was stored: this was a dry run.");
    Ok(0)
}

/// Prints what was recorded, and what is missing with the command that adds it.
pub(super) fn tell(recorded: &Recorded, json: bool, context: &Context) -> Result<()> {
    let change = recorded.change();
    if json {
        output::json(change)?;
    } else {
        output::data(&format!("{ID}{}{ID:#}  {BOLD}{}{BOLD:#}", change.id, escape(&change.title)))?;
    }
    if context.globals.quiet {
        return Ok(());
    }
    if matches!(recorded, Recorded::Existing(_)) {
        output::note("It was recorded before; nothing was stored twice.");
    } else if !json {
        missing(change);
    }
    if change.at().days_before(1) > context.now {
        output::note(&format!("It is dated {}, which is still to come: is that meant?", change.at().day()));
    }
    Ok(())
}

/// Says which changes told of the same error before.
fn been_here(store: &dyn Store, change: &Change) -> Result<()> {
    let before = similar(store, change, BEFORE)?;
    let before: Vec<_> = before.iter().filter(|other| other.same_error).collect();
    if !before.is_empty() {
        output::note("You have been here before:");
        for other in before {
            output::note(&format!("  {ID}{}{ID:#}  {}", other.summary.id, escape(&other.summary.title)));
        }
    }
    Ok(())
}

/// Says which of rollback, owner and metric a change has not, with the command that adds it.
pub(super) fn missing(change: &Change) {
    let draft = change.status == Status::Draft;
    let wanted = [
        ("no owner", change.owner.is_none(), "--owner NAME"),
        ("no rollback", change.rollback.is_empty() && !draft, "--rollback-command COMMAND"),
        ("no metric", change.metrics.is_empty() && !draft, "--metric \"p95 latency: 480 ms -> 190 ms\""),
    ];
    let missing: Vec<_> = wanted.iter().filter(|(_, missing, _)| *missing).collect();
    if missing.is_empty() {
        return;
    }
    let what: Vec<_> = missing.iter().map(|(what, _, _)| *what).collect();
    let flags: Vec<_> = missing.iter().map(|(_, _, flag)| *flag).collect();
    output::note(&format!("It has {} yet: shipnote edit {} {}", what.join(", "), change.id, flags.join(" ")));
}
