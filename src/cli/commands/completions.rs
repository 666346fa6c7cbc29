use anyhow::Result;
use clap::CommandFactory;
use clap_complete::env::Shells;

use super::Context;
use crate::cli::report::Hinted;
use crate::cli::{Cli, output};

/// Print what makes your shell complete commands, ids, owners and tags
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    echo 'source <(shipnote completions bash)' >> ~/.bashrc\n  \
    shipnote completions fish > ~/.config/fish/completions/shipnote.fish")]
pub(in crate::cli) struct Args {
    /// bash, elvish, fish, powershell or zsh
    shell: String,
}

pub(super) fn run(args: &Args, _: &Context) -> Result<u8> {
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(&args.shell) else {
        let known: Vec<_> = shells.names().collect();
        return Err(Hinted::new(
            format!("`{}` is no shell shipnote knows", args.shell),
            format!("one of {}", known.join(", ")),
        ));
    };
    let mut script = Vec::new();
    let name = Cli::command().get_name().to_owned();
    shell.write_registration("COMPLETE", &name, &name, &name, &mut script)?;
    output::raw(&script)?;
    Ok(0)
}
