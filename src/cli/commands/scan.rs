use anyhow::Result;
use serde_json::json;

use super::Context;
use crate::cli::output;
use crate::cli::report;
use crate::cli::text::escape;
use crate::record::scan_database;

/// Look for secrets in every record, revision, runbook, event and run
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote scan\n  shipnote scan --json\n\n\
    Exit codes: 0 there are none, 1 there are some, 2 it could not look. What is found is shown masked;\n\
    `shipnote db purge` takes it out.")]
pub(in crate::cli) struct Args {
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let found = scan_database(&context.open()?)?;
    if args.json {
        let secrets: Vec<_> = found
            .iter()
            .map(|secret| {
                json!({
                    "in": secret.what, "name": secret.name, "field": secret.finding.field, "rule": secret.finding.rule,
                    "masked": secret.finding.masked,
                })
            })
            .collect();
        output::json(&json!({"schema": "shipnote.scan/1", "secrets": secrets}))?;
        return Ok(u8::from(!found.is_empty()));
    }
    if !found.is_empty() {
        let rows = found.iter().map(|secret| {
            [&secret.name, secret.what, &secret.finding.field, secret.finding.description, &secret.finding.masked]
                .map(escape)
        });
        output::data(&output::columns(rows))?;
        report::print_hint("change the secret where it is used, then: shipnote db purge");
    }
    if !context.globals.quiet {
        output::note(&match found.len() {
            0 => "No secrets were found.".to_owned(),
            1 => "1 secret.".to_owned(),
            many => format!("{many} secrets."),
        });
    }
    Ok(u8::from(!found.is_empty()))
}
