use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::CommandFactory;

use super::Context;
use crate::cli::report::Hinted;
use crate::cli::{Cli, output};
use crate::sys;

/// Print the manual page of shipnote or of a command
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote man | man -l -\n  shipnote man log | man -l -\n  shipnote man --out ~/.local/share/man/man1"
)]
pub(in crate::cli) struct Args {
    /// The command
    command: Option<String>,
    /// Write every page into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "command", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let mut root = Cli::command();
    root.build();
    if let Some(folder) = &args.out {
        let folder = context.path(folder);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        sys::files::write_atomic(&folder.join("shipnote.1"), &page(root.clone())?)?;
        for command in root.get_subcommands() {
            let name = format!("shipnote-{}.1", command.get_name());
            sys::files::write_atomic(&folder.join(name), &page(command.clone())?)?;
        }
        return Ok(0);
    }
    let command = match &args.command {
        None => root,
        Some(name) => root
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| Hinted::new(format!("there is no command `{name}`"), "shipnote --help lists them"))?,
    };
    output::raw(&page(command)?)?;
    Ok(0)
}

fn page(command: clap::Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}
