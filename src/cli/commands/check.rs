use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::Context;
use crate::cli::findings::{self, Format};
use crate::cli::gate::{self, Told};
use crate::cli::report::Hinted;
use crate::cli::{complete, output, report};
use crate::policy::{Facts, Level, RULES, judge};
use crate::repo;

/// Days back in which a record that names the staged files counts.
const STAGED_DAYS: u32 = 14;

/// The gate: what ships has its record, and the record is complete
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    shipnote check --since origin/main\n  \
    shipnote check --staged\n  \
    shipnote check k7m2 --format json\n  \
    shipnote check --explain no-rollback\n\n\
    Exit codes: 0 nothing worse than a warning, 1 an error, 2 it could not be done. Rules, exceptions and waivers are\n\
    settings, see docs/gate.md; every rule is explained in docs/rules.md.")]
pub(in crate::cli) struct Args {
    /// Changes to look at, by the beginning of their ids
    #[arg(conflicts_with_all = ["since", "staged"], add = ArgValueCompleter::new(complete::ids))]
    id: Vec<String>,
    /// Look at the commits after this revision, and at their records; what the branch follows when nothing is given
    #[arg(long, value_name = "REV", conflicts_with = "staged")]
    since: Option<String>,
    /// Look at commits up to this revision
    #[arg(long, value_name = "REV", default_value = "HEAD", conflicts_with_all = ["staged", "id"])]
    until: String,
    /// Look at what is staged: a draft or a change must name its files
    #[arg(long)]
    staged: bool,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Say what a rule wants, and why
    #[arg(long, value_name = "RULE", exclusive = true)]
    explain: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    if let Some(id) = &args.explain {
        return explain(id);
    }
    let options = gate::options(context)?;
    let store = context.open()?;
    let mut told = Told::new(&store);
    if args.staged {
        told.add_staged(repo::staged(context.directory())?, context.now.days_before(STAGED_DAYS))?;
    } else if args.id.is_empty() {
        for commit in repo::shipped_since(context.directory(), &since(args, context)?, &args.until)? {
            told.add_commit(commit)?;
        }
    } else {
        for id in &args.id {
            told.add_change(&context.find_id(&store, id)?)?;
        }
    }
    let commits = std::mem::take(&mut told.commits);
    let looked_at = (commits.len(), told.changes.len());
    let owners = gate::owners(context);
    let facts = Facts { commits, changes: told.judged()?, now: context.now, owners, options: &options };
    let findings = judge(&facts);
    let format = if args.json { Format::Json } else { args.format };
    findings::print(&findings, format, looked_at)?;
    for waiver in options.ended(context.now) {
        report::print_hint(&format!("the waiver of {} for {} ended on {}", waiver.rule, waiver.subject, waiver.until));
    }
    let bad = findings.iter().any(|finding| finding.level == Level::Error && finding.waived.is_none());
    Ok(u8::from(bad))
}

/// The revision that was named, else what the branch follows.
fn since(args: &Args, context: &Context) -> Result<String> {
    if let Some(rev) = &args.since {
        return Ok(rev.clone());
    }
    repo::upstream(context.directory())?.ok_or_else(|| {
        Hinted::new(
            "the branch follows none, so nobody knows which commits to look at",
            "name the revision before them: shipnote check --since origin/main",
        )
    })
}

fn explain(id: &str) -> Result<u8> {
    let Some(rule) = RULES.iter().find(|rule| rule.id == id) else {
        let known: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        return Err(Hinted::new(format!("there is no rule `{id}`"), format!("there are {}", known.join(", "))));
    };
    output::data(&format!("{} ({})\n\n{}\n\n{}", rule.id, rule.level, rule.wants, rule.about))?;
    Ok(0)
}
