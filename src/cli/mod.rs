//! The command line: one file a command, terminal output, error report.
//!
//! The only room that knows clap and the only one that prints. A command parses its arguments, calls the library and
//! prints. Data goes to standard output, everything else to standard error; everything that comes out of a record passes
//! the escaper in `text`. Exit codes: 0 yes, 1 no, 2 could not do it; a closed pipe is a quiet 0.

mod checklists;
mod commands;
mod complete;
mod context;
mod difference;
mod editor;
mod fields;
mod filters;
mod findings;
mod gate;
mod markdown_files;
mod named_file;
mod output;
mod procedure;
mod progress;
mod prompts;
mod report;
mod runbooks;
mod secrets;
mod security;
mod text;
mod theme;
mod trust;
mod view;
mod walk;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use commands::Command;
use context::Context;

/// Record every change you ship, find the fix that worked, publish the runbook.
#[derive(Debug, Parser)]
#[command(
    name = "shipnote",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Examples:\n  \
        shipnote init                      start in this folder\n  \
        shipnote log --from-git            record the last commit\n  \
        shipnote search ReadTimeout        find the fix that worked\n  \
        shipnote publish --open            make the site and look at it\n\n\
        Exit codes: 0 yes, 1 no (nothing found), 2 error."
)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every command.
#[derive(Debug, Clone, clap::Args)]
struct Globals {
    /// Where records are kept: a path [env: SHIPNOTE_DATABASE]
    #[arg(long, global = true, value_name = "PATH", help_heading = "Global options")]
    database: Option<String>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Global options")]
    color: clap::ColorChoice,
    /// Never ask, even on a terminal
    #[arg(long, global = true, help_heading = "Global options")]
    no_input: bool,
    /// Print nothing but data and errors
    #[arg(short, long, global = true, help_heading = "Global options")]
    quiet: bool,
}

/// The whole program: reads the arguments, runs the command, reports a failure, and returns the exit code.
pub fn main() -> ExitCode {
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return report::print_usage(&error),
    };
    output::choose_colors(cli.globals.color);
    let result = Context::new(cli.globals).and_then(|context| cli.command.run(&context));
    let code = match result {
        Ok(code) => code,
        Err(error) if report::is_closed_pipe(&error) => 0,
        Err(error) => {
            report::print(&error);
            2
        }
    };
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example_in_its_help() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("shipnote {}", command.get_name())), "{}", command.get_name());
        }
    }
}
