use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::{Context, trust};
use crate::cli::procedure::Procedure;
use crate::cli::report::Hinted;
use crate::cli::trust::Trust;
use crate::cli::walk::{self, End, Walk};
use crate::cli::{complete, output, prompts, security};
use crate::model::{RunKind, Subject};
use crate::run::Step;

/// Repeat a change or follow a runbook step by step: show, ask, run, stop at the first failure
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    shipnote run k7m2\n  \
    shipnote run k7m2 --from 2 --set REPLICAS=3\n  \
    shipnote run k7m2 --dry-run\n  \
    shipnote run restart-orders\n\n\
    Every step is shown with its owner, expected result and rollback, and asked for. What was imported or changed by\n\
    somebody else runs after `shipnote trust` only. Without a terminal, --yes HASH runs all steps; trust prints the hash.")]
pub(in crate::cli) struct Args {
    /// A runbook by its name, or a change by the beginning of its id
    #[arg(value_name = "ID|RUNBOOK", add = ArgValueCompleter::new(complete::ids))]
    id: String,
    /// Begin at this step, by number or name
    #[arg(long, value_name = "STEP", conflicts_with = "only")]
    from: Option<String>,
    /// Run this step only, by number or name
    #[arg(long, value_name = "STEP")]
    only: Option<String>,
    /// Show the steps and run nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    how: How,
    /// Print what came of each step as JSON
    #[arg(long)]
    json: bool,
}

/// How commands are run, the same for `run` and `rollback --run`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct How {
    /// Set an environment variable for the commands; may be repeated
    #[arg(long, value_name = "NAME=value")]
    set: Vec<String>,
    /// Hand an environment variable of yours on to the commands; may be repeated
    #[arg(long, value_name = "NAME")]
    set_env: Vec<String>,
    /// Run without being asked, if this is the hash of the commands
    #[arg(long, value_name = "HASH")]
    yes: Option<String>,
}

impl How {
    /// A walk through a procedure that may run here: it is trusted, and there is somebody to ask or the hash was given.
    pub(super) fn walk<'a>(&self, procedure: &'a Procedure, verb: &str, context: &'a Context) -> Result<Walk<'a>> {
        let (name, digest) = (procedure.name(), procedure.digest.as_deref());
        if let Some(yes) = &self.yes {
            if Some(yes.as_str()) != digest {
                return Err(trust::other_hash(name, verb));
            }
        } else if !Trust::load()?.allows(digest) {
            return Err(Hinted::new(
                format!(
                    "{name} has commands that nobody looked at on this machine: they were imported, or changed since"
                ),
                format!("shipnote trust {name} shows them and asks"),
            ));
        } else if !context.may_ask() {
            return Err(Hinted::new(
                "there is no terminal to ask on",
                format!("shipnote {verb} {name} --yes {} runs it without asking", digest.unwrap_or_default()),
            ));
        }
        let mut variables = walk::variables(&self.set, &self.set_env)?;
        let asks = self.yes.is_none();
        walk::add_declared(procedure, asks, &mut variables)?;
        let options = security::options(context, variables)?;
        Ok(Walk { procedure, context, options, asks, evidence: Vec::new(), undone_by: Vec::new() })
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let procedure = {
        let store = context.open()?;
        Procedure::find(&store, &args.id, context)?
    };
    if procedure.steps.is_empty() {
        return Err(Hinted::new(
            format!("{} has no commands to run", procedure.name()),
            match procedure.subject {
                Subject::Change(_) => format!("shipnote edit {} --command \"…\" adds one", procedure.name()),
                Subject::Runbook(_) => {
                    format!("shipnote runbook edit {}: a fenced sh block is a step", procedure.name())
                }
            },
        ));
    }
    let steps = selected(&procedure, args)?;
    let of = procedure.steps.len();
    if args.dry_run {
        for (number, step) in &steps {
            output::data(&procedure.card(step, RunKind::Step, &format!("Step {number} of {of}: {}", step.name)))?;
        }
        output::note("Nothing was run: this was a dry run.");
        return Ok(0);
    }
    let mut walk = args.how.walk(&procedure, "run", context)?;
    output::note(&procedure.head());
    let end = walk.steps(&steps, of)?;
    if end == End::Failed {
        offer_way_back(&mut walk)?;
    }
    if args.json {
        output::json(&serde_json::json!({"schema": "shipnote.evidence/1", "evidence": walk.evidence}))?;
    }
    if end == End::Done && !procedure.checks.is_empty() {
        output::note(&format!("Prove it: shipnote verify {}", procedure.name()));
    }
    if end == End::Stopped {
        output::note("Stopped; the other steps were not run.");
    }
    Ok(u8::from(end != End::Done))
}

/// The steps that `--from` and `--only` leave, with their numbers.
fn selected(procedure: &Procedure, args: &Args) -> Result<Vec<(usize, Step)>> {
    let find = |wanted: &String| {
        let by_name = || procedure.steps.iter().position(|step| step.name == *wanted);
        let by_number = wanted.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        by_number.filter(|at| *at < procedure.steps.len()).or_else(by_name).ok_or_else(|| {
            Hinted::new(
                format!("there is no step `{wanted}`"),
                format!("shipnote run {} --dry-run shows the steps and their numbers", procedure.name()),
            )
        })
    };
    let (first, end) = match (&args.from, &args.only) {
        (Some(from), _) => (find(from)?, procedure.steps.len()),
        (None, Some(only)) => (find(only)?, find(only)? + 1),
        (None, None) => (0, procedure.steps.len()),
    };
    Ok((first..end).map(|at| (at + 1, procedure.steps[at].clone())).collect())
}

/// After a failure: the way back is one answer away.
fn offer_way_back(walk: &mut Walk<'_>) -> Result<()> {
    let name = walk.procedure.name().to_owned();
    output::note("Stopped at the failure; the steps after it were not run.");
    let steps_back = walk.undone_by.iter().rev().map(String::as_str).collect::<Vec<_>>().join("\n");
    let Some(back) = walk.procedure.back(&steps_back) else {
        output::note("It has no rollback command.");
        return Ok(());
    };
    if !walk.asks {
        if let Subject::Change(_) = walk.procedure.subject {
            output::note(&format!("The way back: shipnote rollback {name} --run --reason \"…\""));
        }
        return Ok(());
    }
    output::note("");
    output::note(&walk.procedure.card(&back, RunKind::Rollback, "The way back"));
    if prompts::confirm("Run the rollback?")? {
        walk.asks = false;
        walk.step(&back, RunKind::Rollback, "Rollback")?;
    }
    Ok(())
}
