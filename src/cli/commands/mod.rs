//! The commands, one file each: its arguments directly above the function that runs them.

mod check;
mod checklist;
mod completions;
mod config;
mod db;
mod delete;
mod demo;
mod doctor;
mod edit;
mod export;
mod import;
mod init;
mod list;
mod log;
mod man;
mod publish;
mod rollback;
mod run;
mod runbook;
mod scan;
mod search;
mod ship;
mod show;
mod start;
mod templates;
mod trust;
mod verify;
mod why;

use anyhow::Result;

pub(super) use init::make_project_folder;

use super::Context;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    Init(init::Args),
    Log(Box<log::Args>),
    Start(Box<start::Args>),
    Ship(Box<ship::Args>),
    Show(show::Args),
    List(list::Args),
    Search(search::Args),
    Why(why::Args),
    Edit(Box<edit::Args>),
    Verify(verify::Args),
    Check(check::Args),
    Checklist(checklist::Args),
    Runbook(runbook::Args),
    Run(run::Args),
    Rollback(rollback::Args),
    Trust(trust::Args),
    Delete(delete::Args),
    Publish(publish::Args),
    Templates(templates::Args),
    Scan(scan::Args),
    Import(import::Args),
    Export(export::Args),
    Config(config::Args),
    Db(db::Args),
    Doctor(doctor::Args),
    Demo(demo::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Command {
    /// Runs the command; the exit code is 0 for yes and 1 for no, or that of a program it ran.
    pub(super) fn run(self, context: &Context) -> Result<u8> {
        match self {
            Self::Init(args) => init::run(&args, context),
            Self::Log(args) => log::run(*args, context),
            Self::Start(args) => start::run(*args, context),
            Self::Ship(args) => ship::run(*args, context),
            Self::Show(args) => show::run(&args, context),
            Self::List(args) => list::run(&args, context),
            Self::Search(args) => search::run(&args, context),
            Self::Why(args) => why::run(&args, context),
            Self::Edit(args) => edit::run(*args, context),
            Self::Verify(args) => verify::run(&args, context),
            Self::Check(args) => check::run(&args, context),
            Self::Checklist(args) => checklist::run(args, context),
            Self::Runbook(args) => runbook::run(args, context),
            Self::Run(args) => run::run(&args, context),
            Self::Rollback(args) => rollback::run(&args, context),
            Self::Trust(args) => trust::run(&args, context),
            Self::Delete(args) => delete::run(&args, context),
            Self::Publish(args) => publish::run(&args, context),
            Self::Templates(args) => templates::run(&args, context),
            Self::Scan(args) => scan::run(&args, context),
            Self::Import(args) => import::run(&args, context),
            Self::Export(args) => export::run(&args, context),
            Self::Config(args) => config::run(&args, context),
            Self::Db(args) => db::run(&args, context),
            Self::Doctor(args) => doctor::run(&args, context),
            Self::Demo(args) => demo::run(&args, context),
            Self::Completions(args) => completions::run(&args, context),
            Self::Man(args) => man::run(&args, context),
        }
    }
}
