use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::Context;
use crate::cli::procedure::Procedure;
use crate::cli::report::Hinted;
use crate::cli::text::escape;
use crate::cli::trust::{Trust, Trusted};
use crate::cli::view::{DIM, ID};
use crate::cli::{complete, output, prompts};

/// Look at the commands of a change and let them run on this machine
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    shipnote trust k7m2\n  \
    shipnote trust k7m2 --yes 0f3a…      without a terminal: the hash that `shipnote trust k7m2` prints\n  \
    shipnote trust --list\n  \
    shipnote trust --forget k7m2\n\n\
    What you type yourself is trusted; what was imported, or changed by somebody else since, runs only after this.\n\
    It is kept in a file of your own, never in the database.")]
pub(in crate::cli) struct Args {
    /// The change, by the beginning of its id
    #[arg(required_unless_present = "list", add = ArgValueCompleter::new(complete::ids))]
    id: Option<String>,
    /// Trust without being asked, if this is the hash of its commands
    #[arg(long, value_name = "HASH", conflicts_with_all = ["list", "forget"])]
    yes: Option<String>,
    /// Print what is trusted
    #[arg(long, conflicts_with = "id")]
    list: bool,
    /// No longer trust its commands
    #[arg(long, conflicts_with = "list")]
    forget: bool,
    /// Print as JSON
    #[arg(long, requires = "list")]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let mut trust = Trust::load()?;
    let Some(id) = &args.id else { return list(&trust, args.json) };
    let store = context.open()?;
    let procedure = Procedure::find(&store, id, context)?;
    if args.forget {
        let count = trust.forget(|trusted| trusted.name == procedure.name())?;
        output::note(&format!("{} is not trusted{}.", procedure.name(), if count > 0 { " any more" } else { "" }));
        return Ok(0);
    }
    let Some(digest) = &procedure.digest else {
        output::note(&format!("{} runs nothing.", procedure.name()));
        return Ok(0);
    };
    output::data(&format!("{}\n  {DIM}hash{DIM:#}      {digest}", procedure.everything()))?;
    if trust.allows(Some(digest)) {
        output::note("It is trusted.");
        return Ok(0);
    }
    if !agreed(args.yes.as_deref(), &procedure, digest, context)? {
        output::note("It is not trusted.");
        return Ok(1);
    }
    remember(&mut trust, &procedure, digest, context)?;
    output::note("It is trusted on this machine until its commands change.");
    Ok(0)
}

/// Lets the commands of a procedure run from now on.
fn remember(trust: &mut Trust, procedure: &Procedure, digest: &str, context: &Context) -> Result<()> {
    let (name, title) = (procedure.name().to_owned(), procedure.title.clone());
    trust.add(Trusted { digest: digest.to_owned(), at: context.now, name, title })
}

fn agreed(yes: Option<&str>, procedure: &Procedure, digest: &str, context: &Context) -> Result<bool> {
    match yes {
        Some(yes) if yes == digest => Ok(true),
        Some(_) => Err(other_hash(procedure.name(), "trust")),
        None if context.may_ask() => prompts::confirm("May these commands run on this machine?"),
        None => Err(Hinted::new(
            "there is no terminal to ask on",
            format!("read the commands above, then: shipnote trust {} --yes {digest}", procedure.name()),
        )),
    }
}

/// `--yes` names other commands than the ones that are there.
pub(in crate::cli) fn other_hash(name: &str, verb: &str) -> anyhow::Error {
    Hinted::new(
        "--yes is not the hash of these commands: they changed, or it was mistyped",
        format!("shipnote trust {name} shows them and their hash; then shipnote {verb} {name} --yes HASH"),
    )
}

fn list(trust: &Trust, json: bool) -> Result<u8> {
    if json {
        output::json(&serde_json::json!({"schema": "shipnote.trusted/1", "trusted": trust.known()}))?;
        return Ok(0);
    }
    for Trusted { digest, at, name, title } in trust.known() {
        let (day, digest) = (at.day(), &digest[..digest.len().min(12)]);
        output::data(&format!("{ID}{}{ID:#}  {DIM}{day}  {}{DIM:#}  {}", escape(name), escape(digest), escape(title)))?;
    }
    if trust.known().is_empty() {
        output::note("Nothing is trusted yet.");
        return Ok(1);
    }
    Ok(0)
}
