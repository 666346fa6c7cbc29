use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::Context;
use crate::cli::progress::Progress;
use crate::cli::text::escape;
use crate::cli::trust::Trust;
use crate::cli::view::{BAD, BOLD, DIM, ID};
use crate::cli::{complete, fields, output, report, security, walk};
use crate::model::{Change, ChangeId, Check, Conclusion, Evidence, RunKind, Status, Subject};
use crate::query::{Condition, Expr, Part};
use crate::run;
use crate::store::{Order, Page, Store};

/// Changes that are named as not trusted.
const MOST_NAMED: usize = 5;

/// Run the checks of changes and keep what came back
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    shipnote verify k7m2\n  \
    shipnote verify --all --service orders\n  \
    shipnote verify --stale 30d\n\n\
    Exit codes: 0 all passed, 1 some failed. Checks that are commands run when they are trusted, see shipnote trust.\n\
    shipnote search is:failing finds what failed last.")]
pub(in crate::cli) struct Args {
    /// Changes, by the beginning of their ids
    #[arg(required_unless_present_any = ["all", "stale"], add = ArgValueCompleter::new(complete::ids))]
    id: Vec<String>,
    /// Every change that shipped, is in force and has checks
    #[arg(long, conflicts_with_all = ["id", "stale"])]
    all: bool,
    /// Those whose checks were not all run since: a date, or an age such as 30d
    #[arg(long, value_name = "AGE", conflicts_with = "id")]
    stale: Option<String>,
    /// Of this service only
    #[arg(long, value_name = "NAME", conflicts_with = "id", add = ArgValueCompleter::new(complete::services))]
    service: Option<String>,
    /// Run the commands of one change without having trusted them, if this is their hash
    #[arg(long, value_name = "HASH", conflicts_with_all = ["all", "stale"])]
    yes: Option<String>,
    /// Print what came back as JSON
    #[arg(long)]
    json: bool,
}

/// What was run, and how much of it was not as expected.
#[derive(Default)]
struct Verification {
    evidence: Vec<Evidence>,
    failed: usize,
    /// Changes with commands that nobody trusted.
    untrusted: Vec<ChangeId>,
    interrupted: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let store = context.open()?;
    let ids = selected(args, &store, context)?;
    let trust = Trust::load()?;
    let mut verification = Verification::default();
    // Elsewhere each check is a line, and those are progress enough.
    let progress = Progress::new("changes", !args.json || context.globals.quiet);
    for (done, id) in (0..).zip(&ids) {
        progress.at(done, ids.len() as u64);
        let Some(change) = store.get(id)? else { continue };
        let digest = change.commands_digest();
        let trusted = match &args.yes {
            Some(yes) if digest.as_ref() != Some(yes) => return Err(super::trust::other_hash(id.as_str(), "verify")),
            Some(_) => true,
            None => trust.allows(digest.as_deref()),
        };
        verification.change(&change, trusted, !args.json && !context.globals.quiet, context)?;
        if verification.interrupted {
            break;
        }
    }
    drop(progress);
    verification.tell(ids.len(), args.json)
}

/// The changes meant, newest first.
fn selected(args: &Args, store: &dyn Store, context: &Context) -> Result<Vec<ChangeId>> {
    if !args.id.is_empty() {
        return args.id.iter().map(|id| context.find_id(store, id)).collect();
    }
    let mut parts = vec![Expr::Is(Condition::Has(Part::Check)), Expr::status(Status::Shipped)];
    if let Some(age) = &args.stale {
        parts.push(Expr::Is(Condition::Stale(fields::date("--stale", age, context.now)?)));
    }
    parts.extend(args.service.clone().map(Expr::service));
    let mut ids = Vec::new();
    store.each_summary(&Expr::all(parts), Order::NewestFirst, Page::ALL, &mut |summary| {
        ids.push(summary.id);
        Ok(true)
    })?;
    Ok(ids)
}

impl Verification {
    /// Runs the checks of a change and stores what came of them.
    fn change(&mut self, change: &Change, trusted: bool, aloud: bool, context: &Context) -> Result<()> {
        let say = |line: &str| {
            if aloud {
                output::note(line);
            }
        };
        say(&format!("{ID}{}{ID:#}  {BOLD}{}{BOLD:#}", change.id, escape(&change.title)));
        if change.checks.is_empty() {
            say(&format!("  no checks; add one: shipnote edit {} --check \"http GET URL 200\"", change.id));
        }
        let mut evidence = Vec::new();
        for check in &change.checks {
            if matches!(check, Check::Command(_)) && !trusted {
                say(&format!("  {BAD}✗{BAD:#} {}  {DIM}not run, not trusted{DIM:#}", escape(check.name())));
                self.untrusted.push(change.id.clone());
                continue;
            }
            let options =
                run::Options { headers: security::headers(check)?, ..security::options(context, Vec::new())? };
            let at = context.clock()?;
            let outcome = run::check(check, &options);
            say(&walk::said(check.name(), &outcome));
            self.failed += usize::from(outcome.conclusion != Conclusion::Passed);
            self.interrupted = outcome.is_interrupted();
            let (subject, kind, digest) = (Subject::Change(change.id.clone()), RunKind::Check, check.digest());
            let (name, actor) = (check.name().to_owned(), context.actor());
            evidence.push(Evidence { subject, kind, name, digest, at, actor, outcome });
            if self.interrupted {
                evidence.pop();
                break;
            }
        }
        if !evidence.is_empty() {
            let mut store = context.open_to_write()?;
            context.recorder(&mut store).add_evidence(evidence.clone())?;
        }
        self.evidence.extend(evidence);
        Ok(())
    }

    /// Says how it ended; returns the exit code.
    fn tell(mut self, changes: usize, json: bool) -> Result<u8> {
        self.untrusted.dedup();
        if json {
            output::json(&serde_json::json!({"schema": "shipnote.evidence/1", "evidence": self.evidence}))?;
        } else {
            let (run, failed) = (self.evidence.len(), self.failed);
            let changes = if changes == 1 { "1 change".to_owned() } else { format!("{changes} changes") };
            let checks = if run == 1 { "1 check".to_owned() } else { format!("{run} checks") };
            output::data(&format!("{checks} of {changes} run, {} passed, {failed} failed", run - failed.min(run)))?;
        }
        for id in self.untrusted.iter().take(MOST_NAMED) {
            report::print_hint(&format!("shipnote trust {id} shows its commands and lets them run"));
        }
        let good = self.failed == 0 && self.untrusted.is_empty() && !self.interrupted && !self.evidence.is_empty();
        Ok(u8::from(!good))
    }
}
