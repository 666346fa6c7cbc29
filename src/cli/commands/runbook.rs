use std::path::PathBuf;

use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::Context;
use crate::cli::complete;
use crate::cli::report::Hinted;
use crate::model::Runbook;
use crate::store::Store;

mod edit;
mod grow;
mod import;
mod show;

pub(super) use import::placed;

/// Runbooks: procedures in Markdown whose shell blocks are steps
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote runbook new \"Restart orders\" --file restart.md\n  \
    shipnote runbook from k7m2 3h8t\n  shipnote runbook import docs/runbooks\n  shipnote run restart-orders\n\n\
    A fenced sh, bash or console block is a step; behind the language it may say name=\"…\", expect=\"…\", rollback=\"…\"\n\
    and confirm. The section Rollback is the way back. Every revision is kept.")]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Write a runbook: in the editor, or from a file
    #[command(after_help = "Examples:\n  shipnote runbook new \"Restart orders\"\n  \
        shipnote runbook new \"Restart orders\" --file restart.md\n  cat restart.md | shipnote runbook new --file -")]
    New {
        /// What it is called; the file may say it instead
        title: Option<String>,
        /// Read it from a file, with or without front matter; - is standard input
        #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
        file: Option<PathBuf>,
    },
    /// Edit a runbook: in the editor, or by a file that takes its place
    #[command(after_help = "Examples:\n  shipnote runbook edit restart-orders\n  \
        shipnote runbook edit restart-orders --file restart.md")]
    Edit {
        /// Its name
        #[arg(add = ArgValueCompleter::new(complete::runbooks))]
        name: String,
        /// Read it from a file; - is standard input
        #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
        file: Option<PathBuf>,
    },
    /// Print a runbook
    #[command(after_help = "Examples:\n  shipnote runbook show restart-orders\n  \
        shipnote runbook show restart-orders --markdown > restart.md\n  shipnote runbook show restart-orders --history")]
    Show {
        /// Its name
        #[arg(add = ArgValueCompleter::new(complete::runbooks))]
        name: String,
        /// Print the form that `edit` opens and `new --file` reads
        #[arg(long, conflicts_with_all = ["json", "history"])]
        markdown: bool,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
        /// Who changed what and when; also of a deleted one
        #[arg(long)]
        history: bool,
    },
    /// Print what runbooks there are
    #[command(after_help = "Examples:\n  shipnote runbook list\n  shipnote runbook list --service orders")]
    List {
        /// Only those of this service
        #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(complete::services))]
        service: Option<String>,
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete a runbook; its revisions stay
    #[command(after_help = "Example:\n  shipnote runbook delete restart-orders --reason \"the service is gone\"")]
    Delete {
        /// Its name
        #[arg(add = ArgValueCompleter::new(complete::runbooks))]
        name: String,
        /// Why
        #[arg(short = 'm', long, value_name = "TEXT")]
        reason: String,
    },
    /// Grow a runbook from changes: symptoms, commands, checks, the way back
    #[command(after_help = "Example:\n  shipnote runbook from k7m2 3h8t --title \"Orders time out\"")]
    From {
        /// The changes, by the beginnings of their ids
        #[arg(required = true, add = ArgValueCompleter::new(complete::ids))]
        id: Vec<String>,
        /// What it is called; the title of the latest change when nobody says
        #[arg(long)]
        title: Option<String>,
        /// Open it in the editor before it is stored
        #[arg(short, long)]
        edit: bool,
    },
    /// Read Markdown files, each a runbook; again what changed since
    #[command(after_help = "Examples:\n  shipnote runbook import docs/runbooks\n  \
        shipnote runbook import node/NodeFilesystemAlmostOutOfSpace.md --service node\n\n\
        Front matter may be TOML or YAML. A file named after an alert, in words run together as in KubeAPIDown, names that\n\
        alert. Files that begin with _ only order others and are left out.")]
    Import {
        /// Files, or folders with all that is below them
        #[arg(required = true, value_hint = clap::ValueHint::AnyPath)]
        path: Vec<PathBuf>,
        /// The service of those that name none
        #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(complete::services))]
        service: Option<String>,
        /// The owner of those that name none
        #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(complete::owners))]
        owner: Option<String>,
    },
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    match args.action {
        Action::New { title, file } => edit::new(title, file.as_deref(), context),
        Action::Edit { name, file } => edit::edit(&name, file.as_deref(), context),
        Action::Show { name, history: true, json, .. } => show::history(&name, json, context),
        Action::Show { name, markdown, json, .. } => show::show(&name, markdown, json, context),
        Action::List { service, json } => show::list(service.as_deref(), json, context),
        Action::Delete { name, reason } => edit::delete(&name, &reason, context),
        Action::From { id, title, edit } => grow::from(&id, title, edit, context),
        Action::Import { path, service, owner } => import::run(&path, service.as_ref(), owner.as_ref(), context),
    }
}

/// The runbook of this name.
fn find(store: &dyn Store, name: &str) -> Result<Runbook> {
    store.runbook(name)?.ok_or_else(|| {
        Hinted::new(format!("there is no runbook `{name}`"), "shipnote runbook list shows those there are")
    })
}
