use std::io::BufRead;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::input::Input;
use super::{Context, Each, Shared};
use crate::import;
use crate::model::{Runbook, RunbookDraft, Timestamp};
use crate::record::RecordError;

/// JSON Lines, or an array: what `export json` writes, or with --map another tool
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote import json changes.jsonl\n  shipnote export json | shipnote --database other.db import json -\n  \
    shipnote import json releases.json --map title=name,reason=body,owner=author.login,tags=tag_name,shipped_at=published_at,key=id\n\n\
    With --map, map `key` to what a record keeps for ever: the next import then knows it again."
)]
pub(super) struct Args {
    /// The file; - is standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Records of another tool: which field of ours is which of theirs, by its path
    #[arg(long, value_name = "OURS=THEIRS,…")]
    map: Option<import::FieldMap>,
    /// With --map: what tells records of this tool from those of others
    #[arg(long, value_name = "NAME", default_value = "json", requires = "map")]
    source: String,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let input = Input::open(&args.file, context)?;
    let mut store = context.open_to_write()?;
    let mut runbooks = Vec::new();
    let read = &mut |each: &mut Each<'_>| read(input.reader(), args, each, &mut runbooks, context.now);
    let mut report = input.refused(args.shared.import(&mut store, &|done| input.total(done), read, None, context))?;
    report.add(context.recorder(&mut store).import_copies(&runbooks)?);
    args.shared.print(&report, context)?;
    Ok(0)
}

fn read(
    input: impl BufRead,
    args: &Args,
    each: &mut Each<'_>,
    runbooks: &mut Vec<Runbook>,
    now: Timestamp,
) -> Result<()> {
    match &args.map {
        Some(map) => import::json::read_mapped(input, map, &args.source, each),
        None => import::json::read(input, each, &mut |place, runbook| {
            // Nothing is stored when one of them breaks a rule.
            let checked = RunbookDraft::from(&runbook).validate(now).map_err(RecordError::from);
            checked.with_context(|| format!("record {place}"))?;
            runbooks.push(runbook);
            Ok(())
        }),
    }
}
